"""Prospect syncs run as Dags, through Airflow's own task runner, over the in-memory systems."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.models.asset import AssetEvent, AssetModel
from airflow.utils.session import create_session
from fastapi.testclient import TestClient
from sqlalchemy import select

from keepstep.core.errors import SettingsError
from keepstep_airflow.runs import prospect_file
from tests.airflow.answering import answering, choose
from tests.airflow.prospect_stage import GREEN, ProspectStage, write_prospect_sync
from tests.airflow.test_schedules import next_run

ADA = "ada@acme.example"
CAUTIOUS = {"min_rows": 5, "max_updated": "5%"}

# -- the Dag -----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("SY-5")
def test_without_a_schedule_of_its_own_salesforce_is_asked_every_two_minutes(
    syncs: Path, load_dags: Callable[[], DagBag]
) -> None:
    write_prospect_sync(
        syncs,
        "everybody",
        crm={"system": "salesforce", "connection": "salesforce_default"},
        platform={"system": "account_engagement", "connection": "account_engagement_default"},
    )
    write_prospect_sync(syncs, "rarely", schedule="0 * * * *")

    dags = load_dags().dags

    after = datetime(2026, 7, 1, 12, 3, tzinfo=UTC)
    assert next_run(dags["everybody"], after) == datetime(2026, 7, 1, 12, 4, tzinfo=UTC)
    assert next_run(dags["rarely"], after) == datetime(2026, 7, 1, 13, 0, tzinfo=UTC)


def test_the_dag_says_what_happens_when(syncs: Path, load_dags: Callable[[], DagBag]) -> None:
    write_prospect_sync(syncs, "everybody", title="Everybody *here*", on_deleted="recreate", create_as="contact")
    doc = str(load_dags().dags["everybody"].doc_md)
    assert "# Everybody \\*here\\*" in doc
    assert "| `score` | act\\_on\\_score | score | platform owned |  | yes |" in doc
    assert "it becomes a contact of the same owner" in doc
    assert "A record is deleted in In-memory CRM: it is made again." in doc


def test_a_wrong_file_of_prospects_is_told_beside_the_others_and_they_live(
    syncs: Path, load_dags: Callable[[], DagBag]
) -> None:
    write_prospect_sync(syncs, "good")
    write_prospect_sync(syncs, "twin")
    write_prospect_sync(syncs, "wrong", platform={"system": "memory_prospects", "connection": "p"}, create_as="account")
    write_prospect_sync(syncs, "sync_prospect", platform={"system": "memory_prospects", "connection": "q"})

    bag = load_dags()

    assert set(bag.dags) == {"good", "sync_prospect"}
    (error,) = bag.import_errors.values()
    assert "twin.yaml, line" in error
    assert "are already synced with crm by good.yaml" in error
    assert "wrong.yaml, line" in error
    assert "sync_prospect.yaml: the Dag sync_prospect is there already" in error


def test_a_list_and_prospects_stand_beside_each_other(
    syncs: Path, write_sync: Callable[..., Path], load_dags: Callable[[], DagBag]
) -> None:
    write_sync("people", maintenance={"schedule": "@daily"})
    write_prospect_sync(syncs, "everybody", platform={"system": "memory_prospects", "connection": "prospects"})
    assert set(load_dags().dags) == {"people", "people__score_maintenance", "everybody", "sync_prospect"}


def test_without_prospects_there_is_nothing_to_sync_on_demand(
    write_sync: Callable[..., Path], load_dags: Callable[[], DagBag]
) -> None:
    write_sync("people")
    assert set(load_dags().dags) == {"people"}


# -- its runs ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_brings_an_assigned_prospect_to_the_crm_and_the_next_tells_it_the_records_id(
    prospect_stage: ProspectStage,
) -> None:
    ada = prospect_stage.prospect(ADA, prospect_stage.user(), first_name="Ada")

    first = prospect_stage.run()
    second = prospect_stage.run()

    assert (first.tasks, second.tasks) == (GREEN, GREEN)
    (lead,) = prospect_stage.leads()
    assert (lead.email, lead.fields["first_name"]) == (ADA, "Ada")
    told = prospect_stage.platform.prospect(ada)
    assert told is not None
    assert told.fields["crm_id"] == lead.id
    totals = second.returned["reconcile"]["totals"]
    assert totals["planned"] == totals["applied"] + totals["rejected"] + totals["held"] + totals["skipped"]


@pytest.mark.slow
def test_what_goes_through_airflow_is_ids_and_counts(prospect_stage: ProspectStage) -> None:
    prospect_stage.prospect(ADA, prospect_stage.user(), first_name="Ada")
    ended = prospect_stage.run()
    assert "ada" not in str(ended.xcoms).lower()
    assert ended.returned["push_prospects"]["applied"] == 1
    assert ended.returned["reconcile"]["waiting"] == 1


@pytest.mark.slow
def test_its_tasks_lead_to_the_record_and_to_the_prospect(prospect_stage: ProspectStage) -> None:
    ada = prospect_stage.prospect(ADA, prospect_stage.user())
    prospect_stage.run()
    ended = prospect_stage.run()
    (lead,) = prospect_stage.leads()
    assert ended.xcom("reconcile", "prospect_url") == f"memory://platform/prospect/{ada}"
    assert prospect_stage.run().tasks == GREEN
    prospect_stage.platform.edit_prospect(ada, first_name="Ada")
    assert prospect_stage.run().xcom("push_prospects", "crm_url") == f"memory://crm/lead/{lead.id}"


@pytest.mark.slow
def test_a_run_that_ends_well_tells_its_counts_by_an_asset_event(prospect_stage: ProspectStage) -> None:
    prospect_stage.prospect(ADA, prospect_stage.user())
    ended = prospect_stage.run()
    query = (
        select(AssetEvent.extra)
        .join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        .where(
            AssetModel.uri == f"keepstep://prospects/{prospect_stage.name}", AssetEvent.source_run_id == ended.run_id
        )
    )
    with create_session() as session:
        (extra,) = session.scalars(query).all()
    assert extra["totals"]["applied"] == 1
    assert "problems" not in extra


@pytest.mark.slow
def test_a_dry_run_plans_and_writes_nothing(prospect_stage: ProspectStage) -> None:
    prospect_stage.prospect(ADA, prospect_stage.user())
    ended = prospect_stage.run(conf={"dry": True})
    assert ended.tasks == GREEN
    assert prospect_stage.leads() == []
    assert ended.returned["push_prospects"]["planned"] == ended.returned["push_prospects"]["skipped"] == 1


@pytest.mark.slow
def test_a_run_with_a_rejected_row_is_never_green(prospect_stage: ProspectStage) -> None:
    ada = prospect_stage.prospect(ADA, prospect_stage.user())
    prospect_stage.run()
    (lead,) = prospect_stage.leads()
    prospect_stage.platform.edit_prospect(ada, first_name="Ada")
    prospect_stage.crm.reject_next(lead.id, "locked_for_good", times=None)

    ended = prospect_stage.run()

    assert ended.state == "failed"
    assert ended.tasks == {"pull_prospects": "success", "push_prospects": "success", "reconcile": "failed"}


@pytest.mark.slow
def test_wrong_credentials_fail_at_the_first_try_and_a_system_that_is_away_is_tried_again(
    prospect_stage: ProspectStage,
) -> None:
    prospect_stage.crm.unavailable_next(1, retry_after_s=0.01)
    ended = prospect_stage.run()
    assert (ended.tasks, ended.tries["pull_prospects"]) == (GREEN, 2)

    prospect_stage.crm.lock_out()
    ended = prospect_stage.run()
    assert (ended.tasks["pull_prospects"], ended.tries["pull_prospects"]) == ("failed", 1)
    assert ended.tasks["push_prospects"] == ended.tasks["reconcile"] == "upstream_failed"


def everybody_is_renamed(stage: ProspectStage) -> None:
    """Ten prospects in step with the CRM; then somebody changes all of them on the platform."""
    stage.write_sync(stage.name, limits=CAUTIOUS)
    ann = stage.user()
    people = [stage.prospect(f"person{number}@acme.example", ann, first_name="Once") for number in range(10)]
    assert stage.run().tasks == GREEN
    assert stage.run().tasks == GREEN
    for person in people:
        stage.platform.edit_prospect(person, first_name="Again")


@pytest.mark.slow
def test_a_plan_over_the_limits_waits_and_goes_on_when_a_person_approves(
    server: TestClient, prospect_stage: ProspectStage
) -> None:
    everybody_is_renamed(prospect_stage)

    with answering(server, prospect_stage.name, "push_prospects", choose("Approve")) as asked:
        ended = prospect_stage.run()

    assert ended.tasks == GREEN
    assert {lead.fields["first_name"] for lead in prospect_stage.leads()} == {"Again"}
    (body,) = (one["body"] for one in asked)
    assert "| crm | lead | update | 10 |" in body
    assert "@acme.example" not in body
    rows = prospect_stage.select("SELECT approved_by FROM phase WHERE approved_by IS NOT NULL")
    assert [row["approved_by"] for row in rows] == ["admin"]


@pytest.mark.slow
def test_a_rejected_plan_fails_the_task_and_nothing_after_it_is_green(
    server: TestClient, prospect_stage: ProspectStage
) -> None:
    everybody_is_renamed(prospect_stage)

    with answering(server, prospect_stage.name, "push_prospects", choose("Reject")):
        ended = prospect_stage.run()

    assert ended.tasks == {"pull_prospects": "success", "push_prospects": "failed", "reconcile": "upstream_failed"}
    assert {lead.fields["first_name"] for lead in prospect_stage.leads()} == {"Once"}


def test_a_sync_that_isnt_there_is_named_with_those_that_are(prospect_stage: ProspectStage) -> None:
    with pytest.raises(SettingsError, match=f"there is no sync nobody; the syncs in syncs are: {prospect_stage.name}"):
        prospect_file("nobody")
