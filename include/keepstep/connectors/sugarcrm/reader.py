"""Reads SugarCRM: listings, what changed since a watermark, whose address changed its opt-out, and read-backs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from keepstep.connectors.base import Cursor, CursorExpired, FetchBy, Json, Page, ReadQuery
from keepstep.connectors.calls import CallRefused
from keepstep.connectors.sugarcrm import errors, wire
from keepstep.connectors.sugarcrm.cursor import Part, Place
from keepstep.connectors.sugarcrm.fields import (
    ACCOUNT,
    ADDRESS,
    EMAIL,
    OBJECTS,
    PEOPLE,
    TOLD,
    Catalog,
    Column,
    catalog_of,
    columns_of,
    module_of,
    sources,
)
from keepstep.connectors.sugarcrm.protocol import BATCH, Ask, Rows, Speaker, unreadable
from keepstep.connectors.sugarcrm.settings import SugarCrmSettings
from keepstep.core.errors import Bug, SettingsError, Unavailable
from keepstep.core.model import Record


@dataclass(slots=True)
class Reader:
    """Pages and read-backs over one protocol; what doesn't change during a run is asked for once."""

    speaker: Speaker
    settings: SugarCrmSettings
    now: Callable[[], datetime]
    _catalogs: dict[str, Catalog] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def catalog(self, object: str) -> Catalog:
        """The fields of an object, as SugarCRM describes them to this user."""
        module = self._known(object)
        with self._lock:
            if object not in self._catalogs:
                try:
                    found = catalog_of(object, self.speaker.describe(object))
                except CallRefused as refused:
                    raise unreadable(object, refused) from None
                if not found:
                    raise SettingsError(
                        f"SugarCRM describes no field of {module}: give the user of this connection access to it"
                    )
                self._catalogs[object] = found
            return self._catalogs[object]

    def pages(self, query: ReadQuery, cursor: Cursor | None) -> Iterator[Page]:
        """A listing, or what changed since the cursor; `members.ListReader` knows who is on a list."""
        self._known(query.object)
        if query.audience is not None:
            raise Bug("SugarCRM: a read of everybody was asked for an audience")
        place = self.start(query) if cursor is None else self._go_on(query, cursor)
        if place.part is Part.ADDRESSES:
            yield from self._addresses(place)
            return
        place = yield from self._rows(place)
        if place.part is Part.ADDRESSES:
            yield from self._addresses(place)

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """As few calls as can be: a hundred keys a call. A record answers to its primary address alone."""
        self._refuse_key(query.object, by)
        wanted = {found: key for key in sorted(set(keys)) for found in _spellings(by, key)}
        if not wanted:
            return
        columns = columns_of(query.object, query.fields, self.catalog(query.object))
        column = {FetchBy.EMAIL: EMAIL, FetchBy.NAME: "name"}.get(by)
        compared = {_folded(key) for key in wanted}
        for row in self.found(query.object, columns, by, tuple(wanted)):
            if column is not None and _folded(row.get(column)) not in compared:
                continue
            key = wanted.get(str(row["id"])) if by is FetchBy.EXTERNAL_ID else None
            yield wire.record_of(query.object, row, columns, key, self.settings.unknown)

    def start(self, query: ReadQuery) -> Place:
        """Where a listing begins."""
        columns = columns_of(query.object, query.fields, self.catalog(query.object))
        return Place(self.settings.api, query.object, Part.LISTING, columns)

    def _go_on(self, query: ReadQuery, cursor: Cursor) -> Place:
        """The stored place. A field that wasn't read before is in no increment: then everything is read again."""
        place = Place.of(cursor, query, self.settings.api)
        told = {column.name: column for column in place.columns}
        if not set(query.fields) <= set(told):
            raise CursorExpired
        if query.fields:
            place = replace(place, columns=tuple(told[name] for name in dict.fromkeys(query.fields)))
        return place

    def _rows(self, place: Place) -> Generator[Page, None, Place]:
        """The listing or the changes; the watermark is the server's clock before the first page was asked for."""
        whole = place.part is Part.LISTING
        more = True
        while more:
            answer = self._page(self._question(place, sources(place.object, place.columns)))
            more = answer.more
            began_at = place.began_at or answer.asked_at or self.now()
            place = replace(place, began_at=began_at, after=_last(answer, place.after))
            if not more:
                place = self._after_rows(place)
            living = [row for row in answer.rows if not wire.is_deleted(row)]
            yield Page(
                tuple(
                    wire.record_of(place.object, row, place.columns, unknown=self.settings.unknown) for row in living
                ),
                tuple(wire.deletion_of(place.object, row) for row in answer.rows if wire.is_deleted(row)),
                place.cursor(),
                full=whole,
                last=not more and place.part is not Part.ADDRESSES,
            )
        return place

    def _after_rows(self, place: Place) -> Place:
        """Opt-outs don't move a record's date: whose address was saved is asked besides."""
        asks = place.part is Part.CHANGES and place.object in PEOPLE and self.settings.poll_addresses
        return replace(place, part=Part.ADDRESSES, after="") if asks else place.finished()

    def _addresses(self, place: Place) -> Iterator[Page]:
        more = True
        while more:
            answer = self._page(self._question(place, TOLD[ADDRESS], ADDRESS))
            more = answer.more
            place = replace(place, after=_last(answer, place.after)) if more else place.finished()
            emails = tuple(
                dict.fromkeys(email for row in answer.rows if (email := wire.text(row.get("email_address"))))
            )
            rows = self.found(place.object, place.columns, FetchBy.EMAIL, emails) if emails else ()
            records = tuple(
                wire.record_of(place.object, row, place.columns, unknown=self.settings.unknown) for row in rows
            )
            yield Page(records, (), place.cursor(), last=not more)

    def _question(self, place: Place, fields: Sequence[str], object: str | None = None) -> Ask:
        since = None
        if place.part is not Part.LISTING:
            if place.since is None:
                raise Bug("an incremental read of SugarCRM without a watermark")
            since = place.since - timedelta(seconds=self.settings.overlap_s)
        return Ask(
            object or place.object,
            tuple(fields),
            self.settings.page_size,
            since,
            place.after,
            deleted=place.part is Part.CHANGES,
        )

    def found(self, object: str, columns: Sequence[Column], by: FetchBy, keys: tuple[str, ...]) -> Iterator[wire.Row]:
        """The living rows with one of these keys."""
        for start in range(0, len(keys), BATCH):
            ask = Ask(
                object, sources(object, columns), self.settings.page_size, by=by, keys=keys[start : start + BATCH]
            )
            yield from self.rows(ask)

    def rows(self, ask: Ask) -> Iterator[wire.Row]:
        """Every row of an answer. A question that is too large is asked in halves."""
        more = True
        while more:
            try:
                answer = self.speaker.page(ask)
            except CallRefused as refused:
                if refused.verdict.code != errors.TOO_LARGE or len(ask.keys) < 2:  # noqa: PLR2004 - there is no half of one
                    raise unreadable(ask.object, refused) from None
                half = len(ask.keys) // 2
                yield from self.rows(replace(ask, keys=ask.keys[:half]))
                yield from self.rows(replace(ask, keys=ask.keys[half:]))
                return
            more, after = answer.more, _last(answer, ask.after)
            ask = replace(ask, after=after)
            yield from (row for row in answer.rows if not wire.is_deleted(row))

    def _page(self, ask: Ask) -> Rows:
        try:
            return self.speaker.page(ask)
        except CallRefused as refused:
            raise unreadable(ask.object, refused) from None

    def _refuse_key(self, object: str, by: FetchBy) -> None:
        self._known(object)
        keys = {FetchBy.ID, FetchBy.NAME} if object == ACCOUNT else {FetchBy.ID, FetchBy.EMAIL}
        if object in PEOPLE:
            keys.add(FetchBy.EXTERNAL_ID)
        if by not in keys:
            raise Bug(f"SugarCRM: a {object} can't be fetched by {by}")

    def _known(self, object: str) -> str:
        if object not in OBJECTS:
            raise Bug(f"SugarCRM: no object {object!r} here; there are {', '.join(sorted(OBJECTS))}")
        return module_of(object)


def _last(answer: Rows, after: str) -> str:
    """The last id told. Raises Unavailable where a page repeats instead of going on."""
    if not answer.rows:
        return after
    last = str(answer.rows[-1]["id"])
    if last == after:
        raise Unavailable("SugarCRM repeats a page instead of going on")
    return last


def _folded(value: Json) -> str:
    return " ".join(str(value).split()).casefold()


def _spellings(by: FetchBy, key: str) -> Iterator[str]:
    """What to ask for. Ids that can't be one have no record, and aren't asked for."""
    if by is FetchBy.EXTERNAL_ID:
        yield wire.id_of(key)
    elif by is FetchBy.ID:
        if wire.is_id(key):
            yield key
    elif key.strip():
        yield key.strip()
        if by is FetchBy.NAME:
            yield " ".join(key.split())
