"""Credentials that are wrong, that stop to be right, and tokens that die in the middle of a run."""

from __future__ import annotations

import pytest

from keepstep.connectors.netsuite import TokenBased
from keepstep.core.errors import AuthError
from keepstep_sandbox import credentials
from tests.bad_days.office import LIST, Office

WRONG_TOKEN = TokenBased(credentials.NETSUITE_CONSUMER_KEY, "wrong", credentials.NETSUITE_TOKEN_ID, "wrong")
NO_LOGIN = {"o:errorDetails": [{"detail": "Invalid login attempt.", "o:errorCode": "INVALID_LOGIN"}]}


def test_wrong_credentials_of_netsuite_are_the_users_to_correct_and_then_the_run_goes_on(office: Office) -> None:
    office.wires.netsuite["auth"] = WRONG_TOKEN
    with office.fails(AuthError, "NetSuite", "INVALID_LOGIN", "credentials of the connection"):
        office.run("today")

    del office.wires.netsuite["auth"]
    office.is_in_step(office.run("today"))


def test_wrong_credentials_of_act_on_are_the_users_to_correct_and_then_the_run_goes_on(office: Office) -> None:
    office.wires.act_on["password"] = "not it"
    with office.fails(AuthError, "Act-On", "check user name, password, client id and client secret"):
        office.run("today")

    del office.wires.act_on["password"]
    office.is_in_step(office.run("today"))


@pytest.mark.parametrize("path", ["/query/v1/suiteql", "/record/v1/contact/"], ids=["while reading", "while writing"])
def test_an_access_token_of_netsuite_that_expires_in_the_middle_is_renewed(office: Office, path: str) -> None:
    office.wires.netsuite["auth"] = office.oauth2()
    office.netsuite.weather("expire_tokens", path, skip=1)

    report = office.run()

    assert office.netsuite.struck() == 1
    office.is_in_step(report)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/1/list/.*/facts"), ("PUT", "/record")], ids=["while reading", "while writing"]
)
def test_an_access_token_of_act_on_that_expires_in_the_middle_is_renewed(
    office: Office, method: str, path: str
) -> None:
    office.act_on.weather("expire_tokens", path, method=method, skip=2)

    report = office.run()

    assert office.act_on.struck() == 1
    office.is_in_step(report)


def test_a_right_that_is_taken_away_in_the_middle_of_a_push_leaves_the_rest_planned(office: Office) -> None:
    office.pull("today")
    epoch = office.score("today").epoch
    office.netsuite.weather("status", "/record/v1/contact/", skip=4, times=None, status=401, body=NO_LOGIN)
    with office.fails(AuthError, "NetSuite refused PATCH contact/id: INVALID_LOGIN"):
        office.push("today", epoch)
    office.netsuite.fair_weather()
    office.netsuite.forget_requests()

    pushed = office.push("today", epoch)

    assert pushed.applied == pushed.planned
    assert office.netsuite.writes() == pushed.applied - 4  # what was answered for is not sent again
    office.is_in_step(office.reconcile("today"))


def test_a_role_that_may_not_write_is_the_users_to_correct_before_anything_is_sent(office: Office) -> None:
    no_right = {"o:errorDetails": [{"detail": "No.", "o:errorCode": "INSUFFICIENT_PERMISSION"}]}
    office.netsuite.weather("status", "/record/v1/contact/", times=None, status=403, body=no_right)
    with office.fails(AuthError, "INSUFFICIENT_PERMISSION", "what its user or role may do"):
        office.run("today")
    assert len(office.act_on.emails(LIST)) > 0  # the pull was done, and stays done
    office.netsuite.fair_weather()

    office.is_in_step(office.run("today"))
