"""The lists that every account has: statuses, sources, employees; and the rows of the seeded people."""

from typing import Any, Final

from keepstep_sandbox.netsuite.table import Row
from keepstep_sandbox.people import FIRST_DAY, LEAD_SOURCES, Company, Person, Stage

# The statuses that a new account comes with; the word before the dash is the stage.
STATUSES: Final = {
    6: "LEAD-Unqualified",
    7: "LEAD-Qualified",
    8: "PROSPECT-In Discussion",
    9: "PROSPECT-Identified Decision Makers",
    10: "PROSPECT-Proposal",
    11: "PROSPECT-In Negotiation",
    12: "PROSPECT-Purchasing",
    13: "CUSTOMER-Closed Won",
    14: "PROSPECT-Closed Lost",
    15: "CUSTOMER-Renewal",
    16: "CUSTOMER-Lost Customer",
}
STAGE_STATUS: Final = {Stage.LEAD: 7, Stage.PROSPECT: 8, Stage.CUSTOMER: 13}  # a seeded or moved record's status
SUBSCRIPTIONS: Final = {1: "Soft Opt-In", 2: "Soft Opt-Out", 3: "Confirmed Opt-In", 4: "Confirmed Opt-Out"}
SOURCES: Final = {-4 - place: name for place, name in enumerate(LEAD_SOURCES)}
SOURCE_IDS: Final = {name: source_id for source_id, name in SOURCES.items()}
SUBSIDIARIES: Final = {1: "Parent Company", 2: "Parent Company : Europe"}
EMPLOYEES: Final = {
    2: ("Ada", "Admin"),
    3: ("Sam", "Seller"),
    4: ("Sue", "Sells"),
    5: ("Rob", "Rep"),
    6: ("Ines", "Inactive"),
}
INACTIVE_EMPLOYEE: Final = 6
SELLERS: Final = (3, 4, 5)
VENDOR_ID: Final = 50
FIRST_ENTITY_ID: Final = 100  # below it: employees and the vendor


def fixed_rows() -> dict[str, list[Row]]:
    """Give the rows of all the lists, by table."""
    return {
        "entitystatus": [_status(status_id, name) for status_id, name in STATUSES.items()],
        "subscriptionstatus": [{"id": i, "name": name} for i, name in SUBSCRIPTIONS.items()],
        "campaign": [{"id": i, "title": name, "name": name, "isinactive": "F"} for i, name in SOURCES.items()],
        "leadsource": [{"id": i, "name": name, "isinactive": "F"} for i, name in SOURCES.items()],
        "subsidiary": [{"id": i, "name": name, "isinactive": "F"} for i, name in SUBSIDIARIES.items()],
        "employee": [_employee(i, first, last) for i, (first, last) in EMPLOYEES.items()],
        "vendor": [{"id": VENDOR_ID, "entityid": "Paper Supplier", "companyname": "Paper Supplier", "isinactive": "F"}],
        "dual": [{"id": 0, "dummy": "X"}],
    }


def stage_of(status_id: int) -> str:
    """Give the stage that a status belongs to: Lead, Prospect or Customer."""
    return STATUSES[status_id].partition("-")[0].capitalize()


def company_row(company: Company, row_id: int) -> Row:
    """Make a seeded customer."""
    return {
        "id": row_id,
        "entityid": f"CUST{company.number}",
        "isperson": "F",
        "companyname": company.name,
        "email": company.email,
        "phone": company.phone,
        "comments": company.city,
        "entitystatus": STAGE_STATUS[company.stage],
        "searchstage": company.stage.value,
        "leadsource": SOURCE_IDS[company.lead_source],
        "salesrep": SELLERS[company.number % len(SELLERS)],
        **_common(company),
    }


def person_row(person: Person, row_id: int, company_id: int | None) -> Row:
    """Make a seeded contact."""
    return {
        "id": row_id,
        "entityid": f"{person.first_name} {person.last_name}",
        "firstname": person.first_name,
        "lastname": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "title": person.title,
        "company": company_id,
        "contactsource": SOURCE_IDS[person.lead_source],
        "owner": SELLERS[person.number % len(SELLERS)],
        **_common(person),
    }


def individual_row(person: Person, row_id: int, company: str | None) -> Row:
    """Make a seeded customer who is a person; the company is a text of theirs. Individuals are at all stages."""
    stage = tuple(Stage)[person.number % len(Stage)]
    return {
        "id": row_id,
        "entityid": f"CUST{row_id}",
        "isperson": "T",
        "firstname": person.first_name,
        "lastname": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "title": person.title,
        "companyname": company,
        "entitystatus": STAGE_STATUS[stage],
        "searchstage": stage.value,
        "leadsource": SOURCE_IDS[person.lead_source],
        "salesrep": SELLERS[person.number % len(SELLERS)],
        **_common(person),
    }


def _common(one: Company | Person) -> dict[str, Any]:
    stamps = {"datecreated": one.created, "lastmodifieddate": one.modified}
    return {"isinactive": "F", "unsubscribe": "F", "globalsubscriptionstatus": 1, **stamps}


def _status(status_id: int, name: str) -> Row:
    stage, _, rest = name.partition("-")
    return {"id": status_id, "key": status_id, "name": rest, "fullname": name, "entitytype": stage, "isinactive": "F"}


def _employee(row_id: int, first: str, last: str) -> Row:
    return {
        "id": row_id,
        "entityid": f"{first} {last}",
        "firstname": first,
        "lastname": last,
        "email": f"{first}.{last}@corp.example.com".lower(),
        "isinactive": "T" if row_id == INACTIVE_EMPLOYEE else "F",
        "datecreated": FIRST_DAY,
        "lastmodifieddate": FIRST_DAY,
    }
