"""Activities come in: by COPY, once each, in the order in which the store gets them.

An activity is known by its source's own id, or else by email, type and moment. What comes late enters like everything
else: scores follow the order of arrival (`activity.seq`), not the time at which something happened.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection, text

from keepstep.core.normalize import normalize_email
from keepstep.store.bulk import append_rows


class ToldActivity(Protocol):
    """An activity as a source tells it (`keepstep.engine.run.Activity`)."""

    @property
    def id(self) -> str | None:
        """The source's own id of it, where it has one."""

    @property
    def email(self) -> str:
        """The person's address, as the source spells it."""

    @property
    def type(self) -> str:
        """What was done."""

    @property
    def occurred_at(self) -> datetime:
        """When; aware."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of the activities that a source told."""

    told: int
    new: int
    unusable: int  # with no address, type or moment that can be used
    by_type: Mapping[str, int]  # of the new ones

    @property
    def repeated(self) -> int:
        """Told before."""
        return self.told - self.new - self.unusable


_ENSURE_SOURCE = "INSERT INTO activity_source (name) VALUES (:name) ON CONFLICT DO NOTHING"
# Rows of one source become visible in the order of their seq: whoever draws the next ones waits for this transaction.
_IN_ORDER = "SELECT pg_advisory_xact_lock(hashtextextended('activity_source', :source))"
_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS activity_staged (key uuid, email text, type text, occurred_at timestamptz)
ON COMMIT DELETE ROWS
"""
# Sorted by key, so that the pages of a large index are each visited once.
_STORE = """
WITH fresh AS (
    INSERT INTO activity (source_id, key, email, type, occurred_at)
    SELECT DISTINCT ON (key) :source, key, email, type, occurred_at FROM activity_staged ORDER BY key
    ON CONFLICT (source_id, key) DO NOTHING
    RETURNING type
)
SELECT type, count(*) AS new FROM fresh GROUP BY type
"""


def source_id(conn: Connection, name: str) -> int:
    """The number of a source of activities; a new one where the name wasn't met before."""
    find = text("SELECT id FROM activity_source WHERE name = :name")
    found = conn.scalar(find, {"name": name})
    if found is None:
        conn.execute(text(_ENSURE_SOURCE), {"name": name})
        found = conn.scalar(find, {"name": name})
    return int(found)


def ingest(conn: Connection, source: str, activities: Sequence[ToldActivity]) -> Ingested:
    """Store the activities that are new; the watermark moves in the same transaction, which is the caller's.

    Args:
        conn: A connection in a transaction; another one that ingests from this source waits until it ends.
        source: The source's name; syncs with the same source share its activities.
        activities: Told by the source, in any order, as often as it likes.
    """
    if not activities:
        return Ingested(0, 0, 0, {})
    number = source_id(conn, source)
    conn.execute(text(_IN_ORDER), {"source": number})
    usable = _stage(conn, activities)
    rows = conn.execute(text(_STORE), {"source": number})
    by_type = {row.type: row.new for row in rows}
    conn.execute(text("TRUNCATE activity_staged"))
    return Ingested(len(activities), sum(by_type.values()), len(activities) - usable, by_type)


def total(parts: Iterable[Ingested]) -> Ingested:
    """Several batches as one."""
    counts, by_type = Counter[str](), Counter[str]()
    for part in parts:
        counts.update(told=part.told, new=part.new, unusable=part.unusable)
        by_type.update(part.by_type)
    return Ingested(counts["told"], counts["new"], counts["unusable"], dict(by_type))


def _stage(conn: Connection, activities: Sequence[ToldActivity]) -> int:
    """COPY what can be used to the staging table; returns how many."""
    conn.execute(text(_STAGE))
    table = "activity_staged (key, email, type, occurred_at)"
    return append_rows(conn, table, ["uuid", "text", "text", "timestamptz"], _rows(activities), how="(FORMAT BINARY)")


def _rows(activities: Iterable[ToldActivity]) -> Iterator[tuple[UUID, str, str, datetime]]:
    for one in activities:
        email, kind = normalize_email(one.email), one.type.replace("\x00", "").strip()
        if email and kind:
            yield _key(one, email, kind), email, kind, one.occurred_at


def _key(one: ToldActivity, email: str, kind: str) -> UUID:
    parts = ("id", one.id) if one.id else ("", email, kind, one.occurred_at.timestamp().hex())
    return UUID(bytes=hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).digest())
