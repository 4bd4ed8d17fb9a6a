"""Pages that repeat, and replies that are cut off in the middle."""

from __future__ import annotations

import pytest

from keepstep.core.errors import Unavailable
from tests.bad_days.office import LIST, Office
from tests.bad_days.systems import EMAIL, FIRST, LAST, SCORE

COLUMNS = [{"heading": EMAIL, "type": "EMAIL"}, *({"heading": name} for name in (FIRST, LAST, "Company", SCORE))]
ALWAYS = None


@pytest.fixture
def list_that_is_there_already(office: Office) -> None:
    """A list of three pages, made by hand."""
    office.act_on.ask("POST", "lists", {"name": LIST, "columns": COLUMNS, "people": 15})


def test_a_page_of_netsuite_that_repeats_loses_nobody(office: Office) -> None:
    office.netsuite.weather("repeat", "/suiteql", skip=1)
    with office.fails(Unavailable, "NetSuite repeats a page of contact instead of going on"):
        office.run("today")

    report = office.run("today")

    assert report.followed == len(office.act_on.emails(LIST)) > 5
    office.is_in_step(report)


@pytest.mark.usefixtures("list_that_is_there_already")
def test_a_page_of_act_on_that_repeats_is_read_again_and_loses_nobody(office: Office) -> None:
    office.act_on.weather("repeat", "^/api/1/list/[^/]+$", method="GET", skip=4)

    report = office.run()

    assert office.act_on.struck() == 1
    known = office.select("SELECT count(*) AS n FROM prospect WHERE deleted_at IS NULL")
    assert known == [{"n": len(office.act_on.rows(LIST))}]
    office.is_in_step(report)


@pytest.mark.usefixtures("list_that_is_there_already")
def test_a_list_that_never_holds_still_is_left_for_the_next_run(office: Office) -> None:
    office.act_on.weather("repeat", "^/api/1/list/[^/]+$", method="GET", skip=4, times=ALWAYS)
    with office.fails(Unavailable, "Act-On"):
        office.run("today")
    assert office.act_on.writes() == 0
    office.act_on.fair_weather()

    office.is_in_step(office.run("today"))


@pytest.mark.parametrize("skip", [0, 1, 2])
def test_a_reply_of_netsuite_that_is_cut_off_is_asked_for_again(office: Office, skip: int) -> None:
    office.netsuite.weather("truncate", "/services/", skip=skip, times=2)

    report = office.run()

    assert office.netsuite.struck() == 2
    office.is_in_step(report)


@pytest.mark.parametrize("path", ["/api/1/list", "/record$", "/facts"], ids=["list", "write", "behaviour"])
def test_a_reply_of_act_on_that_is_cut_off_is_asked_for_again(office: Office, path: str) -> None:
    office.act_on.weather("truncate", path, skip=2, times=2)

    report = office.run()

    assert office.act_on.struck() == 2
    office.is_in_step(report)


def test_replies_that_are_always_cut_off_end_the_run_and_nothing_is_taken_for_the_whole(office: Office) -> None:
    report = office.run()
    office.netsuite.weather("truncate", "/suiteql", times=ALWAYS)
    with office.fails(Unavailable, "NetSuite didn't answer"):
        office.run("today")
    office.netsuite.fair_weather()
    office.act_on.weather("truncate", "/api/1/list", times=ALWAYS)
    with office.fails(Unavailable, "Act-On didn't answer"):
        office.run("today")
    office.act_on.fair_weather()

    again = office.run("today")

    assert again.followed == report.followed
    office.is_in_step(again)


def test_an_answer_that_is_no_page_at_all_is_not_taken_for_an_empty_one(office: Office) -> None:
    report = office.run()
    office.netsuite.weather("status", "/suiteql", status=200, body={"items": []})
    with office.fails(Unavailable, "not a page of rows"):
        office.run("today")
    office.act_on.weather("status", "^/api/1/list/[^/]+$", status=200, body={"data": []})
    with office.fails(Unavailable, "not of the documented shape"):
        office.run("today")

    again = office.run("today")

    assert again.followed == report.followed
    office.is_in_step(again)


def test_an_upload_whose_reply_is_cut_off_adds_nobody_twice(office: Office) -> None:
    office.wires.act_on["small_write_limit"] = 3
    office.act_on.weather("truncate", "^/api/1/list/[^/]+$", method="PUT")

    report = office.run()

    assert len(office.act_on.emails(LIST)) == len(office.journal(report, phase="pull", kind="create"))
    office.is_in_step(report)
