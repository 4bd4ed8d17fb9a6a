"""Full listings: by queries, and beyond the first page by a Bulk job where the org has many records."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from keepstep.connectors.base import Page
from keepstep.connectors.salesforce import export, soql, wire
from keepstep.connectors.salesforce.cursor import Part, Place
from keepstep.connectors.salesforce.org import Org, Rows
from keepstep.connectors.salesforce.settings import MIN_PAGE
from keepstep.connectors.salesforce.soql import Soql
from keepstep.core.errors import Unavailable


def pages(org: Org, place: Place, fields: Sequence[str]) -> Iterator[Page]:
    """From that place to the end. The watermark is the server's clock before the first page was asked for."""
    if place.part is Part.LISTING:
        place = yield from _queries(org, place, fields)
    if place.part is Part.EXPORT:
        yield from _export(org, place, fields)


def beyond(answer: Rows, place: Place) -> Sequence[wire.Row]:
    """The rows after the last one told. Raises Unavailable where a page repeats instead of going on."""
    rows = [row for row in answer.rows if row["Id"] != place.after]
    if answer.rows and answer.rows[-1]["Id"] == place.after:
        raise Unavailable("Salesforce repeats a page of a query instead of going on")
    return rows


def more_follow(answer: Rows, limit: int | None) -> bool:
    """Whether the page may not be the last: wide rows make the server give fewer than the limit."""
    return answer.more is not None or (limit is not None and len(answer.rows) >= limit)


def _queries(org: Org, place: Place, fields: Sequence[str]) -> Generator[Page, None, Place]:
    size = org.settings.page_size
    # Without a limit, the first page's total says whether a job is worth it.
    limit = None if not place.after and size >= MIN_PAGE else size
    while True:
        answer, limit = org.page(_question(place, fields), limit)
        rows = beyond(answer, place)
        records = tuple(wire.record_of(place.object, row, place.columns, org.settings) for row in rows)
        began_at = place.began_at or answer.asked_at or org.now()
        place = replace(place, began_at=began_at, after=str(rows[-1]["Id"]) if rows else place.after)
        if not more_follow(answer, limit):
            place = place.finished()
            yield Page(records, cursor=place.cursor(), full=True, last=True)
            return place
        if limit is None and answer.total > org.settings.bulk_read_from:
            place = replace(place, part=Part.EXPORT)
        yield Page(records, cursor=place.cursor(), full=True)
        if place.part is Part.EXPORT:
            return place
        limit = limit or size


def _question(place: Place, fields: Sequence[str]) -> soql.Asking:
    def question(limit: int | None) -> Soql:
        return soql.listing(place.object, fields, place.after, limit)

    return question


def _export(org: Org, place: Place, fields: Sequence[str]) -> Iterator[Page]:
    job, fresh = place.job, place.job is None
    if job is None:
        job = export.begin(org, soql.export(place.object, fields, place.after))
        place = replace(place, job=job)
        yield Page((), cursor=place.cursor(), full=True)  # so that a run that is killed while it waits goes on with it
    for told in export.rows(org, job, fields, fresh=fresh):
        place = replace(place, job=told.then)
        done = told.then is None
        yield Page(
            tuple(wire.record_of(place.object, row, place.columns, org.settings) for row in told.rows),
            cursor=(place.finished() if done else place).cursor(),
            full=True,
            last=done,
        )
