"""Sync files and score sheets: YAML in, typed and validated settings out; an error names file, line, key, allowed."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from croniter import croniter
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from keepstep.core.errors import SettingsError
from keepstep.core.model import Blanks, FieldRule, FieldType, Rule
from keepstep.core.policies import CRMS, PLATFORMS, CrmPolicy, PlatformPolicy
from keepstep.core.score import ScoreSheet, TypeRule

Model = TypeVar("Model", bound=BaseModel)
PRESETS = ("@hourly", "@daily", "@weekly", "@monthly")


def _share(value: object) -> object:
    """A share of a whole, written as 5% or as 0.05, as a number from 0 to 1."""
    if isinstance(value, str) and value.strip().endswith("%"):
        return float(value.strip()[:-1]) / 100
    return value


def _span(value: object) -> object:
    """A span of time, written as 30m, 2h or 90d."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    if isinstance(value, str) and value[:-1].strip().isdigit() and value[-1] in units:
        return timedelta(seconds=int(value[:-1]) * units[value[-1]])
    raise ValueError("a span of time is a whole number and s, m, h or d: 30m, 2h, 90d")


def _schedule(value: object) -> object:
    if value is None or value in PRESETS or (isinstance(value, str) and croniter.is_valid(value)):
        return value
    raise ValueError(f'a schedule is a cron expression such as "0 0 * * *", one of {", ".join(PRESETS)}, or null')


_SHARE_SCHEMA = {
    "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^[\d.]+\s*%$"}]
}
Share = Annotated[float, BeforeValidator(_share), Field(ge=0, le=1), WithJsonSchema(_SHARE_SCHEMA)]
Span = Annotated[timedelta, BeforeValidator(_span), WithJsonSchema({"type": "string", "pattern": r"^\d+\s*[smhd]$"})]
Schedule = Annotated[str | None, BeforeValidator(_schedule)]
FieldKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CrmSettings(_Strict):
    """Which people of which CRM."""

    system: Annotated[str, WithJsonSchema({"type": "string", "enum": sorted(CRMS)})] = Field(description="The CRM.")
    connection: str = Field(min_length=1, description="The Airflow connection to the CRM.")
    audience: str = Field(description="The selection of the CRM's people that this list holds.")
    create_at_stage: Literal["lead", "prospect", "customer"] = Field(
        default="lead", description="The stage of a company that a push has to create (AO-8)."
    )

    @field_validator("system")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in CRMS:
            raise ValueError(f"the CRM is one of {', '.join(sorted(CRMS))}")
        return value


class PlatformSettings(_Strict):
    """Which list of which marketing platform."""

    system: Annotated[str, WithJsonSchema({"type": "string", "enum": sorted(PLATFORMS)})] = Field(
        description="The marketing platform."
    )
    connection: str = Field(min_length=1, description="The Airflow connection to the platform.")
    list: str = Field(min_length=1, max_length=200, description="The list's name there; it is made if there is none.")

    @field_validator("system")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in PLATFORMS:
            raise ValueError(f"the platform is one of {', '.join(sorted(PLATFORMS))}")
        return value


class MaintenanceSettings(_Strict):
    """The list maintenance program: where the score comes from, and the column it is written to."""

    score_from: Literal["sheet", "platform"] = Field(
        default="sheet", description="Our points over activities, or the platform's own score."
    )
    score_sheet: str = Field(default="default", description="A file in include/score_sheets, without .yaml.")
    platform_score: str = Field(default="Behavior Score", description="The column with the platform's own score.")
    score_field: FieldKey = Field(default="act_on_score", description="The field that carries the score to the CRM.")
    schedule: Schedule = Field(default=None, description="With it, the maintenance is a Dag of its own.")
    wait: Span = Field(
        default=timedelta(hours=1), description="How long a sync waits for a maintenance of its own Dag."
    )


