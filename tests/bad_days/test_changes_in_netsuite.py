"""What people do in NetSuite between two runs."""

from __future__ import annotations

import pytest

from tests.bad_days.office import LAST_NAME, LIST, Office

ANN = "ann@example.com"
ZONES = ["UTC", "Asia/Kolkata", "Pacific/Auckland", "America/Los_Angeles"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("told", [True, False], ids=["set in the connection", "found by asking"])
def test_changes_are_found_whatever_the_accounts_time_zone(office: Office, zone: str, told: bool) -> None:
    office.netsuite.settings(time_zone=zone)
    office.wires.netsuite["time_zone"] = zone if told else None
    ann = office.hire(ANN, "Ann")
    office.run()
    office.netsuite.edit(ann, firstName="Anne")
    office.hire("bo@example.com", "Bo")

    report = office.run()

    assert office.act_on.row(LIST, ANN)["First Name"] == "Anne"
    assert "bo@example.com" in office.act_on.emails(LIST)
    office.is_in_step(report)


def test_changes_within_the_overlap_are_applied_once(office: Office) -> None:
    ann = office.hire(ANN, "Ann")
    office.run()
    for name in ("Anne", "Anna", "Anne"):
        office.netsuite.edit(ann, firstName=name)
        report = office.run()
        assert office.act_on.row(LIST, ANN)["First Name"] == name
        assert report.totals.applied == 1
    office.is_in_step(report)


def test_a_change_while_the_run_is_under_way_is_found_by_the_next(office: Office) -> None:
    ann = office.hire(ANN, "Ann")
    office.pull("today")
    office.netsuite.edit(ann, firstName="Anne")
    office.push("today", office.score("today").epoch)
    office.reconcile("today")

    report = office.run()

    assert office.act_on.row(LIST, ANN)["First Name"] == "Anne"
    office.is_in_step(report)


@pytest.mark.behaviour("AO-1")
def test_a_company_that_comes_to_another_stage_takes_its_contacts_off_the_list(office: Office) -> None:
    office.change_sync(pull={"remove": True})
    ann = office.hire(ANN, "Ann")
    office.run()
    before = office.netsuite.contact(ann)
    office.netsuite.move(office.customer, "Prospect")

    report = office.run()

    assert office.netsuite.contact(ann) == before  # only the customer was touched
    assert ANN not in office.act_on.emails(LIST)
    office.is_in_step(report)

    office.netsuite.move(office.customer, "Customer")
    report = office.run()

    assert ANN in office.act_on.emails(LIST)
    office.is_in_step(report)


@pytest.mark.behaviour("NS-3")
@pytest.mark.parametrize("remove", [False, True], ids=["row stays", "row goes"])
def test_a_deleted_contact_is_not_made_again(office: Office, remove: bool) -> None:
    office.change_sync(push={"add": True}, crm={"create_at_stage": "customer"}, pull={"remove": remove})
    ann = office.hire(ANN, "Ann")
    office.run()
    office.netsuite.delete(ann)
    office.act_on.act(ANN)

    report = office.run()

    assert (ANN in office.act_on.emails(LIST)) is not remove
    assert office.netsuite.with_email(ANN) == []
    assert report.tombstones == 1
    office.is_in_step(report)


@pytest.mark.parametrize("same_email", [True, False], ids=["one address", "two addresses"])
def test_a_merged_contact_is_not_on_the_list_twice_and_its_survivor_is_followed(
    office: Office, same_email: bool
) -> None:
    loser = office.hire(ANN, "Ann")
    survivor = office.hire(ANN if same_email else "anne@example.com", "Anne")
    office.run()
    office.netsuite.merge(survivor, loser)
    office.act_on.act(ANN if same_email else "anne@example.com")

    report = office.run()

    assert office.netsuite.score(survivor) == office.sealed_and_held()[survivor][0] > 0
    office.is_in_step(report)


@pytest.mark.behaviour("NS-1", "NS-2")
def test_an_inactivated_contact_is_one_open_error_and_goes_on_once_reactivated(office: Office) -> None:
    ann = office.hire(ANN, "Ann")
    office.run()
    score = office.netsuite.score(ann)
    office.netsuite.inactivate(ann)
    office.act_on.act(ANN)

    for _ in range(2):
        report = office.run()
        office.balances(report)
        assert report.sync_errors == {"inactive": 1}
        assert (office.netsuite.score(ann), office.netsuite.contact(ann)["isInactive"]) == (score, True)

    office.netsuite.reactivate(ann)
    report = office.run()

    assert report.sync_errors == {}
    assert office.netsuite.score(ann) != score
    office.is_in_step(report)


@pytest.mark.behaviour("SY-15")
def test_a_person_who_is_deleted_and_entered_again_is_followed_on_the_same_row(office: Office) -> None:
    first = office.hire(ANN, "Ann")
    office.run()
    row = office.act_on.row(LIST, ANN)["_contact_id_"]
    office.netsuite.delete(first)
    office.act_on.act(ANN)
    office.run()
    second = office.hire(ANN, "Ann")

    report = office.run()

    assert office.act_on.row(LIST, ANN)["_contact_id_"] == row
    assert office.netsuite.score(second) == office.sealed_and_held()[second][0] > 0
    office.is_in_step(report)


def test_a_person_who_is_deleted_and_entered_again_between_two_runs_is_followed(office: Office) -> None:
    office.netsuite.delete(office.hire(ANN, "Ann"))
    first = office.hire(ANN, "Ann")
    office.run()
    office.netsuite.delete(first)
    second = office.hire(ANN, "Ann")
    office.act_on.act(ANN)

    report = office.run()

    assert office.netsuite.score(second) == office.sealed_and_held()[second][0] > 0
    office.is_in_step(report)


def test_two_people_who_swap_their_addresses_both_wait_and_nobody_is_doubled(office: Office) -> None:
    ann, bo = office.hire(ANN, "Ann"), office.hire("bo@example.com", "Bo")
    office.run()
    office.netsuite.edit(ann, email="bo@example.com")
    office.netsuite.edit(bo, email=ANN)

    report = office.run()

    office.balances(report)
    assert report.sync_errors == {"email_taken": 2}
    assert {row["Last Name"] for row in office.act_on.rows(LIST).values() if row["First Name"] in ("Ann", "Bo")} == {
        LAST_NAME
    }
    office.netsuite.edit(ann, email=ANN)
    office.netsuite.edit(bo, email="bo@example.com")
    office.is_in_step(office.run())
