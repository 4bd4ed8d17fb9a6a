"""From a sync file to its Dag: pull_list >> compute_behavior_score >> push_score >> reconcile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pendulum
from airflow.sdk import DAG, Asset, Param

from keepstep_airflow.dag_doc import maintenance_doc, sync_doc
from keepstep_airflow.operators.lists import (
    SCORE_TASK,
    ComputeBehaviorScoreOperator,
    PullListOperator,
    PushScoreOperator,
    ReconcileOperator,
)
from keepstep_airflow.operators.maintenance import ScoreMaintenanceOperator, WaitForScoresOperator, maintenance_dag_id
from keepstep_airflow.pools import pool_of

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

    from keepstep.common_settings import CommonSettings
    from keepstep.config import SyncFile

FIRST_DAY = (2026, 1, 1)  # Dags don't catch up: it only has to be in the past


def list_asset(sync: str) -> Asset:
    """Updated when a list sync ends well; its events carry the run's counts."""
    return Asset(name=f"keepstep_list_{sync}", uri=f"keepstep://list/{sync}")


def scores_asset(sync: str) -> Asset:
    """Updated when a score epoch was sealed; its events carry the epoch's id and counts."""
    return Asset(name=f"keepstep_scores_{sync}", uri=f"keepstep://scores/{sync}")


def sync_dag(file: SyncFile) -> DAG:
    """The Dag of a list sync; its id is the file's name."""
    settings = file.settings
    crm, platform = pool_of(settings.crm.connection), pool_of(settings.platform.connection)
    with DAG(file.name, schedule=settings.schedule, doc_md=sync_doc(file), **common(file.settings)) as dag:
        pull = PullListOperator(task_id="pull_list", sync=file.name, pool=crm)
        score = _score_task(file, platform)
        push = PushScoreOperator(task_id="push_score", sync=file.name, scores=score.output, pool=crm)
        reconcile = ReconcileOperator(task_id="reconcile", sync=file.name, pool=crm, outlets=[list_asset(file.name)])
        pull >> score >> push >> reconcile
    return dag


def maintenance_dag(file: SyncFile) -> DAG | None:
    """The Dag of a list maintenance program that has a schedule of its own; None where the sync does it itself."""
    settings = file.settings
    if settings.maintenance.schedule is None:
        return None
    dag_id = maintenance_dag_id(file.name)
    doc = maintenance_doc(file)
    with DAG(dag_id, schedule=settings.maintenance.schedule, doc_md=doc, **common(file.settings)) as dag:
        ScoreMaintenanceOperator(
            task_id=SCORE_TASK,
            sync=file.name,
            pool=pool_of(settings.platform.connection),
            outlets=[scores_asset(file.name)],
        )
    return dag


def _score_task(file: SyncFile, pool: str) -> BaseOperator:
    if file.settings.maintenance.schedule is not None:
        return WaitForScoresOperator(task_id=SCORE_TASK, sync=file.name, pool=pool)
    return ComputeBehaviorScoreOperator(
        task_id=SCORE_TASK, sync=file.name, pool=pool, outlets=[scores_asset(file.name)]
    )


def common(settings: CommonSettings) -> dict[str, Any]:
    """What the Dags of every sync file have in common."""
    return {
        "start_date": pendulum.datetime(*FIRST_DAY, tz=settings.timezone),
        "catchup": False,
        "max_active_runs": 1,
        "default_args": {"owner": settings.owner},
        "tags": sorted({"keepstep", settings.crm.system, settings.platform.system, *settings.tags}),
        "params": {"dry": dry_param()},
        "description": settings.title,
    }


def dry_param() -> Param:
    """The switch that every Dag has: plan, and write nothing."""
    return Param(
        False,
        type="boolean",
        title="Dry run",
        description_md=(
            "Plan everything and **write nothing**, neither to the CRM nor to the platform. The plan and its counts "
            "can be looked at afterwards."
        ),
    )
