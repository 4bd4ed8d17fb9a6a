"""A NetSuite account in memory: its tables, and what may be done to them whoever does it.

Everything here runs to its end without giving way, on the server's one loop: a write is seen whole or not at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from keepstep_sandbox.netsuite import rules
from keepstep_sandbox.netsuite.errors import NetSuiteError, nonexistent_id, user_error
from keepstep_sandbox.netsuite.schema import CONTACT, CUSTOMER, RECORD_TYPES, Schema
from keepstep_sandbox.netsuite.seeded import fill
from keepstep_sandbox.netsuite.settings import NetSuiteSettings
from keepstep_sandbox.netsuite.table import MODIFIED, Row, Table
from keepstep_sandbox.tenant import Tenant

_PLAIN_TABLES: Final = {
    "deletedrecord": ("recordid", "type", "name", "deleteddate", "deletedby", "context"),
    "companycontactrelationship": ("id", "company", "contact", "role"),
    "subscriptionstatus": ("id", "name"),
    "entitystatus": ("id", "key", "name", "fullname", "entitytype", "isinactive"),
    "campaign": ("id", "title", "name", "isinactive"),
    "leadsource": ("id", "name", "isinactive"),
    "subsidiary": ("id", "name", "isinactive"),
    "vendor": ("id", "entityid", "companyname", "isinactive"),
    "dual": ("dummy",),
}
_UI, _REST = "UI", "REST"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one record refuses every write: what an administrator's validation script says. `times` None = for ever."""

    detail: str
    code: str = "USER_ERROR"
    times: int | None = None


