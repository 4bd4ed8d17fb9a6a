"""What the file of a CRM's private contacts may say: typed, validated and frozen."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from keepstep.common_settings import CrmConnection
from keepstep.core.errors import Bug
from keepstep.core.normalize import normalize_email
from keepstep.core.policies import CRMS, CompanyReference, CrmPolicy
from keepstep.setting_values import Schedule, Span, Strict, TimeZone, Wrong

NEVER = 1.01  # above every score


def _address(value: str) -> str:
    if normalize_email(value) is None:
        raise Wrong("a recipient is an email address such as admin@example.com")
    return value


class PrivateCrmSettings(CrmConnection):
    """Whose private contacts."""

    @model_validator(mode="after")
    def _has_some(self) -> Self:
        if CRMS[self.system].company_reference is None:
            able = sorted(name for name, policy in CRMS.items() if policy.company_reference is not None)
            raise Wrong(f"private contacts are known of {', '.join(able)} only", "system")
        return self


class ThresholdSettings(Strict):
    """From which score on a company is proposed, and from which on it is written without asking."""

    propose_from: Annotated[float, Field(ge=0.5, le=1)] = Field(
        default=0.8, description="A company with at least this score (0.5 to 1) is proposed."
    )
    apply_from: Annotated[float, Field(gt=0, le=NEVER)] = Field(
        default=NEVER, description="A clear one with at least this score is written by itself; 1.01: none ever is."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.apply_from < self.propose_from:
            raise Wrong("apply_from is not below propose_from: only what is proposed can be applied", "apply_from")
        return self


class ApprovalSettings(Strict):
    """Whether a run waits for a person to choose among the proposals."""

    ask: bool = Field(default=True, description="False: nobody is asked, proposals stay open.")
    wait: Span = Field(
        default=timedelta(days=3),
        description="How long it waits for an answer; then the run fails, and nothing was written.",
        json_schema_extra={"default": "3d"},
    )


class MailSettings(Strict):
    """To whom the list goes."""

    connection: str = Field(default="smtp_default", min_length=1, description="Airflow's SMTP connection.")
    to: tuple[Annotated[str, AfterValidator(_address)], ...] = Field(
        default=(), description="Who gets the list; nobody: no mail is sent."
    )
    subject: str = Field(default="Private contacts", min_length=1, max_length=200, description="The mail's subject.")

    @field_validator("subject")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if len(value.splitlines()) > 1:
            raise Wrong("a subject is one line")
        return value


class PrivateLimits(Strict):
    """What a run may cost."""

    api_calls: int = Field(default=20000, ge=10, description="Calls a run may make to the CRM.")


class PrivateContactsSettings(Strict):
    """One file of private contacts."""

    title: str = Field(min_length=1, max_length=120, description="Its name for people.")
    crm: PrivateCrmSettings
    schedule: Schedule = Field(default=None, description="None: runs when somebody triggers it.")
    timezone: TimeZone = Field(default="UTC", description="Of the schedule: an IANA name such as Europe/Berlin.")
    owner: str = Field(default="marketing-operations", description="Shown in Airflow: who looks after it.")
    tags: tuple[str, ...] = Field(default=(), description="Further tags of the Dag.")
    company_field: str | None = Field(
        default=None,
        min_length=1,
        description="The contact's field that holds the company as given (a custom one); None: emails alone tell.",
    )
    thresholds: ThresholdSettings = ThresholdSettings()
    approval: ApprovalSettings = ApprovalSettings()
    mail: MailSettings = MailSettings()
    limits: PrivateLimits = PrivateLimits()

    @property
    def crm_policy(self) -> CrmPolicy:
        """The CRM's entry in the table of policies."""
        return CRMS[self.crm.system]

    @property
    def reference(self) -> CompanyReference:
        """How a person of this CRM says which company it belongs to."""
        found = self.crm_policy.company_reference
        if found is None:
            raise Bug(f"{self.crm.system} has no private contacts")
        return found
