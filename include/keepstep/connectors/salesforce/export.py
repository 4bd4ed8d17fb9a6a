"""Large listings by a Bulk query: its result is read page by page, and told in smaller ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from keepstep.connectors.base import CursorExpired
from keepstep.connectors.calls import CallRefused, Expects, Reply
from keepstep.connectors.salesforce import jobs, wire
from keepstep.connectors.salesforce.cursor import Job
from keepstep.connectors.salesforce.org import Org
from keepstep.connectors.salesforce.soql import Soql
from keepstep.core.errors import SettingsError, Unavailable

_KIND = "query"


@dataclass(frozen=True, slots=True)
class Told:
    """Some rows, and the place after them; None: these were the last."""

    rows: Sequence[wire.Row]
    then: Job | None


def begin(org: Org, query: Soql) -> Job:
    """A job for this query. Raises SettingsError where Salesforce refuses it."""
    try:
        return Job(jobs.make(org, _KIND, {"operation": "query", "query": query.text}))
    except CallRefused as refused:
        raise SettingsError(
            f"Salesforce refuses the Bulk query of {query.label} ({refused.verdict.code}): check that every field of "
            "the sync's file exists there, is no compound field, and can be seen by the user of this connection"
        ) from None


def rows(org: Org, job: Job, columns: Sequence[str], *, fresh: bool) -> Iterator[Told]:
    """What the job found, from that place on; `fresh`: it was made a moment ago, for this read.

    Raises CursorExpired where an earlier run's job is gone (results are kept for seven days) or failed, and Unavailable
    where it isn't ready yet: the same place can be gone on from later.
    """
    try:
        ended = jobs.wait(org, _KIND, job.id)
        if not ended.complete:
            raise _useless(ended.state, fresh=fresh)
        here: Job | None = job
        while here is not None:
            for told in _page(org, here, columns):
                yield told
                here = told.then
    except jobs.JobUnfinishedError:
        raise Unavailable("Salesforce's Bulk query isn't finished yet; the next run goes on with it") from None
    except CallRefused as refused:
        raise _useless(refused.verdict.code, fresh=fresh) from None


def _useless(code: str, *, fresh: bool) -> Exception:
    """An old job is made again; a new one that fails would only fail again."""
    return Unavailable(f"Salesforce's Bulk query ended as {code}") if fresh else CursorExpired()


def _page(org: Org, job: Job, columns: Sequence[str]) -> Iterator[Told]:
    params = {"maxRecords": str(org.settings.bulk_page_size)} | ({"locator": job.locator} if job.locator else {})
    reply = org.send(
        "GET",
        f"/jobs/{_KIND}/{job.id}/results",
        label=f"/jobs/{_KIND}/id/results",
        params=params,
        headers={"Accept": "text/csv"},
        expects=Expects.FILE,
    )
    with reply.file:  # whatever it says, and whoever leaves off in the middle
        yield from _chunks(org, job, reply, columns)


def _chunks(org: Org, job: Job, reply: Reply, columns: Sequence[str]) -> Iterator[Told]:
    beyond = reply.headers.get("Sforce-Locator")
    if beyond is None:  # taken for the end, it would make everybody beyond look deleted
        raise Unavailable("Salesforce's Bulk result doesn't say whether more follows")
    following = None if beyond == "null" else Job(job.id, beyond)
    size, left = org.settings.page_size, jobs.csv_rows(reply, columns)
    told = sum(1 for _ in islice(left, job.row))
    chunk = list(islice(left, size))
    while True:
        told += len(chunk)
        ahead = list(islice(left, size))
        if not ahead and str(told) != reply.headers.get("Sforce-NumberOfRecords", str(told)):
            raise Unavailable("Salesforce's Bulk result holds another number of rows than it says")
        yield Told(chunk, Job(job.id, job.locator, told) if ahead else following)
        if not ahead:
            return
        chunk = ahead
