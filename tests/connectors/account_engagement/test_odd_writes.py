"""Writes as they are sent, and answers to them that no sandbox gives."""

from __future__ import annotations

import threading

import pytest

from keepstep.connectors.base import ReadQuery
from keepstep.core.errors import Bug, SettingsError, Unavailable
from keepstep.core.model import Applied, InDoubt, Kind, OperationId, Rejected, Write
from tests.connectors.account_engagement.account import write
from tests.connectors.account_engagement.unit import (
    Unit,
    asked,
    calls,
    connected,
    page,
    path_of,
    person,
    refused,
)
from tests.connectors.account_engagement.unit import told as answered
from tests.connectors.stub import HANG_UP, Answer, Call

PROSPECTS = ReadQuery("prospect", ("firstName",))
ROWS = ReadQuery("row", ("firstName",), list_id="33")
ACTIVITIES = ReadQuery("activity")


def test_an_upsert_without_a_body_is_there_and_in_doubt() -> None:
    def trouble(call: Call) -> Answer | None:
        return Answer(204, b"") if call.method == "POST" and "/objects" in call.path else None

    with connected(trouble) as (connector, server):
        [outcome] = connector.apply([write(Kind.CREATE, email="a@a.test")])
    assert outcome == InDoubt(OperationId("create-a@a.test"), "NOT_READABLE")
    assert calls(server) == ["POST /objects/prospects/do/upsertLatestByEmail"]


def test_a_lost_answer_is_asked_for_again_and_then_in_doubt() -> None:
    with connected(lambda call: Answer(HANG_UP) if call.method in ("PATCH", "DELETE") else None) as (connector, server):
        outcomes = list(connector.apply([write(Kind.UPDATE, "7", city="Oslo"), write(Kind.REMOVE, "8")]))
    assert {outcome.code for outcome in outcomes if isinstance(outcome, InDoubt)} == {"CONNECTION_LOST"}
    assert sorted(calls(server)) == ["DELETE /objects/prospects/8"] * 3 + ["PATCH /objects/prospects/7"] * 3


def test_never_more_than_five_calls_are_under_way() -> None:
    here, most, lock = [0], [0], threading.Lock()
    five = threading.Barrier(5, timeout=5)

    def trouble(call: Call) -> Answer | None:
        if call.method != "PATCH":
            return None
        with lock:
            here[0] += 1
            most[0] = max(most[0], here[0])
        five.wait()  # is broken by a sixth one that waits for four more
        with lock:
            here[0] -= 1
        return None

    with connected(trouble) as (connector, _):
        outcomes = list(connector.apply([write(Kind.UPDATE, str(n), city="Oslo") for n in range(20)]))
    assert len(outcomes) == 20
    assert most[0] == 5


def test_writes_to_one_prospect_go_in_their_order() -> None:
    writes = [
        write(Kind.UPDATE, id, list_id, city=str(n))
        for n, (id, list_id) in enumerate([("7", None), ("33:7", "33"), ("7", None)])
    ]
    with connected() as (connector, server):
        outcomes = list(connector.apply(writes))
    assert all(isinstance(outcome, Applied) for outcome in outcomes)
    assert [call.body for call in server.calls if call.method == "PATCH"] == [
        b'{"city":"0"}',
        b'{"city":"1"}',
        b'{"city":"2"}',
    ]


def test_a_create_whose_address_is_there_in_another_spelling_writes_to_that_one() -> None:
    def trouble(call: Call) -> Answer | None:
        if "upsert" in call.path:
            return refused(9)
        return page(person(7, email="Ann@a.test")) if "emailList" in asked(call) else None

    with connected(trouble) as (connector, server):
        [outcome] = connector.apply([write(Kind.CREATE, email="ann@a.test", firstName="Ann")])
    assert isinstance(outcome, Applied)
    assert outcome.record_id == "7"
    assert server.calls[-1].body == b'{"firstName":"Ann"}'  # its spelling stays


@pytest.mark.parametrize("there", [(), (7, 8)])
def test_where_none_or_several_have_it_a_person_must_look(there: tuple[int, ...]) -> None:
    def trouble(call: Call) -> Answer | None:
        if "upsert" in call.path:
            return refused(54)
        return page(*map(person, there)) if "emailList" in asked(call) else None

    with connected(trouble) as (connector, _):
        [outcome] = connector.apply([write(Kind.CREATE, email="ann@a.test", firstName="Ann")])
    assert isinstance(outcome, Rejected)
    assert (outcome.code, "merge" in outcome.what_to_do) == ("54", True)


def test_an_upsert_says_nothing_of_refusals_and_asks_nobody_out_of_the_bin() -> None:
    with connected() as (connector, server):
        list(connector.apply([write(Kind.CREATE, email="ann@a.test", optedOut=False, userId="101")]))
    body = b'{"matchEmail":"ann@a.test","prospect":{"email":"ann@a.test","userId":101},"fields":["id","updatedAt"]}'
    assert server.calls[-1].body == body


