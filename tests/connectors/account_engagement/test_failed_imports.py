"""Imports that go wrong: what is known of each row, and what may be sent again."""

from __future__ import annotations

from typing import Any

import pytest

from keepstep.connectors.budget import Budget
from keepstep.core.errors import AuthError, BudgetSpent, Unavailable
from keepstep.core.model import Applied, InDoubt, Kind, OperationId, Outcome, Rejected
from tests.connectors.account_engagement.account import applied, updates, write
from tests.connectors.account_engagement.unit import Unit, asked, calls, connected, page, path_of, refused, told
from tests.connectors.stub import HANG_UP, Answer, Call

Answers = dict[str, Any]


def service(**said: Any) -> Unit:
    """A unit whose imports end well, but for what is said of a call: "make", "upload", "begin", "state" or "errors"."""
    state = {"id": 3, "status": "Complete", "createdCount": 0, "updatedCount": 6, "errorCount": 0, "errorRef": None}
    usual = {
        "make": told({"id": 3, "status": "Open", "batchesRef": "https://elsewhere.test/api/v5/imports/3/batches"}, 201),
        "upload": Answer(204, b""),
        "begin": told({"id": 3, "status": "Waiting"}),
        "cancel": told({"id": 3, "status": "Canceled"}),
        "state": told(state),
        "errors": Answer(200, b"matchId,city,errorCode\n", {"Content-Type": "text/csv"}),
    }

    def trouble(call: Call) -> Answer | None:
        path = path_of(call)
        if not path.startswith("/imports"):
            return None
        if call.method == "PATCH":
            name = "cancel" if b"Canceled" in call.body else "begin"
        elif call.method == "POST":
            name = "make" if path == "/imports" else "upload"
        else:
            name = "errors" if path.endswith("/errors") else "state"
        answers = said.get(name, usual[name])
        if isinstance(answers, dict):
            return told({**state, **answers})
        if isinstance(answers, list):
            answers = answers.pop(0) if len(answers) > 1 else answers[0]
            return told({**state, **answers}) if isinstance(answers, dict) else answers
        assert isinstance(answers, Answer)
        return answers

    return Unit(trouble)


SIX = updates(range(1, 7), city="Oslo")


def codes(outcomes: dict[OperationId, Outcome]) -> dict[str, str]:
    """What isn't applied, by the number of its prospect."""
    return {one.removeprefix("update-"): o.code for one, o in outcomes.items() if not isinstance(o, Applied)}


def test_our_token_goes_to_no_other_host() -> None:
    with connected(service(), import_from=5) as (connector, server):
        assert codes(applied(connector, SIX)) == {}
    assert "POST /imports/3/batches" in calls(server)


def test_an_address_that_is_none_of_the_apis_is_not_used() -> None:
    made = told({"id": 3, "batchesRef": "ftp://elsewhere.test/files"}, 201)
    with connected(service(make=made), import_from=5) as (connector, server):
        assert codes(applied(connector, SIX)) == {}
    assert "POST /imports/3/batches" in calls(server)


def test_a_wait_grows_and_an_import_that_takes_too_long_is_in_doubt() -> None:
    waits: list[float] = []
    unit = service(state={"status": "Processing"})
    with connected(unit, waits=waits, import_from=5, import_wait_s=60.0) as (connector, server):
        outcomes = applied(connector, SIX)
    assert set(codes(outcomes).values()) == {"IMPORT_LOST"}
    assert all(isinstance(outcome, InDoubt) for outcome in outcomes.values())
    assert waits == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    assert server.calls[-1].body == b'{"status":"Canceled"}'


def test_the_name_of_a_batch_is_found_out_once() -> None:
    unit = service(upload=[refused(162), Answer(204, b"")])
    with connected(unit, import_from=5) as (connector, server):
        assert codes(applied(connector, SIX)) == {}
        assert codes(applied(connector, SIX)) == {}
    uploads = [call.body for call in server.calls if call.path.endswith("/batches")]
    assert [b'name="importFile"' in body for body in uploads] == [False, True, True]


@pytest.mark.parametrize("status", ["Failed", "Canceled"])
def test_an_import_that_did_not_end_well_is_in_doubt(status: str) -> None:
    with connected(service(state={"status": status}), import_from=5) as (connector, _):
        assert set(codes(applied(connector, SIX)).values()) == {"NO_RESULT"}


def test_refused_rows_that_the_file_does_not_tell_put_the_rest_in_doubt() -> None:
    errors = Answer(200, b"matchId,city,errorCode\n2,Oslo,85\n")
    unit = service(state={"errorCount": 2, "errorRef": "https://x.test/api/v5/imports/3/errors"}, errors=errors)
    with connected(unit, import_from=5) as (connector, _):
        outcomes = applied(connector, SIX)
    assert codes(outcomes) == {"2": "85", **dict.fromkeys("13456", "NO_RESULT")}
    assert isinstance(outcomes[OperationId("update-2")], Rejected)


