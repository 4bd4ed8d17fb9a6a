"""Turns parsed expressions into Python functions over joined rows, so that 100,000 rows are a matter of a blink."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from keepstep_sandbox.netsuite.errors import invalid_search
from keepstep_sandbox.netsuite.suiteql import nodes
from keepstep_sandbox.netsuite.suiteql.functions import Locale, Value, align, function, number, text, unknown_function
from keepstep_sandbox.netsuite.table import Row

Rows = tuple[
    Row, ...
]  # one row of each table of the query, in the order of FROM; an empty one where LEFT JOIN found none
Compiled = Callable[[Rows], Any]

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CALCULATE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


class Catalogue(Protocol):
    """What the compiler asks of the account."""

    def targets(self, table: str) -> Mapping[str, str] | None:
        """Give the columns of a table, each with the table it refers to or ''; None if there's no such table."""

    def display(self, target: str, value: object) -> str | None:
        """Give the text that the UI shows for a reference."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean in one query: its tables by alias, in order; the moment; how to run a query within.

    Attributes:
        tables: alias -> name of the table.
        now: SYSDATE.
        inner: gives the values of a subquery's only column.
    """

    catalogue: Catalogue
    tables: Mapping[str, str]
    locale: Locale
    now: datetime
    inner: Callable[[nodes.Query], list[Value]]

    def find(self, column: nodes.Column) -> tuple[int, str]:
        """Give a column's place among the tables, and the table it refers to ('' if none).

        Raises:
            NetSuiteError: there's none of that name, or more than one.
        """
        found: list[tuple[int, str]] = []
        for place, (alias, table) in enumerate(self.tables.items()):
            columns = self.catalogue.targets(table) or {}
            if column.table in ("", alias) and column.name in columns:
                found.append((place, columns[column.name]))
        if len(found) == 1:
            return found[0]
        record = self.tables.get(column.table, column.table) or next(iter(self.tables.values()))
        problem = "is ambiguous" if found else f"for record '{record}' was not found"
        raise invalid_search(f"Field '{column.name}' {problem}.")

    def compile(self, node: nodes.Expression) -> Compiled:
        """Make a function of an expression.

        Raises:
            NetSuiteError: it can't be evaluated here.
        """
        maker = _MAKERS.get(type(node))
        if maker is None:
            raise invalid_search("An expression isn't allowed in this place.")
        return maker(self, node)


def is_constant(node: nodes.Expression) -> bool:
    """Tell whether an expression has the same value for every row."""
    match node:
        case nodes.Literal() | nodes.Now():
            return True
        case nodes.Call(name=name, arguments=arguments):
            return name != "BUILTIN.DF" and all(is_constant(one) for one in arguments)
        case nodes.Arithmetic(left=left, right=right):
            return is_constant(left) and is_constant(right)
        case _:
            return False


def _literal(_: Scope, node: nodes.Literal) -> Compiled:
    value = node.value
    return lambda _rows: value


def _now(scope: Scope, _: nodes.Now) -> Compiled:
    now = scope.now
    return lambda _rows: now


def _column(scope: Scope, node: nodes.Column) -> Compiled:
    place, _target = scope.find(node)
    name = node.name
    if place == 0:
        return lambda rows: rows[0].get(name)
    return lambda rows: rows[place].get(name)


def _call(scope: Scope, node: nodes.Call) -> Compiled:
    if node.name == "BUILTIN.DF":
        return _display(scope, node)
    apply, locale = function(node.name, len(node.arguments)), scope.locale
    parts = [scope.compile(one) for one in node.arguments]
    if is_constant(node):
        value = apply(locale, *(part(()) for part in parts))
        return lambda _rows: value
    return lambda rows: apply(locale, *(part(rows) for part in parts))


def _display(scope: Scope, node: nodes.Call) -> Compiled:
    if len(node.arguments) != 1 or not isinstance(node.arguments[0], nodes.Column):
        raise unknown_function(node.name)
    _place, target = scope.find(node.arguments[0])
    value, display, locale = scope.compile(node.arguments[0]), scope.catalogue.display, scope.locale
    if not target:
        return lambda rows: text(value(rows), locale)
    return lambda rows: display(target, value(rows))


def _arithmetic(scope: Scope, node: nodes.Arithmetic) -> Compiled:
    left, right, locale = scope.compile(node.left), scope.compile(node.right), scope.locale
    if node.operator == "||":
        return lambda rows: ((text(left(rows), locale) or "") + (text(right(rows), locale) or "")) or None
    symbol = node.operator

    def calculated(rows: Rows) -> Value:
        a, b = left(rows), right(rows)
        return None if a is None or b is None else _calculate(symbol, a, b)

    return calculated


