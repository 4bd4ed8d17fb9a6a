"""Qualifies a lead, and merges rows, as a salesperson or an action of the API does."""

from dataclasses import dataclass
from typing import Any, Final

from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import invalid_argument
from keepstep_sandbox.dynamics.rows import Caller, Rows
from keepstep_sandbox.dynamics.rules import strike
from keepstep_sandbox.dynamics.standard import (
    ACCOUNT,
    CONTACT,
    DISQUALIFIED,
    INACTIVE,
    LEAD,
    LIST_MEMBER,
    MERGEABLE,
    OPEN,
    QUALIFIED,
    VERSION,
    Definition,
)
from keepstep_sandbox.dynamics.table import Row

QUALIFIED_REASON: Final = 3
# The standard mapping; custom columns of a lead have none, and are left behind.
_TO_CONTACT: Final = (
    "firstname", "lastname", "emailaddress1", "jobtitle", "telephone1", "mobilephone", "address1_city",
    "leadsourcecode", "donotbulkemail", "donotemail", "description", "ownerid",
)  # fmt: skip
_TO_ACCOUNT: Final = ("telephone1", "websiteurl", "address1_city", "ownerid")
_KEPT_IN_MERGE: Final = frozenset({"masterid", "originatingleadid"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a lead is to become: new rows, or existing ones; the status reason it then has."""

    new_account: bool = True
    new_contact: bool = True
    account: str | None = None
    contact: str | None = None
    reason: int = QUALIFIED_REASON


class Conversion:
    """See the module. Who calls it takes back what a refusal left half done."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._rows = Rows(environment)
        self._lead, self._contact, self._account = (
            environment.schema.table(name) for name in (LEAD, CONTACT, ACCOUNT)
        )  # fmt: skip

    def qualify(self, caller: Caller, lead_id: str, wanted: Wanted) -> list[tuple[str, str]]:
        """Qualify a lead; give table and id of what was made.

        Raises:
            DynamicsError: it's closed already, or a rule is broken.
        """
        lead = self._rows.row(self._lead, lead_id)
        if lead.get("statecode", OPEN) != OPEN:
            raise invalid_argument("The lead is already closed.")
        made: list[tuple[str, str]] = []
        account = wanted.account or lead.get("parentaccountid")
        if wanted.new_account and account is None and lead.get("companyname"):
            account = self._make(caller, self._account, lead, _TO_ACCOUNT, {"name": lead["companyname"]})
            made.append((ACCOUNT, account))
        contact = wanted.contact or lead.get("parentcontactid")
        if wanted.new_contact and contact is None:
            contact = self._make(caller, self._contact, lead, _TO_CONTACT, {"parentcustomerid": account})
            made.append((CONTACT, contact))
        fate = {"statecode": QUALIFIED, "statuscode": wanted.reason}
        links = {"parentaccountid": account, "parentcontactid": contact}
        self._rows.change(caller, self._lead, lead, {**links, **fate})
        return made

    def merge(self, caller: Caller, table: Definition, target_id: str, other_id: str, values: Row) -> None:
        """Merge one row into another, which takes the values: what pointed to the one points to the other then.

        The one is deactivated and names the other.

        Raises:
            DynamicsError: one isn't there, they are the same, or it has been merged already.
        """
        if table.name not in MERGEABLE:
            raise invalid_argument(f"Merge is not supported for the entity {table.name}.")
        target, other = self._rows.row(table, target_id), self._rows.row(table, other_id)
        if target_id == other_id or other.get("merged", False) or target.get("merged", False):
            raise invalid_argument("The rows cannot be merged: they are one, or one of them has been merged before.")
        strike(self._environment, other_id)
        self._rows.change(caller, table, target, values)
        self._move(table, other_id, target_id)
        lead = table.name == LEAD
        state = {"statecode": DISQUALIFIED, "statuscode": 7} if lead else {"statecode": INACTIVE, "statuscode": 2}
        self._rows.change(
            caller, table, self._rows.row(table, other_id), {**state, "merged": True, "masterid": target_id}
        )

    def _make(self, caller: Caller, table: Definition, lead: Row, names: tuple[str, ...], more: dict[str, Any]) -> str:
        carried = {name: lead[name] for name in names if name in lead}
        if not self._environment.active_user(str(carried.get("ownerid", ""))):
            carried["ownerid"] = caller.user  # who has left can't own what a lead becomes
        named = {**carried, **more, "originatingleadid": lead["leadid"]}
        return str(self._rows.create(caller, table, {}, **named)[table.key])

    def _move(self, table: Definition, old: str, new: str) -> None:
        """Let what points to one row point to another; a list that holds both keeps one membership."""
        environment = self._environment
        for name, column in environment.schema.lookups_to(table.name):
            if column.name in _KEPT_IN_MERGE:
                continue
            held = environment.tables[name]
            for row_id in sorted(held.find(column.name, old)):
                row = {key: value for key, value in (held.get(row_id) or {}).items() if key != VERSION}
                lists = {(held.get(one) or {}).get("listid") for one in held.find(column.name, new)}
                if name != LIST_MEMBER or row["listid"] not in lists:
                    environment.put(name, {**row, column.name: new})
