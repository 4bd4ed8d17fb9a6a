"""The functions of one row's values, and how Oracle turns one kind of value into another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from keepstep_sandbox.netsuite.errors import NetSuiteError, invalid_search
from keepstep_sandbox.netsuite.suiteql import dates

Value = int | float | str | datetime | bool | None  # bool: what a condition came to; None: NULL or unknown


@dataclass(frozen=True, slots=True)
class Locale:
    """How the account writes dates."""

    zone: ZoneInfo
    date_format: str


def text(value: Value, locale: Locale) -> str | None:
    """Turn a value into text, as the answer and `||` do; a bare date in the account's date format, without its time."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return dates.write(value, locale.date_format, locale.zone)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number(value: Value) -> int | float:
    """Turn a value into a number.

    Raises:
        NetSuiteError: it isn't one (ORA-01722).
    """
    if isinstance(value, int | float):
        return value
    try:
        return float(str(value))
    except ValueError as error:
        raise invalid_search("Invalid number.") from error


def align(left: Value, right: Value, locale: Locale) -> tuple[Any, Any]:
    """Make two values comparable: a text beside a number is read as one, beside a date by the account's format.

    Raises:
        NetSuiteError: it can't be read so.
    """
    if isinstance(left, datetime) or isinstance(right, datetime):
        return _moment(left, locale), _moment(right, locale)
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    return number(left), number(right)


def _moment(value: Value, locale: Locale) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return dates.read(value, locale.date_format, locale.zone)
    raise invalid_search("Inconsistent datatypes: expected DATE.")


def _to_char(locale: Locale, *arguments: Value) -> Value:
    value, *rest = arguments
    if value is None:
        return None
    if isinstance(value, datetime) and rest:
        return dates.write(value, str(rest[0]), locale.zone)
    if rest:
        raise invalid_search("TO_CHAR with a number format isn't supported.")
    return text(value, locale)


def _to_date(locale: Locale, *arguments: Value) -> Value:
    value, *rest = arguments
    if value is None or isinstance(value, datetime):
        return value
    return dates.read(str(value), str(rest[0]) if rest else locale.date_format, locale.zone)


def _on_text(function: Callable[[str], Value]) -> Callable[..., Value]:
    def applied(locale: Locale, value: Value) -> Value:
        found = text(value, locale)
        return None if found is None else function(found) or None

    return applied


def _first(_: Locale, *arguments: Value) -> Value:
    return next((value for value in arguments if value is not None), None)


def _to_number(_: Locale, value: Value) -> Value:
    return None if value is None else number(value)


FUNCTIONS: Final[
    Mapping[str, tuple[int, int, Callable[..., Value]]]
] = {  # name -> least and most arguments, what it does
    "UPPER": (1, 1, _on_text(str.upper)),
    "LOWER": (1, 1, _on_text(str.lower)),
    "TRIM": (1, 1, _on_text(str.strip)),
    "LENGTH": (1, 1, _on_text(len)),
    "NVL": (2, 2, _first),
    "COALESCE": (2, 50, _first),
    "TO_CHAR": (1, 2, _to_char),
    "TO_DATE": (1, 2, _to_date),
    "TO_TIMESTAMP": (1, 2, _to_date),
    "TO_NUMBER": (1, 1, _to_number),
}


def function(name: str, arguments: int) -> Callable[..., Value]:
    """Find a function that takes so many arguments.

    Raises:
        NetSuiteError: there's none.
    """
    least, most, found = FUNCTIONS.get(name, (0, -1, _first))
    if not least <= arguments <= most:
        raise unknown_function(name)
    return found


def unknown_function(name: str) -> NetSuiteError:
    """Refuse a function."""
    return invalid_search(f"Function '{name}' is not supported or has the wrong number of arguments.")
