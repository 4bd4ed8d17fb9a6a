"""Runs a query over one module: candidates, condition, order; remembers the last answers for the pages to come."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from keepstep_sandbox.sugarcrm.schema import Field
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.table import Row
from keepstep_sandbox.sugarcrm.view import View

_KEPT: Final = 8
Condition = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Order:
    """A field to sort by."""

    field: Field
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked.

    Attributes:
        key: what tells this query from others; equal keys on an unchanged site have equal answers.
        condition: what a row must fulfil.
        candidates: ids outside of which no row can fulfil it; None = all.
        orders: what to sort by; ties are in the order of ids.
        deleted: whether deleted rows are told too.
    """

    module: str
    key: object
    condition: Condition
    candidates: Iterable[str] | None = None
    orders: Sequence[Order] = ()
    deleted: bool = False


class Querying:
    """See the module."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._view = View(site)
        self._answers: dict[object, list[str]] = {}
        site.on_reset.append(self._answers.clear)

    def ids(self, query: Query) -> list[str]:
        """Give the ids of the rows that fulfil a query, in its order."""
        key = (self._site.version(), query.module, repr(query.key), tuple(query.orders), query.deleted)
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = self._run(query)
            while len(self._answers) > _KEPT:
                del self._answers[next(iter(self._answers))]
        return found

    def _run(self, query: Query) -> list[str]:
        table = self._site.tables[query.module]
        ids = table.ids() if query.candidates is None else set(query.candidates)
        rows = [row for record_id in ids if (row := table.get(record_id)) is not None]
        rows = [row for row in rows if (query.deleted or not row.get("deleted", False)) and query.condition(row)]
        rows.sort(key=lambda row: str(row["id"]))
        for order in reversed(query.orders):
            rows.sort(key=self._sorting(query.module, order.field), reverse=order.descending)
        return [row["id"] for row in rows]

    def _sorting(self, module: str, field: Field) -> Callable[[Row], Any]:
        def sorting(row: Row) -> tuple[bool, Any]:
            value = self._view.value(module, field, row)
            value = value.casefold() if isinstance(value, str) else value
            return (value is not None, "" if value is None else value)

        return sorting
