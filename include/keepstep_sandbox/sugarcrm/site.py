"""A SugarCRM site in memory: its modules' tables, the tables that join them, settings and faults.

Everything here runs to its end without giving way, on the server's one loop: a write is seen whole or not at all.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from keepstep_sandbox.sugarcrm import ids, seeded
from keepstep_sandbox.sugarcrm.addresses import Addresses
from keepstep_sandbox.sugarcrm.errors import SugarError
from keepstep_sandbox.sugarcrm.schema import SCORE, Field, Schema, Type
from keepstep_sandbox.sugarcrm.settings import SugarCrmSettings
from keepstep_sandbox.sugarcrm.standard import ADDRESSES, CONTACTS, FIELDS, LEADS, USERS
from keepstep_sandbox.sugarcrm.table import Table
from keepstep_sandbox.tenant import Tenant

BEANS, MEMBERS, SYNCED = "email_addr_bean_rel", "prospect_lists_prospects", "contacts_users"
JOINS: Final = (BEANS, MEMBERS, SYNCED)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one record refuses to be written: a logic hook, a lock. `times` None = for ever."""

    code: str
    message: str
    times: int | None = None


class Site(Tenant[SugarCrmSettings]):
    """See the module."""

    name: Final = "sugarcrm"
    tables: dict[str, Table]

    def new_id(self, kind: str) -> str:
        """Give a kind's next id."""
        self._last[kind] += 1
        return ids.make(kind, self._last[kind])

    def version(self) -> int:
        """Give a number that moves with every change of a row or a field."""
        tables = (*self.tables.values(), *self.joins.values())
        return self.schema.version + sum(table.version for table in tables)

    def strike(self, record_id: str) -> None:
        """Let a fault put on a record refuse a write, and wear off.

        Raises:
            SugarError: there's one.
        """
        fault = self.faults.get(record_id)
        if fault is None:
            return
        if fault.times is not None:
            self.faults[record_id] = replace(fault, times=fault.times - 1)
            if fault.times <= 1:
                del self.faults[record_id]
        raise SugarError(fault.code, fault.message)

    def user_named(self, name: str) -> str | None:
        """Give the id of the active user with this name."""
        for row in self.tables[USERS].found("user_name", name):
            if row.get("status") == "Active":
                return str(row["id"])
        return None

    def is_active(self, user: str) -> bool:
        """Tell whether a user may still come in."""
        return (self.tables[USERS].live(user) or {}).get("status") == "Active"

    def is_admin(self, user: str) -> bool:
        """Tell whether a user is an administrator."""
        return bool((self.tables[USERS].live(user) or {}).get("is_admin", False))

    def _fill(self) -> None:
        self.schema = Schema(FIELDS)
        for module in (LEADS, CONTACTS):
            self.schema.add(module, Field(name=SCORE, type=Type.INT, label="Act-On Score"))
        self.tables = {module: Table() for module in self.schema.modules()}
        self.joins = {name: Table() for name in JOINS}
        self.addresses = Addresses(self.tables[ADDRESSES], self.joins[BEANS], self.new_id)
        self.faults: dict[str, Fault] = {}
        self._last: Counter[str] = Counter()
        for module, row, email in seeded.rows(self._settings):
            self.tables[module].put(row)
            self._last[module] += 1
            if email:
                address = self.addresses.named(email, row["date_entered"])
                self.addresses.attach(module, row["id"], address, row["date_entered"], primary=True)
