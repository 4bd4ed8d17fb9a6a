"""Who is on a marketing list of the CRM: told with each record, and kept in the cursor as a hash.

Putting somebody on a list, or taking them off, moves no record's date. So every read asks anew who is on it; where that
is somebody else than the cursor knows, everything is read again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final

from keepstep.connectors.base import Cursor, CursorExpired, Page
from keepstep.core.model import Record

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Membership:
    """The members of a list at one moment."""

    audience: str  # the list's name, as the query has it
    list_id: str
    ids: frozenset[str]

    @property
    def mark(self) -> str:
        """The same for the same members of the same list."""
        return hashlib.sha256("\n".join((self.list_id, *sorted(self.ids))).encode()).hexdigest()

    def told(self, record: Record) -> Record:
        """The record with its `audiences`."""
        here = frozenset({self.audience}) if record.id in self.ids else frozenset[str]()
        return replace(record, audiences=here)

    def page(self, page: Page) -> Page:
        """The page of a read that knows no list; a listing names members only."""
        records = (self.told(record) for record in page.records if not page.full or record.id in self.ids)
        cursor: Cursor | None = None
        if page.cursor is not None:
            cursor = {
                "version": _VERSION,
                "audience": self.audience,
                "members": self.mark,
                "read": dict(page.cursor),
            }
        return replace(page, records=tuple(records), cursor=cursor)


def taken_apart(cursor: Cursor, audience: str) -> tuple[str, Cursor]:
    """The members' mark, and the cursor of the read that knows no list. Raises CursorExpired for another audience's."""
    mark, inner = cursor.get("members"), cursor.get("read")
    if (cursor.get("version"), cursor.get("audience")) != (_VERSION, audience):
        raise CursorExpired
    if not isinstance(mark, str) or not isinstance(inner, dict):
        raise CursorExpired
    return mark, inner
