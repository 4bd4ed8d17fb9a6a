"""How far each source was read; moved only in the transaction that stores what was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Watermark:
    """The place to go on from."""

    cursor: dict[str, Any]
    listing: int  # the number of the full listing that is under way, or of the last one
    complete: bool  # False: the full listing `listing` is still under way, the cursor is in its middle
    moved_at: datetime | None = None  # None: now


def get(conn: Connection, sync: str, source: str) -> Watermark | None:
    """The source's watermark; None where it was never read."""
    row = conn.execute(
        text("SELECT cursor, listing, complete, moved_at FROM watermark WHERE sync = :sync AND source = :source"),
        {"sync": sync, "source": source},
    ).one_or_none()
    return Watermark(row.cursor, row.listing, row.complete, row.moved_at) if row else None


def move(conn: Connection, sync: str, source: str, mark: Watermark) -> None:
    """Set the source's watermark."""
    conn.execute(
        text(
            "INSERT INTO watermark (sync, source, cursor, listing, complete, moved_at)"
            " VALUES (:sync, :source, CAST(:cursor AS jsonb), :listing, :complete, coalesce(:moved_at, now()))"
            " ON CONFLICT (sync, source) DO UPDATE SET cursor = excluded.cursor, listing = excluded.listing,"
            " complete = excluded.complete, moved_at = excluded.moved_at"
        ),
        {
            "sync": sync,
            "source": source,
            "cursor": orjson.dumps(mark.cursor).decode(),
            "listing": mark.listing,
            "complete": mark.complete,
            "moved_at": mark.moved_at,
        },
    )


def forget(conn: Connection, sync: str, source: str) -> None:
    """Read this source in full the next time."""
    conn.execute(
        text("DELETE FROM watermark WHERE sync = :sync AND source = :source"), {"sync": sync, "source": source}
    )
