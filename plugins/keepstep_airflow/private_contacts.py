"""A task's way to private contacts: the settings files, and what a task is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from keepstep.config import PrivateContactsFile, load_private_contacts
from keepstep.core.errors import SettingsError
from keepstep_airflow.folders import syncs_folder
from keepstep_airflow.hooks.store import open_store
from keepstep_airflow.hooks.systems import connector_of
from keepstep_airflow.pools import pool_of
from keepstep_airflow.runs import Log, now, run_moment

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.engine.private_contacts.task import PrivateTask


def private_folder() -> Path:
    """The folder of the files: private_contacts beside the folder of the sync files."""
    return syncs_folder().parent / "private_contacts"


def read_files(folder: Path) -> tuple[list[PrivateContactsFile], Mapping[str, SettingsError]]:
    """All files of the folder: those that are right, in the order of their names, and the errors of the others."""
    right: list[PrivateContactsFile] = []
    wrong: dict[str, SettingsError] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            right.append(load_private_contacts(path))
        except SettingsError as error:
            wrong[path.stem] = error
    return right, wrong


def private_pools(files: Iterable[PrivateContactsFile]) -> list[str]:
    """The names of all pools that the Dags of these files use."""
    return sorted({pool_of(file.settings.crm.connection) for file in files})


def private_file(name: str) -> PrivateContactsFile:
    """The file of this name. Raises SettingsError that says which there are."""
    path = private_folder() / f"{name}.yaml"
    if not path.exists():
        there = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml"))) or "none"
        raise SettingsError(f"there are no private contacts {name}; the files in {path.parent.name} are: {there}")
    return load_private_contacts(path)


@contextmanager
def private_task(context: Context, name: str, log: Log) -> Iterator[PrivateTask]:
    """Everything the engine needs; connector and store are closed afterwards.

    Raises SettingsError, AuthError or Unavailable.
    """
    from keepstep.engine.private_contacts.task import PrivateTask, open_private_run
    from keepstep.store.overview import calls_made

    file = private_file(name)
    settings = file.settings
    with open_store() as store:
        dry = bool(context["params"].get("dry", False))
        run = open_private_run(store, file, context["run_id"], run_moment(context), dry=dry)
        left = max(0, settings.limits.api_calls - calls_made(store, run.id).crm)
        crm = connector_of(settings.crm.system, settings.crm.connection, left)
        try:
            yield PrivateTask(run, file, store, crm, now, partial(_progress, log))
        finally:
            crm.close()


def _progress(log: Log, what: str, done: int, total: int | None) -> None:
    log.info("%s: %s%s", what, done, f" of {total}" if total else "")
