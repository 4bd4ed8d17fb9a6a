"""The three tasks of a prospect sync, for any CRM and any platform whose people sync as such."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar

from keepstep.core.model import Phase, Side
from keepstep_airflow.operators.base import EngineOperator, Report, fail_with_problems
from keepstep_airflow.operators.links import OpenInCrm, OpenProspect, links_of_prospects
from keepstep_airflow.runs import prospect_context, prospect_file

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.config import ProspectFile
    from keepstep.engine.run import ParityReport, PhaseReport, ProspectContext


class ProspectOperator(EngineOperator["ProspectFile", "ProspectContext"]):
    """One task of a prospect sync."""

    operator_extra_links = (OpenInCrm(), OpenProspect())

    def file(self) -> ProspectFile:
        """The sync's file."""
        return prospect_file(self.sync)

    def prepare(self, context: Context, file: ProspectFile) -> AbstractContextManager[ProspectContext]:
        """The sync's store and systems."""
        return prospect_context(context, file, self.run_key(context), self.through(context, file), self.log)

    def leads_to(self, task: ProspectContext) -> dict[Side, str]:
        """A record of the run, and a prospect."""
        return links_of_prospects(task)


class PullProspectsOperator(ProspectOperator):
    """Read what changed on both sides, take the next from the queue, bring the CRM's values to the platform."""

    phase: ClassVar[Phase] = Phase.PULL

    def call(self, task: ProspectContext, context: Context) -> PhaseReport:  # noqa: ARG002 # nobody here needs it
        """Pull."""
        from keepstep.engine.prospects.tasks import pull_prospects

        return pull_prospects(task)


class PushProspectsOperator(ProspectOperator):
    """Bring the platform's values, and newly assigned prospects, to the CRM: of those that the pull has taken."""

    phase: ClassVar[Phase] = Phase.PUSH

    def call(self, task: ProspectContext, context: Context) -> PhaseReport:  # noqa: ARG002
        """Push."""
        from keepstep.engine.prospects.tasks import push_prospects

        return push_prospects(task)


class ReconcileProspectsOperator(ProspectOperator):
    """Settle what is in doubt, take out of the queue who is done, report; fails where rows were rejected."""

    phase: ClassVar[Phase] = Phase.PUSH  # of which it is the end: it has no plan of its own to approve
    ui_color = "#e6f2ea"

    def call(self, task: ProspectContext, context: Context) -> ParityReport:  # noqa: ARG002
        """Reconcile."""
        from keepstep.engine.prospects.tasks import reconcile_prospects

        return reconcile_prospects(task)

    def announce(self, context: Context, report: Report) -> None:
        """Counts into the asset's event; a report with problems fails the task, and then there is no event."""
        fail_with_problems(report)
        super().announce(context, report)
