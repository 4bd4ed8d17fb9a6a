"""Buttons on a task instance's Details tab: to what it was about in the CRM and on the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

from keepstep.core.model import Side
from keepstep.store.overview import list_id, telling_record

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

    from keepstep.engine.run import ProspectContext, RunContext, TaskContext


class _Link(BaseOperatorLink):
    side: Side

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 # Airflow's interface
        """Called in the worker after the task; Airflow keeps the answer as an XCom. Empty: no button."""
        links: dict[Side, str] = getattr(operator, "links", {})
        return links.get(self.side, "")


class OpenInCrm(_Link):
    """A CRM record that the run was about: a rejected or held one first."""

    name = "Open in the CRM"
    xcom_key = "crm_url"
    side = Side.CRM


class OpenInPlatform(_Link):
    """The list on the marketing platform, at a row that the run was about."""

    name = "Open the list"
    xcom_key = "platform_url"
    side = Side.PLATFORM


class OpenProspect(_Link):
    """A prospect on the marketing platform that the run was about, likewise."""

    name = "Open the prospect"
    xcom_key = "prospect_url"
    side = Side.PLATFORM


def links_of_list(task: RunContext) -> dict[Side, str]:
    """Where the buttons of a list's task lead: addresses hold ids of records and lists, nothing of a person."""
    found = _record_in_crm(task)
    the_list = list_id(task.store, task.file.name)
    if the_list is not None:
        row = telling_record(task.store, task.run.id, Side.PLATFORM)
        row_object = task.file.settings.platform_policy.row_object
        found[Side.PLATFORM] = task.platform.url(row_object, row.record_id if row else "", the_list)
    return found


def links_of_prospects(task: ProspectContext) -> dict[Side, str]:
    """Where the buttons of a prospect sync's task lead."""
    found = _record_in_crm(task)
    prospect = telling_record(task.store, task.run.id, Side.PLATFORM)
    if prospect is not None:
        found[Side.PLATFORM] = task.platform.url(prospect.object, prospect.record_id)
    return found


def _record_in_crm(task: TaskContext) -> dict[Side, str]:
    record = telling_record(task.store, task.run.id, Side.CRM)
    return {} if record is None else {Side.CRM: task.crm.url(record.object, record.record_id)}
