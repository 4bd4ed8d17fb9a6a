"""A Salesforce org in memory: its tables, settings, faults and limits, and the undoing of what failed half-way.

Everything here runs to its end without giving way, on the server's one loop: a write is seen whole or not at all.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from keepstep_sandbox.people import FIRST_DAY
from keepstep_sandbox.salesforce import ids, seeded
from keepstep_sandbox.salesforce.errors import SalesforceError
from keepstep_sandbox.salesforce.schema import USER, Schema
from keepstep_sandbox.salesforce.settings import SalesforceSettings
from keepstep_sandbox.salesforce.table import STAMP, Row, Table
from keepstep_sandbox.tenant import Tenant

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one record refuses to be written: a trigger, a lock. `times` None = for ever."""

    code: str
    message: str
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    """An entry of the delete log that has no row any more."""

    kind: str
    id: str
    when: datetime


class Org(Tenant[SalesforceSettings]):
    """See the module."""

    name: Final = "salesforce"
    tables: dict[str, Table]
    _undo: list[tuple[str, str, Row | None]] | None
    _purged: datetime
    log_floor: datetime | None

    def _adopt(self, settings: SalesforceSettings) -> None:
        for table in self.tables.values():
            table.remembers = settings.stale_reads_s > 0

    def new_id(self, kind: str) -> str:
        """Give an object's next id."""
        self._last[kind] += 1
        return ids.make(self.schema.prefix(kind), self._last[kind])

    def put(self, kind: str, row: Row) -> None:
        """Store a row."""
        old = self.tables[kind].put(row, self.surroundings.clock.now())
        if self._undo is not None:
            self._undo.append((kind, row["Id"], old))

    def purge(self, kind: str, record_id: str) -> None:
        """Take a row away for good."""
        self.tables[kind].remove(record_id, self.surroundings.clock.now())

    @contextmanager
    def attempt(self) -> Iterator[Callable[[], None]]:
        """Give a function that takes back all that was put since; for calls that are all or nothing.

        One within another is part of it: what the inner one keeps, the outer one can still take back.
        """
        outer, self._undo = self._undo, []
        try:
            yield self._take_back
        finally:
            self._undo = None if outer is None else outer + self._undo

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Take back all that was put within, where a refusal ends it half-way."""
        with self.attempt() as take_back:
            try:
                yield
            except SalesforceError:
                take_back()
                raise

    def _take_back(self) -> None:
        now = self.surroundings.clock.now()
        undo, self._undo = self._undo or [], []
        for kind, record_id, old in reversed(undo):
            if old is None:
                self.tables[kind].remove(record_id, now)
            else:
                self.tables[kind].put(old, now)

    def empty_bin(self, *, older_than: datetime | None = None) -> None:
        """Purge what lies in the recycle bin; all of it also shortens the delete log, as an administrator's does."""
        for kind, table in self.tables.items():
            binned = [i for i in table.ids() if (table.get(i) or {}).get("IsDeleted", False)]
            for record_id in binned:
                row = table.get(record_id) or {}
                if older_than is None or row[STAMP] < older_than:
                    self.purge(kind, record_id)
        if older_than is None:
            self.deletions.clear()
            self.log_floor = self.now()

    def cut_delete_log(self, kept: timedelta) -> None:
        """Forget the delete log's older entries, as the real one does when it has too many; the bin keeps its rows."""
        floor = self.now() - kept
        self.log_floor = floor if self.log_floor is None else max(self.log_floor, floor)

    def purge_expired(self) -> None:
        """Purge what has been in the recycle bin for too long; looked at no more than once a minute of its clock."""
        now = self.now()
        if abs(now - self._purged) < timedelta(minutes=1):
            return
        self._purged = now
        self.empty_bin(older_than=now - self.settings.recycle_bin_days * DAY)

    def earliest_deletion(self) -> datetime:
        """Tell how far back the delete log reaches."""
        reach = self.now() - self.settings.recycle_bin_days * DAY
        return reach if self.log_floor is None else max(reach, self.log_floor)

    def count_call(self) -> None:
        """Note one API call."""
        self.calls[int(self.now().timestamp()) // 3600] += 1

    def calls_used(self) -> int:
        """Tell how many calls were made within the last 24 hours, by the hour."""
        hour = int(self.now().timestamp()) // 3600
        return sum(count for when, count in self.calls.items() if hour - 24 < when <= hour)

    def active_user(self, username: str) -> str | None:
        """Give the id of the active user with this name."""
        for record_id in self.tables[USER].find("Username", username):
            if (self.tables[USER].get(record_id) or {}).get("IsActive", False):
                return record_id
        return None

    def _fill(self) -> None:
        self.schema = Schema()
        self.schema_changed = FIRST_DAY
        self.tables = {kind: Table() for kind in self.schema.kinds()}
        self.faults: dict[str, Fault] = {}
        self.duplicate_rules: dict[str, Any] = {}
        self.validation_rules: dict[str, Any] = {}
        self.deletions: list[Deletion] = []
        self.cascades: dict[str, tuple[str, ...]] = {}  # account -> the contacts that were deleted with it
        self.log_floor = None
        self.calls: Counter[int] = Counter()
        self._purged = self.now()
        self._undo = None
        self._last: Counter[str] = Counter()
        self.integration_user = seeded.user_id(self.schema, seeded.INTEGRATION)
        for kind, row in seeded.rows(self.schema, self._settings):
            self.tables[kind].put(row, row[STAMP])
            self._last[kind] += 1
        self.settings = self._settings
