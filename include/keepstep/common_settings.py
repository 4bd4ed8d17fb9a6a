"""What the files of every sync have in common: when they run, which connections and fields they name, their limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, WithJsonSchema, field_validator

from keepstep.core.model import Blanks, FieldType, Rule
from keepstep.core.policies import CRMS, PLATFORMS, CrmPolicy, PlatformPolicy
from keepstep.setting_values import FieldKey, Schedule, Share, Strict, TimeZone, Wrong


class CrmConnection(Strict):
    """Which CRM."""

    system: Annotated[str, WithJsonSchema({"type": "string", "enum": sorted(CRMS)})] = Field(description="The CRM.")
    connection: str = Field(min_length=1, description="The Airflow connection to the CRM.")

    @field_validator("system")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in CRMS:
            raise Wrong(f"the CRM is one of {', '.join(sorted(CRMS))}")
        return value


class PlatformConnection(Strict):
    """Which marketing platform."""

    system: Annotated[str, WithJsonSchema({"type": "string", "enum": sorted(PLATFORMS)})] = Field(
        description="The marketing platform."
    )
    connection: str = Field(min_length=1, description="The Airflow connection to the platform.")

    @field_validator("system")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in PLATFORMS:
            raise Wrong(f"the platform is one of {', '.join(sorted(PLATFORMS))}")
        return value


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


class GuardSettings(Strict):
    """How much a run may do before a person has looked at its plan, and what it may cost."""

    max_removed: Share = Field(default=0.05, description="Of the people followed, removed in one run.")
    max_updated: Share = Field(default=0.5, description="Of the people followed, overwritten in one run.")
    max_blanked: Share = Field(default=0.05, description="Of the people followed, with a value cleared in one run.")
    min_rows: int = Field(default=20, ge=0, description="Shares are not looked at below this many rows.")
    api_calls: int = Field(default=20000, ge=10, description="Calls a run may make to each system.")


class CommonSettings(Strict):
    """What every sync file says."""

    title: str = Field(min_length=1, max_length=120, description="The sync's name for people.")
    crm: CrmConnection
    platform: PlatformConnection
    schedule: Schedule = Field(default=None, description="None: runs when somebody triggers it, an import (AO-4).")
    timezone: TimeZone = Field(default="UTC", description="Of the schedule: an IANA name such as Europe/Berlin.")
    owner: str = Field(default="marketing-operations", description="Shown in Airflow: who looks after this sync.")
    tags: tuple[str, ...] = Field(default=(), description="Further tags of the Dag.")
    fields: dict[FieldKey, MappedField] = Field(
        description="Our name of a field: the CRM's name of it, or more about it. `email` is needed."
    )
    on_deleted: Literal["stop", "recreate"] = Field(
        default="stop", description="What becomes of a prospect whose CRM record was deleted."
    )
    on_duplicates: Literal["ranked", "first_returned"] = Field(
        default="ranked", description="Which of several CRM records with one email is followed."
    )
    limits: GuardSettings = GuardSettings()

    @field_validator("fields")
    @classmethod
    def _email(cls, value: dict[str, str | FieldSettings]) -> dict[str, str | FieldSettings]:
        if "email" not in value:
            raise Wrong("the field email is missing: it keys the behaviour, no list works without it")
        return value

    @property
    def crm_policy(self) -> CrmPolicy:
        """The CRM's entry in the table of policies."""
        return CRMS[self.crm.system]

    @property
    def platform_policy(self) -> PlatformPolicy:
        """The platform's entry in the table of policies."""
        return PLATFORMS[self.platform.system]

    def platform_name(self, name: str) -> str:
        """The platform's name of a field that the file gives none for."""
        return self.platform_policy.field_names.get(name) or name.replace("_", " ").title()