class Account(Tenant[NetSuiteSettings]):
    """See the module. Amounts to a database with NetSuite's own rules in front of it."""

    name: Final = "netsuite"
    tables: dict[str, Table]

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone."""
        return ZoneInfo(self.settings.time_zone)

    def next_id(self) -> int:
        """Give the next internal id; all entities share one sequence."""
        self._last_id += 1
        return self._last_id

    def record(self, record: str, row_id: int) -> Row:
        """Give a record.

        Raises:
            NetSuiteError: there's none with that id.
        """
        row = self.tables[record].get(row_id)
        if row is None:
            raise nonexistent_id()
        return row

    def by_external_id(self, record: str, external_id: str) -> int | None:
        """Give the id of the record with this external id."""
        return next(iter(self.tables[record].find("externalid", external_id)), None)

    def create(self, record: str, values: Row) -> int:
        """Store a new record; give its id.

        Raises:
            NetSuiteError: a rule of the account is broken.
        """
        row = {**rules.defaults(record, values, self.settings), **values, "id": self.next_id()}
        rules.complete(record, row, self.tables[record], self.settings)
        now = self.now()
        self.tables[record].put({**row, "datecreated": now, MODIFIED: now})
        return int(row["id"])

    def update(self, record: str, row_id: int, values: Row) -> None:
        """Change a record; None clears a column.

        Raises:
            NetSuiteError: there's none, a rule is broken, or a script of the account refuses.
        """
        old = self.record(record, row_id)
        self._strike(record, row_id)
        reactivates = values.get("isinactive") == "F"
        if self.settings.refuse_writes_to_inactive and old.get("isinactive") == "T" and not reactivates:
            raise user_error("You can not edit an inactive record.")
        row = {**old, **values}
        if record == CONTACT and {"firstname", "lastname"} & values.keys() and "entityid" not in values:
            row.pop("entityid", None)  # the name shown follows the person's
        rules.complete(record, row, self.tables[record], self.settings)
        if row != old or self.settings.noop_moves_modified:
            row[MODIFIED] = self.now()
        self.tables[record].put(row)

    def delete(self, record: str, row_id: int, *, context: str = _REST) -> None:
        """Delete a record, leaving a deletedrecord row; contacts of a deleted customer stay, with no company.

        Raises:
            NetSuiteError: there's none, transactions depend on it, or a script of the account refuses.
        """
        row = self.record(record, row_id)
        self._strike(record, row_id)
        if row_id in self.with_transactions:
            raise user_error("This record cannot be deleted because it has dependent records.")
        self._bury(record, row, context)
        if record == CUSTOMER:
            for contact in list(self.tables[CONTACT].find("company", row_id)):
                self.tables[CONTACT].put({**self.record(CONTACT, contact), "company": None})

    def merge(self, record: str, master: int, others: Iterable[int]) -> None:
        """Merge records as the UI does: the others disappear into the master, which keeps its own values.

        Raises:
            NetSuiteError: one of them isn't there.
            ValueError: the master is among the others.
        """
        kept = self.record(record, master)
        gone = [self.record(record, other) for other in others]
        if any(row["id"] == master for row in gone):
            raise ValueError("a record can't be merged into itself")
        for row in gone:
            kept = {**row, **kept, "externalid": kept.get("externalid")}
            self._bury(record, row, _UI)
            if record == CUSTOMER:
                self._move_contacts(int(row["id"]), master)
        self.tables[record].put({**kept, MODIFIED: self.now()})

    def attach(self, customer: int, contact: int, role: int | None) -> None:
        """Attach a contact to a further company.

        Raises:
            NetSuiteError: one of them isn't there.
        """
        self.record(CUSTOMER, customer)
        self.record(CONTACT, contact)
        self.detach(customer, contact)
        row = {"id": self.next_id(), "company": customer, "contact": contact, "role": role}
        self.tables["companycontactrelationship"].put(row)

    def detach(self, customer: int, contact: int) -> None:
        """Take an attachment away, if there is one."""
        table = self.tables["companycontactrelationship"]
        for row in table.rows():
            if (row["company"], row["contact"]) == (customer, contact):
                table.remove(row["id"])

    def display(self, target: str, value: object) -> str | None:
        """Give the text that the UI shows for a reference, as `refName` and BUILTIN.DF have it."""
        row = self.referred(target, value)
        if row is None:
            return None
        name = rules.own_name(row)
        if target in ("company", CUSTOMER) and name and name != row.get("entityid"):
            return f"{row.get('entityid', '')} {name}".strip()
        return str(row.get("fullname") or row.get("name") or row.get("entityid") or row["id"])

    def referred(self, target: str, value: object) -> Row | None:
        """Give the row that a reference points to; a contact's company may be a customer or a vendor."""
        if not isinstance(value, int):
            return None
        names = (CUSTOMER, "vendor") if target == "company" else (target,)
        return next((row for name in names if (row := self.tables[name].get(value)) is not None), None)

    def _fill(self) -> None:
        self.schema = Schema(one_world=self.settings.one_world)
        self.faults: dict[tuple[str, int], Fault] = {}
        self.with_transactions: set[int] = set()
        self.tables = {name: Table(name, columns) for name, columns in _PLAIN_TABLES.items()}
        self.tables |= {record: Table(record, (), rules.INDEXES[record]) for record in RECORD_TYPES}
        self._last_id = fill(self.tables, self.settings)

    def _strike(self, record: str, row_id: int) -> None:
        fault = self.faults.get((record, row_id))
        if fault is None:
            return
        if fault.times is not None:
            left = replace(fault, times=fault.times - 1)
            self.faults[record, row_id] = left
            if left.times == 0:
                del self.faults[record, row_id]
        raise NetSuiteError(400, fault.code, f"Error while accessing resource: {fault.detail}")

    def _bury(self, record: str, row: Row, context: str) -> None:
        self.tables[record].remove(row["id"])
        grave = {
            "id": self.next_id(),
            "recordid": row["id"],
            "type": record.capitalize(),
            "name": row.get("entityid"),
            "deleteddate": self.now(),
            "deletedby": 2,
            "context": context,
        }
        self.tables["deletedrecord"].put(grave)

    def _move_contacts(self, gone: int, master: int) -> None:
        for contact in list(self.tables[CONTACT].find("company", gone)):
            self.tables[CONTACT].put({**self.record(CONTACT, contact), "company": master, MODIFIED: self.now()})


def check_record_type(record: str) -> None:
    """Refuse a record type that the account doesn't have.

    Raises:
        NetSuiteError: it's none of those that the sandbox knows.
    """
    if record not in RECORD_TYPES:
        detail = f"Record type '{record}' does not exist."
        raise NetSuiteError(404, "NONEXISTENT_ID", detail, {"o:urlPath": record})
