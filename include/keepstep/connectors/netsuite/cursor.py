"""Where a read stands, as it is stored between two runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from keepstep.connectors import kept
from keepstep.connectors.base import Cursor, CursorExpired, Json, ReadQuery
from keepstep.connectors.netsuite.fields import USER, Column, is_name
from keepstep.connectors.netsuite.zone import AccountZone
from keepstep.core.model import FieldType

_VERSION = 1


class Part(StrEnum):
    """What the next page holds."""

    LISTING = "listing"  # everybody in the audience
    CHANGES = "changes"  # whoever was saved since
    DELETIONS = "deletions"  # what was deleted since


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a read. The fields' columns and the zone are kept too, so that a quiet run needn't ask for them."""

    object: str
    audience: str | None
    part: Part
    columns: tuple[Column, ...]
    zone: AccountZone
    zone_found_at: datetime
    since: datetime | None = None  # aware, UTC; changes before it are known; None in a listing
    began_at: datetime | None = None  # by the server's clock, when this pass began: the next pass's `since`
    after: int = 0  # the last id told

    def finished(self, now: datetime) -> Place:
        """The watermark for the next incremental read; users, who are few, are listed anew each time."""
        again = Part.LISTING if self.object == USER else Part.CHANGES
        return replace(self, part=again, since=self.began_at or now, began_at=None, after=0)

    def cursor(self) -> Cursor:
        """As JSON."""
        columns: list[Json] = [[c.name, c.source, c.type.value] for c in self.columns]
        return {
            "version": _VERSION,
            "object": self.object,
            "audience": self.audience,
            "part": self.part.value,
            "columns": columns,
            "zone": self.zone.name,
            "offset_s": int(self.zone.offset.total_seconds()),
            "zone_found_at": self.zone_found_at.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "began_at": self.began_at.isoformat() if self.began_at else None,
            "after": self.after,
        }

    @classmethod
    def of(cls, cursor: Cursor, query: ReadQuery, zone_name: str | None) -> Place:
        """The place of a cursor.

        Raises CursorExpired for one that another version or connector wrote, or that belongs to another object or
        audience, or was made for another zone: its watermark may have been off by hours.
        """
        try:
            asked = (_VERSION, query.object, query.audience)
            if (cursor["version"], cursor["object"], cursor["audience"]) != asked:
                raise CursorExpired
            if cursor["zone"] not in (None, zone_name):
                raise CursorExpired
            return cls(
                object=query.object,
                audience=query.audience,
                part=Part(str(cursor["part"])),
                columns=tuple(_column(c) for c in kept.items(cursor["columns"])),
                zone=AccountZone(timedelta(seconds=int(str(cursor["offset_s"]))), zone_name),
                zone_found_at=datetime.fromisoformat(str(cursor["zone_found_at"])),
                since=kept.moment(cursor["since"]),
                began_at=kept.moment(cursor["began_at"]),
                after=int(str(cursor["after"])),
            )
        except (KeyError, ValueError):
            raise CursorExpired from None


def _column(value: Json) -> Column:
    name, source, kind = kept.items(value)
    if not is_name(str(source)):
        raise ValueError("not a field's name")
    return Column(str(name), str(source), FieldType(str(kind)))
