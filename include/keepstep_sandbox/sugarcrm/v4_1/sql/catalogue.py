"""The tables that a condition may name, with their columns."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from keepstep_sandbox.sugarcrm.schema import TEXTS
from keepstep_sandbox.sugarcrm.site import BEANS, MEMBERS, SYNCED, Site
from keepstep_sandbox.sugarcrm.standard import TABLES
from keepstep_sandbox.sugarcrm.table import Row, Table
from keepstep_sandbox.sugarcrm.v4_1.sql.tree import SqlError

_CUSTOM: Final = "_cstm"
_JOINED: Final = {
    BEANS: "id email_address_id bean_id bean_module primary_address reply_to_address date_created date_modified "
    "deleted",
    MEMBERS: "id prospect_list_id related_id related_type date_modified deleted",
    SYNCED: "id contact_id user_id date_modified deleted",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """A table: its rows, its columns as rows name them, and those whose texts an index finds."""

    table: Table
    columns: dict[str, str]
    indexed: frozenset[str]

    def rows(self) -> Iterable[Row]:
        """Give all rows, the deleted ones too."""
        return self.table.rows()


def stored(site: Site, name: str) -> Stored:
    """Give a table by its name in the database.

    Raises:
        SqlError: there's none.
    """
    if name in _JOINED:
        columns = {column: column for column in _JOINED[name].split()}
        return Stored(site.joins[name], columns, frozenset(one for one in columns if one.endswith("_id")))
    modules = {table: module for module, table in TABLES.items()}
    module = modules.get(name.removesuffix(_CUSTOM))
    if module is None:
        raise SqlError(f"no such table: {name}")
    fields = [field for field in site.schema.fields(module) if field.column and not field.modern]
    custom = name.endswith(_CUSTOM)
    chosen = [field for field in fields if field.custom is custom]
    more = {"id_c": "id"} if custom else {}
    indexed = frozenset(field.name for field in chosen if field.type in TEXTS)
    return Stored(site.tables[module], {**{field.name: field.name for field in chosen}, **more}, indexed)
