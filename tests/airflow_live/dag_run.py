"""A Dag run as Airflow's REST API tells it, and what people do to it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.airflow_live.until import LIMIT_S, until
from tools.demo.airflow_api import Airflow
from tools.demo.processes import Processes
from tools.demo.rounds import DONE

CHAIN = ("pull_list", "compute_behavior_score", "push_score", "reconcile")
LOG_END = 3_000  # characters of a task's log that a failure shows
GREEN = dict.fromkeys(CHAIN, "success")


@dataclass(frozen=True, slots=True)
class DagRun:
    """One run of one Dag."""

    airflow: Airflow
    processes: Processes
    dag_id: str
    run_id: str

    @property
    def tasks(self) -> dict[str, str]:
        """Each task's state."""
        return self.airflow.tasks(self.dag_id, self.run_id)

    def task(self, task: str) -> dict[str, Any]:
        """All that Airflow tells of a task's present try."""
        return self.airflow.get(self.path(f"taskInstances/{task}"))

    def tries(self, task: str) -> int:
        """How often it was tried."""
        return int(self.task(task)["try_number"])

    def span(self, task: str) -> tuple[datetime, datetime]:
        """When its last try began, and when it ended."""
        told = self.task(task)
        return datetime.fromisoformat(told["start_date"]), datetime.fromisoformat(told["end_date"])

    def wait(self, limit_s: float = LIMIT_S, *, patient: bool = False) -> str:
        """Wait for the run's end; its state. Raises AssertionError where a task fails first, unless `patient`."""

        def ended() -> str | None:
            state = self.airflow.state(self.dag_id, self.run_id)
            if state in DONE:
                return state
            if not patient:
                self._has_no_failed_try(self.tasks)
            return None

        return until(f"{self.dag_id} to end", ended, self.processes, limit_s)

    def wait_for(self, task: str, state: str, limit_s: float = LIMIT_S) -> None:
        """Wait until the task is in this state. Raises AssertionError where a task fails first."""

        def reached() -> bool | None:
            tasks = self.tasks  # one look: between two, the task may get where it is awaited
            if tasks.get(task) == state:
                return True
            self._has_no_failed_try(tasks)
            assert self.airflow.state(self.dag_id, self.run_id) not in DONE, f"{self.dag_id} ended: {self.tasks}"
            return None

        until(f"{self.dag_id}.{task} to be {state}", reached, self.processes, limit_s)

    def clear(self, task: str) -> None:
        """Let a task be done again, and what comes after it."""
        which = {"task_ids": [task], "dag_run_id": self.run_id, "include_downstream": True, "only_failed": False}
        self.airflow.call("POST", f"dags/{self.dag_id}/clearTaskInstances", json={"dry_run": False, **which})

    def question(self, task: str) -> dict[str, Any]:
        """What the task asks a person."""
        return self.airflow.get(self.path(f"taskInstances/{task}/-1/hitlDetails"))

    def answer(self, task: str, option: str) -> None:
        """A person's answer to it."""
        body = {"chosen_options": [option], "params_input": {}}
        self.airflow.call("PATCH", self.path(f"taskInstances/{task}/-1/hitlDetails"), json=body)

    def returned(self, task: str) -> dict[str, Any]:
        """What the task returned."""
        found: dict[str, Any] = self.airflow.get(self.path(f"taskInstances/{task}/xcomEntries/return_value"))["value"]
        return found

    def log(self, task: str, attempt: int) -> str:
        """The log of one try, as the UI shows it."""
        return str(self.airflow.get(self.path(f"taskInstances/{task}/logs/{attempt}"), full_content=True)["content"])

    def _has_no_failed_try(self, tasks: Mapping[str, str]) -> None:
        for task, state in tasks.items():
            if state == "up_for_retry":
                log = self.log(task, self.tries(task))
                raise AssertionError(f"{self.dag_id}.{task} failed; the end of its log:\n{log[-LOG_END:]}")

    def path(self, below: str) -> str:
        """Of something that belongs to this run, in the REST API."""
        return f"dags/{self.dag_id}/dagRuns/{self.run_id}/{below}"