def _calculate(symbol: str, left: Value, right: Value) -> Any:
    """Add, and so on; a number beside a date is a number of days."""
    if isinstance(left, datetime) and symbol in "+-" and not isinstance(right, datetime):
        return _CALCULATE[symbol](left, timedelta(days=number(right)))
    if isinstance(left, datetime) and isinstance(right, datetime) and symbol == "-":
        return (left - right) / timedelta(days=1)
    divisor = number(right)
    if symbol == "/" and divisor == 0:
        raise invalid_search("Divisor is equal to zero.")
    return _CALCULATE[symbol](number(left), divisor)


def _comparison(scope: Scope, node: nodes.Comparison) -> Compiled:
    return _compared(scope, _COMPARE[node.operator], scope.compile(node.left), scope.compile(node.right))


def _compared(scope: Scope, compare: Callable[[Any, Any], bool], left: Compiled, right: Compiled) -> Compiled:
    locale = scope.locale

    def compared(rows: Rows) -> bool | None:
        a, b = left(rows), right(rows)
        if a is None or b is None:
            return None
        if type(a) is not type(b):
            a, b = align(a, b, locale)
        return compare(a, b)

    return compared


def _between(scope: Scope, node: nodes.Between) -> Compiled:
    low = nodes.Comparison(">=", node.value, node.low)
    return scope.compile(nodes.And((low, nodes.Comparison("<=", node.value, node.high))))


def _like(scope: Scope, node: nodes.Like) -> Compiled:
    value, pattern, locale = scope.compile(node.value), scope.compile(node.pattern), scope.locale
    if not is_constant(node.pattern):
        raise invalid_search("LIKE needs a constant pattern.")
    words = text(pattern(()), locale) or ""
    matcher = re.compile("".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in words), re.DOTALL)

    def like(rows: Rows) -> bool | None:
        found = text(value(rows), locale)
        return None if found is None else matcher.fullmatch(found) is not None

    return like


def _is_null(scope: Scope, node: nodes.IsNull) -> Compiled:
    value = scope.compile(node.value)
    return lambda rows: value(rows) is None


def _in_list(scope: Scope, node: nodes.InList) -> Compiled:
    if not all(is_constant(item) for item in node.items):
        return scope.compile(nodes.Or(tuple(nodes.Comparison("=", node.value, item) for item in node.items)))
    return _among(scope, node.value, [scope.compile(item)(()) for item in node.items])


def _in_query(scope: Scope, node: nodes.InQuery) -> Compiled:
    return _among(scope, node.value, scope.inner(node.query))


def _among(scope: Scope, node: nodes.Expression, choices: list[Value]) -> Compiled:
    """Test membership; a NULL among the choices makes a miss unknown (so NOT IN never holds), as SQL has it."""
    value, locale = scope.compile(node), scope.locale
    miss = None if None in choices else False
    known = [one for one in choices if one is not None]
    by_kind: dict[type, frozenset[Any]] = {}

    def among(rows: Rows) -> bool | None:
        found = value(rows)
        if found is None:
            return None
        wanted = by_kind.get(type(found))
        if wanted is None:
            wanted = by_kind[type(found)] = frozenset(
                one if type(one) is type(found) else align(found, one, locale)[1] for one in known
            )
        return True if found in wanted else miss

    return among


def _not(scope: Scope, node: nodes.Not) -> Compiled:
    part = scope.compile(node.part)

    def negated(rows: Rows) -> bool | None:
        found = part(rows)
        return None if found is None else not found

    return negated


def _and(scope: Scope, node: nodes.And) -> Compiled:
    parts = [scope.compile(part) for part in node.parts]

    def every(rows: Rows) -> bool | None:
        unknown = False
        for part in parts:
            found = part(rows)
            if found is False:
                return False
            unknown = unknown or found is None
        return None if unknown else True

    return every


def _or(scope: Scope, node: nodes.Or) -> Compiled:
    parts = [scope.compile(part) for part in node.parts]

    def some(rows: Rows) -> bool | None:
        unknown = False
        for part in parts:
            found = part(rows)
            if found:
                return True
            unknown = unknown or found is None
        return None if unknown else False

    return some


_MAKERS: Final[Mapping[type, Callable[[Scope, Any], Compiled]]] = {
    nodes.Literal: _literal,
    nodes.Now: _now,
    nodes.Column: _column,
    nodes.Call: _call,
    nodes.Arithmetic: _arithmetic,
    nodes.Comparison: _comparison,
    nodes.Between: _between,
    nodes.Like: _like,
    nodes.IsNull: _is_null,
    nodes.InList: _in_list,
    nodes.InQuery: _in_query,
    nodes.Not: _not,
    nodes.And: _and,
    nodes.Or: _or,
}
