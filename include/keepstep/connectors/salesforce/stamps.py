"""Salesforce's dates and times: told with an offset that has no colon, asked for in ISO 8601, always UTC here. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: object) -> datetime | None:
    """The moment of ``2024-05-01T09:08:07.000+0000`` (JSON) or ``…Z`` (CSV); None where it isn't one."""
    try:
        stamp = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return None if stamp.tzinfo is None else stamp.astimezone(UTC)


def literal(stamp: datetime) -> str:
    """As it stands in SOQL, unquoted; rounded down to the second, so that ``>=`` never misses one."""
    return stamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def bound(stamp: datetime) -> str:
    """As `start` and `end` of the deletion log; Salesforce rounds it down to the minute."""
    return stamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
