"""The queue of a prospect sync as people look at it: who waits and why, what is stopped, what to do; reads alone.

The order is that in which runs take from the queue (`store.queue`); a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text

from keepstep.store.database import Store
from keepstep.store.overview import RunLine, run_line
from keepstep.store.queue import Place
from keepstep.store.statuses import NotActive, not_active, url_of
from keepstep.store.tables import run

SHOWN = 100  # of those who wait
STOPPED = 20  # of those whose record was deleted
GROUPS = 20  # of open errors
RUNS = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pair, or a record without one, in the queue; ids only."""

    prospect_id: str | None
    crm_key: str | None  # "object:id"
    assigned: bool
    reasons: tuple[str, ...]
    since: datetime | None
    tries: int  # that ended in a problem that is still open
    retry_at: datetime | None
    run: int | None  # that has taken it and goes on
    status: str | None = None  # of the CRM record


@dataclass(frozen=True, slots=True)
class Stopped:
    """A prospect that syncs no more because its CRM record was deleted."""

    prospect_id: str
    crm_key: str
    found_by: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Open sync errors of which one thing is to be done."""

    side: str
    code: str
    what_to_do: str
    records: int
    since: datetime
    examples: tuple[str, ...]  # ids


@dataclass(frozen=True, slots=True)
class QueueState:
    """How one sync's queue stands."""

    assigned: int = 0
    unassigned: int = 0
    asked: int = 0
    resting: int = 0  # were refused, and wait for another try
    taken: int = 0
    oldest: datetime | None = None
    reasons: Mapping[str, int] = field(default_factory=dict)
    first: tuple[Waiting, ...] = ()
    stopped: tuple[Stopped, ...] = ()
    errors: tuple[ErrorGroup, ...] = ()
    runs: tuple[RunLine, ...] = ()
    statuses: Mapping[str, int] = field(default_factory=dict)  # of CRM records that prospects are tied to: not active
    not_active: tuple[NotActive, ...] = ()
    crm_urls: Mapping[str, str] = field(default_factory=dict)

    def url_of(self, crm_key: str | None) -> str | None:
        """Where people see this CRM record."""
        return url_of(self.crm_urls, crm_key)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self.assigned + self.unassigned


def queue_state(store: Store, place: Place) -> QueueState:
    """Everything that the page shows of one sync."""
    with store.begin() as conn:
        return QueueState(
            **_queue(conn, place),
            stopped=_stopped(conn, place),
            errors=_errors(conn, place.sync),
            runs=_runs(conn, place.sync),
            **not_active(conn, place),
        )


# What `queue.take` sees as one: a prospect with its record, or either alone. Joined by side, it is three times as fast.
_UNITS = """
WITH going_on AS MATERIALIZED (
    SELECT id FROM run WHERE sync = :sync AND state IN ('running', 'waiting') ORDER BY id DESC LIMIT 10
), crm AS MATERIALIZED (
    SELECT s.object || ':' || s.id AS crm_key, s.queued_at, s.reasons, s.retry_at, s.taken_run, l.id AS link_id,
        l.prospect_id
    FROM sighting s LEFT JOIN link l ON l.crm_connection = :crm AND l.crm_object = s.object AND l.crm_id = s.id
        AND l.platform_connection = :platform AND l.list_id = ''
    WHERE s.sync = :sync AND s.side = 'crm' AND s.dirty
), platform AS (
    SELECT s.id AS prospect_id, s.object, s.queued_at, s.reasons, s.retry_at, s.taken_run, l.id AS link_id,
        l.crm_object || ':' || l.crm_id AS crm_key
    FROM sighting s LEFT JOIN link l ON l.platform_connection = :platform AND l.prospect_id = s.id
        AND l.crm_connection = :crm AND l.list_id = ''
    WHERE s.sync = :sync AND s.side = 'platform' AND s.dirty
), units AS MATERIALIZED (
    SELECT coalesce(s.prospect_id, c.prospect_id) AS prospect_id, coalesce(s.crm_key, c.crm_key) AS crm_key,
        coalesce('link:' || s.link_id, 'link:' || c.link_id, 'platform:' || s.object || ':' || s.prospect_id,
            'crm:' || c.crm_key) AS unit,
        coalesce('link:' || s.link_id, 'link:' || c.link_id, 'platform:' || s.prospect_id, 'crm:' || c.crm_key) AS pair,
        least(s.queued_at, c.queued_at) AS since, greatest(s.retry_at, c.retry_at) AS retry_at,
        CASE WHEN greatest(s.taken_run, c.taken_run) IN (SELECT id FROM going_on)
            THEN greatest(s.taken_run, c.taken_run) END AS run,
        coalesce('on_demand' = ANY(s.reasons), false) AS asked,
        p.owner IS NOT NULL AS assigned, s.reasons AS platform_reasons, c.reasons AS crm_reasons
    FROM platform s FULL JOIN crm c ON c.prospect_id = s.prospect_id
    LEFT JOIN prospect p ON p.connection = :platform AND p.id = coalesce(s.prospect_id, c.prospect_id)
)
"""
_STATE = f"""
{_UNITS}, first AS (
    SELECT u.*, (SELECT coalesce(max(e.count), 0) FROM sync_error e
        WHERE e.sync = :sync AND e.pair = u.pair AND e.closed_at IS NULL) AS tries,
        (SELECT r.status FROM crm_record r
        WHERE r.connection = :crm AND r.object = split_part(u.crm_key, ':', 1)
          AND r.id = substr(u.crm_key, strpos(u.crm_key, ':') + 1)) AS status
    FROM units u ORDER BY u.asked DESC, u.retry_at IS NOT NULL, u.assigned DESC, u.since NULLS LAST, u.unit LIMIT :n
)
SELECT f.*, c.* FROM (
    SELECT count(*) FILTER (WHERE assigned) AS n_assigned, count(*) FILTER (WHERE NOT assigned) AS n_unassigned,
        count(*) FILTER (WHERE asked) AS n_asked, count(retry_at) AS n_resting, count(run) AS n_taken,
        min(since) AS oldest
    FROM units) c LEFT JOIN first f ON true
ORDER BY f.asked DESC, f.retry_at IS NOT NULL, f.assigned DESC, f.since NULLS LAST, f.unit
"""
_REASONS = """
SELECT reason, sum(n) AS n FROM (
    SELECT reasons, count(*) AS n FROM sighting WHERE sync = :sync AND dirty GROUP BY reasons) g,
    LATERAL unnest(g.reasons) AS r(reason)
GROUP BY reason ORDER BY n DESC, reason
"""
_FIT = "SET LOCAL work_mem = '32MB'"  # a hundred thousand that wait are joined in memory


