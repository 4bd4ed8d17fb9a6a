"""The maintenance as a Dag of its own, and the sync's wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from keepstep.core.errors import FenceRefused
from keepstep_airflow.hooks.store import open_store
from keepstep_airflow.operators.base import Report
from keepstep_airflow.operators.lists import ComputeBehaviorScoreOperator
from keepstep_airflow.retry import FIRST_DELAY, LONGEST_DELAY, RETRIES, RetryByWhoMustAct
from keepstep_airflow.runs import now, run_moment, scores_through, sync_file
from keepstep_airflow.triggers.epoch import POLL_S, EpochTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.config import SyncFile

GRACE = timedelta(minutes=10)  # the trigger keeps the deadline itself; Airflow's own timeout is for a dead triggerer


class ScoreMaintenanceOperator(ComputeBehaviorScoreOperator):
    """`compute_behavior_score` in a Dag of its own: its runs are not those of the sync."""

    def run_key(self, context: Context) -> str:
        """Both Dags have runs of the same name; the maintenance's carry its Dag's id."""
        return f"{context['dag'].dag_id}/{context['run_id']}"

    def through(self, context: Context, file: SyncFile) -> datetime:  # noqa: ARG002 # the schedule is this Dag's own
        """What was there when this run was due is in its scores."""
        return run_moment(context)


class WaitForScoresOperator(BaseOperator):
    """Wait, without a worker, for a sealed epoch of the maintenance that was due last; hand on its id.

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

        settings = sync_file(self.sync).settings
        through, wait = scores_through(context, settings), settings.maintenance.wait
        with open_store() as store:
            epoch = covering_epoch(store, self.sync, through)
        if epoch is not None:
            return {"epoch": epoch}
        self.log.info("waiting up to %s for scores of %s that are final through %s", wait, self.sync, through)
        trigger = EpochTrigger(self.sync, through.isoformat(), (now() + wait).isoformat(), self.poll_s)
        self.defer(trigger=trigger, method_name="arrived", timeout=wait + GRACE)

    def arrived(self, context: Context, event: Mapping[str, Any]) -> Report:
        """The epoch came, or the time is over."""
        if event["epoch"] is None:
            settings = sync_file(self.sync).settings
            raise FenceRefused(
                f"the score maintenance of {self.sync} sealed no scores that are final through "
                f"{scores_through(context, settings)} within {settings.maintenance.wait} (maintenance.wait): see the "
                f"runs of the Dag {maintenance_dag_id(self.sync)}, then clear this task; nothing was pushed"
            )
        return {"epoch": int(event["epoch"])}


def maintenance_dag_id(sync: str) -> str:
    """The id of a sync's maintenance Dag."""
    return f"{sync}__score_maintenance"
