"""Workers and the scheduler are killed in the middle of their work; the runs end as if nothing had been."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.airflow_live.checks import EMAIL, in_step, names_nobody, people_on, told_by_airflow
from tests.airflow_live.dag_run import CHAIN, GREEN, DagRun
from tests.airflow_live.deaths import held_in_reconcile, kill_scheduler, kill_worker
from tests.airflow_live.sandbox import Sandbox
from tests.airflow_live.stack import Live

# The reply trickles for so long: the write has landed, and the worker doesn't know it when it dies.
LANDED = {"kind": "slow", "seconds": 30}
# The request waits for so long, then lands: the worker that sent it is dead by then.
LATE = {"kind": "delay", "seconds": 5}
NEW_ROW = {"method": "PUT", "path": "/record$", "skip": 4}  # the fifth of them
SCORE_ON_THE_LIST = {"method": "PUT", "path": "/record/", "skip": 4}
SCORE_IN_THE_CRM = {"method": "PATCH", "skip": 4}


@pytest.fixture(autouse=True)
def fair_weather_afterwards(live: Live) -> Iterator[None]:
    """No rule outlives its test."""
    yield
    live.act_on.clear()
    live.netsuite.clear()


@pytest.fixture(scope="module", autouse=True)
def left_to_airflow(live: Live) -> DagRun:
    """A run whose first worker was killed, and which nobody looked after: Airflow waits a minute or two by itself."""
    rule = live.act_on.strike(**LANDED, **NEW_ROW | {"skip": 0})
    run = live.trigger("netsuite_unaffiliated")
    live.act_on.wait_for_strike(rule)
    kill_worker(live, run, "pull_list")
    run.wait_for("pull_list", "up_for_retry")
    return run


def test_a_run_that_loses_its_worker_in_every_task_ends_green_with_nothing_lost_and_nobody_twice(
    live: Live, customers: DagRun
) -> None:
    assert customers.tasks == GREEN
    contacts = set(live.netsuite.contacts())
    everybody_submits_a_form(live)
    moments = (
        ("pull_list", live.act_on, LANDED | NEW_ROW),
        ("compute_behavior_score", live.act_on, LANDED | SCORE_ON_THE_LIST),
        ("push_score", live.netsuite, LATE | SCORE_IN_THE_CRM),
    )

    run = live.trigger("worker_killed")
    for task, system, weather in moments:
        lose_the_worker_in(live, run, task, system, weather)
    with held_in_reconcile(live, run):
        kill_worker(live, run, "reconcile")
    again_at_once(run, "reconcile")

    assert run.wait() == "success"
    assert run.tasks == GREEN
    assert {task: run.tries(task) for task in CHAIN} == dict.fromkeys(CHAIN, 2)
    as_if_nothing_had_been(live, run, contacts)


def test_a_run_whose_scheduler_is_killed_goes_on_under_the_next_one(live: Live, customers: DagRun) -> None:
    assert customers.tasks == GREEN
    contacts = set(live.netsuite.contacts())
    everybody_submits_a_form(live)
    rule = live.netsuite.strike(**LATE, **SCORE_IN_THE_CRM)

    run = live.trigger("scheduler_killed")
    live.netsuite.wait_for_strike(rule)
    kill_scheduler(live)
    live.restart("scheduler")

    assert run.wait() == "success"
    assert run.tasks == GREEN
    assert run.tries("push_score") == 2
    as_if_nothing_had_been(live, run, contacts)


def test_a_task_whose_worker_was_killed_is_tried_again_by_airflow_itself(live: Live, left_to_airflow: DagRun) -> None:
    assert left_to_airflow.wait(patient=True) == "success"
    assert left_to_airflow.tasks == GREEN
    assert left_to_airflow.tries("pull_list") == 2
    in_step(live, left_to_airflow, "NetSuite unaffiliated")


def everybody_submits_a_form(live: Live) -> None:
    """So that each of them has another score, which is new on the list and in the CRM."""
    for row in live.act_on.rows("NetSuite customers"):
        live.act_on.act(row[EMAIL])


def lose_the_worker_in(live: Live, run: DagRun, task: str, system: Sandbox, weather: dict[str, object]) -> None:
    """Kill it while a write of this task is on its way, and let the task be tried again."""
    rule = system.strike(**weather)
    system.wait_for_strike(rule)
    kill_worker(live, run, task)
    again_at_once(run, task)


def again_at_once(run: DagRun, task: str) -> None:
    """Airflow would try again by itself after a minute or two; somebody clears the task before that."""
    run.wait_for(task, "up_for_retry")
    run.clear(task)


def as_if_nothing_had_been(live: Live, run: DagRun, contacts: set[str]) -> None:
    """The list is the same as that of a run that nobody killed; no contact came or went."""
    in_step(live, run, run.dag_id)
    assert people_on(live, run.dag_id) == people_on(live, "NetSuite customers")
    assert set(live.netsuite.contacts()) == contacts
    for where, text in told_by_airflow(run):
        names_nobody(where, text)
