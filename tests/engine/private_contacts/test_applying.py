"""Accounts are written to contacts where a person says so or a score is high enough; accounts themselves never are."""

from __future__ import annotations

import pytest

from keepstep.engine.private_contacts.deciding import decide, to_ask
from keepstep.store.overview import overview
from tests.engine.private_contacts.office import GIVEN, Office

LOW = {"propose_from": 0.8, "apply_from": 0.95}


@pytest.mark.behaviour("SF-5")
def test_nothing_is_written_before_a_person_approves_and_then_only_what_was_approved(office: Office) -> None:
    acme = office.account("Acme")
    ann, bob = office.contact("Ann", "Acme", Email="ann@acme.com"), office.contact("Bob", "Acme")
    office.look()
    assert office.apply().planned == 0
    before = office.control("GET", f"contacts/{ann}")
    task = office.task()
    chosen = [one.id for one in to_ask(task) if one.contact == ann]
    decide(task, chosen, [], by="admin")

    report = office.apply(task)

    assert (report.planned, report.applied) == (1, 1)
    assert (office.account_of(ann), office.account_of(bob)) == (acme, None)
    after = office.control("GET", f"contacts/{ann}")
    moved = {"AccountId", "LastModifiedDate", "SystemModstamp", "LastModifiedById"}
    assert {name for name in after if after[name] != before[name]} <= moved
    (row,) = office.journal()
    assert (row["before"], row["after"]) == ({"AccountId": None}, {"AccountId": acme})
    assert row["why"]["AccountId"].startswith(f"proposal {chosen[0]}, score ")
    assert set(office.listed()) == {bob}
    assert overview(office.store)["private_contacts__salesforce"].runs[0].balances


@pytest.mark.behaviour("SF-5")
def test_a_clear_match_above_the_second_threshold_is_written_by_itself_the_rest_waits(office: Office) -> None:
    office.write_file(thresholds=LOW)
    acme = office.account("Acme")
    twins = [office.account("Globex"), office.account("Globex Inc")]
    ann, bob, cy = (
        office.contact("Ann", "Acme Inc"),
        office.contact("Bob", "Acme Group"),
        office.contact("Cy", "Globex"),
    )
    office.look()

    report = office.apply()

    assert report.applied == 1
    assert [office.account_of(one) for one in (ann, bob, cy)] == [acme, None, None]
    asked = to_ask(office.task())
    assert {(one.contact, one.company) for one in asked} == {(bob, acme), *((cy, twin) for twin in twins)}


@pytest.mark.behaviour("SF-3")
def test_accounts_are_read_only_whatever_is_listed_proposed_and_written(office: Office) -> None:
    office.write_file(thresholds=LOW)
    for n in range(5):
        office.account(f"Company {n}x", Website=f"https://c{n}.com")
        office.contact(f"Person {n}", f"Company {n}x", Email=f"p@c{n}.com")
    before = office.accounts()
    office.control("DELETE", "requests", root="")

    office.look()
    assert office.apply().applied == 5

    assert office.accounts() == before
    asked = office.control("GET", "requests", root="")["counts"]
    changing = {route: n for route, n in asked.items() if not route.startswith("GET") and "/oauth2/" not in route}
    assert changing == {"PATCH /services/data/v{version}.0/composite/sobjects": 1}
    assert {row["object"] for row in office.journal()} == {"contact"}
    assert {tuple(row["after"]) for row in office.journal()} == {("AccountId",)}


@pytest.mark.behaviour("SF-5")
def test_what_changed_since_it_was_approved_is_read_back_and_refused(office: Office) -> None:
    office.account("Acme")
    globex, initech = office.account("Globex"), office.account("Initech")
    ann, bob, cy = office.contact("Ann", "Acme"), office.contact("Bob", "Acme"), office.contact("Cy", "Globex")
    office.look()
    office.approve_all()
    office.edit("contacts", ann, AccountId=initech)
    office.delete("contacts", bob)
    office.delete("accounts", globex)

    report = office.apply()

    assert (report.planned, report.skipped) == (3, 3)
    assert {row["record_id"]: row["code"] for row in office.journal()} == {
        ann: "not_private",
        bob: "contact_gone",
        cy: "company_gone",
    }
    assert (office.account_of(ann), office.account_of(cy)) == (initech, None)
    assert {one[2] for of in office.proposed().values() for one in of} == {"refused"}


def test_a_row_that_the_crm_refuses_is_rejected_with_its_reason_and_the_others_are_written(office: Office) -> None:
    acme = office.account("Acme")
    ann, bob = office.contact("Ann", "Acme"), office.contact("Bob", "Acme")
    office.look()
    office.approve_all()
    office.control("PUT", f"contacts/{ann}/fault", {"times": 1})

    report = office.apply()

    assert (report.applied, report.rejected) == (1, 1)
    assert (office.account_of(ann), office.account_of(bob)) == (None, acme)
    (shown,) = office.listed()[ann].proposals
    assert (shown.state.value, bool(shown.what_to_do)) == ("refused", True)
    assert office.apply().planned == 0


def test_a_row_that_somebody_holds_for_a_while_stays_approved_for_the_next_run(office: Office) -> None:
    acme = office.account("Acme")
    ann = office.contact("Ann", "Acme")
    office.look()
    office.approve_all()
    office.control("PUT", f"contacts/{ann}/lock", {"times": 100})
    assert office.apply().rejected == 1
    assert office.proposed()[ann][0][2] == "approved"
    office.control("DELETE", f"contacts/{ann}/fault")

    assert office.apply().applied == 1
    assert office.account_of(ann) == acme


@pytest.mark.behaviour("SF-5")
def test_what_somebody_took_back_is_never_written_again_without_a_person(office: Office) -> None:
    office.write_file(thresholds=LOW)
    office.account("Acme")
    ann = office.contact("Ann", "Acme")
    office.look()
    assert office.apply().applied == 1
    office.edit("contacts", ann, AccountId=None)
    office.look()

    assert office.apply().planned == 0
    assert [one.contact for one in to_ask(office.task())] == [ann]
    office.approve_all()
    assert office.apply().applied == 1


def test_a_dry_run_plans_and_writes_nothing(office: Office) -> None:
    office.account("Acme")
    ann = office.contact("Ann", "Acme")
    office.look()
    office.approve_all()

    report = office.apply(office.task(dry=True))

    assert (report.planned, report.skipped) == (1, 1)
    assert office.account_of(ann) is None
    assert office.proposed()[ann][0][2] == "approved"


def test_two_batches_are_written_one_after_the_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepstep.engine.private_contacts.applying.AT_ONCE", 2)
    office.account("Acme")
    people = [office.contact(f"P{n}", "Acme", **{GIVEN: "Acme"}) for n in range(5)]
    office.look()
    office.approve_all()
    assert office.apply().applied == 5
    assert all(office.account_of(one) for one in people)
