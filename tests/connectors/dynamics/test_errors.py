"""Dataverse's error table, row by row: who must act, and what becomes of the row."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from keepstep.connectors.calls import Action, Reply, Verdict
from keepstep.connectors.dynamics.errors import RULES, classify, code_of, rejected
from keepstep.core.model import OperationId

ROW = OperationId("op1")
OURS = {"MERGED", "UNPROCESSED", "HTTP_404", "HTTP_405", "HTTP_412", "HTTP_413"}


def reply(status: int, code: str) -> Reply:
    body: Any = {"error": {"code": code, "message": "Ann Ode's value"}}
    return Reply(status, {}, orjson.dumps(body), body)


TABLE = [  # status, code, who acts, does it go away by itself
    (429, "0x80072322", Action.WAIT, True),
    (429, "0x80072321", Action.WAIT, True),
    (429, "0x80072326", Action.WAIT, True),
    (403, "0x80040225", Action.USER, False),
    (403, "0x8004d24b", Action.USER, False),
    (500, "0x80044150", Action.ROW, True),
    (500, "0x80044151", Action.ROW, True),
    (403, "0x80040220", Action.ROW, False),
    (403, "0x80048306", Action.ROW, False),
    (404, "0x80040217", Action.ROW, False),
    (404, "0x80060891", Action.ROW, False),
    (404, "0x8006088a", Action.ROW, False),
    (400, "0x80044331", Action.ROW, False),
    (400, "0x80048408", Action.ROW, False),
    (400, "0x80040265", Action.ROW, False),
    (400, "0x8004431a", Action.ROW, False),
    (400, "0x80048d19", Action.ROW, False),
    (400, "0x0", Action.ROW, False),
    (412, "0x80060882", Action.ROW, True),
    (412, "0x80040237", Action.ROW, False),
    (412, "0x80040333", Action.ROW, False),
    (500, "0x80040333", Action.ROW, False),  # one page of the documents has it so
    (412, "0x80060892", Action.ROW, False),
    (400, "0x80044352", Action.ROW, True),
]


@pytest.mark.parametrize(("status", "code", "action", "passes"), TABLE)
def test_the_code_says_who_must_act_and_whether_it_passes(status: int, code: str, action: Action, passes: bool) -> None:
    verdict = classify(reply(status, code))
    assert verdict is not None
    assert (verdict.action, verdict.code) == (action, code)
    outcome = rejected(ROW, verdict, status)
    assert (outcome.code, outcome.retry) == (code, passes)


def test_every_row_of_the_table_is_tried_here() -> None:
    assert set(RULES) - OURS == {code for _, code, _, _ in TABLE}


@pytest.mark.parametrize("code", sorted(RULES))
def test_each_code_says_what_to_do_and_nobody_is_named(code: str) -> None:
    outcome = rejected(ROW, Verdict(Action.ROW, code))
    assert "Ann" not in outcome.what_to_do
    assert len(outcome.what_to_do) > 20


@pytest.mark.parametrize(
    ("status", "action", "lands"),
    [
        (401, Action.RENEW, False),
        (403, Action.USER, False),
        (404, Action.ROW, False),
        (405, Action.ROW, False),
        (412, Action.ROW, False),
        (413, Action.ROW, False),
        (429, Action.WAIT, False),
        (500, Action.WAIT, True),
        (503, Action.WAIT, False),
    ],
)
@pytest.mark.parametrize("body", [None, {}, [], {"error": "x"}, {"error": {"code": ""}}, {"error": {"code": "Ann"}}])
def test_without_a_code_the_status_decides(status: int, action: Action, lands: bool, body: Any) -> None:
    verdict = classify(Reply(status, {}, b"?", body))
    assert verdict is not None
    assert (verdict.action, verdict.code, verdict.may_have_landed) == (action, f"HTTP_{status}", lands)


def test_a_fault_with_a_code_was_rolled_back_and_passes() -> None:
    verdict = classify(reply(500, "0x80040216"))
    assert verdict is not None
    assert (verdict.action, verdict.may_have_landed) == (Action.ROW, False)
    assert rejected(ROW, verdict, 500).retry


def test_an_unknown_refusal_is_kept_with_its_code_and_does_not_pass() -> None:
    verdict = classify(reply(400, "0x80041D2A"))
    assert verdict is not None
    assert rejected(ROW, verdict).code == "0x80041d2a"
    assert not rejected(ROW, verdict).retry


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("0x80040217", "0x80040217"),
        ("0x8004431A", "0x8004431a"),
        ("-2147220969", "0x80040217"),
        ("-2147015902", "0x80072322"),
        ("-2147015903", "0x80072321"),
        ("-2147015898", "0x80072326"),
        ("Ann's value", ""),
        ("", ""),
    ],
)
def test_a_code_is_told_in_small_hex_however_it_came(told: str, code: str) -> None:
    assert code_of({"error": {"code": told}}) == code


def test_too_many_at_once_means_fewer_at_once() -> None:
    crowded = {code for _, code, _, _ in TABLE if (v := classify(reply(429, code))) is not None and v.crowded}
    assert crowded == {"0x80072326"}


def test_a_success_asks_for_nothing() -> None:
    assert classify(Reply(204, {}, b"", None)) is None
