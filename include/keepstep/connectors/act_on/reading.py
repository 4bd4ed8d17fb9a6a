"""Reads Act-On page by page: lists, suppressed addresses, behaviour.

Laws: Act-On promises no stable order under paging, so that each page begins with the last row of the one before, and a
listing only ends well where every border matched and as many rows were seen as the list has. Else it starts over; what
was told stays told, and a row too many does no harm: what must never happen is that a row that is there isn't told.

Lists are downloaded as JSON pages, never as one CSV, although that would be one call: pages keep memory flat, can be
resumed in the middle, and are documented to carry the row ids.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from keepstep.connectors.act_on import wire
from keepstep.connectors.act_on.client import Client
from keepstep.connectors.act_on.listed import Addresses, Told
from keepstep.connectors.act_on.stamps import Stamps
from keepstep.connectors.base import Cursor, CursorExpired, Page, ReadQuery
from keepstep.connectors.parallel import in_parallel
from keepstep.core.errors import Unavailable
from keepstep.core.model import Record

TRIES = 3  # listings of one list before we say that it doesn't hold still
SUBJECTS_A_PAGE = 50  # rows whose behaviour is stored together
LISTING_PAYS = 10  # a listing for the addresses of some rows may cost so many calls a row: others will follow
KEPT_S = 600.0  # for so long a list's addresses are kept


@dataclass(slots=True)
class _Pass:
    """One try at a listing."""

    after_ms: int | None  # only rows modified since; None: all
    offset: int = 0
    tail: str | None = None  # the last row told
    mark_ms: int | None = None  # the server's time when the try began
    total: int | None = None
    whole: bool = True  # begun by this process: it has seen every id
    seen: Told = field(default_factory=Told)
    moved: bool = False
    ended: bool = False

    @property
    def done(self) -> bool:
        """Everything was told, and nothing moved meanwhile."""
        return self.ended and not self.moved

    def take(self, grid: wire.Grid, asked: int, server_ms: int) -> list[Record]:
        """Take in a page of a list; its rows that weren't told yet."""
        if self.after_ms is not None:  # whether totalCount counts all rows then or the modified ones isn't documented
            return self.take_untotalled(grid.rows, asked, server_ms)
        shrunk = self.total is not None and grid.head.total < self.total
        self.total = grid.head.total
        exhausted = len(grid.rows) <= (self.tail is not None)
        self.ended = exhausted or self.offset + len(grid.rows) >= self.total
        fresh = self._append(grid.rows, server_ms)
        self.moved = self.moved or shrunk or self._misses()
        return fresh

    def take_untotalled(self, rows: Sequence[Record], asked: int, server_ms: int) -> list[Record]:
        """Take in a page of a listing that tells no total: a short page is its last."""
        self.ended = len(rows) < asked
        return self._append(rows, server_ms)

    def _append(self, rows: Sequence[Record], server_ms: int) -> list[Record]:
        if self.mark_ms is None:
            self.mark_ms = server_ms
        continued = self.tail is None or (bool(rows) and rows[0].id == self.tail)
        fresh = list(rows[1:] if self.tail is not None and continued else rows)
        repeats = sum(self.seen.add(r.id) for r in fresh) < len(fresh)
        if rows:
            self.offset += len(rows) - 1
            self.tail = rows[-1].id
        self.moved = not continued or repeats
        return fresh

    def _misses(self) -> bool:
        return self.ended and self.whole and self.seen.count != self.total


