"""Writes against a few lines of Salesforce: calls at the API's minimum, and a fate for every row."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from keepstep.connectors.budget import Budget
from keepstep.core.errors import AuthError, Bug, Unavailable
from keepstep.core.model import Applied, InDoubt, Kind, Outcome, Rejected
from tests.connectors.salesforce.org import Org, calls, connected, create, lead_id, refused, told, update
from tests.connectors.stub import HANG_UP, Answer, Call

KEYED: dict[str, Any] = {"external_id_field": "Key__c"}
SINGLE: dict[str, Any] = {"concurrency": 1}


def by_operation(outcomes: list[Outcome]) -> dict[str, Outcome]:
    found = {str(outcome.operation_id): outcome for outcome in outcomes}
    assert len(found) == len(outcomes)  # one outcome each
    return found


def failing(code: str, *numbers: int, field: str = "LastName") -> Callable[[Any], dict[str, Any]]:
    bad = {lead_id(number) for number in numbers}

    def result(record: Any) -> dict[str, Any]:
        if record["id"] not in bad:
            return {"success": True, "id": record["id"], "errors": []}
        return {"success": False, "errors": [{"statusCode": code, "message": "Ann", "fields": [field]}]}

    return result


# -- collections -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "expected"), [(1, 1), (200, 1), (201, 2), (10_000, 50)])
def test_ten_thousand_changes_cost_fifty_calls(rows: int, expected: int) -> None:
    org = Org()
    with connected(org, bulk_write_from=20_000) as (connector, server):
        outcomes = by_operation(list(connector.apply([update(n, Score__c=n) for n in range(rows)])))
    assert calls(server) == ["PATCH /composite/sobjects"] * expected
    assert outcomes["op0"] == Applied(update(0).operation_id, lead_id(0))
    assert len(outcomes) == rows


def test_leads_and_contacts_share_a_call() -> None:
    org = Org()
    with connected(org) as (connector, server):
        list(connector.apply([update(n, object=("lead", "contact")[n % 2], Title="x") for n in range(10)]))
    assert calls(server) == ["PATCH /composite/sobjects"]
    types = [record["attributes"]["type"] for record in org.saved[0]]
    assert types == ["Contact"] * 5 + ["Lead"] * 5  # together: Salesforce cuts where the type changes


def test_creates_go_by_their_external_id_where_the_connection_names_the_field() -> None:
    org = Org()
    with connected(org, **KEYED) as (connector, server):
        [outcome] = connector.apply([create(1, external_id="k1", LastName="Ode", Company=None)])
    assert calls(server) == ["PATCH /composite/sobjects/Lead/Key__c"]
    assert org.saved == [
        [{"attributes": {"type": "Lead"}, "Company": "[[Unknown]]", "LastName": "Ode", "Key__c": "k1"}]
    ]
    assert outcome == Applied(create(1).operation_id, lead_id(900))


def test_a_removal_goes_to_the_recycle_bin_and_what_is_there_already_counts_as_done() -> None:
    org = Org(result=failing("ENTITY_IS_DELETED", 2))
    with connected(org) as (connector, server):
        outcomes = list(connector.apply([update(n, Kind.REMOVE) for n in (1, 2)]))
    assert calls(server) == ["DELETE /composite/sobjects"]
    assert "allOrNone=false" in server.calls[-1].path
    assert all(isinstance(outcome, Applied) for outcome in outcomes)


@pytest.mark.parametrize(
    ("code", "retry"),
    [
        ("DUPLICATES_DETECTED", False),
        ("INVALID_FIELD", False),
        ("STRING_TOO_LONG", False),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", False),
        ("UNABLE_TO_LOCK_ROW", True),
        ("ENTITY_IS_DELETED", False),
    ],
)
def test_one_refused_row_leaves_the_others_alone(code: str, retry: bool) -> None:
    with connected(Org(result=failing(code, 2))) as (connector, _):
        outcomes = by_operation(list(connector.apply([update(n, LastName="x") for n in (1, 2, 3)])))
    assert isinstance(outcomes["op1"], Applied)
    assert isinstance(outcomes["op3"], Applied)
    bad = outcomes["op2"]
    assert isinstance(bad, Rejected)
    assert (bad.code, bad.retry) == (code, retry)
    assert "Ann" not in bad.what_to_do


def test_a_locked_row_is_sent_again_alone() -> None:
    org = Org()
    locked = failing("UNABLE_TO_LOCK_ROW", 2)
    org.result = lambda record: locked(record) if len(org.saved) == 1 else failing("")(record)
    with connected(org) as (connector, _):
        outcomes = list(connector.apply([update(n, LastName="x") for n in (1, 2, 3)]))
    assert [len(records) for records in org.saved] == [3, 1]
    assert all(isinstance(outcome, Applied) for outcome in outcomes)


def test_a_call_that_is_refused_for_one_row_is_cut_until_that_row_stands_alone() -> None:
    def trouble(call: Call) -> Answer | None:
        records = orjson.loads(call.body)["records"] if "/composite" in call.path else []
        bad = any(record["id"] == lead_id(77) for record in records)
        return refused(400, "JSON_PARSER_ERROR", "Score__c") if bad else None

    with connected(Org(trouble=trouble)) as (connector, server):
        outcomes = by_operation(list(connector.apply([update(n, Score__c="x") for n in range(200)])))
    bad = outcomes.pop("op77")
    assert isinstance(bad, Rejected)
    assert (bad.code, bad.retry) == ("JSON_PARSER_ERROR", False)
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    assert len(calls(server)) < 20


def test_a_call_that_is_refused_whatever_its_rows_ends_after_a_few_tries() -> None:
    trouble = lambda call: refused(400, "INVALID_FIELD", "Gone__c") if "/composite" in call.path else None  # noqa: E731
    with connected(Org(trouble=trouble)) as (connector, server):
        outcomes = list(connector.apply([update(n, Gone__c="x") for n in range(200)]))
    assert len(outcomes) == 200
    assert all(isinstance(outcome, Rejected) for outcome in outcomes)
    assert len(calls(server)) < 60


def test_a_create_whose_answer_was_lost_is_in_doubt_and_not_sent_again() -> None:
    org = Org(trouble=lambda call: Answer(HANG_UP) if "/composite" in call.path else None)
    with connected(org) as (connector, server):
        outcomes = list(connector.apply([create(n, LastName="x") for n in (1, 2)]))
    assert [type(outcome) for outcome in outcomes] == [InDoubt, InDoubt]
    assert calls(server) == ["POST /composite/sobjects"]


@pytest.mark.parametrize(
    "write", [update(1, LastName="x"), update(1, Kind.REMOVE), create(1, external_id="k", LastName="x")]
)
def test_what_may_be_sent_twice_is_sent_again_and_then_in_doubt(write: Any) -> None:
    org = Org(trouble=lambda call: Answer(500, b"") if "/composite" in call.path else None)
    with connected(org, **KEYED) as (connector, server):
        [outcome] = connector.apply([write])
    assert isinstance(outcome, InDoubt)
    assert len(calls(server)) == 3


@pytest.mark.parametrize("body", [[], {}, [{"success": True}] * 3, ["x", "y"]])
def test_an_answer_that_does_not_fit_the_rows_leaves_them_in_doubt(body: Any) -> None:
    org = Org(trouble=lambda call: told(body) if "/composite" in call.path else None)
    with connected(org) as (connector, _):
        outcomes = list(connector.apply([create(n, LastName="x") for n in (1, 2)]))
    assert [type(outcome) for outcome in outcomes] == [InDoubt, InDoubt]


def test_two_writes_to_one_record_never_meet_in_a_call_and_keep_their_order() -> None:
    org = Org()
    second = update(1, Title="second")
    twice = [
        update(1, Title="first"),
        type(second)(**{**fields_of(second), "operation_id": "op1b", "record_id": lead_id(1)[:15]}),
    ]
    with connected(org) as (connector, _):
        outcomes = list(connector.apply(twice))
    assert [[record["Title"] for record in records] for records in org.saved] == [["first"], ["second"]]
    assert len(outcomes) == 2


def fields_of(write: Any) -> dict[str, Any]:
    return {name: getattr(write, name) for name in write.__slots__}


def test_a_write_that_cannot_be_spelled_is_rejected_and_the_rest_goes_out() -> None:
    org = Org()
    nameless = type(update(1))(update(9).operation_id, Kind.UPDATE, "lead", {"Title": "x"}, "not an id")
    with connected(org) as (connector, _):
        outcomes = by_operation(list(connector.apply([nameless, update(1, Id="x"), update(2, Title="x")])))
    assert isinstance(outcomes["op9"], Rejected)
    assert isinstance(outcomes["op1"], Rejected)
    assert isinstance(outcomes["op2"], Applied)


@pytest.mark.parametrize("object", ["account", "user", "opportunity"])
def test_nothing_but_people_is_ever_written(object: str) -> None:
    with connected(Org()) as (connector, server), pytest.raises(Bug):
        connector.apply([update(2, Title="x"), update(1, object=object, Name="x")])
    assert server.calls == []


def test_duplicates_are_allowed_where_the_connection_says_so() -> None:
    with connected(Org(), allow_duplicates=True) as (connector, server):
        list(connector.apply([update(1, Title="x")]))
    assert server.calls[-1].headers["Sforce-Duplicate-Rule-Header"] == "allowSave=true"


# -- quotas, sessions --------------------------------------------------------------------------------------------------


def test_the_reserve_is_left_to_the_orgs_other_users() -> None:
    org = Org(usage="api-usage=4900/5000")
    with connected(org, Budget(reserve=100, sleep=lambda _: None), **SINGLE) as (connector, server):
        reading = connector.apply([update(n, Title="x") for n in range(600)])
        outcomes = [next(reading) for _ in range(200)]  # the first answer told how little is left
        with pytest.raises(Unavailable, match="100 of them for its other users"):
            next(reading)
    assert all(isinstance(outcome, Applied) for outcome in outcomes)
    assert calls(server) == ["PATCH /composite/sobjects"]
    assert connector.usage.left == 100


def test_an_org_at_its_limit_makes_us_wait_and_is_asked_no_more() -> None:
    body = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    org = Org(trouble=lambda call: told(body, "api-usage=5000/5000", 403) if "/composite" in call.path else None)
    with connected(org) as (connector, server), pytest.raises(Unavailable, match="next quota window"):
        list(connector.apply([update(n, Title="x") for n in range(1000)]))
    assert len(calls(server)) <= 5  # those that were under way at once
    assert connector.usage.left == 0


def test_too_many_calls_at_once_are_sent_again() -> None:
    left = [refused(403, "REQUEST_LIMIT_EXCEEDED")]
    lock = threading.Lock()

    def trouble(call: Call) -> Answer | None:
        with lock:
            return left.pop() if left and "/composite" in call.path else None

    with connected(Org(trouble=trouble)) as (connector, server):
        [outcome] = connector.apply([update(1, Title="x")])
    assert isinstance(outcome, Applied)
    assert len(calls(server)) == 2


def test_a_session_that_expired_is_renewed_once() -> None:
    left = [refused(401, "INVALID_SESSION_ID")]
    org = Org(trouble=lambda call: left.pop() if left and "/composite" in call.path else None)
    with connected(org) as (connector, server):
        [outcome] = connector.apply([update(1, Title="x")])
    assert isinstance(outcome, Applied)
    assert sum("oauth2" in call.path for call in server.calls) == 2


def test_a_session_that_is_refused_again_is_the_users_to_mend() -> None:
    org = Org(trouble=lambda call: refused(401, "INVALID_SESSION_ID") if "/composite" in call.path else None)
    with connected(org) as (connector, _), pytest.raises(AuthError):
        list(connector.apply([update(1, Title="x")]))


def test_the_check_signs_in_and_learns_what_is_left() -> None:
    with connected(Org()) as (connector, server):
        connector.check()
    assert calls(server) == ["GET /limits"]
    assert connector.usage.left == 14998
