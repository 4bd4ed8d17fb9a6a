"""Answers a question from the tables at the cost of what it asks for, not of what there is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import total_ordering
from itertools import islice
from typing import Any, Final

from keepstep_sandbox.account_engagement.filters import Condition, Order, Relation, span
from keepstep_sandbox.account_engagement.schema import ObjectType, Type
from keepstep_sandbox.account_engagement.table import EVER, Row, Table
from keepstep_sandbox.account_engagement.view import View

Keys = tuple[Any, ...]  # the values, in a row, of the fields that a question sorts by
SELECTIVE: Final = 4  # an index is used where it leaves less than a fourth of the rows


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an object; `after` holds the keys of the last row of the page before."""

    kind: str
    conditions: tuple[Condition, ...]
    order: Order
    limit: int
    after: Keys | None = None


@total_ordering
@dataclass(frozen=True, slots=True)
class _Descending:
    """Turns an order round."""

    value: Any

    def __lt__(self, other: "_Descending") -> bool:
        return bool(other.value < self.value)


def keys_of(order: Order, row: Row) -> Keys:
    """Give what a row is sorted by."""
    return tuple(row.get(name) for name, _ in order.fields)


def fits(order: Order, kind: ObjectType, keys: Keys) -> bool:
    """Tell whether keys that came from outside can be those of a row."""
    if len(keys) != len(order.fields):
        return False
    types = {Type.INTEGER: int, Type.DATETIME: datetime}
    wanted = [types.get(kind.field(name).type, str) for name, _ in order.fields]
    return keys[-1] is not None and all(
        key is None or isinstance(key, one) for key, one in zip(keys, wanted, strict=True)
    )


def answer(view: View, question: Question) -> list[Row]:
    """Give the first rows in order, one more than the limit if there are more."""
    return list(islice(_matching(view, question), question.limit + 1))


def _matching(view: View, question: Question) -> Iterator[Row]:
    table = view.table(question.kind)
    (first, descending), *more = question.order.fields
    if not view.earlier(question.kind):
        ids: Iterable[int] | None = None
        if first == "id":
            ids = _by_id(table, question, descending=descending)
        elif table.indexed(first) and more == [("id", descending)] and _few(table, question, besides=first) is None:
            after = question.after
            # Rows without a moment come first, and no question for a page after them can leave them out unseen.
            if first in _bounded(question):
                start, end = span(question.conditions, first)
                at = None if after is None else (after[0], after[1])
                ids = table.by_moment(first, start, end, after=at, descending=descending)
        if ids is not None:
            return _holding(question, (table.get(row_id) for row_id in ids))
    return _sorted(view, question)


def _by_id(table: Table, question: Question, *, descending: bool) -> Iterable[int]:
    after = None if question.after is None else question.after[0]
    few = _few(table, question)
    if few is None:
        return table.in_order(after, descending=descending)
    if after is None:
        return sorted(few, reverse=descending)
    return sorted((i for i in few if (i < after if descending else i > after)), reverse=descending)


def _sorted(view: View, question: Question) -> Iterator[Row]:
    """Look at all rows that may be meant, and sort them: for stale views, and for orders without an index."""
    table, earlier = view.table(question.kind), view.earlier(question.kind)
    few = _few(table, question)
    ids = table.in_order(None, descending=False) if few is None else few
    seen = (view.get(question.kind, row_id) for row_id in dict.fromkeys([*ids, *earlier]))
    key = _key(question.order)
    rows = sorted(_holding(question, seen), key=lambda row: key(keys_of(question.order, row)))
    if question.after is None:
        return iter(rows)
    last = key(question.after)
    return (row for row in rows if last < key(keys_of(question.order, row)))


def _key(order: Order) -> Callable[[Keys], Keys]:
    """Give what makes keys comparable: each with its direction, a missing value before all others."""

    def comparable(keys: Keys) -> Keys:
        pairs = zip(keys, order.fields, strict=True)
        return tuple(
            _Descending(one) if descending else one
            for one, descending in (((key is not None, key or 0), descending) for key, (_, descending) in pairs)
        )

    return comparable


def _holding(question: Question, rows: Iterable[Row | None]) -> Iterator[Row]:
    conditions = question.conditions
    return (row for row in rows if row is not None and all(condition.holds(row) for condition in conditions))


def _bounded(question: Question) -> set[str]:
    """Give the fields whose value the conditions say something about, so that rows without one are left out."""
    return {condition.field for condition in question.conditions} | {"createdAt", "updatedAt"}


def _few(table: Table, question: Question, *, besides: str = "") -> set[int] | None:
    """Give the ids that the most selective condition, besides those on a field, leaves; None if that isn't few."""
    best: set[int] | None = None
    bound = len(table) / SELECTIVE
    for condition in question.conditions:
        found = _equal(table, condition)
        if found is not None and len(found) < bound:
            best, bound = found, len(found)
    for field in {one.field for one in question.conditions if table.indexed(one.field)} - {besides}:
        first, last = span(question.conditions, field)
        if (first, last) != EVER and table.count_between(field, first, last) < bound:
            best = set(table.by_moment(field, first, last))
            bound = len(best)
    return best


def _equal(table: Table, condition: Condition) -> set[int] | None:
    """Give the ids of the rows with a value, or one of several; None where that's no way to find them."""
    if condition.relation not in (Relation.EQUAL, Relation.ANY_OF) or condition.value is False:
        return None
    values = condition.value if condition.relation is Relation.ANY_OF else (condition.value,)
    if condition.field == "id":
        return {value for value in values if table.get(value) is not None}
    found: set[int] = set()
    for value in values:
        found |= table.find(condition.field, value)
    return found
