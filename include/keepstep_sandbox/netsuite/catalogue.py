"""The account as SuiteQL sees it: which tables and columns there are for this role, and what a reference shows."""

from collections.abc import Hashable, Mapping
from typing import Final

from keepstep_sandbox.netsuite.account import Account
from keepstep_sandbox.netsuite.schema import CONTACT, CUSTOMER, EMPLOYEE, RECORD_TYPES
from keepstep_sandbox.netsuite.table import Table

_PERMISSION: Final = {CUSTOMER: "customers", CONTACT: "contacts", EMPLOYEE: "employees"}
_ENTITY_TYPES: Final = {CUSTOMER: "CustJob", CONTACT: "Contact", EMPLOYEE: "Employee", "vendor": "Vendor"}
_ENTITY_COLUMNS: Final = (
    "id",
    "type",
    "entityid",
    "email",
    "externalid",
    "isinactive",
    "datecreated",
    "lastmodifieddate",
)
_TARGETS: Final = {"companycontactrelationship": {"company": "company", "contact": CONTACT}}


class AccountCatalogue:
    """Implements what the SuiteQL engine asks for."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._entity: tuple[Hashable, Table] | None = None

    def table(self, name: str) -> Table | None:
        """Give a table; none that the role may not see, and deletedrecord empty instead (believed)."""
        if name == "entity":
            return self._entities()
        permissions = self._account.settings.permissions
        if name in _PERMISSION and _PERMISSION[name] not in permissions:
            return None
        if name == "deletedrecord" and "deleted_records" not in permissions:
            return Table(name, self._account.tables[name].columns)
        return self._account.tables.get(name)

    def targets(self, table: str) -> Mapping[str, str] | None:
        """Give the columns of a table, each with the table it refers to or ''."""
        if table in RECORD_TYPES:
            return {column: field.target for column, field in self._account.schema.columns(table).items()}
        if table == "entity":
            return dict.fromkeys(_ENTITY_COLUMNS, "")
        found = self._account.tables.get(table)
        return None if found is None else {name: _TARGETS.get(table, {}).get(name, "") for name in found.columns}

    def display(self, target: str, value: object) -> str | None:
        """Give the text that the UI shows for a reference."""
        return self._account.display(target, value)

    def version(self, names: frozenset[str]) -> Hashable:
        """Give a value that changes with these tables (all, if none is named), the schema, the role."""
        account = self._account
        chosen = names if names and "entity" not in names else frozenset(account.tables)
        versions = tuple(sorted((name, account.tables[name].version) for name in chosen if name in account.tables))
        # Tables and versions start over when the account is reset; the identity of its schema doesn't.
        return versions, account.schema, account.schema.version, account.settings.permissions

    def _entities(self) -> Table:
        names = frozenset(_ENTITY_TYPES)
        version = self.version(names)
        if self._entity is None or self._entity[0] != version:
            table = Table("entity", _ENTITY_COLUMNS)
            for name, kind in _ENTITY_TYPES.items():
                for row in self._account.tables[name].rows():
                    table.put({**{column: row.get(column) for column in _ENTITY_COLUMNS}, "type": kind})
            self._entity = (version, table)
        return self._entity[1]
