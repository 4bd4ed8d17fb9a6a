"""Converts a lead into a contact, and into an account where it names one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from keepstep_sandbox.sugarcrm.addresses import Wanted
from keepstep_sandbox.sugarcrm.errors import invalid
from keepstep_sandbox.sugarcrm.records import Records
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.standard import ACCOUNTS, CONTACTS, LEADS
from keepstep_sandbox.sugarcrm.table import Row

# Custom fields of the same name are copied too.
_CARRIED: Final = (
    "salutation", "first_name", "last_name", "title", "department", "do_not_call", "phone_work", "phone_mobile",
    "phone_home", "lead_source", "description", "assigned_user_id", "primary_address_city",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a lead: the ids of its contact and its account; empty where there's none."""

    contact: str
    account: str


def convert(
    site: Site, by: str, lead: str, *, contact: str = "", account: str = "", values: Mapping[str, Row] | None = None
) -> Converted:
    """Convert a lead; it stays, with `converted` true. An existing contact or account is taken as it is.

    Args:
        site: the site.
        by: the user.
        lead: its id.
        contact: of an existing contact; empty makes one.
        account: of an existing account; empty makes one if the lead names a company.
        values: by module, what new records are to have beside what the lead has.

    Raises:
        SugarError: one isn't there, or the lead was converted already.
    """
    records, more = Records(site), values or {}
    row = records.live(LEADS, lead)
    if row.get("converted", False):
        raise invalid("The lead has been converted already")
    account = _account(records, by, row, account, more.get(ACCOUNTS, {}))
    if contact:
        records.live(CONTACTS, contact)
    else:
        contact = _contact(site, records, by, row, {**more.get(CONTACTS, {}), "account_id": account or None})
    fate = {"converted": True, "status": "Converted", "contact_id": contact, "account_id": account}
    records.update(by, LEADS, lead, fate)
    return Converted(contact, account)


def _account(records: Records, by: str, lead: Row, account: str, more: Row) -> str:
    if account:
        records.live(ACCOUNTS, account)
        return account
    name = more.get("name") or lead.get("account_name")
    if not name:
        return ""
    owner: dict[str, Any] = {"assigned_user_id": lead.get("assigned_user_id")}
    return records.create(by, ACCOUNTS, {**owner, **more, "name": name})


def _contact(site: Site, records: Records, by: str, lead: Row, more: Row) -> str:
    custom = [field.name for field in site.schema.fields(CONTACTS) if field.custom]
    carried = {name: lead[name] for name in (*_CARRIED, *custom) if name in lead}
    made = records.create(by, CONTACTS, {**carried, **more})
    wanted = [Wanted(held.address["email_address"], held.primary) for held in site.addresses.held(LEADS, lead["id"])]
    site.addresses.replace(CONTACTS, made, wanted, site.now())
    return made
