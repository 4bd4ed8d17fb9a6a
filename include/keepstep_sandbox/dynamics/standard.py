"""The tables of a new environment: leads, contacts, accounts, users, marketing lists and their members."""

from dataclasses import dataclass
from typing import Any, Final

from keepstep_sandbox.dynamics.columns import Column, Option, Type

LEAD, CONTACT, ACCOUNT, USER = "lead", "contact", "account", "systemuser"
LIST, LIST_MEMBER = "list", "listmember"
SCORE: Final = "new_act_on_score"
VERSION, MODIFIED, CREATED = "versionnumber", "modifiedon", "createdon"
OPEN, QUALIFIED, DISQUALIFIED = 0, 1, 2  # statecode of a lead
INACTIVE: Final = 1  # statecode of a contact or account
MERGEABLE: Final = frozenset({LEAD, CONTACT, ACCOUNT})
MEMBER_KINDS: Final = {1: ACCOUNT, 2: CONTACT, 4: LEAD}  # list.createdfromcode


@dataclass(frozen=True, slots=True)
class Definition:
    """One table: its names, and the columns that it starts with."""

    name: str
    set_name: str
    key: str
    name_column: str
    schema_name: str
    number: int
    columns: tuple[Column, ...]
    writable: bool = True


def _text(name: str, length: int, **more: Any) -> Column:
    return Column(name=name, length=length, **more)


def _fixed(name: str, kind: Type, **more: Any) -> Column:
    return Column(name=name, type=kind, createable=False, updatable=False, **more)


def _lookup(name: str, *targets: str, **more: Any) -> Column:
    return Column(name=name, type=Type.LOOKUP, targets=targets, **more)


def _key(name: str) -> Column:
    return Column(name=name, type=Type.ID, updatable=False)


def _states(*options: Option) -> Column:
    return Column(name="statecode", type=Type.STATE, options=options, label="Status", createable=True)


def _reasons(*options: Option) -> Column:
    return Column(name="statuscode", type=Type.STATUS, options=options, label="Status Reason")


_ACTIVE: Final = (
    _states(Option(0, "Active"), Option(1, "Inactive")),
    _reasons(Option(1, "Active", 0), Option(2, "Inactive", 1)),
)
_STAMPS: Final = (
    _fixed(CREATED, Type.DATETIME, label="Created On"),
    _fixed(MODIFIED, Type.DATETIME, label="Modified On"),
    _fixed("createdby", Type.LOOKUP, targets=(USER,), label="Created By"),
    _fixed("modifiedby", Type.LOOKUP, targets=(USER,), label="Modified By"),
    _fixed(VERSION, Type.BIGINT, label="Version Number"),
)
_OWNED: Final = (*_STAMPS, Column(name="ownerid", type=Type.OWNER, targets=(USER,), label="Owner"))
_ALLOWED: Final = (Option(0, "Allow"), Option(1, "Do Not Allow"))
# The usual sources, and two that the seeded people came by and an administrator added.
_SOURCES: Final = (
    Option(1, "Advertisement"), Option(2, "Employee Referral"), Option(3, "External Referral"), Option(4, "Partner"),
    Option(5, "Public Relations"), Option(6, "Seminar"), Option(7, "Trade Show"), Option(8, "Web"),
    Option(9, "Word of Mouth"), Option(10, "Other"), Option(100_000_000, "Referral"), Option(100_000_001, "Cold Call"),
)  # fmt: skip
_PERSON: Final = (
    _text("firstname", 50, label="First Name"),
    _text("lastname", 50, label="Last Name"),
    _fixed("fullname", Type.STRING, length=160, label="Full Name"),
    _text("emailaddress1", 100, format="Email", label="Email"),
    _text("jobtitle", 100, label="Job Title"),
    _text("telephone1", 50, format="Phone", label="Business Phone"),
    _text("mobilephone", 20, format="Phone", label="Mobile Phone"),
    _text("address1_city", 80, label="City"),
    Column(name="leadsourcecode", type=Type.PICKLIST, options=_SOURCES, label="Lead Source"),
    Column(name="donotbulkemail", type=Type.BOOLEAN, options=_ALLOWED, label="Do not allow Bulk Emails"),
    Column(name="donotemail", type=Type.BOOLEAN, options=_ALLOWED, label="Do not allow Emails"),
    Column(name="description", type=Type.MEMO, length=2000),
    Column(name=SCORE, type=Type.INTEGER, label="Act-On Score"),
)


