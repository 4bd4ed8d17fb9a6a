"""What the sync file of a whole account's prospects may say: typed, validated and frozen."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from keepstep.common_settings import CommonSettings, FieldSettings, GuardSettings
from keepstep.core.model import FieldRule, FieldType, Rule
from keepstep.core.prospect_policy import CRM_ID, OWNER, OnEmailChange, OwnerFallback
from keepstep.setting_values import FieldKey, Schedule, Strict, Wrong

OPTED_OUT = "opted_out"
OURS = (OWNER, CRM_ID)  # fields that every prospect sync has by itself


class ProspectPullSettings(Strict):
    """What may be changed on the platform."""

    add: bool = Field(default=True, description="A record that is new in the CRM becomes a prospect (EX-10).")
    add_existing: bool = Field(default=False, description="So do records that were there before the sync's first run.")
    update: tuple[FieldKey, ...] | None = Field(default=None, description="None: every field the platform doesn't own.")


class ProspectPushSettings(Strict):
    """What may be changed in the CRM."""

    add: bool = Field(default=True, description="An assigned prospect without a CRM record gets one (SY-1).")
    update: tuple[FieldKey, ...] | None = Field(default=None, description="None: every field.")


class DeletedSettings(Strict):
    """What is done to a prospect whose CRM record was deleted (EX-11)."""

    mark: bool = Field(default=True, description="The platform's field with the CRM's id says so.")
    bin: bool = Field(default=False, description="The prospect goes to the platform's recycle bin.")


class ResumeSettings(Strict):
    """Whose sync is switched on again although the CRM record was deleted (SY-17)."""

    activities: tuple[str, ...] = Field(default=(), description="Whoever does one of these.")
    fields: dict[FieldKey, str] = Field(default={}, description="Whose fields have these values, all of them.")


class TriggerSettings(Strict):
    """What puts a prospect into the queue, beside changes of fields on either side (EX-1)."""

    activities: tuple[str, ...] | None = Field(default=None, description="None: those that show intent.")


class ProspectLimits(GuardSettings):
    """How much a run may do before a person has looked at its plan, and what it may cost."""

    prospects: int | None = Field(
        default=5000, ge=1, description="Taken from the queue in one run; null: as many as the API calls allow (SY-6)."
    )


class ProspectSettings(CommonSettings):
    """One sync file of a whole account's prospects."""

    kind: Literal["prospects"] = Field(description="Every prospect of the account, with the CRM's leads and contacts.")
    schedule: Schedule = Field(
        default=None, description="None: the CRM's usual one, every two minutes for Salesforce (SY-5, SY-6)."
    )
    create_as: str | None = Field(default=None, description="What a new prospect becomes in the CRM: lead or contact.")
    crm_id_field: str | None = Field(
        default=None,
        description="The platform's field that holds the CRM record's id, a custom one that you make; None: the "
        "platform's own where it has one for this CRM, else none.",
    )
    match_by: Literal["email", "crm_id"] = Field(
        default="email",
        description="By the id that the platform holds, then by email; or by that id alone (SY-13).",
    )
    detect_deletes: bool = Field(default=True, description="Off: what was deleted in the CRM is made again (SY-16).")
    deleted: DeletedSettings = DeletedSettings()
    resume_deleted: ResumeSettings = ResumeSettings()
    on_email_change: OnEmailChange = Field(
        default=OnEmailChange.FOLLOW, description="Of a linked pair, where one side gets another address."
    )
    email_follows_crm: bool = Field(default=True, description="The prospect gets the CRM's new address (EX-6).")
    owner_fallback: OwnerFallback = Field(
        default=OwnerFallback.HOLD, description="Where the assigned user is unknown in the CRM (EX-3)."
    )
    pull: ProspectPullSettings = ProspectPullSettings()
    push: ProspectPushSettings = ProspectPushSettings()
    triggers: TriggerSettings = TriggerSettings()
    limits: ProspectLimits = ProspectLimits()

    @model_validator(mode="after")
    def _fits_its_systems(self) -> Self:
        if self.platform_policy.prospect_object is None:
            raise Wrong(f"{self.platform_policy.title} has lists, not prospects: leave kind out", "platform", "system")
        allowed = self.crm_policy.create_as
        if not allowed:
            raise Wrong(f"{self.crm_policy.title} can't sync prospects yet", "crm", "system")
        if self.match_by == "crm_id" and self.id_field is None:
            text = f"{self.platform_policy.title} has no field of its own for an id of {self.crm_policy.title}"
            raise Wrong(f"{text}: make a custom text field there and name it in crm_id_field", "match_by")
        if self.create_as is not None and self.create_as not in allowed:
            raise Wrong(f"a new prospect becomes a {' or a '.join(allowed)} in {self.crm_policy.title}", "create_as")
        return self

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        for name in OURS:
            if name in self.fields:
                raise Wrong(f"the field {name} is there by itself; leave it out", "fields", name)
        known = {rule.name for rule in self.field_rules()}
        ways = (("pull", self.pull.update), ("push", self.push.update))
        for way, names in ways:
            for place, name in enumerate(names or ()):
                if name not in known:
                    text = f"names the field {name}; the fields are {', '.join(sorted(known))}"
                    raise Wrong(text, way, "update", place)
        for name in self.resume_deleted.fields:
            if name not in known:
                text = f"names the field {name}; the fields are {', '.join(sorted(known))}"
                raise Wrong(text, "resume_deleted", "fields", name)
        return self

    # -- what the rest of the product asks -------------------------------------------------------------------------

    @property
    def new_object(self) -> str:
        """The CRM object that a new prospect becomes."""
        return self.create_as or self.crm_policy.create_as[0]

    @property
    def every(self) -> str:
        """The schedule: the file's, else the CRM's usual one (SY-5, SY-6)."""
        return self.schedule or self.crm_policy.default_schedule

    @property
    def trigger_activities(self) -> tuple[str, ...]:
        """The activities that put a prospect into the queue."""
        given = self.triggers.activities
        return self.platform_policy.triggers if given is None else given

    @property
    def id_field(self) -> str | None:
        """The platform's field that holds the CRM record's id; None: nothing there tells it."""
        return self.crm_id_field or self.platform_policy.crm_id_fields.get(self.crm.system)

    def field_rules(self) -> tuple[FieldRule, ...]:
        """Every mapped field: the file's, the opt-out, the owner and the CRM's id; types are a guess until asked."""
        platform = self.platform_policy
        fields = dict(self.fields)
        if OPTED_OUT not in fields and self.crm_policy.opt_out_field:
            fields[OPTED_OUT] = self.crm_policy.opt_out_field
        rules = [self._rule(name, given) for name, given in fields.items()]
        owner = FieldRule(OWNER, str(self.crm_policy.owner_field), str(platform.owner_field), rule=Rule.CRM_WINS)
        told = [FieldRule(CRM_ID, "Id", self.id_field, rule=Rule.CRM_OWNED)] if self.id_field else []
        return (*rules, owner, *told)

    def _rule(self, name: str, given: str | FieldSettings) -> FieldRule:
        one = given if isinstance(given, FieldSettings) else FieldSettings(crm=given)
        rule = one.rule
        kind = one.type or (FieldType.EMAIL if name == "email" else FieldType.TEXT)
        if name == OPTED_OUT:
            rule, kind = Rule.OPT_OUT_WINS, FieldType.BOOLEAN  # whatever the file says: it is a law
        elif name in self.platform_policy.platform_owned and "rule" not in one.model_fields_set:
            rule = Rule.PLATFORM_OWNED
        return FieldRule(name, one.crm, one.platform or self.platform_name(name), kind, rule, one.blanks)

    @property
    def pull_update(self) -> frozenset[str]:
        """The fields that may be changed on the platform."""
        known = {rule.name for rule in self.field_rules()}
        given = known if self.pull.update is None else {*self.pull.update, OPTED_OUT, CRM_ID}
        owned = {rule.name for rule in self.field_rules() if rule.rule is Rule.PLATFORM_OWNED}
        kept = set() if self.email_follows_crm else {"email"}
        return frozenset((given & known) - owned - kept)

    @property
    def push_update(self) -> frozenset[str]:
        """The fields that may be changed in the CRM."""
        known = {rule.name for rule in self.field_rules()} - {CRM_ID}
        given = known if self.push.update is None else {*self.push.update, OPTED_OUT}
        return frozenset(given & known)
