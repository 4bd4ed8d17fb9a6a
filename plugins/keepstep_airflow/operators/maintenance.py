"""The maintenance as a Dag of its own, and the sync's wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from keepstep.core.errors import FenceRefused
from keepstep_airflow.hooks.store import open_store
from keepstep_airflow.operators.base import Report
from keepstep_airflow.operators.lists import ComputeBehaviorScoreOperator
from keepstep_airflow.retry import FIRST_DELAY, LONGEST_DELAY, RETRIES, RetryByWhoMustAct
from keepstep_airflow.runs import interval_end, now, sync_file
from keepstep_airflow.triggers.epoch import POLL_S, EpochTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

GRACE = timedelta(minutes=10)  # the trigger keeps the deadline itself; Airflow's own timeout is for a dead triggerer


class ScoreMaintenanceOperator(ComputeBehaviorScoreOperator):
    """`compute_behavior_score` in a Dag of its own: its runs are not those of the sync."""

    def run_key(self, context: Context) -> str:
        """Both Dags have runs of the same name; the maintenance's carry its Dag's id."""
        return f"{context['dag'].dag_id}/{context['run_id']}"


class WaitForScoresOperator(BaseOperator):
    """Wait, without a worker, for a sealed epoch that covers this run's interval; hand on its id.

    Raises FenceRefused where none is there after `maintenance.wait`: then nothing is pushed.
    """

    template_fields = ("sync",)
    ui_color = "#f5efe0"

    def __init__(self, *, sync: str, poll_s: float = POLL_S, **kwargs: Any) -> None:
        kwargs.setdefault("retries", RETRIES)
        kwargs.setdefault("retry_delay", FIRST_DELAY)
        kwargs.setdefault("max_retry_delay", LONGEST_DELAY)
        kwargs.setdefault("retry_policy", RetryByWhoMustAct())
        super().__init__(**kwargs)
        self.sync = sync
        self.poll_s = poll_s

    def execute(self, context: Context) -> Report:
        """Look once, then wait."""
        from keepstep.store.epochs import covering_epoch

        end = interval_end(context)
        with open_store() as store:
            epoch = covering_epoch(store, self.sync, end)
        if epoch is not None:
            return {"epoch": epoch}
        wait = sync_file(self.sync).settings.maintenance.wait
        self.log.info("waiting up to %s for scores of %s that are final through %s", wait, self.sync, end)
        deadline = (now() + wait).isoformat()
        trigger = EpochTrigger(self.sync, end.isoformat(), deadline, self.poll_s)
        self.defer(trigger=trigger, method_name="arrived", timeout=wait + GRACE)

    def arrived(self, context: Context, event: Mapping[str, Any]) -> Report:
        """The epoch came, or the time is over."""
        if event["epoch"] is None:
            wait = sync_file(self.sync).settings.maintenance.wait
            raise FenceRefused(
                f"the score maintenance of {self.sync} sealed no epoch through {interval_end(context)} within {wait} "
                f"(maintenance.wait): see the runs of the Dag {maintenance_dag_id(self.sync)}, then clear this task; "
                "nothing was pushed"
            )
        return {"epoch": int(event["epoch"])}


def maintenance_dag_id(sync: str) -> str:
    """The id of a sync's maintenance Dag."""
    return f"{sync}__score_maintenance"
