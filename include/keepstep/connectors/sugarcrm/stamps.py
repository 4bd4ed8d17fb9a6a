"""SugarCRM's dates and times: v11 tells the user's own offset, v4_1 tells UTC without saying so; UTC here. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: object) -> datetime | None:
    """The moment of ``2026-03-01T10:00:04-04:00`` (v11) or ``2026-03-01 14:00:04`` (v4_1); None where it isn't one."""
    try:
        stamp = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)


def literal(stamp: datetime) -> str:
    """As it stands in a filter of v11; rounded down to the second, so that ``$gte`` never misses one."""
    return stamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def column(stamp: datetime) -> str:
    """As it stands in the database, and so in a condition of v4_1."""
    return stamp.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
