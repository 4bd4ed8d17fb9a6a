"""Runs that nothing comes in the way of, asked for as people ask for them."""

from __future__ import annotations

from html import unescape
from itertools import pairwise

import pytest
import requests

from tests.airflow_live.checks import line_of, names_nobody, plain_leaves, told_by_airflow
from tests.airflow_live.dag_run import CHAIN, GREEN, DagRun
from tests.airflow_live.stack import Live


@pytest.mark.behaviour("AO-10")
def test_a_run_is_green_task_by_task_in_the_order_of_the_chain(customers: DagRun) -> None:
    assert customers.tasks == GREEN
    spans = [customers.span(task) for task in CHAIN]
    assert all(ended <= began for (_, ended), (began, _) in pairwise(spans))


def test_the_asset_events_of_a_run_carry_counts_only(live: Live, customers: DagRun) -> None:
    told = live.airflow.get("assets/events", source_dag_id="netsuite_customers", limit=100)["asset_events"]
    extras = {event["source_task_id"]: event["extra"] for event in told if event["source_run_id"] == customers.run_id}
    assert set(extras) == {"compute_behavior_score", "reconcile"}
    assert extras["reconcile"]["totals"]["applied"] == line_of(live, customers).applied
    texts = {leaf for leaf in plain_leaves(extras) if isinstance(leaf, str)}
    assert texts <= {"pull", "maintain", "push"}


def test_nothing_that_airflow_keeps_of_a_run_names_anybody(customers: DagRun) -> None:
    told = dict(told_by_airflow(customers))
    assert {where for where in told if "XCom return_value" in where} == {f"{t}: XCom return_value" for t in CHAIN}
    assert all("log of try 1" not in where or "Post Execute" in text for where, text in told.items())
    for where, text in told.items():
        names_nobody(where, text)


def test_a_run_on_unchanged_data_writes_nothing(live: Live) -> None:
    assert live.run("netsuite_customers").tasks == GREEN
    before = live.systems()

    again = live.run("netsuite_customers")

    assert again.tasks == GREEN
    assert line_of(live, again).planned == 0
    assert live.systems() == before


def test_a_dry_run_through_the_rest_api_is_green_and_writes_nothing_and_loses_nothing(live: Live) -> None:
    before = live.systems()

    dry = live.run("netsuite_prospects", {"dry": True})

    assert dry.tasks == GREEN
    assert live.systems() == before
    line = line_of(live, dry)
    assert line.skipped == line.planned > 0
    assert live.run("netsuite_prospects").tasks == GREEN
    assert len(live.act_on.rows("NetSuite prospects")) == line.planned


@pytest.mark.behaviour("AO-11")
def test_the_overview_page_shows_the_runs_to_those_who_are_signed_in_only(live: Live, customers: DagRun) -> None:
    page = f"{live.settings.ui}/keepstep/lists"

    anonymous = requests.get(page, timeout=30)
    signed_in = requests.get(page, headers={"Authorization": f"Bearer {live.airflow.token}"}, timeout=30)

    assert anonymous.status_code == 401
    assert "NetSuite customers" not in anonymous.text
    assert signed_in.status_code == 200
    assert customers.run_id in unescape(signed_in.text)


def test_no_log_of_any_server_or_task_names_anybody(live: Live, customers: DagRun) -> None:
    with pytest.raises(AssertionError, match="the list holds the addresses of persons"):
        names_nobody("the list", str(live.act_on.rows("NetSuite customers")))  # what this test would see in a log

    logs = [path for path in live.settings.home.rglob("*.log") if path.is_file()]
    assert {"airflow-scheduler.log", "airflow-api-server.log", "sandbox.log", "pg.log"} <= {path.name for path in logs}
    assert any(customers.run_id in str(path) for path in logs)
    for path in logs:
        names_nobody(path.name, path.read_text(encoding="utf-8", errors="replace"))
