"""List syncs run as Dags, through Airflow's own task runner, over the in-memory systems."""

from __future__ import annotations

import pytest
from airflow.models.asset import AssetEvent, AssetModel
from airflow.utils.session import create_session
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from keepstep.core.errors import SettingsError
from keepstep_airflow.operators.netsuite import NetSuitePullListOperator, NetSuitePushScoreOperator
from keepstep_airflow.runs import Options, sync_file
from tests.airflow.answering import answering, choose
from tests.airflow.stage import Stage

pytestmark = pytest.mark.slow
GREEN = {"pull_list": "success", "compute_behavior_score": "success", "push_score": "success", "reconcile": "success"}
CAUTIOUS = {"min_rows": 5, "max_removed": "5%"}


def on_the_list(stage: Stage) -> set[str]:
    with stage.platform.shelf.look() as document:
        lists = [id for id, one in document.lists.items() if one.name == stage.name]
    return {str(row.email) for id in lists for row in stage.platform.rows(id)}


@pytest.mark.behaviour("AO-5", "AO-6", "AO-9", "AO-10")
def test_a_run_brings_the_people_to_the_list_and_their_sealed_scores_to_the_crm(stage: Stage) -> None:
    stage.customer("ada@example.com", first_name="Ada")
    stage.customer("bob@example.com", first_name="Bob")
    stage.act("ada@example.com", "form_submitted")

    ended = stage.run()

    assert ended.state == "success"
    assert ended.tasks == GREEN
    assert on_the_list(stage) == {"ada@example.com", "bob@example.com"}
    assert stage.scores() == {"ada@example.com": 15, "bob@example.com": 0}


def test_a_second_run_on_the_same_data_writes_nothing(stage: Stage) -> None:
    stage.customer("ada@example.com")
    stage.act("ada@example.com")
    stage.run()

    ended = stage.run()

    assert ended.tasks == GREEN
    totals = ended.returned["reconcile"]["totals"]
    assert (totals["planned"], totals["applied"]) == (0, 0)


def test_what_goes_through_airflow_names_nobody(stage: Stage) -> None:
    stage.customer("ada@example.com", first_name="Ada")
    ended = stage.run()
    assert "ada" not in str(ended.returned).lower()
    assert ended.returned["push_score"]["epoch"] == ended.returned["compute_behavior_score"]["epoch"]


def test_a_run_that_ends_well_tells_its_counts_by_an_asset_event(stage: Stage) -> None:
    stage.customer("ada@example.com")
    ended = stage.run()
    query = (
        select(AssetEvent.extra)
        .join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        .where(AssetModel.uri == f"keepstep://list/{stage.name}", AssetEvent.source_run_id == ended.run_id)
    )
    with create_session() as session:
        (extra,) = session.scalars(query).all()
    assert extra["followed"] == 1
    assert extra["totals"]["planned"] == extra["totals"]["applied"] > 0


def test_a_dry_run_plans_and_writes_nothing(stage: Stage) -> None:
    stage.customer("ada@example.com")
    stage.act("ada@example.com")

    ended = stage.run(conf={"dry": True})

    assert ended.tasks == GREEN
    assert on_the_list(stage) == set()
    assert stage.scores() == {"ada@example.com": None}
    assert ended.returned["pull_list"]["planned"] == ended.returned["pull_list"]["skipped"] == 1


def test_a_run_with_a_rejected_row_is_never_green(stage: Stage) -> None:
    ada = stage.customer("ada@example.com")
    stage.act("ada@example.com")
    stage.crm.reject_next(ada, "locked_for_good", times=None)

    ended = stage.run()

    assert ended.state == "failed"
    assert ended.tasks["push_score"] == "success"
    assert ended.tasks["reconcile"] == "failed"


def test_wrong_credentials_fail_at_the_first_try_and_nothing_runs_after_them(stage: Stage) -> None:
    stage.crm.lock_out()

    ended = stage.run()

    assert ended.tasks["pull_list"] == "failed"
    assert {ended.tasks[task] for task in ("compute_behavior_score", "push_score", "reconcile")} == {"upstream_failed"}


