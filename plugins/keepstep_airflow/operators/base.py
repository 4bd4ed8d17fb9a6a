"""What the tasks of every sync share: open the run, call the engine, report ids and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from airflow.sdk import BaseOperator

from keepstep.core.errors import Refused
from keepstep.core.model import Phase, Side
from keepstep_airflow.hooks.store import open_store
from keepstep_airflow.operators.approval import APPROVAL_WAIT, approver, ask
from keepstep_airflow.retry import FIRST_DELAY, LONGEST_DELAY, RETRIES, RetryByWhoMustAct
from keepstep_airflow.runs import open_task_run, run_moment

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.common_settings import CommonSettings
    from keepstep.config import SettingsFile
    from keepstep.engine.run import TaskContext

Report = dict[str, Any]
File = TypeVar("File", bound="SettingsFile[CommonSettings]")
Task = TypeVar("Task", bound="TaskContext")


class EngineOperator(BaseOperator, Generic[File, Task]):
    """One task of one sync.

    `sync` names a sync file. What it returns, and so what goes through XCom, is ids and counts.
    """

    template_fields: Sequence[str] = ("sync",)
    phase: ClassVar[Phase]
    ui_color = "#e8eef7"

    def __init__(self, *, sync: str, approval_wait: timedelta = APPROVAL_WAIT, **kwargs: Any) -> None:
        super().__init__(**(retried() | kwargs))
        self.sync = sync
        self.approval_wait = approval_wait
        self.links: dict[Side, str] = {}

    def execute(self, context: Context) -> Report:
        """Do the task; where its plan is refused, wait for a person."""
        with self.prepare(context, self.file()) as task:
            try:
                report = plain(self.call(task, context))
            except Refused as refused:
                self._refused(context, task, refused)
                raise
            finally:
                self.links = self.leads_to(task)
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

    # -- what differs ----------------------------------------------------------------------------------------------

    def file(self) -> File:
        """The sync's file."""
        raise NotImplementedError

    def prepare(self, context: Context, file: File) -> AbstractContextManager[Task]:
        """What the engine needs for this task."""
        raise NotImplementedError

    def call(self, task: Task, context: Context) -> Any:
        """Call the engine; its report has `as_dict`."""
        raise NotImplementedError

    def leads_to(self, task: Task) -> dict[Side, str]:
        """Where the buttons of this task lead."""
        raise NotImplementedError

    def through(self, context: Context, file: File) -> datetime:  # noqa: ARG002 # for those who need the file
        """The moment through which what this run pushes must be final."""
        return run_moment(context)

    def run_key(self, context: Context) -> str:
        """Names the run in the store: all tasks of a Dag run share it."""
        return context["run_id"]

    def announce(self, context: Context, report: Report) -> None:
        """Put counts into the events of this task's assets."""
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra.update(counts(report))

    def _refused(self, context: Context, task: Task, refused: Refused) -> None:
        from keepstep.store.overview import plan_counts

        ask(context, refused, plan_counts(task.store, task.run.id, self.phase), task.run, self.approval_wait)


def retried() -> dict[str, Any]:
    """How every task of ours is tried again, unless a Dag says otherwise."""
    return {
        "retries": RETRIES,
        "retry_delay": FIRST_DELAY,
        "retry_exponential_backoff": 2,
        "max_retry_delay": LONGEST_DELAY,
        "retry_policy": RetryByWhoMustAct(),
    }


def fail_with_problems(report: Report) -> None:
    """The end of a run: a report with problems fails the task. Raises AirflowFailException."""
    if report["problems"]:
        from airflow.sdk.exceptions import AirflowFailException

        raise AirflowFailException("; ".join(report["problems"]))


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
