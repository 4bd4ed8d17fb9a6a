"""A list maintenance with a schedule of its own: the sync waits for its scores, and for no longer than it says."""

from __future__ import annotations

import pytest

from tests.airflow_live.checks import in_step
from tests.airflow_live.dag_run import GREEN
from tests.airflow_live.stack import Live
from tools.demo.rounds import maintenance_dag

SCORE = "compute_behavior_score"


@pytest.mark.behaviour("AO-9", "AO-10")
def test_a_sync_waits_without_a_worker_until_its_maintenance_has_sealed_scores(live: Live) -> None:
    sync = live.trigger("netsuite_leads")
    sync.wait_for(SCORE, "deferred")
    assert sync.tasks["pull_list"] == "success"
    assert sync.tasks["push_score"] == "none"

    maintenance = live.run(str(maintenance_dag("netsuite_leads")))

    assert maintenance.tasks == {SCORE: "success"}
    assert sync.wait() == "success"
    assert sync.tasks == GREEN
    assert sync.returned(SCORE)["epoch"] == maintenance.returned(SCORE)["epoch"]
    in_step(live, sync, "NetSuite leads")


@pytest.mark.behaviour("AO-10")
def test_a_sync_whose_maintenance_never_comes_fails_with_the_reason_and_pushes_nothing(live: Live) -> None:
    before = live.netsuite.state()

    sync = live.trigger("never_maintained")
    sync.wait_for(SCORE, "deferred")

    assert sync.wait() == "failed"
    assert sync.tasks == GREEN | {SCORE: "failed", "push_score": "upstream_failed", "reconcile": "upstream_failed"}
    log = sync.log(SCORE, sync.tries(SCORE))
    assert "the score maintenance of never_maintained sealed no scores" in log
    assert "never_maintained__score_maintenance" in log
    assert live.netsuite.state() == before
