"""Reads Salesforce: where a read begins, which fields it names, and read-backs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from keepstep.connectors.base import Cursor, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.connectors.salesforce import changes, listing, soql, wire
from keepstep.connectors.salesforce.cursor import Part, Place
from keepstep.connectors.salesforce.fields import ACCOUNT, PEOPLE, Column, columns_of, sources, type_of
from keepstep.connectors.salesforce.org import Org
from keepstep.core.errors import Bug, SettingsError
from keepstep.core.model import Record


@dataclass(frozen=True, slots=True)
class Reader:
    """Pages and read-backs of one org."""

    org: Org

    def pages(self, query: ReadQuery, cursor: Cursor | None) -> Iterator[Page]:
        """A listing, or what changed since the cursor."""
        type_of(query.object)
        if query.audience is not None:
            raise Bug("Salesforce: there are no audiences; who is on a list comes from the platform")
        place = self._start(query) if cursor is None else self._go_on(query, cursor)
        whole = place.part in (Part.LISTING, Part.EXPORT)
        fields = self._sources(query.object, place.columns)
        yield from (listing if whole else changes).pages(self.org, place, fields)

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """As few calls as the length of a URI allows: about 400 ids a call."""
        key = self._key(query.object, by)
        wanted = sorted(set(_spellings(by, keys)))
        if not wanted:
            return
        columns = columns_of(query.object, query.fields, self.org.catalog(query.object))
        for question in soql.lookups(query.object, self._sources(query.object, columns), key, wanted):
            for row in self.org.all(question):
                yield wire.record_of(query.object, row, columns, self.org.settings)

    def _start(self, query: ReadQuery) -> Place:
        catalog = self.org.catalog(query.object)
        told = self._marks(query.object)
        missing = [name for name in told if name.lower() not in {known.lower() for known in catalog}]
        if missing:
            raise SettingsError(
                f"Salesforce: {type_of(query.object)} has no field {missing[0]}, or the user of this connection may "
                "not see it (field-level security); without it opt-outs or external ids would be overlooked: show it, "
                "or name another one in the connection"
            )
        return Place(query.object, Part.LISTING, columns_of(query.object, query.fields, catalog), told)

    def _go_on(self, query: ReadQuery, cursor: Cursor) -> Place:
        """The stored place. A field that wasn't read before is in no increment: then everything is read again."""
        place = Place.of(cursor, query)
        told = {column.name: column for column in place.columns}
        if not set(query.fields) <= set(told) or place.marks != self._marks(query.object):
            raise CursorExpired
        if query.fields:
            place = replace(place, columns=tuple(told[name] for name in dict.fromkeys(query.fields)))
        return place

    def _marks(self, object: str) -> tuple[str, ...]:
        """The fields that the connection names, which a `Record` tells beside the others."""
        settings = self.org.settings
        named = (settings.opt_out_field, settings.external_id_field) if object in PEOPLE else ()
        return tuple(name for name in named if name is not None)

    def _sources(self, object: str, columns: Sequence[Column]) -> tuple[str, ...]:
        return sources(object, (*columns, *(Column(name, name) for name in self._marks(object))))

    def _key(self, object: str, by: FetchBy) -> str:
        type_of(object)
        keys = {FetchBy.ID: "Id"}
        if object != ACCOUNT:
            keys[FetchBy.EMAIL] = "Email"
        if object == ACCOUNT:
            keys[FetchBy.NAME] = "Name"
        if object in PEOPLE and self.org.settings.external_id_field is not None:
            keys[FetchBy.EXTERNAL_ID] = self.org.settings.external_id_field
        if by not in keys:
            raise Bug(f"Salesforce: a {object} can't be fetched by {by}")
        return keys[by]


def _spellings(by: FetchBy, keys: Iterable[str]) -> Iterator[str]:
    """What to ask for; SOQL compares without case. Ids that can't be one have no record, and aren't asked for."""
    for key in keys:
        if by is FetchBy.ID:
            id = wire.id_of(key)
            if id is not None:
                yield id
        elif key.strip():
            yield key.strip()
            if by is FetchBy.NAME:
                yield " ".join(key.split())
