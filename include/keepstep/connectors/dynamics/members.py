"""A static marketing list as the audience of a read.

Two calls tell who is on it (5000 members a call); nothing changed: the usual call besides. Its members are read by the
list's own association, 5000 a call, and later changes by `modifiedon`: a delta link costs a listing of the whole table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import Cursor, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.connectors.calls import CallRefused
from keepstep.connectors.dynamics import odata, wire
from keepstep.connectors.dynamics.cursor import By, Part, Place
from keepstep.connectors.dynamics.environment import SYSTEM, Environment
from keepstep.connectors.dynamics.fields import CONTACT, LEAD
from keepstep.connectors.dynamics.reader import Reader
from keepstep.connectors.membership import Membership, taken_apart
from keepstep.core.errors import Bug, SettingsError, Unavailable
from keepstep.core.model import Record

# `createdfromcode` of a list, and the association that leads to its members.
_KINDS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {CONTACT: (2, "listcontact_association"), LEAD: (4, "listlead_association")}
)
_LIST: Final = ("listid", "listname", "type", "createdfromcode")
_READABLE: Final = "let the security role of the application user read marketing lists and their members"


@dataclass(frozen=True, slots=True)
class ListReader:
    """Pages and read-backs of people, each with whether they are on the list that the query names."""

    env: Environment
    reader: Reader

    def pages(self, query: ReadQuery, cursor: Cursor | None) -> Iterator[Page]:
        """The members, or what changed since the cursor.

        Raises SettingsError where the list can't be read, and CursorExpired where others are on it than before. Merges
        are told first: the listing that follows doesn't name whoever was merged into somebody else.
        """
        everybody, members = replace(query, audience=None), self._members(query)
        if cursor is None:
            yield from self._listing(everybody, members)
            return
        mark, inner = taken_apart(cursor, members.audience)
        if mark != members.mark:
            yield from self._merges(everybody, inner)
            raise CursorExpired
        for page in self.reader.pages(everybody, inner):
            yield members.page(page)

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """As `Reader.fetch`, after the question who is on the list; by other keys than ids its members only."""
        wanted = list(keys)
        if not wanted:
            return
        members = self._members(query)
        for record in self.reader.fetch(replace(query, audience=None), by, wanted):
            told = members.told(record)
            if told.audiences or by is FetchBy.ID:
                yield told

    def _listing(self, query: ReadQuery, members: Membership) -> Iterator[Page]:
        place = replace(self.reader.start(query), by=By.STAMP)
        _, association = _KINDS[query.object]
        path = f"lists({members.list_id})/{association}"
        place = replace(place, link=odata.listing(self.env.settings.data, path, self.reader.select(place)))
        try:
            for page in self.reader.walk(place):
                yield members.page(page)
        except CursorExpired:  # the first page was refused
            raise SettingsError(
                f"{SYSTEM} doesn't tell the members of the marketing list {members.audience!r}: {_READABLE}, and check "
                "that every column of the sync's file exists there"
            ) from None

    def _merges(self, query: ReadQuery, inner: Cursor) -> Iterator[Page]:
        if Place.of(inner, query, self.env.settings.data).part is Part.LISTING:
            return
        for page in self.reader.pages(query, inner):
            if page.deletions:
                yield Page((), page.deletions)

    def _members(self, query: ReadQuery) -> Membership:
        if query.audience is None or query.object not in _KINDS:
            raise Bug(f"{SYSTEM}: a {query.object} is on no marketing list")
        list_id = self._list(query.object, query.audience)
        where = f"_listid_value eq {list_id}"
        rows = self._rows("listmembers", "listmemberid", ("listmemberid", "_entityid_value"), where)
        return Membership(query.audience, list_id, frozenset(str(row.get("_entityid_value")).lower() for row in rows))

    def _list(self, object: str, name: str) -> str:
        """The id of the list. Raises SettingsError where there is none of that name, or not one that can be read."""
        found = list(self._rows("lists", "listid", _LIST, f"listname eq {odata.quoted(name)}"))
        if not found:
            raise SettingsError(
                f"{SYSTEM} has no marketing list {name!r}: make it there, or correct its name in the sync's file; if "
                f"it is there, {_READABLE}"
            )
        if len(found) > 1:
            raise SettingsError(f"{SYSTEM} has {len(found)} marketing lists {name!r}: rename all but one of them there")
        [row] = found
        code, _ = _KINDS[object]
        if row.get("createdfromcode") != code:
            raise SettingsError(
                f"{SYSTEM}: the marketing list {name!r} holds no {object}s: name another list in the sync's file, or "
                "another audience"
            )
        if row.get("type") is True:
            raise SettingsError(
                f"{SYSTEM}: the marketing list {name!r} is dynamic, and only static ones can be read: copy it to a "
                "static list there, and name that one in the sync's file"
            )
        id = wire.id_of(str(row["listid"]))
        if id is None:
            raise Unavailable(f"{SYSTEM}'s answer to the query of lists holds no id")
        return id

    def _rows(self, set: str, key: str, select: Sequence[str], where: str) -> Iterator[wire.Row]:
        more: str | None = odata.listing(self.env.settings.data, set, select, where)
        while more is not None:
            asked = more
            try:
                answer = self.env.rows(set, key, asked, "of a list", odata.prefer(self.env.settings.page_size))
            except CallRefused as refused:
                raise SettingsError(
                    f"{SYSTEM} refuses the query of {set} ({refused.verdict.code}): {_READABLE}"
                ) from None
            yield from answer.rows
            more = answer.more
            if more == asked:
                raise Unavailable(f"{SYSTEM} repeats a page of {set} instead of going on")
