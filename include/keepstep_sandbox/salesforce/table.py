"""The rows of one object in memory: by id in order, by values and by stamp, and as they were a while ago."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

Row = dict[str, Any]  # field -> str, bool, number, date or datetime (aware, UTC, whole seconds); without value: absent

STAMP: Final = "SystemModstamp"
_SLACK: Final = 1000  # outdated entries in the index of stamps that are put up with
_REMEMBERED: Final = 100_000  # changes; more than that aren't seen stale


def key(value: Any) -> Any:
    """Give what values are compared by: texts don't mind their case, as in SOQL."""
    return value.casefold() if isinstance(value, str) else value


class Table:
    """Rows are replaced, never changed: who holds one keeps what it was."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._stamps: list[tuple[datetime, str]] = []
        self._indexes: dict[str, dict[Any, set[str]]] = {}
        self._past: deque[tuple[datetime, str, Row | None]] = deque(maxlen=_REMEMBERED)
        self.remembers = False  # whether earlier states are kept for stale reads

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, record_id: str) -> Row | None:
        """Give a row; the caller doesn't change it."""
        return self._rows.get(record_id)

    def ids(self) -> Iterable[str]:
        """Give all ids, in the order of their making."""
        return self._rows.keys()

    def put(self, row: Row, when: datetime) -> Row | None:
        """Store a row, new or in place of the one with its id, which is given back."""
        record_id = row["Id"]
        row = {name: value for name, value in row.items() if value is not None and value != ""}
        old = self._swap(record_id, row, when)
        if (stamp := row.get(STAMP)) is not None and (old is None or old.get(STAMP) != stamp):
            insort(self._stamps, (stamp, record_id))
            if len(self._stamps) > 2 * len(self._rows) + _SLACK:
                self._stamps = sorted((kept[STAMP], i) for i, kept in self._rows.items())
        return old

    def remove(self, record_id: str, when: datetime) -> Row | None:
        """Purge a row; give what it was."""
        return self._swap(record_id, None, when)

    def find(self, field: str, value: Any) -> set[str]:
        """Give the ids of the rows that hold this value in a field; an index is made at the first question."""
        index = self._indexes.get(field)
        if index is None:
            index = self._indexes[field] = {}
            for record_id, row in self._rows.items():
                if field in row:
                    index.setdefault(key(row[field]), set()).add(record_id)
        return index.get(key(value), set())

    def forget_index(self, field: str) -> None:
        """Let go of a field's index: the field has been deleted."""
        self._indexes.pop(field, None)

    def stamped(self, first: datetime, end: datetime | None = None) -> list[str]:
        """Give the ids, by stamp, of the rows whose SystemModstamp is at `first` or later, and before `end`."""
        found: list[str] = []
        for at in range(bisect_left(self._stamps, (first, "")), len(self._stamps)):
            stamp, record_id = self._stamps[at]
            if end is not None and stamp >= end:
                break
            row = self._rows.get(record_id)
            if row is not None and row.get(STAMP) == stamp:
                found.append(record_id)
        return list(dict.fromkeys(found))

    def earlier(self, moment: datetime) -> dict[str, Row | None]:
        """Give what the rows changed after a moment were then; None where there was none yet."""
        found: dict[str, Row | None] = {}
        for when, record_id, old in reversed(self._past):
            if when <= moment:
                break
            found[record_id] = old
        return found

    def _swap(self, record_id: str, row: Row | None, when: datetime) -> Row | None:
        old = self._rows.get(record_id)
        if self.remembers:
            self._past.append((when, record_id, old))
        for field, index in self._indexes.items():
            if old is not None and field in old:
                index[key(old[field])].discard(record_id)
            if row is not None and field in row:
                index.setdefault(key(row[field]), set()).add(record_id)
        if row is None:
            self._rows.pop(record_id, None)
        else:
            self._rows[record_id] = row
        return old
