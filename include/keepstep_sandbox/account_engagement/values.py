"""Values on the wire: moments with the user's offset, and what may be written to a field of a type."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.schema import Field, Type

MAX_EMAIL: Final = 255
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_WORDS: Final = {"true": True, "false": False, "1": True, "0": False}


def written(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment with the zone's offset: `2025-05-16T11:27:08-07:00`."""
    return moment.astimezone(zone).isoformat()


def moment(text: str) -> datetime:
    """Read a moment; its fractions of a second don't count.

    Raises:
        PardotError: it isn't one, or has no offset (a `+` that wasn't encoded arrives as a space).
    """
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise PardotError(7, "an offset is required")
        return found.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError) as error:  # its offset may lead it out of the calendar
        raise PardotError(7) from error


def email(value: object) -> str:
    """Check an address.

    Raises:
        PardotError: it's none, or too long (4).
    """
    if not isinstance(value, str) or len(value) > MAX_EMAIL or _EMAIL.fullmatch(value) is None:
        raise PardotError(4)
    return value


def whole(value: object, code: int) -> int:
    """Read a whole number, in JSON or as text, as ids come in both.

    Raises:
        PardotError: it's something else, with the code given.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
        return int(value)
    raise PardotError(code)


def boolean(value: object) -> bool:
    """Read a boolean, in JSON or as a word.

    Raises:
        PardotError: it's something else (50).
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _WORDS:
        return _WORDS[value.lower()]
    raise PardotError(50)


def accepted(field: Field, value: object) -> Any:
    """Give what is stored where a client writes a value; None and an empty text clear.

    Raises:
        PardotError: the field can't hold it.
    """
    if value is None or value == "":
        return None
    if field.type is Type.INTEGER:
        return whole(value, 29 if field.name == "score" else 154)
    return _READERS[field.type](value)


def _number(value: object) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d+(?:\.\d+)?", value):
        return float(value) if "." in value else int(value)
    raise PardotError(56)


def _date(value: object) -> str:
    if not isinstance(value, str):
        raise PardotError(57)
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise PardotError(57) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise PardotError(154)
    return value


def _texts(value: object) -> list[str] | None:
    """Read the values of a field that holds several; one alone may come without brackets."""
    values = value.split(";") if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise PardotError(154)
    return values or None


_READERS: Final[dict[Type, Callable[[object], Any]]] = {
    Type.BOOLEAN: boolean,
    Type.NUMBER: _number,
    Type.DATE: _date,
    Type.ARRAY: _texts,
    Type.STRING: _text,
    Type.DATETIME: _text,
}
