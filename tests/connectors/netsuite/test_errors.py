"""NetSuite's error table, row by row: who must act, and what becomes of the row."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from keepstep.connectors.calls import Action, Reply, Verdict
from keepstep.connectors.netsuite.errors import RULES, classify, rejected
from keepstep.core.model import OperationId

ROW = OperationId("op1")


def reply(status: int, code: str | None = None, path: str | None = None, detail: str = "Ann's value") -> Reply:
    error: dict[str, Any] = {"detail": detail}
    error |= {"o:errorCode": code} if code else {}
    error |= {"o:errorPath": path} if path else {}
    return answered(status, {"title": "Trouble", "status": status, "o:errorDetails": [error]})


def answered(status: int, body: Any) -> Reply:
    return Reply(status, {}, orjson.dumps(body), body)


TABLE = [
    (400, "INVALID_CONTENT", Action.ROW),
    (400, "INVALID_REQUEST", Action.ROW),
    (400, "INVALID_PARAMETER", Action.ROW),
    (400, "NONEXISTENT_FIELD", Action.ROW),
    (400, "USER_ERROR", Action.ROW),
    (400, "INVALID_KEY_OR_REF", Action.ROW),
    (401, "INVALID_LOGIN", Action.RENEW),
    (403, "INSUFFICIENT_PERMISSION", Action.USER),
    (404, "NONEXISTENT_ID", Action.ROW),
    (429, "CONCURRENCY_LIMIT_EXCEEDED", Action.WAIT),
    (400, "CONCURRENCY_LIMIT_EXCEEDED", Action.WAIT),
    (429, "USER_ERROR", Action.WAIT),
    (400, "SSS_REQUEST_LIMIT_EXCEEDED", Action.WAIT),
    (403, "WS_REQUEST_BLOCKED", Action.WAIT),
    (400, "RCRD_HAS_BEEN_CHANGED", Action.ROW),
    (400, "DUP_RCRD", Action.ROW),
    (400, "CONTACT_ALREADY_EXISTS", Action.ROW),
    (400, "UNIQUE_CUST_ID_REQD", Action.ROW),
    (500, "UNEXPECTED_ERROR", Action.WAIT),
]


@pytest.mark.parametrize(("status", "code", "action"), TABLE)
def test_the_code_says_who_must_act(status: int, code: str, action: Action) -> None:
    verdict = classify(reply(status, code))
    assert verdict is not None
    assert (verdict.action, verdict.code) == (action, code)


def test_every_row_of_the_table_is_tried_here() -> None:
    assert set(RULES) == {code for _, code, _ in TABLE}


@pytest.mark.parametrize(
    ("status", "action", "code"),
    [
        (409, Action.ROW, "HTTP_409"),
        (404, Action.ROW, "HTTP_404"),
        (401, Action.RENEW, "HTTP_401"),
        (403, Action.USER, "HTTP_403"),
        (429, Action.WAIT, "HTTP_429"),
        (502, Action.WAIT, "HTTP_502"),
        (503, Action.WAIT, "HTTP_503"),
    ],
)
def test_where_there_is_no_code_the_status_says_it(status: int, action: Action, code: str) -> None:
    verdict = classify(answered(status, "<html>"))
    assert verdict is not None
    assert (verdict.action, verdict.code) == (action, code)


def test_a_code_nobody_knows_keeps_its_name_and_the_meaning_of_its_status() -> None:
    assert classify(reply(400, "BRAND_NEW_CODE")) == Verdict(Action.ROW, "BRAND_NEW_CODE")
    assert classify(reply(503, "BRAND_NEW_CODE")) == Verdict(Action.WAIT, "BRAND_NEW_CODE")


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_success_is_none_of_these(status: int) -> None:
    assert classify(answered(status, None)) is None


@pytest.mark.parametrize(("status", "code"), [(400, "CONCURRENCY_LIMIT_EXCEEDED"), (429, "USER_ERROR"), (429, None)])
def test_too_many_at_once_means_fewer_from_now_on(status: int, code: str | None) -> None:
    verdict = classify(reply(status, code))
    assert verdict is not None
    assert verdict.crowded
    assert not verdict.may_have_landed


def test_an_unexpected_error_may_have_saved_the_record() -> None:
    verdict = classify(reply(500, "UNEXPECTED_ERROR"))
    assert verdict is not None
    assert verdict.may_have_landed


def test_the_field_is_named_and_the_sentence_that_quotes_values_is_not() -> None:
    verdict = classify(reply(400, "INVALID_CONTENT", path="leadSource.id", detail="Invalid value ann@a.test"))
    assert verdict is not None
    outcome = rejected(ROW, 400, verdict)
    assert (outcome.operation_id, outcome.code, outcome.retry) == (ROW, "INVALID_CONTENT", False)
    assert outcome.what_to_do.endswith("(field leadSource.id)")
    assert "ann" not in outcome.what_to_do


@pytest.mark.parametrize("code", ["ann@a.test is taken", "lower_case", "", 7, None, ["A"]])
def test_a_code_that_does_not_look_like_one_is_not_passed_on(code: Any) -> None:
    verdict = classify(answered(400, {"o:errorDetails": [{"o:errorCode": code, "o:errorPath": "ann@a.test"}]}))
    assert verdict == Verdict(Action.ROW, "HTTP_400")


def test_a_code_at_the_top_of_the_body_counts_too() -> None:
    verdict = classify(answered(400, {"o:errorCode": "USER_ERROR"}))
    assert verdict == Verdict(Action.ROW, "USER_ERROR")


def test_a_race_is_worth_a_later_try_and_a_refused_value_is_not() -> None:
    race = rejected(ROW, 400, Verdict(Action.ROW, "RCRD_HAS_BEEN_CHANGED"))
    conflict = rejected(ROW, 409, Verdict(Action.ROW, "HTTP_409"))
    value = rejected(ROW, 400, Verdict(Action.ROW, "INVALID_CONTENT"))
    assert (race.retry, conflict.retry, value.retry) == (True, True, False)


@pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.action is Action.ROW])
def test_every_rejection_says_who_must_do_what(code: str) -> None:
    assert len(rejected(ROW, 400, Verdict(Action.ROW, code)).what_to_do) > 20


def test_a_record_that_is_gone_says_so_whether_or_not_there_is_a_code() -> None:
    texts = {rejected(ROW, 404, Verdict(Action.ROW, code)).what_to_do for code in ("NONEXISTENT_ID", "HTTP_404")}
    assert texts == {"the record is gone from NetSuite: deleted, or merged into another"}
