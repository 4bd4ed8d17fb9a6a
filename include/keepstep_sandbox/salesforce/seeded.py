"""The rows of the seeded people: leads of companies not won yet, contacts of the others, private contacts."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from keepstep_sandbox.people import FIRST_DAY, Company, Person, Stage, population
from keepstep_sandbox.salesforce import ids
from keepstep_sandbox.salesforce.schema import ACCOUNT, CONTACT, GROUP, LEAD, LEAD_STATUSES, USER, Schema
from keepstep_sandbox.salesforce.settings import SalesforceSettings
from keepstep_sandbox.salesforce.table import Row

UNKNOWN: Final = "[[Unknown]]"  # what the marketing platform's connector writes where it knows no company
USERS: Final = (("Ada", "Admin"), ("Sam", "Seller"), ("Sue", "Sells"), ("Rob", "Rep"), ("Ines", "Inactive"))
INTEGRATION, SELLERS, INACTIVE = 0, (1, 2, 3), 4  # places in USERS
QUEUE: Final = "Unassigned Leads"
_LONGEST_EMAIL: Final = 80


def user_id(schema: Schema, place: int) -> str:
    """Give the id of one of USERS."""
    return ids.make(schema.prefix(USER), place + 1)


def rows(schema: Schema, settings: SalesforceSettings) -> Iterator[tuple[str, Row]]:
    """Give every row of a new org with its object, in order of making."""
    for place, (first, last) in enumerate(USERS):
        yield USER, _user(schema, place, first, last)
    queue = {"Id": ids.make(schema.prefix(GROUP), 1), "Name": QUEUE, "Type": "Queue"}
    yield GROUP, {**queue, **_stamped(schema, FIRST_DAY, FIRST_DAY)}
    people = population(settings.seed, settings.size, odd_emails=settings.odd_emails)
    companies = {company.number: company for company in people.companies}
    accounts: dict[int, str] = {}
    for company in people.companies:
        if company.stage is not Stage.LEAD:
            accounts[company.number] = ids.make(schema.prefix(ACCOUNT), len(accounts) + 1)
            yield ACCOUNT, _account(schema, company, accounts[company.number])
    numbers = {LEAD: 0, CONTACT: 0}
    for person in people.persons:
        kind, values = _place(person, companies, accounts)
        numbers[kind] += 1
        yield kind, _person(schema, person, ids.make(schema.prefix(kind), numbers[kind]), values)


def _place(person: Person, companies: Mapping[int, Company], accounts: Mapping[int, str]) -> tuple[str, dict[str, Any]]:
    """Tell what a person is here, and what only that kind has. Of those without a company every other is a lead."""
    if person.company is None and person.number % 2:
        return CONTACT, {}
    if person.company is not None and person.company in accounts:
        return CONTACT, {"AccountId": accounts[person.company]}
    company = UNKNOWN if person.company is None else companies[person.company].name
    return LEAD, {"Company": company, "Status": LEAD_STATUSES[person.number % 3]}


def _person(schema: Schema, person: Person, record_id: str, values: Row) -> Row:
    return {
        "Id": record_id,
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "Name": f"{person.first_name} {person.last_name}",
        # The field holds no more: such a person was entered without an address.
        "Email": person.email if len(person.email) <= _LONGEST_EMAIL else None,
        "Title": person.title[:128],
        "Phone": person.phone,
        "LeadSource": person.lead_source,
        "OwnerId": user_id(schema, SELLERS[person.number % len(SELLERS)]),
        **_stamped(schema, person.created, person.modified),
        **values,
    }


def _account(schema: Schema, company: Company, record_id: str) -> Row:
    return {
        "Id": record_id,
        "Name": company.name,
        "Type": company.stage.value,
        "Phone": company.phone,
        "BillingCity": company.city,
        "OwnerId": user_id(schema, SELLERS[company.number % len(SELLERS)]),
        **_stamped(schema, company.created, company.modified),
    }


def _user(schema: Schema, place: int, first: str, last: str) -> Row:
    email = f"{first}.{last}@corp.example.com".lower()
    return {
        "Id": user_id(schema, place),
        "FirstName": first,
        "LastName": last,
        "Name": f"{first} {last}",
        "Username": email,
        "Email": email,
        "Alias": first.lower(),
        "IsActive": place != INACTIVE,
        **_stamped(schema, FIRST_DAY, FIRST_DAY),
    }


def _stamped(schema: Schema, created: Any, modified: Any) -> Row:
    by = user_id(schema, INTEGRATION)
    return {
        "CreatedDate": created,
        "CreatedById": by,
        "LastModifiedDate": modified,
        "LastModifiedById": by,
        "SystemModstamp": modified,
    }
