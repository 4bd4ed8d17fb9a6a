"""What a sync file may say: typed, validated and frozen."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

import pendulum
from pydantic import Discriminator, Field, Tag, WithJsonSchema, field_validator, model_validator

from keepstep.core.model import Blanks, FieldRule, FieldType, Rule, Side
from keepstep.core.policies import CRMS, PLATFORMS, CrmPolicy, PlatformPolicy
from keepstep.setting_values import FieldKey, Schedule, Share, Span, Strict, Wrong


class CrmSettings(Strict):
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
            raise Wrong(f"the CRM is one of {', '.join(sorted(CRMS))}")
        return value


class PlatformSettings(Strict):
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
            raise Wrong(f"the platform is one of {', '.join(sorted(PLATFORMS))}")
        return value


class MaintenanceSettings(Strict):
    """The list maintenance program: where the score comes from, and the column it is written to."""

    score_from: Literal["sheet", "platform"] = Field(
        default="sheet", description="Our points over activities, or the platform's own score."
    )
    score_sheet: str = Field(default="default", description="A file in include/score_sheets, without .yaml.")
    platform_score: str = Field(default="Behavior Score", description="The column with the platform's own score.")
    score_field: FieldKey = Field(default="act_on_score", description="The field that carries the score to the CRM.")
    schedule: Schedule = Field(default=None, description="With it, the maintenance is a Dag of its own.")
    wait: Span = Field(
        default=timedelta(hours=1),
        description="How long a sync waits for a maintenance of its own Dag.",
        json_schema_extra={"default": "1h"},
    )


class ActivitySettings(Strict):
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
            raise Wrong("activities from sql need a connection and a query")
        return self


class FieldSettings(Strict):
    """One mapped field, where its CRM name alone doesn't say enough."""

    crm: str = Field(min_length=1, description="The field's name in the CRM.")
    platform: str | None = Field(
        default=None, min_length=1, description="The list's column; None: made of the field's name here."
    )
    type: FieldType | None = Field(default=None, description="What it holds; None: as the CRM's schema says.")
    rule: Rule = Field(default=Rule.CRM_WINS, description="Who wins where both sides changed it since they agreed.")
    blanks: Blanks = Field(default=Blanks.KEEP, description="Whether a blank overwrites a value.")


def _field_form(value: object) -> str | None:
    return "str" if isinstance(value, str) else "FieldSettings" if isinstance(value, dict | FieldSettings) else None


MappedField = Annotated[
    Annotated[str, Field(min_length=1), Tag("str")] | Annotated[FieldSettings, Tag("FieldSettings")],
    Discriminator(
        _field_form,
        custom_error_type="field_form",
        custom_error_message="a field is its name in the CRM, or {crm: its name there, platform: its column, rule: …}",
    ),
]


class PullSettings(Strict):
    """What may be changed on the platform's list."""

    add: bool = Field(default=True, description="People who are new in the audience get a row on the list.")
    update: tuple[FieldKey, ...] | None = Field(default=None, description="None: every field but the score.")
    remove: bool = Field(default=False, description="People who left the audience leave the list.")


class PushSettings(Strict):
    """What may be changed in the CRM."""

    add: bool = Field(default=False, description="People who are only on the list are made in the CRM.")
    update: tuple[FieldKey, ...] | None = Field(default=None, description="None: the score field alone.")
    remove: bool = Field(default=False, description="People who left the list are deleted in the CRM.")


class LimitSettings(Strict):
    """How much a run may do before a person has looked at its plan, and what it may cost."""

    max_removed: Share = Field(default=0.05, description="Of the people followed, removed in one run.")
    max_updated: Share = Field(default=0.5, description="Of the people followed, overwritten in one run.")
    max_blanked: Share = Field(default=0.05, description="Of the people followed, with a value cleared in one run.")
    min_rows: int = Field(default=20, ge=0, description="Shares are not looked at below this many rows.")
    api_calls: int = Field(default=20000, ge=10, description="Calls a run may make to each system.")
    activity_calls: int = Field(default=500, ge=0, description="Of these, calls that ask for activities.")


class SyncSettings(Strict):
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
    fields: dict[FieldKey, MappedField] = Field(
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
        try:
            pendulum.timezone(value)
        except (ValueError, OSError) as wrong:  # OSError: it names a folder of the time zone database
            raise Wrong("a time zone is an IANA name such as Europe/Berlin") from wrong
        return value

    @field_validator("fields")
    @classmethod
    def _email(cls, value: dict[str, str | FieldSettings]) -> dict[str, str | FieldSettings]:
        if "email" not in value:
            raise Wrong("the field email is missing: it keys the behaviour, no list works without it")
        return value

    @model_validator(mode="after")
    def _score_apart(self) -> Self:
        score = self.score_field
        if score == "email":
            raise Wrong("the score needs a field of its own, not email", "maintenance", "score_field")
        if score in (self.pull.update or ()):
            text = f"the score field {score} goes from the platform to the CRM, never back"
            raise Wrong(text, "pull", "update", (self.pull.update or ()).index(score))
        return self

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        known = set(self.fields) | {self.score_field}
        for way, names in (("pull", self.pull.update), ("push", self.push.update)):
            for place, name in enumerate(names or ()):
                if name not in known:
                    text = f"names the field {name}; the file's fields are {', '.join(sorted(known))}"
                    raise Wrong(text, way, "update", place)
        return self

    @model_validator(mode="after")
    def _one_place_each(self) -> Self:
        for side in Side:
            names: dict[str, str] = {}
            for rule in self.field_rules():
                first = names.setdefault(rule.on(side).casefold(), rule.name)
                if first != rule.name:
                    text = f"the {side} field {rule.on(side)} is the field {first} already; each has a place of its own"
                    raise Wrong(text, "fields", rule.name)
        return self

    @model_validator(mode="after")
    def _keeps_whom_it_adds(self) -> Self:
        crm = self.crm
        made_in = self.crm_policy.stage_audiences.get(crm.create_at_stage)
        if self.push.add and self.pull.remove and made_in not in (None, crm.audience):
            text = (
                f"people that push.add makes at this stage ({crm.create_at_stage}) belong to {made_in}, so that "
                f"pull.remove would take them off this list of {crm.audience} again: name the audience's own stage, or "
                "switch one of the two off"
            )
            raise Wrong(text, "crm", "create_at_stage")
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
        """The fields that a pull may change on the list; by default all but the score (AO-6)."""
        if self.pull.update is None:
            return frozenset(self.fields) - {self.score_field}
        return frozenset(self.pull.update)

    @property
    def push_update(self) -> frozenset[str]:
        """The fields that a push may change in the CRM; by default the score alone (AO-6)."""
        return frozenset({self.score_field}) if self.push.update is None else frozenset(self.push.update)
