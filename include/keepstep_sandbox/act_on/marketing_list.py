"""One marketing list in memory: rows, columns, and the look-ups that keep 100,000 rows quick."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from keepstep_sandbox.act_on.columns import Column, email_position, fold
from keepstep_sandbox.act_on.settings import PagingOrder
from keepstep_sandbox.act_on.time_index import EVER, Span, TimeIndex


@dataclass(slots=True)
class Row:
    """A record in a list; `values` stand in the order of the list's columns, stamps are ms since 1970."""

    number: int
    values: list[str]
    created_ms: int
    modified_ms: int


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows a download asks for."""

    created: Span = EVER
    modified: Span = EVER

    @property
    def open(self) -> bool:
        """Whether it asks for every row."""
        return self.created.open and self.modified.open


class MarketingList:
    """A list; the same e-mail address may stand in any number of rows."""

    def __init__(self, list_id: str, name: str, columns: Sequence[Column], now_ms: int) -> None:
        self.id = list_id
        self.name = name
        self.folder = "Default Folder"
        self.source = ""  # the CRM it was imported from, as in the provenance members: Sforce, MSDyn, Sugar, SL, Nsuite
        self.columns = list(columns)
        self.modified_ms = now_ms
        self._rows: list[Row] = []  # sorted by number, for numbers only grow
        self._by_number: dict[int, Row] = {}
        self._by_email: dict[str, list[int]] = {}
        self._created, self._modified = TimeIndex(), TimeIndex()
        self._next_number = 0
        self._bulk = False

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    @property
    def headings(self) -> list[str]:
        """The headings of the columns, in their order."""
        return [column.heading for column in self.columns]

    def row_id(self, row: Row) -> str:
        """Write a row's id: the list's, a colon, and its number in hex."""
        return f"{self.id}:{row.number:x}"

    def find(self, row_id: str) -> Row | None:
        """Find a row by its id; None if it isn't one of this list's."""
        prefix, colon, number = row_id.partition(":")
        if prefix != self.id or not colon:
            return None
        try:
            return self._by_number.get(int(number, 16))
        except ValueError:
            return None

    def email_of(self, row: Row) -> str:
        """Give the address of a row, as it was written; empty if it has none."""
        place = email_position(self.columns)
        return "" if place is None else row.values[place]

    def with_email(self, email: str) -> list[Row]:
        """Find the rows of an address, first come first."""
        return [self._by_number[number] for number in sorted(self._by_email.get(fold(email), ()))]

    def insert(self, values: Sequence[str], now_ms: int) -> Row:
        """Add a row at the end."""
        row = Row(self._next_number, list(values), now_ms, now_ms)
        self._next_number += 1
        self._rows.append(row)
        self._by_number[row.number] = row
        self._enter_email(row)
        if not self._bulk:
            self._created.add(now_ms, row.number)
            self._modified.add(now_ms, row.number)
        self.modified_ms = now_ms
        return row

    def update(self, row: Row, changes: Mapping[int, str], now_ms: int, *, touch_unchanged: bool = True) -> bool:
        """Set values by their column's position; True if one of them differed from what was there."""
        differs = any(row.values[place] != value for place, value in changes.items())
        if differs:
            self._leave_email(row)
            for place, value in changes.items():
                row.values[place] = value
            self._enter_email(row)
        if differs or touch_unchanged:
            self._stamp(row, now_ms)
        return differs

    def delete(self, rows: Collection[Row], now_ms: int) -> None:
        """Remove rows; nothing of them is kept, the API has no tombstones."""
        if not rows:
            return
        if len(rows) == 1:
            self._delete_one(next(iter(rows)))
        else:
            gone = {row.number for row in rows}
            for row in rows:
                self._leave_email(row)
                del self._by_number[row.number]
            self._rows = [row for row in self._rows if row.number not in gone]
            self._reindex()
        self.modified_ms = now_ms

    def page(self, window: Window, order: PagingOrder, offset: int, count: int) -> tuple[int, list[Row]]:
        """Give the number of rows in the window, and a page of them; O(page) where the window is open."""
        if window.open and order is PagingOrder.INSERTION:
            return len(self._rows), self._rows[offset : offset + count]
        if window.open:
            return len(self._rows), [self._by_number[number] for number in self._modified.slice(offset, count)]
        numbers = self._numbers(window)
        if order is PagingOrder.INSERTION:
            numbers = sorted(numbers)
        return len(numbers), [self._by_number[number] for number in numbers[offset : offset + count]]

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Bring many rows in or up to date: the time indexes are made once, at the end."""
        self._bulk = True
        try:
            yield
        finally:
            self._bulk = False
            self._reindex()

    def reshape(self, columns: Sequence[Column], origins: Sequence[int | None]) -> None:
        """Give the list other columns; `origins` names the old position each comes from, None for a new, empty one."""
        self.columns = list(columns)
        for row in self._rows:
            row.values = ["" if origin is None else row.values[origin] for origin in origins]
        self._by_email.clear()
        for row in self._rows:
            self._enter_email(row)

    def _numbers(self, window: Window) -> Sequence[int]:
        if window.modified.open:
            return self._created.within(window.created)
        numbers = self._modified.within(window.modified)
        if window.created.open:
            return numbers
        return [number for number in numbers if self._by_number[number].created_ms in window.created]

    def _stamp(self, row: Row, now_ms: int) -> None:
        if not self._bulk:
            self._modified.remove(row.modified_ms, row.number)
            self._modified.add(now_ms, row.number)
        row.modified_ms = now_ms
        self.modified_ms = now_ms

    def _delete_one(self, row: Row) -> None:
        del self._rows[bisect_left(self._rows, row.number, key=lambda each: each.number)]
        del self._by_number[row.number]
        self._leave_email(row)
        if not self._bulk:
            self._created.remove(row.created_ms, row.number)
            self._modified.remove(row.modified_ms, row.number)

    def _reindex(self) -> None:
        if self._bulk:
            return
        self._created.rebuild((row.created_ms, row.number) for row in self._rows)
        self._modified.rebuild((row.modified_ms, row.number) for row in self._rows)

    def _enter_email(self, row: Row) -> None:
        if address := fold(self.email_of(row)):
            self._by_email.setdefault(address, []).append(row.number)

    def _leave_email(self, row: Row) -> None:
        if address := fold(self.email_of(row)):
            numbers = self._by_email[address]
            numbers.remove(row.number)
            if not numbers:
                del self._by_email[address]
