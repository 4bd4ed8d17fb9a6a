"""Salesforce's error table, row by row: who must act, and what becomes of the row."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from keepstep.connectors.calls import Action, Reply, Verdict
from keepstep.connectors.salesforce.errors import RULES, bulk_refusal, classify, rejected, row_refusal
from keepstep.core.model import OperationId

ROW = OperationId("op1")


def reply(status: int, code: str, *fields: str) -> Reply:
    body: Any = [{"errorCode": code, "message": "Ann Ode's value", "fields": list(fields)}]
    return Reply(status, {}, orjson.dumps(body), body)


TABLE = [  # status, code, who acts, does it go away by itself
    (401, "INVALID_SESSION_ID", Action.RENEW, False),
    (403, "REQUEST_LIMIT_EXCEEDED", Action.WAIT, True),
    (403, "API_DISABLED_FOR_ORG", Action.USER, False),
    (403, "API_CURRENTLY_DISABLED", Action.USER, False),
    (503, "SERVER_UNAVAILABLE", Action.WAIT, True),
    (500, "UNKNOWN_EXCEPTION", Action.WAIT, True),
    (400, "UNABLE_TO_LOCK_ROW", Action.ROW, True),
    (400, "QUERY_TIMEOUT", Action.ROW, True),
    (400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", Action.ROW, True),
    (400, "PROCESSING_HALTED", Action.ROW, True),
    (412, "PRECONDITION_FAILED", Action.ROW, True),
    (400, "INVALID_QUERY_LOCATOR", Action.ROW, True),
    (400, "DUPLICATES_DETECTED", Action.ROW, False),
    (400, "DUPLICATE_VALUE", Action.ROW, False),
    (400, "INVALID_FIELD", Action.ROW, False),
    (400, "INVALID_FIELD_FOR_INSERT_UPDATE", Action.ROW, False),
    (400, "INVALID_TYPE", Action.ROW, False),
    (400, "MALFORMED_QUERY", Action.ROW, False),
    (400, "JSON_PARSER_ERROR", Action.ROW, False),
    (400, "MISSING_ARGUMENT", Action.ROW, False),
    (400, "MALFORMED_ID", Action.ROW, False),
    (400, "STRING_TOO_LONG", Action.ROW, False),
    (400, "REQUIRED_FIELD_MISSING", Action.ROW, False),
    (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", Action.ROW, False),
    (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", Action.ROW, False),
    (400, "INVALID_EMAIL_ADDRESS", Action.ROW, False),
    (400, "INSUFFICIENT_ACCESS_OR_READONLY", Action.ROW, False),
    (403, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", Action.ROW, False),
    (404, "INVALID_CROSS_REFERENCE_KEY", Action.ROW, False),
    (400, "INACTIVE_OWNER_OR_USER", Action.ROW, False),
    (400, "CANNOT_UPDATE_CONVERTED_LEAD", Action.ROW, True),
    (404, "ENTITY_IS_DELETED", Action.ROW, False),
    (404, "NOT_FOUND", Action.ROW, False),
    (405, "METHOD_NOT_ALLOWED", Action.ROW, False),
    (415, "UNSUPPORTED_MEDIA_TYPE", Action.ROW, False),
]
OURS = {"UNPROCESSED", "JOB_FAILED"}


@pytest.mark.parametrize(("status", "code", "action", "passes"), TABLE)
def test_the_code_says_who_must_act_and_whether_it_passes(status: int, code: str, action: Action, passes: bool) -> None:
    verdict = classify(reply(status, code, "LastName"))
    assert verdict is not None
    assert (verdict.action, verdict.code, verdict.pointer) == (action, code, "LastName")
    outcome = row_refusal(ROW, [{"statusCode": code, "message": "Ann Ode", "fields": ["LastName"]}])
    assert (outcome.code, outcome.retry) == (code, passes)
    assert outcome.what_to_do.endswith("(field LastName)")


def test_every_row_of_the_table_is_tried_here() -> None:
    assert set(RULES) - OURS == {code for _, code, _, _ in TABLE}


@pytest.mark.parametrize("code", sorted(RULES))
def test_no_text_of_salesforce_is_passed_on_and_each_says_what_to_do(code: str) -> None:
    outcome = row_refusal(ROW, [{"statusCode": code, "message": "Ann Ode's value", "fields": ["Ann Ode"]}])
    assert "Ann" not in outcome.what_to_do
    assert len(outcome.what_to_do) > 20


def test_a_success_asks_for_nothing() -> None:
    assert classify(Reply(204, {}, b"", None)) is None


@pytest.mark.parametrize("body", [None, {}, [], ["x"], [{"errorCode": "not a code"}], {"errorCode": "INVALID_FIELD"}])
def test_a_body_that_is_no_error_leaves_the_status_to_decide(body: Any) -> None:
    verdict = classify(Reply(400, {}, b"?", body))
    assert verdict is not None
    assert (verdict.action, verdict.code) == (Action.ROW, "HTTP_400")


def test_a_code_that_is_not_in_the_table_is_kept_and_its_row_rejected() -> None:
    verdict = classify(reply(400, "APEX_REST_SERVICES_DISABLED"))
    assert verdict is not None
    assert rejected(ROW, verdict).code == "APEX_REST_SERVICES_DISABLED"
    assert not rejected(ROW, verdict).retry


@pytest.mark.parametrize("key", ["duplicateResult", "duplicateResut"])
def test_a_duplicate_names_the_record_that_is_there_under_both_spellings(key: str) -> None:
    match = {"matchRecords": [{"record": {"Id": "003000000000001AAA", "Email": "ann@a.test"}}]}
    errors: Any = [{"statusCode": "DUPLICATES_DETECTED", "fields": [], key: {"matchResults": [match]}}]
    outcome = row_refusal(ROW, errors)
    assert outcome.what_to_do.endswith("(same as 003000000000001AAA)")
    assert "ann@" not in outcome.what_to_do


@pytest.mark.parametrize(
    ("text", "code", "ends"),
    [
        (
            "STRING_TOO_LONG:Last Name: data value too large: Ann (max length=80):LastName --",
            "STRING_TOO_LONG",
            "(field LastName)",
        ),
        (
            "INVALID_FIELD:Failed at col 3. Due to, 'Ann' is not valid:CloseDate --",
            "INVALID_FIELD",
            "(field CloseDate)",
        ),
        ("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access:--", "UNABLE_TO_LOCK_ROW", "tries again"),
        ("REQUIRED_FIELD_MISSING:Required fields are missing: [A, B]:A,B --", "REQUIRED_FIELD_MISSING", "(field A)"),
        ("Ann said no", "NO_CODE", "to see why"),
    ],
)
def test_a_bulk_rows_error_gives_its_code_and_its_first_field(text: str, code: str, ends: str) -> None:
    outcome = bulk_refusal(ROW, text)
    assert outcome.code == code
    assert outcome.what_to_do.endswith(ends)
    assert "Ann" not in outcome.what_to_do


def test_a_verdict_without_a_field_names_none() -> None:
    assert "(field" not in rejected(ROW, Verdict(Action.ROW, "NOT_FOUND")).what_to_do
