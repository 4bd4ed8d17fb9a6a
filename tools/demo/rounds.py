"""One round: every sync run once by Airflow's scheduler, its maintenance where that is a Dag of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from keepstep.config import load_sync
from tools.demo import wait
from tools.demo.airflow_api import Airflow
from tools.demo.processes import Processes
from tools.demo.progress import Progress
from tools.demo.settings import ROOT, SYNCS, DemoError, Settings

DONE = frozenset({"success", "failed"})
PULLED = "pull_list"


@dataclass(slots=True)
class Round:
    """The Dag runs of a round, by Dag."""

    settings: Settings
    airflow: Airflow
    processes: Processes
    progress: Progress
    runs: dict[str, str] = field(default_factory=dict)  # dag id -> run id
    states: dict[str, str] = field(default_factory=dict)  # dag id -> state
    started: float = field(default_factory=time.monotonic)

    def run(self, number: int) -> dict[str, str]:
        """Trigger all syncs and wait until they have ended. The states of the Dag runs. Raises DemoError."""
        for sync in SYNCS:
            self.runs[sync] = self.airflow.trigger(sync)
        wait.until(
            self._look,
            what=f"Round {number}",
            timeout_s=self.settings.timeout_s,
            processes=self.processes,
            progress=self.progress,
        )
        return self.states

    def _look(self) -> tuple[bool, str]:
        for dag_id, run_id in list(self.runs.items()):
            self.states[dag_id] = self.airflow.state(dag_id, run_id)
            own = maintenance_dag(dag_id)
            if own and own not in self.runs and self._has_pulled(dag_id, run_id):
                # The list is there now: its maintenance program may score it, and the sync waits for just that.
                self.runs[own] = self.airflow.trigger(own)
        ended = sum(state in DONE for state in self.states.values())
        return ended == len(self.runs), f"{ended} of {len(self.runs)} runs ended; {self._doing()}"

    def _has_pulled(self, dag_id: str, run_id: str) -> bool:
        return self.airflow.tasks(dag_id, run_id).get(PULLED) in ("success", "failed", "upstream_failed")

    def _doing(self) -> str:
        parts = []
        for dag_id, run_id in self.runs.items():
            if self.states.get(dag_id) in DONE:
                continue
            tasks = self.airflow.tasks(dag_id, run_id)
            busy = [f"{task} {state}" for task, state in tasks.items() if state not in ("success", "none")]
            parts.append(f"{dag_id}: {', '.join(busy) or 'between two tasks'}")
        return "; ".join(parts)


def maintenance_dag(sync: str) -> str | None:
    """The Dag of a sync's list maintenance, where it has a schedule of its own."""
    path = ROOT / "include" / "syncs" / f"{sync}.yaml"
    if sync not in SYNCS or load_sync(path).settings.maintenance.schedule is None:
        return None
    return f"{sync}__score_maintenance"


def wait_for_dags(airflow: Airflow, processes: Processes, progress: Progress) -> None:
    """Wait until Airflow has read all Dags. Raises DemoError with its import errors where it can't."""
    wanted = {*SYNCS, *(own for sync in SYNCS if (own := maintenance_dag(sync)))}

    def read() -> tuple[bool, str]:
        missing = wanted - airflow.dag_ids()
        errors = airflow.import_errors()
        if missing and errors:
            raise DemoError("Airflow can't read a Dag file:\n" + "\n".join(errors))
        return not missing, f"{len(wanted) - len(missing)} of {len(wanted)}"

    wait.until(read, what="Airflow reads the Dags", timeout_s=180, processes=processes, progress=progress)
