"""The queue of a prospect sync: who waits, why, since when, and who is next (SY-6, SY-7, SY-10).

A sighting that is dirty waits; a pair waits while one of its sides does. So the queue is no second list that could
disagree with the first: whatever was noticed and not yet settled is in it, whoever was killed in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from keepstep.core.model import Record, Status
from keepstep.core.normalize import normalize_email

ON_DEMAND = "on_demand"  # somebody asked for this one: before all others (SY-4)

# A unit is a pair, or a record that has none: what is taken, planned and settled together.
_WAITING_SIDES = """
    SELECT s.side, s.object, s.id, s.queued_at, s.reasons, s.retry_at, s.taken_run, s.id AS prospect_id,
        l.crm_object || ':' || l.crm_id AS crm_key, coalesce('link:' || l.id, 'platform:' || s.id) AS unit
    FROM sighting s
    LEFT JOIN link l ON l.platform_connection = :platform AND l.crm_connection = :crm AND l.list_id = ''
        AND l.prospect_id = s.id
    WHERE s.sync = :sync AND s.side = 'platform' AND s.dirty
    UNION ALL
    SELECT s.side, s.object, s.id, s.queued_at, s.reasons, s.retry_at, s.taken_run, l.prospect_id,
        s.object || ':' || s.id, coalesce('link:' || l.id, 'crm:' || s.object || ':' || s.id)
    FROM sighting s
    LEFT JOIN link l ON l.platform_connection = :platform AND l.crm_connection = :crm AND l.list_id = ''
        AND l.crm_object = s.object AND l.crm_id = s.id
    WHERE s.sync = :sync AND s.side = 'crm' AND s.dirty
"""
# Who was refused before comes after those who were not: a thousand rows in trouble don't keep the others waiting.
_NEXT = """
    SELECT w.unit FROM waiting w LEFT JOIN prospect p ON p.connection = :platform AND p.id = w.prospect_id
    GROUP BY w.unit
    HAVING max(w.retry_at) IS NULL OR max(w.retry_at) <= :now
    ORDER BY bool_or('on_demand' = ANY(w.reasons)) DESC, max(w.retry_at) IS NOT NULL, bool_or(p.owner IS NOT NULL) DESC,
        min(w.queued_at) NULLS LAST, w.unit
    LIMIT :n
"""
# In steps, each with its own statistics: in one statement, nobody could tell how many rows the first part finds.
_TAKE = (
    "DROP TABLE IF EXISTS pg_temp.waiting, pg_temp.next",
    f"CREATE TEMP TABLE waiting ON COMMIT DROP AS {_WAITING_SIDES}",
    "ANALYZE waiting",
    f"CREATE TEMP TABLE next ON COMMIT DROP AS {_NEXT}",
    "ANALYZE next",
    """
    UPDATE sighting s SET taken_run = :run FROM waiting w JOIN next ON next.unit = w.unit
    WHERE s.sync = :sync AND s.side = w.side AND s.object = w.object AND s.id = w.id
    """,
)
_LET_GO = "UPDATE sighting SET taken_run = NULL WHERE sync = :sync AND taken_run IS NOT NULL AND taken_run <> :run"
_WAITING = f"SELECT count(DISTINCT w.unit) FROM ({_WAITING_SIDES}) w"


@dataclass(frozen=True, slots=True)
class Place:
    """The two connections of a prospect sync."""

    sync: str
    crm: str
    platform: str

    def parameters(self) -> dict[str, Any]:
        """For the SQL."""
        return {"sync": self.sync, "crm": self.crm, "platform": self.platform}


def take(conn: Connection, place: Place, run_id: int, limit: int | None, now: datetime) -> int:
    """Take the next pairs for this run; what a run that ended before had taken is in the queue again.

    `limit` None: all that are due. Returns how many sightings they have.
    """
    given = {**place.parameters(), "run": run_id, "n": limit, "now": now}
    conn.execute(text(_LET_GO), given)
    *before, last = _TAKE
    for statement in before:
        conn.execute(text(statement), given)
    return conn.execute(text(last), given).rowcount


def length(conn: Connection, place: Place) -> int:
    """How many pairs wait."""
    return int(conn.execute(text(_WAITING), place.parameters()).scalar_one())


_ENQUEUE = """
UPDATE sighting SET dirty = true, queued_at = coalesce(queued_at, :now), retry_at = NULL,
    reasons = CASE WHEN CAST(:reason AS text) = ANY(reasons) THEN reasons ELSE reasons || CAST(:reason AS text) END
