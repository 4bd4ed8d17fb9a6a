"""Where Dags are tried: both systems in memory, in files that every task sees, and a store; runs go through Airflow."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from unittest import mock

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG

from keepstep.connectors.memory import MemoryCrmState, MemoryPlatformState
from keepstep.store.database import Store
from keepstep_airflow.operators.maintenance import WaitForScoresOperator

ROOT = Path(__file__).resolve().parents[2]
IDLE_LIMIT_S = 60.0


@dataclass(slots=True)
class Outcome:
    """How a Dag run ended."""

    state: str
    tasks: Mapping[str, str]  # task id -> state
    run_id: str
    tries: Mapping[str, int]  # task id -> how often it was tried
    xcoms: Mapping[tuple[str, str], Any] = field(default_factory=dict)  # (task id, key) -> value

    @property
    def returned(self) -> dict[str, Any]:
        """What each task returned, by its id."""
        return {task: value for (task, key), value in self.xcoms.items() if key == "return_value"}

    def xcom(self, task: str, key: str) -> Any:
        """What a task handed on under a key; None where it didn't."""
        return self.xcoms.get((task, key))


@dataclass(slots=True)
class Stage:
    """One sync over two systems in memory."""

    name: str
    folder: Path
    store: Store
    crm: MemoryCrmState
    platform: MemoryPlatformState
    write_sync: Callable[..., Path]

    @classmethod
    def over(cls, folder: Path, store_url: str, name: str, write_sync: Callable[..., Path]) -> Self:
        """Both systems empty, the sync file written."""
        crm, platform = MemoryCrmState(now, folder / "crm.json"), MemoryPlatformState(now, folder / "platform.json")
        write_sync(name)
        return cls(name, folder, Store(store_url), crm, platform, write_sync)

    def connections(self) -> dict[str, str]:
        """The Airflow connections: CRM, platform and store."""
        return {
            "crm": memory("crm", self.folder / "crm.json"),
            "platform": memory("platform", self.folder / "platform.json"),
            "keepstep_store": self.store.url.set(drivername="postgresql").render_as_string(hide_password=False),
        }

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    # -- people ----------------------------------------------------------------------------------------------------

    def customer(self, email: str, **fields: Any) -> str:
        """A contact of a customer in the CRM. Returns its id."""
        return self.crm.add("contact", email=email, stage="customer", **fields)

    def act(self, email: str, kind: str = "form_submitted") -> None:
        """Somebody does something that counts."""
        self.platform.act(email, kind)

    def scores(self) -> dict[str, Any]:
        """The score that the CRM holds of each of its contacts, by email."""
        return {str(record.email): record.fields.get("act_on_score") for record in self.crm.records("contact")}

    # -- Airflow ---------------------------------------------------------------------------------------------------

    def dag(self, suffix: str = "") -> DAG:
        """The sync's Dag as the project's dag files make it, but impatient; with a suffix, its maintenance's."""
        return self.dag_of(self.name + suffix)

    def dag_of(self, dag_id: str) -> DAG:
        """Any Dag of the project, likewise."""
        return impatient_dag(dag_id)

    def run(self, suffix: str = "", **given: Any) -> Outcome:
        """Run the whole Dag once, as `airflow dags test` does: `conf`, `mark_success_pattern`, `logical_date`."""
        conf = given.pop("conf", None)
        with impatient():
            return outcome(self.dag(suffix).test(run_conf=conf, **given))


def impatient_dag(dag_id: str) -> DAG:
    """A Dag as the project's dag files make it over the test's sync files, but impatient."""
    bag = DagBag(ROOT / "dags")
    assert not bag.import_errors
    dag = bag.dags[dag_id]
    for task in dag.tasks:
        task.retry_delay = timedelta(milliseconds=10)
        task.retry_exponential_backoff = 0
        if isinstance(task, WaitForScoresOperator):
            task.poll_s = 0.2
    return dag


@contextmanager
def impatient() -> Iterator[None]:
    """`dag.test` sleeps while no task is ready, for ever if need be: end it when that lasts too long."""
    sleep, began = time.sleep, time.monotonic()

    def nap(seconds: float) -> None:
        assert time.monotonic() - began < IDLE_LIMIT_S, "no task of the run gets ready; see Airflow's log above"
        sleep(min(seconds, 0.05))

    with mock.patch.object(time, "sleep", nap):
        yield


def outcome(dag_run: Any) -> Outcome:
    """How a Dag run ended."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = select(XComModel).where(XComModel.dag_id == dag_run.dag_id, XComModel.run_id == dag_run.run_id)
    with create_session() as session:
        xcoms = {(one.task_id, one.key): XComModel.deserialize_value(one) for one in session.scalars(query)}
    instances = dag_run.get_task_instances()
    return Outcome(
        state=str(dag_run.state),
        tasks={ti.task_id: str(ti.state) for ti in instances},
        run_id=dag_run.run_id,
        tries={ti.task_id: ti.try_number for ti in instances},
        xcoms=xcoms,
    )


def go_on(dag: DAG, run_id: str) -> Outcome:
    """Let an existing run go on as the scheduler would, after somebody cleared or marked tasks of it."""
    from airflow.models.dagrun import DagRun
    from airflow.sdk.definitions.dag import _run_task
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        run = session.scalars(select(DagRun).where(DagRun.dag_id == dag.dag_id, DagRun.run_id == run_id)).one()
        run.dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
        while ready := run.update_state(session=session)[0]:
            for ti in ready:
                ti.try_number += 1
                session.commit()
                _run_task(ti=ti, task=dag.task_dict[ti.task_id], run_triggerer=True)
            session.expire_all()
            run.dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
        session.commit()
        return outcome(run)


def now() -> datetime:
    """The systems' clock is the machine's: tasks in Airflow have no other."""
    return datetime.now(UTC)


def memory(side: str, path: Path) -> str:
    """An Airflow connection to a system in memory."""
    return json.dumps({"conn_type": "keepstep_memory", "extra": {"side": side, "path": str(path)}})
