"""A side that is suddenly empty, a field that is gone, deletions that nobody may see."""

from __future__ import annotations

import pytest

from keepstep.core.errors import Refused, SettingsError
from tests.bad_days.office import LIST, Office
from tests.bad_days.systems import SCORE, SCORE_IN_CRM

FIELD = {"record": "contact", "id": SCORE_IN_CRM, "label": "Act-On Score", "type": "integer"}


def test_an_emptied_list_waits_for_a_person_and_goes_on_once_approved(office: Office) -> None:
    followed = office.run().followed
    office.act_on.empty(LIST)
    for _ in range(2):  # asking again changes nothing
        with office.fails(Refused, "the platform's list is suddenly empty", f"followed {followed} people"):
            office.run("today")
    assert office.act_on.emails(LIST) == []
    assert office.netsuite.contacts()

    report = office.run("today", yes=True)

    office.balances(report)
    assert (report.problems, report.followed) == ((), 0)
    assert {row["code"] for row in office.journal(report, phase="pull")} == {"removed_by_hand"}
    assert office.act_on.emails(LIST) == []  # taken off by hand stays off
    quiet = office.run()
    assert (quiet.totals.applied, quiet.problems) == (0, ())


def test_an_audience_that_is_suddenly_empty_removes_nobody_before_a_person_said_so(office: Office) -> None:
    office.change_sync(pull={"remove": True})
    followed = office.run().followed
    for company in office.netsuite.ask("GET", "customers")["items"]:
        office.netsuite.move(company["id"], "Prospect")
    office.act_on.forget_requests()
    with office.fails(Refused, "the CRM's audience is suddenly empty"):
        office.run("today")
    assert len(office.act_on.emails(LIST)) == followed
    assert office.act_on.writes() == 0

    report = office.run("today", yes=True)

    office.balances(report)
    assert report.totals.applied == followed
    assert office.act_on.emails(LIST) == []
    assert office.run().totals.applied == 0


@pytest.mark.behaviour("AO-13")
def test_a_score_field_that_was_never_made_is_found_before_anything_is_written(office: Office) -> None:
    office.netsuite.ask("DELETE", f"fields/contact/{SCORE_IN_CRM}")
    with office.fails(SettingsError, "customers.yaml: fields.act_on_score", SCORE_IN_CRM, "Customization", "Contact"):
        office.run("today")
    assert office.act_on.ask("GET", "lists") == []
    office.netsuite.ask("POST", "fields", FIELD)

    office.is_in_step(office.run("today"))


@pytest.mark.behaviour("AO-13")
def test_a_score_field_that_is_deleted_and_made_again_is_filled_again(office: Office) -> None:
    office.run()
    office.an_hour_passes()
    office.netsuite.ask("DELETE", f"fields/contact/{SCORE_IN_CRM}")
    with office.fails(SettingsError, SCORE_IN_CRM, "Customization"):
        office.run("today")
    office.netsuite.ask("POST", "fields", FIELD)

    report = office.run("today")

    office.is_in_step(report)


def test_a_column_that_is_taken_off_the_list_and_put_back_is_filled_again(office: Office) -> None:
    office.run()
    office.an_hour_passes()
    list_id = office.act_on.list_id(LIST)
    office.act_on.ask("DELETE", f"lists/{list_id}/columns/{SCORE}")
    with office.fails(SettingsError, SCORE, "add it to the list there"):
        office.run("today")
    office.act_on.ask("POST", f"lists/{list_id}/columns", {"heading": SCORE})

    office.is_in_step(office.run("today"))

    assert all(row[SCORE] for row in office.act_on.rows(LIST).values())


def test_a_list_that_is_deleted_or_renamed_is_not_made_again_unasked(office: Office) -> None:
    office.run()
    list_id = office.act_on.list_id(LIST)
    office.act_on.ask("DELETE", f"lists/{list_id}")
    with office.fails(SettingsError, "customers.yaml", "Act-On has no list 'Customers' any more", list_id):
        office.run("today")
    assert office.act_on.ask("GET", "lists") == []

    office.change_sync(platform={"list": "Customers again"})  # asked for
    office.is_in_step(office.run("today"))


@pytest.mark.behaviour("NS-3")
def test_a_deletion_that_the_role_may_not_see_is_found_when_the_record_refuses_its_score(office: Office) -> None:
    office.netsuite.settings(permissions=["customers", "contacts", "suiteql"])
    ann = office.hire("ann@example.com", "Ann")
    office.run()
    office.netsuite.delete(ann)
    office.act_on.act("ann@example.com")

    report = office.run()
    office.balances(report)
    assert report.sync_errors == {"NONEXISTENT_ID": 1}

    report = office.run()

    assert [row["code"] for row in office.journal(report, state="skipped")] == ["deleted_in_crm"] * 2
    assert (report.sync_errors, report.tombstones) == ({}, 1)
    office.is_in_step(report)
