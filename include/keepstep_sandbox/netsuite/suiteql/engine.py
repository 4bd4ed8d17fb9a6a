"""Runs SuiteQL over tables a page at a time; remembers what matched, so that paging costs a page and not a table."""

import random
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

from keepstep_sandbox.netsuite.errors import invalid_search
from keepstep_sandbox.netsuite.suiteql import nodes
from keepstep_sandbox.netsuite.suiteql.compiler import Catalogue, Compiled, Rows, Scope, is_constant
from keepstep_sandbox.netsuite.suiteql.functions import Locale, Value, number, text
from keepstep_sandbox.netsuite.suiteql.matching import match
from keepstep_sandbox.netsuite.suiteql.walk import tables, walk
from keepstep_sandbox.netsuite.table import ID, Table

MAX_ROWS: Final = 100_000  # that a query can give, however it's paged
REMEMBERED: Final = 4  # queries whose matches are kept
_UNIQUE: Final = frozenset({"id", "recordid", "key"})


class Database(Catalogue, Protocol):
    """What the engine asks of the account."""

    def table(self, name: str) -> Table | None:
        """Give a table, None if there's none of that name."""

    def version(self, names: frozenset[str]) -> Hashable:
        """Give a value that changes whenever one of these tables, the schema or the role does."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer: values are texts, a NULL is left out, keys are in lower case."""

    items: list[dict[str, str]]
    total: int
    has_more: bool


class Engine:
    """Runs parsed queries against a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: OrderedDict[Hashable, list[Rows]] = OrderedDict()

    def run(self, query: nodes.Query, *, locale: Locale, now: datetime, limit: int, offset: int) -> Page:
        """Give one page of a query's answer.

        Raises:
            NetSuiteError: the query can't be evaluated.
        """
        scope = self._scope(query, locale, now)
        columns = self._columns(query, scope)
        rows = self._rows(query, scope, limit, offset)
        if any(isinstance(node, nodes.Aggregate) for item in query.items for node in walk(item)):
            return _page([_aggregated(query, columns, scope, rows)], limit, offset)
        if query.distinct:
            unique = {tuple(sorted(item.items())): item for item in _items(rows, columns, locale)}
            return _page(list(unique.values()), limit, offset)
        total = min(len(rows), MAX_ROWS)
        chosen = rows[offset : min(offset + limit, total)]
        return Page(_items(chosen, columns, locale), total, offset + limit < total)

    def _scope(self, query: nodes.Query, locale: Locale, now: datetime) -> Scope:
        named = [(query.alias, query.table), *((join.alias, join.table) for join in query.joins)]
        if len({alias for alias, _ in named}) != len(named):
            raise invalid_search("Two tables have the same alias.")
        for _, table in named:
            if self._database.table(table) is None:
                raise invalid_search(f"Record '{table}' was not found.")
        return Scope(self._database, dict(named), locale, now, lambda inner: self._inner(inner, locale, now))

    def _inner(self, query: nodes.Query, locale: Locale, now: datetime) -> list[Value]:
        scope = self._scope(query, locale, now)
        columns = self._columns(query, scope)
        if len(columns) != 1:
            raise invalid_search("A subquery must have one column.")
        value = next(iter(columns.values()))
        return [value(rows) for rows in self._rows(query, scope, MAX_ROWS, 0)]

    def _columns(self, query: nodes.Query, scope: Scope) -> dict[str, Compiled]:
        """Give the answer's keys, each with the function that makes its value; aggregates are made elsewhere."""
        columns: dict[str, Compiled] = {}
        for place, item in enumerate(query.items, start=1):
            if isinstance(item.value, nodes.Star):
                columns |= self._star(item.value, scope)
                continue
            name = item.alias or (item.value.name if isinstance(item.value, nodes.Column) else f"expr{place}")
            value = item.value.argument or nodes.Literal(1) if isinstance(item.value, nodes.Aggregate) else item.value
            columns[name] = scope.compile(value)
        return columns

    def _star(self, star: nodes.Star, scope: Scope) -> dict[str, Compiled]:
        if star.table and star.table not in scope.tables:
            raise invalid_search(f"Record '{star.table}' was not found.")
        chosen = {star.table: scope.tables[star.table]} if star.table else scope.tables
        return {
            column: scope.compile(nodes.Column(alias, column))
            for alias, table in chosen.items()
            for column in self._database.targets(table) or {}
        }

    def _rows(self, query: nodes.Query, scope: Scope, limit: int, offset: int) -> Sequence[Rows]:
        """Give all rows of the answer in their order."""
        query, most = _without_row_number(query, scope)
        rest, after = _without_keyset(query, scope)
        rows = self._ordered(rest, scope, most, limit, offset)
        if after is not None:
            rows = rows[bisect_right(rows, after, key=lambda row: row[0][ID]) :]
        return rows if query.first is None else rows[: query.first]

    def _ordered(self, query: nodes.Query, scope: Scope, most: int | None, limit: int, offset: int) -> list[Rows]:
        order = [replace(part, value=_ordered_value(part.value, query)) for part in query.order]
        stable = any(isinstance(part.value, nodes.Column) and part.value.name in _UNIQUE for part in order)
        core = replace(query, items=(), first=None)
        names = tables(core)
        by_name = any(isinstance(node, nodes.Call) and node.name == "BUILTIN.DF" for node in walk((core, tuple(order))))
        version = self._database.version(frozenset() if by_name else names)  # no names: all the tables
        key = (core, tuple(order), most, version, scope.locale, None if stable else offset)
        kept = self._remembered.get(key)
        if kept is None:
            rows = match(core, scope, self._table)[:most]
            if not stable and len(rows) > limit:
                # Without a unique order the real pages overlap and leave gaps; here too, the same way each time.
                random.Random(offset).shuffle(rows)
            kept = _sorted(rows, order, scope)
            if not any(isinstance(node, nodes.Now) for node in walk(core)):
                self._remember(key, kept)
        return kept

    def _remember(self, key: Hashable, rows: list[Rows]) -> None:
        self._remembered[key] = rows
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)

    def _table(self, name: str) -> Table:
        table = self._database.table(name)
        if table is None:
            raise invalid_search(f"Record '{name}' was not found.")
        return table


