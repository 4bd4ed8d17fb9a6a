"""Rows in memory: by id, by values, by stamp."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

Row = dict[str, Any]  # field -> str, bool, int or datetime (aware, UTC, whole seconds); NULL: absent

STAMP: Final = "date_modified"
_SLACK: Final = 1000  # outdated entries in the index of stamps that are put up with


def key(value: Any) -> Any:
    """Give what values are compared by: the database doesn't mind the case of texts."""
    return value.casefold() if isinstance(value, str) else value


class Table:
    """Rows are replaced, never changed: who holds one keeps what it was."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._stamps: list[tuple[datetime, str]] = []
        self._indexes: dict[str, dict[Any, set[str]]] = {}
        self.version = 0  # moves with each change

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, record_id: str) -> Row | None:
        """Give a row, deleted or not; the caller doesn't change it."""
        return self._rows.get(record_id)

    def live(self, record_id: str) -> Row | None:
        """Give a row that isn't deleted."""
        row = self._rows.get(record_id)
        return None if row is None or row.get("deleted", False) else row

    def ids(self) -> Iterable[str]:
        """Give all ids, in the order of their making."""
        return self._rows.keys()

    def rows(self) -> Iterable[Row]:
        """Give all rows, in the order of their making."""
        return self._rows.values()

    def put(self, row: Row) -> None:
        """Store a row, new or in place of the one with its id."""
        row = {name: value for name, value in row.items() if value is not None}
        record_id = row["id"]
        old = self._rows.get(record_id)
        for field, index in self._indexes.items():
            if old is not None and field in old:
                index[key(old[field])].discard(record_id)
            if field in row:
                index.setdefault(key(row[field]), set()).add(record_id)
        self._rows[record_id] = row
        self.version += 1
        if (stamp := row.get(STAMP)) is not None and (old is None or old.get(STAMP) != stamp):
            insort(self._stamps, (stamp, record_id))
            if len(self._stamps) > 2 * len(self._rows) + _SLACK:
                self._stamps = sorted((kept[STAMP], i) for i, kept in self._rows.items() if STAMP in kept)

    def find(self, field: str, value: Any) -> set[str]:
        """Give the ids of the rows that hold this value in a field; an index is made at the first question."""
        index = self._indexes.get(field)
        if index is None:
            index = self._indexes[field] = {}
            for record_id, row in self._rows.items():
                if field in row:
                    index.setdefault(key(row[field]), set()).add(record_id)
        return index.get(key(value), set())

    def found(self, field: str, value: Any) -> list[Row]:
        """Give the rows that hold this value and aren't deleted, in the order of their ids."""
        rows = (self._rows[record_id] for record_id in sorted(self.find(field, value)))
        return [row for row in rows if not row.get("deleted", False)]

    def forget_index(self, field: str) -> None:
        """Let go of a field's index: the field has been deleted."""
        self._indexes.pop(field, None)

    def stamped(self, first: datetime) -> list[str]:
        """Give the ids of the rows whose date_modified is at `first` or later."""
        found: dict[str, None] = {}
        for at in range(bisect_left(self._stamps, (first, "")), len(self._stamps)):
            stamp, record_id = self._stamps[at]
            row = self._rows.get(record_id)
            if row is not None and row.get(STAMP) == stamp:
                found[record_id] = None
        return list(found)