WHERE sync = :sync AND side = 'platform' AND id = ANY(:ids) AND presence = 'present'
"""


def enqueue(conn: Connection, sync: str, prospect_ids: Sequence[str], reason: str, now: datetime) -> int:
    """Put these prospects into the queue; who is in it keeps the place. Returns how many are known and there."""
    given = {"sync": sync, "ids": list(prospect_ids), "reason": reason, "now": now}
    return conn.execute(text(_ENQUEUE), given).rowcount


# -- what is done, and what has to wait --------------------------------------------------------------------------------

LATER = "api_budget"  # the code of what a run planned and had no calls left for

_OPEN = f"""
WITH open AS (
    SELECT crm_key, prospect_id, code IS DISTINCT FROM '{LATER}' AS refused FROM change
    WHERE run_id = :run AND (state IN ('planned', 'sent', 'rejected', 'held') OR code = '{LATER}')
), made AS (
    SELECT prospect_id FROM change
    WHERE run_id = :run AND state = 'applied' AND kind = 'create' AND side = 'crm' AND prospect_id IS NOT NULL
)
"""
_IS_OPEN = """
    ((s.side = 'crm' AND s.object || ':' || s.id IN (SELECT crm_key FROM open WHERE crm_key IS NOT NULL {which}))
  OR (s.side = 'platform' AND s.id IN (SELECT prospect_id FROM open WHERE prospect_id IS NOT NULL {which})))
"""
_CLEAN = f"""
{_OPEN}
UPDATE sighting s SET dirty = false, queued_at = NULL, reasons = '{{}}', taken_run = NULL, retry_at = NULL
WHERE s.sync = :sync AND s.taken_run = :run AND NOT {_IS_OPEN.format(which="")}
"""
# A prospect whose record was just made has yet to be told the record's id.
_MADE = f"""
{_OPEN}
UPDATE sighting s SET dirty = true, queued_at = coalesce(s.queued_at, :now), taken_run = NULL
WHERE s.sync = :sync AND s.side = 'platform' AND s.id IN (SELECT prospect_id FROM made)
"""
# Refused again and again: two minutes, four, eight, at the most six hours; a change brings it forward.
_WAIT = f"""
{_OPEN}
UPDATE sighting s SET taken_run = NULL, retry_at = CASE WHEN {_IS_OPEN.format(which="AND refused")} THEN :now + least(
    interval '6 hours', interval '2 minutes' * power(2, least(10, coalesce((
        SELECT max(e.count) FROM change c JOIN sync_error e ON e.sync = c.sync AND e.pair = c.pair
        WHERE c.run_id = :run AND c.state IN ('rejected', 'held') AND e.closed_at IS NULL
          AND CASE s.side WHEN 'crm' THEN c.crm_key = s.object || ':' || s.id ELSE c.prospect_id = s.id END), 0))))
    END
WHERE s.sync = :sync AND s.taken_run = :run
"""


def settle_taken(conn: Connection, sync: str, run_id: int, now: datetime) -> None:
    """Take out of the queue what this run has dealt with."""
    given = {"sync": sync, "run": run_id, "now": now}
    conn.execute(text(_CLEAN), given)
    conn.execute(text(_MADE), given)


def wait_for_another_try(conn: Connection, sync: str, run_id: int, now: datetime) -> None:
    """Give back what this run could not do: it waits a while, longer each time. Call it when its errors are noted."""
    conn.execute(text(_WAIT), {"sync": sync, "run": run_id, "now": now})


_SET_ASIDE = """
UPDATE sighting s SET dirty = false, queued_at = NULL, reasons = '{}'
FROM crm_record r
WHERE s.sync = :sync AND s.side = 'crm' AND s.dirty AND s.taken_run IS NULL
  AND r.connection = :crm AND r.object = s.object AND r.id = s.id
  AND (NOT :add OR s.set_aside OR s.presence <> 'present' OR r.email IS NULL OR r.status <> 'active')
  AND s.duplicate_of IS NULL
  AND NOT EXISTS (SELECT FROM link l WHERE l.crm_connection = :crm AND l.platform_connection = :platform
      AND l.list_id = '' AND l.crm_object = s.object AND l.crm_id = s.id)
"""


def drop_strangers(conn: Connection, place: Place, *, add: bool) -> None:
    """Take CRM records out of the queue that no prospect is tied to and that become none; call it after matching."""
    conn.execute(text(_SET_ASIDE), {**place.parameters(), "add": add})


# -- users -------------------------------------------------------------------------------------------------------------

_USER = """
INSERT INTO record_owner AS known (connection, id, email, name, active, seen_at)
VALUES (:connection, :id, :email, :name, :active, :now)
ON CONFLICT (connection, id) DO UPDATE SET email = excluded.email, name = excluded.name, active = excluded.active,
    seen_at = excluded.seen_at
WHERE (known.email, known.name, known.active) IS DISTINCT FROM (excluded.email, excluded.name, excluded.active)
"""
_AT_ONCE = "UPDATE sighting SET retry_at = NULL WHERE sync = :sync AND dirty AND retry_at IS NOT NULL"


def store_users(conn: Connection, sync: str, connection: str, users: Iterable[Record], now: datetime) -> int:
    """Remember who can own records there; where that changed, whoever waits for an owner is looked at again."""
    changed = 0
    for user in users:
        given: Mapping[str, Any] = {
            "connection": connection,
            "id": user.id,
            "email": normalize_email(user.email),
            "name": user.fields.get("name") or user.fields.get("Name"),
            "active": user.status is Status.ACTIVE,
            "now": now,
        }
        changed += conn.execute(text(_USER), given).rowcount
    if changed:
        conn.execute(text(_AT_ONCE), {"sync": sync})
    return changed
