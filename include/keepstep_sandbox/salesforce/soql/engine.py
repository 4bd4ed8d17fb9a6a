"""Runs a parsed query: candidates by an index where there is one, then the conditions, the order, the columns."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from keepstep_sandbox.salesforce.errors import bad_request, no_such_object
from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.schema import Type
from keepstep_sandbox.salesforce.soql import nodes
from keepstep_sandbox.salesforce.soql.compiler import Compiler, Getter
from keepstep_sandbox.salesforce.soql.parser import parse, parse_condition
from keepstep_sandbox.salesforce.soql.tokens import place
from keepstep_sandbox.salesforce.table import STAMP, Row, key
from keepstep_sandbox.salesforce.view import View

_INDEXED: Final = frozenset({"Id", "Email", "Username", "AccountId", "MasterRecordId"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query came to: the rows as they were then, and how to write each.

    Attributes:
        kind: the object.
        rows: in order.
        columns: a function for each column's value, by the path it was selected by, canonical names.
        counted: whether only the count was asked for.
    """

    kind: str
    rows: Sequence[Row]
    columns: dict[tuple[str, ...], Getter]
    compiler: Compiler
    counted: bool = False


def run(org: Org, text: str, *, deleted: bool) -> Answer:
    """Run a query; `deleted` also sees the recycle bin.

    Raises:
        SalesforceError: the query isn't understood.
    """
    return _run(org, View(org, deleted=deleted), parse(text), text)


def holds(org: Org, kind: str, condition: str, row: Row) -> bool:
    """Tell whether a row that may not be stored yet fulfils a condition.

    Raises:
        SalesforceError: the condition isn't understood.
    """
    view = View(org, deleted=True, fresh=True)
    compiler = Compiler(org.schema, view, kind, org.now(), lambda _: [], "", condition)
    return compiler.test(parse_condition(condition))(row)


def _run(org: Org, view: View, query: nodes.Query, text: str) -> Answer:
    kind = _kind(org, query, text)

    def inner(sub: nodes.Query) -> list[Any]:
        found = _run(org, view, sub, text)
        if len(found.columns) != 1:
            raise bad_request("MALFORMED_QUERY", "semi join sub-selects can only query one field")
        get = next(iter(found.columns.values()))
        return [get(row) for row in found.rows]

    compiler = Compiler(org.schema, view, kind, org.now(), inner, query.alias, text)
    columns = {_canonical(compiler, path): compiler.getter(path)[0] for path in query.paths}
    if len(columns) < len(query.paths):
        raise bad_request("INVALID_FIELD", "duplicate field selected")
    rows: Iterable[Row] = view.rows(kind, _candidates(org, kind, query.where, compiler))
    if query.where is not None:
        rows = filter(compiler.test(query.where), rows)
    found = _ordered(rows, query.order, compiler)
    end = None if query.limit is None else query.offset + query.limit
    return Answer(kind, found[query.offset : end], columns, compiler, counted=not query.paths)


def _kind(org: Org, query: nodes.Query, text: str) -> str:
    for kind in org.schema.kinds():
        if kind.lower() == query.kind.lower():
            return kind
    raise bad_request("INVALID_TYPE", f"{place(text, query.kind_at)}{no_such_object(query.kind).message}")


def _canonical(compiler: Compiler, path: nodes.Path) -> tuple[str, ...]:
    references, field = compiler.follow(path)
    return (*(reference.relationship for reference in references), field.name)


def _candidates(org: Org, kind: str, where: nodes.Condition | None, compiler: Compiler) -> Iterable[str] | None:
    """Give at least all ids that can match, as few as an index allows; None for all."""
    conditions = where.parts if isinstance(where, nodes.And) else (where,) if where is not None else ()
    found = [ids for one in conditions if (ids := _by_index(org, kind, one, compiler)) is not None]
    return min(found, key=len, default=None)


def _by_index(org: Org, kind: str, condition: nodes.Condition, compiler: Compiler) -> Sequence[str] | None:
    match condition:
        case nodes.Comparison(path=path, operator="=", value=value) if value is not None:
            return _equal(org, kind, path, (value,), compiler)
        case nodes.InList(path=path, values=values) if None not in values:
            return _equal(org, kind, path, values, compiler)
        case nodes.Comparison(path=path, operator=(">" | ">="), value=datetime() as since):
            names = compiler.names(path)
            return org.tables[kind].stamped(since) if names[-1].lower() == STAMP.lower() and len(names) == 1 else None
    return None


def _equal(
    org: Org, kind: str, path: nodes.Path, values: Sequence[nodes.Literal], compiler: Compiler
) -> Sequence[str] | None:
    references, field = compiler.follow(path)
    if references or (field.name not in _INDEXED and not field.external_id):
        return None
    if not all(isinstance(value, str) for value in values):
        return None
    table = org.tables[kind]
    wanted = {compiler.value(field, value) for value in values}
    found = {record_id for value in wanted if value is not None for record_id in table.find(field.name, value)}
    return sorted(found)


def _ordered(rows: Iterable[Row], order: Sequence[nodes.Order], compiler: Compiler) -> list[Row]:
    found = list(rows)
    for part in reversed(order):
        get, field = compiler.getter(part.path)
        if field.type is Type.TEXTAREA:
            raise bad_request("MALFORMED_QUERY", f"field '{field.name}' can not be sorted in a query call")
        found.sort(key=_sort_key(get, part), reverse=part.descending)
    return found


def _sort_key(get: Getter, part: nodes.Order) -> Callable[[Row], tuple[bool, Any]]:
    filled_first = part.nulls_last is not part.descending  # reversing the list reverses this as well

    def sort_key(row: Row) -> tuple[bool, Any]:
        value = key(get(row))
        return (value is None) is filled_first, "" if value is None else value

    return sort_key
