"""Turns paths and conditions into Python functions over rows, so that 100,000 rows are a matter of a blink."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any, Final

from keepstep_sandbox.salesforce import ids
from keepstep_sandbox.salesforce.errors import SalesforceError, bad_request, no_such_field
from keepstep_sandbox.salesforce.schema import Field, Schema, Type
from keepstep_sandbox.salesforce.soql import nodes
from keepstep_sandbox.salesforce.soql.periods import bounds
from keepstep_sandbox.salesforce.soql.tokens import place
from keepstep_sandbox.salesforce.table import Row, key
from keepstep_sandbox.salesforce.values import held
from keepstep_sandbox.salesforce.view import View

Getter = Callable[[Row], Any]
Test = Callable[[Row], bool]

_ORDERED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DATES: Final = (Type.DATE, Type.DATETIME)
_IDS: Final = (Type.ID, Type.REFERENCE)


@dataclass(frozen=True, slots=True)
class Compiler:
    """What names mean in one query.

    Attributes:
        schema: of the org.
        view: what is seen of the rows; parents are looked up there.
        kind: the object that is asked about; `alias` is what the query may call it.
        now: the moment that TODAY is taken from.
        inner: gives the values of a semi-join's only column.
        text: of the query, for errors that point into it.
    """

    schema: Schema
    view: View
    kind: str
    now: datetime
    inner: Callable[[nodes.Query], list[Any]]
    alias: str = ""
    text: str = ""

    def names(self, path: nodes.Path) -> tuple[str, ...]:
        """Give a path's names without the query's own alias."""
        own = {self.alias.lower(), self.kind.lower()}
        return path.names[1:] if len(path.names) > 1 and path.names[0].lower() in own else path.names

    def follow(self, path: nodes.Path) -> tuple[tuple[Field, ...], Field]:
        """Give the references that a path goes over, and the field it ends at.

        Raises:
            SalesforceError: a name isn't known.
        """
        *over, last = self.names(path)
        kinds: tuple[str, ...] = (self.kind,)
        references: list[Field] = []
        for name in over:
            reference = self._among(kinds, partial(self._relationship, name))
            if reference is None:
                raise self._unknown(path, f"Didn't understand relationship '{name}' in field path.")
            references.append(reference)
            kinds = tuple(kind for kind in reference.targets if kind in self.schema.kinds())
        field = self._among(kinds, lambda kind: self.schema.find(kind, last))
        if field is None:
            raise self._unknown(path, no_such_field(last, kinds[0] if kinds else self.kind).message)
        return tuple(references), field

    def getter(self, path: nodes.Path) -> tuple[Getter, Field]:
        """Make a function that gives a path's value for a row, None where a parent is missing."""
        references, field = self.follow(path)
        if not references:
            return (lambda row: held(field, row)), field
        view = self.view

        def reached(row: Row) -> Any:
            current = row
            for reference in references:
                parent = view.parent(reference.targets, current.get(reference.name))
                if parent is None:
                    return None
                current = parent[1]
            return held(field, current)

        return reached, field

    def test(self, condition: nodes.Condition) -> Test:
        """Make a function that tells whether a row fulfils a condition.

        Raises:
            SalesforceError: a name or a value doesn't fit.
        """
        match condition:
            case nodes.And(parts=parts):
                tests = [self.test(part) for part in parts]
                return lambda row: all(test(row) for test in tests)
            case nodes.Or(parts=parts):
                tests = [self.test(part) for part in parts]
                return lambda row: any(test(row) for test in tests)
            case nodes.Not(part=part):
                inner = self.test(part)
                return lambda row: not inner(row)
            case nodes.InQuery(path=path, query=query):
                get, _ = self.getter(path)
                among = {key(value) for value in self.inner(query) if value is not None}
                return lambda row: key(get(row)) in among
            case nodes.InList(path=path, values=values):
                return self._in(path, values)
            case nodes.Comparison():
                return self._comparison(condition)

    def value(self, field: Field, value: nodes.Literal) -> Any:
        """Make a literal comparable with what a field holds.

        Raises:
            SalesforceError: it's of another type.
        """
        if value is None:
            return None
        if field.type in _IDS:
            found = ids.normal(value) if isinstance(value, str) else None
            if found is None and value != "":
                raise bad_request("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value}")
            return found and key(found)
        if not isinstance(value, _PYTHON.get(field.type, str)) or (_is_number(field) and isinstance(value, bool)):
            raise _mismatch(field)
        return key(value) if value != "" else None

    def _in(self, path: nodes.Path, values: tuple[nodes.Literal, ...]) -> Test:
        get, field = self._filter(path)
        if any(isinstance(value, nodes.Period) for value in values):
            raise _mismatch(field)
        among = {self.value(field, value) for value in values}
        return lambda row: key(get(row)) in among

    def _comparison(self, condition: nodes.Comparison) -> Test:
        get, field = self._filter(condition.path)
        symbol, value = condition.operator, condition.value
        if symbol == "LIKE":
            return _like(get, field, value)
        whole_day = isinstance(value, date) and not isinstance(value, datetime)
        if isinstance(value, nodes.Period) or (whole_day and field.type is Type.DATE):
            return self._within(get, field, symbol, value)
        wanted = self.value(field, value)
        if symbol in ("=", "!="):
            equal = symbol == "="
            return lambda row: (key(get(row)) == wanted) is equal
        compare = _ORDERED[symbol]

        def ordered(row: Row) -> bool:
            found = key(get(row))
            return found is not None and wanted is not None and compare(found, wanted)

        return ordered

    def _within(self, get: Getter, field: Field, symbol: str, value: Any) -> Test:
        if field.type not in _DATES:
            raise _mismatch(field)
        first, end = bounds(value, self.now)
        checks: Mapping[str, Callable[[datetime], bool]] = {
            "=": lambda when: first <= when < end,
            "!=": lambda when: not first <= when < end,
            "<": lambda when: when < first,
            "<=": lambda when: when < end,
            ">": lambda when: when >= end,
            ">=": lambda when: when >= first,
        }
        check = checks[symbol]

        def within(row: Row) -> bool:
            found = get(row)
            return symbol == "!=" if found is None else check(_moment(found))

        return within

    def _filter(self, path: nodes.Path) -> tuple[Getter, Field]:
        get, field = self.getter(path)
        if field.type is Type.TEXTAREA:
            raise bad_request("INVALID_FIELD", f"field '{field.name}' can not be filtered in a query call")
        return get, field

    def _among(self, kinds: tuple[str, ...], find: Callable[[str], Field | None]) -> Field | None:
        return next((found for kind in kinds if (found := find(kind)) is not None), None)

    def _relationship(self, name: str, kind: str) -> Field | None:
        return self.schema.relationship(kind, name)

    def _unknown(self, path: nodes.Path, message: str) -> SalesforceError:
        return bad_request("INVALID_FIELD", f"{place(self.text, path.at)}{message}")


