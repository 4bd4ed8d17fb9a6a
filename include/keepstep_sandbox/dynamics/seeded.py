"""The rows of the seeded people: leads of companies not won yet, contacts of the others, contacts without a company."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from keepstep_sandbox import credentials
from keepstep_sandbox.dynamics import ids
from keepstep_sandbox.dynamics.settings import DynamicsSettings
from keepstep_sandbox.dynamics.standard import ACCOUNT, CONTACT, CREATED, LEAD, MODIFIED, USER
from keepstep_sandbox.dynamics.table import Row
from keepstep_sandbox.people import FIRST_DAY, LEAD_SOURCES, Company, Person, Stage, population

USERS: Final = (
    ("Keepstep", "Sync"), ("Sam", "Seller"), ("Sue", "Sells"), ("Rob", "Rep"), ("Ada", "Admin"), ("Ines", "Inactive"),
)  # fmt: skip
INTEGRATION, SELLERS, ADMINISTRATOR, INACTIVE = 0, (1, 2, 3), 4, 5  # places in USERS
SOURCE_CODES: Final = dict(zip(LEAD_SOURCES, (8, 7, 100_000_000, 1, 4, 100_000_001), strict=True))
BUSINESS_UNIT: Final = ids.make("businessunit", 1)
ORGANIZATION: Final = ids.make("organization", 1)
_LONGEST_EMAIL: Final = 100


@lru_cache
def user_id(place: int) -> str:
    """Give the id of one of USERS."""
    return ids.make(USER, place + 1)


def rows(settings: DynamicsSettings) -> Iterator[tuple[str, Row]]:
    """Give every row of a new environment with its table, in order of making."""
    for place, (first, last) in enumerate(USERS):
        yield USER, _user(place, first, last)
    people = population(settings.seed, settings.size, odd_emails=settings.odd_emails)
    companies = {company.number: company for company in people.companies}
    accounts: dict[int, str] = {}
    for company in people.companies:
        if company.stage is not Stage.LEAD:
            accounts[company.number] = ids.make(f"{settings.seed}/{ACCOUNT}", company.number)
            yield ACCOUNT, _account(company, accounts[company.number])
    for person in people.persons:
        table, values = _place(person, companies, accounts)
        yield table, _person(person, {f"{table}id": ids.make(f"{settings.seed}/{table}", person.number), **values})


def _place(person: Person, companies: Mapping[int, Company], accounts: Mapping[int, str]) -> tuple[str, dict[str, Any]]:
    """Tell what a person is here, and what only that table has. Of those without a company every other is a lead."""
    active = {"statecode": 0, "statuscode": 1, "merged": False}
    if person.company is None and person.number % 2:
        return CONTACT, active
    if person.company is not None and person.company in accounts:
        return CONTACT, {**active, "parentcustomerid": accounts[person.company]}
    company = {} if person.company is None else {"companyname": companies[person.company].name}
    return LEAD, {**active, **company, "statuscode": 1 + person.number % 2, "subject": "Interested in our products"}


def _person(person: Person, values: Row) -> Row:
    row = {
        "firstname": person.first_name,
        "lastname": person.last_name,
        "fullname": f"{person.first_name} {person.last_name}",
        # The column holds no more: such a person was entered without an address.
        "emailaddress1": person.email if len(person.email) <= _LONGEST_EMAIL else "",
        "jobtitle": person.title[:100],
        "telephone1": person.phone,
        "leadsourcecode": SOURCE_CODES[person.lead_source],
        "donotbulkemail": False,
        "donotemail": False,
        "ownerid": user_id(SELLERS[person.number % len(SELLERS)]),
        **_stamped(person.created, person.modified),
        **values,
    }
    return {name: value for name, value in row.items() if value != ""}


def _account(company: Company, row_id: str) -> Row:
    return {
        "accountid": row_id,
        "name": company.name,
        "emailaddress1": company.email,
        "telephone1": company.phone,
        "websiteurl": f"https://{company.email.partition('@')[2]}",
        "address1_city": company.city,
        "donotbulkemail": False,
        "merged": False,
        "statecode": 0,
        "statuscode": 1,
        "ownerid": user_id(SELLERS[company.number % len(SELLERS)]),
        **_stamped(company.created, company.modified),
    }


def _user(place: int, first: str, last: str) -> Row:
    email = f"{first}.{last}@corp.example.com".lower()
    app = {"applicationid": credentials.DYNAMICS_CLIENT_ID} if place == INTEGRATION else {}
    return {
        "systemuserid": user_id(place),
        "firstname": first,
        "lastname": last,
        "fullname": f"{first} {last}",
        "internalemailaddress": email,
        "domainname": email,
        "isdisabled": place == INACTIVE,
        **app,
        **_stamped(FIRST_DAY, FIRST_DAY),
    }


def _stamped(created: datetime, modified: datetime) -> Row:
    by = user_id(ADMINISTRATOR)
    return {CREATED: created, "createdby": by, MODIFIED: modified, "modifiedby": by}
