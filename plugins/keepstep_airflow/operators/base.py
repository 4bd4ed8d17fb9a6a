"""What the four tasks of a list sync share: open the run, call the engine, report ids and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from keepstep.core.errors import Refused
from keepstep.core.model import Phase, Side
from keepstep_airflow.hooks.store import open_store
from keepstep_airflow.operators.approval import APPROVAL_WAIT, approver, ask
from keepstep_airflow.operators.links import OpenInCrm, OpenInPlatform, links_of
from keepstep_airflow.retry import FIRST_DELAY, LONGEST_DELAY, RETRIES, RetryByWhoMustAct
from keepstep_airflow.runs import Options, open_task_run, scores_through, sync_file, task_context

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.config import SyncFile
    from keepstep.engine.run import RunContext

Report = dict[str, Any]


class SyncOperator(BaseOperator):
    """One phase of one sync.

    `sync` names a sync file. What it returns, and so what goes through XCom, is ids and counts.
    """

    template_fields: Sequence[str] = ("sync",)
    operator_extra_links = (OpenInCrm(), OpenInPlatform())
    phase: ClassVar[Phase]
    ui_color = "#e8eef7"

    def __init__(self, *, sync: str, approval_wait: timedelta = APPROVAL_WAIT, **kwargs: Any) -> None:
        kwargs.setdefault("retries", RETRIES)
        kwargs.setdefault("retry_delay", FIRST_DELAY)
        kwargs.setdefault("retry_exponential_backoff", 2)
        kwargs.setdefault("max_retry_delay", LONGEST_DELAY)
        kwargs.setdefault("retry_policy", RetryByWhoMustAct())
        super().__init__(**kwargs)
        self.sync = sync
        self.approval_wait = approval_wait
        self.links: dict[Side, str] = {}

    def execute(self, context: Context) -> Report:
        """Run the phase; where its plan is refused, wait for a person."""
        file = self.file()
        with task_context(context, file, self.run_key(context), self.through(context, file), self.log) as task:
            try:
                report = plain(self.call(task, context))
            except Refused as refused:
                self._refused(context, task, refused)
                raise
            finally:
                self.links = links_of(task)
        self.announce(context, report)
        return report

    def answered(self, context: Context, event: Mapping[str, Any]) -> Report:
        """Somebody answered: note who approved, and go on with that very plan. Rejected: fail."""
        from keepstep.engine.approval import approve

        name = approver(event)
        file = self.file()
        with open_store() as store:
            run = open_task_run(context, store, file, self.run_key(context), self.through(context, file))
            approve(store, run, self.phase, by=name)
        self.log.info("%s approved the plan of run %s", name, run.id)
        return self.execute(context)

    def call(self, task: RunContext, context: Context) -> Any:
        """Call the engine; its report has `as_dict`."""
        raise NotImplementedError

    def announce(self, context: Context, report: Report) -> None:
        """Put counts into the events of this task's assets."""
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra.update(counts(report))

    def run_key(self, context: Context) -> str:
        """Names the run in the store: all tasks of a Dag run share it."""
        return context["run_id"]

    def through(self, context: Context, file: SyncFile) -> datetime:
        """The moment through which this run's scores must be final."""
        return scores_through(context, file.settings)

    def file(self) -> SyncFile:
        """The sync's file, with this task's own options."""
        return sync_file(self.sync, self.options(Phase.PULL), self.options(Phase.PUSH))

    def options(self, phase: Phase) -> Options | None:  # noqa: ARG002 # for those who have some
        """This task's own options for a phase."""
        return None

    def _refused(self, context: Context, task: RunContext, refused: Refused) -> None:
        from keepstep.store.overview import plan_counts

        ask(context, refused, plan_counts(task.store, task.run.id, self.phase), task.run, self.approval_wait)


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


def plain(report: Any) -> Report:
    """A report as JSON knows it: for XCom and asset events."""
    return {key: _plain(value) for key, value in report.as_dict().items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def counts(report: Report) -> Report:
    """What of a report goes into an asset event: everything but sentences."""
    return {key: value for key, value in report.items() if key not in ("notes", "problems")}