def _merge(table: str) -> tuple[Column, ...]:
    master = _fixed("masterid", Type.LOOKUP, targets=(table,), label="Master ID")
    return (master, _fixed("merged", Type.BOOLEAN))


_LEAD: Final = (
    _key("leadid"), *_OWNED, *_PERSON, *_merge(LEAD),
    _text("subject", 300, label="Topic"),
    _text("companyname", 100, label="Company Name"),
    _text("websiteurl", 200, format="Url", label="Website"),
    _lookup("parentaccountid", ACCOUNT), _lookup("parentcontactid", CONTACT),
    _states(Option(0, "Open"), Option(1, "Qualified"), Option(2, "Disqualified")),
    _reasons(
        Option(1, "New", 0), Option(2, "Contacted", 0), Option(3, "Qualified", 1), Option(4, "Lost", 2),
        Option(5, "Cannot Contact", 2), Option(6, "No Longer Interested", 2), Option(7, "Canceled", 2),
    ),
)  # fmt: skip
_CONTACT: Final = (
    _key("contactid"), *_OWNED, *_PERSON, *_merge(CONTACT), *_ACTIVE,
    Column(name="parentcustomerid", type=Type.CUSTOMER, targets=(ACCOUNT, CONTACT), label="Company Name"),
    _lookup("originatingleadid", LEAD),
)  # fmt: skip
_ACCOUNT: Final = (
    _key("accountid"), *_OWNED, *_merge(ACCOUNT), *_ACTIVE,
    _text("name", 160, label="Account Name"),
    _text("emailaddress1", 100, format="Email", label="Email"),
    _text("telephone1", 50, format="Phone", label="Main Phone"),
    _text("websiteurl", 200, format="Url", label="Website"),
    _text("address1_city", 80, label="City"),
    Column(name="description", type=Type.MEMO, length=2000),
    Column(name="donotbulkemail", type=Type.BOOLEAN, options=_ALLOWED, label="Do not allow Bulk Emails"),
    _lookup("primarycontactid", CONTACT), _lookup("parentaccountid", ACCOUNT), _lookup("originatingleadid", LEAD),
)  # fmt: skip
_USER: Final = (
    _key("systemuserid"), *_STAMPS,
    _text("firstname", 256), _text("lastname", 256), _fixed("fullname", Type.STRING, length=200, label="Full Name"),
    _text("internalemailaddress", 100, format="Email", label="Primary Email"),
    _text("domainname", 1024, label="User Name"),
    Column(name="isdisabled", type=Type.BOOLEAN, options=(Option(0, "Enabled"), Option(1, "Disabled"))),
    Column(name="applicationid", type=Type.ID),
)  # fmt: skip
_LIST: Final = (
    _key("listid"), *_OWNED,
    _text("listname", 128, label="Name"),
    Column(name="type", type=Type.BOOLEAN, options=(Option(0, "Static"), Option(1, "Dynamic")), updatable=False),
    Column(
        name="createdfromcode", type=Type.PICKLIST, updatable=False,
        options=(Option(1, "Account"), Option(2, "Contact"), Option(4, "Lead")), label="Targeted At",
    ),
    Column(name="query", type=Type.MEMO, length=1_073_741_823),
    _fixed("membercount", Type.INTEGER, label="Members Count"),
    Column(name="description", type=Type.MEMO, length=2000),
    _states(Option(0, "Active"), Option(1, "Inactive")),
    _reasons(Option(0, "Active", 0), Option(1, "Inactive", 1)),
)  # fmt: skip
_LIST_MEMBER: Final = (
    _key("listmemberid"), *_STAMPS,
    _lookup("listid", LIST), _lookup("entityid", ACCOUNT, CONTACT, LEAD),
)  # fmt: skip

DEFINITIONS: Final = (
    Definition(LEAD, "leads", "leadid", "fullname", "Lead", 4, _LEAD),
    Definition(CONTACT, "contacts", "contactid", "fullname", "Contact", 2, _CONTACT),
    Definition(ACCOUNT, "accounts", "accountid", "name", "Account", 1, _ACCOUNT),
    Definition(USER, "systemusers", "systemuserid", "fullname", "SystemUser", 8, _USER, writable=False),
    Definition(LIST, "lists", "listid", "listname", "List", 4300, _LIST),
    Definition(LIST_MEMBER, "listmembers", "listmemberid", "", "ListMember", 4301, _LIST_MEMBER, writable=False),
)