def _queue(conn: Connection, place: Place) -> dict[str, Any]:
    conn.execute(text(_FIT))
    rows = conn.execute(text(_STATE), {**place.parameters(), "n": SHOWN}).all()
    reasons = conn.execute(text(_REASONS), {"sync": place.sync})
    counts = rows[0]
    return {
        "assigned": counts.n_assigned,
        "unassigned": counts.n_unassigned,
        "asked": counts.n_asked,
        "resting": counts.n_resting,
        "taken": counts.n_taken,
        "oldest": counts.oldest,
        "reasons": {row.reason: int(row.n) for row in reasons},
        "first": tuple(_one(row) for row in rows if row.unit is not None),
    }


def _one(row: Row[Any]) -> Waiting:
    reasons = dict.fromkeys([*(row.platform_reasons or ()), *(row.crm_reasons or ())])
    return Waiting(
        prospect_id=row.prospect_id,
        crm_key=row.crm_key,
        assigned=row.assigned,
        reasons=tuple(reasons),
        since=row.since,
        tries=row.tries,
        retry_at=row.retry_at,
        run=row.run,
        status=row.status,
    )


# The record was the prospect's, or had its email; one that goes on with another record is not stopped (NS-5).
_STOPPED = """
WITH dead AS (
    SELECT t.object, t.id, t.email, t.found_by, t.found_at FROM tombstone t
    WHERE t.connection = :crm AND t.released_at IS NULL
), of_prospect AS (
    SELECT l.prospect_id, d.* FROM dead d JOIN link l ON l.crm_connection = :crm AND l.crm_object = d.object
        AND l.crm_id = d.id AND l.platform_connection = :platform AND l.list_id = ''
    UNION
    SELECT p.id, d.* FROM dead d JOIN prospect p ON p.connection = :platform AND p.email = d.email
)
SELECT DISTINCT ON (o.found_at, o.prospect_id) o.prospect_id, o.object || ':' || o.id AS crm_key, o.found_by, o.found_at
FROM of_prospect o
JOIN sighting s ON s.sync = :sync AND s.side = 'platform' AND s.id = o.prospect_id AND s.presence = 'present'
WHERE NOT EXISTS (
    SELECT FROM link l JOIN crm_record r ON r.connection = :crm AND r.object = l.crm_object AND r.id = l.crm_id
    WHERE l.platform_connection = :platform AND l.prospect_id = o.prospect_id AND l.crm_connection = :crm
      AND r.deleted_at IS NULL)
ORDER BY o.found_at DESC, o.prospect_id, o.object, o.id LIMIT :n
"""


def _stopped(conn: Connection, place: Place) -> tuple[Stopped, ...]:
    rows = conn.execute(text(_STOPPED), {**place.parameters(), "n": STOPPED})
    return tuple(Stopped(row.prospect_id, row.crm_key, row.found_by, row.found_at) for row in rows)


_ERRORS = """
SELECT side, code, what_to_do, count(*) AS records, min(first_seen) AS since,
    (array_agg(coalesce(object || ' ' || record_id, pair) ORDER BY first_seen, pair))[1:3] AS examples
FROM sync_error WHERE sync = :sync AND closed_at IS NULL
GROUP BY side, code, what_to_do ORDER BY records DESC, side, code, what_to_do LIMIT :n
"""


def _errors(conn: Connection, sync: str) -> tuple[ErrorGroup, ...]:
    rows = conn.execute(text(_ERRORS), {"sync": sync, "n": GROUPS})
    return tuple(
        ErrorGroup(row.side, row.code, row.what_to_do, row.records, row.since, tuple(row.examples)) for row in rows
    )


def _runs(conn: Connection, sync: str) -> tuple[RunLine, ...]:
    """Its last runs, with the balance counted in the journal itself."""
    query = select(run).where(run.c.sync == sync).order_by(run.c.id.desc()).limit(RUNS)
    return tuple(run_line(conn, row) for row in conn.execute(query).all())
