"""The rounds: every sync run by Airflow's scheduler, and a list maintenance where that is a Dag of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from keepstep.config import load_sync
from tools.demo import wait
from tools.demo.airflow_api import Airflow
from tools.demo.processes import Processes
from tools.demo.progress import Progress
from tools.demo.settings import LISTS, PROSPECTS, ROOT, SYNCS, DemoError, Settings

DONE = frozenset({"success", "failed"})
PULLED = "pull_list"


@dataclass(slots=True)
class Rounds:
    """The Dag runs of all rounds.

    They are asked for at once and Airflow lets one Dag run at a time be active: so each round follows the one before
    it.
    """

    settings: Settings
    airflow: Airflow
    processes: Processes
    progress: Progress
    rounds: list[dict[str, str]] = field(default_factory=list)  # of each round: dag id -> run id
    states: dict[str, str] = field(default_factory=dict)  # run id -> state
    first: str = ""  # the prospects' first run: the one after it tells them the ids of the records that it made

    def trigger(self) -> None:
        """Ask for every run of every round."""
        for dag_id in (*SYNCS, *filter(None, map(maintenance_dag, SYNCS))):
            self.airflow.settle_owed(dag_id)
        self.first = self.airflow.trigger(PROSPECTS)
        for _ in range(self.settings.rounds):
            self.rounds.append({sync: self.airflow.trigger(sync) for sync in SYNCS})
        for sync in SYNCS:
            self.airflow.switch_on(sync)

    def wait(self, number: int) -> dict[str, str]:
        """Wait until all runs of a round (1, 2, ...) have ended; their states by Dag. Raises DemoError."""
        runs = self.rounds[number - 1]
        wait.until(
            lambda: self._look(runs),
            what=f"Round {number}",
            timeout_s=self.settings.timeout_s,
            processes=self.processes,
            progress=self.progress,
        )
        return {dag_id: self.states[run_id] for dag_id, run_id in runs.items()}

    def keys(self, number: int) -> list[str]:
        """The names of a round's runs in the store: a maintenance Dag's run carries the Dag's id as well."""
        keys = [run if dag in SYNCS else f"{dag}/{run}" for dag, run in self.rounds[number - 1].items()]
        return [self.first, *keys] if number == 1 else keys

    def _look(self, runs: dict[str, str]) -> tuple[bool, str]:
        for dag_id, run_id in list(runs.items()):
            if self.states.get(run_id) not in DONE:
                self.states[run_id] = self.airflow.state(dag_id, run_id)
            self._maintain(runs, dag_id, run_id)
        ended = sum(self.states.get(run_id) in DONE for run_id in runs.values())
        return ended == len(runs), f"{ended} of {len(runs)} runs ended{self._doing(runs)}"

    def _maintain(self, runs: dict[str, str], sync: str, run_id: str) -> None:
        """Run a maintenance of its own Dag once the list is there; later rounds asked for scores of no later time."""
        own = maintenance_dag(sync)
        if own is None or any(own in each for each in self.rounds):
            return
        if self.airflow.tasks(sync, run_id).get(PULLED) == "success":
            runs[own] = self.airflow.trigger(own)
            self.airflow.switch_on(own)

    def _doing(self, runs: dict[str, str]) -> str:
        parts = []
        for dag_id, run_id in runs.items():
            if self.states.get(run_id) not in DONE:
                tasks = self.airflow.tasks(dag_id, run_id)
                busy = [f"{task} {state}" for task, state in tasks.items() if state not in ("success", "none")]
                parts.append(f"; {dag_id}: {', '.join(busy) or 'waits for the scheduler'}")
        return "".join(parts)


def maintenance_dag(sync: str) -> str | None:
    """The Dag of a sync's list maintenance, where it has a schedule of its own."""
    path = ROOT / "include" / "syncs" / f"{sync}.yaml"
    if sync not in LISTS or load_sync(path).settings.maintenance.schedule is None:
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
