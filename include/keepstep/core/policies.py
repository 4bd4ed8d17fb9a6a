"""How systems differ, as data: one frozen value a system. Outside connectors nothing asks for a system's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class CrmPolicy:
    """What a CRM calls things, and how a sync with it behaves by default."""

    system: str
    title: str
    person_object: str  # the object that a list's people are
    company_object: str | None  # a person is created under one of these; None: not needed
    company_field: str | None  # the field of the person that refers to it
    company_name_field: str | None  # the name of the company object
    lookup_order: tuple[str, ...]  # objects, in the order in which a person is looked up by email (NS-6, DY-6, SY-11)
    default_schedule: str
    run_cap: int | None  # people a run at the most; None: no cap
    announces_deletions: bool
    inactive_syncs: bool  # an inactive record goes on syncing (DY-1), or is a sync error (NS-1)
    custom_field: str  # how a custom field's own name is made of ours
    field_names: Mapping[str, str] = field(default_factory=dict)  # our usual names -> the CRM's
    stage_audiences: Mapping[str, str] = field(default_factory=dict)  # a company's stage -> its people's audience
    reference_fields: frozenset[str] = frozenset()  # fields of the person that refer to another record
    score_field_help: str = ""  # how to make the score field, when it isn't there (AO-13)


@dataclass(frozen=True, slots=True)
class PlatformPolicy:
    """What a marketing platform calls things."""

    system: str
    title: str
    row_object: str
    email_column: str
    field_names: Mapping[str, str] = field(default_factory=dict)  # our usual names -> the platform's
    platform_owned: frozenset[str] = frozenset()  # beside the score: the platform's value wins (SY-2, EX-5)


_STAGE_AUDIENCES = MappingProxyType(
    {
        "lead": "affiliated_with_leads",
        "prospect": "affiliated_with_prospects",
        "customer": "affiliated_with_customers",
    }
)

NETSUITE = CrmPolicy(
    system="netsuite",
    title="NetSuite",
    person_object="contact",
    company_object="customer",
    company_field="company",
    company_name_field="companyName",
    lookup_order=("lead", "contact"),
    default_schedule="*/10 * * * *",
    run_cap=100,
    announces_deletions=False,
    inactive_syncs=False,
    custom_field="custentity_{name}",
    field_names=MappingProxyType(
        {
            "email": "email",
            "first_name": "firstName",
            "last_name": "lastName",
            "title": "title",
            "phone": "phone",
            "company": "company",
            "lead_source": "leadSource",
        }
    ),
    stage_audiences=_STAGE_AUDIENCES,
    reference_fields=frozenset({"company", "leadSource", "contactSource"}),
    score_field_help=(
        "In NetSuite, make a custom entity field (Customization > Lists, Records & Fields > Entity Fields > New): "
        "type Integer Number, ID {script_id}, applied to Customer and to Contact, with edit access for the role that "
        "this connection uses. Then run this sync again."
    ),
)

ACT_ON = PlatformPolicy(
    system="act_on",
    title="Act-On",
    row_object="row",
    email_column="E-mail Address",
    field_names=MappingProxyType(
        {
            "email": "E-mail Address",
            "first_name": "First Name",
            "last_name": "Last Name",
            "title": "Job Title",
            "phone": "Business Phone",
            "company": "Company",
            "lead_source": "Lead Source",
            "act_on_score": "Act-On Score",
        }
    ),
)

MEMORY_CRM = CrmPolicy(
    system="memory_crm",
    title="In-memory CRM",
    person_object="contact",
    company_object="customer",
    company_field="company",
    company_name_field="name",
    lookup_order=("contact",),
    default_schedule="0 0 * * *",
    run_cap=None,
    announces_deletions=True,
    inactive_syncs=False,
    custom_field="{name}",
    stage_audiences=_STAGE_AUDIENCES,
    reference_fields=frozenset({"company"}),
    score_field_help="Add the field {script_id} to the in-memory CRM's contact.",
)

MEMORY_PLATFORM = PlatformPolicy(
    system="memory_platform", title="In-memory platform", row_object="row", email_column="email"
)

CRMS: Mapping[str, CrmPolicy] = MappingProxyType({p.system: p for p in (NETSUITE, MEMORY_CRM)})
PLATFORMS: Mapping[str, PlatformPolicy] = MappingProxyType({p.system: p for p in (ACT_ON, MEMORY_PLATFORM)})
