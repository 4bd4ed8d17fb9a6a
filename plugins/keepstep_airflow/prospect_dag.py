"""From the sync file of an account's prospects to its Dag: pull_prospects >> push_prospects >> reconcile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import DAG, Asset

from keepstep_airflow.dag_factory import common
from keepstep_airflow.operators.prospects import (
    PullProspectsOperator,
    PushProspectsOperator,
    ReconcileProspectsOperator,
)
from keepstep_airflow.pools import pool_of
from keepstep_airflow.prospect_doc import prospect_doc

if TYPE_CHECKING:
    from keepstep.config import ProspectFile


def prospects_asset(sync: str) -> Asset:
    """Updated when a prospect sync ends well; its events carry the run's counts."""
    return Asset(name=f"keepstep_prospects_{sync}", uri=f"keepstep://prospects/{sync}")


def prospect_dag(file: ProspectFile) -> DAG:
    """The Dag of a prospect sync; its id is the file's name."""
    settings = file.settings
    crm, platform = pool_of(settings.crm.connection), pool_of(settings.platform.connection)
    with DAG(file.name, schedule=settings.every, doc_md=prospect_doc(file), **common(settings)) as dag:
        pull = PullProspectsOperator(task_id="pull_prospects", sync=file.name, pool=platform)
        push = PushProspectsOperator(task_id="push_prospects", sync=file.name, pool=crm)
        reconcile = ReconcileProspectsOperator(
            task_id="reconcile", sync=file.name, pool=crm, outlets=[prospects_asset(file.name)]
        )
        pull >> push >> reconcile
    return dag
