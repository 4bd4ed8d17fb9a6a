"""A task's way to the engine: its Dag run becomes a `Run`, its connections become a `TaskContext`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from keepstep.config import (
    ProspectFile,
    PullSettings,
    PushSettings,
    SettingsFile,
    SyncFile,
    SyncSettings,
    load_prospect_sync,
    load_score_sheet,
    load_sync,
)
from keepstep.core.errors import SettingsError
from keepstep_airflow.folders import score_sheet, syncs_folder
from keepstep_airflow.hooks.store import activity_engine, open_store
from keepstep_airflow.hooks.systems import crm_connector, platform_connector

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.common_settings import CommonSettings
    from keepstep.core.score import ScoreSheet
    from keepstep.engine.run import ActivitySource, ProspectContext, Run, RunContext
    from keepstep.store.database import Store


class Log(Protocol):
    """Airflow's task log."""

    def info(self, message: str, /, *args: object) -> object:
        """A line of it."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a task may do, where it differs from the sync file; None: as the file says."""

    add: bool | None = None
    update: tuple[str, ...] | None = None
    remove: bool | None = None

    def given(self) -> dict[str, Any]:
        """The options that differ."""
        return {name: value for name in ("add", "update", "remove") if (value := getattr(self, name)) is not None}


def now() -> datetime:
    """The clock that tasks hand to the engine."""
    return datetime.now(UTC)


def sync_file(name: str, pull: Options | None = None, push: Options | None = None) -> SyncFile:
    """A sync's file with a task's own options in it. Raises SettingsError that says what is allowed."""
    file = load_sync(_path(name))
    changes: dict[str, Any] = {}
    if pull and pull.given():
        changes["pull"] = PullSettings.model_validate(file.settings.pull.model_dump() | pull.given())
    if push and push.given():
        changes["push"] = PushSettings.model_validate(file.settings.push.model_dump() | push.given())
    return _changed(file, changes) if changes else file


def prospect_file(name: str) -> ProspectFile:
    """A prospect sync's file. Raises SettingsError likewise."""
    return load_prospect_sync(_path(name))


def _path(name: str) -> Path:
    path = syncs_folder() / f"{name}.yaml"
    if not path.exists():
        there = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml"))) or "none"
        raise SettingsError(f"there is no sync {name}; the syncs in {path.parent.name} are: {there}")
    return path


def _changed(file: SyncFile, changes: Mapping[str, Any]) -> SyncFile:
    """The file with other options; its text says so, because a run keeps the text that it ran with."""
    settings = file.settings.model_copy(update=dict(changes))
    known = set(settings.fields) | {settings.score_field}
    unknown = sorted((settings.pull_update | settings.push_update) - known)
    if unknown:
        raise SettingsError(
            f"sync {file.name}: update names the field {unknown[0]}; the file's fields are {', '.join(sorted(known))}"
        )
    lines = [f"# the task's own options: {name}: {json.dumps(value.model_dump())}" for name, value in changes.items()]
    return replace(file, text="\n".join([file.text.rstrip("\n"), *lines, ""]), settings=settings)


@contextmanager
def task_context(context: Context, file: SyncFile, key: str, through: datetime, log: Log) -> Iterator[RunContext]:
    """Everything the engine needs for this task of a list sync; connectors and the store are closed afterwards.

    Raises SettingsError, AuthError or Unavailable.
    """
    from keepstep.engine.run import RunContext

    with _shared(context, file, key, through, log) as shared, activities_of(file.settings) as activities:
        yield RunContext(**shared, sheet=sheet_of(file.settings), activities=activities)


@contextmanager
def prospect_context(
    context: Context, file: ProspectFile, key: str, through: datetime, log: Log
) -> Iterator[ProspectContext]:
    """The same for a task of a prospect sync."""
    from keepstep.engine.run import ProspectContext

    with _shared(context, file, key, through, log) as shared:
        yield ProspectContext(**shared)


@contextmanager
def asking_context(file: ProspectFile, log: Log) -> Iterator[ProspectContext]:
    """The same outside of any run: for what is asked of both systems before a run takes it up."""
    from keepstep.engine.run import ProspectContext, Run

    with ExitStack() as stack:
        store = stack.enter_context(open_store())
        run = Run(0, file.name, "", now())
        yield ProspectContext(**_with_systems(stack, store, run, file, (0, 0), log))


@contextmanager
def _shared(
    context: Context, file: SettingsFile[CommonSettings], key: str, through: datetime, log: Log
) -> Iterator[dict[str, Any]]:
    """What the tasks of every sync are given."""
    from keepstep.store.overview import calls_made

    with ExitStack() as stack:
        store = stack.enter_context(open_store())
        run = open_task_run(context, store, file, key, through)
        spent = calls_made(store, run.id)
        yield _with_systems(stack, store, run, file, (spent.crm, spent.platform), log)


def _with_systems(
    stack: ExitStack,
    store: Store,
    run: Run,
    file: SettingsFile[CommonSettings],
    spent: tuple[int, int],
    log: Log,
) -> dict[str, Any]:
    limit = file.settings.limits.api_calls
    crm = crm_connector(file.settings, max(0, limit - spent[0]))
    stack.callback(crm.close)
    platform = platform_connector(file.settings, max(0, limit - spent[1]))
    stack.callback(platform.close)
    return {
        "run": run,
        "file": file,
        "store": store,
        "crm": crm,
        "platform": platform,
        "now": now,
        "progress": partial(_progress, log),
    }


def _progress(log: Log, what: str, done: int, total: int | None) -> None:
    log.info("%s: %s%s", what, done, f" of {total}" if total else "")


def open_task_run(
    context: Context, store: Store, file: SettingsFile[CommonSettings], key: str, through: datetime
) -> Run:
    """This Dag run as the store knows it; a task that is cleared finds the same one."""
    from keepstep.engine.open import open_run

    return open_run(store, file, key, through, dry=bool(context["params"].get("dry", False)))


def scores_through(context: Context, settings: SyncSettings) -> datetime:
    """The moment through which scores must be final before this Dag run may push."""
    from keepstep.engine.due import scores_due

    return scores_due(settings, run_moment(context))


def run_moment(context: Context) -> datetime:
    """The end of the run's data interval; a run by hand has none in Airflow 3: the moment for which it was asked."""
    dag_run = context["dag_run"]
    moment = dag_run.data_interval_end or dag_run.run_after
    return datetime.fromtimestamp(moment.timestamp(), UTC)


def sheet_of(settings: SyncSettings) -> ScoreSheet | None:
    """The sync's score sheet; None where the platform's own score is used."""
    if settings.maintenance.score_from == "platform":
        return None
    return load_score_sheet(score_sheet(settings.maintenance.score_sheet))


@contextmanager
def activities_of(settings: SyncSettings) -> Iterator[ActivitySource | None]:
    """Activities from a warehouse; None: the engine asks the platform, within its budget."""
    if settings.activities.source == "platform":
        yield None
        return
    from keepstep.engine.activities import SqlActivities

    connection, query = str(settings.activities.connection), str(settings.activities.query)
    engine = activity_engine(connection)
    # Syncs that ask the same question of the same database share its answer, others don't.
    name = f"sql:{connection}:{hashlib.sha256(query.encode()).hexdigest()[:16]}"
    try:
        yield SqlActivities(engine, query, name)
    finally:
        engine.dispose()