class Reader:
    """Reads with one client; `overlap_s` is how far incremental reads reach back before the last one."""

    def __init__(
        self, client: Client, overlap_s: float, workers: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._overlap_ms = int(overlap_s * 1000)
        self._workers = workers
        self._stamps = Stamps()
        self._clock = clock
        self._addresses: dict[str, tuple[float, Addresses]] = {}  # by list: when they were listed, and they

    def rows(self, query: ReadQuery, cursor: Cursor | None) -> Iterator[Page]:
        """The list's rows, or those modified since the cursor. Raises Unavailable where the list won't hold still."""
        list_id = str(query.list_id)
        bound = self._rows_bound(list_id, cursor)

        def page(now: _Pass) -> Page:
            grid, server_ms = self._client.rows(list_id, now.offset, self._client.page_size, bound)
            fresh = now.take(grid, self._client.page_size, server_ms)
            records = tuple(wire.only(r, query.fields) for r in fresh)
            return Page(records, cursor=self._place(now), full=bound is None, last=now.done)

        yield from _listing(_resumed(cursor, None if bound is None else _number(cursor, "after")), page)

    def opt_outs(self, cursor: Cursor | None) -> Iterator[Page]:
        """The account's suppression list; it tells no total, so that a short page is the last (documented)."""
        bound = self._opt_outs_bound(cursor)

        def page(now: _Pass) -> Page:
            found, server_ms = self._client.opt_outs(now.offset, bound)
            fresh = now.take_untotalled(found, self._client.page_size, server_ms)
            return Page(tuple(fresh), cursor=self._place(now), full=bound is None, last=now.done)

        yield from _listing(_resumed(cursor, None if bound is None else _number(cursor, "after")), page)

    def activities(self, query: ReadQuery, cursor: Cursor | None) -> Iterator[Page]:
        """What the people of these rows did since the cursor; a call a row, some at once.

        The cursor is about these subjects: a row that wasn't asked for before needs a read of its own, without one.
        """
        after_ms, mark_ms, done = _number(cursor, "after"), _number(cursor, "mark"), _number(cursor, "offset") or 0
        while True:
            batch = query.subjects[done : done + SUBJECTS_A_PAGE]
            mark_ms = self._client.server_time(str(query.list_id)) if mark_ms is None else mark_ms
            found = self._behaviour(query, batch, after_ms)
            done += len(batch)
            last = done >= len(query.subjects)
            middle: Cursor = {"after": after_ms, "mark": mark_ms, "offset": done}
            place = self._watermark(mark_ms) if last else middle
            yield Page(found, cursor=place, full=after_ms is None, last=last)
            if last:
                return

    def by_id(self, list_id: str, ids: frozenset[str]) -> Iterator[Record]:
        """These rows: one by one, or by a listing where that costs fewer calls."""
        if not self._scan_is_cheaper(list_id, len(ids)):
            yield from in_parallel(lambda id: self._client.row(list_id, id), sorted(ids), self._workers)
            return
        missing = set(ids)
        for row in self.scan(list_id):
            if row.id in missing:
                missing.remove(row.id)
                yield row

    def by_email(self, list_id: str, emails: frozenset[str]) -> Iterator[Record]:
        """The rows with these addresses; looked up one by one, Act-On tells only the first of several."""
        wanted = {wire.folded(email) for email in emails}
        if not self._scan_is_cheaper(list_id, len(wanted)):
            yield from in_parallel(lambda email: self._client.look_up(list_id, email), sorted(emails), self._workers)
            return
        found: set[str] = set()
        for row in self.scan(list_id):
            if row.email and wire.folded(row.email) in wanted and row.id not in found:
                found.add(row.id)
                yield row

    def scan(self, list_id: str, modified_after_ms: int | None = None) -> Iterator[Record]:
        """Every row of the list, or every row modified since; again where the listing had to start over."""
        start: Cursor | None = None if modified_after_ms is None else {"after": modified_after_ms}
        pages = self.rows(ReadQuery("row", list_id=list_id), start)
        return chain.from_iterable(map(_records, pages))  # which lets go of a page before it asks for the next

    def addresses(self, list_id: str) -> Addresses:
        """Every row's id and address, as they stood some minutes ago at the most."""
        if not self.keeps(list_id):
            self.forget(list_id)  # before the new ones are there: not both at once
            addresses = Addresses((row.id, row.email) for row in self.scan(list_id))
            self._addresses[list_id] = (self._clock(), addresses)
        return self._addresses[list_id][1]

    def keeps(self, list_id: str) -> bool:
        """Whether addresses of this list are kept, and still good."""
        kept = self._addresses.get(list_id)
        return kept is not None and self._clock() - kept[0] <= KEPT_S

    def forget(self, list_id: str) -> None:
        """Addresses of this list are about to change."""
        self._addresses.pop(list_id, None)

    def pages(self, list_id: str) -> int:
        """The calls that a full listing takes."""
        total = self._client.head(list_id).head.total
        return max(1, -(-total // max(1, self._client.page_size - 1)))

    def _scan_is_cheaper(self, list_id: str, keys: int) -> bool:
        return keys > 1 and keys > self.pages(list_id)

    def _behaviour(self, query: ReadQuery, subjects: tuple[str, ...], after_ms: int | None) -> tuple[Record, ...]:
        list_id = str(query.list_id)
        emails = self._emails(list_id, subjects)  # facts don't tell the address

        def one(subject: str) -> tuple[Record, ...] | None:
            reply = self._client.facts(list_id, subject)
            if reply is None:
                return None
            email = emails[subject]
            return self._client.shaped(lambda body: wire.activities(body, subject, email, after_ms), reply.json)

        return tuple(r for found in in_parallel(one, sorted(emails), self._workers) for r in found)

    def _emails(self, list_id: str, row_ids: Sequence[str]) -> dict[str, str | None]:
        """The addresses of these rows; a listing that is made for them is kept, as more rows are usually asked for."""
        asked = frozenset(row_ids)
        known: dict[str, str | None] = {}
        if self.keeps(list_id) or self.pages(list_id) <= LISTING_PAYS * len(asked):
            known = self.addresses(list_id).of(asked)
        missing = asked - known.keys()
        found = {row.id: row.email for row in self.by_id(list_id, missing)} if missing else {}
        return known | found

    def _rows_bound(self, list_id: str, cursor: Cursor | None) -> int | None:
        """The moment after which a list is read, as this account takes it; None: read all."""

        def known() -> Sequence[Record]:
            return self._client.rows(list_id, 0, 1, None)[0].rows

        return self._bound(cursor, known, lambda since: bool(self._client.rows(list_id, 0, 1, since)[0].rows))

    def _opt_outs_bound(self, cursor: Cursor | None) -> int | None:
        def known() -> Sequence[Record]:
            return self._client.opt_outs(0, None)[0]

        return self._bound(cursor, known, lambda since: bool(self._client.opt_outs(0, since)[0]))

    def _bound(
        self, cursor: Cursor | None, known: Callable[[], Sequence[Record]], finds: Callable[[int], bool]
    ) -> int | None:
        after_ms = _number(cursor, "after")
        self._stamps.recall(cursor)
        if after_ms is None:
            return None
        unit = self._stamps.unit or self._stamps.prove(known(), finds)
        return None if unit is None else unit.of(after_ms)

    def _place(self, now: _Pass) -> Cursor:
        """Where to go on: after this page, from the start where the list moved, or with what changes from now on."""
        if now.done:
            return self._watermark(now.mark_ms)
        if now.moved:
            return {"after": now.after_ms, "offset": 0, **self._stamps.kept()}
        where: Cursor = {"offset": now.offset, "tail": now.tail, "mark": now.mark_ms, "total": now.total}
        return {"after": now.after_ms, **where, **self._stamps.kept()}

    def _watermark(self, mark_ms: int | None) -> Cursor:
        return {"after": max(0, (mark_ms or 0) - self._overlap_ms), **self._stamps.kept()}


def _listing(now: _Pass, page: Callable[[_Pass], Page]) -> Iterator[Page]:
    """Page by page until all was told; started over where the list moved. Nothing of a page is kept for the next."""
    after_ms = now.after_ms
    for _ in range(TRIES):
        while not now.ended and not now.moved:
            yield page(now)
        if now.done:
            return
        now = _Pass(after_ms)
    raise Unavailable(f"an Act-On list changed while it was read, {TRIES} times; the next run tries again")


def _records(page: Page) -> tuple[Record, ...]:
    return page.records


def _resumed(cursor: Cursor | None, after_ms: int | None) -> _Pass:
    offset, tail = _number(cursor, "offset") or 0, (cursor or {}).get("tail")
    if not offset or not isinstance(tail, str) or after_ms != _number(cursor, "after"):
        return _Pass(after_ms)
    return _Pass(
        after_ms=after_ms,
        offset=offset,
        tail=tail,
        mark_ms=_number(cursor, "mark"),
        total=_number(cursor, "total"),
        whole=False,
    )


def _number(cursor: Cursor | None, key: str) -> int | None:
    value = (cursor or {}).get(key)
    if value is not None and not isinstance(value, int):
        raise CursorExpired
    return value