def test_an_import_that_does_not_count_its_errors_is_in_doubt() -> None:
    with connected(service(state={"errorCount": None}), import_from=5) as (connector, _):
        assert set(codes(applied(connector, SIX)).values()) == {"NO_RESULT"}


@pytest.mark.parametrize(
    "lost",
    [{"state": Answer(503, b"{}")}, {"state": {"errorCount": 1}, "errors": refused(161)}, {"state": refused(109)}],
)
def test_what_is_not_told_after_it_began_is_in_doubt(lost: Answers) -> None:
    with connected(service(**lost), import_from=5) as (connector, _):
        assert set(codes(applied(connector, SIX)).values()) == {"IMPORT_LOST"}


def test_a_beginning_whose_answer_was_lost_is_told_by_the_state() -> None:
    unit = service(begin=[Answer(HANG_UP), refused(155)])
    with connected(unit, import_from=5) as (connector, _):
        assert codes(applied(connector, SIX)) == {}


def test_an_import_that_did_not_begin_is_cancelled_and_in_doubt() -> None:
    unit = service(begin=refused(156), state=[{"status": "Open"}, {"status": "Canceled"}])
    with connected(unit, import_from=5) as (connector, _):
        assert set(codes(applied(connector, SIX)).values()) == {"NO_RESULT"}


def test_an_upload_whose_answer_was_lost_is_not_sent_again_and_nothing_was_written() -> None:
    unit = service(upload=Answer(HANG_UP))
    with connected(unit, import_from=5) as (connector, server), pytest.raises(Unavailable, match="nothing of it"):
        list(connector.apply(SIX))
    assert calls(server)[-2:] == ["POST /imports/3/batches", "PATCH /imports/3"]
    assert server.calls[-1].body == b'{"status":"Canceled"}'


def test_an_import_that_is_made_without_an_id_is_none() -> None:
    with connected(service(make=told({}, 201)), import_from=5) as (connector, _), pytest.raises(Unavailable):
        list(connector.apply(SIX))


@pytest.mark.parametrize("said", [{"make": refused(164)}, {"upload": refused(164)}, {"make": refused(49, 405)}])
def test_where_no_import_is_allowed_the_writes_go_one_by_one(said: Answers) -> None:
    with connected(service(**said), import_from=5) as (connector, server):
        assert codes(applied(connector, SIX)) == {}
    assert calls(server).count("PATCH /imports/3") == ("upload" in said)
    assert sum(call.startswith("PATCH /objects/prospects/") for call in calls(server)) == 6


def test_a_right_that_is_missing_for_both_is_the_users_to_give() -> None:
    def trouble(call: Call) -> Answer | None:
        return refused(49, 405) if call.method in ("POST", "PATCH") and "/api/" in call.path else None

    with connected(trouble, import_from=5) as (connector, _), pytest.raises(AuthError, match="role"):
        list(connector.apply(SIX))


def test_a_file_that_is_refused_is_refused_row_by_row_without_a_call_each() -> None:
    with connected(service(upload=refused(180)), import_from=5) as (connector, server):
        outcomes = applied(connector, SIX)
    assert codes(outcomes) == dict.fromkeys("123456", "180")
    assert all(isinstance(outcome, Rejected) for outcome in outcomes.values())
    assert len(calls(server)) == 4  # the fields, the import, its file, its end


def test_a_budget_that_ends_before_it_began_leaves_the_writes_planned() -> None:
    with connected(service(), budget=Budget(3), import_from=5) as (connector, _), pytest.raises(BudgetSpent):
        list(connector.apply(SIX))


def test_an_address_that_several_have_is_in_doubt() -> None:
    def trouble(call: Call) -> Answer | None:
        if "emailList" not in asked(call):
            return imports.trouble(call)
        rows = [{"id": n, "email": f"p{n}@a.test"} for n in range(1, 6)]
        return page(*rows, {"id": 9, "email": "p1@a.test"}, {"id": 10, "email": "P6@a.test"})

    imports = service(state={"createdCount": 5, "updatedCount": 1})
    writes = [write(Kind.CREATE, email=f"p{n}@a.test") for n in range(1, 7)]
    with connected(Unit(trouble), import_from=5) as (connector, _):
        outcomes = applied(connector, writes)
    wrong = {one: o.code for one, o in outcomes.items() if isinstance(o, InDoubt)}
    assert wrong == {"create-p1@a.test": "SEVERAL", "create-p6@a.test": "NOT_READABLE"}


def test_creates_whose_ids_cannot_be_read_are_there_and_in_doubt() -> None:
    def trouble(call: Call) -> Answer | None:
        return Answer(503, b"{}") if "emailList" in asked(call) else imports.trouble(call)

    imports = service(state={"createdCount": 6})
    writes = [write(Kind.CREATE, email=f"p{n}@a.test") for n in range(6)]
    with connected(Unit(trouble), import_from=5) as (connector, _):
        outcomes = applied(connector, writes)
    assert {o.code for o in outcomes.values() if isinstance(o, InDoubt)} == {"NOT_READABLE"}
    assert len(outcomes) == 6
