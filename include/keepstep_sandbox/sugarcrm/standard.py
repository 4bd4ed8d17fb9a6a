"""The fields that modules have from the start, in the order in which they are told (recorded from SuiteCRM 7.13.2)."""

from collections.abc import Mapping
from typing import Final

from keepstep_sandbox.people import LEAD_SOURCES
from keepstep_sandbox.sugarcrm.schema import Field, Type
from keepstep_sandbox.sugarcrm.table import Row

LEADS, CONTACTS, ACCOUNTS, USERS = "Leads", "Contacts", "Accounts", "Users"
PROSPECTS, LISTS, ADDRESSES = "Prospects", "ProspectLists", "EmailAddresses"
MODULES: Final = (LEADS, CONTACTS, ACCOUNTS, USERS, PROSPECTS, LISTS, ADDRESSES)
LEAD_STATUSES: Final = ("", "New", "Assigned", "In Process", "Converted", "Recycled", "Dead")
LIST_TYPES: Final = ("default", "seed", "exempt_domain", "exempt_address", "exempt", "test")

_NAMES: Final = tuple(
    Field(name=name, type=Type.RELATE, column=False, readonly=True, label=label)
    for name, label in (
        ("assigned_user_name", "Assigned to"),
        ("modified_by_name", "Modified By Name"),
        ("created_by_name", "Created By"),
    )
)


def _id(name: str, label: str = "", *, required: bool = False) -> Field:
    return Field(name=name, type=Type.ID, label=label, required=required)


def _bool(name: str, *, column: bool = True, readonly: bool = False) -> Field:
    return Field(name=name, type=Type.BOOL, column=column, readonly=readonly)


def _text(name: str, length: int = 100, *, label: str = "", required: bool = False) -> Field:
    return Field(name=name, length=length, label=label, required=required)


def _shown(name: str, type_: Type = Type.VARCHAR, *, label: str = "", readonly: bool = False) -> Field:
    """Make a field that isn't a column of the module's own table."""
    return Field(name=name, type=type_, column=False, label=label, readonly=readonly)


_SYSTEM: Final = (
    Field(name="date_entered", type=Type.DATETIME, readonly=True, label="Date Created"),
    Field(name="date_modified", type=Type.DATETIME, readonly=True, label="Date Modified"),
    Field(name="modified_user_id", type=Type.RELATE, readonly=True, label="Modified By"),
    Field(name="created_by", type=Type.RELATE, readonly=True, label="Created By"),
    Field(name="description", type=Type.TEXT),
    _bool("deleted"),
)
_OWNER: Final = (Field(name="assigned_user_id", type=Type.RELATE, label="Assigned User:", module=USERS),)
_EMAIL: Final = (
    _shown("email", Type.EMAIL),
    _shown("email1", label="Email Address:"),
    _shown("email2"),
    _bool("invalid_email", column=False),
    _bool("email_opt_out", column=False),
)
_SYNC_KEY: Final = (Field(name="sync_key", length=100, modern=True),)


def _address(kind: str) -> tuple[Field, ...]:
    sizes = (("street", 150), ("city", 100), ("state", 100), ("postalcode", 20), ("country", 255))
    return tuple(_text(f"{kind}_address_{name}", size) for name, size in sizes)


_PERSON: Final = (
    *_NAMES,
    _id("id", "ID", required=True),
    _shown("name", Type.NAME, readonly=True),
    *_SYSTEM,
    *_OWNER,
    _text("salutation", 255),
    _text("first_name", label="First Name:"),
    _text("last_name", label="Last Name:", required=True),
    _shown("full_name", readonly=True),
    _text("title", label="Title:"),
    _text("department", 255),
    _bool("do_not_call"),
    Field(name="phone_home", type=Type.PHONE, length=100),
    _EMAIL[0],
    *(Field(name=f"phone_{kind}", type=Type.PHONE, length=100) for kind in ("mobile", "work", "other", "fax")),
    *_EMAIL[1:],
    *_address("primary"),
    *_address("alt"),
    _text("assistant", 75),
)
_SOURCE: Final = Field(name="lead_source", type=Type.ENUM, length=100, values=("", *LEAD_SOURCES), label="Lead Source:")

