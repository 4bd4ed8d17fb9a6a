"""Reads Dataverse: listings, what changed since (by change tracking, or by `modifiedon`), and read-backs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from keepstep.connectors.base import Cursor, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.connectors.calls import CallRefused
from keepstep.connectors.dynamics import merges, odata, wire
from keepstep.connectors.dynamics.cursor import By, Part, Place
from keepstep.connectors.dynamics.environment import SYSTEM, Environment, Rows
from keepstep.connectors.dynamics.fields import (
    ACCOUNT,
    PEOPLE,
    USER,
    Column,
    annotated,
    columns_of,
    sources,
    table_of,
)
from keepstep.core.errors import Bug, SettingsError, Unavailable
from keepstep.core.model import Record


@dataclass(frozen=True, slots=True)
class Reader:
    """Pages and read-backs of one environment."""

    env: Environment

    def pages(self, query: ReadQuery, cursor: Cursor | None) -> Iterator[Page]:
        """A listing, or what changed since the cursor; `members.ListReader` knows who is on a list."""
        table_of(query.object)
        if query.audience is not None:
            raise Bug(f"{SYSTEM}: a read of everybody was asked for an audience")
        yield from self.walk(self.start(query) if cursor is None else self._go_on(query, cursor))

    def walk(self, place: Place) -> Iterator[Page]:
        """The pages from this place on. Raises CursorExpired where its link is refused."""
        answer, place = self._first(place)
        while True:
            if answer.more is not None and answer.more == place.link:
                raise Unavailable(f"{SYSTEM} repeats a page of {table_of(place.object).set} instead of going on")
            told, place = place, self._beyond(place, answer)
            yield self._page(told, place, answer)
            if answer.more is None:
                return
            answer = self._following(place)

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """As few calls as the length of a URL and the number of conditions in it allow: 400 keys a call."""
        table = table_of(query.object)
        column, literals = self._wanted(query.object, by, keys)
        if not literals:
            return
        columns = columns_of(query.object, query.fields, self.env.catalog(query.object))
        select = sources(query.object, columns, self._marks(query.object))
        prefer = odata.prefer(self.env.settings.page_size, annotated=annotated(columns))
        for path in odata.lookups(self.env.settings.data, table.set, select, column, literals):
            more: str | None = path
            while more is not None:
                answer = self._page_or_refusal(query.object, more, "look-up", prefer)
                for row in answer.rows:
                    if not wire.is_merged(row):
                        yield wire.record_of(query.object, row, columns, self.env.settings.opt_out_field)
                more = answer.more

    def start(self, query: ReadQuery) -> Place:
        """Where a listing begins."""
        catalog = self.env.catalog(query.object)
        marks = self._marks(query.object)
        missing = [name for name in marks if name not in catalog]
        if missing:
            raise SettingsError(
                f"{SYSTEM}: the table {table_of(query.object).logical} has no column {missing[0]}; without it opt-outs "
                "would be overlooked: name another one in the connection"
            )
        # Users are disabled, never deleted: nothing of them need be tracked.
        tracked = self.env.settings.track_changes and query.object != USER
        columns = columns_of(query.object, query.fields, catalog)
        return Place(query.object, Part.LISTING, By.TRACKING if tracked else By.STAMP, columns, marks)

    def _go_on(self, query: ReadQuery, cursor: Cursor) -> Place:
        """The stored place. A field that wasn't read before is in no increment: then everything is read again."""
        place = Place.of(cursor, query, self.env.settings.data)
        told = {column.name: column for column in place.columns}
        if not set(query.fields) <= set(told) or place.marks != self._marks(query.object):
            raise CursorExpired
        if query.fields:
            place = replace(place, columns=tuple(told[name] for name in dict.fromkeys(query.fields)))
        return place

    def _first(self, place: Place) -> tuple[Rows, Place]:
        """The first page of this read. Raises CursorExpired where Dataverse doesn't remember the place any more."""
        if place.link:
            self._note(place)
            try:
                return self._asked(place, place.link), place
            except CallRefused:
                raise CursorExpired from None
        if place.by is By.TRACKING:
            try:
                answer = self._asked(place, self._question(place))
            except CallRefused:
                # The table isn't tracked, or the role may not read all of it: whatever else is wrong with the query,
                # the next call tells.
                place = replace(place, by=By.STAMP)
            else:
                self._note(place)
                return answer, place
        self._note(place)
        try:
            return self._asked(place, self._question(place)), place
        except CallRefused as refused:
            raise self.env.refused(place.object, refused) from None

    def _following(self, place: Place) -> Rows:
        try:
            return self._asked(place, place.link)
        except CallRefused as refused:
            raise Unavailable(
                f"{SYSTEM} doesn't go on with its {table_of(place.object).set} ({refused.verdict.code})"
            ) from None

    def _question(self, place: Place) -> str:
        table, since = table_of(place.object), place.since
        where = ""
        if place.part is Part.CHANGES:
            if since is None:
                raise Bug(f"an incremental read of {SYSTEM} without a watermark")
            where = odata.changed(since - timedelta(seconds=self.env.settings.overlap_s))
        return odata.listing(self.env.settings.data, table.set, self.select(place), where)

    def _asked(self, place: Place, path: str) -> Rows:
        track = place.by is By.TRACKING and place.part is Part.LISTING
        prefer = odata.prefer(self.env.settings.page_size, track=track, annotated=annotated(place.columns))
        return self.env.page(place.object, path, place.part.value, prefer)

    def _beyond(self, place: Place, answer: Rows) -> Place:
        place = replace(place, began_at=place.began_at or answer.asked_at or self.env.now())
        if answer.more is not None:
            return replace(place, link=answer.more)
        place = place.finished(answer.changes if place.by is By.TRACKING else None)
        self._note(place)
        return place

    def _page(self, told: Place, then: Place, answer: Rows) -> Page:
        gone = [row for row in answer.rows if wire.is_deleted(row) or wire.is_merged(row)]
        full = told.part is Part.LISTING
        survivors = (
            merges.direct(told.object, answer.rows) if full else merges.survivors(self.env, told.object, answer.rows)
        )
        key = table_of(told.object).key
        living = (row for row in answer.rows if not wire.is_deleted(row) and not wire.is_merged(row))
        opt_out = self.env.settings.opt_out_field
        return Page(
            tuple(wire.record_of(told.object, row, told.columns, opt_out) for row in living),
            tuple(wire.deletion_of(told.object, row, survivors.get(str(row.get(key)))) for row in gone),
            then.cursor(),
            full=full,
            last=answer.more is None,
        )

    def _page_or_refusal(self, object: str, path: str, label: str, prefer: dict[str, str]) -> Rows:
        try:
            return self.env.page(object, path, label, prefer)
        except CallRefused as refused:
            raise self.env.refused(object, refused) from None

    def _note(self, place: Place) -> None:
        """Whether deletions of this object can be told."""
        if place.object != USER and place.by is By.STAMP:
            self.env.polled.add(place.object)
        else:
            self.env.polled.discard(place.object)

    def _marks(self, object: str) -> tuple[str, ...]:
        """The column that the connection names, which a `Record` tells beside the others."""
        named = self.env.settings.opt_out_field if object in PEOPLE else None
        return () if named is None else (named,)

    def select(self, place: Place) -> tuple[str, ...]:
        """Every property of its queries."""
        marks: tuple[Column, ...] = place.columns
        return sources(place.object, marks, self._marks(place.object))

    def _wanted(self, object: str, by: FetchBy, keys: Iterable[str]) -> tuple[str, list[str]]:
        """The column, and each literal once. Ids that can't be one have no record, and aren't asked for."""
        table = table_of(object)
        if by is FetchBy.ID:
            return table.key, sorted({id for key in keys if (id := wire.id_of(key)) is not None})
        if by is FetchBy.EXTERNAL_ID and object in PEOPLE:
            return table.key, sorted({wire.new_id(object, key) for key in keys if key})
        if by is FetchBy.EMAIL and table.email is not None:
            return table.email, _texts(key.strip() for key in keys)
        if by is FetchBy.NAME and object == ACCOUNT:
            return "name", _texts(text for key in keys for text in (key.strip(), " ".join(key.split())))
        raise Bug(f"{SYSTEM}: a {object} can't be fetched by {by}")


def _texts(keys: Iterable[str]) -> list[str]:
    """As literals, each once: Dataverse compares without case."""
    return [odata.quoted(key) for key in sorted({key.casefold(): key for key in keys if key}.values())]
