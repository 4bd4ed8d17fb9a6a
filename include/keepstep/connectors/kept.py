"""What stands in a cursor: values to JSON and back. Whatever is odd is a ValueError: that cursor has expired."""

from __future__ import annotations

from datetime import datetime

from keepstep.connectors.base import Json


def items(value: Json) -> list[Json]:
    """A list. Raises ValueError."""
    if not isinstance(value, list):
        raise ValueError("not a list")  # noqa: TRY004 - callers catch it, as every other oddity
    return value


def text(moment: datetime | None) -> str | None:
    """A moment, as `moment` reads it."""
    return None if moment is None else moment.isoformat()


def moment(value: Json) -> datetime | None:
    """A moment, or none. Raises ValueError."""
    return None if value is None else datetime.fromisoformat(str(value))
