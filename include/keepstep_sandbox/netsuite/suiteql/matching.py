"""Finds the rows that a query is about: candidates by an index where there is one, then joins, then the conditions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from keepstep_sandbox.netsuite.errors import invalid_search
from keepstep_sandbox.netsuite.suiteql import nodes
from keepstep_sandbox.netsuite.suiteql.compiler import Compiled, Rows, Scope, is_constant
from keepstep_sandbox.netsuite.suiteql.functions import Value, align, number
from keepstep_sandbox.netsuite.suiteql.walk import flat, walk
from keepstep_sandbox.netsuite.table import ID, MODIFIED, Row, Table


def match(query: nodes.Query, scope: Scope, table: Callable[[str], Table]) -> list[Rows]:
    """Give the joined rows that fulfil the query's conditions, in order of the first table's ids.

    Raises:
        NetSuiteError: the query can't be evaluated.
    """
    early: list[Compiled] = []  # conditions on the first table alone are checked before the joins
    late: list[Compiled] = []
    for condition in query.where:
        (early if _places(condition, scope) <= {0} else late).append(scope.compile(condition))
    first = table(query.table)
    rows: Iterable[Rows] = ((row,) for row in _candidates(query.where, scope, first))
    rows = _kept(rows, early)
    for place, join in enumerate(query.joins, start=1):
        rows = _joined(rows, join, place, scope, table(join.table))
    return list(_kept(rows, late))


def _places(condition: nodes.Expression, scope: Scope) -> set[int]:
    """Give the places of the tables that a condition looks at; a subquery looks at its own."""
    if isinstance(condition, nodes.InQuery):
        condition = condition.value
    if any(isinstance(node, nodes.Query) for node in walk(condition)):
        return set(range(len(scope.tables)))  # somewhere inside: leave it for the end
    return {scope.find(node)[0] for node in walk(condition) if isinstance(node, nodes.Column)}


def _kept(rows: Iterable[Rows], conditions: Sequence[Compiled]) -> Iterable[Rows]:
    for condition in conditions:
        rows = filter(condition, rows)
    return rows


def _candidates(where: Sequence[nodes.Expression], scope: Scope, table: Table) -> Iterable[Row]:
    """Give at least all rows that can match, as few as an index allows."""
    chosen: Sequence[int] | None = None
    for condition in where:
        found = _by_index(condition, scope, table)
        if found is not None and (chosen is None or len(found) < len(chosen)):
            chosen = found
    if chosen is None:
        return table.rows()
    return [row for row_id in chosen if (row := table.get(row_id)) is not None]


def _by_index(condition: nodes.Expression, scope: Scope, table: Table) -> Sequence[int] | None:
    match condition:
        case nodes.Comparison(left=nodes.Column() as column, right=right) if is_constant(right):
            value = scope.compile(right)(())
            place, _ = scope.find(column)
            if place != 0 or value is None:
                return None
            return _compared_by_index(condition.operator, column.name, value, scope, table)
        case nodes.InList(value=nodes.Column(name="id") as column, items=items) if all(map(is_constant, items)):
            if scope.find(column)[0] != 0:
                return None
            values = [scope.compile(item)(()) for item in items]
            return sorted({int(number(value)) for value in values if value is not None})
        case _:
            return None


def _compared_by_index(symbol: str, column: str, value: Value, scope: Scope, table: Table) -> Sequence[int] | None:
    if column == ID and symbol == "=":
        wanted = number(value)
        return [int(wanted)] if wanted == int(wanted) else []
    if column == ID and symbol in (">", ">="):
        return table.ids()[table.after(int(number(value)) - 1) :]
    if column == MODIFIED and symbol in ("=", ">", ">="):
        stamp, _ = align(value, value if isinstance(value, datetime) else scope.now, scope.locale)
        return table.modified_from(stamp)
    return None


def _joined(rows: Iterable[Rows], join: nodes.Join, place: int, scope: Scope, table: Table) -> Iterator[Rows]:
    """Join a further table: by its id, by an index over the column compared, or else by looking at every pair."""
    partners, rest = _partners(join, place, scope, table)
    for row in rows:
        found = False
        for partner in partners(row):
            both = (*row, partner)
            if all(condition(both) for condition in rest):
                found = True
                yield both
        if join.left and not found:
            yield (*row, {})


def _partners(
    join: nodes.Join, place: int, scope: Scope, table: Table
) -> tuple[Callable[[Rows], Iterable[Row]], list[Compiled]]:
    conditions = list(flat(join.on))
    for condition in conditions:
        if any(after > place for after in _places(condition, scope)):
            raise invalid_search("ON refers to a table that is joined later.")
    for condition in conditions:
        sides = _equation(condition, place, scope)
        if sides is not None:
            rest = [scope.compile(one) for one in conditions if one is not condition]
            column, other = sides
            return _lookup(table, column, scope.compile(other)), rest
    everything = table.rows()
    return (lambda _rows: everything), [scope.compile(one) for one in conditions]


def _equation(condition: nodes.Expression, place: int, scope: Scope) -> tuple[str, nodes.Expression] | None:
    """Take `new.column = something of the tables before`, either way round."""
    if not isinstance(condition, nodes.Comparison) or condition.operator != "=":
        return None
    for new, old in ((condition.left, condition.right), (condition.right, condition.left)):
        if isinstance(new, nodes.Column) and scope.find(new)[0] == place and place not in _places(old, scope):
            return new.name, old
    return None


def _lookup(table: Table, column: str, value: Compiled) -> Callable[[Rows], Iterable[Row]]:
    if column == ID:

        def by_id(rows: Rows) -> Iterable[Row]:
            wanted = value(rows)
            row = table.get(int(number(wanted))) if wanted is not None else None
            return () if row is None else (row,)

        return by_id
    index = table.by(column)
    return lambda rows: index.get(value(rows), ())