_LEADS: Final = (
    *_PERSON,
    _bool("converted"),
    _text("refered_by"),
    _SOURCE,
    Field(name="lead_source_description", type=Type.TEXT),
    Field(name="status", type=Type.ENUM, length=100, values=LEAD_STATUSES, label="Status:"),
    Field(name="status_description", type=Type.TEXT),
    _id("reports_to_id"),
    _text("account_name", 255, label="Account Name:"),
    Field(name="account_description", type=Type.TEXT),
    _id("contact_id", "Contact ID"),
    _id("account_id", "Account ID"),
    _id("opportunity_id", "Opportunity ID"),
    _text("opportunity_name", 255),
    _id("campaign_id"),
    Field(name="birthdate", type=Type.DATE),
    _text("portal_name", 255),
    Field(name="website", type=Type.URL, length=255),
    *_SYNC_KEY,
)
_CONTACTS: Final = (
    *_PERSON,
    _SOURCE,
    _shown("account_name", Type.RELATE, readonly=True, label="Account Name:"),
    Field(name="account_id", type=Type.RELATE, column=False, module=ACCOUNTS, label="Account ID:"),
    _id("reports_to_id"),
    Field(name="birthdate", type=Type.DATE),
    _id("campaign_id"),
    _text("portal_name", 255),
    _bool("portal_active"),
    *_SYNC_KEY,
)
_ACCOUNTS: Final = (
    *_NAMES,
    _id("id", "ID", required=True),
    Field(name="name", type=Type.NAME, length=150, required=True, label="Name:"),
    *_SYSTEM,
    *_OWNER,
    _text("account_type", 50),
    _text("industry", 50),
    Field(name="phone_office", type=Type.PHONE, length=100),
    Field(name="website", type=Type.URL, length=255),
    _text("billing_address_city"),
    _text("billing_address_country", 255),
    _id("parent_id"),
    *_EMAIL,
    *_SYNC_KEY,
)
_USERS: Final = (
    *_NAMES[1:],
    _id("id", "ID", required=True),
    _text("user_name", 60),
    _text("first_name", 30),
    _text("last_name", 30),
    _shown("full_name", readonly=True),
    _shown("name", Type.NAME, readonly=True),
    _bool("is_admin"),
    *_SYSTEM,
    _text("title", 50),
    _text("department", 50),
    *(Field(name=f"phone_{kind}", type=Type.PHONE, length=50) for kind in ("home", "mobile", "work", "other", "fax")),
    Field(name="status", type=Type.ENUM, length=100, values=("Active", "Inactive")),
    *_EMAIL,
)
_LISTS: Final = (
    *_NAMES,
    _id("id", "ID", required=True),
    Field(name="name", type=Type.NAME, length=255, required=True),
    Field(name="list_type", type=Type.ENUM, length=100, values=LIST_TYPES),
    *_SYSTEM,
    *_OWNER,
    _text("domain_name", 255),
)
_ADDRESSES: Final = (
    _id("id", "ID", required=True),
    _text("email_address", 150),
    _text("email_address_caps", 150),
    _bool("invalid_email"),
    _bool("opt_out"),
    Field(name="date_created", type=Type.DATETIME, readonly=True),
    Field(name="date_modified", type=Type.DATETIME, readonly=True),
    _bool("deleted"),
)
FIELDS: Final = {
    LEADS: _LEADS,
    CONTACTS: _CONTACTS,
    ACCOUNTS: _ACCOUNTS,
    USERS: _USERS,
    PROSPECTS: (*_PERSON, _text("account_name", 150), _id("lead_id")),
    LISTS: _LISTS,
    ADDRESSES: _ADDRESSES,
}
TABLES: Final = {
    LEADS: "leads",
    CONTACTS: "contacts",
    ACCOUNTS: "accounts",
    USERS: "users",
    PROSPECTS: "prospects",
    LISTS: "prospect_lists",
    ADDRESSES: "email_addresses",
}
DEFAULTS: Final[Mapping[str, Row]] = {
    LEADS: {"status": "New", "converted": False, "do_not_call": False},
    CONTACTS: {"do_not_call": False, "portal_active": False},
    ACCOUNTS: {},
    USERS: {"status": "Active", "is_admin": False},
    PROSPECTS: {"do_not_call": False},
    LISTS: {},
    ADDRESSES: {"opt_out": False, "invalid_email": False},
}