def test_a_system_that_is_away_for_a_moment_is_tried_again(stage: Stage) -> None:
    stage.customer("ada@example.com")
    stage.crm.unavailable_next(1, retry_after_s=0.01)

    ended = stage.run()

    assert ended.tasks == GREEN
    assert ended.tries["pull_list"] == 2


def test_the_tasks_lead_to_the_crm_record_and_to_the_list(stage: Stage) -> None:
    ada = stage.customer("ada@example.com")
    ended = stage.run()
    assert ended.xcom("push_score", "crm_url") == f"memory://crm/contact/{ada}"
    assert ended.xcom("pull_list", "platform_url").startswith("memory://platform/list-1/row/")


# -- approval ----------------------------------------------------------------------------------------------------------


def half_of_them_leave(stage: Stage) -> None:
    """Ten customers, synced; then five of them are no customers any more, which the sync may take off the list."""
    stage.write_sync(stage.name, pull={"remove": True}, limits=CAUTIOUS)
    people = [stage.customer(f"person{number}@example.com") for number in range(10)]
    assert stage.run().tasks == GREEN
    for person in people[:5]:
        stage.crm.set_audience(person, "unaffiliated")


def test_a_plan_over_the_limits_waits_and_goes_on_when_a_person_approves(server: TestClient, stage: Stage) -> None:
    half_of_them_leave(stage)

    with answering(server, stage.name, "pull_list", choose("Approve")) as asked:
        ended = stage.run()

    assert ended.tasks == GREEN
    assert on_the_list(stage) == {f"person{number}@example.com" for number in range(5, 10)}
    (body,) = (one["body"] for one in asked)
    assert "| platform | row | remove | 5 |" in body
    assert "@example.com" not in body
    with stage.store.begin() as connection:
        approved = connection.execute(text("select approved_by from phase where approved_by is not null")).scalars()
        assert list(approved) == ["admin"]


def test_a_rejected_plan_fails_the_task_and_nothing_after_it_is_green(server: TestClient, stage: Stage) -> None:
    half_of_them_leave(stage)

    with answering(server, stage.name, "pull_list", choose("Reject")):
        ended = stage.run()

    assert ended.state == "failed"
    assert ended.tasks == {
        "pull_list": "failed",
        "compute_behavior_score": "upstream_failed",
        "push_score": "upstream_failed",
        "reconcile": "upstream_failed",
    }
    assert len(on_the_list(stage)) == 10


# -- operators by hand -------------------------------------------------------------------------------------------------


def test_an_operators_own_options_go_before_the_files_and_are_kept_with_the_run(stage: Stage) -> None:
    given = sync_file(stage.name, push=Options(update=("first_name", "act_on_score"), remove=True))
    assert given.settings.push_update == {"first_name", "act_on_score"}
    assert given.settings.push.remove is True
    assert given.settings.pull == sync_file(stage.name).settings.pull
    assert given.hash != sync_file(stage.name).hash
    assert "# the task's own options: push" in given.text


def test_an_option_with_a_field_that_the_file_doesnt_have_is_refused(stage: Stage) -> None:
    with pytest.raises(SettingsError, match="update names the field shoe_size"):
        sync_file(stage.name, push=Options(update=("shoe_size",)))


def test_a_sync_that_isnt_there_is_named_with_those_that_are(stage: Stage) -> None:
    with pytest.raises(SettingsError, match=f"there is no sync nobody; the syncs in syncs are: {stage.name}"):
        sync_file("nobody")


@pytest.mark.parametrize("operator", [NetSuitePullListOperator, NetSuitePushScoreOperator])
def test_netsuites_operators_take_no_sync_with_another_crm(
    stage: Stage, operator: type[NetSuitePullListOperator | NetSuitePushScoreOperator]
) -> None:
    task = operator(task_id="it", sync=stage.name, add=False)
    with pytest.raises(SettingsError, match=r"is for syncs with netsuite; the CRM of \w+ is memory_crm"):
        task.file()
