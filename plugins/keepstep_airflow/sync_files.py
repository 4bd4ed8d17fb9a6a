"""The sync files as Dags are made of them: the right ones, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from keepstep.config import SyncFile, check_together, load_score_sheet, load_sync
from keepstep.core.errors import SettingsError


def read_syncs(folder: Path) -> tuple[list[SyncFile], Mapping[str, SettingsError]]:
    """All sync files of a folder: those that are right, in the order of their names, and the errors of the others."""
    right: list[SyncFile] = []
    wrong: dict[str, SettingsError] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            right.append(_read(path))
        except SettingsError as error:
            wrong[path.stem] = error
    wrong.update(check_together(right))
    return [file for file in right if file.name not in wrong], wrong


def _read(path: Path) -> SyncFile:
    try:
        file = load_sync(path)
    except (OSError, UnicodeDecodeError) as unreadable:
        raise SettingsError(f"{path.name} can't be read: {unreadable}") from None
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
