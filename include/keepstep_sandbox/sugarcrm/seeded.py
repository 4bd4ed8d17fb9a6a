"""The rows of the seeded people: leads of companies not won yet, contacts of the others, private contacts."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from keepstep_sandbox import credentials
from keepstep_sandbox.people import FIRST_DAY, Company, Person, Stage, population
from keepstep_sandbox.sugarcrm import ids
from keepstep_sandbox.sugarcrm.settings import SugarCrmSettings
from keepstep_sandbox.sugarcrm.standard import ACCOUNTS, CONTACTS, DEFAULTS, LEADS, USERS
from keepstep_sandbox.sugarcrm.table import Row

PEOPLE: Final = (("Ada", "Admin"), ("Sam", "Seller"), ("Sue", "Sells"), ("Rob", "Rep"), ("Ines", "Inactive"))
INTEGRATION, SELLERS, INACTIVE = 0, (1, 2, 3), 4  # places in PEOPLE
_STATUSES: Final = ("New", "Assigned", "In Process")
_LONGEST_EMAIL: Final = 150


def user_id(place: int) -> str:
    """Give the id of one of PEOPLE; the first user of a site is always "1"."""
    return "1" if place == INTEGRATION else ids.make(USERS, place + 1)


def rows(settings: SugarCrmSettings) -> Iterator[tuple[str, Row, str]]:
    """Give every row of a new site with its module and its email address, in order of making."""
    for place, (first, last) in enumerate(PEOPLE):
        yield USERS, _user(place, first, last), f"{first}.{last}@corp.example.com".lower()
    people = population(settings.seed, settings.size, odd_emails=settings.odd_emails)
    companies = {company.number: company for company in people.companies}
    accounts: dict[int, str] = {}
    for company in people.companies:
        if company.stage is not Stage.LEAD:
            accounts[company.number] = ids.make(ACCOUNTS, len(accounts) + 1)
            yield ACCOUNTS, _account(company, accounts[company.number]), company.email
    numbers = {LEADS: 0, CONTACTS: 0}
    for person in people.persons:
        module, values = _place(person, companies, accounts)
        numbers[module] += 1
        # The column holds no more: such a person was entered without an address.
        email = person.email if len(person.email) <= _LONGEST_EMAIL else ""
        yield module, _person(module, person, ids.make(module, numbers[module]), values), email


def _place(person: Person, companies: Mapping[int, Company], accounts: Mapping[int, str]) -> tuple[str, dict[str, Any]]:
    """Tell what a person is here, and what only that kind has. Of those without a company every other is a lead."""
    if person.company is None and person.number % 2:
        return CONTACTS, {}
    if person.company is not None and person.company in accounts:
        return CONTACTS, {"account_id": accounts[person.company]}
    company = {} if person.company is None else {"account_name": companies[person.company].name}
    return LEADS, {**company, "status": _STATUSES[person.number % 3]}


def _person(module: str, person: Person, record_id: str, values: Row) -> Row:
    return {
        "id": record_id,
        **DEFAULTS[module],
        "first_name": person.first_name,
        "last_name": person.last_name,
        "title": person.title[:100],
        "phone_work": person.phone,
        "lead_source": person.lead_source,
        "assigned_user_id": user_id(SELLERS[person.number % len(SELLERS)]),
        **_stamped(person.created, person.modified),
        **values,
    }


def _account(company: Company, record_id: str) -> Row:
    return {
        "id": record_id,
        "name": company.name,
        "account_type": company.stage.value,
        "phone_office": company.phone,
        "billing_address_city": company.city,
        "assigned_user_id": user_id(SELLERS[company.number % len(SELLERS)]),
        **_stamped(company.created, company.modified),
    }


def _user(place: int, first: str, last: str) -> Row:
    name = credentials.SUGARCRM_USER if place == INTEGRATION else f"{first}.{last}".lower()
    return {
        "id": user_id(place),
        "user_name": name,
        "first_name": first,
        "last_name": last,
        "is_admin": place == INTEGRATION,
        "status": "Inactive" if place == INACTIVE else "Active",
        **_stamped(FIRST_DAY, FIRST_DAY),
    }


def _stamped(created: datetime, modified: datetime) -> Row:
    by = user_id(INTEGRATION)
    return {
        "date_entered": created,
        "date_modified": modified,
        "created_by": by,
        "modified_user_id": by,
        "deleted": False,
    }
