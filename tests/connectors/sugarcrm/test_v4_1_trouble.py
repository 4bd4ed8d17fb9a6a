"""Writing by v4_1 on bad days: calls that break off, answers that are null, lost, or don't fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from keepstep.connectors.base import ReadQuery
from keepstep.connectors.sugarcrm.wire import id_of
from keepstep.core.model import Applied, InDoubt, Kind, OperationId
from tests.connectors.stub import HANG_UP, Answer, Call
from tests.connectors.sugarcrm.legacy import (
    BROKEN_OFF,
    OLD,
    Legacy,
    failed,
    methods,
    people,
    said,
)
from tests.connectors.sugarcrm.site import Row, connected, create, outcomes, update

LEADS = ReadQuery("lead", ("email1", "title"))


def poisoned(answer: Answer) -> Legacy:
    site = people(8)
    site.poison = lambda row: answer if row.get("title") == "poison" else None
    return site


@pytest.mark.parametrize(("answer", "code"), [(BROKEN_OFF, "EMPTY_500"), (said(None), "NULL_REPLY")])
def test_one_row_that_breaks_a_call_off_does_not_keep_the_others_out(answer: Answer, code: str) -> None:
    with connected(poisoned(answer), **OLD) as (connector, _):
        found = outcomes(connector, *(update(n, title="poison" if n == 3 else "CTO") for n in range(8)))
    assert {id for id, outcome in found.items() if not isinstance(outcome, Applied)} == {"op3"}
    assert found["op3"].code == code


def test_a_row_that_was_saved_before_the_call_broke_off_is_done() -> None:
    site = people(1)

    def save_and_break_off(row: Row) -> Answer:
        site.leads[0]["title"] = row["title"]
        return BROKEN_OFF

    site.poison = save_and_break_off
    with connected(site, **OLD) as (connector, _):
        assert isinstance(outcomes(connector, update(0, title="CTO"))["op0"], Applied)


@pytest.mark.parametrize("landed", [True, False])
def test_a_removal_that_broke_off_is_looked_at(landed: bool) -> None:
    site = people(1)

    def remove_and_break_off(_: Row) -> Answer:
        site.leads[0]["deleted"] = "1" if landed else "0"
        return BROKEN_OFF

    site.poison = remove_and_break_off
    with connected(site, **OLD) as (connector, _):
        assert isinstance(outcomes(connector, update(0, Kind.REMOVE))["op0"], Applied) is landed


def test_a_row_that_broke_off_and_cannot_be_read_back_is_in_doubt() -> None:
    site = people(1)
    site.poison = lambda _: BROKEN_OFF
    site.trouble = lambda call: Answer(503, b"busy") if b"get_entries" in call.body else None
    with connected(site, **OLD) as (connector, _):
        assert outcomes(connector, update(0, title="CTO"))["op0"] == InDoubt(OperationId("op0"), "NOT_READ_BACK")


def test_a_create_that_breaks_a_call_off_does_not_keep_the_others_from_being_made_once() -> None:
    site = Legacy()
    site.poison = lambda row: BROKEN_OFF if row["last_name"] == "poison" else None
    writes = [create(n, f"k{n}", last_name="poison" if n == 2 else "Ode") for n in range(6)]
    with connected(site, **OLD) as (connector, _):
        found = outcomes(connector, *writes)
    assert {id for id, outcome in found.items() if not isinstance(outcome, Applied)} == {"op2"}
    assert sorted(row["id"] for row in site.leads) == sorted(id_of(f"k{n}") for n in range(6) if n != 2)


def test_creates_without_a_key_are_never_sent_twice() -> None:
    site = Legacy(poison=lambda _: BROKEN_OFF)
    with connected(site, **OLD) as (connector, server):
        found = outcomes(connector, create(1, None, last_name="Ode"), create(2, None, last_name="Ode"))
    assert all(outcome == InDoubt(outcome.operation_id, "EMPTY_500") for outcome in found.values())
    assert methods(server) == ["set_entries Leads"]


@pytest.mark.parametrize("answer", [failed(40, "Access Denied"), failed(20, "Module Does Not Exist")])
def test_a_call_that_is_refused_as_a_whole_rejects_its_rows(answer: Answer) -> None:
    site = people(2)
    site.trouble = lambda call: answer if b"set_entries" in call.body else None
    with connected(site, **OLD) as (connector, server):
        found = outcomes(connector, update(0, title="CTO"), update(1, title="CTO"))
    assert {outcome.code for outcome in found.values()} <= {"20", "40"}
    assert methods(server) == ["set_entries Leads"]


def test_what_was_saved_and_could_not_be_read_back_is_in_doubt() -> None:
    site = people(1)
    site.trouble = lambda call: Answer(503, b"busy") if b"get_entries" in call.body else None
    with connected(site, **OLD) as (connector, _):
        assert outcomes(connector, update(0, title="CTO"))["op0"] == InDoubt(OperationId("op0"), "NOT_READ_BACK")


def test_an_answer_that_is_lost_leaves_its_rows_in_doubt() -> None:
    def hangs_up(call: Call) -> Answer | None:
        return Answer(HANG_UP) if b"set_entries" in call.body else None

    site = replace(people(1), trouble=hangs_up)
    with connected(site, **OLD) as (connector, _):
        assert isinstance(outcomes(connector, update(0, title="CTO"))["op0"], InDoubt)


@pytest.mark.parametrize("ids", [None, [], "x", ["1", "2"]])
def test_an_answer_with_other_ids_than_rows_leaves_them_in_doubt(ids: Any) -> None:
    site = people(1)
    site.trouble = lambda call: said({"ids": ids}) if b"set_entries" in call.body else None
    with connected(site, **OLD) as (connector, _):
        for write in (update(0, title="CTO"), update(0, Kind.REMOVE)):
            assert outcomes(connector, write)["op0"] == InDoubt(OperationId("op0"), "NO_RESULT")


def test_a_records_page_is_suitecrms() -> None:
    with connected(Legacy(), **OLD) as (connector, server):
        page = f"{server.url}/index.php?module=Leads&action=DetailView&record=l1"
        assert connector.url("lead", "l1") == page
