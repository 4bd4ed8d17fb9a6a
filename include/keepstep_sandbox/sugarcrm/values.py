"""Values as rows hold them: read from what clients send, strictly (v11) or however it can be taken (v4_1)."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from keepstep_sandbox.sugarcrm.schema import TEXTS, Field, Type
from keepstep_sandbox.sugarcrm.settings import SugarCrmSettings

DATABASE: Final = "%Y-%m-%d %H:%M:%S"
_EMAIL: Final = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[^@\s.,;<>()]+")
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_NUMBER: Final = re.compile(r"\s*([+-]?\d+)")


def is_email(text: str) -> bool:
    """Tell whether a text may be an email address."""
    return _EMAIL.fullmatch(text) is not None


def truth(value: Any) -> bool:
    """Read a flag: true, 1, "1", "true"."""
    return str(value).strip().lower() in _TRUE


def cut(field: Field, text: str) -> str:
    """Cut a text to its column, as the database does."""
    return text[: field.length] if field.length else text


def moment(text: str, offset_minutes: int) -> datetime:
    """Read a date-time; one without offset is in the user's time zone.

    Raises:
        ValueError: it isn't one.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        found = found.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
    return found.astimezone(UTC).replace(microsecond=0)


def strict(field: Field, value: Any, settings: SugarCrmSettings) -> Any:
    """Read what a v11 client sends; None is NULL.

    Raises:
        ValueError: the field can't hold that.
    """
    if value is None:
        return False if field.type is Type.BOOL else None
    if field.type in TEXTS:
        return _strict_text(field, value, settings)
    return _STRICT[field.type](value, settings)


def _strict_text(field: Field, value: Any, settings: SugarCrmSettings) -> str:
    if isinstance(value, dict | list):
        raise ValueError("a text is no list")  # noqa: TRY004 - the caller answers 422 to ValueError
    text = str(int(value)) if isinstance(value, bool) else str(value)
    if settings.refuses_long_text and field.length and len(text) > field.length:
        raise ValueError(f"at most {field.length} characters")
    if settings.refuses_dropdown_values and field.type is Type.ENUM and text not in field.values:
        raise ValueError("not in the dropdown")
    if field.type is Type.DATE and text:
        datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    return cut(field, text)


def _strict_bool(value: Any, _: SugarCrmSettings) -> bool:
    if str(value).lower() not in _TRUE | {"0", "false", "no", "off", ""}:
        raise ValueError("neither true nor false")
    return truth(value)


def _strict_int(value: Any, _: SugarCrmSettings) -> int | None:
    return None if value == "" else int(value)


def _strict_moment(value: Any, settings: SugarCrmSettings) -> datetime | None:
    return None if value == "" else moment(str(value), settings.utc_offset_minutes)


_STRICT: Final[Mapping[Type, Callable[[Any, SugarCrmSettings], Any]]] = {
    Type.BOOL: _strict_bool,
    Type.INT: _strict_int,
    Type.DATETIME: _strict_moment,
    Type.EMAIL: lambda value, _: value,
}


def loose(field: Field, value: Any) -> Any:
    """Read what a v4_1 client sends: whatever the column makes of it."""
    text = "" if isinstance(value, dict | list) else str(int(value)) if isinstance(value, bool) else str(value)
    match field.type:
        case Type.BOOL:
            return truth(text)
        case Type.INT:
            found = _NUMBER.match(text)
            return int(found[1]) if found else None
        case Type.DATETIME:
            try:
                return moment(text, 0)
            except ValueError:
                return None
        case _:
            # Recorded: the database's three-byte characters leave four question marks of an emoji.
            return cut(field, "".join(one if ord(one) < 0x10000 else "????" for one in text))