def _page(items: list[dict[str, str]], limit: int, offset: int) -> Page:
    total = min(len(items), MAX_ROWS)
    return Page(items[offset : min(offset + limit, total)], total, offset + limit < total)


def _items(rows: Sequence[Rows], columns: Mapping[str, Compiled], locale: Locale) -> list[dict[str, str]]:
    return [
        {name: told for name, value in columns.items() if (told := text(value(row), locale)) is not None}
        for row in rows
    ]


def _aggregated(
    query: nodes.Query, columns: Mapping[str, Compiled], scope: Scope, rows: Sequence[Rows]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for item, (name, value) in zip(query.items, columns.items(), strict=True):
        if not isinstance(item.value, nodes.Aggregate):
            raise invalid_search("Without GROUP BY, aggregates stand alone.")
        told = text(_aggregate(item.value, [value(row) for row in rows]), scope.locale)
        if told is not None:
            found[name] = told
    return found


def _aggregate(node: nodes.Aggregate, values: list[Any]) -> Value:
    known = [value for value in values if value is not None]
    if node.distinct:
        known = list(dict.fromkeys(known))
    if node.name == "COUNT":
        return len(known)
    if not known:
        return None
    found: Value = min(known) if node.name == "MIN" else max(known)
    return found


def _without_row_number(query: nodes.Query, scope: Scope) -> tuple[nodes.Query, int | None]:
    """Take out `ROWNUM <= n`: give the query without it, and how many rows may go into the order (None: all)."""
    most: int | None = None
    rest: list[nodes.Expression] = []
    for condition in query.where:
        match condition:
            case nodes.Comparison(operator="<=" | "<" as symbol, left=nodes.RowNumber(), right=right) if is_constant(
                right
            ):
                figure = int(number(scope.compile(right)(()))) - (symbol == "<")
                most = figure if most is None else min(most, figure)
            case _:
                rest.append(condition)
    return replace(query, where=tuple(rest)), None if most is None else max(most, 0)


def _without_keyset(query: nodes.Query, scope: Scope) -> tuple[nodes.Query, float | None]:
    """Take out `id > n` where the order is by that id alone: give the query without it, and n.

    What is left is the same query for every page, so its matches can be kept from page to page.
    """
    if len(query.order) != 1 or query.order[0].descending or not _is_first_id(query.order[0].value, scope):
        return query, None
    for place, condition in enumerate(query.where):
        match condition:
            case nodes.Comparison(operator=">", left=nodes.Column() as left, right=right) if is_constant(right):
                value = scope.compile(right)(())
                if _is_first_id(left, scope) and value is not None:
                    return replace(query, where=query.where[:place] + query.where[place + 1 :]), number(value)
    return query, None


def _is_first_id(node: nodes.Expression, scope: Scope) -> bool:
    return isinstance(node, nodes.Column) and node.name == ID and scope.find(node)[0] == 0


def _ordered_value(node: nodes.Expression, query: nodes.Query) -> nodes.Expression:
    """Give what a part of ORDER BY means: a column, the alias of an item, or an item's number."""
    if isinstance(node, nodes.Literal) and isinstance(node.value, int):
        if not 1 <= node.value <= len(query.items):
            raise invalid_search("ORDER BY item must be the number of a SELECT-list expression.")
        return query.items[node.value - 1].value
    if isinstance(node, nodes.Column) and not node.table:
        return next((item.value for item in query.items if item.alias == node.name), node)
    return node


def _sorted(rows: list[Rows], order: Sequence[nodes.Order], scope: Scope) -> list[Rows]:
    for part in reversed(order):
        rows = sorted(rows, key=_sort_key(scope.compile(part.value)), reverse=part.descending)
    return rows


def _sort_key(value: Compiled) -> Callable[[Rows], tuple[bool, Any]]:
    """Put NULL after everything else (first, where descending), as Oracle does."""

    def key(rows: Rows) -> tuple[bool, Any]:
        found = value(rows)
        return (found is None, 0 if found is None else found)

    return key
