"""What the CRM says of a prospect's record: active or not, and where people see it (DY-7); reads alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from keepstep.store.queue import Place

SHOWN = 20
A_RECORD = "RECORD-ID"  # stands for the id in a remembered address: no system writes these letters in another way

_NOT_ACTIVE = """
FROM crm_record c
JOIN link l ON l.crm_connection = :crm AND l.crm_object = c.object AND l.crm_id = c.id
    AND l.platform_connection = :platform AND l.list_id = ''
JOIN sighting s ON s.sync = :sync AND s.side = 'platform' AND s.id = l.prospect_id AND s.presence = 'present'
WHERE c.connection = :crm AND c.status <> 'active' AND c.deleted_at IS NULL
"""
_COUNTS = f"SELECT c.status, count(*) AS n {_NOT_ACTIVE} GROUP BY c.status ORDER BY c.status"
_LATEST = f"""
SELECT l.prospect_id, c.object || ':' || c.id AS crm_key, c.status {_NOT_ACTIVE}
ORDER BY c.modified DESC NULLS LAST, c.object, c.id LIMIT :n
"""
_URLS = "SELECT rules -> 'crm_urls' AS urls FROM sync WHERE name = :sync"


@dataclass(frozen=True, slots=True)
class NotActive:
    """A prospect whose CRM record is inactive, disqualified or converted; ids only."""

    prospect_id: str
    crm_key: str  # "object:id"
    status: str


def not_active(conn: Connection, place: Place) -> dict[str, Any]:
    """Counts by status, and the latest of them: `QueueState`'s fields."""
    given = {**place.parameters(), "n": SHOWN}
    latest = conn.execute(text(_LATEST), given)
    return {
        "statuses": {row.status: row.n for row in conn.execute(text(_COUNTS), given)},
        "not_active": tuple(NotActive(row.prospect_id, row.crm_key, row.status) for row in latest),
        "crm_urls": conn.execute(text(_URLS), given).scalar() or {},
    }


def url_of(urls: Mapping[str, str], crm_key: str | None) -> str | None:
    """Where people see this CRM record; None where no run has told it yet."""
    object_name, _, record_id = (crm_key or "").partition(":")
    pattern = urls.get(object_name)
    return pattern.replace(A_RECORD, record_id) if pattern else None
