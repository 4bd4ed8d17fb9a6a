"""SugarCRM's two error tables, row by row: who must act, and what becomes of the row."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from keepstep.connectors.calls import Action, Reply
from keepstep.connectors.sugarcrm.errors import (
    EMPTY_500,
    NULL_REPLY,
    OURS,
    V4_1,
    V11,
    classify_v4_1,
    classify_v11,
    rejected,
)
from keepstep.core.model import OperationId

ROW = OperationId("op1")


def reply(status: int, body: Any) -> Reply:
    return Reply(status, {}, orjson.dumps(body), body)


BY_LABEL = [  # status, label, who acts, does it go away by itself
    (301, "incorrect_version", Action.ROW, False),
    (401, "need_login", Action.RENEW, False),
    (401, "invalid_grant", Action.RENEW, False),
    (403, "not_authorized", Action.ROW, False),
    (403, "inactive_portal_user", Action.USER, False),
    (403, "portal_not_configured", Action.USER, False),
    (404, "no_method", Action.ROW, False),
    (404, "not_found", Action.ROW, False),
    (409, "edit_conflict", Action.ROW, True),
    (412, "metadata_out_of_date", Action.WAIT, True),
    (413, "request_too_large", Action.ROW, False),
    (422, "missing_parameter", Action.ROW, False),
    (422, "invalid_parameter", Action.ROW, False),
    (424, "request_failure", Action.ROW, True),
    (500, "fatal_error", Action.WAIT, True),
    (503, "maintenance", Action.WAIT, True),
]
BY_NUMBER = [  # number as it is told, number, who acts
    (10, "10", Action.USER),
    (11, "11", Action.RENEW),
    (20, "20", Action.ROW),
    (40, "40", Action.ROW),
    ("-1", "-1", Action.ROW),
    (1009, "1009", Action.USER),
]


@pytest.mark.parametrize(("status", "label", "action", "passes"), BY_LABEL)
def test_a_label_of_v11_says_who_must_act_and_whether_it_passes(
    status: int, label: str, action: Action, passes: bool
) -> None:
    verdict = classify_v11(reply(status, {"error": label, "error_message": "Ann Ode"}))
    assert verdict is not None
    assert (verdict.action, verdict.code) == (action, label)
    outcome = rejected(ROW, label)
    assert (outcome.code, outcome.retry) == (label, passes)


@pytest.mark.parametrize(("told", "number", "action"), BY_NUMBER)
def test_a_number_of_v4_1_says_who_must_act_although_the_status_is_200(
    told: int | str, number: str, action: Action
) -> None:
    verdict = classify_v4_1(reply(200, {"name": "Ann", "number": told, "description": "Ann Ode"}))
    assert verdict is not None
    assert (verdict.action, verdict.code) == (action, number)


def test_every_row_of_both_tables_is_tried_here() -> None:
    assert set(V11) == {label for _, label, _, _ in BY_LABEL}
    assert set(V4_1) == {number for _, number, _ in BY_NUMBER}


def test_only_a_500_of_v11_may_have_landed() -> None:
    landed = {label for label, rule in V11.items() if rule.may_have_landed}
    assert landed == {"fatal_error"}


@pytest.mark.parametrize("code", sorted({**V11, **V4_1, **OURS}))
def test_each_code_says_what_to_do_and_names_the_field_alone(code: str) -> None:
    outcome = rejected(ROW, code, "title")
    assert outcome.what_to_do.endswith("(field title)")
    assert len(outcome.what_to_do) > 30


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_500_of_v4_1_is_no_use_in_asking_again(body: bytes) -> None:
    verdict = classify_v4_1(Reply(500, {}, body, None))
    assert verdict is not None
    assert (verdict.action, verdict.code, verdict.may_have_landed) == (Action.ROW, EMPTY_500, True)


def test_a_500_with_a_page_is_a_gateways_and_may_pass() -> None:
    verdict = classify_v4_1(Reply(502, {}, b"<html>", None, broken=True))
    assert verdict is not None
    assert (verdict.action, verdict.code) == (Action.WAIT, "HTTP_502")


def test_null_where_a_value_belongs_is_a_refusal_of_v4_1() -> None:
    verdict = classify_v4_1(reply(200, None))
    assert verdict is not None
    assert (verdict.action, verdict.code) == (Action.ROW, NULL_REPLY)


@pytest.mark.parametrize(
    "body", [{"number": 0, "name": "No Error", "description": ""}, {"id": "x"}, ["1"], "1", {"name": "Ann"}]
)
def test_what_is_no_error_of_v4_1_is_a_success(body: Any) -> None:
    assert classify_v4_1(reply(200, body)) is None


@pytest.mark.parametrize("body", [None, [], {"error": "Ann said no"}, {"error": 7}])
def test_a_body_that_is_no_error_of_v11_leaves_the_status_to_decide(body: Any) -> None:
    verdict = classify_v11(reply(400, body))
    assert verdict is not None
    assert (verdict.action, verdict.code) == (Action.ROW, "HTTP_400")


def test_a_code_that_is_in_no_table_is_kept_and_its_row_rejected() -> None:
    verdict = classify_v11(reply(422, {"error": "custom_hook_said_no"}))
    assert verdict is not None
    outcome = rejected(ROW, verdict.code)
    assert (outcome.code, outcome.retry) == ("custom_hook_said_no", False)


def test_a_number_of_v4_1_that_is_none_is_an_undefined_error() -> None:
    verdict = classify_v4_1(reply(200, {"name": "x", "number": "Ann"}))
    assert verdict is not None
    assert verdict.code == "-1"
