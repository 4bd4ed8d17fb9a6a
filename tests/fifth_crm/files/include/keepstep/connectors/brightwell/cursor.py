"""Where a read stands, as it is stored between two runs. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from keepstep.connectors.base import Cursor, CursorExpired, ReadQuery

_VERSION = 1


class Part(StrEnum):
    """What the next page holds."""

    LISTING = "listing"  # everybody
    CHANGES = "changes"  # who was saved since
    DELETIONS = "deletions"  # who was deleted or merged since


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a read."""

    object: str
    fields: tuple[str, ...]  # that records tell; none: all there are
    part: Part = Part.LISTING
    since: datetime | None = None  # aware, UTC; changes before it are known; None in a listing
    began_at: datetime | None = None  # by the server's clock, when this pass began: the next pass's `since`
    after: str = ""  # the last id told

    @property
    def ends(self) -> bool:
        """Whether nothing of the pass follows this part."""
        return self.part is not Part.CHANGES or self.object == "user"  # users can't be deleted

    def next(self) -> Place:
        """Where this part's last page leads: to the deletions, or to the next incremental read."""
        if not self.ends:
            return replace(self, part=Part.DELETIONS, after="")
        return replace(self, part=Part.CHANGES, since=self.began_at, began_at=None, after="")

    def cursor(self) -> Cursor:
        """As JSON."""
        return {
            "version": _VERSION,
            "object": self.object,
            "fields": list(self.fields),
            "part": self.part.value,
            "since": None if self.since is None else self.since.isoformat(),
            "began_at": None if self.began_at is None else self.began_at.isoformat(),
            "after": self.after,
        }

    @classmethod
    def of(cls, cursor: Cursor, query: ReadQuery) -> Place:
        """The place of a cursor.

        Raises CursorExpired for one that another version or connector wrote, or where the query names a field that
        wasn't told before: it is in no increment.
        """
        try:
            told = cursor["fields"]
            fields = tuple(map(str, told)) if isinstance(told, list) else ()
            if (cursor["version"], cursor["object"]) != (_VERSION, query.object):
                raise CursorExpired
            if fields and not set(query.fields or ("",)) <= set(fields):
                raise CursorExpired
            return cls(
                object=query.object,
                fields=query.fields,
                part=Part(str(cursor["part"])),
                since=_moment(cursor["since"]),
                began_at=_moment(cursor["began_at"]),
                after=str(cursor["after"]),
            )
        except (KeyError, ValueError):
            raise CursorExpired from None


def _moment(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(str(value))
