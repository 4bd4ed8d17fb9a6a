"""What is gone, and who must not be written to: remembered, so that it neither comes back nor is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, text

from keepstep.core.model import Deletion, Side
from keepstep.store.staging import Scope


def store_deletions(
    conn: Connection, scope: Scope, deletions: Iterable[Deletion], found_by: str, now: datetime
) -> None:
    """Remember what is gone; a CRM record leaves a tombstone, so that it isn't made again (SY-14, NS-3)."""
    for gone in deletions:
        values = {
            "sync": scope.sync,
            "side": scope.side.value,
            "connection": scope.connection,
            "object": scope.object,
            "id": gone.id,
            "at": gone.at or now,
            "stamp": gone.at,
            "now": now,
            "into": gone.merged_into,
            "found_by": "merge" if gone.merged_into else found_by,
            "me": f"{scope.object}:{gone.id}",
        }
        for statement in _DELETE_CRM if scope.side is Side.CRM else _DELETE_PLATFORM:
            conn.execute(text(statement), values)


_GONE = """
UPDATE sighting SET presence = 'deleted', dirty = true, queued_at = coalesce(queued_at, :now), retry_at = NULL,
    reasons = CASE WHEN 'deleted' = ANY(reasons) THEN reasons ELSE reasons || ARRAY['deleted'] END
WHERE sync = :sync AND side = :side AND object = :object AND id = :id AND presence <> 'deleted'
"""
_FREE_DUPLICATES = """
UPDATE sighting SET dirty = true, duplicate_of = NULL, queued_at = coalesce(queued_at, :now)
WHERE sync = :sync AND side = :side AND duplicate_of = :me
"""
_DELETE_CRM = (
    """
    INSERT INTO tombstone (connection, object, id, email, found_by, opted_out, found_at)
    SELECT connection, object, id, email, :found_by, opted_out, :at FROM crm_record
    WHERE connection = :connection AND object = :object AND id = :id AND deleted_at IS NULL
    ON CONFLICT (connection, object, id) DO UPDATE SET
        found_by = excluded.found_by, found_at = excluded.found_at, released_at = NULL, released_by = NULL
    """,
    """
    UPDATE crm_record SET deleted_at = :at, deleted_stamp = :stamp, merged_into = :into
    WHERE connection = :connection AND object = :object AND id = :id AND deleted_at IS NULL
    """,
    _GONE,
    _FREE_DUPLICATES,
    # A merge: the link goes over to the surviving record, where that has none of its own.
    """
    UPDATE link SET crm_id = :into WHERE crm_connection = :connection AND crm_object = :object AND crm_id = :id
      AND CAST(:into AS text) IS NOT NULL AND NOT EXISTS (
        SELECT FROM link o WHERE o.crm_connection = :connection AND o.crm_object = :object AND o.crm_id = :into
          AND o.list_id = link.list_id)
    """,
    """
    UPDATE sighting SET dirty = true, queued_at = coalesce(queued_at, :now)
    WHERE sync = :sync AND side = :side AND object = :object AND id = CAST(:into AS text)
    """,
)
_DELETE_PLATFORM = (
    """
    UPDATE prospect SET deleted_at = :at, deleted_stamp = :stamp
    WHERE connection = :connection AND id = :id AND deleted_at IS NULL
    """,
    _GONE,
    _FREE_DUPLICATES,
)


def store_suppressions(conn: Connection, connection: str, emails: Iterable[str], now: datetime) -> None:
    """Remember addresses that opted out on the platform; a sync never takes one off.

    Who is known by one of them is looked at again: the CRM is to know it too.
    """
    rows = [{"connection": connection, "email": email, "now": now} for email in emails]
    if not rows:
        return
    conn.execute(
        text(
            "INSERT INTO suppression (connection, email, seen_at) VALUES (:connection, :email, :now)"
            " ON CONFLICT DO NOTHING"
        ),
        rows,
    )
    conn.execute(
        text(
            "WITH told AS (UPDATE prospect SET opted_out = true"
            " WHERE connection = :connection AND email = ANY(:emails) AND NOT opted_out RETURNING id)"
            " UPDATE sighting SET dirty = true, queued_at = coalesce(queued_at, :now)"
            " WHERE side = 'platform' AND id IN (SELECT id FROM told)"
        ),
        {"connection": connection, "emails": [row["email"] for row in rows], "now": now},
    )
