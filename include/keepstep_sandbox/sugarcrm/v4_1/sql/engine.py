"""Runs conditions: three-valued logic, the database's own idea of equality, selects by way of indexes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.table import Row
from keepstep_sandbox.sugarcrm.v4_1.sql.catalogue import Stored, stored
from keepstep_sandbox.sugarcrm.v4_1.sql.logic import Bound, Truth, Value, both, compare, either, folded, number, told
from keepstep_sandbox.sugarcrm.v4_1.sql.tree import (
    And,
    Column,
    Compare,
    Condition,
    Function,
    In,
    IsNull,
    Literal,
    Not,
    Operand,
    Or,
    Select,
    Source,
    SqlError,
    conjuncts,
)

Scope = Mapping[str, Stored]
_FUNCTIONS: Final[Mapping[str, Callable[[str], str]]] = {"lower": str.lower, "upper": str.upper, "trim": str.strip}


class Engine:
    """Makes functions of conditions; `shared` are columns of a table joined to it, which need a prefix."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def truth(  # noqa: PLR0911 - one for each kind of condition
        self, condition: Condition, scope: Scope, shared: frozenset[str] = frozenset()
    ) -> Truth:
        """Make a condition's function.

        Raises:
            SqlError: it names what isn't there, or what is there twice.
        """
        match condition:
            case And(parts):
                return both([self.truth(part, scope, shared) for part in parts])
            case Or(parts):
                return either([self.truth(part, scope, shared) for part in parts])
            case Not(inner):
                held = self.truth(inner, scope, shared)
                return lambda bound: None if (one := held(bound)) is None else not one
            case Compare(operator, left, right):
                return compare(operator, self._value(left, scope, shared), self._value(right, scope, shared))
            case IsNull(operand, negated):
                value = self._value(operand, scope, shared)
                return lambda bound: (value(bound) is None) is not negated
            case In(operand, among, negated):
                return self._in(self._value(operand, scope, shared), among, negated)
            case Column() | Literal() | Function():
                value = self._value(condition, scope, shared)
                return lambda bound: None if (one := value(bound)) is None else number(one) != 0

    def select(self, select: Select) -> set[Any]:
        """Give the values that a select finds.

        Raises:
            SqlError: as above.
        """
        scope = {source.alias: stored(self._site, source.table) for source in select.sources}
        value = self._value(select.column, scope, frozenset())
        self.truth(select.where, scope)  # a wrong name is an error even where no row is looked at
        parts = conjuncts(select.where)
        return {value(bound) for bound in self._join(scope, list(select.sources), parts, {})}

    def _join(
        self, scope: Scope, left: list[Source], parts: tuple[Condition, ...], bound: dict[str, Row]
    ) -> Iterator[Bound]:
        if not left:
            yield bound
            return
        source, rows = self._next(scope, left, parts, bound)
        rest = [one for one in left if one is not source]
        known = {alias: scope[alias] for alias in (*bound, source.alias)}
        due = [part for part in parts if _aliases(part, scope) <= known.keys()]
        holds = both([self.truth(part, known) for part in due])
        met = False
        for row in rows:
            wider = {**bound, source.alias: row}
            if holds(wider) is True:
                met = True
                yield from self._join(scope, rest, parts, wider)
        if source.outer and not met:
            yield from self._join(scope, rest, parts, {**bound, source.alias: {}})

    def _next(
        self, scope: Scope, left: list[Source], parts: tuple[Condition, ...], bound: Bound
    ) -> tuple[Source, list[Row]]:
        """Choose the table to look into next: the first that an index helps with, else the first."""
        for source in left:
            for part in parts:
                keys = self._keys(part, source.alias, scope, bound)
                if keys is not None and not source.outer:
                    table, name = scope[source.alias].table, keys[0]
                    ids = sorted({one for wanted in keys[1] for one in table.find(name, wanted)})
                    return source, [row for one in ids if (row := table.get(one)) is not None]
        return left[0], list(scope[left[0].alias].rows())

    def _keys(self, part: Condition, alias: str, scope: Scope, bound: Bound) -> tuple[str, list[Any]] | None:
        match part:
            case Compare("=", Column(table, name), other) if table == alias and name in scope[alias].indexed:
                return self._known(name, other, scope, bound)
            case Compare("=", other, Column(table, name)) if table == alias and name in scope[alias].indexed:
                return self._known(name, other, scope, bound)
            case In(Column(table, name), tuple() as among, False) if table == alias and name in scope[alias].indexed:
                texts = [one.value for one in among]
                return (name, texts) if all(isinstance(one, str) for one in texts) else None
        return None

    def _known(self, name: str, other: Operand, scope: Scope, bound: Bound) -> tuple[str, list[Any]] | None:
        if isinstance(other, Literal) and isinstance(other.value, str):
            return name, [other.value]
        if isinstance(other, Column) and other.table in bound:
            value = self._value(other, scope, frozenset())(bound)
            return (name, [value]) if isinstance(value, str) else None
        return None

    def _in(self, value: Value, among: tuple[Literal, ...] | Select, negated: bool) -> Truth:
        found = self.select(among) if isinstance(among, Select) else {one.value for one in among}
        keys = {folded(one) for one in found if one is not None}
        numbers = any(isinstance(one, float) for one in keys)

        def inside(bound: Bound) -> bool | None:
            one = value(bound)
            if one is None:
                return None
            met = folded(one) in keys or (numbers and number(one) in keys)
            return met is not negated

        return inside

    def _value(self, operand: Operand, scope: Scope, shared: frozenset[str]) -> Value:
        match operand:
            case Literal(value):
                return lambda _: value
            case Function(name, of):
                inner, apply = self._value(of, scope, shared), _FUNCTIONS[name]
                return lambda bound: None if (one := inner(bound)) is None else apply(str(one))
            case Column(table, name):
                alias = table or _owner(name, scope, shared)
                if alias not in scope or name not in scope[alias].columns:
                    raise SqlError(f"unknown column {table}.{name}")
                column = scope[alias].columns[name]
                return lambda bound: told(bound[alias].get(column))


def _owner(name: str, scope: Scope, shared: frozenset[str]) -> str:
    owners = [alias for alias, table in scope.items() if name in table.columns]
    if len(owners) != 1 or name in shared:
        raise SqlError(f"column {name} is ambiguous or unknown")
    return owners[0]


def _aliases(part: Condition, scope: Scope) -> set[str]:  # noqa: PLR0911 - one for each kind of condition
    match part:
        case Column(table, name):
            return {table or _owner(name, scope, frozenset())}
        case Literal():
            return set()
        case Function(_, of):
            return _aliases(of, scope)
        case Compare(_, left, right):
            return _aliases(left, scope) | _aliases(right, scope)
        case In(operand, _, _) | IsNull(operand, _):
            return _aliases(operand, scope)
        case Not(inner):
            return _aliases(inner, scope)
        case And(parts) | Or(parts):
            return set().union(*(_aliases(one, scope) for one in parts))
