"""Reads NetSuite: listings, changes, deletions, read-backs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from keepstep.connectors.base import Cursor, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.connectors.netsuite import queries, wire
from keepstep.connectors.netsuite.account import Account, Rows
from keepstep.connectors.netsuite.cursor import Part, Place
from keepstep.connectors.netsuite.fields import CUSTOMER, PEOPLE, USER, Column, columns_of
from keepstep.connectors.netsuite.queries import SuiteQuery
from keepstep.connectors.netsuite.zone import AccountZone
from keepstep.core.errors import Bug
from keepstep.core.model import Deletion, Record

ZONE_IS_FRESH = timedelta(days=7)  # then it is asked for again: accounts move, and so do clocks in spring and autumn


@dataclass(frozen=True, slots=True)
class Reader:
    """Pages and read-backs of one account."""

    account: Account

    def pages(self, query: ReadQuery, cursor: Cursor | None) -> Iterator[Page]:
        """A listing, or what changed since the cursor and then what was deleted; each page is one call.

        A listing's watermark is the server's clock before its first page was asked for, so that nothing that happens
        while it runs is missed.
        """
        place = self._start(query) if cursor is None else self._go_on(query, cursor)
        while True:
            rows, key = self._rows(query, place), _key(place)
            place = replace(place, began_at=place.began_at or rows.asked_at or self.account.now())
            here, place = place, self._beyond(place, rows, key)
            last = place.began_at is None
            if rows.rows or last:
                yield Page(
                    records=() if here.part is Part.DELETIONS else self._records(query, rows, here.columns, here.zone),
                    deletions=_deletions(query, rows, here.zone) if here.part is Part.DELETIONS else (),
                    cursor=place.cursor(),
                    full=here.part is Part.LISTING,
                    last=last,
                )
            if last:
                return

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """A call for 200 keys, and one more for each further page of what they find."""
        wanted = _wanted(query, by, keys)
        if not wanted:
            return
        columns = columns_of(query.object, self._names(query), self.account.catalog(query.object))
        zone = self.account.zone()
        for start in range(0, len(wanted), queries.CHUNK):
            chunk, last, more = wanted[start : start + queries.CHUNK], 0, True
            while more:
                asked = queries.lookup(query.object, columns, query.audience, by, chunk, last)
                rows = self.account.page_after(asked, last)
                yield from self._records(query, rows, columns, zone)
                more = rows.more
                last = _last_id(rows, "id", last)

    def _start(self, query: ReadQuery) -> Place:
        columns = columns_of(query.object, self._names(query), self.account.catalog(query.object))
        return Place(
            query.object,
            query.audience,
            Part.LISTING,
            columns,
            self.account.zone(),
            zone_found_at=self.account.now(),
        )

    def _go_on(self, query: ReadQuery, cursor: Cursor) -> Place:
        """The stored place. A field that wasn't read before is in no increment: then everything is read again."""
        place = Place.of(cursor, query, self.account.settings.time_zone)
        names = self._names(query)
        told = {column.name: column for column in place.columns}
        if not set(names) <= set(told):
            raise CursorExpired
        if names:
            place = replace(place, columns=tuple(told[name] for name in dict.fromkeys(names)))
        return self._with_fresh_zone(place)

    def _with_fresh_zone(self, place: Place) -> Place:
        now = self.account.now()
        if place.zone.name is None and now - place.zone_found_at > ZONE_IS_FRESH:
            found = self.account.zone()
            earlier = max(timedelta(0), found.offset - place.zone.offset)  # stamps since then are of either zone
            since = None if place.since is None else place.since - earlier
            return replace(place, zone=found, zone_found_at=now, since=since)
        self.account.keep_zone(place.zone)
        return place

    def _rows(self, query: ReadQuery, place: Place) -> Rows:
        return self.account.page_after(self._question(query, place), place.after, _key(place))

    def _question(self, query: ReadQuery, place: Place) -> SuiteQuery:
        if place.part is Part.LISTING:
            return queries.listing(query.object, place.columns, query.audience, place.after)
        if place.since is None:
            raise Bug("an incremental read of NetSuite without a watermark")
        overlap = timedelta(seconds=self.account.settings.overlap_s)
        since = place.zone.not_later_than(place.since - overlap)
        if place.part is Part.CHANGES:
            return queries.changes(query.object, place.columns, since, place.after)
        return queries.deletions(query.object, since, place.after)

    def _beyond(self, place: Place, rows: Rows, key: str) -> Place:
        if rows.more:
            return replace(place, after=_last_id(rows, key, place.after))
        if place.part is Part.CHANGES:
            return replace(place, part=Part.DELETIONS, after=0)
        return place.finished(self.account.now())

    def _records(
        self, query: ReadQuery, rows: Rows, columns: Sequence[Column], zone: AccountZone
    ) -> tuple[Record, ...]:
        opt_out, unknown = self.account.settings.opt_out_field, self.account.settings.unknown
        return tuple(wire.record_of(query.object, row, columns, zone, opt_out, unknown) for row in rows.rows)

    def _names(self, query: ReadQuery) -> tuple[str, ...]:
        """The fields asked for, and the opt-out, which a `Record` tells apart from them."""
        opt_out = self.account.settings.opt_out_field
        if not query.fields or opt_out is None or query.object not in PEOPLE:
            return query.fields
        return (*query.fields, opt_out)


def _key(place: Place) -> str:
    return "recordid" if place.part is Part.DELETIONS else "id"


def _last_id(rows: Rows, key: str, otherwise: int) -> int:
    last = wire.number_of(rows.rows[-1].get(key)) if rows.rows else None
    return otherwise if last is None else last


def _deletions(query: ReadQuery, rows: Rows, zone: AccountZone) -> tuple[Deletion, ...]:
    return tuple(wire.deletion_of(query.object, row, zone) for row in rows.rows)


def _wanted(query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> list[str]:
    """Each key once, in order; ids that can't be one have no record, and aren't asked for."""
    nameless = by is FetchBy.NAME and query.object != CUSTOMER
    if nameless or (by is FetchBy.EXTERNAL_ID and query.object == USER):
        raise Bug(f"NetSuite: a {query.object} can't be fetched by {by}")
    wanted = sorted({key for key in keys if key.strip()})
    if by is FetchBy.ID:
        return [key for key in wanted if key.isascii() and key.isdigit()]
    if by is FetchBy.NAME:  # TRIM takes plain blanks off both ends; people also paste tabs and double blanks
        return sorted({*wanted, *(" ".join(key.split()) for key in wanted)})
    return wanted
