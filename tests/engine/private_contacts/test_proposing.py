"""Companies are proposed for private contacts, with a score and its reasons, and anew when something changes."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from keepstep.core.company_match import Proposal
from keepstep.core.company_names import read_name
from keepstep.engine.private_contacts.deciding import ASKED_AT_ONCE, decide, to_ask
from keepstep.store import private_matching
from keepstep.store.private_reading import SeenCompany, SeenPerson, store_companies, store_people
from tests.engine.private_contacts.office import GIVEN, Office
from tests.engine.world import START


@pytest.mark.behaviour("SF-5")
def test_a_company_value_finds_its_account_though_the_name_is_written_otherwise(office: Office) -> None:
    acme = office.account("Acme International, Inc.", Website="https://www.acme.com")
    office.account("Globex GmbH")
    ann = office.contact("Lee", "ACME Intl", Email="ann@eu.acme.com")
    bob = office.contact("Ray", "Acme Internationl")
    office.contact("Orr", "Initech")

    _, report = office.look()

    assert office.proposed() == {ann: [(acme, 1.0, "proposed")], bob: [(acme, 0.93, "proposed")]}
    assert office.listed()[ann].proposals[0].reasons == (
        "the names are the same",
        "the email has the domain of the company's website",
    )
    assert office.listed()[ann].proposals[0].company_name == "Acme International, Inc."
    assert (report.compared, report.proposed, report.contacts) == (3, 2, 3)


@pytest.mark.behaviour("SF-5")
def test_people_of_an_account_tell_the_domain_that_a_nameless_contact_has(office: Office) -> None:
    acme, globex = office.account("Acme Holding"), office.account("Globex")
    for name in ("a", "b", "c"):
        office.contact(name, AccountId=acme, Email=f"{name}@am-corp.com")
    office.contact("d", AccountId=globex, Email="d@am-corp.com")
    ann = office.contact("Lee", "[[Unknown]]", Email="ann@am-corp.com")
    office.contact("Free", "n/a", Email="free@gmail.com")

    office.look()

    assert office.proposed() == {ann: [(acme, 0.85, "proposed")]}
    assert office.listed()[ann].proposals[0].reasons == (
        "no company was given",
        "3 of the company's people have the email's domain",
    )


@pytest.mark.behaviour("SF-5")
def test_placeholders_match_nothing_not_even_a_dummy_account_of_that_name(office: Office) -> None:
    for name in ("[[Unknown]]", "Private", "n/a"):
        office.account(name)
    for said in ("[[Unknown]]", "private", "N/A", "self-employed", None):
        office.contact("Lee", said)

    office.look()

    assert office.proposed() == {}


def test_an_account_that_comes_or_is_renamed_or_goes_changes_only_what_it_concerns(office: Office) -> None:
    ann, bob = office.contact("Ann", "Acme"), office.contact("Bob", "Globex")
    globex = office.account("Globex")
    office.look()
    assert office.proposed() == {bob: [(globex, 0.96, "proposed")]}

    acme = office.account("Acme Ltd")
    _, report = office.look()
    assert report.compared == 1
    assert office.proposed()[ann] == [(acme, 0.96, "proposed")]

    office.edit("accounts", acme, Name="Initech")
    office.look()
    assert set(office.proposed()) == {bob}

    office.delete("accounts", globex)
    office.look()
    assert office.proposed() == {}


def test_colleagues_who_come_change_the_proposals_of_those_with_their_domain(office: Office) -> None:
    acme = office.account("Acme Shoes")
    ann = office.contact("Lee", Email="ann@am-corp.com")
    office.look()
    assert office.proposed() == {}

    first = office.contact("a", AccountId=acme, Email="a@am-corp.com")
    second = office.contact("b", AccountId=acme, Email="b@am-corp.com")
    office.look()
    assert office.proposed() == {ann: [(acme, 0.85, "proposed")]}

    office.delete("contacts", first)
    office.delete("contacts", second)
    office.look()
    assert office.proposed() == {}


def test_a_contact_that_says_something_else_is_proposed_something_else(office: Office) -> None:
    acme, globex = office.account("Acme"), office.account("Globex")
    ann = office.contact("Lee", "Acme")
    office.look()
    assert office.proposed()[ann] == [(acme, 0.96, "proposed")]

    office.edit("contacts", ann, **{GIVEN: "Globex"})
    office.look()

    assert office.proposed()[ann] == [(globex, 0.96, "proposed")]


@pytest.mark.behaviour("SF-5")
def test_a_person_approves_and_rejects_and_what_was_rejected_is_not_proposed_again(office: Office) -> None:
    acme = office.account("Acme")
    ann, bob = office.contact("Ann", "Acme"), office.contact("Bob", "Acme Inc")
    office.look()
    task = office.task()
    asked = to_ask(task)
    assert [(one.company, one.duplicates) for one in asked] == [(acme, 0)] * 2
    by_contact = {one.contact: one.id for one in asked}

    done = decide(task, [by_contact[ann]], [by_contact[bob]], by="admin")

    assert (done.approved, done.rejected, done.unclear) == (1, 1, ())
    assert to_ask(task) == ()
    office.edit("contacts", bob, Email="bob@acme.com")
    _, report = office.look()
    assert office.proposed() == {ann: [(acme, 0.96, "approved")], bob: [(acme, 0.96, "rejected")]}
    assert (report.proposed, report.approved, report.rejected) == (0, 1, 1)
    assert office.listed()[ann].proposals[0].decided_by == "admin"


def test_an_answer_that_contradicts_itself_decides_nothing_about_that(office: Office) -> None:
    office.account("Acme Inc")
    office.account("Acme GmbH")
    office.contact("Lee", "Acme")
    office.contact("Ray", "Acme Inc")
    office.look()
    task = office.task()
    asked = to_ask(task)
    lee = [one.id for one in asked if one.contact == min(one.contact for one in asked)]
    ray = [one.id for one in asked if one.id not in lee]
    assert len(lee) == 2

    done = decide(task, [*lee, ray[0]], [ray[0]], by="admin")

    assert (done.approved, done.rejected) == (0, 0)
    assert done.unclear == tuple(sorted([*lee, ray[0]]))
    assert len(to_ask(task)) == len(asked) <= ASKED_AT_ONCE
    assert decide(task, [10**6], [], by="admin").approved == 0


def test_a_key_that_very_many_companies_share_compares_nobody(office: Office) -> None:
    sync, listing = "private_contacts__salesforce", 1
    with office.store.begin() as conn:
        services = [SeenCompany(f"S{n}", "x", None, frozenset({"wservice", f"={n}"})) for n in range(300)]
        store_companies(conn, sync, [*services, SeenCompany("A", "Acme", None, frozenset({"wacme"}))], listing)
        people = [SeenPerson("1", None, None, given="Acme Services", keys=frozenset({"wservice", "wacme"}))]
        store_people(conn, sync, people, listing, START)
        (found,) = private_matching.unmatched(conn, sync, "", 10)
    assert [one.id for one in found.candidates] == ["A"]


def test_what_was_refused_is_proposed_again_only_when_something_about_it_is_new(office: Office) -> None:
    sync = "private_contacts__salesforce"
    name = read_name("Acme")
    assert name is not None
    with office.store.begin() as conn:
        store_people(conn, sync, [SeenPerson("1", None, None, given="Acme")], 1, START)
        for code, score, state in (
            ("LOCKED", 0.9, "refused"),
            ("LOCKED", 0.95, "proposed"),
            ("not_private", 0.95, "proposed"),
        ):
            private_matching.propose(conn, sync, {"1": [Proposal("A", 0.9, ("same",), clear=True)]}, START)
            conn.execute(
                text("UPDATE company_proposal SET state = 'refused', score = 0.9, code = :code"), {"code": code}
            )
            if code == "not_private":
                conn.execute(text("UPDATE company_proposal SET score = 0.95"))
            private_matching.propose(conn, sync, {"1": [Proposal("A", score, ("same",), clear=True)]}, START)
            assert conn.execute(text("SELECT state FROM company_proposal")).scalar_one() == state
