"""The database's own idea of truth and equality: NULL is neither, case doesn't matter, numbers may be texts."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from keepstep_sandbox.sugarcrm.table import Row
from keepstep_sandbox.sugarcrm.values import DATABASE

Bound = Mapping[str, Row]  # alias -> row
Truth = Callable[[Bound], bool | None]  # None = unknown
Value = Callable[[Bound], Any]
_NUMBER: Final = re.compile(r"\s*-?\d+(?:\.\d+)?")
_ORDERINGS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def told(value: Any) -> Any:
    """Give a value as the database has it."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int):
        return float(value)
    return value.strftime(DATABASE) if isinstance(value, datetime) else value


def folded(value: Any) -> Any:
    """Give what texts are compared by."""
    return value.casefold() if isinstance(value, str) else value


def number(value: Any) -> float:
    """Give a value as a number; of a text, what it begins with."""
    if not isinstance(value, str):
        return float(value)
    found = _NUMBER.match(value)
    return float(found[0]) if found else 0.0


def compare(operator: str, left: Value, right: Value) -> Truth:
    """Compare two values."""

    def compared(bound: Bound) -> bool | None:
        a, b = left(bound), right(bound)
        if operator == "<=>":
            return bool(folded(a) == folded(b))
        if a is None or b is None:
            return None
        if operator == "like":
            return _pattern(str(b)).fullmatch(str(a)) is not None
        if isinstance(a, str) and isinstance(b, str):
            return _ORDERINGS[operator](a.casefold(), b.casefold())
        return _ORDERINGS[operator](number(a), number(b))

    return compared


@lru_cache(maxsize=100)
def _pattern(like: str) -> "re.Pattern[str]":
    parts = re.findall(r"\\.|.", like, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    text = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.compile(text, re.IGNORECASE | re.DOTALL)


def both(parts: list[Truth]) -> Truth:
    """Let all parts hold."""

    def together(bound: Bound) -> bool | None:
        held = [part(bound) for part in parts]
        return False if False in held else None if None in held else True

    return together


def either(parts: list[Truth]) -> Truth:
    """Let one part hold."""

    def one_of(bound: Bound) -> bool | None:
        held = [part(bound) for part in parts]
        return True if True in held else None if None in held else False

    return one_of
