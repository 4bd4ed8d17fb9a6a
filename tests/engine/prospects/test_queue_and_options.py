"""The queue of a prospect sync, and what the options of its file change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keepstep.core.errors import BudgetSpent, Refused
from keepstep.engine.prospects.releasing import Release, release
from keepstep.engine.prospects.tasks import pull_prospects, push_prospects, reconcile_prospects
from keepstep.store.database import Store
from tests.engine.prospects.world import AnyOffice, Office, write_prospect_sync

Make = Callable[..., AnyOffice]


def in_memory(store: Store, folder: Path, **changes: Any) -> Office:
    """An office in memory whose sync file says something else."""
    return Office(store, write_prospect_sync(folder, **changes))


@pytest.mark.behaviour("SY-6")
@pytest.mark.behaviour("SY-10")
@pytest.mark.behaviour("EX-2")
def test_a_run_takes_so_many_assigned_ones_first_and_the_next_runs_take_the_rest(an_office: Make) -> None:
    office = an_office(limits={"prospects": 2})
    for n in range(3):
        office.lead(f"unassigned{n}@acme.example")
        office.prospect(f"unassigned{n}@acme.example", first_name=f"U{n}")
    for n in range(3):
        office.prospect(f"assigned{n}@acme.example", owner=office.ann)

    first = office.run()
    assert first.waiting == 6  # two of the assigned have yet to be told their record's id
    assert sorted(str(r.email) for r in office.people() if str(r.email).startswith("assigned")) == [
        "assigned0@acme.example",
        "assigned1@acme.example",
    ]
    waiting = [office.run().waiting for _ in range(8)]
    assert waiting == sorted(waiting, reverse=True)
    assert waiting[-1] == 0
    assert sum(r.fields.get("first_name") is not None for r in office.people()) == 3


@pytest.mark.behaviour("EX-1")
@pytest.mark.behaviour("EX-5")
def test_a_score_moved_by_passive_activities_waits_for_one_that_shows_intent(one_office: AnyOffice) -> None:
    ada = one_office.prospect("ada@acme.example", owner=one_office.ann, score=5)
    one_office.settle(3)
    one_office.platform.act_prospect(ada, "email_opened", score=1)
    assert one_office.run().totals.planned == 0
    assert one_office.people()[0].fields["act_on_score"] == 5
    one_office.platform.act_prospect(ada, "form_submitted", score=50)
    one_office.run()
    assert one_office.people()[0].fields["act_on_score"] == 56


def test_the_file_names_other_activities(an_office: Make) -> None:
    office = an_office(triggers={"activities": ["email_opened"]})
    ada = office.prospect("ada@acme.example", owner=office.ann, score=5)
    office.settle(3)
    office.platform.act_prospect(ada, "email_opened", score=1)
    office.run()
    assert office.people()[0].fields["act_on_score"] == 6


@pytest.mark.behaviour("SY-12")
def test_of_several_leads_with_one_email_the_last_changed_is_followed_and_the_others_are_told(
    one_office: AnyOffice,
) -> None:
    first, second = (one_office.lead("ada@acme.example", first_name=name) for name in ("One", "Two"))
    one_office.a_minute_passes()
    one_office.crm.edit(first, last_name="Lovelace")
    ada = one_office.prospect("ada@acme.example", owner=one_office.ann)
    report = one_office.run()
    assert one_office.prospects()[ada].fields["crm_id"] == first
    assert one_office.codes(report) == ["duplicate"]
    assert {r.id: r.fields["first_name"] for r in one_office.people()} == {first: "One", second: "Two"}


@pytest.mark.behaviour("SY-12")
def test_the_first_that_the_crm_returned_is_followed_where_the_file_says_so(an_office: Make) -> None:
    office = an_office(on_duplicates="first_returned")
    first, second = (office.lead("ada@acme.example") for _ in range(2))
    office.crm.edit(second, last_name="Lovelace")
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.run()
    assert office.prospects()[ada].fields["crm_id"] == first


@pytest.mark.behaviour("SY-13")
def test_prospects_that_share_an_email_are_matched_by_the_crm_s_id(an_office: Make) -> None:
    office = an_office(match_by="crm_id")
    office.platform.allow_several_per_email()
    one, two = (office.lead("family@home.example", first_name=name) for name in ("Ada", "Bea"))
    ada = office.prospect("family@home.example", crm_id=one)
    bea = office.prospect("family@home.example", crm_id=two)
    office.settle()
    names = {id: record.fields.get("first_name") for id, record in office.prospects().items()}
    assert names == {ada: "Ada", bea: "Bea"}
    assert len(office.people()) == 2


def test_a_crm_id_goes_before_an_email(one_office: AnyOffice) -> None:
    mine, other = (
        one_office.lead("ada@work.example", first_name="Ada"),
        one_office.lead("ada@home.example", first_name="Other"),
    )
    ada = one_office.prospect("ada@home.example", crm_id=mine)
    one_office.settle()
    assert one_office.prospects()[ada].fields["first_name"] == "Ada"
    assert {r.id for r in one_office.people()} == {mine, other}


@pytest.mark.behaviour("SY-16")
@pytest.mark.parametrize("option", [{"detect_deletes": False}, {"on_deleted": "recreate"}])
def test_a_deleted_record_is_made_again_where_the_file_says_so(an_office: Make, option: dict[str, Any]) -> None:
    office = an_office(**option)
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    [lead] = office.people()
    office.crm.delete(lead.id)
    office.settle()
    [again] = office.people()
    assert again.id != lead.id
    assert office.prospects()[ada].fields["crm_id"] == again.id


def let_sync_again(office: AnyOffice, prospect: str) -> Release:
    """Eve presses the button."""
    return release(office.store, office.file, prospect, "eve", office.clock())


def deleted_in_crm(office: AnyOffice) -> str:
    """A prospect whose record was deleted, which a run has seen. Returns its id."""
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    office.crm.delete(office.people()[0].id)
    office.settle()
    assert office.people() == []
    return ada


@pytest.mark.behaviour("SY-17")
def test_a_rule_switches_syncing_on_again_by_what_a_prospect_does(an_office: Make) -> None:
    office = an_office(resume_deleted={"activities": ["form_submitted"]})
    ada = deleted_in_crm(office)
    office.platform.act_prospect(ada, "email_opened")
    office.settle()
    assert office.people() == []
    office.platform.act_prospect(ada, "form_submitted")
    office.settle()
    assert [r.email for r in office.people()] == ["ada@acme.example"]
    assert office.prospects()[ada].fields["crm_id"] == office.people()[0].id


@pytest.mark.behaviour("SY-17")
def test_a_rule_switches_syncing_on_again_by_a_field(an_office: Make) -> None:
    office = an_office(resume_deleted={"fields": {"company": "Acme"}})
    ada = deleted_in_crm(office)
    office.platform.edit_prospect(ada, first_name="Ada")
    office.settle()
    assert office.people() == []
    office.platform.edit_prospect(ada, company="Acme")
    office.settle()
    assert len(office.people()) == 1


@pytest.mark.behaviour("SY-17")
def test_a_person_switches_syncing_on_again(one_office: AnyOffice) -> None:
    ada = deleted_in_crm(one_office)
    assert let_sync_again(one_office, ada) is Release.SYNCS_AGAIN
    one_office.settle()
    assert len(one_office.people()) == 1
    [tomb] = one_office.select("SELECT released_by FROM tombstone")
    assert tomb["released_by"] == "eve"


@pytest.mark.behaviour("SY-17")
def test_a_release_just_before_a_run_settles_what_it_took_as_stopped_is_not_lost(one_office: AnyOffice) -> None:
    ada = deleted_in_crm(one_office)
    one_office.platform.edit_prospect(ada, first_name="Ada")
    going_on = one_office.context()
    pull_prospects(going_on)
    push_prospects(going_on)

    assert let_sync_again(one_office, ada) is Release.SYNCS_AGAIN
    reconcile_prospects(going_on)
    one_office.settle()

    assert [r.email for r in one_office.people()] == ["ada@acme.example"]


@pytest.mark.behaviour("SY-17")
def test_whom_nothing_stops_is_not_queued(one_office: AnyOffice) -> None:
    ada = one_office.prospect("ada@acme.example", owner=one_office.ann)
    one_office.settle()
    assert let_sync_again(one_office, ada) is Release.NOT_STOPPED
    assert one_office.select("SELECT id FROM sighting WHERE dirty") == []


@pytest.mark.behaviour("SF-1")
@pytest.mark.parametrize("object_name", ["lead", "contact"])
def test_a_new_prospect_becomes_what_the_file_says(an_office: Make, object_name: str) -> None:
    office = an_office(create_as=object_name)
    office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    assert [r.email for r in office.people(object_name)] == ["ada@acme.example"]


@pytest.mark.behaviour("EX-11")
def test_a_deletion_takes_the_prospect_to_the_bin_and_an_undeletion_brings_nobody_twice(an_office: Make) -> None:
    office = an_office(deleted={"bin": True})
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    [lead] = office.people()
    office.crm.delete(lead.id)
    office.settle()
    assert office.prospects() == {}
    office.crm.undelete(lead.id)
    report = office.run()
    assert office.codes(report) == ["removed_by_hand"]
    office.platform.undelete_prospect(ada)
    office.settle()
    assert list(office.prospects()) == [ada]


@pytest.mark.behaviour("EX-7")
def test_a_prospect_s_new_address_makes_a_second_record_where_the_file_says_so(an_office: Make) -> None:
    office = an_office(on_email_change="new_record")
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    office.platform.edit_prospect(ada, email="ada@new.example")
    office.settle()
    assert sorted(str(r.email) for r in office.people()) == ["ada@acme.example", "ada@new.example"]
    office.lead("ada@third.example")
    office.settle()
    office.platform.edit_prospect(office.prospects()[ada].id, email="ada@fourth.example")
    office.settle()
    assert len(office.people()) == 4


@pytest.mark.behaviour("EX-9")
@pytest.mark.parametrize("follows", [True, False])
def test_two_records_share_an_email_and_the_linked_one_changes_it(an_office: Make, follows: bool) -> None:
    office = an_office(on_email_change="follow" if follows else "stay_with_email")
    linked = office.lead("ada@acme.example")
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle()
    other = office.lead("ada@acme.example")
    office.settle()
    office.crm.edit(linked, email="ada@new.example")
    office.settle()
    told = office.prospects()[ada]
    assert (told.email, told.fields["crm_id"]) == (
        ("ada@new.example", linked) if follows else ("ada@acme.example", other)
    )


@pytest.mark.behaviour("EX-3")
def test_the_connector_s_own_user_owns_it_where_the_file_says_so(store: Store, tmp_path: Path) -> None:
    office = in_memory(store, tmp_path, owner_fallback="connector_user")
    cy = office.platform.add_user("cy@sales.example")
    office.platform.add_prospect("ada@acme.example", owner=cy)
    office.run()
    assert [(r.email, r.owner) for r in office.people()] == [("ada@acme.example", None)]


def test_refused_rows_wait_longer_each_time_and_keep_nobody_else_waiting(office: Office) -> None:
    bad = office.prospect("bad@acme.example", owner=office.ann)
    office.crm.reject_next("bad@acme.example", "VALIDATION", times=None)
    tried = [office.run().totals.rejected for _ in range(8)]
    assert tried[0] == 1
    assert 1 < sum(tried) < 5
    office.prospect("good@acme.example", owner=office.ann)
    office.run()
    assert [r.email for r in office.people()] == ["good@acme.example"]
    assert office.select("SELECT count FROM sync_error WHERE closed_at IS NULL") == [{"count": sum(tried)}]

    office.crm.release("bad@acme.example")
    office.platform.edit_prospect(bad, first_name="Better")
    assert office.run().sync_errors == {}
    assert len(office.people()) == 2


def test_where_no_calls_are_left_the_rest_waits_and_the_run_ends_in_order(office: Office) -> None:
    for n in range(3):
        office.prospect(f"ada{n}@acme.example", owner=office.ann)
    spent = {"left": True}
    apply = office.crm.deliver

    def deliver(*args: Any) -> Any:
        if spent["left"]:
            raise BudgetSpent("no calls are left until midnight")
        return apply(*args)

    office.crm.deliver = deliver  # type: ignore[method-assign, assignment]
    report = office.run()
    assert (report.totals.balances, report.problems, report.waiting) == (True, (), 3)
    assert set(office.codes(report)) == {"api_budget"}
    spent["left"] = False
    office.settle()
    assert len(office.people()) == 3


def test_a_mass_deletion_in_the_crm_waits_for_a_person(an_office: Make) -> None:
    office = an_office(limits={"min_rows": 5, "max_removed": "10%"})
    for n in range(10):
        office.prospect(f"ada{n}@acme.example", owner=office.ann)
    office.settle()
    for lead in office.people()[:4]:
        office.crm.delete(lead.id)
    with pytest.raises(Refused, match="removes 4 of 10 people"):
        office.run("mass")
    assert not any(str(p.fields["crm_id"]).startswith("[[") for p in office.prospects().values())
    office.run("mass", yes=True)
    assert sum(str(p.fields["crm_id"]).startswith("[[") for p in office.prospects().values()) == 4


def test_a_dry_run_writes_nothing_and_loses_nothing(one_office: AnyOffice) -> None:
    one_office.prospect("ada@acme.example", owner=one_office.ann)
    report = one_office.run(dry=True)
    assert (report.totals.planned, report.totals.skipped, one_office.people()) == (1, 1, [])
    one_office.run()
    assert len(one_office.people()) == 1
