"""The tables, columns and alternate keys of the environment, as its administrators have made them so far."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from keepstep_sandbox.dynamics.columns import LOOKUPS, Column, Type
from keepstep_sandbox.dynamics.errors import no_such_property, no_such_segment, wrong_method
from keepstep_sandbox.dynamics.standard import DEFINITIONS, Definition


@dataclass(frozen=True, slots=True)
class AlternateKey:
    """Columns whose values together are a row's name and no other's."""

    name: str
    columns: tuple[str, ...]


class Schema:
    """See the module. Names of tables and columns are logical names."""

    def __init__(self) -> None:
        self._tables = {one.name: one for one in DEFINITIONS}
        self._columns = {one.name: {column.name: column for column in one.columns} for one in DEFINITIONS}
        self.keys: dict[str, dict[str, AlternateKey]] = {one.name: {} for one in DEFINITIONS}

    def tables(self) -> Iterable[Definition]:
        """Give all tables."""
        return self._tables.values()

    def table(self, name: str) -> Definition:
        """Give a table.

        Raises:
            KeyError: there's none.
        """
        return self._tables[name]

    def by_set(self, name: str) -> Definition:
        """Give the table whose rows lie under a path.

        Raises:
            DynamicsError: there's none, or it's the path of a row that doesn't know this method.
        """
        if "(" in name:
            raise wrong_method("POST")
        for one in self._tables.values():
            if one.set_name == name:
                return one
        raise no_such_segment(name)

    def columns(self, table: str) -> Iterable[Column]:
        """Give a table's columns."""
        return self._columns[table].values()

    def find(self, table: str, name: str) -> Column | None:
        """Give a column by its logical name."""
        return self._columns[table].get(name)

    def by_wire(self, table: str, name: str) -> Column:
        """Give a column by the name that queries use, `_ownerid_value` for a lookup.

        Raises:
            DynamicsError: there's none.
        """
        inner = name.removeprefix("_").removesuffix("_value") if name.startswith("_") else name
        column = self._columns[table].get(inner)
        if column is None or column.wire != name:
            raise no_such_property(name, table)
        return column

    def by_navigation(self, table: str, name: str) -> tuple[Column, str] | None:
        """Give the lookup and the table that a navigation property leads to; case matters."""
        for column in self._columns[table].values():
            if column.type in LOOKUPS:
                for target in column.targets:
                    if column.navigation(target) == name:
                        return column, target
        return None

    def lookups_to(self, target: str) -> Iterable[tuple[str, Column]]:
        """Give the lookups of all tables that may point to rows of a table."""
        for table, columns in self._columns.items():
            for column in columns.values():
                if target in column.targets:
                    yield table, column

    def add(self, table: str, column: Column) -> None:
        """Take up a custom column.

        Raises:
            ValueError: its name has no publisher's prefix, or capitals.
        """
        if not column.custom or column.name != column.name.lower():
            raise ValueError("a custom column's name is in lower case and begins with a publisher's prefix, new_")
        if column.type in LOOKUPS | {Type.STATE, Type.STATUS}:
            raise ValueError("a custom column of this sandbox is no lookup, and no state")
        self._columns[table][column.name] = column

    def change(self, table: str, name: str, **changes: Any) -> None:
        """Change a column as an administrator would: its length, its options.

        Raises:
            KeyError: there's none.
        """
        self._columns[table][name] = replace(self._columns[table][name], **changes)

    def remove(self, table: str, name: str) -> None:
        """Delete a column.

        Raises:
            KeyError: there's none.
        """
        del self._columns[table][name]
