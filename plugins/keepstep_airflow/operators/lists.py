"""The four tasks of a list sync, for any CRM and any platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from keepstep.core.model import EpochId, Phase, Side
from keepstep_airflow.operators.base import EngineOperator, Report, fail_with_problems
from keepstep_airflow.operators.links import OpenInCrm, OpenInPlatform, links_of_list
from keepstep_airflow.runs import Options, scores_through, sync_file, task_context

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.config import SyncFile
    from keepstep.engine.run import ParityReport, PhaseReport, RunContext

SCORE_TASK = "compute_behavior_score"


class SyncOperator(EngineOperator["SyncFile", "RunContext"]):
    """One task of a list sync."""

    operator_extra_links = (OpenInCrm(), OpenInPlatform())

    def file(self) -> SyncFile:
        """The sync's file, with this task's own options."""
        return sync_file(self.sync, self.options(Phase.PULL), self.options(Phase.PUSH))

    def options(self, phase: Phase) -> Options | None:  # noqa: ARG002 # for those who have some
        """This task's own options for a phase."""
        return None

    def prepare(self, context: Context, file: SyncFile) -> AbstractContextManager[RunContext]:
        """The list's store, systems, score sheet and activities."""
        return task_context(context, file, self.run_key(context), self.through(context, file), self.log)

    def through(self, context: Context, file: SyncFile) -> datetime:
        """The moment through which this run's scores must be final."""
        return scores_through(context, file.settings)

    def leads_to(self, task: RunContext) -> dict[Side, str]:
        """A record of the run, and the list."""
        return links_of_list(task)


class OptionsOperator(SyncOperator):
    """Arguments add, update and remove: they go before the sync file's own."""

    def __init__(
        self,
        *,
        add: bool | None = None,
        update: Sequence[str] | None = None,
        remove: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.add = add
        self.update = None if update is None else list(update)
        self.remove = remove

    def options(self, phase: Phase) -> Options | None:
        """The arguments, for the phase that this task runs."""
        if phase is not self.phase:
            return None
        return Options(self.add, None if self.update is None else tuple(self.update), self.remove)


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
        fail_with_problems(report)
        super().announce(context, report)
