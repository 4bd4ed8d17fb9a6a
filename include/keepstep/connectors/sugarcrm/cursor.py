"""Where a read stands, as it is stored between two runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from keepstep.connectors import kept
from keepstep.connectors.base import Cursor, CursorExpired, Json, ReadQuery
from keepstep.connectors.sugarcrm.fields import Column, is_name
from keepstep.core.model import FieldType

_VERSION = 1


class Part(StrEnum):
    """What the next page holds."""

    LISTING = "listing"  # everybody
    CHANGES = "changes"  # who was saved since, or deleted where that is told
    ADDRESSES = "addresses"  # whose address was opted out, or in again, since


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a read. The fields' types are kept too, so that a quiet run needn't ask for them."""

    api: str
    object: str
    part: Part
    columns: tuple[Column, ...]
    since: datetime | None = None  # aware, UTC; changes before it are known; None in a listing
    began_at: datetime | None = None  # by the server's clock, when this pass began: the next pass's `since`
    after: str = ""  # the last id told; of an address in that part

    def finished(self) -> Place:
        """The watermark for the next incremental read."""
        return replace(self, part=Part.CHANGES, since=self.began_at, began_at=None, after="")

    def cursor(self) -> Cursor:
        """As JSON."""
        columns: list[Json] = [[c.name, c.source, c.type.value] for c in self.columns]
        return {
            "version": _VERSION,
            "api": self.api,
            "object": self.object,
            "part": self.part.value,
            "columns": columns,
            "since": kept.text(self.since),
            "began_at": kept.text(self.began_at),
            "after": self.after,
        }

    @classmethod
    def of(cls, cursor: Cursor, query: ReadQuery, api: str) -> Place:
        """The place of a cursor.

        Raises CursorExpired for one that another version, connector or protocol wrote, or that belongs to another
        object: v4_1 announces deletions, and v11 doesn't.
        """
        try:
            if (cursor["version"], cursor["api"], cursor["object"]) != (_VERSION, api, query.object):
                raise CursorExpired
            return cls(
                api=api,
                object=query.object,
                part=Part(str(cursor["part"])),
                columns=tuple(_column(c) for c in kept.items(cursor["columns"])),
                since=kept.moment(cursor["since"]),
                began_at=kept.moment(cursor["began_at"]),
                after=str(cursor["after"]),
            )
        except (KeyError, ValueError):
            raise CursorExpired from None


def _column(value: Json) -> Column:
    name, source, kind = kept.items(value)
    if not is_name(str(source)):
        raise ValueError("not a field's name")
    return Column(str(name), str(source), FieldType(str(kind)))
