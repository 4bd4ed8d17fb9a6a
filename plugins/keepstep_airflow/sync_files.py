"""The sync files as Dags are made of them: the right ones, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keepstep.config import (
    ProspectFile,
    SyncFile,
    check_together,
    is_prospect_sync,
    load_prospect_sync,
    load_score_sheet,
    load_sync,
)
from keepstep.core.errors import SettingsError

SYNC_PROSPECT = "sync_prospect"  # the Dag that is made of no file: no file may be called so


@dataclass(frozen=True, slots=True)
class SyncFiles:
    """A folder of sync files, in the order of their names."""

    lists: tuple[SyncFile, ...]
    prospects: tuple[ProspectFile, ...]
    wrong: Mapping[str, SettingsError]  # by the file's name


def read_syncs(folder: Path) -> SyncFiles:
    """All sync files of a folder."""
    lists: list[SyncFile] = []
    prospects: list[ProspectFile] = []
    wrong: dict[str, SettingsError] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            _free(path)
            if is_prospect_sync(path):
                prospects.append(load_prospect_sync(path))
            else:
                lists.append(_list(path))
        except SettingsError as error:
            wrong[path.stem] = error
    wrong.update(check_together([*lists, *prospects]))
    return SyncFiles(
        lists=tuple(file for file in lists if file.name not in wrong),
        prospects=tuple(file for file in prospects if file.name not in wrong),
        wrong=wrong,
    )


def _free(path: Path) -> None:
    if path.stem == SYNC_PROSPECT:
        raise SettingsError(f"{path.name}: the Dag {SYNC_PROSPECT} is there already: give the file another name")


def _list(path: Path) -> SyncFile:
    file = load_sync(path)
    maintenance = file.settings.maintenance
    if maintenance.score_from == "sheet":
        sheet = path.parent.parent / "score_sheets" / f"{maintenance.score_sheet}.yaml"
        try:
            load_score_sheet(sheet)
        except SettingsError as error:
            raise SettingsError(f"{path.name}: maintenance.score_sheet: {error}") from None
    return file


def wrong_files(wrong: Mapping[str, SettingsError]) -> SettingsError:
    """One error that says everything that is wrong."""
    return SettingsError("\n".join(str(error) for error in wrong.values()))
