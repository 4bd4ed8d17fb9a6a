"""How the two sides stand beside each other, and the open problems: one row per record and cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from keepstep.store.pairs import Following, whole_tables
from keepstep.store.queue import Place


@dataclass(frozen=True, slots=True)
class Stand:
    """Counts over all pairs that a sync follows."""

    followed: int
    equal: int
    differing: Mapping[str, int]
    scores_differing: int
    tombstones: int
    sync_errors: Mapping[str, int]
    statuses: Mapping[str, int]  # status of the CRM record -> followed pairs; the active ones are not counted


_OPEN = """
INSERT INTO sync_error (sync, pair, side, code, object, record_id, what_to_do, first_seen, last_seen, last_run)
SELECT DISTINCT ON (sync, pair, side, code) sync, pair, side, coalesce(code, state), object, record_id,
    coalesce(what_to_do, ''), :now, :now, run_id
FROM change WHERE run_id = :run AND state IN ('rejected', 'held')
ON CONFLICT (sync, pair, side, code) DO UPDATE SET what_to_do = excluded.what_to_do, record_id = excluded.record_id,
    last_seen = :now, last_run = :run,
    count = sync_error.count + CASE WHEN sync_error.last_run IS DISTINCT FROM :run THEN 1 ELSE 0 END,
    first_seen = CASE WHEN sync_error.closed_at IS NULL THEN sync_error.first_seen ELSE :now END,
    closed_at = NULL
"""
_CLOSE = """
UPDATE sync_error SET closed_at = :now WHERE sync = :sync AND closed_at IS NULL AND last_run IS DISTINCT FROM :run
"""


def update_sync_errors(conn: Connection, sync: str, run_id: int, now: datetime) -> None:
    """Open what this run met, close what it didn't meet again: open pairs are looked at in every run (NS-1)."""
    values = {"sync": sync, "run": run_id, "now": now}
    conn.execute(text(_OPEN), values)
    conn.execute(text(_CLOSE), values)


# A pair that still waits was not looked at in this run: its problem is still there.
_CLOSE_SETTLED = f"""
{_CLOSE.strip()} AND NOT EXISTS (
    SELECT FROM sighting s
    LEFT JOIN link l ON l.list_id = '' AND l.crm_connection = :crm AND l.platform_connection = :platform
        AND l.prospect_id = s.id
    WHERE s.sync = :sync AND s.side = 'platform' AND s.dirty
      AND coalesce('link:' || l.id, 'platform:' || s.id) = sync_error.pair
) AND NOT EXISTS (
    SELECT FROM sighting s
    LEFT JOIN link l ON l.list_id = '' AND l.crm_connection = :crm AND l.platform_connection = :platform
        AND l.crm_object = s.object AND l.crm_id = s.id
    WHERE s.sync = :sync AND s.side = 'crm' AND s.dirty
      AND coalesce('link:' || l.id, 'crm:' || s.object || ':' || s.id) = sync_error.pair)
"""


def update_prospect_errors(conn: Connection, place: Place, run_id: int, now: datetime) -> None:
    """Open what this run met, close what is settled; who wasn't taken from the queue keeps his open problem.

    Call it once what the run has dealt with is out of the queue.
    """
    values = {**place.parameters(), "run": run_id, "now": now}
    conn.execute(text(_OPEN), values)
    conn.execute(text(_CLOSE_SETTLED), values)


def records_in_trouble(conn: Connection, sync: str, object_name: str) -> list[str]:
    """The ids of a sync's CRM records with an open error, of those that aren't known to be deleted."""
    rows = conn.execute(
        text(
            "SELECT DISTINCT e.record_id FROM sync_error e JOIN sighting s ON s.sync = e.sync AND s.side = 'crm'"
            " AND s.object = e.object AND s.id = e.record_id AND s.presence <> 'deleted'"
            " WHERE e.sync = :sync AND e.side = 'crm' AND e.object = :object AND e.closed_at IS NULL ORDER BY 1"
        ),
        {"sync": sync, "object": object_name},
    )
    return [row.record_id for row in rows]


# A link is followed while both of its ends are in the selection.
_FOLLOWED = """
FROM link l
JOIN sighting cs ON cs.sync = :sync AND cs.side = 'crm' AND cs.object = l.crm_object AND cs.id = l.crm_id
JOIN sighting ps ON ps.sync = :sync AND ps.side = 'platform' AND ps.id = l.prospect_id
JOIN crm_record c ON c.connection = :crm AND c.object = l.crm_object AND c.id = l.crm_id
LEFT JOIN score s ON s.sync = :sync AND s.prospect_id = l.prospect_id
WHERE l.crm_connection = :crm AND l.platform_connection = :platform AND l.list_id = :list
  AND cs.presence = 'present' AND ps.presence = 'present'
"""
# Everybody is counted in each run, by what the store holds and not by what earlier runs said: this is the audit. In
# the CRM a score may be a number in any spelling; the usual one is compared first, as it costs least.
_COUNTS = f"""
SELECT count(*) AS followed, count(*) FILTER (WHERE l.differs = '{{}}') AS equal,
    count(*) FILTER (WHERE s.value IS NOT NULL AND CASE
        WHEN c.fields ->> :column = CAST(s.value AS text) THEN false
        WHEN c.fields ->> :column ~ '^-?[0-9]+([.][0-9]+)?$' THEN CAST(c.fields ->> :column AS numeric) <> s.value
        ELSE true END) AS scores_differing
{_FOLLOWED}
"""
_FIELDS = f"""
SELECT name, count(*) AS n FROM (SELECT unnest(l.differs) AS name {_FOLLOWED} AND l.differs <> '{{}}') AS d
GROUP BY name ORDER BY name
"""
_STATUSES = f"SELECT c.status, count(*) AS n {_FOLLOWED} AND c.status <> 'active' GROUP BY c.status ORDER BY c.status"
_TOMBSTONES = "SELECT count(*) AS n FROM tombstone WHERE connection = :crm AND released_at IS NULL"
_ERRORS = """
SELECT code, count(*) AS n FROM sync_error WHERE sync = :sync AND closed_at IS NULL GROUP BY code ORDER BY code
"""


def stand(conn: Connection, follow: Following, score_column: str) -> Stand:
    """Count how the followed pairs stand; `score_column` is the CRM's name of the score field."""
    given = {**follow.parameters(), "column": score_column}
    with whole_tables(conn):
        counts = conn.execute(text(_COUNTS), given).one()
    return Stand(
        followed=counts.followed,
        equal=counts.equal,
        differing={row.name: row.n for row in conn.execute(text(_FIELDS), given)},
        scores_differing=counts.scores_differing,
        tombstones=conn.execute(text(_TOMBSTONES), given).scalar_one(),
        sync_errors={row.code: row.n for row in conn.execute(text(_ERRORS), given)},
        statuses={row.status: row.n for row in conn.execute(text(_STATUSES), given)},
    )
