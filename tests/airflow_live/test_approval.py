"""A plan over the limits waits for a person: asked and answered through Airflow's REST API."""

from __future__ import annotations

import time
from typing import Any

from tests.airflow_live.checks import line_of, names_nobody, told_by_airflow
from tests.airflow_live.dag_run import GREEN, DagRun
from tests.airflow_live.stack import Live

# Airflow 3.3.2 takes an answer for a failure of the task if it comes before the scheduler has heard from its executor
# that the task waits: within a second, in which no person reads a question.
READING_S = 3
FAILED = {
    "pull_list": "failed",
    "compute_behavior_score": "upstream_failed",
    "push_score": "upstream_failed",
    "reconcile": "upstream_failed",
}


def test_a_list_that_was_emptied_is_taken_for_so_meant_only_when_somebody_approves(live: Live) -> None:
    run, before = waiting(live, "emptied_and_approved")
    assert systems(live) == before
    body = run.question("pull_list")["body"]
    print(body)
    assert "list_empty" in body
    names_nobody("the question", body)

    run.answer("pull_list", "Approve")

    assert run.wait() == "success"
    assert run.tasks == GREEN
    assert line_of(live, run).balances
    print(live.act_on.rows("emptied_and_approved"), line_of(live, run))
    for where, text in told_by_airflow(run):
        names_nobody(where, text)


def test_a_plan_that_somebody_rejects_fails_its_task_and_writes_nothing(live: Live) -> None:
    run, before = waiting(live, "emptied_and_rejected")

    run.answer("pull_list", "Reject")

    assert run.wait() == "failed"
    assert run.tasks == FAILED
    assert systems(live) == before
    assert "rejected the plan" in run.log("pull_list", run.tries("pull_list"))


def waiting(live: Live, sync: str) -> tuple[DagRun, dict[str, Any]]:
    """A run that waits for a person, because somebody emptied its list; and both systems as they stood before it."""
    assert live.run(sync).tasks == GREEN
    live.act_on.empty(sync)
    before = systems(live)
    run = live.trigger(sync)
    run.wait_for("pull_list", "awaiting_input")
    time.sleep(READING_S)
    return run, before


def systems(live: Live) -> dict[str, Any]:
    """Everything in both systems."""
    return {"netsuite": live.netsuite.state(), "act_on": live.act_on.state()}
