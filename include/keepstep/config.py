"""Sync files and score sheets: YAML in, typed and validated settings out; an error names file, line, key, allowed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema

from keepstep.common_settings import FieldSettings
from keepstep.complaints import Loader, compose, line_of, no_yaml, say
from keepstep.core.errors import SettingsError
from keepstep.core.score import ScoreSheet
from keepstep.private_settings import PrivateContactsSettings
from keepstep.prospect_settings import ProspectSettings
from keepstep.settings import (
    ActivitySettings,
    CrmSettings,
    LimitSettings,
    MaintenanceSettings,
    PlatformSettings,
    PullSettings,
    PushSettings,
    SyncSettings,
)
from keepstep.sheet_settings import ScoreSheetSettings

__all__ = [
    "ActivitySettings",
    "CrmSettings",
    "FieldSettings",
    "LimitSettings",
    "MaintenanceSettings",
    "PlatformSettings",
    "PrivateContactsFile",
    "PrivateContactsSettings",
    "ProspectFile",
    "ProspectSettings",
    "PullSettings",
    "PushSettings",
    "ScoreSheetSettings",
    "SettingsFile",
    "SyncFile",
    "SyncSettings",
    "check_together",
    "is_prospect_sync",
    "json_schema",
    "load_private_contacts",
    "load_prospect_sync",
    "load_score_sheet",
    "load_sync",
]

Model = TypeVar("Model", bound=BaseModel)
Settings_co = TypeVar("Settings_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True, slots=True)
class SettingsFile(Generic[Settings_co]):
    """A settings file that was read and found right; its name is the file's, without .yaml."""

    name: str
    path: Path
    text: str
    settings: Settings_co

    @property
    def hash(self) -> str:
        """Names this text of the settings for good (64 hexadecimal digits)."""
        return hashlib.sha256(self.text.encode()).hexdigest()


SyncFile = SettingsFile[SyncSettings]
ProspectFile = SettingsFile[ProspectSettings]
PrivateContactsFile = SettingsFile[PrivateContactsSettings]


def load_sync(path: Path) -> SyncFile:
    """Read the sync file of a list. Raises SettingsError that names file, line, key and what is allowed."""
    return _load(path, SyncSettings)


def load_prospect_sync(path: Path) -> ProspectFile:
    """Read the sync file of an account's prospects. Raises SettingsError likewise."""
    return _load(path, ProspectSettings)


def load_private_contacts(path: Path) -> PrivateContactsFile:
    """Read the file of a CRM's private contacts. Raises SettingsError likewise."""
    return _load(path, PrivateContactsSettings)


def is_prospect_sync(path: Path) -> bool:
    """Whether a sync file is of this kind: only such a file says one. What is wrong is told by whoever loads it."""
    try:
        root = _plain(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return False
    return isinstance(root, dict) and "kind" in root


def _load(path: Path, model: type[Settings_co]) -> SettingsFile[Settings_co]:
    text = _read(path)
    if not path.stem.isidentifier():
        raise SettingsError(f"{path.name}: a sync file's name is letters, digits and _, because it becomes a Dag's id")
    return SettingsFile(path.stem, path, text, _parse(path, text, model))


def load_score_sheet(path: Path) -> ScoreSheet:
    """Read one score sheet. Raises SettingsError that names file, line, key and what is allowed."""
    if not path.exists():
        there = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml"))) or "none"
        raise SettingsError(f"there is no score sheet {path.stem}; the score sheets in {path.parent.name} are: {there}")
    return _parse(path, _read(path), ScoreSheetSettings).sheet(path.stem)


def check_together(files: Sequence[SyncFile | ProspectFile]) -> dict[str, SettingsError]:
    """What is wrong with these files only beside each other, by the name of the file that has to change.

    Two syncs may not fill one list, nor sync the prospects of one account with one CRM.
    """
    wrong: dict[str, SettingsError] = {}
    owners: dict[tuple[str, ...], str] = {}
    for file in sorted(files, key=lambda f: f.name):
        mine = _claim(file)
        first = owners.setdefault(mine.of, file.name)
        if first != file.name:
            line = line_of(compose(file.path, file.text), mine.keys)
            where = f"{file.path.name}, line {line}: {'.'.join(mine.keys)}"
            wrong[file.name] = SettingsError(f"{where}: {mine.taken} by {first}.yaml; {mine.rule}")
    return wrong


@dataclass(frozen=True, slots=True)
class _Claim:
    """What belongs to one sync file alone."""

    of: tuple[str, ...]
    keys: tuple[str, ...]  # that say so
    taken: str  # what a second file is told
    rule: str


def _claim(file: SyncFile | ProspectFile) -> _Claim:
    settings = file.settings
    if isinstance(settings, ProspectSettings):
        crm, platform = settings.crm.connection, settings.platform.connection
        taken = f"the prospects of {platform} are already synced with {crm}"
        rule = "an account's prospects have one sync with a CRM"
        return _Claim(("prospects", crm, platform), ("platform", "connection"), taken, rule)
    connection, name = settings.platform.connection, settings.platform.list
    taken = f"the list {name!r} is already filled"
    return _Claim(("list", connection, name), ("platform", "list"), taken, "each list belongs to one sync")


def json_schema(kind: type[SyncSettings | ProspectSettings] | None = None) -> dict[str, Any]:
    """The JSON schema of sync files, for editors: of every kind in one, or of one kind."""
    if kind is not None:
        return kind.model_json_schema()
    references, schema = models_json_schema([(SyncSettings, "validation"), (ProspectSettings, "validation")])
    return {
        "type": "object",
        "if": {"required": ["kind"]},
        "then": references[ProspectSettings, "validation"],
        "else": references[SyncSettings, "validation"],
        **schema,
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        line = path.read_bytes()[: wrong.start].count(b"\n") + 1
        raise SettingsError(
            f"{path.name} can't be read, line {line}: not UTF-8 text; save it in that encoding"
        ) from None
    except OSError as wrong:
        raise SettingsError(f"{path.name} can't be read: {wrong.strerror}") from wrong


def _parse(path: Path, text: str, model: type[Model]) -> Model:
    node = compose(path, text)
    try:
        return model.model_validate(_plain(text))
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False)
        raise SettingsError("\n".join(say(path, node, model, dict(error)) for error in errors)) from None
    except yaml.YAMLError as wrong:
        raise no_yaml(path, wrong) from None


def _plain(text: str) -> object:
    loader = Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
