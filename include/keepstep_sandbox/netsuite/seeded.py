"""The rows that a new account comes with: the lists of every account, and the seeded people."""

import random

from keepstep_sandbox.netsuite import lists
from keepstep_sandbox.netsuite.schema import CONTACT, CUSTOMER
from keepstep_sandbox.netsuite.settings import NetSuiteSettings
from keepstep_sandbox.netsuite.table import Row, Table
from keepstep_sandbox.people import Population, population


def fill(tables: dict[str, Table], settings: NetSuiteSettings) -> int:
    """Fill empty tables; give the last id that is taken. A person has the same id whatever the share of individuals."""
    for name, rows in lists.fixed_rows().items():
        for row in rows:
            tables[name].put(row)
    people = population(settings.seed, settings.size, odd_emails=settings.odd_emails)
    extra = {"subsidiary": 1} if settings.one_world else {}
    for company in people.companies:
        tables[CUSTOMER].put({**lists.company_row(company, lists.FIRST_ENTITY_ID + company.number), **extra})
    for record, row in _persons(people, settings):
        tables[record].put({**row, **extra})
    return lists.FIRST_ENTITY_ID + len(people.companies) + len(people.persons)


def _persons(people: Population, settings: NetSuiteSettings) -> list[tuple[str, Row]]:
    # A generator of its own: with no individuals, nobody else changes.
    draw = random.Random(f"{settings.seed}/individuals")
    first_id = lists.FIRST_ENTITY_ID + len(people.companies)
    made: list[tuple[str, Row]] = []
    for person in people.persons:
        row_id = first_id + person.number
        if draw.random() < settings.individuals_share:
            company = None if person.company is None else people.companies[person.company - 1].name
            made.append((CUSTOMER, lists.individual_row(person, row_id, company)))
        else:
            company_id = None if person.company is None else lists.FIRST_ENTITY_ID + person.company
            made.append((CONTACT, lists.person_row(person, row_id, company_id)))
    return made
