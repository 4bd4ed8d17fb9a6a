"""Bulk API 2.0 jobs: made, waited for, and their CSV read row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.calls import CallRefused, Effect, Reply
from keepstep.connectors.salesforce.org import Org
from keepstep.core.errors import Unavailable

_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 15.0
_ENDED: Final = frozenset({"JobComplete", "Failed", "Aborted"})


class JobUnfinishedError(Exception):
    """It was waited for as long as the connection allows. Seen by this connector only."""


@dataclass(frozen=True, slots=True)
class JobState:
    """How a job stands."""

    state: str
    processed: int
    failed: int

    @property
    def complete(self) -> bool:
        """Whether all of it was gone through; rows may have failed all the same."""
        return self.state == "JobComplete"


def make(org: Org, kind: str, body: dict[str, Json]) -> str:
    """A new job's id. Raises CallRefused; a job that was made twice for a lost answer is empty, and harms nobody."""
    reply = org.send("POST", f"/jobs/{kind}", json=body, effect=Effect.READS)
    id = reply.json.get("id") if isinstance(reply.json, dict) else None
    if not isinstance(id, str) or not id.isalnum():
        raise Unavailable("Salesforce's answer to a new Bulk job holds no id")
    return id


def state_of(org: Org, kind: str, id: str) -> JobState:
    """How it stands now. Raises CallRefused where there is no such job."""
    reply = org.send("GET", f"/jobs/{kind}/{id}", label=f"/jobs/{kind}/id")
    body: Mapping[str, Json] = reply.json if isinstance(reply.json, dict) else {}
    return JobState(str(body.get("state")), _count(body, "numberRecordsProcessed"), _count(body, "numberRecordsFailed"))


def wait(org: Org, kind: str, id: str) -> JobState:
    """How it ended. Raises JobUnfinishedError, CallRefused, and what `Transport.send` raises."""
    waited, pause = 0.0, _FIRST_WAIT_S
    while True:
        now = state_of(org, kind, id)
        if now.state in _ENDED:
            return now
        if waited >= org.settings.bulk_wait_s:
            raise JobUnfinishedError
        org.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, _LONGEST_WAIT_S)


def abort(org: Org, kind: str, id: str) -> None:
    """Stop it; what it did stays done. A job that has ended already is left as it is."""
    try:
        org.send(
            "PATCH", f"/jobs/{kind}/{id}", label=f"/jobs/{kind}/id", effect=Effect.READS, json={"state": "Aborted"}
        )
    except (CallRefused, Unavailable):
        return


def csv_rows(reply: Reply, columns: Sequence[str]) -> Iterator[dict[str, Json]]:
    """Each row by its heading; a page that comes without headings (reports differ) has the columns in this order."""
    with io.TextIOWrapper(reply.file, "utf-8", newline="") as lines:
        reader = csv.reader(lines)
        first = next(reader, None)
        if first is None:
            return
        headed = columns[0] in first
        names = first if headed else list(columns)
        if not headed:
            yield _row(names, first)
        for row in reader:
            yield _row(names, row)


def _row(names: Sequence[str], cells: Sequence[str]) -> dict[str, Json]:
    if len(names) != len(cells):
        raise Unavailable("Salesforce's Bulk result has a row that doesn't fit its headings")
    return dict(zip(names, cells, strict=True))


def _count(body: Mapping[str, Json], key: str) -> int:
    value = body.get(key)
    return value if isinstance(value, int) else -1
