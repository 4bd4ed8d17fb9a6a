"""Where prospect syncs are tried as Dags: a CRM and a platform with prospects in files, and a store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, DagBag, sync_bag_to_db
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from sqlalchemy import select, text

from keepstep.core.model import Record
from keepstep_airflow.operators.on_demand import SyncAtOnceOperator
from tests.airflow.stage import ROOT, Outcome, Stage, go_on, impatient, memory, outcome

GREEN = {"pull_prospects": "success", "push_prospects": "success", "reconcile": "success"}
ANN = "ann@sales.example"
PATIENCE_S = 60.0


def small_prospect_sync(name: str) -> dict[str, Any]:
    """A right sync file of prospects over the in-memory systems."""
    return {
        "title": f"Prospects of {name}",
        "kind": "prospects",
        "crm": {"system": "memory_crm", "connection": "crm"},
        "platform": {"system": "memory_prospects", "connection": "platform"},
        "fields": {"email": "email", "first_name": "first_name", "last_name": "last_name", "score": "act_on_score"},
        "limits": {"min_rows": 1000},
    }


def write_prospect_sync(folder: Path, name: str, **keys: Any) -> Path:
    """Write such a file; keys go over those of the small one."""
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**small_prospect_sync(name), **keys}, sort_keys=False), encoding="utf-8")
    return path


@dataclass(slots=True)
class ProspectStage(Stage):
    """One prospect sync over two systems in memory."""

    def connections(self) -> dict[str, str]:
        """The Airflow connections; the platform's is to its prospects."""
        return {**Stage.connections(self), "platform": memory("prospects", self.folder / "platform.json")}

    # -- people ----------------------------------------------------------------------------------------------------

    def user(self, email: str = ANN) -> Mapping[str, str]:
        """Somebody works in both systems: the ids there."""
        return {"crm": self.crm.add_user(email), "platform": self.platform.add_user(email)}

    def prospect(self, email: str, owner: Mapping[str, str] | None = None, **fields: Any) -> str:
        """A prospect; with an owner it is assigned. Returns its id."""
        return self.platform.add_prospect(email, owner=owner["platform"] if owner else None, **fields)

    def leads(self) -> list[Record]:
        """The CRM's leads."""
        return self.crm.records("lead")

    def select(self, statement: str, **values: Any) -> list[Mapping[str, Any]]:
        """Rows of the store."""
        with self.store.begin() as connection:
            return [dict(row) for row in connection.execute(text(statement), values).mappings()]

    # -- Airflow ---------------------------------------------------------------------------------------------------

    def publish(self) -> None:
        """Airflow's metadata knows the Dags, and the sync's is switched on."""
        bag = BundleDagBag(ROOT / "dags", bundle_path=ROOT / "dags", bundle_name="dags-folder")
        DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
        sync_bag_to_db(bag, "dags-folder", None)
        self.pause(paused=False)

    def pause(self, *, paused: bool) -> None:
        """Somebody switches the sync's Dag off, or on."""
        with create_session() as session:
            dag = session.get(DagModel, self.name)
            assert dag is not None
            dag.is_paused = paused

    def ask(self, prospect: str, scheduler: Scheduler | None = None) -> Outcome:
        """Somebody fills in the form of `sync_prospect`; the scheduler lets the sync's own Dag run meanwhile."""
        dag = self.dag_of("sync_prospect")
        waiting = dag.get_task("sync")
        assert isinstance(waiting, SyncAtOnceOperator)
        waiting.poke_interval = 1
        if scheduler is not None:
            scheduler.look_after(self.name)
        with impatient():
            return outcome(dag.test(run_conf={"sync": self.name, "prospect": prospect}))


class Scheduler:
    """Another process that starts the queued runs of a Dag, as Airflow's scheduler does."""

    def __init__(self) -> None:
        paths = os.pathsep.join(str(ROOT / one) for one in ("include", "plugins", "."))
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.airflow.prospect_stage"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            text=True,
        )

    def look_after(self, dag_id: str) -> None:
        """Start this Dag's runs from now on, no other's; with this test's connections and sync files."""
        assert self._process.stdin is not None
        given = {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_")}
        self._process.stdin.write(json.dumps({"dag": dag_id, "environment": given}) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)


def let_run() -> None:
    """Start the queued runs of the Dag that standard input named last, until it ends."""
    told: list[dict[str, Any]] = []
    ended = threading.Event()

    def listen() -> None:
        told.extend(json.loads(line) for line in sys.stdin)
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    while not ended.wait(0.2):
        if told:
            os.environ.update(told[-1]["environment"])
            for run_id in _queued(told[-1]["dag"]):
                go_on(DagBag(ROOT / "dags").dags[told[-1]["dag"]], run_id)


def _queued(dag_id: str) -> Sequence[str]:
    with create_session() as session:
        runs = session.scalars(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.state == DagRunState.QUEUED)).all()
        for run in runs:
            run.state = DagRunState.RUNNING
        return [run.run_id for run in runs]


if __name__ == "__main__":
    let_run()
