"""What a task of private contacts is given, and what every one of them does around its own matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from keepstep.config import PrivateContactsFile
from keepstep.connectors.base import Connector, ReadQuery
from keepstep.core.errors import KeepstepError
from keepstep.core.model import Phase, Side
from keepstep.core.policies import CompanyReference
from keepstep.engine.run import Run
from keepstep.store import runs
from keepstep.store.database import Store
from keepstep.store.journal import Address


def _quiet(_what: str, _done: int, _total: int | None) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class PrivateTask:
    """Everything that a task of private contacts needs."""

    run: Run
    file: PrivateContactsFile
    store: Store
    crm: Connector
    now: Callable[[], datetime]
    progress: Callable[[str, int, int | None], None] = _quiet

    @property
    def reference(self) -> CompanyReference:
        """How a person of this CRM says which company it belongs to."""
        return self.file.settings.reference

    @property
    def people(self) -> ReadQuery:
        """How people are asked for."""
        reference = self.reference
        given = self.file.settings.company_field
        names = (reference.field, reference.first_name, reference.last_name, reference.created)
        return ReadQuery(reference.person_object, (*names, *([given] if given else [])))

    @property
    def companies(self) -> ReadQuery:
        """How companies are asked for."""
        return ReadQuery(self.reference.company_object, (self.reference.name_field, self.reference.website_field))

    @property
    def address(self) -> Address:
        """Where this run's writes stand in the journal: each is an update of a person in the CRM."""
        connections = {Side.CRM: self.file.settings.crm.connection}
        return Address(self.run.id, self.run.sync, Phase.PUSH, connections, list_id="")


def sync_name(file: str) -> str:
    """The name under which the store keeps what belongs to a file; the id of its Dag as well."""
    return f"private_contacts__{file}"


def open_private_run(store: Store, file: PrivateContactsFile, key: str, moment: datetime, *, dry: bool = False) -> Run:
    """Open the run with this key, or find it again; what it was opened with stays."""
    sync = sync_name(file.name)
    with store.begin() as conn:
        run_id, end, was_dry = runs.open_run(conn, sync, key, (file.hash, file.text, file.settings.title), moment, dry)
    return Run(run_id, sync, key, end, was_dry)


@contextmanager
def working(task: PrivateTask, phase: Phase) -> Iterator[int]:
    """Take a task over; yields its attempt. What it costs is noted, also where it ends by an error."""
    with task.store.begin() as conn:
        state = runs.begin_phase(conn, task.run.id, phase)
        runs.replan(conn, task.run.id, phase)
        runs.set_state(conn, task.run.id, "running")
    began, calls = task.now(), task.crm.usage.calls
    try:
        yield state.attempt
    except KeepstepError:
        with task.store.begin() as conn:
            runs.set_state(conn, task.run.id, "failed")
        raise
    finally:
        calls = task.crm.usage.calls - calls
        seconds = (task.now() - began).total_seconds()
        costs = {"read": 0, "crm_calls": calls, "platform_calls": 0, "seconds": seconds}
        with task.store.begin() as conn:
            runs.add_costs(conn, task.run.id, phase, costs)
            runs.add_usage(conn, task.file.settings.crm.connection, calls, task.crm.usage.left, task.now())
    with task.store.begin() as conn:
        runs.finish_phase(conn, task.run.id, phase, task.now(), (), None, 0)
