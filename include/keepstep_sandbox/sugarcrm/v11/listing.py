"""Lists of v11: `GET /MODULE`, `GET` and `POST /MODULE/filter`, their counts, and the like behind a link."""

from collections.abc import Iterable
from typing import Any

from keepstep_sandbox.sugarcrm.errors import SugarError, invalid
from keepstep_sandbox.sugarcrm.links import LINKS, Link, Links
from keepstep_sandbox.sugarcrm.querying import Condition, Order, Query, Querying
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.table import Row
from keepstep_sandbox.sugarcrm.v11 import filters
from keepstep_sandbox.sugarcrm.v11.calls import Answer, Call
from keepstep_sandbox.sugarcrm.v11.filters import Filters
from keepstep_sandbox.sugarcrm.v11.json_text import parsed
from keepstep_sandbox.sugarcrm.v11.rendering import Rendering
from keepstep_sandbox.sugarcrm.values import truth
from keepstep_sandbox.sugarcrm.view import full_name

PAGE = 20


class Listing:
    """See the module."""

    def __init__(self, site: Site, querying: Querying) -> None:
        self._site = site
        self._querying = querying
        self._filters = Filters(site)
        self._links = Links(site)
        self._rendering = Rendering(site)

    def list_records(self, call: Call) -> Answer:
        """Answer a list."""
        module = module_of(self._site, call)
        return self._page(call, module, self._found(call, module))

    def count(self, call: Call) -> Answer:
        """Answer the count of a list."""
        return Answer({"record_count": len(self._found(call, module_of(self._site, call)))})

    def list_related(self, call: Call) -> Answer:
        """Answer `GET /MODULE/ID/link/LINK`, with or without a filter."""
        link, found = self._behind(call)
        return self._page(call, link.module, found)

    def count_related(self, call: Call) -> Answer:
        """Answer the count of what is behind a link."""
        return Answer({"record_count": len(self._behind(call)[1])})

    def _behind(self, call: Call) -> tuple[Link, list[str]]:
        module, link = module_of(self._site, call), link_of(self._site, call)
        if self._site.tables[module].live(call.path["id"]) is None:
            raise SugarError("not_found", f"Could not find parent record {call.path['id']} in module: {module}")
        ids = self._links.related(module, call.path["id"], link)
        return link, self._found(call, link.module, ids)

    def _found(self, call: Call, module: str, within: Iterable[str] | None = None) -> list[str]:
        arguments = call.arguments
        clauses = parsed(arguments.get("filter", []))
        if arguments.get("filter_id"):
            raise SugarError("not_found", f"Could not find filter: {arguments['filter_id']}")
        only = filters.candidates(self._site, module, clauses)
        if within is not None:
            only = set(within) if only is None else only & set(within)
        deleted = truth(arguments.get("deleted", False)) and self._site.settings.honours_deleted
        conditions = [self._filters.condition(module, clauses), *self._more(call)]
        key = (clauses, arguments.get("q"), arguments.get("my_items"), arguments.get("favorites"), call.user)
        return self._querying.ids(
            Query(
                module=module,
                key=(key, None if within is None else sorted(within)),
                condition=conditions[0] if len(conditions) == 1 else lambda row: all(one(row) for one in conditions),
                candidates=only,
                orders=self._orders(module, arguments.get("order_by")),
                deleted=deleted,
            )
        )

    def _more(self, call: Call) -> list[Condition]:
        found: list[Condition] = []
        words = str(call.arguments.get("q") or "").casefold()
        if words:
            found.append(lambda row: words in _text(row))
        if truth(call.arguments.get("my_items", False)):
            found.append(lambda row: row.get("assigned_user_id") == call.user)
        if truth(call.arguments.get("favorites", False)):
            found.append(lambda _: False)  # nobody has favorites here
        return found

    def _orders(self, module: str, text: Any) -> tuple[Order, ...]:
        orders: list[Order] = []
        for part in str(text or "date_modified:DESC").split(","):
            name, _, direction = part.strip().partition(":")
            field = self._site.schema.field(module, name)
            if field is None:
                raise invalid(f"Unknown field to sort by: {name}")
            orders.append(Order(field, direction.strip().upper() == "DESC"))
        return tuple(orders)

    def _page(self, call: Call, module: str, ids: list[str]) -> Answer:
        offset = 0 if call.arguments.get("offset") == "end" else max(0, call.number("offset", 0))
        size = call.number("max_num", PAGE)
        size = PAGE if size < 1 else min(size, self._site.settings.max_page)
        chosen = self._rendering.chosen(module, call)
        table = self._site.tables[module]
        rows = [table.get(record_id) or {} for record_id in ids[offset : offset + size]]
        end = offset + size
        records = [self._rendering.record(module, row, chosen) for row in rows]
        return Answer({"next_offset": end if end < len(ids) else -1, "records": records})


def module_of(site: Site, call: Call) -> str:
    """Give the module that a path names.

    Raises:
        SugarError: there's none.
    """
    module = call.path["module"]
    if module not in site.schema:
        raise SugarError("no_method", f"Could not find a route with module {module}")
    return module


def link_of(site: Site, call: Call) -> Link:
    """Give the link that a path, or the body's `link_name`, names.

    Raises:
        SugarError: there's none.
    """
    name = call.path.get("link") or str(call.needed("link_name"))
    link = LINKS[module_of(site, call)].get(name)
    if link is None:
        raise SugarError("not_found", f"Could not find a relationship named: {name}")
    return link


def _text(row: Row) -> str:
    return f"{row.get('name', '')} {full_name(row)}".casefold()
