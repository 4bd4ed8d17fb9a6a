"""A target list as the audience of a read, by either protocol.

Two questions tell who is on it: the list by its name, and the ids of its members (v11: a thousand a call; v4_1: all in
one). Nothing changed: the usual calls besides. A listing reads the members by their ids, a page of them a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from keepstep.connectors.base import Cursor, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.connectors.calls import CallRefused
from keepstep.connectors.membership import Membership, taken_apart
from keepstep.connectors.sugarcrm import errors, wire
from keepstep.connectors.sugarcrm.cursor import Part, Place
from keepstep.connectors.sugarcrm.fields import LIST, PEOPLE, TOLD, Column, sources
from keepstep.connectors.sugarcrm.protocol import Ask, Members, Speaker, unreadable
from keepstep.connectors.sugarcrm.reader import Reader
from keepstep.connectors.sugarcrm.settings import MAX_PAGE
from keepstep.core.errors import Bug, SettingsError
from keepstep.core.model import Record

_SUPPRESSION: Final = "exempt"  # of people, addresses or domains: list types that begin like this
_COLUMNS: Final = tuple(Column(name, name) for name in TOLD[LIST])


@dataclass(frozen=True, slots=True)
class ListReader:
    """Pages and read-backs of people, each with whether they are on the list that the query names."""

    speaker: Speaker
    reader: Reader

    def pages(self, query: ReadQuery, cursor: Cursor | None) -> Iterator[Page]:
        """The members, or what changed since the cursor.

        Raises SettingsError where the list can't be found, and CursorExpired where others are on it than before.
        """
        everybody, (membership, told) = replace(query, audience=None), self._members(query)
        if cursor is None:
            place = replace(self.reader.start(everybody), began_at=told.asked_at or self.reader.now())
            yield from self._listing(place, membership)
            return
        mark, inner = taken_apart(cursor, membership.audience)
        if mark != membership.mark:
            raise CursorExpired
        place = Place.of(inner, everybody, self.reader.settings.api)
        if place.part is Part.LISTING:
            yield from self._listing(place, membership)
            return
        for page in self.reader.pages(everybody, inner):
            yield membership.page(page)

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """As `Reader.fetch`, after the question who is on the list; by other keys than ids its members only."""
        wanted = list(keys)
        if not wanted:
            return
        membership, _ = self._members(query)
        for record in self.reader.fetch(replace(query, audience=None), by, wanted):
            told = membership.told(record)
            if told.audiences or by is FetchBy.ID:
                yield told

    def _listing(self, place: Place, membership: Membership) -> Iterator[Page]:
        settings, ids = self.reader.settings, sorted(id for id in membership.ids if id > place.after)
        more = True
        while more:
            here, ids = tuple(ids[: settings.page_size]), ids[settings.page_size :]
            more = bool(ids)
            records = tuple(
                wire.record_of(place.object, row, place.columns, unknown=settings.unknown)
                for row in self._rows(place, here)
            )
            place = replace(place, after=here[-1]) if more else place.finished()
            yield membership.page(Page(records, (), place.cursor(), full=True, last=not more))

    def _rows(self, place: Place, ids: tuple[str, ...]) -> Iterator[wire.Row]:
        """In one call: room for a row more than there can be tells v4_1 that no page follows."""
        limit = min(len(ids) + 1, MAX_PAGE)
        ask = Ask(place.object, sources(place.object, place.columns), limit, by=FetchBy.ID, keys=ids)
        return self.reader.rows(ask) if ids else iter(())

    def _members(self, query: ReadQuery) -> tuple[Membership, Members]:
        if query.audience is None or query.object not in PEOPLE:
            raise Bug(f"SugarCRM: a {query.object} is on no target list")
        list_id = self._list(query.audience)
        try:
            told = self.speaker.members(list_id, query.object)
        except CallRefused as refused:
            if refused.verdict.code == errors.NOT_FOUND:
                raise _none(query.audience) from None
            raise unreadable(LIST, refused) from None
        return Membership(query.audience, list_id, told.ids), told

    def _list(self, name: str) -> str:
        """The id of the list. Raises SettingsError where there is none of that name, or more than one."""
        found = [row for row in self.reader.found(LIST, _COLUMNS, FetchBy.NAME, (name.strip(),)) if _named(row, name)]
        if not found:
            raise _none(name)
        if len(found) > 1:
            raise SettingsError(f"SugarCRM has {len(found)} target lists {name!r}: rename all but one of them there")
        if str(found[0].get("list_type") or "").startswith(_SUPPRESSION):
            raise SettingsError(
                f"SugarCRM: the target list {name!r} is a suppression list, of people who are not to be mailed: name "
                "another one in the sync's file"
            )
        return str(found[0]["id"])


def _named(row: wire.Row, name: str) -> bool:
    return str(row.get("name")).strip().casefold() == name.strip().casefold()


def _none(name: str) -> SettingsError:
    return SettingsError(
        f"SugarCRM has no target list {name!r}: make it there, or correct its name in the sync's file; if it is there, "
        "give the user of this connection access to it"
    )
