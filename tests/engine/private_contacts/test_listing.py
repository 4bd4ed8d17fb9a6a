"""Contacts with no account are listed, with owner, created date and company as given; duplicates stand together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from keepstep.core.errors import SettingsError
from keepstep.store.private_contacts import ShownContact, counts, page, place_of, syncs
from keepstep.store.private_proposals import State
from tests.engine.private_contacts.office import GIVEN, Office, connector_to


@pytest.mark.behaviour("SF-4")
def test_contacts_with_no_account_are_listed_with_owner_created_date_and_company_as_given(office: Office) -> None:
    acme = office.account("Acme")
    ann = office.contact("Lee", "Acme Inc.", FirstName="Ann", Email="ann@acme.com")
    office.contact("Ray", "Acme", AccountId=acme, Email="bob@acme.com")

    listed, _ = office.look()

    assert (listed.contacts, listed.duplicates, listed.groups) == (1, 0, 0)
    (found,) = office.listed().values()
    truth = office.control("GET", f"contacts/{ann}")
    assert (found.id, found.first_name, found.last_name) == (ann, "Ann", "Lee")
    assert (found.email, found.company) == ("ann@acme.com", "Acme Inc.")
    assert found.owner == truth["OwnerId"]
    assert found.owner_name == office.control("GET", f"users/{truth['OwnerId']}")["Name"]
    assert found.created_at is not None
    assert truth["CreatedDate"].startswith(found.created_at.strftime("%Y-%m-%dT%H:%M:%S"))
    assert found.age_days(found.created_at + timedelta(days=3, hours=5)) == 3
    assert syncs(office.store) == ("private_contacts__salesforce",)


@pytest.mark.behaviour("SF-4")
def test_the_list_follows_what_changes_and_a_quiet_run_costs_two_calls(office: Office) -> None:
    acme = office.account("Acme")
    ann, bob, cy, dee = (office.contact(name, "Acme") for name in ("Ann", "Bob", "Cy", "Dee"))
    office.look()
    office.edit("contacts", ann, AccountId=acme)
    office.edit("contacts", cy, **{GIVEN: "Globex"})
    office.delete("contacts", bob)
    office.control("POST", "contacts/merge", {"master": cy, "others": [dee]})
    eve = office.contact("Eve")

    office.look()

    assert set(office.listed()) == {cy, eve}
    assert office.listed()[cy].company == "Globex"
    with office.store.begin() as conn:
        kept = conn.execute(text("SELECT id, company, domain FROM company_person ORDER BY id")).all()
    assert {row.id for row in kept} == {ann, cy, eve}
    quiet, compared = office.look()
    assert (quiet.crm_calls, compared.compared) == (2, 0)


def test_a_contact_that_loses_its_account_is_listed_from_then_on(office: Office) -> None:
    acme = office.account("Acme")
    ann = office.contact("Lee", "Acme", AccountId=acme)
    office.look()
    assert office.listed() == {}

    office.edit("contacts", ann, AccountId=None)
    office.look()

    assert list(office.listed()) == [ann]


@pytest.mark.behaviour("SF-7")
def test_duplicates_are_grouped_by_email_then_by_name_and_company_and_stand_together(office: Office) -> None:
    first = office.contact("Lee", "Acme Inc", FirstName="Ann", Email="ann@acme.com")
    alone = office.contact("Orr", "Acme", FirstName="Cy", Email="cy@acme.com")
    second = office.contact("Lee", FirstName="A.", Email="ANN@acme.com")
    third = office.contact("Lee", "ACME", FirstName="Ann", Email="lee@acme.com")
    office.contact("Lee", "n/a", FirstName="Ann", Email="other@acme.com")

    listed, _ = office.look()

    assert (listed.contacts, listed.duplicates, listed.groups) == (5, 3, 1)
    rows = office.listed()
    assert list(rows)[:4] == [first, second, third, alone]
    assert [rows[id].duplicates for id in (first, second, third)] == [first] * 3
    assert [rows[id].duplicate_by for id in (first, second, third)] == ["email", "email", "name and company"]

    office.delete("contacts", second)
    office.delete("contacts", third)
    listed, _ = office.look()
    assert (listed.contacts, listed.groups) == (3, 0)


def test_a_listing_that_is_read_in_full_again_forgets_what_is_gone(office: Office) -> None:
    acme = office.account("Acme")
    ann, bob = office.contact("Ann", "Acme"), office.contact("Bob", "Acme")
    office.look()
    assert set(office.proposed()) == {ann, bob}
    with office.store.begin() as conn:
        conn.execute(text("DELETE FROM watermark"))
    office.delete("contacts", bob)
    office.delete("accounts", acme)

    office.look()

    assert list(office.listed()) == [ann]
    assert office.proposed() == {}


def test_another_field_for_the_company_as_given_reads_all_people_again(office: Office) -> None:
    office.control("POST", "fields", {"object": "Contact", "name": "Firm__c"})
    ann = office.contact("Lee", "Acme", Firm__c="Globex")
    office.look()
    assert office.listed()[ann].company == "Acme"

    office.write_file(company_field="Firm__c")
    office.look()
    assert office.listed()[ann].company == "Globex"


def test_many_pages_are_read_and_shown_a_page_at_a_time(office: Office) -> None:
    office.account("Acme")
    made = [office.contact(f"Person {n}", "Acme", Email=f"p{n // 2}@acme.com") for n in range(23)]
    small = connector_to(office.url, page_size=5)

    office.look(office.task(connector=small))

    small.close()
    sync = syncs(office.store)[0]
    rows: list[ShownContact] = []
    after = ("", "")
    while found := page(office.store, sync, after, 4):
        rows += found
        after = place_of(found[-1])
    assert {row.id for row in rows} == set(made)
    assert len(rows) == 23
    assert [row.duplicates for row in rows[:2]] == [made[0]] * 2
    told = counts(office.store, sync)
    assert (told.contacts, told.duplicates, told.groups) == (23, 22, 11)
    assert told.proposals == {State.PROPOSED: 23}
    assert page(office.store, sync, state=State.APPLIED) == ()
    assert len(page(office.store, sync, state=State.PROPOSED)) == 23


def test_a_field_that_the_crm_does_not_have_is_told_before_anything_is_read(office: Office) -> None:
    office.write_file(company_field="Firm__c")
    with pytest.raises(SettingsError, match=r"salesforce\.yaml: the contact of Salesforce has no field Firm__c"):
        office.look()
