"""What holds for every Dag of the project."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG

from keepstep_airflow.folders import syncs_folder
from keepstep_airflow.pools import all_pools
from keepstep_airflow.retry import RetryByWhoMustAct
from keepstep_airflow.sync_files import read_syncs
from tests.airflow.prospect_stage import write_prospect_sync

ON_DEMAND = {"sync_prospect"}  # made of no sync file: several people may ask at once, and nothing of it can be dry
CHAIN = ["pull_list", "compute_behavior_score", "push_score", "reconcile"]
DAG_FILES = sorted((Path(__file__).resolve().parents[2] / "dags").glob("*.py"))


PROSPECTS = ["pull_prospects", "push_prospects", "reconcile"]


@pytest.fixture(params=["the project's own", "one of each kind"])
def bag(request: pytest.FixtureRequest) -> DagBag:
    """The Dags of the files that come with the project, or of a list with a maintenance and of prospects."""
    if request.param == "the project's own":
        found: DagBag = request.getfixturevalue("project_bag")
        return found
    request.getfixturevalue("write_sync")("people", maintenance={"schedule": "@daily"})
    write_prospect_sync(request.getfixturevalue("syncs"), "everybody", owner="somebody", tags=["mine"])
    made: DagBag = request.getfixturevalue("load_dags")()
    return made


def dags(bag: DagBag) -> list[DAG]:
    return list(bag.dags.values())


def list_syncs(bag: DagBag) -> list[DAG]:
    return [dag for dag in dags(bag) if dag.fileloc.endswith("list_sync.py")]


def prospect_syncs(bag: DagBag) -> list[DAG]:
    return [dag for dag in dags(bag) if dag.fileloc.endswith("prospect_sync.py")]


def test_there_are_dags_of_each_kind(bag: DagBag) -> None:
    assert bag.import_errors == {}
    files = read_syncs(syncs_folder())
    assert len(list_syncs(bag)) == len(files.lists)
    assert len(prospect_syncs(bag)) == len(files.prospects)
    assert (bag.dags.keys() >= ON_DEMAND) == bool(files.prospects)


def test_every_prospect_sync_is_one_chain_of_three_tasks(bag: DagBag) -> None:
    for dag in prospect_syncs(bag):
        assert dag.task_ids == PROSPECTS
        for earlier, later in pairwise(PROSPECTS):
            assert dag.get_task(later).upstream_task_ids == {earlier}
            assert dag.get_task(later).trigger_rule == "all_success"
        assert [asset.uri for asset in dag.get_task("reconcile").outlets] == [f"keepstep://prospects/{dag.dag_id}"]


def test_every_dag_file_is_imported_without_an_error_and_there_are_dags(project_bag: DagBag) -> None:
    assert project_bag.import_errors == {}
    files = len(list(syncs_folder().glob("*.yaml")))
    assert len(list_syncs(project_bag)) + len(prospect_syncs(project_bag)) == files > 0


def test_a_dag_file_takes_less_than_a_second(project_bag: DagBag) -> None:
    assert {one.file: one.duration.total_seconds() < 1 for one in project_bag.dagbag_stats} == {
        path.name: True for path in DAG_FILES
    }


def test_every_list_sync_is_one_chain_of_four_tasks(project_bag: DagBag) -> None:
    for dag in list_syncs(project_bag):
        assert dag.task_ids == CHAIN
        for earlier, later in pairwise(CHAIN):
            assert dag.get_task(later).upstream_task_ids == {earlier}
            assert dag.get_task(later).trigger_rule == "all_success"


def test_every_dag_has_a_document_an_owner_and_tags_and_runs_once_at_a_time_without_catching_up(
    bag: DagBag,
) -> None:
    for dag in dags(bag):
        assert dag.max_active_runs == 1 or dag.dag_id in ON_DEMAND, dag.dag_id
        assert dag.catchup is False, dag.dag_id
        assert dag.doc_md, dag.dag_id
        assert "keepstep" in dag.tags, dag.dag_id
        assert dag.owner, dag.dag_id
        assert dag.owner != "airflow", dag.dag_id
        assert dag.timezone is not None, dag.dag_id
        assert dag.dag_id in ON_DEMAND or dag.params.get_param("dry").value is False, dag.dag_id


def test_every_task_has_a_pool_of_its_connection_and_one_function_lists_them_all(bag: DagBag) -> None:
    files = read_syncs(syncs_folder())
    used = {task.pool for dag in dags(bag) for task in dag.tasks}
    assert files.wrong == {}
    assert used == set(all_pools())
    assert "default_pool" not in used


def test_every_task_is_retried_by_who_must_act(bag: DagBag) -> None:
    for dag in dags(bag):
        for task in dag.tasks:
            assert isinstance(task.retry_policy, RetryByWhoMustAct), task.task_id
            assert task.retries, task.task_id


def test_every_list_sync_tells_others_by_an_asset_that_it_is_done(bag: DagBag) -> None:
    for dag in list_syncs(bag):
        assert [asset.uri for asset in dag.get_task("reconcile").outlets] == [f"keepstep://list/{dag.dag_id}"]


@pytest.mark.slow
def test_importing_dags_asks_no_network_no_database_and_no_environment_for_secrets() -> None:
    """In a process in which connecting and looking for a connection are errors."""
    program = """
import socket, sys
from airflow.sdk import BaseHook
def refuse(*_, **__): raise RuntimeError("a dag file may not do this when it is imported")
socket.socket.connect = refuse
BaseHook.get_connection = classmethod(refuse)
import sqlalchemy
sqlalchemy.create_engine = refuse
import requests
requests.Session.send = refuse
import runpy
for path in sys.argv[1:]:
    runpy.run_path(path)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, *map(str, DAG_FILES)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
