"""The rows of one object in memory: by id in order, by values and by moments, and as they were a while ago."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

Row = dict[str, Any]  # field -> str, bool, number, list or datetime (aware, UTC, whole seconds); without value: absent
Entry = tuple[datetime, int]

EVER: Final = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
LAST_ID: Final = 2**62
_SLACK: Final = 1000  # outdated entries in an index that are put up with
_REMEMBERED: Final = 200_000  # changes; more than that aren't seen stale


class Table:
    """Rows are replaced, never changed: who holds one keeps what it was. Values are found as they're written."""

    def __init__(self, moments: Sequence[str]) -> None:
        """Make an empty table that finds rows by these fields, which hold moments, without looking at all of them."""
        self._rows: dict[int, Row] = {}
        self._ids: list[int] = []  # sorted; those of erased rows stay until there are too many
        self._moments: dict[str, list[Entry]] = {field: [] for field in moments}
        self._indexes: dict[str, dict[Any, set[int]]] = {}
        self._past: deque[tuple[datetime, int, Row | None]] = deque(maxlen=_REMEMBERED)
        self.remembers = False  # whether earlier states are kept for stale reads

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, row_id: int) -> Row | None:
        """Give a row; the caller doesn't change it."""
        return self._rows.get(row_id)

    def rows(self) -> Iterable[Row]:
        """Give all rows."""
        return self._rows.values()

    def load(self, rows: Iterable[Row]) -> None:
        """Fill an empty table with many rows; cheaper than one by one."""
        self._rows = {row["id"]: row for row in rows}
        self._ids = sorted(self._rows)
        for field in self._moments:
            self._sort(field)

    def put(self, row: Row, when: datetime) -> None:
        """Store a row, new or in place of the one with its id."""
        row_id = row["id"]
        row = {name: value for name, value in row.items() if value is not None and value != ""}
        old = self._swap(row_id, row, when)
        if old is None:
            self._enter(row_id)
        for field, entries in self._moments.items():
            moment = row.get(field)
            if moment is None or (old is not None and old.get(field) == moment):
                continue
            insort(entries, (moment, row_id))
            if len(entries) > 2 * len(self._rows) + _SLACK:
                self._sort(field)

    def remove(self, row_id: int, when: datetime) -> None:
        """Erase a row."""
        self._swap(row_id, None, when)
        if len(self._ids) > 2 * len(self._rows) + _SLACK:
            self._ids = sorted(self._rows)

    def find(self, field: str, value: Any) -> set[int]:
        """Give the ids of the rows that hold this value in a field; an index is made at the first question."""
        index = self._indexes.get(field)
        if index is None:
            index = self._indexes[field] = {}
            for row_id, row in self._rows.items():
                if (held := _key(row.get(field))) is not None:
                    index.setdefault(held, set()).add(row_id)
        return index.get(_key(value), set())

    def forget_index(self, field: str) -> None:
        """Let go of a field's index: the field has been deleted."""
        self._indexes.pop(field, None)

    def in_order(self, after: int | None, *, descending: bool) -> Iterator[int]:
        """Give the ids in order, from the one after (or, descending, before) a given one."""
        if descending:
            place = len(self._ids) if after is None else bisect_left(self._ids, after)
            places: Iterable[int] = range(place - 1, -1, -1)
        else:
            places = range(0 if after is None else bisect_right(self._ids, after), len(self._ids))
        return (self._ids[place] for place in places if self._ids[place] in self._rows)

    def indexed(self, field: str) -> bool:
        """Tell whether rows are found by this field's moments."""
        return field in self._moments

    def count_between(self, field: str, first: datetime, last: datetime) -> int:
        """Give an upper bound for the number of rows whose moment is not before the first nor after the last."""
        start, end = self._span(field, first, last)
        return end - start

    def by_moment(
        self, field: str, first: datetime, last: datetime, *, after: Entry | None = None, descending: bool = False
    ) -> Iterator[int]:
        """Give the ids of the rows between two moments, by moment and id, from the one after a given one."""
        entries = self._moments[field]
        start, end = self._span(field, first, last)
        if after is not None and descending:
            end = min(end, bisect_left(entries, after))
        elif after is not None:
            start = max(start, bisect_right(entries, after))
        for place in range(end - 1, start - 1, -1) if descending else range(start, end):
            moment, row_id = entries[place]
            row = self._rows.get(row_id)
            # An entry that came back to an earlier moment stands there twice, side by side.
            twice = place > 0 and entries[place - 1] == entries[place]
            if row is not None and row.get(field) == moment and not twice:
                yield row_id

    def earlier(self, moment: datetime) -> dict[int, Row | None]:
        """Give what the rows changed after a moment were then; None where there was none yet."""
        found: dict[int, Row | None] = {}
        for when, row_id, old in reversed(self._past):
            if when <= moment:
                break
            found[row_id] = old
        return found

    def _span(self, field: str, first: datetime, last: datetime) -> tuple[int, int]:
        entries = self._moments[field]
        return bisect_left(entries, (first, -1)), bisect_right(entries, (last, LAST_ID))

    def _sort(self, field: str) -> None:
        self._moments[field][:] = sorted((row[field], i) for i, row in self._rows.items() if field in row)

    def _enter(self, row_id: int) -> None:
        if not self._ids or self._ids[-1] < row_id:
            self._ids.append(row_id)
        elif self._ids[min(bisect_left(self._ids, row_id), len(self._ids) - 1)] != row_id:
            insort(self._ids, row_id)

    def _swap(self, row_id: int, row: Row | None, when: datetime) -> Row | None:
        old = self._rows.get(row_id)
        if self.remembers:
            self._past.append((when, row_id, old))
        for field, index in self._indexes.items():
            before, now = (None if one is None else _key(one.get(field)) for one in (old, row))
            if before is not None:
                index[before].discard(row_id)
            if now is not None:
                index.setdefault(now, set()).add(row_id)
        if row is None:
            self._rows.pop(row_id, None)
        else:
            self._rows[row_id] = row
        return old


def _key(value: Any) -> Any:
    """Give what a value is found by; a field of several values is found by all of them together."""
    return tuple(value) if isinstance(value, list) else value
