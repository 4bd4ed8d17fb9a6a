"""Many writes by the Import API: what it does, what it costs, and what is known when it goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

from keepstep.core.model import Applied, Kind, OperationId, Rejected, Write
from tests.connectors.account_engagement.account import Account, applied, updates, write

Answers = dict[str, Any]


def test_many_updates_cost_a_few_calls_and_touch_nothing_else(there: Account) -> None:
    ids = [there.prospect(f"p{n}@roe.example", city="Oslo", firstName=f"P{n}") for n in range(30)]
    connector = there.connector(import_from=10)

    outcomes = applied(connector, updates(ids, score=7))

    assert set(outcomes.values()) == {Applied(OperationId(f"update-{id}"), id) for id in ids}
    assert {(row["score"], row["city"]) for row in there.prospects().values()} == {(7, "Oslo")}
    assert {row["firstName"] for row in there.prospects().values()} == {f"P{n}" for n in range(30)}
    assert connector.usage.calls <= 8
    assert connector.usage.by_endpoint["POST /imports/{id}/batches"] == 1


def test_none_clears_and_what_is_not_named_stays(there: Account) -> None:
    ids = [there.prospect(f"p{n}@roe.example", city="Oslo", firstName="Ann") for n in range(12)]
    writes = updates(ids[:6], city=None, score=1) + updates(ids[6:], score=1)

    applied(there.connector(import_from=6), writes)

    left = there.prospects()
    assert [left[id].get("city") for id in ids] == [None] * 6 + ["Oslo"] * 6
    assert {(row["firstName"], row["score"]) for row in left.values()} == {("Ann", 1)}


def test_each_refused_row_has_its_own_outcome(there: Account) -> None:
    ids = [there.prospect(f"p{n}@roe.example") for n in range(8)]
    there.people("DELETE", f"prospects/{ids[2]}")
    there.people("PUT", f"prospects/{ids[5]}/fault", {"code": 85})

    outcomes = applied(there.connector(import_from=5), updates([*ids, 4711], city="Oslo"))

    wrong = {one: o.code for one, o in outcomes.items() if isinstance(o, Rejected)}
    assert set(wrong) == {f"update-{id}" for id in (ids[2], ids[5], 4711)}
    assert (wrong[OperationId(f"update-{ids[2]}")], wrong[OperationId(f"update-{ids[5]}")]) == ("219", "85")
    assert all(isinstance(outcomes[OperationId(f"update-{id}")], Applied) for id in ids if id not in (ids[2], ids[5]))


def test_creates_are_read_back_for_their_ids_and_find_who_is_there(there: Account) -> None:
    known = there.prospect("p3@roe.example", city="Oslo", optedOut=True)
    writes = [
        write(Kind.CREATE, email=f"p{n}@roe.example", firstName=f"P{n}", optedOut=False, city=None) for n in range(20)
    ]
    connector = there.connector(import_from=10)

    outcomes = applied(connector, writes)

    made = there.prospects()
    by_email = {row["email"]: id for id, row in made.items()}
    assert len(by_email) == 20
    assert all(outcomes[w.operation_id] == Applied(w.operation_id, by_email[str(w.email)]) for w in writes)
    assert by_email["p3@roe.example"] == known
    assert (made[known]["city"], made[known]["optedOut"], made[known]["firstName"]) == ("Oslo", True, "P3")
    assert connector.usage.calls <= 9


def test_creates_of_somebody_in_the_bin_go_one_by_one(there: Account) -> None:
    binned = there.prospect("p3@roe.example")
    there.people("DELETE", f"prospects/{binned}")
    writes = [write(Kind.CREATE, email=f"p{n}@roe.example", firstName="Ann") for n in range(6)]
    connector = there.connector(import_from=5)

    outcomes = applied(connector, writes)

    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    assert len(there.prospects()) == 6
    assert binned not in there.prospects()
    assert connector.usage.by_endpoint["POST /objects/prospects/do/upsertLatestByEmail"] == 1


def test_rows_join_and_leave_their_list_by_import(there: Account) -> None:
    made = there.list("Customers")
    stays = there.join(there.prospect("stays@roe.example"), made)
    joins = [write(Kind.CREATE, list_id=made, email=f"p{n}@roe.example", firstName="Ann") for n in range(6)]
    connector = there.connector(import_from=5)

    outcomes = applied(connector, joins)

    rows = {outcome.record_id for outcome in outcomes.values() if isinstance(outcome, Applied)}
    assert set(there.members(made)) == rows | {stays}
    assert len(rows) == 6
    gone = applied(connector, [write(Kind.REMOVE, row, made) for row in rows])
    assert all(isinstance(outcome, Applied) for outcome in gone.values())
    assert set(there.members(made)) == {stays}
    assert len(there.prospects()) == 7


def test_prospects_go_to_the_recycle_bin_by_import(there: Account) -> None:
    ids = [there.prospect(f"p{n}@roe.example") for n in range(6)]
    there.people("DELETE", f"prospects/{ids[0]}")

    outcomes = applied(there.connector(import_from=5), [write(Kind.REMOVE, id) for id in ids])

    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    assert there.prospects() == {}


def test_what_an_import_cannot_do_goes_one_by_one_beside_it(there: Account) -> None:
    ids = [there.prospect(f"p{n}@roe.example", userId=101) for n in range(8)]
    writes = [*updates(ids[:6], city="Oslo"), *updates(ids[6:7], userId=None), *updates(ids[7:], no_such_field="x")]

    outcomes = applied(there.connector(import_from=6), writes)

    assert [o.operation_id for o in outcomes.values() if not isinstance(o, Applied)] == [f"update-{ids[7]}"]
    left = there.prospects()
    assert left[ids[6]].get("assignedToId") is None
    assert [left[id].get("city") for id in ids] == ["Oslo"] * 6 + [None] * 2


def test_two_writes_to_one_prospect_are_in_two_imports(there: Account) -> None:
    ids = [there.prospect(f"p{n}@roe.example") for n in range(6)]
    first = updates(ids, city="Oslo")
    second = [Write(OperationId(f"second-{id}"), Kind.UPDATE, "prospect", {"city": "Rome"}, id) for id in ids]
    connector = there.connector(import_from=5)

    applied(connector, [*first, *second])

    assert {row["city"] for row in there.prospects().values()} == {"Rome"}
    assert connector.usage.by_endpoint["POST /imports"] == 2


@pytest.mark.parametrize(
    "settings", [{"import_part": "importFile"}, {"import_batches_path": "batch"}, {"job_polls": 4}]
)
def test_what_is_only_believed_of_imports_may_be_otherwise(there: Account, settings: Answers) -> None:
    there.set(**settings)
    ids = [there.prospect(f"p{n}@roe.example") for n in range(6)]
    try:
        outcomes = applied(there.connector(import_from=5), updates(ids, city="Oslo"))
    finally:
        there.set(import_part="file", import_batches_path="batches", job_polls=1)
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())


def test_creates_that_a_read_does_not_know_yet_are_asked_for_again(there: Account) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if seconds == 60.0:
            there.pass_time(seconds)

    there.set(stale_reads_s=45.0)
    try:
        writes = [write(Kind.CREATE, email=f"p{n}@roe.example") for n in range(6)]
        outcomes = applied(there.connector(import_from=5, sleep=wait), writes)
    finally:
        there.set(stale_reads_s=0.0)
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    assert waits[-1] == 60.0


def test_a_few_of_each_shape_go_one_by_one(there: Account) -> None:
    ids = [there.prospect(f"p{n}@roe.example") for n in range(4)]
    connector = there.connector(import_from=5)
    outcomes = applied(connector, [*updates(ids[:2], city="Oslo"), *updates(ids[2:], city=None, score=1)])
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    more = [write(Kind.CREATE, email=f"q{n}@roe.example") for n in range(4)]
    applied(connector, [*updates(ids, city="Rome"), *more])
    assert "POST /imports" not in connector.usage.by_endpoint