class ActivitySettings(_Strict):
    """Where activities come from."""

    source: Literal["platform", "sql"] = Field(
        default="platform", description="The platform, within its budget of calls, or a table of yours."
    )
    connection: str | None = Field(default=None, description="sql: the Airflow connection to the database.")
    query: str | None = Field(
        default=None,
        description="sql: a SELECT of the columns email, type and occurred_at (and optionally id), with :since and "
        ":until, both exclusive and inclusive bounds of the time at which a row was recorded.",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.source == "sql" and not (self.connection and self.query):
            raise ValueError("activities from sql need a connection and a query")
        return self


class FieldSettings(_Strict):
    """One mapped field, where its CRM name alone doesn't say enough."""

    crm: str = Field(min_length=1, description="The field's name in the CRM.")
    platform: str | None = Field(
        default=None, min_length=1, description="The list's column; None: made of the field's name here."
    )
    type: FieldType | None = Field(default=None, description="What it holds; None: as the CRM's schema says.")
    rule: Rule = Field(default=Rule.CRM_WINS, description="Who wins where both sides changed it since they agreed.")
    blanks: Blanks = Field(default=Blanks.KEEP, description="Whether a blank overwrites a value.")


class PullSettings(_Strict):
    """What may be changed on the platform's list."""

    add: bool = Field(default=True, description="People who are new in the audience get a row on the list.")
    update: tuple[FieldKey, ...] | None = Field(default=None, description="None: every field but email and the score.")
    remove: bool = Field(default=False, description="People who left the audience leave the list.")


class PushSettings(_Strict):
    """What may be changed in the CRM."""

    add: bool = Field(default=False, description="People who are only on the list are made in the CRM.")
    update: tuple[FieldKey, ...] | None = Field(default=None, description="None: the score field alone.")
    remove: bool = Field(default=False, description="People who left the list are deleted in the CRM.")


class LimitSettings(_Strict):
    """How much a run may do before a person has looked at its plan, and what it may cost."""

    max_removed: Share = Field(default=0.05, description="Of the people followed, removed in one run.")
    max_updated: Share = Field(default=0.5, description="Of the people followed, overwritten in one run.")
    max_blanked: Share = Field(default=0.05, description="Of the people followed, with a value cleared in one run.")
    min_rows: int = Field(default=20, ge=0, description="Shares are not looked at below this many rows.")
    api_calls: int = Field(default=20000, ge=10, description="Calls a run may make to each system.")
    activity_calls: int = Field(default=500, ge=0, description="Of these, calls that ask for activities.")


class SyncSettings(_Strict):
    """One sync file."""

    title: str = Field(min_length=1, max_length=120, description="The sync's name for people.")
    crm: CrmSettings
    platform: PlatformSettings
    schedule: Schedule = Field(default=None, description="None: runs when somebody triggers it, an import (AO-4).")
    timezone: str = Field(default="UTC", description="Of the schedule: an IANA name such as Europe/Berlin.")
    owner: str = Field(default="marketing-operations", description="Shown in Airflow: who looks after this sync.")
    tags: tuple[str, ...] = Field(default=(), description="Further tags of the Dag.")
    maintenance: MaintenanceSettings = MaintenanceSettings()
    activities: ActivitySettings = ActivitySettings()
    fields: dict[FieldKey, str | FieldSettings] = Field(
        description="Our name of a field: the CRM's name of it, or more about it. `email` is needed."
    )
    pull: PullSettings = PullSettings()
    push: PushSettings = PushSettings()
    on_deleted: Literal["stop", "recreate"] = Field(
        default="stop", description="What becomes of a prospect whose CRM record was deleted."
    )
    on_duplicates: Literal["ranked", "first_returned"] = Field(
        default="ranked", description="Which of several CRM records with one email is followed."
    )
    limits: LimitSettings = LimitSettings()

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        import pendulum

        try:
            pendulum.timezone(value)
        except Exception as wrong:
            raise ValueError("a time zone is an IANA name such as Europe/Berlin") from wrong
        return value

    @field_validator("fields")
    @classmethod
    def _email(cls, value: dict[str, str | FieldSettings]) -> dict[str, str | FieldSettings]:
        if "email" not in value:
            raise ValueError("the field email is missing: it keys the behaviour, no list works without it")
        return value

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        known = set(self.fields) | {self.maintenance.score_field}
        for way, names in (("pull", self.pull.update), ("push", self.push.update)):
            for name in names or ():
                if name not in known:
                    raise ValueError(
                        f"{way}.update names the field {name}; the file's fields are {', '.join(sorted(known))}"
                    )
        if self.maintenance.score_field in (self.pull.update or ()):
            raise ValueError(
                f"the score field {self.maintenance.score_field} goes from the platform to the CRM: not in pull.update"
            )
        return self

    # -- what the rest of the product asks -------------------------------------------------------------------------

    @property
    def crm_policy(self) -> CrmPolicy:
        """The CRM's entry in the table of policies."""
        return CRMS[self.crm.system]

    @property
    def platform_policy(self) -> PlatformPolicy:
        """The platform's entry in the table of policies."""
        return PLATFORMS[self.platform.system]

    @property
    def score_field(self) -> str:
        """Our name of the score field."""
        return self.maintenance.score_field

    def field_rules(self) -> tuple[FieldRule, ...]:
        """Every mapped field, the score included, in the file's order; types are a guess until the schema is known."""
        rules = []
        fields = dict(self.fields)
        fields.setdefault(self.score_field, self.crm_policy.custom_field.format(name=self.score_field))
        for name, given in fields.items():
            one = given if isinstance(given, FieldSettings) else FieldSettings(crm=given)
            score = name == self.score_field
            guess = FieldType.EMAIL if name == "email" else FieldType.NUMBER if score else FieldType.TEXT
            rules.append(
                FieldRule(
                    name=name,
                    crm=one.crm,
                    platform=one.platform or self._platform_name(name),
                    type=one.type or guess,
                    rule=Rule.PLATFORM_WINS if score else one.rule,
                    blanks=one.blanks,
                )
            )
        return tuple(rules)

    def _platform_name(self, name: str) -> str:
        return self.platform_policy.field_names.get(name) or name.replace("_", " ").title()

    @property
    def pull_update(self) -> frozenset[str]:
        """The fields that a pull may change on the list; by default all but email and the score (AO-6)."""
        if self.pull.update is None:
            return frozenset(self.fields) - {"email", self.score_field}
        return frozenset(self.pull.update)

    @property
    def push_update(self) -> frozenset[str]:
        """The fields that a push may change in the CRM; by default the score alone (AO-6)."""
        return frozenset({self.score_field}) if self.push.update is None else frozenset(self.push.update)


class _PointsRule(_Strict):
    points: float
    cap: float | None = Field(default=None, gt=0)


class ScoreSheetSettings(_Strict):
    """One score sheet."""

    title: str = "Default"
    points: dict[str, float | _PointsRule] = Field(min_length=1, description="Activity type: points, or {points, cap}.")
    window: Span | None = None
    half_life: Span | None = None

    @model_validator(mode="after")
    def _one_way_to_age(self) -> Self:
        if self.window and self.half_life:
            raise ValueError("a score sheet has a window or a half_life, not both")
        return self

    def sheet(self, name: str) -> ScoreSheet:
        """The sheet as the core knows it."""
        day = 86400
        return ScoreSheet(
            name=name,
            rules={
                kind: TypeRule(given.points, given.cap) if isinstance(given, _PointsRule) else TypeRule(given)
                for kind, given in self.points.items()
            },
            window_days=self.window.total_seconds() / day if self.window else None,
            half_life_days=self.half_life.total_seconds() / day if self.half_life else None,
        )


@dataclass(frozen=True, slots=True)
class SyncFile:
    """A sync file that was read and found right; its name is the file's, without .yaml."""

    name: str
    path: Path
    text: str
    settings: SyncSettings

    @property
    def hash(self) -> str:
        """Names this text of the settings for good (64 hexadecimal digits)."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def load_sync(path: Path) -> SyncFile:
    """Read one sync file. Raises SettingsError that names file, line, key and what is allowed."""
    text = path.read_text(encoding="utf-8")
    if not path.stem.isidentifier():
        raise SettingsError(f"{path.name}: a sync file's name is letters, digits and _, because it becomes a Dag's id")
    return SyncFile(path.stem, path, text, _parse(path, text, SyncSettings))


def load_score_sheet(path: Path) -> ScoreSheet:
    """Read one score sheet. Raises SettingsError that names file, line, key and what is allowed."""
    if not path.exists():
        there = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml"))) or "none"
        raise SettingsError(f"there is no score sheet {path.stem}; the score sheets in {path.parent.name} are: {there}")
    return _parse(path, path.read_text(encoding="utf-8"), ScoreSheetSettings).sheet(path.stem)


def check_together(files: Sequence[SyncFile]) -> dict[str, SettingsError]:
    """What is wrong with these files only beside each other, by the name of the file that has to change.

    Two syncs may not fill one list, and syncs over the same two connections may not map one field to two places.
    """
    wrong: dict[str, SettingsError] = {}
    lists: dict[tuple[str, str], str] = {}
    for file in sorted(files, key=lambda f: f.name):
        target = (file.settings.platform.connection, file.settings.platform.list)
        if target in lists:
            line = _line(_compose(file.path, file.text), ("platform", "list"))
            wrong[file.name] = SettingsError(
                f"{file.path.name}, line {line}: platform.list {target[1]!r} is already filled by {lists[target]}.yaml; "
                "each list belongs to one sync"
            )
        else:
            lists[target] = file.name
    return wrong


def json_schema() -> dict[str, Any]:
    """The JSON schema of sync files, for editors."""
    return SyncSettings.model_json_schema()


def _parse(path: Path, text: str, model: type[Model]) -> Model:
    node = _compose(path, text)
    doubled = next(_doubled_keys(node), None)
    if doubled:
        raise SettingsError(
            f"{path.name}, line {doubled.start_mark.line + 1}: the key {doubled.value} stands here twice"
        )
    try:
        return model.model_validate(yaml.safe_load(text))
    except ValidationError as wrong:
        raise SettingsError("\n".join(_say(path, node, model, error) for error in wrong.errors())) from None


def _say(path: Path, node: yaml.Node, model: type[BaseModel], error: Any) -> str:
    """One of pydantic's errors in our words: file, line, key, what is wrong, what is allowed."""
    keys = tuple(part for part in error["loc"] if _is_key(part))
    where = f"{path.name}, line {_line(node, keys)}: {'.'.join(map(str, keys)) or 'the file'}"
    if error["type"] == "extra_forbidden":
        allowed = _allowed(model, keys[:-1])
        close = difflib.get_close_matches(str(keys[-1]), allowed, n=1)
        guess = f" (did you mean {close[0]}?)" if close else ""
        return f"{where}: there is no such key{guess}; allowed here: {', '.join(allowed)}"
    if error["type"] == "missing":
        return f"{where}: this key is missing"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"


def _is_key(part: object) -> bool:
    """Pydantic puts the name of a union's branch among the keys; those are not in the file."""
    return isinstance(part, int) or (isinstance(part, str) and part.isidentifier() and part not in _BRANCHES)


_BRANCHES = ("str", "float", "FieldSettings", "_PointsRule")


def _allowed(model: type[BaseModel], keys: Sequence[object]) -> list[str]:
    current: Any = model
    for key in keys:
        annotation = (
            current.model_fields[key].annotation if isinstance(key, str) and key in current.model_fields else None
        )
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return sorted(FieldSettings.model_fields)
        current = annotation
    return sorted(current.model_fields)


def _line(node: yaml.Node, keys: Sequence[object]) -> int:
    """The line of the deepest of these keys that the file has, counted from 1."""
    line = node.start_mark.line + 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(key)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
    return line


def _doubled_keys(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key
            seen.add(key.value)
            yield from _doubled_keys(value)


def _compose(path: Path, text: str) -> yaml.Node:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise SettingsError(f"{path.name}, line {line}: not YAML: {wrong.problem}") from wrong
    if not isinstance(node, yaml.MappingNode):
        raise SettingsError(f"{path.name}, line 1: the file must hold keys and values (title:, crm:, platform: …)")
    return node
