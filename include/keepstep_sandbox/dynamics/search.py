"""Finds the rows of a table that meet a condition, in the order that is asked for."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from keepstep_sandbox.dynamics.columns import LOOKUPS, TEXTS, Type
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import no_such_property
from keepstep_sandbox.dynamics.filters import nodes
from keepstep_sandbox.dynamics.filters.matching import meets
from keepstep_sandbox.dynamics.standard import Definition
from keepstep_sandbox.dynamics.table import Row, key
from keepstep_sandbox.dynamics.values import held

_INDEXED = TEXTS | LOOKUPS | {Type.ID}


class Search:
    """Made for one question."""

    def __init__(self, environment: Environment, table: Definition, condition: nodes.Condition | None) -> None:
        """Prepare.

        Raises:
            DynamicsError: the condition names what the table hasn't.
        """
        self._environment, self._table, self._condition = environment, table, condition
        self._getters: dict[nodes.Path, Callable[[Row], Any]] = {}
        for path in _paths(condition):
            self.getter(path)

    def rows(self, after: str = "") -> Iterator[Row]:
        """Give what meets the condition, by id, those after one."""
        held_in = self._environment.tables[self._table.name]
        ids = self._narrowed(self._condition)
        candidates: Iterable[Row] = held_in.rows(after)
        if ids is not None:
            candidates = [row for one in sorted(ids) if one > after and (row := held_in.get(one)) is not None]
        for row in candidates:
            if self._condition is None or self._met(row):
                yield row

    def ordered(self, order: Iterable[tuple[nodes.Path, bool]]) -> list[Row]:
        """Give what meets the condition in an order; empty values come first, as SQL Server has it."""
        rows = list(self.rows())
        for path, descending in reversed(list(order)):
            get = self.getter(path)

            def place(row: Row, get: Callable[[Row], Any] = get) -> tuple[bool, Any]:
                value = get(row)
                return (value is not None, key(value) if value is not None else 0)

            rows.sort(key=place, reverse=descending)
        return rows

    def getter(self, path: nodes.Path) -> Callable[[Row], Any]:
        """Give the function that reads what a path stands for.

        Raises:
            DynamicsError: it stands for nothing.
        """
        if path not in self._getters:
            self._getters[path] = self._made(self._table.name, path)
        return self._getters[path]

    def _made(self, table: str, path: nodes.Path) -> Callable[[Row], Any]:
        schema = self._environment.schema
        if len(path) == 1:
            column = schema.by_wire(table, path[0])
            return lambda row: held(column, row)
        found = schema.by_navigation(table, path[0])
        if found is None:
            raise no_such_property(path[0], table)
        lookup, target = found
        inner = self._made(target, path[1:])

        def over(row: Row) -> Any:
            parent = self._environment.holder((target,), row.get(lookup.name))
            return None if parent is None else inner(parent[1])

        return over

    def _met(self, row: Row) -> bool:
        return self._condition is None or meets(self._condition, lambda path: self._getters[path](row))

    def _narrowed(self, condition: nodes.Condition | None) -> set[str] | None:
        """Give the ids that an index finds for a condition; None where none can."""
        match condition:
            case nodes.Comparison(path, "eq", value) if isinstance(value, str):
                return self._indexed(path, (value,))
            case nodes.OneOf(path, values):
                return self._indexed(path, values)
            case nodes.And(parts):
                found = [ids for part in parts if (ids := self._narrowed(part)) is not None]
                return min(found, key=len) if found else None
            case nodes.Or(parts):
                every = [self._narrowed(part) for part in parts]
                return set().union(*(ids for ids in every if ids is not None)) if None not in every else None
            case _:
                return None

    def _indexed(self, path: nodes.Path, values: Iterable[nodes.Literal]) -> set[str] | None:
        if len(path) != 1:
            return None
        column = self._environment.schema.by_wire(self._table.name, path[0])
        if column.type not in _INDEXED:
            return None
        held_in = self._environment.tables[self._table.name]
        return set().union(*(held_in.find(column.name, value) for value in values))


def _paths(condition: nodes.Condition | None) -> Iterator[nodes.Path]:
    match condition:
        case nodes.And(parts) | nodes.Or(parts):
            for part in parts:
                yield from _paths(part)
        case nodes.Not(part):
            yield from _paths(part)
        case nodes.Comparison(path) | nodes.OneOf(path):
            yield path
        case nodes.TextTest(_, path):
            yield path
        case _:
            return
