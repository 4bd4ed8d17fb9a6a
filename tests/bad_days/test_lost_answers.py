"""A write lands and its answer is lost: nothing is done twice, nothing is lost, and the journal says what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from keepstep.core.errors import Unavailable
from tests.bad_days.office import LIST, Office

ALWAYS = None
MAKES_PEOPLE = {"push": {"add": True}, "crm": {"create_at_stage": "customer"}}


def fates(office: Office, report: Any, **where: str) -> list[tuple[str, int]]:
    """State and attempts of a run's entries."""
    return [(row["state"], row["attempts"]) for row in office.journal(report, **where)]


@pytest.fixture
def somebody_new_on_the_list(office: Office) -> str:
    """Vera is put on the list by hand; her company isn't in NetSuite."""
    office.change_sync(**MAKES_PEOPLE)
    office.run()
    office.act_on.add(LIST, email="vera@newco.example", first="Vera", last="Quillfeather", company="Newco")
    office.act_on.act("vera@newco.example")
    return "vera@newco.example"


@pytest.mark.parametrize("times", [1, ALWAYS], ids=["once", "always"])
@pytest.mark.parametrize("record", ["contact", "customer"])
def test_a_person_and_her_company_are_made_once(
    office: Office, somebody_new_on_the_list: str, record: str, times: int | None
) -> None:
    office.netsuite.weather("lose_reply", f"/record/v1/{record}/eid", method="PUT", times=times)

    report = office.run("today")
    office.netsuite.fair_weather()

    [vera] = office.netsuite.with_email(somebody_new_on_the_list)
    assert office.netsuite.companies("Newco") == [office.netsuite.contact(vera)["company"]]
    assert fates(office, report, phase="push", kind="create") == [("applied", 1), ("applied", 1)]
    assert office.netsuite.score(vera) == office.sealed_and_held()[vera][0] > 0
    office.is_in_step(report)


def test_a_person_whose_making_nobody_answered_for_is_read_back_by_the_next_try(
    office: Office, somebody_new_on_the_list: str
) -> None:
    office.pull("today")
    epoch = office.score("today").epoch
    office.netsuite.weather("lose_reply", "/record/v1/contact/eid", method="PUT", times=ALWAYS)
    office.netsuite.weather("status", "/suiteql", contains="externalid IN", times=ALWAYS, status=503)
    with office.fails(Unavailable, "NetSuite didn't answer"):
        office.push("today", epoch)
    [entry] = office.select("SELECT state, attempts FROM change WHERE object = 'contact' AND kind = 'create'")
    assert entry == {"state": "sent", "attempts": 1}
    office.netsuite.fair_weather()
    office.netsuite.forget_requests()

    pushed = office.push("today", epoch)

    assert office.netsuite.writes() == 0
    assert len(office.netsuite.with_email(somebody_new_on_the_list)) == 1
    assert any("in doubt were read back" in note for note in pushed.notes)
    office.is_in_step(office.reconcile("today"))


@pytest.mark.parametrize("times", [1, ALWAYS], ids=["once", "always"])
def test_a_score_is_written_once(office: Office, times: int | None) -> None:
    ann = office.hire("ann@example.com", "Ann")
    office.act_on.act("ann@example.com")
    office.netsuite.weather("lose_reply", "/record/v1/contact/", method="PATCH", times=times)

    report = office.run()
    office.netsuite.fair_weather()

    assert office.netsuite.score(ann) == office.sealed_and_held()[ann][0] > 0
    assert set(fates(office, report, phase="push")) == {("applied", 1)}
    office.is_in_step(report)


def test_a_score_that_did_not_land_is_sent_again(office: Office) -> None:
    office.netsuite.weather("drop", "/record/v1/contact/", method="PATCH", times=3 * 3)

    report = office.run()

    assert office.netsuite.struck() == 9
    assert {state for state, _ in fates(office, report, phase="push")} == {"applied"}
    assert max(attempts for _, attempts in fates(office, report, phase="push")) == 2
    office.is_in_step(report)


def test_what_gets_no_answer_twice_is_held_and_settled_by_the_next_run(office: Office) -> None:
    office.netsuite.weather("drop", "/record/v1/contact/", method="PATCH", times=ALWAYS)

    report = office.run()
    office.balances(report)
    assert report.totals.held == len(office.journal(report, phase="push", code="not_landed")) > 0
    assert report.sync_errors == {"not_landed": report.totals.held}
    office.netsuite.fair_weather()

    office.is_in_step(office.run())


@pytest.mark.parametrize("times", [1, ALWAYS], ids=["once", "always"])
def test_rows_that_go_one_by_one_are_added_once(office: Office, times: int | None) -> None:
    office.act_on.weather("lose_reply", "/record$", method="PUT", times=times)

    report = office.run()
    office.act_on.fair_weather()

    added = office.journal(report, phase="pull", kind="create")
    assert {row["state"] for row in added} == {"applied"}
    assert len(office.act_on.emails(LIST)) == len(added)
    office.is_in_step(report)


@pytest.mark.parametrize("times", [1, ALWAYS], ids=["once", "always"])
def test_rows_of_an_upload_are_added_once(office: Office, times: int | None) -> None:
    office.wires.act_on["small_write_limit"] = 3
    office.act_on.weather("lose_reply", "^/api/1/list/[^/]+$", method="PUT", times=times)

    report = office.run()
    office.act_on.fair_weather()

    added = office.journal(report, phase="pull", kind="create")
    assert {row["state"] for row in added} == {"applied"} or office.run().totals.applied > 0
    assert len(office.act_on.emails(LIST)) == len(added)
    office.is_in_step(office.run())


def test_an_upload_whose_job_cannot_be_followed_is_read_back(office: Office) -> None:
    office.wires.act_on["small_write_limit"] = 3
    office.act_on.weather("status", "/status$", times=ALWAYS, status=503)
    with office.fails(Unavailable, "Act-On didn't answer GET list/{job}/status"):
        office.run("today")
    assert {row["state"] for row in office.select("SELECT state FROM change")} == {"sent"}
    office.act_on.fair_weather()

    report = office.run("today")

    assert {row["state"] for row in office.journal(report, phase="pull")} == {"applied"}
    office.is_in_step(report)


def test_rows_are_taken_off_the_list_once(office: Office) -> None:
    office.change_sync(pull={"remove": True})
    leaving = [office.hire(f"{name}@example.com", name) for name in ("Ann", "Bo", "Cy")]
    office.run()
    for contact in leaving:
        office.netsuite.edit(contact, company=None)
    office.act_on.weather("lose_reply", "/record$", method="DELETE", times=ALWAYS)
    office.act_on.forget_requests()

    report = office.run()
    office.act_on.fair_weather()

    assert fates(office, report, phase="pull", kind="remove") == [("applied", 1)] * 3
    assert not {"ann@example.com", "bo@example.com", "cy@example.com"} & set(office.act_on.emails(LIST))
    assert deletes(office.act_on.requests()) == 1
    office.is_in_step(report)


def deletes(requests: Mapping[str, int]) -> int:
    """Calls that delete rows."""
    return sum(n for route, n in requests.items() if route.startswith("DELETE"))
