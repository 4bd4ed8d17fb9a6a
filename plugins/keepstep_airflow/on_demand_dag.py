"""The Dag with a form: one prospect is synced at once (SY-4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pendulum
from airflow.sdk import DAG, Param

from keepstep_airflow.dag_factory import FIRST_DAY
from keepstep_airflow.operators.on_demand import (
    ASK,
    PROSPECT_PARAM,
    REPORT,
    SYNC,
    SYNC_PARAM,
    AskForProspectOperator,
    ReportProspectOperator,
    SyncAtOnceOperator,
)
from keepstep_airflow.pools import ON_DEMAND
from keepstep_airflow.sync_files import SYNC_PROSPECT

if TYPE_CHECKING:
    from keepstep.config import ProspectFile

AT_ONCE = 16  # runs that wait for their sync at the same time: a wait holds no worker
DOC = """
# Sync one prospect at once

Trigger it, choose the sync, and give a prospect's id or email.

1. **ask** looks the prospect up on the platform, and its records in the CRM, reads them afresh and puts the prospect
before all others in the queue. It fails where nobody is found.
2. **sync** triggers the sync's own Dag and waits for that run. A run that is under way is ended first.
3. **report** says what became of this prospect, and fails where a row of it was rejected or held; the page
**Sync queue** says what to do then.

What is typed into the form stays in this Dag's run (Airflow keeps a run's parameters) and goes nowhere else: give the
id where an email shouldn't stay. The pool is `keepstep_on_demand`.
"""


def sync_prospect_dag(files: Sequence[ProspectFile]) -> DAG:
    """One Dag for all prospect syncs."""
    with DAG(
        SYNC_PROSPECT,
        schedule=None,
        start_date=pendulum.datetime(*FIRST_DAY, tz="UTC"),
        catchup=False,
        max_active_runs=AT_ONCE,
        is_paused_upon_creation=False,  # nothing happens in it until somebody asks
        default_args={"owner": ", ".join(sorted({file.settings.owner for file in files}))},
        tags=["keepstep", "on demand"],
        params=_form(files),
        description="Sync one prospect with the CRM at once",
        doc_md=DOC,
    ) as dag:
        ask = AskForProspectOperator(task_id=ASK, pool=ON_DEMAND)
        sync = SyncAtOnceOperator(task_id=SYNC, pool=ON_DEMAND)
        report = ReportProspectOperator(task_id=REPORT, pool=ON_DEMAND)
        ask >> sync >> report
    return dag


def _form(files: Sequence[ProspectFile]) -> dict[str, Param]:
    names = [file.name for file in files]
    titles = {file.name: f"{file.settings.title} ({file.name})" for file in files}
    return {
        SYNC_PARAM: Param(names[0], type="string", enum=names, values_display=titles, title="Sync"),
        PROSPECT_PARAM: Param(
            type="string",
            minLength=1,
            maxLength=320,
            title="Prospect",
            description="The prospect's id on the platform, or the email.",
        ),
    }
