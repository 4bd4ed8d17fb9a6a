"""Creates, changes and deletes single records by the org's rules, whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keepstep_sandbox.salesforce import rules
from keepstep_sandbox.salesforce.errors import invalid_cross_reference, is_deleted, refuse
from keepstep_sandbox.salesforce.org import Deletion, Org
from keepstep_sandbox.salesforce.schema import ACCOUNT, CONTACT, LEAD, LEAD_STATUSES, MERGEABLE, USER, Type
from keepstep_sandbox.salesforce.table import STAMP, Row
from keepstep_sandbox.salesforce.values import read


@dataclass(frozen=True, slots=True)
class Caller:
    """Who writes.

    Attributes:
        user: the user's id.
        allow_duplicates: whether alerts of duplicate rules are to be ignored.
        inside: whether it's somebody in the org's own UI, who may write to users as well.
    """

    user: str
    allow_duplicates: bool = False
    inside: bool = False


class Records:
    """See the module."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def create(self, caller: Caller, kind: str, body: Mapping[str, Any], *, csv: bool = False) -> str:
        """Store a new record; give its id.

        Raises:
            SalesforceError: a rule of the org is broken.
        """
        org = self._org
        _check_writable(caller, kind)
        if any(name.lower() == "id" and value for name, value in body.items()):
            raise refuse("INVALID_FIELD", "cannot specify Id in an insert call", "Id")
        values = read(org.schema, kind, body, csv=csv)
        row = {**self._defaults(caller, kind), **values, "Id": org.new_id(kind)}
        now = org.now()
        row |= {"CreatedDate": now, "CreatedById": caller.user, **_touched(caller, now)}
        self._finish(caller, kind, row, values)
        return str(row["Id"])

    def update(self, caller: Caller, kind: str, record_id: str, body: Mapping[str, Any], *, csv: bool = False) -> None:
        """Change a record; None clears a field.

        Raises:
            SalesforceError: there's none, it's deleted or converted, or a rule of the org is broken.
        """
        _check_writable(caller, kind)
        old = self.live(kind, record_id)
        values = read(self._org.schema, kind, body, csv=csv)
        if kind == LEAD and old.get("IsConverted", False):
            raise refuse("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        rules.strike(self._org, record_id)
        row = {**old, **values}
        if self._org.settings.noop_moves_modified or any(old.get(name) != value for name, value in values.items()):
            row |= _touched(caller, self._org.now())
        self._finish(caller, kind, row, values)

    def delete(self, caller: Caller, kind: str, record_id: str, *, hard: bool = False) -> None:
        """Move a record to the recycle bin, an account's contacts with it; `hard` leaves nothing but the delete log.

        Raises:
            SalesforceError: there's none, it's deleted already, or a fault stands on it.
        """
        org = self._org
        row = self.live(kind, record_id)
        if kind not in MERGEABLE:
            raise refuse("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
        rules.strike(org, record_id)
        children = self._contacts(record_id) if kind == ACCOUNT else ()
        org.cascades[record_id] = children
        for child in children:
            self._bury(caller, CONTACT, self.live(CONTACT, child), {})
        self._bury(caller, kind, row, {})
        if hard:
            org.purge(kind, record_id)
            org.deletions.append(Deletion(kind, record_id, org.now()))

    def live(self, kind: str, record_id: str) -> Row:
        """Give a record that can be written to.

        Raises:
            SalesforceError: there's none, or it's in the recycle bin.
        """
        row = self._org.tables[kind].get(record_id)
        if row is None:
            raise invalid_cross_reference()
        if row.get("IsDeleted", False):
            raise is_deleted()
        return row

    def undelete(self, caller: Caller, kind: str, record_id: str) -> None:
        """Take a record out of the recycle bin, the contacts deleted with an account too; a merge's moves stay.

        Raises:
            SalesforceError: it isn't in there.
        """
        row = self._org.tables[kind].get(record_id)
        if row is None or not row.get("IsDeleted", False):
            raise refuse("UNDELETE_FAILED", "Entity is not in the recycle bin")
        back = {name: value for name, value in row.items() if name not in ("IsDeleted", "MasterRecordId")}
        self._org.put(kind, {**back, STAMP: self._org.now()})
        for child in self._org.cascades.pop(record_id, ()):
            self.undelete(caller, CONTACT, child)

    def merge(
        self, caller: Caller, kind: str, master: str, losers: list[str], values: Mapping[str, Any] | None = None
    ) -> None:
        """Merge up to two records into a master: they go to the recycle bin and name it; it keeps its own values.

        Raises:
            SalesforceError: one isn't there, or there are too many.
        """
        org = self._org
        if not 1 <= len(losers) <= 2 or master in losers:
            raise refuse("INVALID_NUM_OF_MERGE_RECORDS", "a merge has a master and one or two others")
        kept = self.live(kind, master)
        gone = [self.live(kind, loser) for loser in losers]
        for row in gone:
            self._bury(caller, kind, row, {"MasterRecordId": master})
            for child in self._contacts(row["Id"]) if kind == ACCOUNT else ():
                moved = {**self.live(CONTACT, child), "AccountId": master, **_touched(caller, org.now())}
                org.put(CONTACT, moved)
        if values:
            self.update(caller, kind, master, values)
        else:
            org.put(kind, {**kept, STAMP: org.now()})

    def find(self, kind: str, field: str, value: Any) -> list[str]:
        """Give the ids of the live records that hold a value in a field, in order."""
        table = self._org.tables[kind]
        return sorted(i for i in table.find(field, value) if not (table.get(i) or {}).get("IsDeleted", False))

    def _contacts(self, account: str) -> tuple[str, ...]:
        return tuple(self.find(CONTACT, "AccountId", account))

    def _bury(self, caller: Caller, kind: str, row: Row, more: Row) -> None:
        self._org.put(kind, {**row, **more, "IsDeleted": True, **_touched(caller, self._org.now())})

    def _defaults(self, caller: Caller, kind: str) -> Row:
        booleans = {field.name: False for field in self._org.schema.fields(kind) if field.type is Type.BOOLEAN}
        owner = {} if kind == USER else {"OwnerId": caller.user}
        status = {"Status": LEAD_STATUSES[0]} if kind == LEAD else {}
        return {**booleans, **owner, **status}

    def _finish(self, caller: Caller, kind: str, row: Row, values: Mapping[str, Any]) -> None:
        if kind != ACCOUNT:
            row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)
        rules.check_lock_of_account(self._org, kind, row)
        rules.check(self._org, kind, row, values, allow_duplicates=caller.allow_duplicates)
        self._org.put(kind, row)


def _check_writable(caller: Caller, kind: str) -> None:
    """Keep the integration user away from users and groups.

    Raises:
        SalesforceError: it's one of them, and the caller isn't inside.
    """
    if kind not in MERGEABLE and not caller.inside:
        message = f"entity type cannot be inserted or updated: {kind}"
        raise refuse("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)


def _touched(caller: Caller, now: Any) -> Row:
    return {"LastModifiedDate": now, "LastModifiedById": caller.user, STAMP: now}
