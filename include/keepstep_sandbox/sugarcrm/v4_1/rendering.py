"""Records and values as the legacy service tells them: texts only, HTML-escaped, in lists of names and values."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html.entities import codepoint2name
from typing import Any, Final

from keepstep_sandbox.sugarcrm.links import LINKS, Links
from keepstep_sandbox.sugarcrm.schema import Field, Type
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.table import Row
from keepstep_sandbox.sugarcrm.v4_1.errors import Crash
from keepstep_sandbox.sugarcrm.values import DATABASE
from keepstep_sandbox.sugarcrm.view import View

Pairs = dict[str, dict[str, Any]]
_JOINED: Final = ("assigned_user_name", "modified_by_name", "created_by_name")  # told before all others
_ESCAPES: Final = str.maketrans({"<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;"})
_GONE: Final = "Access to this object is denied since it has been deleted or does not exist"


class Rendering:
    """See the module."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._view = View(site)
        self._links = Links(site)

    def entry(self, module: str, row: Row, names: Sequence[str]) -> dict[str, Any]:
        """Write a record with the fields named, all of them if none is."""
        return {"id": row["id"], "module_name": module, "name_value_list": self.pairs(module, row, names)}

    def pairs(self, module: str, row: Row, names: Sequence[str]) -> Pairs:
        """Write a record's values."""
        told = {name: self.text(module, field, row) for name, field in self._chosen(module, names).items()}
        return {name: pair(name, value) for name, value in told.items()}

    def text(self, module: str, field: Field, row: Row) -> str:
        """Write one value."""
        value = self._view.value(module, field, row)
        if value is None:
            return ""
        if isinstance(value, datetime):
            return value.strftime(DATABASE)
        return str(int(value)) if isinstance(value, bool) else str(value).translate(_ESCAPES)

    def linked(self, module: str, record_id: str, wanted: Iterable[Any]) -> list[dict[str, Any]]:
        """Write what is behind the links that a client wants expanded: `[{"name": LINK, "value": [FIELD, ...]}]`."""
        told: list[dict[str, Any]] = []
        for one in wanted:
            if not isinstance(one, dict) or "name" not in one:
                raise Crash
            link = LINKS[module].get(str(one["name"]))
            if link is None:
                continue
            names = [str(name) for name in one.get("value") or ()]
            rows = [self._site.tables[link.module].get(i) for i in self._links.related(module, record_id, link)]
            values = [self._link_value(link.module, row, names) for row in rows if row is not None]
            told.append({"name": link.name, "records": [{"link_value": value} for value in values]})
        return told

    def _link_value(self, module: str, row: Row, names: Sequence[str]) -> Pairs:
        known = self.pairs(module, row, names)
        # Recorded: what the related module hasn't got, primary_address, is told as an empty text.
        return {name: known.get(name, pair(name, "")) for name in (names or known)}

    def _chosen(self, module: str, names: Sequence[str]) -> dict[str, Field]:
        fields = {field.name: field for field in self._site.schema.fields(module) if not field.modern}
        wanted = [name for name in names if name in fields] if names else list(fields)
        joined = [name for name in _JOINED if name in wanted]
        return {name: fields[name] for name in [*joined, *(name for name in wanted if name not in joined)]}


def pair(name: str, value: Any) -> dict[str, Any]:
    """Write a name with its value."""
    return {"name": name, "value": value}


def gone(module: str, record_id: str) -> dict[str, Any]:
    """Write the entry of a record that isn't there: its values are a list, not a map."""
    return {
        "id": record_id,
        "module_name": module,
        "name_value_list": [pair("warning", _GONE), pair("deleted", "1")],
    }


def echo(field: Field, value: Any) -> Any:
    """Write a value back to who wrote it: cleaned once, escaped on top of that, whatever became of it."""
    if field.type is Type.BOOL:
        return value not in (False, 0, "0", "", "false")
    if not isinstance(value, str):
        return value
    cleaned = value.replace("&", "&amp;")
    return "".join(_entity(one) for one in cleaned)


def _entity(one: str) -> str:
    if one == "'":
        return "&#039;"
    name = codepoint2name.get(ord(one))
    return one if name is None else f"&{name};"
