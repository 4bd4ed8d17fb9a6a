"""How systems differ, as data: one frozen value a system. Outside connectors nothing asks for a system's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class CompanyReference:
    """How a person says which company it belongs to, where it may belong to none: a private contact (SF-4)."""

    person_object: str
    field: str  # of the person: the company's id; blank: private
    company_object: str
    name_field: str
    website_field: str
    first_name: str
    last_name: str
    created: str
    user_object: str = "user"
    user_name: str = "Name"


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
    inactive_syncs: bool  # an inactive record goes on syncing (DY-1), or is a sync error (NS-1)
    custom_field: str  # how a custom field's own name is made of ours
    field_names: Mapping[str, str] = field(default_factory=dict)  # our usual names -> the CRM's
    stage_audiences: Mapping[str, str] = field(default_factory=dict)  # a company's stage -> its people's audience
    reference_fields: frozenset[str] = frozenset()  # fields of the person that refer to another record
    score_field_help: str = ""  # how to make the score field, when it isn't there (AO-13)
    audience_objects: Mapping[str, str] = field(default_factory=dict)  # audiences that are whole objects -> the object
    marketing_lists: bool = False  # the CRM's own lists of people: one of them may be an audience
    create_as: tuple[str, ...] = ()  # what a new prospect may become; the first one is the default (SF-1)
    object_field_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # object -> where it differs
    owner_field: str | None = None  # the field by which a record's owner is written
    opt_out_field: str | None = None  # the field that means: do not email
    company_reference: CompanyReference | None = None  # None: nobody can be without a company there


@dataclass(frozen=True, slots=True)
class PlatformPolicy:
    """What a marketing platform calls things."""

    system: str
    title: str
    row_object: str
    email_column: str
    field_names: Mapping[str, str] = field(default_factory=dict)  # our usual names -> the platform's
    platform_owned: frozenset[str] = frozenset()  # the platform's value stands, whatever the CRM holds (SY-2, EX-5)
    passive: frozenset[str] = frozenset()  # change by themselves: they go out with the next triggered sync (EX-1)
    prospect_object: str | None = None  # its people, where they sync as such and not only by lists
    owner_field: str | None = None  # the field by which a prospect is assigned
    opt_out_field: str | None = None
    crm_id_fields: Mapping[str, str] = field(default_factory=dict)  # CRM -> the field that holds its record's id
    crm_deleted_marker: str | None = None  # what stands there once that record was deleted (EX-11)
    triggers: tuple[str, ...] = ()  # activities that show intent: they put a prospect into the queue (EX-1)


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
    lookup_order=("lead", "contact"),  # NS-6
    default_schedule="*/10 * * * *",
    inactive_syncs=False,  # NS-1
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
            "opted_out": "globalSubscriptionStatus",
        }
    ),
    stage_audiences=_STAGE_AUDIENCES,
    reference_fields=frozenset({"company", "leadSource", "contactSource", "salesRep", "entityStatus"}),
    score_field_help=(
        "In NetSuite, make a custom entity field (Customization > Lists, Records & Fields > Entity Fields > New): "
        "type Integer Number, ID {script_id}, applied to Customer and to Contact, with edit access for the role that "
        "this connection uses. Then run this sync again."
    ),
    create_as=("lead",),  # a contact has no owner in NetSuite
    object_field_names=MappingProxyType(
        {
            "lead": MappingProxyType({"company": "companyName"}),
            "contact": MappingProxyType({"company": "company.companyName"}),
        }
    ),
    owner_field="salesRep",
    opt_out_field="globalSubscriptionStatus",
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

SALESFORCE = CrmPolicy(
    system="salesforce",
    title="Salesforce",
    person_object="contact",
    company_object=None,  # accounts are read only (SF-3)
    company_field=None,
    company_name_field=None,
    lookup_order=("contact", "lead"),
    default_schedule="*/2 * * * *",
    inactive_syncs=True,
    custom_field="{name}__c",
    field_names=MappingProxyType(
        {
            "email": "Email",
            "first_name": "FirstName",
            "last_name": "LastName",
            "title": "Title",
            "phone": "Phone",
            "company": "Company",
            "lead_source": "LeadSource",
            "opted_out": "HasOptedOutOfEmail",
        }
    ),
    score_field_help=(
        "In Salesforce, make a custom field (Setup > Object Manager > Lead, and Contact > Fields & Relationships > "
        "New): type Number with no decimals, API name {script_id}, on both objects, and give the user of this "
        "connection edit access to it (field-level security). Then run this sync again."
    ),
    audience_objects=MappingProxyType({"leads": "lead", "contacts": "contact"}),
    create_as=("lead", "contact"),
    object_field_names=MappingProxyType({"contact": MappingProxyType({"company": "Account.Name"})}),
    owner_field="OwnerId",
    opt_out_field="HasOptedOutOfEmail",
    company_reference=CompanyReference(
        person_object="contact",
        field="AccountId",
        company_object="account",
        name_field="Name",
        website_field="Website",
        first_name="FirstName",
        last_name="LastName",
        created="CreatedDate",
    ),
)

DYNAMICS = CrmPolicy(
    system="dynamics",
    title="Microsoft Dynamics 365",
    person_object="contact",
    company_object=None,  # a contact needs no account
    company_field=None,
    company_name_field=None,
    lookup_order=("contact", "lead"),  # DY-6
    default_schedule="*/10 * * * *",
    inactive_syncs=True,  # DY-1, DY-2
    custom_field="new_{name}",
    field_names=MappingProxyType(
        {
            "email": "emailaddress1",
            "first_name": "firstname",
            "last_name": "lastname",
            "title": "jobtitle",
            "phone": "telephone1",
            "company": "companyname",
            "lead_source": "leadsourcecode",
            "opted_out": "donotbulkemail",
        }
    ),
    reference_fields=frozenset({"parentcustomerid", "parentaccountid", "ownerid"}),
    score_field_help=(
        "In Power Apps (make.powerapps.com > Tables > Lead, and Contact > Columns > New column): data type Whole "
        "number, name {script_id} with your publisher's prefix, on both tables; then give the application user's "
        "security role read and write on both. Then run this sync again."
    ),
    audience_objects=MappingProxyType({"leads": "lead", "contacts": "contact"}),
    marketing_lists=True,
    create_as=("lead", "contact"),
    object_field_names=MappingProxyType({"contact": MappingProxyType({"company": "parentcustomerid.name"})}),
    owner_field="ownerid",
    opt_out_field="donotbulkemail",
)

SUGARCRM = CrmPolicy(
    system="sugarcrm",
    title="SugarCRM",
    person_object="contact",
    company_object=None,  # a contact needs no account
    company_field=None,
    company_name_field=None,
    lookup_order=("contact", "lead"),  # SY-11
    default_schedule="*/10 * * * *",
    inactive_syncs=True,
    custom_field="{name}_c",
    field_names=MappingProxyType(
        {
            "email": "email1",
            "first_name": "first_name",
            "last_name": "last_name",
            "title": "title",
            "phone": "phone_work",
            "company": "account_name",
            "lead_source": "lead_source",
            "opted_out": "email_opt_out",
        }
    ),
    reference_fields=frozenset({"account_id", "assigned_user_id"}),
    score_field_help=(
        "In SugarCRM, make a custom field (Admin > Studio > Leads, and Contacts > Fields > Add Field): data type "
        "Integer, field name {script_id} without its _c, which Studio adds, on both modules. Then run this sync again."
    ),
    audience_objects=MappingProxyType({"leads": "lead", "contacts": "contact"}),
    marketing_lists=True,
    create_as=("lead", "contact"),
    object_field_names=MappingProxyType({"contact": MappingProxyType({"company": "accounts.name"})}),
    owner_field="assigned_user_id",
    opt_out_field="email_opt_out",
)

# Activities that show intent; passive ones (sent, opened, viewed) don't trigger a sync by themselves (EX-1).
_INTENT = ("form_submitted", "form_handler_submitted", "landing_page_submitted", "unsubscribed")

ACCOUNT_ENGAGEMENT = PlatformPolicy(
    system="account_engagement",
    title="Account Engagement",
    row_object="row",
    email_column="email",
    field_names=MappingProxyType(
        {
            "email": "email",
            "first_name": "firstName",
            "last_name": "lastName",
            "title": "jobTitle",
            "phone": "phone",
            "company": "company",
            "lead_source": "source",
            "opted_out": "optedOut",
            "score": "score",
            "grade": "grade",
            "campaign": "campaignId",
            "comments": "comments",
            "created_at": "createdAt",
            "last_activity": "lastActivityAt",
            "act_on_score": "score",
        }
    ),
    platform_owned=frozenset({"score", "grade", "campaign", "comments", "created_at", "last_activity"}),
    passive=frozenset({"score", "grade", "last_activity"}),
    prospect_object="prospect",
    owner_field="userId",
    opt_out_field="optedOut",
    crm_id_fields=MappingProxyType({"salesforce": "salesforceId"}),  # another CRM's id isn't taken there
    crm_deleted_marker="[[crm_deleted]]",
    triggers=_INTENT,
)

MEMORY_CRM = CrmPolicy(
    system="memory_crm",
    title="In-memory CRM",
    person_object="contact",
    company_object="customer",
    company_field="company",
    company_name_field="name",
    lookup_order=("contact", "lead"),
    default_schedule="*/2 * * * *",
    inactive_syncs=False,
    custom_field="{name}",
    stage_audiences=_STAGE_AUDIENCES,
    reference_fields=frozenset({"company"}),
    score_field_help="Add the field {script_id} to the in-memory CRM's contact.",
    create_as=("lead", "contact"),
    owner_field="owner",
    opt_out_field="opted_out",
)

MEMORY_PLATFORM = PlatformPolicy(
    system="memory_platform", title="In-memory platform", row_object="row", email_column="email"
)

MEMORY_PROSPECTS = PlatformPolicy(
    system="memory_prospects",
    title="In-memory prospects",
    row_object="row",
    email_column="email",
    field_names=MappingProxyType(
        {name: name for name in ("email", "first_name", "last_name", "title", "phone", "company", "lead_source")}
        | {name: name for name in ("opted_out", "score", "grade")}
    ),
    platform_owned=frozenset({"score", "grade"}),
    passive=frozenset({"score", "grade"}),
    prospect_object="prospect",
    owner_field="owner",
    opt_out_field="opted_out",
    crm_id_fields=MappingProxyType({"memory_crm": "crm_id"}),
    crm_deleted_marker="[[crm_deleted]]",
    triggers=_INTENT,
)

CRMS: Mapping[str, CrmPolicy] = MappingProxyType(
    {p.system: p for p in (NETSUITE, DYNAMICS, SALESFORCE, SUGARCRM, MEMORY_CRM)}
)
PLATFORMS: Mapping[str, PlatformPolicy] = MappingProxyType(
    {p.system: p for p in (ACT_ON, ACCOUNT_ENGAGEMENT, MEMORY_PLATFORM, MEMORY_PROSPECTS)}
)
