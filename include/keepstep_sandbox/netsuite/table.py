"""One table in memory: rows by id in order, and the indexes that let a page of a large table be found at once."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import Any, Final

Row = dict[str, Any]  # column in lower case -> int, float, str or datetime (aware, UTC); a NULL column is left out
Key = Callable[[Row], Hashable | None]

ID: Final = "id"
MODIFIED: Final = "lastmodifieddate"
_SLACK: Final = 1000  # outdated entries in the index of stamps that are put up with


class Table:
    """Rows with a numeric id. `version` moves with every change, for those who keep what they found."""

    def __init__(self, name: str, columns: Iterable[str] = (), indexes: dict[str, Key] | None = None) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.version = 0
        self._rows: dict[int, Row] = {}
        self._ids: list[int] = []
        self._stamps: list[tuple[datetime, int]] = []
        self._keys = indexes or {}
        self._found: dict[str, dict[Hashable, set[int]]] = {name: {} for name in self._keys}
        self._joined: dict[str, tuple[int, dict[Hashable, list[Row]]]] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def get(self, row_id: int) -> Row | None:
        """Give a row; the caller doesn't change it."""
        return self._rows.get(row_id)

    def ids(self) -> list[int]:
        """Give all ids in ascending order; the caller doesn't change the list."""
        return self._ids

    def rows(self) -> list[Row]:
        """Give all rows in ascending order of their ids."""
        return [self._rows[row_id] for row_id in self._ids]

    def find(self, index: str, key: Hashable) -> set[int]:
        """Give the ids of the rows with this key in one of the indexes that the table was made with."""
        return self._found[index].get(key, set())

    def modified_from(self, stamp: datetime) -> list[int]:
        """Give the ids, ascending, of the rows modified at that moment or later."""
        at = bisect_left(self._stamps, (stamp, -1))
        fresh = {i for when, i in self._stamps[at:] if i in self._rows and self._rows[i].get(MODIFIED) == when}
        return sorted(fresh)

    def by(self, column: str) -> dict[Hashable, list[Row]]:
        """Give the rows by their value in a column, for joins; kept until the table changes."""
        kept = self._joined.get(column)
        if kept is None or kept[0] != self.version:
            found: dict[Hashable, list[Row]] = {}
            for row in self.rows():
                if (value := row.get(column)) is not None:
                    found.setdefault(value, []).append(row)
            kept = self._joined[column] = (self.version, found)
        return kept[1]

    def put(self, row: Row) -> None:
        """Store a row, new or in place of the one with its id."""
        row_id = int(row[ID])
        row = {name: value for name, value in row.items() if value is not None and value != ""}  # '' is NULL to Oracle
        old = self._rows.get(row_id)
        if old is None:
            self._insert_id(row_id)
        else:
            self._unindex(old)
        self._rows[row_id] = row
        self._index(row, old)
        self.version += 1

    def remove(self, row_id: int) -> None:
        """Delete a row.

        Raises:
            KeyError: there's none.
        """
        self._unindex(self._rows.pop(row_id))
        del self._ids[bisect_left(self._ids, row_id)]
        self.version += 1

    def after(self, row_id: int) -> int:
        """Give the place in `ids` of the first id greater than this one."""
        return bisect_right(self._ids, row_id)

    def _insert_id(self, row_id: int) -> None:
        if not self._ids or row_id > self._ids[-1]:
            self._ids.append(row_id)
        else:
            insort(self._ids, row_id)

    def _index(self, row: Row, old: Row | None) -> None:
        for name, key in self._keys.items():
            if (value := key(row)) is not None:
                self._found[name].setdefault(value, set()).add(row[ID])
        stamp = row.get(MODIFIED)
        if stamp is not None and (old is None or old.get(MODIFIED) != stamp):
            insort(self._stamps, (stamp, row[ID]))
            if len(self._stamps) > 2 * len(self._rows) + _SLACK:
                self._stamps = sorted((kept[MODIFIED], i) for i, kept in self._rows.items() if MODIFIED in kept)

    def _unindex(self, row: Row) -> None:
        for name, key in self._keys.items():
            if (value := key(row)) is not None:
                self._found[name][value].discard(row[ID])