def test_a_prospect_without_an_address_is_not_made() -> None:
    with connected() as (connector, server):
        [outcome] = connector.apply([write(Kind.CREATE, firstName="Ann")])
    assert isinstance(outcome, Rejected)
    assert calls(server) == []


def test_somebody_who_is_gone_needs_no_removal() -> None:
    def trouble(call: Call) -> Answer | None:
        return refused(109, 404) if call.method == "DELETE" else None

    with connected(trouble) as (connector, _):
        assert list(connector.apply([write(Kind.REMOVE, "7")])) == [Applied(OperationId("remove-7"), "7")]
        [outcome] = connector.apply([write(Kind.REMOVE, "33:7", "33")])
    assert outcome == Applied(OperationId("remove-33:7"), "33:7")


def test_a_list_that_is_gone_takes_nobody_and_nobody_is_made_for_it() -> None:
    def trouble(call: Call) -> Answer | None:
        return refused(109, 404) if path_of(call) == "/objects/lists/33" else None

    with connected(trouble) as (connector, server):
        [outcome] = connector.apply([write(Kind.CREATE, list_id="33", email="ann@a.test")])
    assert isinstance(outcome, Rejected)
    assert "list" in outcome.what_to_do
    assert calls(server) == ["GET /objects/lists/33"]


@pytest.mark.parametrize("said", [Answer(204, b""), Answer(HANG_UP), answered([])])
def test_a_list_that_was_made_and_not_told_is_found_by_the_next_run(said: Answer) -> None:
    def trouble(call: Call) -> Answer | None:
        return said if (call.method, path_of(call)) == ("POST", "/objects/lists") else None

    with connected(trouble) as (connector, server), pytest.raises(Unavailable, match="next run"):
        connector.create_list("Customers", ["email"], "email")
    assert calls(server).count("POST /objects/lists") == 1


def test_a_list_that_may_not_be_made_is_the_users_to_make() -> None:
    unit = Unit(lambda call: refused(245) if call.method == "POST" and "/objects" in call.path else None)
    with connected(unit) as (connector, _), pytest.raises(SettingsError, match="by hand"):
        connector.create_list("Customers", ["email"], "email")


def test_a_persons_page_is_the_prospects() -> None:
    with connected(base_url="https://pi.pardot.com") as (connector, _):
        assert connector.url("prospect", "7") == "https://pi.pardot.com/prospect/read/id/7"
        assert connector.url("row", "33:7", "33") == "https://pi.pardot.com/prospect/read/id/7"


def test_only_prospects_and_rows_are_written() -> None:
    with connected() as (connector, server), pytest.raises(Bug, match="user"):
        connector.apply([Write(OperationId("op"), Kind.UPDATE, "user", {"firstName": "Ann"}, "101")])
    assert calls(server) == []


@pytest.mark.parametrize(("code", "words"), [(154, "static list"), (55, "static list"), (219, "recycle bin")])
def test_a_membership_that_is_refused_is_told_with_what_to_do(code: int, words: str) -> None:
    def trouble(call: Call) -> Answer | None:
        if not path_of(call).startswith("/objects/list-memberships"):
            return None
        return page({"id": 9}) if call.method == "GET" else refused(code)

    with connected(trouble) as (connector, _):
        outcomes = list(
            connector.apply([write(Kind.CREATE, list_id="33", email="a@a.test"), write(Kind.REMOVE, "33:8", "33")])
        )
    told = {outcome.operation_id: outcome for outcome in outcomes}
    joined = told[OperationId("create-a@a.test")]
    assert isinstance(joined, Rejected)
    assert (joined.code, words in joined.what_to_do) == (str(code), True)
    left = told[OperationId("remove-33:8")]  # a membership in the bin is none
    assert isinstance(left, Applied if code == 219 else Rejected)


def test_a_membership_that_somebody_else_saves_too_is_tried_again() -> None:
    left = [refused(62, 409), refused(62, 409)]

    def trouble(call: Call) -> Answer | None:
        if not path_of(call).startswith("/objects/list-memberships"):
            return None
        if call.method == "GET":
            return page({"id": 9})
        return left.pop() if left else None

    with connected(trouble) as (connector, _):
        [joined] = connector.apply([write(Kind.CREATE, list_id="33", email="a@a.test")])
        left += [refused(62, 409)]
        [removed] = connector.apply([write(Kind.REMOVE, "33:7", "33")])
    assert joined == Applied(OperationId("create-a@a.test"), "33:7")
    assert removed == Applied(OperationId("remove-33:7"), "33:7")


def test_a_removal_that_is_refused_is_rejected() -> None:
    unit = Unit(lambda call: refused(85) if call.method == "DELETE" else None)
    with connected(unit) as (connector, _):
        [outcome] = connector.apply([write(Kind.REMOVE, "7")])
    assert isinstance(outcome, Rejected)
    assert outcome.code == "85"
