"""Writes on bad days: deadlocks, answers that get lost, calls that are refused as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from keepstep.connectors.budget import Budget
from keepstep.connectors.dynamics.wire import new_id
from keepstep.core.errors import AuthError, Unavailable
from keepstep.core.model import Applied, InDoubt, Rejected
from tests.connectors.dynamics.organization import (
    Organization,
    connected,
    create,
    lead,
    refused,
    told,
    update,
)
from tests.connectors.dynamics.writes import BATCH, TOGETHER, applied, by_operation, failing, none_if
from tests.connectors.stub import HANG_UP, Answer, Call

# -- deadlocks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "code"), [(500, "0x80044150"), (500, "0x80044151"), (413, "")])
def test_too_many_rows_at_once_are_sent_again_fewer_at_once(status: int, code: str) -> None:
    org = Organization()
    org.together = lambda rows: refused(status, code) if len(rows) > 300 else None
    outcomes, asked = applied(org, *(update(n, new_score=n) for n in range(1000)))
    assert [len(rows) for rows in org.targets] == [1000, 500, 500, 250, 250, 250, 250]
    assert set(asked) == {TOGETHER}
    assert len(outcomes) == 1000
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())


def test_rows_that_always_meet_a_deadlock_together_go_singly_in_the_end() -> None:
    org = Organization(together=lambda _: refused(500, "0x80044150"))
    outcomes, asked = applied(org, *(update(n, new_score=n) for n in range(1000)))
    assert len(asked) == 15  # 1 and 2 and 4 together, 8 singly
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())


def test_a_deadlock_never_makes_a_double() -> None:
    made: list[str] = []
    trouble = iter([(500, "0x80044150"), (500, "0x80044151")])

    def fate(path: str) -> tuple[int, str]:
        made.append(path)
        return next(trouble, (204, ""))

    org = Organization(part=fate)
    outcomes, _ = applied(org, create(1, external_id="k1", lastname="Ode"))
    assert set(made) == {f"/leads({new_id('lead', 'k1')})"}
    assert len(made) == 3
    assert all(part[2]["If-None-Match"] == "*" for parts in org.parts for part in parts)
    assert isinstance(outcomes["op1"], Applied)


def test_a_row_that_is_locked_for_long_waits_for_the_next_run() -> None:
    org = Organization(part=failing(500, "0x80044150", 2))
    none_if(org, {2}, 500, "0x80044150")
    outcomes, asked = applied(org, *(update(n, new_score=n) for n in (1, 2, 3)))
    bad = outcomes.pop("op2")
    assert isinstance(bad, Rejected)
    assert bad.retry
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    assert len(asked) < 10


def test_a_part_that_must_wait_is_sent_again() -> None:
    org = Organization(part=failing(429, "0x80072322", 1, times=1))
    outcomes, asked = applied(org, update(1, jobtitle="x"))
    assert isinstance(outcomes["op1"], Applied)
    assert asked == [BATCH, BATCH]


def test_a_part_that_fails_without_a_code_for_good_is_in_doubt() -> None:
    outcomes, _ = applied(Organization(part=lambda _: (502, "")), update(1, jobtitle="x"))
    assert isinstance(outcomes["op1"], InDoubt)


# -- lost answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("writes", [[create(1, lastname="x")], [update(1, new_score=1), update(2, new_score=1)]])
def test_rows_whose_answer_was_lost_are_in_doubt(writes: list[Any]) -> None:
    org = Organization(trouble=lambda call: Answer(HANG_UP) if call.method == "POST" and to_the_api(call) else None)
    outcomes, asked = applied(org, *writes)
    assert {type(outcome) for outcome in outcomes.values()} == {InDoubt}
    assert len(asked) == 3  # sending it again is safe


def to_the_api(call: Call) -> bool:
    return "/api/data/" in call.path


def test_a_create_whose_first_answer_was_lost_is_made_once() -> None:
    id = new_id("lead", "k1")
    org = Organization()
    lost: list[Call] = []

    def trouble(call: Call) -> Answer | None:
        if "$batch" not in call.path or lost:
            return None
        lost.append(call)
        org.rows.append({**lead(1), "leadid": id})  # it landed
        return Answer(HANG_UP)

    org.trouble = trouble
    org.part = lambda _: (412, "0x80040237")
    outcomes, asked = applied(org, create(1, external_id="k1", lastname="Ode"))
    assert outcomes["op1"] == Applied(create(1).operation_id, id)
    assert asked == [BATCH, BATCH, "GET /leads"]


def test_rows_behind_the_end_of_a_cut_answer_are_in_doubt() -> None:
    outcomes, _ = applied(Organization(keep=1), *(create(n, lastname="x") for n in (1, 2, 3)))
    assert [type(outcomes[f"op{n}"]) for n in (1, 2, 3)] == [Applied, InDoubt, InDoubt]


def test_an_answer_that_is_no_batch_leaves_every_row_in_doubt() -> None:
    org = Organization(trouble=lambda call: told({"hello": 1}) if "$batch" in call.path else None)
    outcomes, _ = applied(org, create(1, lastname="x"), create(2, lastname="x"))
    assert {type(outcome) for outcome in outcomes.values()} == {InDoubt}


# -- whole calls that are refused --------------------------------------------------------------------------------------


def test_a_batch_that_is_refused_as_a_whole_is_cut_until_it_goes_through() -> None:
    org = Organization()
    org.trouble = lambda call: refused(413, "") if "$batch" in call.path and call.body.count(b"PATCH ") > 2 else None
    outcomes, asked = applied(org, *(create(n, lastname="x") for n in range(4)))
    assert asked == [BATCH] * 3
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())


def test_a_batch_that_is_always_refused_rejects_its_rows() -> None:
    org = Organization(trouble=lambda call: refused(400, "0x80048d19") if "$batch" in call.path else None)
    outcomes, asked = applied(org, *(create(n, lastname="x") for n in range(40)))
    assert {outcome.code for outcome in outcomes.values() if isinstance(outcome, Rejected)} == {"0x80048d19"}
    assert len(asked) == 15


def test_an_environment_that_is_down_is_unavailable_and_nothing_was_sent() -> None:
    org = Organization(trouble=lambda call: Answer(503, b"") if "$batch" in call.path else None)
    with pytest.raises(Unavailable):
        applied(org, create(1, lastname="x"))


def test_a_user_that_is_switched_off_is_the_administrators_to_mend() -> None:
    org = Organization(trouble=lambda call: refused(403, "0x80040225") if "$batch" in call.path else None)
    with pytest.raises(AuthError):
        applied(org, create(1, lastname="x"))


def test_what_was_done_is_told_before_the_budget_ends_the_rest() -> None:
    org = Organization(part=failing(400, "0x80040265", 1))
    none_if(org, {1})
    with connected(org, Budget(2, sleep=lambda _: None)) as (connector, _), pytest.raises(Unavailable):
        list(connector.apply([update(n, new_score=1) for n in (1, 2)]))  # the sign-in, and one call
    org.part, org.together = failing(500, "0x80044150", 1), lambda _: None
    with connected(org, Budget(2, sleep=lambda _: None)) as (connector, _):
        outcomes = by_operation(list(connector.apply([create(2, lastname="x"), update(1, new_score=1)])))
    assert isinstance(outcomes["op2"], Applied)
    left = outcomes["op1"]
    assert isinstance(left, Rejected)
    assert (left.code, left.retry) == ("UNPROCESSED", True)
