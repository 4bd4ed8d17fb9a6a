"""Fresh statistics after much was written: PostgreSQL's own come minutes later, and its plans are poor until then."""

from __future__ import annotations

from sqlalchemy import Connection, text

MUCH = 1000  # rows; below it, no plan is so poor that it matters


def refresh(conn: Connection, rows: int, *tables: str) -> None:
    """Analyze these tables where so many rows were written that it pays."""
    if rows >= MUCH:
        conn.execute(text(f"ANALYZE {', '.join(tables)}"))
