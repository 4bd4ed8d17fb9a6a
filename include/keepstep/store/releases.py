"""Deletions that no longer stop a sync: by a rule of the file, or by a person who says so (SY-17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from keepstep.store.queue import Place

# The deleted record of a prospect is the one it was tied to, or one that had its email.
_OF_PROSPECT = """
    (EXISTS (SELECT FROM link l WHERE l.crm_connection = t.connection AND l.crm_object = t.object AND l.crm_id = t.id
        AND l.platform_connection = :platform AND l.list_id = '' AND l.prospect_id = p.id)
     OR t.email = p.email)
"""
_BY_RULE = f"""
UPDATE tombstone t SET released_at = :now, released_by = 'rule'
FROM sighting s JOIN prospect p ON p.connection = :platform AND p.id = s.id
WHERE s.sync = :sync AND s.side = 'platform' AND s.dirty AND s.presence = 'present'
  AND t.connection = :crm AND t.released_at IS NULL AND {_OF_PROSPECT}
  AND (s.reasons && CAST(:activities AS text[])
    OR (:any_field AND p.fields @> CAST(:fields AS jsonb)))
"""
_BY_PERSON = f"""
UPDATE tombstone t SET released_at = :now, released_by = :by FROM prospect p
WHERE p.connection = :platform AND p.id = :prospect AND t.connection = :crm AND t.released_at IS NULL
  AND {_OF_PROSPECT}
"""


def release_by_rule(
    conn: Connection, place: Place, activities: Sequence[str], fields: Mapping[str, str], now: datetime
) -> int:
    """Release the deletions of those in the queue who did one of these, or whose fields say so; `fields` by theirs."""
    if not activities and not fields:
        return 0
    given = {
        **place.parameters(),
        "activities": list(activities),
        "any_field": bool(fields),
        "fields": orjson.dumps(dict(fields)).decode(),
        "now": now,
    }
    return conn.execute(text(_BY_RULE), given).rowcount


def release_by_person(conn: Connection, place: Place, prospect_id: str, by: str, now: datetime) -> int:
    """Release the deletions that stop this prospect. Returns how many there were."""
    given = {**place.parameters(), "prospect": prospect_id, "by": by, "now": now}
    return conn.execute(text(_BY_PERSON), given).rowcount
