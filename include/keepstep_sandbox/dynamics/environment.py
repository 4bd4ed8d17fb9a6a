"""A Dataverse environment in memory: its tables, versions, deletions and faults, and the undoing of what failed.

Everything here runs to its end without giving way, on the server's one loop: a write is seen whole or not at all.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keepstep_sandbox.dynamics import ids, seeded
from keepstep_sandbox.dynamics.errors import DynamicsError
from keepstep_sandbox.dynamics.schema import Schema
from keepstep_sandbox.dynamics.settings import DynamicsSettings
from keepstep_sandbox.dynamics.standard import CONTACT, LEAD, USER, VERSION
from keepstep_sandbox.dynamics.table import Row, Table
from keepstep_sandbox.tenant import Tenant

FIRST_VERSION: Final = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one row refuses to be written: customer logic, a lock. `times` None = for ever."""

    code: str = "0x80040265"
    message: str = "The plug-in refused."
    times: int | None = None
    status: int = 400


@dataclass(frozen=True, slots=True)
class Deletion:
    """An entry of the delete log."""

    version: int
    table: str
    id: str
    when: datetime


class Environment(Tenant[DynamicsSettings]):
    """See the module."""

    name: Final = "dynamics"
    tables: dict[str, Table]
    _undo: list[tuple[str, str, Row | None]] | None

    def _adopt(self, settings: DynamicsSettings) -> None:
        unknown = {*settings.untracked, *settings.multiple_tables} - self.tables.keys()
        if unknown:
            raise ValueError(f"no such table: {', '.join(sorted(unknown))}")

    def key(self, table: str) -> str:
        """Give the name of a table's id column."""
        return self.schema.table(table).key

    def new_id(self, table: str) -> str:
        """Give an id that no row has."""
        self._made += 1
        return ids.make(f"{self.settings.seed}/new {table}", self._made)

    def next_version(self) -> int:
        """Move the row version, which all tables share."""
        self.version += 1
        return self.version

    def put(self, table: str, row: Row) -> Row:
        """Store a row under a new version; give it as it's stored."""
        row_id = row[self.key(table)]
        old = self.tables[table].put({**row, VERSION: self.next_version()})
        if self._undo is not None:
            self._undo.append((table, row_id, old))
        return self.tables[table].get(row_id) or {}

    def remove(self, table: str, row_id: str) -> None:
        """Take a row away; the delete log keeps its id."""
        old = self.tables[table].remove(row_id)
        self.deletions.append(Deletion(self.next_version(), table, row_id, self.now()))
        if self._undo is not None:
            self._undo.append((table, row_id, old))

    @contextmanager
    def attempt(self) -> Iterator[Callable[[], None]]:
        """Give a function that takes back all that was put since; for calls that are all or nothing.

        One within another is part of it: what the inner one keeps, the outer one can still take back.
        """
        outer, self._undo = self._undo, []
        logged = len(self.deletions)

        def take_back() -> None:
            self._take_back()
            del self.deletions[logged:]

        try:
            yield take_back
        finally:
            self._undo = None if outer is None else outer + self._undo

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Take back all that was put within, where a refusal ends it half-way."""
        with self.attempt() as take_back:
            try:
                yield
            except DynamicsError:
                take_back()
                raise

    def _take_back(self) -> None:
        undo, self._undo = self._undo or [], []
        for table, row_id, old in reversed(undo):
            if old is None:
                self.tables[table].remove(row_id)
            else:
                self.tables[table].put(old)

    def holder(self, tables: tuple[str, ...], row_id: object) -> tuple[str, Row] | None:
        """Give the table and row that a lookup points to."""
        if isinstance(row_id, str):
            for table in tables:
                if (row := self.tables[table].get(row_id)) is not None:
                    return table, row
        return None

    def active_user(self, user: str) -> bool:
        """Tell whether there's a user with this id who isn't disabled."""
        row = self.tables[USER].get(user)
        return row is not None and not row.get("isdisabled", False)

    def schema_changed(self, table: str) -> None:
        """Note that a table's columns are others now."""
        self.schema_versions[table] = self.next_version()

    def _fill(self) -> None:
        self.schema = Schema()
        self.version = FIRST_VERSION
        self._made = 0
        self._undo = None
        self.deletions: list[Deletion] = []
        self.faults: dict[str, Fault] = {}
        self.schema_versions: dict[str, int] = {}
        self.oldest_delta = 0  # tokens with a lower version have been made invalid by the people
        self.duplicate_rules: dict[str, tuple[str, ...]] = {
            LEAD: ("emailaddress1",), CONTACT: ("emailaddress1",), "account": ("name",)
        }  # fmt: skip
        self.integration_user = seeded.user_id(seeded.INTEGRATION)
        self.seller = seeded.user_id(seeded.SELLERS[0])
        self.tables = {one.name: Table(one.key) for one in self.schema.tables()}
        filled: dict[str, list[Row]] = {}
        for table, row in seeded.rows(self._settings):
            filled.setdefault(table, []).append({**row, VERSION: self.next_version()})
        for table, found in filled.items():
            self.tables[table].fill(found)
        self.settings = self._settings
