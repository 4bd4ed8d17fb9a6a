"""What stands between the brackets of a path: a row's id, or the values of an alternate key."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from keepstep_sandbox.dynamics import ids
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError, bad_query, no_such_key, no_such_row
from keepstep_sandbox.dynamics.standard import Definition
from keepstep_sandbox.dynamics.table import Row

_PAIR: Final = re.compile(r"\s*(\w+)\s*=\s*('(?:[^']|'')*'|[^,']+)\s*(?:,|$)")
_REFERENCE: Final = re.compile(r"/?(\w+)\((.*)\)")
ROOT: Final = "/api/data/v9.2"


@dataclass(frozen=True, slots=True)
class Address:
    """Which row is meant: its id, or the columns and values that name it."""

    table: Definition
    id: str = ""
    values: tuple[tuple[str, object], ...] = ()

    def find(self, environment: Environment) -> Row | None:
        """Give the row, if there's one."""
        table = environment.tables[self.table.name]
        if self.id:
            return table.get(self.id)
        sets = [table.find(column, value) for column, value in self.values]
        both = sorted(set.intersection(*sets))
        return table.get(both[0]) if both else None

    def row(self, environment: Environment) -> Row:
        """Give the row.

        Raises:
            DynamicsError: there's none.
        """
        found = self.find(environment)
        if found is None:
            raise self.missing()
        return found

    def missing(self) -> DynamicsError:
        """Refuse: there's no such row."""
        return no_such_row(self.table.name, self.id) if self.id else no_such_key()


def address(environment: Environment, set_name: str, text: str) -> Address:
    """Read what stands between the brackets.

    Raises:
        DynamicsError: it's neither an id nor a declared key.
    """
    table = environment.schema.by_set(set_name)
    row_id = ids.normal(text)
    if row_id is not None:
        return Address(table, row_id)
    pairs = {name: _value(environment, table, name, value) for name, value in _pairs(text)}
    if set(pairs) == {table.key} and isinstance(pairs[table.key], str):
        return Address(table, ids.normal(str(pairs[table.key])) or "")
    declared = [set(one.columns) for one in environment.schema.keys[table.name].values()]
    if not pairs or set(pairs) not in declared:
        raise bad_query(f"The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.{table.name}'.")
    return Address(table, "", tuple(pairs.items()))


def reference(environment: Environment, text: object) -> Address:
    """Read a reference to a row: `/accounts(id)`, `accounts(id)`, or its whole URL.

    Raises:
        DynamicsError: it's none.
    """
    path = unquote(urlsplit(str(text)).path).removeprefix(ROOT)
    found = _REFERENCE.fullmatch(path)
    if found is None:
        raise bad_query(f"Invalid resource reference '{text}'.")
    return address(environment, found[1], found[2])


def _pairs(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text):
        match = _PAIR.match(text, at)
        if match is None:
            raise bad_query(f"Bad Request - Error in query syntax: '{text}'.")
        found.append((match[1], match[2].strip()))
        at = match.end()
    return found


def _value(environment: Environment, table: Definition, name: str, text: str) -> object:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    environment.schema.by_wire(table.name, name)
    return int(text) if text.lstrip("-").isdecimal() else text.lower()