_PYTHON: Final[Mapping[Type, Any]] = {
    Type.BOOLEAN: bool,
    Type.DATE: date,
    Type.DATETIME: datetime,
    Type.DOUBLE: int | float,
    Type.INT: int | float,
}


def _is_number(field: Field) -> bool:
    return field.type in (Type.DOUBLE, Type.INT)


def _moment(found: date | datetime) -> datetime:
    return found if isinstance(found, datetime) else datetime.combine(found, time(), UTC)


def _mismatch(field: Field) -> SalesforceError:
    kind = {Type.DATETIME: "dateTime"}.get(field.type, field.type.value)
    quoted = "should be enclosed in quotes" if field.type not in _PYTHON else "should not be enclosed in quotes"
    message = f"value of filter criterion for field '{field.name}' must be of type {kind} and {quoted}"
    return bad_request("INVALID_FIELD", message)


def _like(get: Getter, field: Field, value: nodes.Literal) -> Test:
    if not isinstance(value, str) or field.type in _PYTHON or field.type in _IDS:
        raise bad_request("INVALID_QUERY_FILTER_OPERATOR", f"{field.name}: operator LIKE can't be used here")
    parts = re.findall(r"\\[%_]|.", value, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    pattern = re.compile("".join(wild.get(p, re.escape(p[-1])) for p in parts), re.IGNORECASE | re.DOTALL)
    return lambda row: pattern.fullmatch(str(get(row) or "")) is not None
