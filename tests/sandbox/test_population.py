"""The people of the sandboxes: seeded, plausible, and as odd as real ones."""

import time

from keepstep_sandbox.people import Population, population


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    first = population(3, 300)
    population.cache_clear()
    assert population(3, 300) == first
    assert population(4, 300).persons != first.persons


def test_a_population_has_the_size_asked_for_and_companies_that_exist() -> None:
    people = population(1, 500)
    numbers = {company.number for company in people.companies}
    assert len(people.persons) == 500
    assert {person.company for person in people.persons} <= numbers | {None}
    assert any(person.company is None for person in people.persons)
    assert {company.stage.value for company in people.companies} == {"Lead", "Prospect", "Customer"}
    assert population(1, 0) == Population((), ())


def test_odd_addresses_are_few_and_of_every_kind_and_can_be_switched_off() -> None:
    odd = [person.email for person in population(1, 1000).persons]
    plain = [person.email for person in population(1, 1000, odd_emails=False).persons]
    changed = [new for new, old in zip(odd, plain, strict=True) if new != old]
    assert len(changed) == 20
    assert "" in changed
    assert any(email and email == email.upper() for email in changed)
    assert any(len(email) == 320 for email in changed)
    assert any(not email.isascii() for email in changed)
    assert any("+" in email for email in changed)
    assert any(odd.count(email) == 2 for email in changed if email)
    assert len(set(plain)) == 1000
    assert all(email.islower() for email in plain)


def test_every_address_is_under_a_reserved_domain() -> None:
    people = population(2, 600)
    emails = [one.email for one in people.companies] + [one.email for one in people.persons]
    assert all(email == "" or email.lower().endswith((".example.com", ".test")) for email in emails)


def test_a_hundred_thousand_people_are_made_in_seconds() -> None:
    started = time.monotonic()
    assert len(population(9, 100_000).persons) == 100_000
    assert time.monotonic() - started < 20
    population.cache_clear()
