"""What changed since a watermark: saved, deleted and merged records by one query; the rest by the deletion log.

The query sees the recycle bin, so a deletion is told by the next read. What went past the bin (hard deletions, an
emptied bin) is told by the log alone, which is asked every `log_every_s` at the most: a quiet run costs one call.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from keepstep.connectors.base import CursorExpired, Page
from keepstep.connectors.salesforce import soql, wire
from keepstep.connectors.salesforce.cursor import Part, Place
from keepstep.connectors.salesforce.fields import USER
from keepstep.connectors.salesforce.listing import beyond, more_follow
from keepstep.connectors.salesforce.merges import Fates
from keepstep.connectors.salesforce.org import Org
from keepstep.connectors.salesforce.soql import Soql
from keepstep.core.errors import Bug
from keepstep.core.model import Record

LOG_REACH: Final = timedelta(days=15)  # neither the bin nor the log remembers longer
_LOG_STEP: Final = timedelta(minutes=1)  # the log's bounds are rounded down to it


def pages(org: Org, place: Place, fields: Sequence[str]) -> Iterator[Page]:
    """From that place to the end. Raises CursorExpired where deletions may have been forgotten meanwhile."""
    fates = Fates(org, place.object)
    if place.part is Part.CHANGES:
        place = yield from _changes(org, place, fields, fates)
    if place.part is Part.LOG:
        yield from _log(org, place, fates)


def _changes(org: Org, place: Place, fields: Sequence[str], fates: Fates) -> Generator[Page, None, Place]:
    limit: int | None = org.settings.page_size
    more = True
    while more:
        answer, limit = org.page(_question(org, place, fields), limit)
        rows, more = beyond(answer, place), more_follow(answer, limit)
        began_at = place.began_at or answer.asked_at or org.now()
        _refuse_if_too_old(place, began_at)
        place = replace(place, began_at=began_at, after=str(rows[-1]["Id"]) if rows else place.after)
        last = not more and not _log_is_due(org, place, began_at)
        if not more:
            place = place.finished() if last else replace(place, part=Part.LOG, after="")
        yield Page(_records(org, place, rows), fates.of_rows(rows), place.cursor(), last=last)
    return place


def _question(org: Org, place: Place, fields: Sequence[str]) -> soql.Asking:
    if place.since is None:
        raise Bug("an incremental read of Salesforce without a watermark")
    since = place.since - timedelta(seconds=org.settings.overlap_s)

    def question(limit: int | None) -> Soql:
        size = limit or org.settings.page_size
        return soql.changes(place.object, fields, since, place.after, size, every=place.object != USER)

    return question


def _records(org: Org, place: Place, rows: Sequence[wire.Row]) -> tuple[Record, ...]:
    living = (row for row in rows if not wire.is_deleted(row))
    return tuple(wire.record_of(place.object, row, place.columns, org.settings) for row in living)


def _log(org: Org, place: Place, fates: Fates) -> Iterator[Page]:
    through, end = place.log_through, place.began_at
    if through is None or end is None:
        raise Bug("a read of Salesforce's deletion log without bounds")
    start = through - timedelta(seconds=org.settings.overlap_s) - _LOG_STEP
    log = org.log(place.object, start, end)
    if log.earliest is not None and log.earliest > through:
        raise CursorExpired  # what was deleted between the two is forgotten
    deletions = fates.of_log(log)
    done = place.finished(min(log.covered or end, end))
    size = org.settings.page_size
    for n in range(0, max(len(deletions), 1), size):
        last = n + size >= len(deletions)
        # Before the last page the cursor stays where it is: the log is read from its start again.
        yield Page((), deletions[n : n + size], (done if last else place).cursor(), last=last)


def _log_is_due(org: Org, place: Place, began_at: datetime) -> bool:
    if place.object == USER or place.log_through is None:  # users can't be deleted
        return False
    return began_at - place.log_through >= timedelta(seconds=org.settings.log_every_s)


def _refuse_if_too_old(place: Place, began_at: datetime) -> None:
    if place.object != USER and place.log_through is not None and began_at - place.log_through > LOG_REACH:
        raise CursorExpired
