"""Dataverse's times: UTC with a Z, to the second. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: object) -> datetime | None:
    """The moment of ``2026-03-01T10:00:00Z``; None where it isn't one, or is a date without a zone."""
    try:
        stamp = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return None if stamp.tzinfo is None else stamp.astimezone(UTC)


def literal(stamp: datetime) -> str:
    """As it stands in a filter; rounded down to the second, so that ``ge`` never misses one."""
    return stamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
