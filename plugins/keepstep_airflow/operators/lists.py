"""The four tasks of a list sync, for any CRM and any platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from keepstep.core.model import EpochId, Phase
from keepstep_airflow.operators.base import OptionsOperator, Report, SyncOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.engine.run import ParityReport, PhaseReport, RunContext

SCORE_TASK = "compute_behavior_score"


class PullListOperator(OptionsOperator):
    """Bring what changed in the CRM to the platform's list: add, update of these fields, remove."""

    phase: ClassVar[Phase] = Phase.PULL

    def call(self, task: RunContext, context: Context) -> PhaseReport:  # noqa: ARG002 # not everyone needs the context
        """Pull."""
        from keepstep.engine.pull import pull_list

        return pull_list(task)


class ComputeBehaviorScoreOperator(SyncOperator):
    """The list maintenance program: compute scores, seal them as an epoch, write the list's score column.

    Returns a report whose `epoch` a push must be handed.
    """

    phase: ClassVar[Phase] = Phase.MAINTAIN
    ui_color = "#f5efe0"

    def call(self, task: RunContext, context: Context) -> PhaseReport:  # noqa: ARG002
        """Compute and seal."""
        from keepstep.engine.maintain import compute_behavior_score

        return compute_behavior_score(task)


class PushScoreOperator(OptionsOperator):
    """Write the sealed scores, and the fields that may be pushed, to the CRM.

    `scores` is what `compute_behavior_score` returned, along the edge: ``scores=compute.output``; where it isn't given,
    the XCom of the task named `compute_behavior_score` is taken. Without an epoch in it nothing is pushed: that is so
    where that task was marked success by hand.
    """

    template_fields: Sequence[str] = ("sync", "scores")
    phase: ClassVar[Phase] = Phase.PUSH

    def __init__(self, *, scores: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scores = scores

    def call(self, task: RunContext, context: Context) -> PhaseReport:
        """Push. Raises FenceRefused without a sealed epoch that covers this run."""
        from keepstep.engine.push import push_score

        return push_score(task, self._epoch(context))

    def _epoch(self, context: Context) -> EpochId | None:
        scores = self.scores if self.scores is not None else context["ti"].xcom_pull(task_ids=SCORE_TASK)
        epoch = scores.get("epoch") if isinstance(scores, Mapping) else None
        return None if epoch is None else EpochId(int(epoch))


class ReconcileOperator(SyncOperator):
    """Settle what is in doubt, compare both sides, report; fails where the sync's policy says so."""

    phase: ClassVar[Phase] = Phase.PUSH  # of which it is the end: it has no plan of its own to approve
    ui_color = "#e6f2ea"

    def call(self, task: RunContext, context: Context) -> ParityReport:  # noqa: ARG002
        """Reconcile."""
        from keepstep.engine.reconcile import reconcile

        return reconcile(task)

    def announce(self, context: Context, report: Report) -> None:
        """Counts into the asset's event; a report with problems fails the task, and then there is no event."""
        if report["problems"]:
            from airflow.sdk.exceptions import AirflowFailException

            raise AirflowFailException("; ".join(report["problems"]))
        super().announce(context, report)
