"""The four tasks, one after the other, over systems in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepstep.connectors.memory import MemoryPlatform
from tests.engine.world import World, write_sync


@pytest.mark.behaviour("AO-5")
@pytest.mark.behaviour("AO-6")
def test_a_first_run_adds_the_audience_to_the_list_and_pushes_the_score_only(world: World) -> None:
    ann = world.person("ann@example.com", first_name="Ann", last_name="Ode")
    bo = world.person("bo@example.com", first_name="Bo")
    world.person("lee@example.com", "lead", first_name="Lee")
    world.platform.act("ann@example.com", "form_submitted")

    report = world.run()

    assert world.rows() == {
        "ann@example.com": {"email": "ann@example.com", "first_name": "Ann", "last_name": "Ode", "act_on_score": 15},
        "bo@example.com": {"email": "bo@example.com", "first_name": "Bo", "act_on_score": 0},
    }
    assert world.contact(ann)["act_on_score"] == 15
    assert world.contact(bo) == {"email": "bo@example.com", "first_name": "Bo", "stage": "customer", "act_on_score": 0}
    assert report.totals.balances
    assert report.scores_differing == 0
    assert report.problems == ()


def test_a_run_with_no_change_plans_nothing_and_writes_nothing(world: World) -> None:
    world.person("ann@example.com", first_name="Ann")
    world.platform.act("ann@example.com", "message_clicked")
    world.run()
    crm, rows = world.crm.records(), world.platform.rows(world.list_id)

    report = world.run()

    assert report.totals.planned == 0
    assert world.crm.records() == crm
    assert world.platform.rows(world.list_id) == rows


@pytest.mark.behaviour("AO-9")
def test_new_activities_move_the_score_column_first_and_the_crm_after(world: World) -> None:
    ann = world.person("ann@example.com")
    world.run()
    world.platform.act("ann@example.com", "form_submitted")
    world.platform.act("ann@example.com", "message_clicked")

    world.run()

    assert world.rows()["ann@example.com"]["act_on_score"] == 20
    assert world.contact(ann)["act_on_score"] == 20


def test_a_score_that_goes_5_6_5_6_is_pushed_each_time(world: World) -> None:
    """An operation's id is salted with the base's generation; hashed from content alone, the second 6 is lost."""
    ann = world.person("ann@example.com")
    world.run()
    for score in (5, 6, 5, 6):
        world.crm.edit(ann, act_on_score=score + 100)  # somebody meddles: the platform's score wins
        report = world.run()
        assert report.totals.applied == 1
        assert world.contact(ann)["act_on_score"] == 0


def test_an_edit_in_the_crm_reaches_the_list_and_one_on_the_list_stays_until_the_crm_changes(world: World) -> None:
    ann = world.person("ann@example.com", first_name="Ann", last_name="Ode")
    world.run()
    world.crm.edit(ann, first_name="Anne")
    world.platform.edit_row(world.list_id, world.row_id("ann@example.com"), {"last_name": "Oder"})

    report = world.run()

    row = world.rows()["ann@example.com"]
    assert (row["first_name"], row["last_name"]) == ("Anne", "Oder")
    assert world.contact(ann)["last_name"] == "Ode"
    assert report.differing == {"last_name": 1}


@pytest.mark.behaviour("SY-2")
def test_a_field_that_both_sides_changed_goes_to_the_crm_and_is_listed_as_a_conflict(world: World) -> None:
    ann = world.person("ann@example.com", last_name="Ode")
    world.run()
    world.crm.edit(ann, last_name="Oda")
    world.platform.edit_row(world.list_id, world.row_id("ann@example.com"), {"last_name": "Oder"})

    report = world.run()

    assert world.rows()["ann@example.com"]["last_name"] == "Oda"
    [conflict] = world.select("SELECT field, crm, platform, base, winner FROM conflict")
    assert conflict == {"field": "last_name", "crm": "Oda", "platform": "Oder", "base": "Ode", "winner": "crm"}
    assert report.totals.conflicts == 1


def test_a_conflict_that_waits_for_a_person_is_told_in_every_run_until_both_sides_are_alike(
    world: World, tmp_path: Path
) -> None:
    held = {"crm": "last_name", "platform": "last_name", "rule": "hold"}
    world.file = write_sync(tmp_path, fields={"last_name": held})
    ann = world.person("ann@example.com", last_name="Ode")
    world.run()
    world.crm.edit(ann, last_name="Oda")
    world.platform.edit_row(world.list_id, world.row_id("ann@example.com"), {"last_name": "Oder"})

    for _ in range(2):
        report = world.run()
        assert report.sync_errors == {"conflict": 1}
        assert world.rows()["ann@example.com"]["last_name"] == "Oder"
    world.platform.edit_row(world.list_id, world.row_id("ann@example.com"), {"last_name": "Oda"})

    assert world.run().sync_errors == {}


@pytest.mark.behaviour("AO-5")
def test_pull_remove_takes_off_the_list_who_left_the_audience_and_brings_back_who_returns(
    world: World, tmp_path: Path
) -> None:
    world.file = write_sync(tmp_path, pull={"remove": True})
    ann, bo = world.person("ann@example.com"), world.person("bo@example.com")
    world.run()
    world.crm.set_audience(ann, "affiliated_with_prospects")
    world.run()
    assert set(world.rows()) == {"bo@example.com"}

    world.crm.set_audience(ann, "affiliated_with_customers")
    world.run()

    assert set(world.rows()) == {"ann@example.com", "bo@example.com"}
    assert world.contact(bo)["act_on_score"] == 0


def test_without_pull_remove_nobody_is_taken_off_the_list(world: World) -> None:
    ann = world.person("ann@example.com")
    world.person("bo@example.com")
    world.run()
    world.crm.delete(ann)

    report = world.run()

    assert set(world.rows()) == {"ann@example.com", "bo@example.com"}
    assert report.tombstones == 1


def test_somebody_whom_marketing_took_off_the_list_is_not_put_back(world: World) -> None:
    world.person("ann@example.com")
    world.person("bo@example.com")
    world.run()
    world.platform.delete_row(world.list_id, world.row_id("ann@example.com"))

    world.run()
    world.run()

    assert set(world.rows()) == {"bo@example.com"}


@pytest.mark.behaviour("AO-5")
def test_push_add_makes_a_contact_for_a_row_without_one_once(world: World, tmp_path: Path) -> None:
    world.file = write_sync(
        tmp_path,
        crm={"audience": "affiliated_with_leads"},
        push={"add": True},
        fields={"company": {"crm": "company", "platform": "company"}},
        pull={"update": ["first_name"]},
    )
    world.run()
    world.platform.add_row(world.list_id, {"email": "new@example.com", "first_name": "Nia", "company": "Acme"})

    world.run()
    world.run()

    made = [r for r in world.crm.records() if r.email == "new@example.com"]
    assert len(made) == 1
    assert made[0].fields["first_name"] == "Nia"
    assert made[0].fields["act_on_score"] == 0


@pytest.mark.behaviour("AO-8")
def test_two_new_people_of_one_company_make_it_once_whatever_its_spelling(world: World, tmp_path: Path) -> None:
    world.file = write_sync(
        tmp_path,
        push={"add": True},
        fields={"company": {"crm": "company", "platform": "company"}},
        pull={"update": ["first_name"]},
    )
    known = world.crm.add("customer", name="Borea")
    world.run()
    for email, company in (("a@x.test", "Acme GmbH"), ("b@x.test", " ACME  gmbh"), ("c@x.test", "borea ")):
        world.platform.add_row(world.list_id, {"email": email, "company": company})

    report = world.run()

    companies = world.crm.records("customer")
    assert sorted(str(c.fields["name"]) for c in companies) in (["ACME  gmbh", "Borea"], ["Acme GmbH", "Borea"])
    acme = next(c.id for c in companies if c.id != known)
    assert {str(r.email): r.fields["company"] for r in world.crm.records()} == {
        "a@x.test": acme,
        "b@x.test": acme,
        "c@x.test": known,
    }
    assert next(c for c in companies if c.id == acme).fields["stage"] == "lead"
    assert report.totals.balances


def test_a_new_person_without_a_company_is_held_and_says_what_to_do(world: World, tmp_path: Path) -> None:
    world.file = write_sync(tmp_path, push={"add": True}, fields={"company": {"crm": "company", "platform": "company"}})
    world.run()
    world.platform.add_row(world.list_id, {"email": "new@example.com"})

    report = world.run()

    assert report.sync_errors == {"no_company": 1}
    [error] = world.select("SELECT what_to_do FROM sync_error")
    assert error["what_to_do"] == "a new lead needs a company: fill the row's company on the list"


@pytest.mark.behaviour("AO-5")
def test_push_remove_inactivates_in_the_crm_whom_marketing_took_off_the_list(world: World, tmp_path: Path) -> None:
    world.file = write_sync(tmp_path, push={"remove": True})
    ann, bo = world.person("ann@example.com"), world.person("bo@example.com")
    world.run()
    world.platform.delete_row(world.list_id, world.row_id("ann@example.com"))

    world.run()

    status = {r.id: r.status.value for r in world.crm.records()}
    assert status == {ann: "inactive", bo: "active"}


@pytest.mark.behaviour("NS-1")
def test_an_inactive_record_is_one_open_sync_error_however_many_runs_meet_it(world: World) -> None:
    ann = world.person("ann@example.com")
    world.run()
    world.crm.inactivate(ann)
    world.platform.act("ann@example.com", "form_submitted")

    for _ in range(3):
        report = world.run()
        assert report.sync_errors == {"inactive": 1}
        world.platform.act("ann@example.com", "form_submitted")
    [error] = world.select("SELECT count, closed_at FROM sync_error")
    assert error == {"count": 3, "closed_at": None}

    world.crm.activate(ann)
    assert world.run().sync_errors == {}


@pytest.mark.behaviour("AO-2")
def test_a_field_added_later_is_filled_without_a_new_import(world: World, tmp_path: Path) -> None:
    ann = world.person("ann@example.com", title="Chief")
    world.run()
    row = world.row_id("ann@example.com")
    world.platform.add_column(world.list_id, "title")
    world.file = write_sync(tmp_path, fields={"title": {"crm": "title", "platform": "title"}})

    world.run()

    assert world.row_id("ann@example.com") == row
    assert world.rows()["ann@example.com"]["title"] == "Chief"
    assert world.contact(ann)["act_on_score"] == 0


def test_a_dry_run_plans_and_writes_nothing(world: World) -> None:
    world.person("ann@example.com")
    world.run()
    world.person("bo@example.com")

    report = world.run(dry=True)

    assert set(world.rows()) == {"ann@example.com"}
    assert (report.totals.planned, report.totals.skipped) == (1, 1)
    assert world.run().totals.applied == 3  # the row, its score column, its score
    assert set(world.rows()) == {"ann@example.com", "bo@example.com"}


def test_a_first_run_that_is_dry_plans_the_import_and_makes_no_list(world: World) -> None:
    ann = world.person("ann@example.com")
    world.platform.act("ann@example.com", "form_submitted")

    report = world.run(dry=True)

    assert MemoryPlatform(world.platform).find_list("Customers") is None
    assert (report.totals.planned, report.totals.skipped) == (1, 1)
    world.run()
    assert set(world.rows()) == {"ann@example.com"}
    assert world.contact(ann)["act_on_score"] == 15


def test_a_rejected_row_makes_the_run_red_and_is_tried_again_until_it_is_taken(world: World) -> None:
    ann = world.person("ann@example.com")
    world.person("bo@example.com")
    world.crm.reject_next(ann, "locked")

    report = world.run()

    assert report.totals.rejected == 1
    assert report.problems == ("1 rows were rejected: see the sync errors for who must do what",)
    assert "act_on_score" not in world.contact(ann)
    report = world.run()
    assert report.problems == ()
    assert report.sync_errors == {}
    assert world.contact(ann)["act_on_score"] == 0


@pytest.mark.behaviour("SY-12")
def test_of_several_contacts_with_one_email_the_latest_is_followed_and_the_other_is_told(world: World) -> None:
    old = world.person("ann@example.com", first_name="Old")
    world.clock.pass_(minutes=1)
    new = world.person("Ann@Example.com", first_name="New")

    report = world.run()

    assert len(world.rows()) == 1
    assert "act_on_score" in world.contact(new)
    assert "act_on_score" not in world.contact(old)
    [told] = world.journal(report.run, code="duplicate")
    assert told["crm_key"] == f"contact:{old}"


@pytest.mark.behaviour("NS-5")
def test_when_the_followed_one_of_two_is_deleted_the_other_takes_its_place(world: World) -> None:
    old = world.person("ann@example.com", first_name="Old")
    world.clock.pass_(minutes=1)
    new = world.person("ann@example.com", first_name="New")
    world.run()
    world.crm.delete(new)

    world.run()

    assert len(world.rows()) == 1
    assert world.contact(old)["act_on_score"] == 0


@pytest.mark.behaviour("NS-3")
@pytest.mark.behaviour("SY-14")
def test_a_deleted_contact_is_not_made_again_although_its_row_stays(world: World, tmp_path: Path) -> None:
    world.file = write_sync(tmp_path, push={"add": True}, fields={"company": {"crm": "company", "platform": "company"}})
    ann = world.person("ann@example.com", company="7")
    bo = world.person("bo@example.com", company="7")
    world.run()
    world.crm.delete(ann)

    world.run()
    world.platform.edit_row(world.list_id, world.row_id("ann@example.com"), {"first_name": "Anne"})
    world.run()

    assert [r.id for r in world.crm.records()] == [bo]


@pytest.mark.behaviour("SY-15")
def test_a_new_record_with_the_email_of_a_deleted_one_is_followed_again(world: World) -> None:
    ann = world.person("ann@example.com")
    world.person("bo@example.com")
    world.run()
    world.crm.delete(ann)
    world.run()
    again = world.person("ann@example.com", first_name="Again")

    world.run()

    assert len(world.rows()) == 2
    assert world.rows()["ann@example.com"]["first_name"] == "Again"
    assert world.contact(again)["act_on_score"] == 0


def test_a_person_who_opted_out_in_the_crm_is_not_put_on_a_list(world: World) -> None:
    world.person("ann@example.com", opted_out=True)

    report = world.run()

    assert world.rows() == {}
    assert len(world.journal(report.run, code="opted_out")) == 1
