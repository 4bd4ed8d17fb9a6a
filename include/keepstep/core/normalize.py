"""One spelling for each value, so that only real differences are differences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime

from keepstep.core.model import FieldType, Value

MAX_LOCAL, MAX_DOMAIN = 64, 255  # octets: RFC 5321, 4.5.3.1.1 and 4.5.3.1.2; with the @, 320 in all
_NOT_IN_EMAIL = re.compile(r"[\s<>()\[\],;:\\\x00-\x1f\x7f\ud800-\udfff]")
_EXACT = 2**53  # from here on a float can't tell a whole number from the next, and JSON readers disagree
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})


def normalize_email(text: object) -> str | None:
    """The address in the one spelling by which people are matched; None where it can't be an address.

    Outer blanks go, letters are lower case, Unicode is composed (NFC). The plus part stays: it may be another person.
    """
    if not isinstance(text, str):
        return None
    # Lower case first: the lower case of a composed letter may have to be composed again.
    address = unicodedata.normalize("NFC", text.strip().lower())
    local, at, domain = address.rpartition("@")
    if not (at and local and domain) or "@" in local or _NOT_IN_EMAIL.search(address):
        return None
    if "." in (local[0], local[-1], domain[0], domain[-1]) or ".." in address:
        return None
    if len(local.encode()) > MAX_LOCAL or len(domain.encode()) > MAX_DOMAIN:
        return None
    return address


def normalize_company(name: object) -> str | None:
    """A company's name as it is looked up: case and blanks don't count (AO-8)."""
    if not isinstance(name, str):
        return None
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join(folded.split()) or None


def storable(text: str) -> str:
    """The text without what PostgreSQL can't keep: NUL goes, half a surrogate pair becomes a question mark."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def normalize_value(value: Value, kind: FieldType) -> Value:
    """The value as it is compared and stored; a blank is None; what can't be read as its type stays text."""
    if isinstance(value, str):
        value = unicodedata.normalize("NFC", storable(value)).strip()
    if value is None or value == "":
        return None
    return _BY_TYPE[kind](value)


def _text(value: str | int | float | bool) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(_number(value)) if isinstance(value, int | float) else value


def _number(value: str | int | float | bool) -> Value:
    if isinstance(value, int) and abs(value) < _EXACT:
        return int(value)  # a checkbox that is kept as a number, too
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return str(value)
    if abs(number) < _EXACT:
        return int(number) if number.is_integer() else number
    return str(value)  # infinite, not a number, or too large to be compared as one


def _boolean(value: str | int | float | bool) -> Value:
    word = str(_text(value))
    return True if word.lower() in _TRUE else False if word.lower() in _FALSE else word


def _date(value: str | int | float | bool) -> Value:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        return str(value)


def _datetime(value: str | int | float | bool) -> Value:
    try:
        moment = datetime.fromisoformat(str(value))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: before year 1 or after 9999, once in UTC
        return str(value)
    return moment.replace(microsecond=0).isoformat()


def _email(value: str | int | float | bool) -> Value:
    return normalize_email(value) or str(value)


_BY_TYPE: dict[FieldType, Callable[[str | int | float | bool], Value]] = {
    FieldType.TEXT: _text,
    FieldType.EMAIL: _email,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
    FieldType.REFERENCE: _text,
}
