"""Tells whether something meets a condition; what its names stand for is the asker's business."""

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, assert_never

from keepstep_sandbox.dynamics.errors import bad_query
from keepstep_sandbox.dynamics.filters import nodes
from keepstep_sandbox.dynamics.table import key

Getter = Callable[[nodes.Path], Any]
_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def meets(condition: nodes.Condition, get: Getter) -> bool:
    """Tell whether a condition holds.

    Raises:
        DynamicsError: values of different kinds are compared.
    """
    match condition:
        case nodes.And(parts):
            return all(meets(part, get) for part in parts)
        case nodes.Or(parts):
            return any(meets(part, get) for part in parts)
        case nodes.Not(part):
            return not meets(part, get)
        case nodes.Comparison():
            return _compare(condition, get(condition.path))
        case nodes.TextTest():
            return _test(condition, get(condition.path))
        case nodes.OneOf(path, values):
            held = get(path)
            return held is not None and any(_equal(held, value) for value in values)
        case _:
            assert_never(condition)


def _compare(condition: nodes.Comparison, held: Any) -> bool:
    value = condition.value
    if condition.operator in ("eq", "ne"):
        return _equal(held, value) is (condition.operator == "eq")
    if held is None or value is None:
        return False
    _check(held, value)
    return _ORDER[condition.operator](key(held), key(value))


def _equal(held: Any, value: Any) -> bool:
    if held is None or value is None:
        return held is value
    if isinstance(value, str) and isinstance(held, bool | int):
        return str(held).lower() == value.lower()  # PropertyValues are always texts
    _check(held, value)
    return bool(key(held) == key(value))


def _check(held: Any, value: Any) -> None:
    if _kind(held) is not _kind(value):
        message = f"A binary operator with incompatible types was detected: {_kind(held)} and {_kind(value)}."
        raise bad_query(message)


def _kind(value: Any) -> type:
    if isinstance(value, bool | str | datetime):
        return type(value)
    return float


def _test(condition: nodes.TextTest, held: Any) -> bool:
    if held is None:
        return False
    text, wanted = str(held).casefold(), condition.value.casefold()
    match condition.function:
        case "contains":
            return wanted in text
        case "startswith":
            return text.startswith(wanted)
        case _:
            return text.endswith(wanted)
