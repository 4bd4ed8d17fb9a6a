"""Scores are final before they are pushed, whatever people and Airflow do to the runs.

Every case begins with a score of 15 that an earlier run sealed and didn't push, and an activity since then: whoever
pushes that 15 now pushes a stale score. Each runs the Dag through Airflow, with real changes of its tasks' states, and
those that the fence stops are run again with the fence taken out: then the stale score does reach the CRM.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from keepstep.core.errors import FenceRefused
from keepstep.core.model import EpochId
from keepstep.engine import push
from keepstep.engine.run import RunContext
from keepstep.store.epochs import covering_epoch
from keepstep_airflow.triggers.epoch import EpochTrigger
from tests.airflow.stage import Outcome, Stage, go_on

pytestmark = [pytest.mark.slow, pytest.mark.behaviour("AO-10")]

ADA = "ada@example.com"
STALE = 15
MAINTENANCE = "__score_maintenance"
EVER = datetime(2000, 1, 1, tzinfo=UTC)
NO_SUCH_TABLE = {
    "source": "sql",
    "connection": "keepstep_store",
    "query": "select email, type, occurred_at from no_such_table where :since < :until",
}


class People:
    """What people do in Airflow's UI, by its API."""

    def __init__(self, server: TestClient, stage: Stage) -> None:
        token = server.post("/auth/token", json={"username": "admin", "password": "admin"}).json()["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        self._server = server
        self._stage = stage

    def clear(self, run_id: str, *tasks: str) -> None:
        """Somebody clears these tasks of a run."""
        body = {"dag_run_id": run_id, "task_ids": list(tasks), "only_failed": False, "dry_run": False}
        self._do("POST", f"/api/v2/dags/{self._stage.name}/clearTaskInstances", body)

    def mark_success(self, run_id: str, task: str) -> None:
        """Somebody marks a task success by hand."""
        path = f"/api/v2/dags/{self._stage.name}/dagRuns/{run_id}/taskInstances/{task}"
        self._do("PATCH", path, {"new_state": "success"})

    def _do(self, method: str, path: str, body: dict[str, Any]) -> None:
        answer = self._server.request(method, path, json=body, headers=self._headers)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def people(server: TestClient, stage: Stage) -> People:
    """People with Airflow's UI."""
    return People(server, stage)


def a_stale_score_lies_ready(stage: Stage, **sync: Any) -> Outcome:
    """A run that sealed a score of 15 and pushed nothing; then more behaviour. From now on `sync` holds."""
    stage.customer(ADA)
    stage.act(ADA)
    first = stage.run(mark_success_pattern="push_score|reconcile")
    assert stage.scores() == {ADA: None}
    stage.act(ADA)
    if sync:
        stage.write_sync(stage.name, **sync)
    return first


class StaleScoreError(AssertionError):
    """The CRM got a score that was older than the run that pushed it."""


def nothing_stale_reached_the_crm(stage: Stage) -> None:
    if stage.scores() == {ADA: STALE}:
        raise StaleScoreError


# -- the cases: each returns after it looked at the CRM ----------------------------------------------------------------


def maintenance_fails(stage: Stage, people: People) -> None:  # noqa: ARG001 # cases are called alike
    a_stale_score_lies_ready(stage, activities=NO_SUCH_TABLE)

    ended = stage.run()

    nothing_stale_reached_the_crm(stage)
    assert ended.tasks["compute_behavior_score"] == "failed"
    assert ended.tasks["push_score"] == ended.tasks["reconcile"] == "upstream_failed"


def maintenance_fails_and_only_the_push_is_cleared(stage: Stage, people: People) -> None:
    a_stale_score_lies_ready(stage, activities=NO_SUCH_TABLE)
    ended = stage.run()

    people.clear(ended.run_id, "push_score")
    ended = go_on(stage.dag(), ended.run_id)

    nothing_stale_reached_the_crm(stage)
    assert ended.tasks["push_score"] == "upstream_failed"


def maintenance_fails_is_marked_success_and_the_push_is_cleared(stage: Stage, people: People) -> None:
    a_stale_score_lies_ready(stage, activities=NO_SUCH_TABLE)
    ended = stage.run()

    people.mark_success(ended.run_id, "compute_behavior_score")
    people.clear(ended.run_id, "push_score", "reconcile")
    ended = go_on(stage.dag(), ended.run_id)

    nothing_stale_reached_the_crm(stage)
    assert ended.tasks["push_score"] == "failed"
    assert ended.tasks["reconcile"] == "upstream_failed"


def maintenance_is_marked_success_before_it_ever_ran(stage: Stage, people: People) -> None:  # noqa: ARG001
    a_stale_score_lies_ready(stage)

    ended = stage.run(mark_success_pattern="compute_behavior_score")

    nothing_stale_reached_the_crm(stage)
    assert ended.tasks["push_score"] == "failed"
    assert ended.tries["push_score"] == 1  # somebody must act: it isn't tried again


def an_older_runs_push_is_cleared_after_a_newer_maintenance(stage: Stage, people: People) -> None:
    first = a_stale_score_lies_ready(stage)
    stage.run(mark_success_pattern="push_score|reconcile")  # sealed 30

    people.clear(first.run_id, "push_score", "reconcile")
    ended = go_on(stage.dag(), first.run_id)

    nothing_stale_reached_the_crm(stage)
    assert ended.tasks["push_score"] == "failed"


def triggered_by_hand_while_the_maintenance_of_its_own_dag_is_late(stage: Stage, people: People) -> None:  # noqa: ARG001
    a_stale_score_lies_ready(stage, maintenance={"schedule": "* * * * *", "wait": "1s"})
    minutes_later = datetime.now(UTC) + timedelta(minutes=5)

    ended = stage.run(logical_date=minutes_later)

    nothing_stale_reached_the_crm(stage)
    assert ended.tasks["compute_behavior_score"] == "failed"
    assert ended.tasks["push_score"] == "upstream_failed"


def late_maintenance_marked_success(stage: Stage, people: People) -> None:
    a_stale_score_lies_ready(stage, maintenance={"schedule": "* * * * *", "wait": "1s"})
    ended = stage.run(logical_date=datetime.now(UTC) + timedelta(minutes=5))

    people.mark_success(ended.run_id, "compute_behavior_score")
    people.clear(ended.run_id, "push_score", "reconcile")
    ended = go_on(stage.dag(), ended.run_id)

    nothing_stale_reached_the_crm(stage)
    assert ended.tasks["push_score"] == "failed"


Case = Callable[[Stage, People], None]
BY_THE_EDGE: list[Case] = [  # Airflow's own edges stop these: the push isn't even started
    maintenance_fails,
    maintenance_fails_and_only_the_push_is_cleared,
    triggered_by_hand_while_the_maintenance_of_its_own_dag_is_late,
]
BY_THE_FENCE: list[Case] = [  # here Airflow lets the push start
    maintenance_fails_is_marked_success_and_the_push_is_cleared,
    maintenance_is_marked_success_before_it_ever_ran,
    late_maintenance_marked_success,
]
TWICE_OVER: list[Case] = [  # the fence stops these too; behind it, the store keeps the newest sealed scores only
    an_older_runs_push_is_cleared_after_a_newer_maintenance,
]


def name(case: Case) -> str:
    return case.__name__.replace("_", " ")


@pytest.mark.parametrize("case", BY_THE_EDGE + BY_THE_FENCE + TWICE_OVER, ids=name)
def test_no_stale_score_reaches_the_crm_when(case: Case, stage: Stage, people: People) -> None:
    case(stage, people)


@pytest.mark.parametrize("case", BY_THE_FENCE, ids=name)
def test_without_the_fence_a_stale_score_would_reach_the_crm_when(
    case: Case, stage: Stage, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "verify_epoch", any_sealed_epoch)
    with pytest.raises(StaleScoreError):
        case(stage, people)


def any_sealed_epoch(ctx: RunContext, epoch: int | None) -> EpochId:
    """The fence taken out: whatever was sealed last, for whichever run and moment, may be pushed."""
    found = epoch if epoch is not None else covering_epoch(ctx.store, ctx.file.name, EVER)
    assert found is not None
    return EpochId(found)


# -- and what is let through -------------------------------------------------------------------------------------------


def test_a_maintenance_that_was_repaired_and_cleared_lets_its_own_scores_through(stage: Stage, people: People) -> None:
    a_stale_score_lies_ready(stage, activities=NO_SUCH_TABLE)
    ended = stage.run()
    stage.write_sync(stage.name)

    people.clear(ended.run_id, "compute_behavior_score", "push_score", "reconcile")
    ended = go_on(stage.dag(), ended.run_id)

    assert ended.state == "success"
    assert stage.scores() == {ADA: 30}


def test_a_sync_triggered_by_hand_does_its_own_maintenance_first(stage: Stage) -> None:
    a_stale_score_lies_ready(stage)
    assert stage.run().state == "success"
    assert stage.scores() == {ADA: 30}


def test_a_sync_takes_the_epoch_of_the_maintenances_own_dag(stage: Stage) -> None:
    a_stale_score_lies_ready(stage, maintenance={"schedule": "0 0 * * *", "wait": "1s"})
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    scored = stage.run(MAINTENANCE, logical_date=tomorrow)

    ended = stage.run(logical_date=tomorrow)

    assert ended.state == "success"
    assert ended.returned["compute_behavior_score"] == {"epoch": scored.returned["compute_behavior_score"]["epoch"]}
    assert stage.scores() == {ADA: 30}


def test_a_sync_that_waited_too_long_says_for_what(stage: Stage) -> None:
    from keepstep_airflow.operators.maintenance import WaitForScoresOperator

    stage.write_sync(stage.name, maintenance={"schedule": "0 0 * * *", "wait": "30m"})
    task = WaitForScoresOperator(task_id="it", sync=stage.name)
    moment = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    run = type("Run", (), {"data_interval_end": moment, "run_after": moment})()
    with pytest.raises(FenceRefused) as late:
        task.arrived({"dag_run": run}, {"epoch": None})
    assert "final through 2026-03-02 00:00:00+00:00 within 0:30:00 (maintenance.wait)" in str(late.value)
    assert f"see the runs of the Dag {stage.name}{MAINTENANCE}" in str(late.value)


# -- the wait itself ---------------------------------------------------------------------------------------------------


def fired(trigger: EpochTrigger) -> list[Any]:
    async def run() -> list[Any]:
        return [event.payload async for event in trigger.run()]

    return asyncio.run(run())


def test_the_wait_ends_as_soon_as_an_epoch_is_there(stage: Stage) -> None:
    first = a_stale_score_lies_ready(stage)
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    trigger = EpochTrigger(stage.name, EVER.isoformat(), soon, poll_s=0.01)
    assert fired(trigger) == [{"epoch": first.returned["compute_behavior_score"]["epoch"]}]


def test_the_wait_ends_at_its_deadline_with_nothing(stage: Stage) -> None:
    assert fired(EpochTrigger(stage.name, EVER.isoformat(), EVER.isoformat(), poll_s=0.01)) == [{"epoch": None}]


def test_the_wait_lives_through_a_store_that_is_away(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_KEEPSTEP_STORE", "postgresql://nobody@127.0.0.1:1/nothing")
    assert fired(EpochTrigger(stage.name, EVER.isoformat(), EVER.isoformat(), poll_s=0.01)) == [{"epoch": None}]


def test_a_wait_outlives_a_trip_through_airflows_metadata(stage: Stage) -> None:
    trigger = EpochTrigger(stage.name, EVER.isoformat(), EVER.isoformat())
    path, arguments = trigger.serialize()
    assert path == "keepstep_airflow.triggers.epoch.EpochTrigger"
    assert EpochTrigger(**arguments).serialize() == (path, arguments)
    assert "postgresql" not in str(arguments)
