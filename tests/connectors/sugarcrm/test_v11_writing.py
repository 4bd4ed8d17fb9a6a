"""Writing by v11, and what its answers are worth."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from keepstep.connectors.base import IdempotentBy
from keepstep.connectors.sugarcrm import SugarCrmConnector
from keepstep.connectors.sugarcrm.wire import id_of
from keepstep.core.model import Applied, InDoubt, Kind, OperationId
from tests.connectors.stub import HANG_UP, Answer, Call
from tests.connectors.sugarcrm.site import (
    Site,
    address,
    calls,
    connected,
    create,
    lead,
    lead_id,
    outcomes,
    refused,
    sent,
    told,
    update,
    wrong,
)


def by(connector: SugarCrmConnector) -> IdempotentBy:
    return connector.capabilities.idempotent_create


def test_a_hundred_writes_are_one_call_with_their_data_as_text() -> None:
    site = Site([lead(n) for n in range(100)])
    with connected(site) as (connector, server):
        found = outcomes(connector, *(update(n, act_on_score_c=n) for n in range(100)))
    assert all(isinstance(outcome, Applied) for outcome in found.values())
    assert calls(server) == ["POST /bulk"]
    first = json.loads(server.calls[-1].body)["requests"][0]
    assert first == {"url": f"/v11_20/Leads/{lead_id(0)}", "method": "PUT", "data": '{"act_on_score_c":0}'}


def test_none_clears_and_a_new_email_alone_goes_by_the_shortcut() -> None:
    site = Site([lead(1)])
    with connected(site) as (connector, server):
        outcomes(connector, update(1, title=None, act_on_score_c=None, email1="new@a.test"))
    [request] = sent(server.calls[-1])
    assert request["data"] == {"title": "", "act_on_score_c": None, "email1": "new@a.test"}


def test_an_opt_out_repeats_the_other_addresses_as_they_are() -> None:
    other = address("second@a.test", primary_address=False, opt_out=True)
    site = Site([lead(1, email=[address("ann@a.test"), other])])
    with connected(site) as (connector, server):
        found = outcomes(connector, update(1, email_opt_out=True))
    assert isinstance(found["op1"], Applied)
    assert calls(server) == ["POST /Leads/filter", "POST /bulk"]
    [request] = sent(server.calls[-1])
    assert request["data"] == {"email": [address("ann@a.test", opt_out=True), other]}


def test_an_opt_out_goes_to_the_new_address_where_both_are_written() -> None:
    other = address("second@a.test", primary_address=False)
    site = Site([lead(1, email=[address("ann@a.test"), other])])
    with connected(site) as (connector, server):
        outcomes(connector, update(1, email_opt_out=True, email1="SECOND@a.test"))
    [request] = sent(server.calls[-1])
    assert request["data"] == {"email": [address("second@a.test", opt_out=True)]}


def test_a_new_address_keeps_its_own_opt_out_where_none_is_asked_for() -> None:
    other = address("second@a.test", primary_address=False, opt_out=True)
    site = Site([lead(1, email=[address("ann@a.test"), other])])
    with connected(site) as (connector, server):
        outcome = outcomes(connector, update(1, email_opt_out=False, email1="second@a.test"))["op1"]
    assert outcome.code == "STAYS_OPTED_OUT"
    [request] = sent(server.calls[-1])
    assert request["data"] == {"email": [address("second@a.test", opt_out=True)]}


def test_an_opt_out_without_an_address_or_a_record_is_rejected_alone() -> None:
    site = Site([lead(1, email=[]), lead(2)])
    with connected(site) as (connector, _):
        found = outcomes(connector, *(update(n, email_opt_out=True) for n in (1, 2, 3)))
    assert found["op1"].code == "NO_EMAIL"
    assert isinstance(found["op2"], Applied)
    assert found["op3"].code == "not_found"


def test_a_create_carries_the_id_that_its_key_makes() -> None:
    site = Site()
    with connected(site) as (connector, server):
        found = outcomes(
            connector, create(1, "k1", last_name="Ode", email1="ann@a.test", email_opt_out=True, title=None)
        )
    assert found["op1"] == Applied(OperationId("op1"), id_of("k1"))
    [request] = sent(server.calls[-1])
    assert (request["method"], request["url"]) == ("POST", "/v11_20/Leads")
    new = {"email_address": "ann@a.test", "primary_address": True, "opt_out": True}
    assert request["data"] == {"id": id_of("k1"), "last_name": "Ode", "email": [new]}


def test_a_create_that_was_sent_before_is_done() -> None:
    site = Site([lead(1, id=id_of("k1"))])
    with connected(site) as (connector, server):
        assert outcomes(connector, create(1, "k1", last_name="Ode"))["op1"] == Applied(OperationId("op1"), id_of("k1"))
    assert calls(server) == ["POST /bulk", "POST /Leads/filter"]


def test_a_create_that_is_refused_and_not_there_stays_refused() -> None:
    site = Site(inner=lambda _: wrong(422, "invalid_parameter"))
    with connected(site) as (connector, _):
        assert outcomes(connector, create(1, "k1", last_name="Ode"))["op1"].code == "invalid_parameter"


def test_an_answer_with_another_id_is_noticed_and_creates_are_not_idempotent_any_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site(inner=lambda _: {"contents": {"id": "its-own"}, "status": 200})
    with connected(site) as (connector, _):
        assert by(connector) == IdempotentBy.EXTERNAL_ID
        assert outcomes(connector, create(1, "k1", last_name="Ode"))["op1"] == Applied(OperationId("op1"), "its-own")
        assert by(connector) == IdempotentBy.NOTHING
    assert "another id" in caplog.text


def test_a_value_that_the_answer_shows_otherwise_is_not_called_stored() -> None:
    site = Site([lead(1)], inner=lambda _: {"contents": {"id": lead_id(1), "title": "C"}, "status": 200})
    with connected(site) as (connector, _):
        outcome = outcomes(connector, update(1, title="CTO"))["op1"]
    assert outcome.code == "NOT_STORED"
    assert outcome.what_to_do.endswith("(field title)")


def test_an_answer_cut_short_is_trusted_for_its_status() -> None:
    site = Site([lead(1)], inner=lambda _: {"contents": {"id": lead_id(1)}, "status": 200})
    with connected(site) as (connector, _):
        assert isinstance(outcomes(connector, update(1, title="CTO"))["op1"], Applied)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"nope": 1}, "NO_SUCH_FIELD"),
        ({"converted": True}, "READ_ONLY_FIELD"),
        ({"first_name": "x" * 21}, "TOO_LONG"),
        ({"accounts.name": "Acme"}, "NO_SUCH_FIELD"),
    ],
)
def test_what_sugarcrm_would_ignore_or_cut_is_rejected_before_it_is_sent(fields: dict[str, Any], code: str) -> None:
    with connected(Site([lead(1)])) as (connector, server):
        assert outcomes(connector, update(1, **fields))["op1"].code == code
    assert calls(server) == []


@pytest.mark.parametrize(
    ("result", "kind", "code", "retry"),
    [
        (wrong(404, "not_found"), "Rejected", "not_found", False),
        (wrong(409, "edit_conflict"), "Rejected", "edit_conflict", True),
        (wrong(503, "maintenance"), "Rejected", "maintenance", True),
        (wrong(500, "fatal_error"), "InDoubt", "fatal_error", None),
        ({"contents": {}, "status": 503}, "Rejected", "HTTP_503", True),
        ({"contents": "Ann"}, "InDoubt", "NO_RESULT", None),
        ("Ann", "InDoubt", "NO_RESULT", None),
    ],
)
def test_a_row_that_fails_does_not_end_the_batch(result: Any, kind: str, code: str, retry: bool | None) -> None:
    site = Site([lead(1), lead(2)], inner=lambda request: result if lead_id(1) in request["url"] else None)
    with connected(site) as (connector, _):
        found = outcomes(connector, update(1, title="CTO"), update(2, title="CTO"))
    assert (type(found["op1"]).__name__, found["op1"].code) == (kind, code)
    assert getattr(found["op1"], "retry", None) == retry
    assert isinstance(found["op2"], Applied)


def test_a_batch_that_is_too_large_is_cut_until_the_one_row_stands_alone() -> None:
    def trouble(call: Call) -> Answer | None:
        return refused(413, "request_too_large") if b"giant" in call.body else None

    site = Site([lead(n) for n in range(8)], trouble=trouble)
    with connected(site) as (connector, server):
        found = outcomes(connector, *(update(n, title="giant" if n == 3 else "CTO") for n in range(8)))
    assert {id for id, outcome in found.items() if not isinstance(outcome, Applied)} == {"op3"}
    assert found["op3"].code == "request_too_large"
    assert len(calls(server)) == 7


def test_an_update_whose_answer_is_lost_is_sent_again_and_a_create_is_not() -> None:
    site = Site([lead(1)], trouble=lambda call: Answer(HANG_UP) if call.path.endswith("/bulk") else None)
    with connected(site) as (connector, server):
        found = outcomes(connector, update(1, title="CTO"), create(2, "k1", last_name="Ode"))
    assert all(isinstance(outcome, InDoubt) for outcome in found.values())
    assert len(calls(server)) == 3 + 1


def test_a_reply_that_tells_fewer_results_leaves_all_in_doubt() -> None:
    site = Site([lead(1)], trouble=lambda call: told([]) if call.path.endswith("/bulk") else None)
    with connected(site) as (connector, _):
        assert outcomes(connector, update(1, title="CTO"))["op1"] == InDoubt(OperationId("op1"), "NO_RESULT")


def test_a_removal_of_what_is_gone_already_is_done() -> None:
    with connected(Site()) as (connector, _):
        assert outcomes(connector, update(1, Kind.REMOVE))["op1"] == Applied(OperationId("op1"), lead_id(1))


def test_two_writes_to_one_record_go_one_after_the_other() -> None:
    site = Site([lead(1)])
    second = replace(update(1, title="CEO"), operation_id=OperationId("op2"))
    with connected(site) as (connector, server):
        outcomes(connector, update(1, title="CTO"), second)
    assert [request["data"]["title"] for call in server.calls[-2:] for request in sent(call)] == ["CTO", "CEO"]


@pytest.mark.parametrize("record_id", [None, "", "x' OR 1=1", "x" * 37])
def test_a_write_without_a_proper_id_is_never_sent(record_id: str | None) -> None:
    with connected(Site()) as (connector, server):
        write = replace(update(1, title="CTO"), record_id=record_id)
        assert outcomes(connector, write)["op1"].code in ("NO_RECORD", "NOT_AN_ID")
    assert calls(server) == []


def test_a_records_page_is_known_without_a_call() -> None:
    with connected(Site()) as (connector, server):
        assert connector.url("lead", "l1") == f"{server.url}/#Leads/l1"
    assert server.calls == []
