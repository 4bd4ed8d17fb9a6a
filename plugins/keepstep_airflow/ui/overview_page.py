"""The list overview: each list, its CRM, its maintenance program, its schedule, its last runs and their balance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepstep.store.overview import SyncLine
from keepstep_airflow.ui import templating

if TYPE_CHECKING:
    from keepstep.config import SyncFile, SyncSettings
    from keepstep.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class ListRow:
    """One list as the page shows it."""

    name: str
    title: str
    list: str
    platform: str
    crm: str
    audience: str
    connections: str
    maintenance: str
    score_field: str
    schedule: str
    maintenance_schedule: str
    line: SyncLine


def rows(files: Iterable[SyncFile], lines: Mapping[str, SyncLine]) -> list[ListRow]:
    """One row a sync file, with what the store knows of it."""
    return [_row(file, lines.get(file.name, SyncLine(file.name))) for file in files]


def render(lists: list[ListRow], wrong: Mapping[str, SettingsError], message: str | None = None) -> str:
    """The page as HTML; every text from files and the store is escaped."""
    return templating.render("overview.html", lists=lists, wrong=wrong, message=message)


def _row(file: SyncFile, line: SyncLine) -> ListRow:
    settings = file.settings
    return ListRow(
        name=file.name,
        title=settings.title,
        list=settings.platform.list,
        platform=settings.platform_policy.title,
        crm=settings.crm_policy.title,
        audience=settings.crm.whom,
        connections=f"{settings.crm.connection}, {settings.platform.connection}",
        maintenance=_maintenance(settings),
        score_field=settings.score_field,
        schedule=templating.schedule(settings.schedule, settings.timezone),
        maintenance_schedule=_maintenance_schedule(settings),
        line=line,
    )


def _maintenance(settings: SyncSettings) -> str:
    maintenance = settings.maintenance
    if maintenance.score_from == "platform":
        return f"{settings.platform_policy.title}'s own score ({maintenance.platform_score})"
    return f"score sheet {maintenance.score_sheet}"


def _maintenance_schedule(settings: SyncSettings) -> str:
    own = settings.maintenance.schedule
    return f"its own Dag, {templating.schedule(own, settings.timezone)}" if own else "in every run, before the push"
