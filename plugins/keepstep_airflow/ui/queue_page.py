"""The sync queue (SY-7): who waits, why and since when, what is stopped, what to do, and the last runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepstep.store.waiting import QueueState
from keepstep_airflow.ui import templating

if TYPE_CHECKING:
    from keepstep.config import ProspectFile
    from keepstep.core.errors import SettingsError

NOTICES = {
    "asked": "Prospect {prospect} is being synced: the Dag sync_prospect tells what becomes of it.",
    "no_dag": "Airflow doesn't know the Dag sync_prospect, or this sync in its form, yet: try again in a minute.",
    "released": "Prospect {prospect} syncs again; it is in the queue.",
    "released_unknown": "The deletion is forgotten; prospect {prospect} itself isn't known to this sync yet.",
    "not_stopped": "Nothing stops prospect {prospect}: no CRM record of it is known to be deleted.",
    "no_id": "Give the prospect's id: letters, digits, _ and -.",
}


@dataclass(frozen=True, slots=True)
class Rights:
    """Which buttons somebody sees."""

    sync: bool = False
    release: bool = False


@dataclass(frozen=True, slots=True)
class QueueSection:
    """One sync as the page shows it."""

    name: str
    title: str
    crm: str
    platform: str
    schedule: str
    queue: QueueState
    may_sync: bool
    may_release: bool


def section(file: ProspectFile, queue: QueueState, rights: Rights) -> QueueSection:
    """What the page shows of a sync."""
    settings = file.settings
    return QueueSection(
        name=file.name,
        title=settings.title,
        crm=settings.crm_policy.title,
        platform=settings.platform_policy.title,
        schedule=templating.schedule(settings.every, settings.timezone),
        queue=queue,
        may_sync=rights.sync,
        may_release=rights.release,
    )


def notice(told: str, prospect: str) -> str | None:
    """The sentence of what was done last; None where the page was opened anew."""
    text = NOTICES.get(told)
    return text.format(prospect=prospect) if text else None


def render(
    syncs: Sequence[QueueSection],
    wrong: Mapping[str, SettingsError],
    message: str | None = None,
    notice: str | None = None,
) -> str:
    """The page as HTML; every text from files and the store is escaped."""
    return templating.render("queue.html", syncs=syncs, wrong=wrong, message=message, notice=notice)
