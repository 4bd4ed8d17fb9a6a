"""The parameters of a query: which rows are asked for, and in which order."""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.schema import Field, ObjectType, Type
from keepstep_sandbox.account_engagement.table import EVER, Row
from keepstep_sandbox.account_engagement.values import boolean, moment, whole

MAX_FILTERED_FIELDS: Final = 3
MAX_SORTED_FIELDS: Final = 2
DELETED: Final = ("false", "true", "all")


class Relation(Enum):
    """How a value must stand to the one asked for."""

    EQUAL = ""
    ANY_OF = "List"
    MORE = "GreaterThan"
    AT_LEAST = "GreaterThanOrEqualTo"
    LESS = "LessThan"
    AT_MOST = "LessThanOrEqualTo"


_OF_MOMENTS: Final = {
    "AfterOrEqualTo": Relation.AT_LEAST,
    "BeforeOrEqualTo": Relation.AT_MOST,
    "After": Relation.MORE,
    "Before": Relation.LESS,
}
_ORDERS: Final = {
    one.value: one for one in (Relation.AT_LEAST, Relation.AT_MOST, Relation.MORE, Relation.LESS)
}  # fmt: skip
_HOLDS: Final[dict[Relation, Callable[[Any, Any], Any]]] = {
    Relation.EQUAL: operator.eq,
    Relation.ANY_OF: lambda found, values: found in values,
    Relation.MORE: operator.gt,
    Relation.AT_LEAST: operator.ge,
    Relation.LESS: operator.lt,
    Relation.AT_MOST: operator.le,
}
_BY_TYPE: Final[dict[Type, Mapping[str, Relation]]] = {
    Type.INTEGER: {**_ORDERS, "List": Relation.ANY_OF, "": Relation.EQUAL},
    Type.STRING: {"List": Relation.ANY_OF, "": Relation.EQUAL},
    Type.BOOLEAN: {"": Relation.EQUAL},
    Type.DATETIME: _OF_MOMENTS,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter; `field` is the name in rows, `value` a set where it may be any of several."""

    field: str
    relation: Relation
    value: Any

    def holds(self, row: Row) -> bool:
        """Tell whether a row is one of those asked for; one without a value never is, but for booleans."""
        found = row.get(self.field)
        if found is None:
            return self.value is False
        return bool(_HOLDS[self.relation](found, self.value))


@dataclass(frozen=True, slots=True)
class Order:
    """The fields to sort by; the id always comes last, so that no two rows are equal."""

    fields: tuple[tuple[str, bool], ...]  # name and whether descending


def conditions_of(kind: ObjectType, parameters: Mapping[str, str]) -> list[Condition]:
    """Read the filters of a query.

    Raises:
        PardotError: one isn't a filter (5), not of this object (224), or filters more than three fields (209).
    """
    found = [_condition(kind, name, text) for name, text in parameters.items()]
    if len({condition.field for condition in found}) > MAX_FILTERED_FIELDS:
        raise PardotError(209)
    return found


def deleted_of(kind: ObjectType, text: str) -> list[Condition]:
    """Read `deleted`.

    Raises:
        PardotError: it's none of the three words (27).
    """
    if text not in DELETED:
        raise PardotError(27)
    if text == "all" or not kind.recycles:
        return []
    return [Condition("isDeleted", Relation.EQUAL, text == "true")]


def order_of(kind: ObjectType, text: str) -> Order:
    """Read `orderBy`: one or two fields, each with ASC or DESC.

    Raises:
        PardotError: a field can't be sorted by (19), there are more than two (133), or none of two is the id (135).
    """
    fields = []
    for part in text.split(",") if text else ["id"]:
        name, *direction = part.split() or [""]
        if len(direction) > 1 or [word for word in direction if word.upper() not in ("ASC", "DESC")]:
            raise PardotError(19)
        one = kind.fields.get(name)
        if one is None or not one.sortable:
            raise PardotError(19, name)
        fields.append((name, bool(direction) and direction[0].upper() == "DESC"))
    if len(fields) > MAX_SORTED_FIELDS:
        raise PardotError(133)
    names = [name for name, _ in fields]
    if len(fields) == MAX_SORTED_FIELDS and "id" not in names:
        raise PardotError(135)
    if "id" not in names:
        fields.append(("id", fields[0][1]))
    return Order(tuple(fields[: names.index("id") + 1] if "id" in names else fields))


def span(conditions: Iterable[Condition], field: str) -> tuple[datetime, datetime]:
    """Give the moments between which, both inclusive, a field's value must lie."""
    first, last = EVER
    for one in conditions:
        if one.field == field and one.relation in (Relation.MORE, Relation.AT_LEAST):
            first = max(first, one.value)
        elif one.field == field:
            last = min(last, one.value)
    return first, last


def _condition(kind: ObjectType, name: str, text: str) -> Condition:
    field, suffix = _split(kind, name)
    relation = _BY_TYPE.get(field.type, {}).get(suffix)
    if not field.filterable or relation is None:
        raise PardotError(224, name)
    values = [_value(field, part) for part in (text.split(",") if relation is Relation.ANY_OF else [text])]
    return Condition(
        field.alias or field.name, relation, frozenset(values) if relation is Relation.ANY_OF else values[0]
    )


def _split(kind: ObjectType, name: str) -> tuple[Field, str]:
    """Find the field that a parameter is about, and the word after it; the longest name fits best."""
    fitting = [one for one in kind.fields if name.startswith(one)]
    for one in sorted(fitting, key=len, reverse=True):
        suffix = name[len(one) :]
        if any(suffix in relations for relations in _BY_TYPE.values()):
            return kind.fields[one], suffix
    raise PardotError(5, name)


def _value(field: Field, text: str) -> Any:
    match field.type:
        case Type.INTEGER:
            return whole(text, 16)
        case Type.BOOLEAN:
            return boolean(text)
        case Type.DATETIME:
            return moment(text)
        case _:
            return text
