"""Where a read stands, as it is stored between two runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from keepstep.connectors import kept
from keepstep.connectors.base import Cursor, CursorExpired, Json, ReadQuery
from keepstep.connectors.salesforce.fields import Column, is_name
from keepstep.core.model import FieldType

_VERSION = 1


class Part(StrEnum):
    """What the next page holds."""

    LISTING = "listing"  # everybody, by queries
    EXPORT = "export"  # everybody beyond `after`, by a Bulk job
    CHANGES = "changes"  # who was saved, deleted or merged since
    LOG = "log"  # what went past the recycle bin since


@dataclass(frozen=True, slots=True)
class Job:
    """A Bulk query, and how much of its result was told."""

    id: str
    locator: str = ""  # of the present page of the result; "": the first
    row: int = 0  # rows of that page that were told


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a read. The fields' types are kept too, so that a quiet run needn't ask for them."""

    object: str
    part: Part
    columns: tuple[Column, ...]
    marks: tuple[str, ...] = ()  # the fields that told opt-outs and external ids
    since: datetime | None = None  # aware, UTC; changes before it are known; None in a listing
    log_through: datetime | None = None  # deletions before it are known from the log
    began_at: datetime | None = None  # by the server's clock, when this pass began: the next pass's `since`
    after: str = ""  # the last id told
    job: Job | None = None

    def finished(self, log_through: datetime | None = None) -> Place:
        """The watermark for the next incremental read."""
        through = log_through or self.log_through or self.began_at
        return replace(
            self, part=Part.CHANGES, since=self.began_at, log_through=through, began_at=None, after="", job=None
        )

    def cursor(self) -> Cursor:
        """As JSON."""
        columns: list[Json] = [[c.name, c.source, c.type.value] for c in self.columns]
        job: list[Json] | None = None if self.job is None else [self.job.id, self.job.locator, self.job.row]
        return {
            "version": _VERSION,
            "object": self.object,
            "part": self.part.value,
            "columns": columns,
            "marks": list(self.marks),
            "since": kept.text(self.since),
            "log_through": kept.text(self.log_through),
            "began_at": kept.text(self.began_at),
            "after": self.after,
            "job": job,
        }

    @classmethod
    def of(cls, cursor: Cursor, query: ReadQuery) -> Place:
        """The place of a cursor.

        Raises CursorExpired for one that another version or connector wrote, or that belongs to another object.
        """
        try:
            if (cursor["version"], cursor["object"]) != (_VERSION, query.object):
                raise CursorExpired
            return cls(
                object=query.object,
                part=Part(str(cursor["part"])),
                columns=tuple(_column(c) for c in kept.items(cursor["columns"])),
                marks=tuple(str(name) for name in kept.items(cursor["marks"])),
                since=kept.moment(cursor["since"]),
                log_through=kept.moment(cursor["log_through"]),
                began_at=kept.moment(cursor["began_at"]),
                after=str(cursor["after"]),
                job=_job(cursor["job"]),
            )
        except (KeyError, ValueError):
            raise CursorExpired from None


def _column(value: Json) -> Column:
    name, source, kind = kept.items(value)
    if not is_name(str(source)):
        raise ValueError("not a field's name")
    return Column(str(name), str(source), FieldType(str(kind)))


def _job(value: Json) -> Job | None:
    if value is None:
        return None
    id, locator, row = kept.items(value)
    return Job(str(id), str(locator), int(str(row)))
