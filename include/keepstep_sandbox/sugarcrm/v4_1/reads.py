"""The reading methods of the legacy service."""

from typing import Any

from keepstep_sandbox.sugarcrm.links import LINKS, Links
from keepstep_sandbox.sugarcrm.site import SYNCED, Site
from keepstep_sandbox.sugarcrm.standard import CONTACTS, USERS
from keepstep_sandbox.sugarcrm.v4_1.conditions import Conditions
from keepstep_sandbox.sugarcrm.v4_1.errors import Crash, no_module
from keepstep_sandbox.sugarcrm.v4_1.rendering import Rendering, gone
from keepstep_sandbox.sugarcrm.values import DATABASE, truth
from keepstep_sandbox.sugarcrm.view import full_name

Arguments = dict[str, Any]


class Reads:
    """Each method takes its user and its arguments, by name."""

    def __init__(self, site: Site, conditions: Conditions) -> None:
        self._site = site
        self._conditions = conditions
        self._links = Links(site)
        self._rendering = Rendering(site)

    def get_entry(self, user: str, given: Arguments) -> Any:
        """Read one record."""
        return self.get_entries(user, {**given, "ids": [given["id"]]})

    def get_entries(self, _: str, given: Arguments) -> Any:
        """Read records by their ids."""
        module, names, links = module_of(self._site, given), names_of(given["select_fields"]), _links(given)
        entries, related = [], []
        for record_id in names_of(given["ids"]):
            row = self._site.tables[module].live(record_id)
            entries.append(gone(module, record_id) if row is None else self._rendering.entry(module, row, names))
            if links:
                # Beside entries that were asked for by id, links are told without the envelopes that lists have
                # (the public client `sugarcrm` reads both shapes, and so do others).
                told = [] if row is None else self._rendering.linked(module, record_id, links)
                related.append([{**one, "records": [of["link_value"] for of in one["records"]]} for one in told])
        return {"entry_list": entries, "relationship_list": related}

    def get_entry_list(self, _: str, given: Arguments) -> Any:
        """Read a page of records that fulfil a condition."""
        module, names, links = module_of(self._site, given), names_of(given["select_fields"]), _links(given)
        deleted = truth(given["deleted"])
        order = str(given["order_by"] or "")
        ids = self._conditions.ids(module, str(given["query"] or ""), order, deleted=deleted)
        offset, size = max(0, number(given["offset"])), number(given["max_results"])
        size = size if size > 0 else self._site.settings.page
        page = ids[offset : offset + size]
        table = self._site.tables[module]
        entries = [self._rendering.entry(module, table.get(one) or {}, names) for one in page]
        related = [{"link_list": self._rendering.linked(module, one, links)} for one in page] if links else []
        return {
            "result_count": len(page),
            "total_count": str(len(ids)) if ids else 0,
            "next_offset": offset + len(page),
            "entry_list": entries,
            "relationship_list": related,
        }

    def get_entries_count(self, _: str, given: Arguments) -> Any:
        """Count the records that fulfil a condition."""
        module = module_of(self._site, given)
        ids = self._conditions.ids(module, str(given["query"] or ""), deleted=truth(given["deleted"]))
        return {"result_count": str(len(ids))}

    def get_relationships(self, _: str, given: Arguments) -> Any:
        """Read what is behind a link; removed members don't come back, whatever `deleted` says."""
        module, record_id = module_of(self._site, given), str(given["module_id"])
        link = LINKS[module].get(str(given["link_field_name"]))
        if link is None or self._site.tables[module].live(record_id) is None:
            return {"entry_list": [], "relationship_list": []}
        within = self._links.related(module, record_id, link)
        query, order = str(given["related_module_query"] or ""), str(given["order_by"] or "")
        ids = self._conditions.ids(link.module, query, order, within=within)
        offset, size = max(0, number(given["offset"])), number(given["limit"])
        page = ids[offset : offset + size] if size > 0 else ids[offset:]
        names, table = names_of(given["related_fields"]), self._site.tables[link.module]
        wanted = given["related_module_link_name_to_fields_array"] or []
        related = [{"link_list": self._rendering.linked(link.module, one, wanted)} for one in page] if wanted else []
        entries = [self._rendering.entry(link.module, table.get(one) or {}, names) for one in page]
        return {"entry_list": entries, "relationship_list": related}

    def get_modified_relationships(self, user: str, given: Arguments) -> Any:
        """Read the current user's contacts in the mail program; recorded: a link that was taken away is told still."""
        module_of(self._site, given)
        found: list[dict[str, Any]] = []
        if (given["module_name"], given["related_module"]) == (USERS, CONTACTS) and not truth(given["deleted"]):
            names, table = names_of(given["select_fields"]), self._site.tables[CONTACTS]
            for join in self._site.joins[SYNCED].rows():
                row = table.live(join["contact_id"]) if join["user_id"] == user else None
                if row is not None and given["from_date"] < row["date_modified"].strftime(DATABASE) <= given["to_date"]:
                    found.append({**self._rendering.entry(CONTACTS, row, names), "module_name": SYNCED})
        offset, size = max(0, number(given["offset"])), number(given["max_results"])
        page = found[offset : offset + (size if size > 0 else self._site.settings.page)]
        none = {"number": 0, "name": "No Error", "description": "No Error"}
        return {"result_count": len(page), "next_offset": offset + len(page), "entry_list": page, "error": none}

    def search_by_module(self, _: str, given: Arguments) -> Any:
        """Search by name or address; the fields told are the id and the name."""
        words, told = str(given["search_string"]).casefold(), []
        for module in sorted(names_of(given["modules"])):
            if module not in self._site.schema:
                raise no_module()
            table = self._site.tables[module]
            ids = self._site.addresses.holders(words, module)
            if words:
                rows = [row for row in table.rows() if words in (row.get("name") or full_name(row)).casefold()]
                ids |= {row["id"] for row in rows}
            rows = [row for one in sorted(ids) if (row := table.live(one)) is not None]
            offset, size = max(0, number(given["offset"])), max(1, number(given["max_results"]))
            records = [self._rendering.pairs(module, row, ["id", "name"]) for row in rows[offset : offset + size]]
            told.append({"name": module, "records": records})
        return {"entry_list": told}


def module_of(site: Site, given: Arguments) -> str:
    """Give the module that a call names.

    Raises:
        LegacyError: there's none.
    """
    module = str(given["module_name"])
    if module not in site.schema:
        raise no_module()
    return module


def number(value: Any) -> int:
    """Read a number as PHP does: what isn't one is 0."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def names_of(value: Any) -> list[str]:
    """Read a list of names.

    Raises:
        Crash: it's something else.
    """
    if value in (None, "", False):
        return []
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        raise Crash
    return [str(one) for one in value]


def _links(given: Arguments) -> list[Any]:
    wanted = given["link_name_to_fields_array"]
    return wanted if isinstance(wanted, list) else []
