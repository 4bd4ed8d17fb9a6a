"""Where a read stands, as it is stored between two runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from keepstep.connectors.base import Cursor, CursorExpired, Json, ReadQuery

_VERSION = 1


class Part(StrEnum):
    """What the next page holds."""

    LISTING = "listing"
    CHANGES = "changes"
    PEOPLE = "people"  # of a list: members whose prospect changed, while the membership did not


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a read."""

    object: str
    part: Part
    fields: tuple[str, ...]
    list_id: str = ""
    since: datetime | None = None  # aware, UTC; None in a listing
    began_at: datetime | None = None  # by the server's clock, when this pass began: the next pass's `since`
    after: int = 0  # the last id told

    def finished(self) -> Place:
        """The watermark for the next incremental read."""
        return replace(self, part=Part.CHANGES, since=self.began_at, began_at=None, after=0)

    def cursor(self) -> Cursor:
        """As JSON."""
        fields: list[Json] = list(self.fields)
        return {
            "version": _VERSION,
            "object": self.object,
            "part": self.part.value,
            "fields": fields,
            "list": self.list_id,
            "since": self.since.isoformat() if self.since else None,
            "began_at": self.began_at.isoformat() if self.began_at else None,
            "after": self.after,
        }

    @classmethod
    def of(cls, query: ReadQuery, cursor: Cursor | None) -> Place:
        """Where to go on.

        Raises CursorExpired for what another version wrote or another query asked: a field that wasn't read before is
        in no increment.
        """
        if cursor is None:
            return cls(query.object, Part.LISTING, query.fields, query.list_id or "", query.since)
        try:
            fields = cursor["fields"]
            told = {str(name) for name in fields} if isinstance(fields, list) else set()
            named = (cursor["version"], cursor["object"], cursor["list"])
            if named != (_VERSION, query.object, query.list_id or "") or not set(query.fields) <= told:
                raise CursorExpired
            return cls(
                query.object,
                Part(str(cursor["part"])),
                query.fields,
                query.list_id or "",
                _moment(cursor["since"]),
                _moment(cursor["began_at"]),
                int(str(cursor["after"])),
            )
        except (KeyError, ValueError):
            raise CursorExpired from None


def _moment(value: Json) -> datetime | None:
    return None if value is None else datetime.fromisoformat(str(value))
