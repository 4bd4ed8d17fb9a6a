"""Whose turn it is, where a platform tells behaviour one contact a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

_TURN = """
SELECT p.id FROM prospect p
LEFT JOIN activity_subject a ON a.source_id = :source AND a.subject_id = p.id
WHERE p.connection = :connection AND p.list_id = :list AND p.deleted_at IS NULL AND p.email IS NOT NULL
ORDER BY a.asked_at IS NOT NULL, coalesce(p.modified <= a.asked_at, true), a.asked_at, length(p.id), p.id
LIMIT :calls
"""
_ASKED = """
INSERT INTO activity_subject (source_id, subject_id, asked_at)
SELECT :source, subject, :at FROM unnest(CAST(:subjects AS text[])) AS subject
ON CONFLICT (source_id, subject_id) DO UPDATE SET asked_at = greatest(activity_subject.asked_at, excluded.asked_at)
"""


def subjects_to_ask(conn: Connection, source: int, connection: str, list_id: str, calls: int) -> Sequence[str]:
    """At most `calls` people of a list: never asked about first, then with a changed row, then by their last turn."""
    given = {"source": source, "connection": connection, "list": list_id, "calls": calls}
    return conn.scalars(text(_TURN), given).all()


def mark_asked(conn: Connection, source: int, subjects: Sequence[str], at: datetime) -> None:
    """Note that these people were asked about, and that the answer is stored."""
    conn.execute(text(_ASKED), {"source": source, "subjects": list(subjects), "at": at})
