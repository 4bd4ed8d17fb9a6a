"""Where a read stands, as it is stored between two runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from keepstep.connectors import kept
from keepstep.connectors.base import Cursor, CursorExpired, Json, ReadQuery
from keepstep.connectors.dynamics.fields import Column, Told, is_name
from keepstep.core.model import FieldType

_VERSION = 1


class Part(StrEnum):
    """What the next page holds."""

    LISTING = "listing"  # everybody
    CHANGES = "changes"  # what changed since


class By(StrEnum):
    """How changes are found."""

    TRACKING = "tracking"  # by the delta link, deletions too
    STAMP = "stamp"  # by `modifiedon`: no deletions


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a read. The columns are kept too, so that a quiet run needn't ask for them."""

    object: str
    part: Part
    by: By
    columns: tuple[Column, ...]
    marks: tuple[str, ...] = ()  # the column that told opt-outs
    link: str = ""  # as Dataverse gave it, without the host; "": the first page of a listing, or of changes by stamp
    since: datetime | None = None  # by stamp; aware, UTC; changes before it are known
    began_at: datetime | None = None  # by the server's clock, when this pass began: the next pass's `since`

    def finished(self, link: str | None) -> Place:
        """The watermark for the next incremental read. A listing that was given no delta link goes on by stamp."""
        done = replace(self, part=Part.CHANGES, began_at=None)
        if link is not None:
            return replace(done, link=link, since=None)
        return replace(done, by=By.STAMP, link="", since=self.began_at)

    def cursor(self) -> Cursor:
        """As JSON."""
        columns: list[Json] = [[c.name, c.source, c.type.value, c.told.value] for c in self.columns]
        return {
            "version": _VERSION,
            "object": self.object,
            "part": self.part.value,
            "by": self.by.value,
            "columns": columns,
            "marks": list(self.marks),
            "link": self.link,
            "since": kept.text(self.since),
            "began_at": kept.text(self.began_at),
        }

    @classmethod
    def of(cls, cursor: Cursor, query: ReadQuery, data: str) -> Place:
        """The place of a cursor; `data` is the path of the Web API.

        Raises CursorExpired for one that another version or connector wrote, or that belongs to another object or
        another version of the Web API.
        """
        try:
            if (cursor["version"], cursor["object"]) != (_VERSION, query.object):
                raise CursorExpired
            link = str(cursor["link"])
            if link and not link.startswith(f"{data}/"):
                raise CursorExpired
            return cls(
                object=query.object,
                part=Part(str(cursor["part"])),
                by=By(str(cursor["by"])),
                columns=tuple(_column(c) for c in kept.items(cursor["columns"])),
                marks=tuple(str(name) for name in kept.items(cursor["marks"])),
                link=link,
                since=kept.moment(cursor["since"]),
                began_at=kept.moment(cursor["began_at"]),
            )
        except (KeyError, ValueError):
            raise CursorExpired from None


def _column(value: Json) -> Column:
    name, source, kind, told = kept.items(value)
    if not is_name(str(source).lstrip("_")):
        raise ValueError("not a column's name")
    return Column(str(name), str(source), FieldType(str(kind)), Told(str(told)))
