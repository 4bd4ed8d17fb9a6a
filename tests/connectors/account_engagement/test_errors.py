"""Account Engagement's error table, row by row: who must act, what becomes of the row, and what we do."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from keepstep.connectors.account_engagement import errors
from keepstep.connectors.account_engagement.errors import RULES, classify, rejected, what_the_user_must_do
from keepstep.connectors.base import ReadQuery
from keepstep.connectors.calls import Action, Reply
from keepstep.core.errors import AuthError, BudgetSpent, SettingsError, Unavailable
from keepstep.core.model import Kind, OperationId, Rejected
from tests.connectors.account_engagement.account import write
from tests.connectors.account_engagement.unit import NOW, Unit, calls, connected, refused
from tests.connectors.stub import Answer, Call

ROW = OperationId("op1")
PROSPECTS = ReadQuery("prospect", ("firstName",))


def reply(code: Any, status: int = 400) -> Reply:
    body: Any = {"code": code, "message": "Ann Ode's value"}
    return Reply(status, {}, orjson.dumps(body), body)


TABLE = [  # status, code, who acts, may it pass by itself, words of what to do
    (401, 184, Action.RENEW, False, ""),
    (400, 181, Action.USER, False, "business unit id"),
    (400, 182, Action.USER, False, "business unit id"),
    (400, 199, Action.USER, False, "pardot_api"),
    (400, 201, Action.USER, False, "pi.demo.pardot.com"),
    (405, 46, Action.USER, False, "role"),
    (405, 49, Action.USER, False, "role"),
    (429, 66, Action.WAIT, True, "busy"),
    (429, 122, Action.ROW, True, "tomorrow"),
    (429, 202, Action.WAIT, True, "busy"),
    (504, 214, Action.WAIT, True, "busy"),
    (500, 183, Action.WAIT, True, "busy"),
    (400, 210, Action.WAIT, True, "busy"),
    (400, 211, Action.WAIT, True, "busy"),
    (409, 62, Action.ROW, True, "same time"),
    (400, 9, Action.ROW, False, "merge the two"),
    (400, 54, Action.ROW, False, "merge the two"),
    (400, 99, Action.ROW, False, "merge the two"),
    (400, 3, Action.ROW, False, "gone"),
    (400, 92, Action.ROW, False, "gone"),
    (404, 109, Action.ROW, False, "gone"),
    (400, 4, Action.ROW, False, "email address"),
    (404, 132, Action.ROW, False, "recycle bin"),
    (400, 219, Action.ROW, False, "recycle bin"),
    (400, 55, Action.ROW, False, "static list"),
    (400, 58, Action.ROW, False, "member"),
    (400, 10, Action.ROW, False, "user"),
    (400, 125, Action.ROW, False, "report"),
    (400, 16, Action.ROW, False, "link"),
    (400, 77, Action.ROW, False, "link"),
    (400, 61, Action.ROW, False, "account"),
    (400, 13, Action.ROW, False, "report"),
    (400, 36, Action.ROW, False, "report"),
    (400, 153, Action.ROW, False, "report"),
    (400, 154, Action.ROW, False, "report"),
    (400, 150, Action.ROW, False, "report"),
    (400, 151, Action.ROW, False, "report"),
    (400, 152, Action.ROW, False, "report"),
    (405, 60, Action.ROW, False, "report"),
    (400, 209, Action.ROW, False, "report"),
    (400, 180, Action.ROW, False, "sync's file"),
    (400, 224, Action.ROW, False, "sync's file"),
    (400, 37, Action.ROW, False, "sync's file"),
    (400, 59, Action.ROW, False, "sync's file"),
    (400, 128, Action.ROW, False, "sync's file"),
    (400, 85, Action.ROW, True, "by hand"),
    (400, 121, Action.ROW, True, "next run"),
    (400, 10000, Action.ROW, False, "correct the value"),
    (400, 155, Action.ROW, True, "next run"),
    (400, 156, Action.ROW, False, "report"),
    (400, 158, Action.ROW, True, "next run"),
    (400, 159, Action.ROW, False, "report"),
    (400, 160, Action.ROW, False, "report"),
    (400, 161, Action.ROW, True, "next run"),
    (400, 162, Action.ROW, False, "report"),
    (400, 163, Action.ROW, False, "report"),
    (400, 164, Action.ROW, True, "tomorrow"),
    (400, 165, Action.ROW, False, "report"),
    (400, 197, Action.ROW, False, "report"),
    (400, 204, Action.ROW, False, "report"),
    (400, 227, Action.ROW, False, "report"),
]
OURS = {"DYNAMIC_LIST", "NO_LIST"}


@pytest.mark.parametrize(("status", "code", "action", "passes", "words"), TABLE)
def test_the_code_says_who_must_act_and_what_they_must_do(
    status: int, code: int, action: Action, passes: bool, words: str
) -> None:
    verdict = classify(reply(code, status))
    assert verdict is not None
    assert verdict.code == str(code)
    assert verdict.action is (Action.ROW if action is Action.USER else action)
    assert (what_the_user_must_do(str(code)) is not None) == (action is Action.USER)
    if action is not Action.RENEW:
        outcome = rejected(ROW, str(code))
        assert (outcome.code, outcome.retry) == (str(code), passes)
        assert words in outcome.what_to_do


def test_every_row_of_the_table_is_tried_here() -> None:
    assert set(RULES) - OURS == {str(code) for _, code, *_ in TABLE}


@pytest.mark.parametrize("code", sorted(RULES))
def test_no_text_of_the_vendors_is_passed_on(code: str) -> None:
    outcome = rejected(ROW, code)
    assert "Ann" not in outcome.what_to_do
    assert len(outcome.what_to_do) > 20


@pytest.mark.parametrize("status", [200, 201, 204, 206])
def test_a_success_asks_for_nothing(status: int) -> None:
    assert classify(Reply(status, {}, b"", None)) is None


@pytest.mark.parametrize(
    ("status", "action"), [(400, Action.ROW), (401, Action.RENEW), (403, Action.USER), (429, Action.WAIT)]
)
@pytest.mark.parametrize("body", [None, [], {"code": "184"}, {"code": True}, {"err_code": 1}, {"code": 4711}])
def test_a_body_without_a_known_code_leaves_the_status_to_decide(status: int, action: Action, body: Any) -> None:
    verdict = classify(Reply(status, {}, b"?", body))
    assert verdict is not None
    assert verdict.action is action


def test_an_unknown_code_is_told_as_it_is() -> None:
    verdict = classify(reply(4711))
    assert verdict is not None
    assert verdict.code == "4711"
    assert rejected(ROW, "4711") == Rejected(
        ROW, "4711", "Account Engagement refuses this: save the prospect by hand there to see why"
    )
    assert rejected(ROW, "").code == "NO_CODE"


@pytest.mark.parametrize("code", ["55", "154", "59", "DYNAMIC_LIST"])
def test_a_refusal_of_a_membership_is_about_its_list(code: str) -> None:
    assert "static list" in rejected(ROW, code, of_list=True).what_to_do
    assert rejected(ROW, "85", of_list=True) == rejected(ROW, "85")


# -- what is done about them -------------------------------------------------------------------------------------------


def times(count: int, said: Answer, path: str = "/objects/") -> Unit:
    """A unit that says this so many times, and then what it should."""
    left = [count]

    def trouble(call: Call) -> Answer | None:
        if path not in call.path or left[0] <= 0:
            return None
        left[0] -= 1
        return said

    return Unit(trouble)


@pytest.mark.parametrize("status", [401, 400, 403])
def test_a_token_that_is_refused_is_renewed_once_whatever_the_status(status: int) -> None:
    unit = times(1, refused(184, status))
    with connected(unit) as (connector, server):
        connector.check()
        signed = [call.headers["Authorization"] for call in server.calls if "/oauth2/" not in call.path]
    assert signed == ["Bearer T1", "Bearer T2"]


def test_a_second_token_that_is_refused_is_the_users_to_correct() -> None:
    with connected(times(9, refused(184, 401))) as (connector, server), pytest.raises(AuthError, match="184"):
        connector.check()
    assert calls(server) == ["GET /objects/lists"] * 2


@pytest.mark.parametrize(("code", "words"), [(201, "pi.demo.pardot.com"), (181, "unit id"), (46, "role"), (49, "role")])
def test_what_the_user_must_correct_is_told_and_not_tried_again(code: int, words: str) -> None:
    for status in (400, 401, 405):
        with connected(times(9, refused(code, status))) as (connector, server):
            with pytest.raises(AuthError, match=words) as wrong:
                connector.check()
            with pytest.raises(AuthError, match=words):
                list(connector.apply([write(Kind.UPDATE, "7", firstName="Ann")]))
        assert "Ann" not in str(wrong.value)
        assert calls(server) == ["GET /objects/lists", "PATCH /objects/prospects/7"]


@pytest.mark.parametrize("code", [66, 202, 214, 183, 210, 211])
@pytest.mark.parametrize("status", [400, 429, 500])
def test_what_passes_is_tried_again(code: int, status: int) -> None:
    with connected(times(2, refused(code, status))) as (connector, server):
        [page] = connector.read(PROSPECTS)
    assert page.last
    assert calls(server) == ["GET /objects/prospects"] * 3


def test_what_does_not_pass_in_time_is_unavailable() -> None:
    with connected(times(9, refused(202, 429))) as (connector, _), pytest.raises(Unavailable, match="202"):
        list(connector.read(PROSPECTS))


def test_too_many_at_once_are_fewer_from_then_on() -> None:
    with connected(times(2, refused(66, 429))) as (connector, _):
        connector.check()
        assert connector._calls.gate.limit == 3


@pytest.mark.parametrize("status", [400, 403, 429])
def test_the_daily_limit_waits_for_the_units_midnight(status: int) -> None:
    with connected(times(9, refused(122, status)), account_zone="America/New_York") as (connector, server):
        with pytest.raises(BudgetSpent) as spent:
            list(connector.read(PROSPECTS))
        with pytest.raises(BudgetSpent):
            list(connector.apply([write(Kind.UPDATE, "7", firstName="Ann")]))
    assert NOW.hour == 10  # 5 in New York
    assert spent.value.retry_after_s == 19 * 3600 + 60
    assert len(calls(server)) == 2  # each asked once


def test_where_the_units_zone_is_not_known_it_is_asked_again_after_an_hour() -> None:
    with connected(times(9, refused(122, 429))) as (connector, _), pytest.raises(BudgetSpent) as spent:
        connector.check()
    assert spent.value.retry_after_s == 3600


def test_a_query_that_is_refused_is_the_users_to_correct() -> None:
    with connected(times(9, refused(180))) as (connector, _), pytest.raises(SettingsError, match="code 180"):
        list(connector.read(PROSPECTS))


def test_a_conflict_is_tried_again_and_then_the_rows_own() -> None:
    waits: list[float] = []
    with connected(times(2, refused(62, 409)), waits=waits) as (connector, server):
        [outcome] = connector.apply([write(Kind.UPDATE, "7", firstName="Ann")])
    assert not isinstance(outcome, Rejected)
    assert (len(calls(server)), len(waits)) == (3, 2)
    with connected(times(9, refused(62, 409), "/objects/prospects/7")) as (connector, server):
        outcomes = {o.operation_id: o for o in connector.apply([write(Kind.UPDATE, id, city="x") for id in "78"])}
    refusal = outcomes[OperationId("update-7")]
    assert isinstance(refusal, Rejected)
    assert (refusal.code, refusal.retry) == (errors.CONFLICT, True)
    assert not isinstance(outcomes[OperationId("update-8")], Rejected)
