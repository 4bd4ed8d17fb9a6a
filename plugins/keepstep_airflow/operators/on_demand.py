"""The three tasks of `sync_prospect`: ask for a prospect, let its sync run at once, tell what became of it.

Who is meant stands in the Dag run's own parameters, which Airflow keeps. It is read there when a task runs, and goes
nowhere else: it is no argument, so that no rendered template shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import BaseOperator, TriggerRule
from airflow.sdk.exceptions import AirflowFailException

from keepstep_airflow.hooks.store import open_store
from keepstep_airflow.operators.base import Report, retried
from keepstep_airflow.runs import asking_context, prospect_file

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.engine.prospects.on_demand import Answer

ASK, SYNC, REPORT = "ask", "sync", "report"
SYNC_PARAM, PROSPECT_PARAM = "sync", "prospect"
LOOK_EVERY_S = 5
ENDED = ["success", "failed"]  # a run that failed by another row may have done this one: the last task says


class AskForProspectOperator(BaseOperator):
    """Look the prospect up on both sides, store its records fresh, put it before all others in the queue."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**(retried() | kwargs))

    def execute(self, context: Context) -> Report:
        """Returns ids only. Raises NotFoundError where nobody is meant by what was given."""
        from keepstep.engine.prospects.on_demand import ask_for

        params = context["params"]
        with asking_context(prospect_file(params[SYNC_PARAM]), self.log) as ctx:
            asked = ask_for(ctx, str(params[PROSPECT_PARAM]))
        return {"prospects": list(asked.prospects), "after": asked.after}


class SyncAtOnceOperator(TriggerDagRunOperator):
    """Trigger the sync's own Dag and wait for that run, without a worker."""

    template_fields: Sequence[str] = ()

    def __init__(self, **kwargs: Any) -> None:
        settings: dict[str, Any] = {
            "trigger_dag_id": "",  # known when the task runs
            "wait_for_completion": True,
            "deferrable": True,
            "poke_interval": LOOK_EVERY_S,
            "allowed_states": ENDED,
            "failed_states": [],
            "openlineage_inject_parent_info": False,
        }
        super().__init__(**(settings | retried() | kwargs))

    def execute(self, context: Context) -> None:
        """Trigger. Fails at once where the sync's Dag is paused: its run would wait for ever."""
        self.trigger_dag_id = context["params"][SYNC_PARAM]
        if context["ti"].get_dag(self.trigger_dag_id).is_paused:
            raise AirflowFailException(
                f"the Dag {self.trigger_dag_id} is paused: switch it on, then clear this task; the prospect is in the "
                "queue, before all others"
            )
        super().execute(context)


class ReportProspectOperator(BaseOperator):
    """Tell what became of the prospect: codes, counts and ids; fails where a row was rejected or held."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"trigger_rule": TriggerRule.ALL_SUCCESS} | retried() | kwargs))

    def execute(self, context: Context) -> Report:
        """Look into the journal of what was planned since the first task."""
        from keepstep.engine.prospects.on_demand import Asked, answer

        given = context["ti"].xcom_pull(task_ids=ASK)
        asked = Asked(tuple(given["prospects"]), int(given["after"]))
        with open_store() as store:
            found = answer(store, prospect_file(context["params"][SYNC_PARAM]), asked)
        for fate in found.fates:
            self.log.info(
                "run %s: %s of %s %s on the %s: %s%s",
                fate.run,
                fate.kind,
                fate.object,
                fate.record_id or "(new)",
                fate.side,
                fate.state,
                f" ({fate.code})" if fate.code else "",
            )
        _fail_where_it_did(asked.prospects, found)
        return _plain(asked.prospects, found)


def _plain(prospects: Sequence[str], found: Answer) -> Report:
    return {
        "prospects": list(prospects),
        "states": dict(Counter(fate.state for fate in found.fates)),
        "codes": dict(Counter(fate.code for fate in found.fates if fate.code)),
        "waiting": found.waiting,
    }


def _fail_where_it_did(prospects: Sequence[str], found: Answer) -> None:
    who = f"prospect {', '.join(prospects)}"
    bad = Counter(f"{fate.state} ({fate.code})" for fate in found.fates if fate.state in ("rejected", "held"))
    if bad:
        told = ", ".join(f"{count} {what}" for what, count in sorted(bad.items()))
        raise AirflowFailException(f"{who}: {told}; what to do stands on the page Sync queue")
    if found.waiting and not found.fates:
        raise AirflowFailException(
            f"{who} still waits in the queue: the run didn't come to it; see that run of the sync's Dag"
        )
