"""Converts a lead into a contact of an account, as a salesperson does."""

from dataclasses import dataclass

from keepstep_sandbox.salesforce.errors import refuse
from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.records import Caller, Records
from keepstep_sandbox.salesforce.schema import ACCOUNT, CONTACT, CONVERTED_STATUS, LEAD
from keepstep_sandbox.salesforce.table import STAMP, Row

# Standard mapping; custom fields of a lead have none, and are dropped.
_TO_CONTACT = (
    "FirstName", "LastName", "Title", "Email", "Phone", "MobilePhone", "LeadSource", "Description",
    "HasOptedOutOfEmail", "DoNotCall",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a lead: the ids of its account and contact."""

    account: str
    contact: str


def convert(
    org: Org, caller: Caller, lead: str, *, account: str | None = None, contact: str | None = None
) -> Converted:
    """Convert a lead; into an existing account or contact, of which only empty fields are filled.

    Raises:
        SalesforceError: one isn't there, or the lead was converted already.
    """
    records = Records(org)
    row = records.live(LEAD, lead)
    if row.get("IsConverted", False):
        raise refuse("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    quiet = Caller(caller.user, allow_duplicates=True)
    if account is None and contact is not None:
        account = records.live(CONTACT, contact).get("AccountId")
    if account is None:
        account = records.create(quiet, ACCOUNT, {"Name": row["Company"], "OwnerId": _owner(org, caller, row)})
    else:
        records.live(ACCOUNT, account)
    contact = _contact(org, quiet, row, account, contact)
    now = org.now()
    fate = {
        "IsConverted": True,
        "ConvertedDate": now.date(),
        "ConvertedAccountId": account,
        "ConvertedContactId": contact,
        "Status": CONVERTED_STATUS,
    }
    touched = {"LastModifiedDate": now, "LastModifiedById": caller.user, STAMP: now}
    org.put(LEAD, {**row, **fate, **touched})
    return Converted(account, contact)


def _contact(org: Org, caller: Caller, lead: Row, account: str, contact: str | None) -> str:
    records = Records(org)
    carried = {name: lead[name] for name in _TO_CONTACT if name in lead}
    if "City" in lead:
        carried["MailingCity"] = lead["City"]
    if contact is None:
        return records.create(caller, CONTACT, {**carried, "AccountId": account, "OwnerId": _owner(org, caller, lead)})
    kept = records.live(CONTACT, contact)
    fresh = {name: value for name, value in carried.items() if name not in kept}
    if "AccountId" not in kept:
        fresh["AccountId"] = account
    records.update(caller, CONTACT, contact, fresh)
    return contact


def _owner(org: Org, caller: Caller, lead: Row) -> str:
    """Give the lead's owner; a queue, or somebody who has left, can't own what it becomes."""
    owner = str(lead.get("OwnerId", ""))
    active = (org.tables["User"].get(owner) or {}).get("IsActive", False)
    return owner if active else caller.user
