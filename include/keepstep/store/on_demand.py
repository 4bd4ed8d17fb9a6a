"""What the store does for a prospect that somebody asked for: its place in the queue, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from keepstep.store.queue import Place


@dataclass(frozen=True, slots=True)
class Fate:
    """What was planned for a prospect, and what became of it: ids and codes, nothing of the person."""

    run: int
    side: str
    kind: str
    object: str
    record_id: str | None
    state: str
    code: str | None


_LINKED = """
SELECT l.crm_object, l.crm_id FROM link l
WHERE l.platform_connection = :platform AND l.crm_connection = :crm AND l.list_id = ''
  AND l.prospect_id = ANY(:prospects)
ORDER BY l.crm_object, l.crm_id
"""
# A run that took the pair before may not settle what was read after it planned: the next run does.
_FREE = f"""
WITH linked AS ({_LINKED})
UPDATE sighting s SET taken_run = NULL, retry_at = NULL
WHERE s.sync = :sync AND s.dirty
  AND ((s.side = 'platform' AND s.id = ANY(:prospects))
    OR (s.side = 'crm' AND (s.object, s.id) IN (SELECT crm_object, crm_id FROM linked)))
"""
_NEWEST = "SELECT coalesce(max(id), 0) FROM change"
_BECAME = f"""
WITH linked AS ({_LINKED})
SELECT run_id, side, kind, object, record_id, state, code FROM change
WHERE id > :after AND sync = :sync
  AND (prospect_id = ANY(:prospects) OR crm_key IN (SELECT crm_object || ':' || crm_id FROM linked))
ORDER BY id
"""
_WAITS = f"""
WITH linked AS ({_LINKED})
SELECT EXISTS (SELECT FROM sighting s WHERE s.sync = :sync AND s.dirty
  AND ((s.side = 'platform' AND s.id = ANY(:prospects))
    OR (s.side = 'crm' AND (s.object, s.id) IN (SELECT crm_object, crm_id FROM linked))))
"""


def linked(conn: Connection, place: Place, prospects: Sequence[str]) -> list[tuple[str, str]]:
    """Object and id of the CRM records that these prospects are tied to."""
    return [(row.crm_object, row.crm_id) for row in conn.execute(text(_LINKED), _given(place, prospects))]


def free(conn: Connection, place: Place, prospects: Sequence[str]) -> None:
    """Let the next run take these pairs, whoever has taken them before and whatever they waited for."""
    conn.execute(text(_FREE), _given(place, prospects))


def newest_entry(conn: Connection) -> int:
    """The journal's newest entry: what follows it was planned afterwards."""
    return int(conn.execute(text(_NEWEST)).scalar_one())


def became(conn: Connection, place: Place, prospects: Sequence[str], after: int) -> list[Fate]:
    """What was planned for these prospects since that entry of the journal."""
    rows = conn.execute(text(_BECAME), {**_given(place, prospects), "after": after})
    return [Fate(*row) for row in rows]


def waits(conn: Connection, place: Place, prospects: Sequence[str]) -> bool:
    """Whether one of these prospects, or its record, is in the queue."""
    return bool(conn.execute(text(_WAITS), _given(place, prospects)).scalar_one())


def _given(place: Place, prospects: Sequence[str]) -> dict[str, Any]:
    return {**place.parameters(), "prospects": list(prospects)}
