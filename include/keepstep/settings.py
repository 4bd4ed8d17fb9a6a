"""What the sync file of a list may say: typed, validated and frozen."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from keepstep.common_settings import (
    CommonSettings,
    CrmConnection,
    FieldSettings,
    GuardSettings,
    PlatformConnection,
)
from keepstep.core.model import FieldRule, FieldType, Rule, Side
from keepstep.core.policies import CRMS
from keepstep.setting_values import FieldKey, Schedule, Span, Strict, Wrong


class CrmSettings(CrmConnection):
    """Which people of which CRM."""

    audience: str = Field(description="The selection of the CRM's people that this list holds.")
    marketing_list: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Of the audience's people only those on this marketing list of the CRM, by its name.",
    )
    create_at_stage: Literal["lead", "prospect", "customer"] = Field(
        default="lead", description="The stage of a company that a push has to create (AO-8)."
    )

    @model_validator(mode="after")
    def _known_audience(self) -> Self:
        whole = CRMS[self.system].audience_objects
        if whole and self.audience not in whole:
            raise Wrong(f"the audience is one of {', '.join(sorted(whole))}", "audience")
        if self.marketing_list is not None and not CRMS[self.system].marketing_lists:
            having = ", ".join(sorted(policy.title for policy in CRMS.values() if policy.marketing_lists))
            raise Wrong(f"marketing lists of the CRM are read from {having} alone", "marketing_list")
        return self

    @property
    def whom(self) -> str:
        """The audience as people read it."""
        audience = self.audience.replace("_", " ")
        return audience if self.marketing_list is None else f"{audience} on the marketing list {self.marketing_list}"

    @property
    def selection(self) -> str | None:
        """What the connector is asked for; None: every record of the object."""
        return self.marketing_list if CRMS[self.system].audience_objects else self.audience


class PlatformSettings(PlatformConnection):
    """Which list of which marketing platform."""

    list: str = Field(min_length=1, max_length=200, description="The list's name there; it is made if there is none.")


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


class LimitSettings(GuardSettings):
    """How much a run may do before a person has looked at its plan, and what it may cost."""

    activity_calls: int = Field(default=500, ge=0, description="Of these, calls that ask for activities.")


class SyncSettings(CommonSettings):
    """One sync file of a list."""

    kind: Literal["list"] = Field(default="list", description="A list's people; `prospects` syncs a whole account.")
    crm: CrmSettings
    platform: PlatformSettings
    maintenance: MaintenanceSettings = MaintenanceSettings()
    activities: ActivitySettings = ActivitySettings()
    pull: PullSettings = PullSettings()
    push: PushSettings = PushSettings()
    limits: LimitSettings = LimitSettings()

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
        if self.push.add and crm.marketing_list is not None:
            raise Wrong(
                "nobody whom push.add makes is on the CRM's marketing list: leave one of them out", "push", "add"
            )
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
                    platform=one.platform or self.platform_name(name),
                    type=one.type or guess,
                    rule=Rule.PLATFORM_WINS if score else one.rule,
                    blanks=one.blanks,
                )
            )
        return tuple(rules)

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
