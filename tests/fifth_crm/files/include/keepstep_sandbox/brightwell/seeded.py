"""The seeded people: leads of companies not won yet, contacts of the others, and the users who own them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from keepstep_sandbox.brightwell.schema import ACCOUNT, CONTACT, LEAD, USER
from keepstep_sandbox.people import Stage, population
from keepstep_sandbox.settings import SandboxSettings

USERS: Final = (("Ada", "Admin"), ("Sam", "Seller"), ("Sue", "Sells"), ("Rob", "Rep"), ("Ines", "Inactive"))
SELLERS: Final = (1, 2, 3)  # places in USERS
Enter = Callable[[str, Mapping[str, Any]], str]


def fill(enter: Enter, settings: SandboxSettings) -> None:
    """Enter everybody, in order of their numbers."""
    users = [enter(USER, _user(*name)) for name in USERS]
    people = population(settings.seed, settings.size, odd_emails=settings.odd_emails)
    companies = {company.number: company for company in people.companies}
    accounts = {
        one.number: enter(ACCOUNT, {"name": one.name, "owner_id": users[SELLERS[one.number % len(SELLERS)]]})
        for one in people.companies
        if one.stage is not Stage.LEAD
    }
    for person in people.persons:
        values = {
            "email": person.email,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "job_title": person.title[:100],
            "phone": person.phone,
            "source": person.lead_source,
            "owner_id": users[SELLERS[person.number % len(SELLERS)]],
        }
        if person.company in accounts:
            enter(CONTACT, values | {"account_id": accounts[person.company]})
        elif person.company is None:
            enter(CONTACT, values)
        else:
            enter(LEAD, values | {"company": companies[person.company].name})


def _user(first: str, last: str) -> dict[str, Any]:
    email = f"{first}.{last}@corp.example.com".lower()
    return {"email": email, "name": f"{first} {last}", "active": last != "Inactive"}
