"""A plan over the limits waits for a person: asked and answered through Airflow's REST API."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.airflow_live.checks import line_of, names_nobody, told_by_airflow
from tests.airflow_live.dag_run import GREEN, DagRun
from tests.airflow_live.stack import Live
from tests.airflow_live.until import until

FAILED = {
    "pull_list": "failed",
    "compute_behavior_score": "upstream_failed",
    "push_score": "upstream_failed",
    "reconcile": "upstream_failed",
}


def test_a_list_that_was_emptied_is_taken_for_so_meant_only_when_somebody_approves(live: Live) -> None:
    run, before = waiting(live, "emptied_and_approved")
    assert live.systems() == before
    body = run.question("pull_list")["body"]
    assert "list_empty" in body
    assert "approving accepts that these people were taken off, and they stay off." in body
    names_nobody("the question", body)

    run.answer("pull_list", "Approve")

    assert run.wait() == "success"
    assert run.tasks == GREEN
    line = line_of(live, run)
    assert line.balances
    assert (line.applied, line.skipped) == (0, line.planned)
    assert live.systems() == before  # whom somebody took off the list stays off it
    for where, text in told_by_airflow(run):
        names_nobody(where, text)


def test_a_plan_that_somebody_rejects_fails_its_task_and_writes_nothing(live: Live) -> None:
    run, before = waiting(live, "emptied_and_rejected")

    run.answer("pull_list", "Reject")

    assert run.wait() == "failed"
    assert run.tasks == FAILED
    assert live.systems() == before
    assert "rejected it; nothing was written" in run.log("pull_list", run.tries("pull_list"))


def waiting(live: Live, sync: str) -> tuple[DagRun, dict[str, Any]]:
    """A run that waits for a person, because somebody emptied its list; and both systems as they stood before it."""
    assert live.run(sync).tasks == GREEN
    live.act_on.empty(sync)
    before = live.systems()
    run = live.trigger(sync)
    run.wait_for("pull_list", "awaiting_input")
    until("the scheduler to hear that it waits", partial(heard, live, run), live.processes)
    return run, before


def heard(live: Live, run: DagRun) -> bool | None:
    """Whether the scheduler has heard from its executor that the task waits.

    It usually has within a second, in which no person reads a question; an answer that comes before that, Airflow 3.3.2
    takes for a failure of the task, which it then tries again.
    """
    line = f"TaskInstance Finished: dag_id={run.dag_id}, task_id=pull_list, run_id={run.run_id},"
    return line in (live.settings.logs / "airflow-scheduler.log").read_text(encoding="utf-8") or None
