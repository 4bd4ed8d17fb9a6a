"""Systems that ask to wait: too many calls, away for a while, away for ever, and a budget that is used up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keepstep.core.errors import Unavailable
from tests.bad_days.office import LIST, PATIENCE, Office

TOO_MANY = {"o:errorDetails": [{"detail": "Slow down.", "o:errorCode": "CONCURRENCY_LIMIT_EXCEEDED"}]}
SUITEQL, CONTACT = "/query/v1/suiteql", "/record/v1/contact"


@pytest.mark.parametrize("status", [400, 429])
@pytest.mark.parametrize("path", [SUITEQL, CONTACT], ids=["while reading", "while writing"])
def test_netsuite_says_too_many_calls_at_once_in_either_status(office: Office, status: int, path: str) -> None:
    office.netsuite.weather("status", path, skip=1, times=2, status=status, body=TOO_MANY)

    report = office.run()

    assert office.netsuite.struck() == 2
    office.is_in_step(report)


@pytest.mark.parametrize("status", [400, 429])
def test_a_netsuite_that_lets_one_call_in_at_once_is_served_in_the_end(office: Office, status: int) -> None:
    office.netsuite.settings(concurrency_limit=1, concurrency_status=status)
    office.wires.retries = replace(PATIENCE, attempts=12)

    office.is_in_step(office.run())


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "2"}], ids=["without a word", "with Retry-After"])
def test_act_on_says_too_many_requests(office: Office, headers: dict[str, str]) -> None:
    office.act_on.weather("status", "/api/1/list", skip=3, times=2, status=429, headers=headers)

    report = office.run()

    assert office.act_on.struck() == 2
    office.is_in_step(report)


def test_both_systems_are_away_for_a_while(office: Office) -> None:
    for path in (SUITEQL, CONTACT):
        office.netsuite.weather("status", path, times=2, status=503)
    office.act_on.weather("status", "/api/", times=2, status=503)
    office.act_on.weather("drop", "/api/", skip=5, method="GET")

    office.is_in_step(office.run())


@pytest.mark.parametrize("path", [SUITEQL, CONTACT], ids=["while reading", "while writing"])
def test_a_netsuite_that_stays_away_is_waited_for_by_the_scheduler(office: Office, path: str) -> None:
    office.netsuite.weather("status", path, skip=1, times=None, status=503)
    with office.fails(Unavailable, "NetSuite didn't answer", "HTTP 503", "tried 3 times"):
        office.run("today")
    office.netsuite.fair_weather()

    office.is_in_step(office.run("today"))


@pytest.mark.parametrize("path", ["/api/1/list/", "/record", "/facts"], ids=["reads", "writes", "behaviour"])
def test_an_act_on_that_stays_away_is_waited_for_by_the_scheduler(office: Office, path: str) -> None:
    office.act_on.weather("status", path, skip=1, times=None, status=503)
    with office.fails(Unavailable, "Act-On didn't answer", "HTTP 503"):
        office.run("today")
    office.act_on.fair_weather()

    office.is_in_step(office.run("today"))


def test_a_long_wait_is_handed_to_the_scheduler(office: Office) -> None:
    office.netsuite.weather("status", SUITEQL, times=None, status=429, headers={"Retry-After": "600"})
    with pytest.raises(Unavailable) as wrong:
        office.pull("today")
    assert wrong.value.retry_after_s == 600
    assert office.netsuite.struck() == 1


def test_nothing_listens_where_netsuite_should_be(office: Office) -> None:
    office.wires.netsuite["base_url"] = "http://127.0.0.1:9"
    with office.fails(Unavailable, "NetSuite didn't answer", "NO_CONNECTION"):
        office.run("today")
    del office.wires.netsuite["base_url"]

    office.is_in_step(office.run("today"))


def test_a_budget_of_netsuite_that_is_used_up_in_the_middle_leaves_the_rest_to_the_next_run(office: Office) -> None:
    office.pull("today")
    epoch = office.score("today").epoch
    office.wires.crm_calls = 6
    with office.fails(Unavailable, "budget of 6 API calls is used up", "limits.api_calls"):
        office.push("today", epoch)
    written = office.netsuite.writes()
    office.wires.crm_calls = None

    report = office.run("tomorrow")

    assert office.netsuite.writes() == len(office.sealed_and_held())  # none was written twice
    assert 0 < written < office.netsuite.writes()
    office.balances(office.reconcile("today"))
    office.is_in_step(report)


def test_a_budget_of_act_on_that_is_used_up_in_the_middle_leaves_the_rest_to_the_next_run(office: Office) -> None:
    office.wires.act_on["max_calls"] = 12
    with office.fails(Unavailable, "budget of 12 API calls is used up", "limits.api_calls"):
        office.run("today")
    added = len(office.act_on.emails(LIST))
    del office.wires.act_on["max_calls"]

    report = office.run("tomorrow")

    assert 0 < added < len(office.act_on.emails(LIST))
    office.balances(office.reconcile("today"))
    office.is_in_step(report)
