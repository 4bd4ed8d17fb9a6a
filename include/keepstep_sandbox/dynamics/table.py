"""The rows of one table in memory: by id in order, by values, and by version."""

from bisect import bisect_right, insort
from collections.abc import Iterator
from typing import Any, Final

from keepstep_sandbox.dynamics.standard import VERSION

Row = dict[str, Any]  # logical name -> str, bool, number or datetime (aware, UTC, whole seconds); no value: absent

_SLACK: Final = 1000  # outdated entries in the list of versions that are put up with


def key(value: Any) -> Any:
    """Give what values are compared by: texts don't mind their case."""
    return value.casefold() if isinstance(value, str) else value


class Table:
    """Rows are replaced, never changed: who holds one keeps what it was."""

    def __init__(self, key_column: str) -> None:
        self._key = key_column
        self._rows: dict[str, Row] = {}
        self._ids: list[str] = []
        self._versions: list[tuple[int, str]] = []
        self._indexes: dict[str, dict[Any, set[str]]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, row_id: str) -> Row | None:
        """Give a row; the caller doesn't change it."""
        return self._rows.get(row_id)

    def rows(self, after: str = "") -> Iterator[Row]:
        """Give the rows by id, those after one."""
        for at in range(bisect_right(self._ids, after), len(self._ids)):
            yield self._rows[self._ids[at]]

    def ids(self) -> list[str]:
        """Give all ids, in their order."""
        return list(self._ids)

    def fill(self, rows: list[Row]) -> None:
        """Take up many rows at once, in order of their versions; the table is empty."""
        self._rows = {row[self._key]: row for row in rows}
        self._ids = sorted(self._rows)
        self._versions = [(row[VERSION], row[self._key]) for row in rows]

    def put(self, row: Row) -> Row | None:
        """Store a row, new or in place of the one with its id, which is given back."""
        row = {name: value for name, value in row.items() if value is not None and value != ""}
        row_id = row[self._key]
        if row_id not in self._rows:
            insort(self._ids, row_id)
        old = self._swap(row_id, row)
        insort(self._versions, (row[VERSION], row_id))
        if len(self._versions) > 2 * len(self._rows) + _SLACK:
            self._versions = sorted((kept[VERSION], i) for i, kept in self._rows.items())
        return old

    def remove(self, row_id: str) -> Row | None:
        """Take a row away; give what it was."""
        if row_id in self._rows:
            del self._ids[bisect_right(self._ids, row_id) - 1]
        return self._swap(row_id, None)

    def find(self, column: str, value: Any) -> set[str]:
        """Give the ids of the rows that hold this value in a column; an index is made at the first question."""
        index = self._indexes.get(column)
        if index is None:
            index = self._indexes[column] = {}
            for row_id, row in self._rows.items():
                if column in row:
                    index.setdefault(key(row[column]), set()).add(row_id)
        return index.get(key(value), set())

    def forget_index(self, column: str) -> None:
        """Let go of a column's index: the column has been deleted."""
        self._indexes.pop(column, None)

    def changed(self, since: int) -> list[Row]:
        """Give the rows whose version is higher than one, by version."""
        found: dict[str, Row] = {}
        for at in range(bisect_right(self._versions, (since, "~")), len(self._versions)):
            version, row_id = self._versions[at]
            row = self._rows.get(row_id)
            if row is not None and row[VERSION] == version:
                found[row_id] = row
        return list(found.values())

    def _swap(self, row_id: str, row: Row | None) -> Row | None:
        old = self._rows.get(row_id)
        for column, index in self._indexes.items():
            if old is not None and column in old:
                index[key(old[column])].discard(row_id)
            if row is not None and column in row:
                index.setdefault(key(row[column]), set()).add(row_id)
        if row is None:
            self._rows.pop(row_id, None)
        else:
            self._rows[row_id] = row
        return old
