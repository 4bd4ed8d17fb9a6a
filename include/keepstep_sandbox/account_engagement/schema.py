"""The objects of the business unit, their fields and relations, and which of them may be written, filtered, sorted."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from keepstep_sandbox.account_engagement.errors import PardotError

PROSPECTS, LISTS, MEMBERSHIPS, ACTIVITIES = "prospects", "lists", "list-memberships", "visitor-activities"
USERS, CAMPAIGNS, FOLDERS = "users", "campaigns", "folders"
CUSTOM_FIELDS, ACCOUNTS = "custom-fields", "prospect-accounts"


class Type(StrEnum):
    """The types of values."""

    INTEGER = "Integer"
    STRING = "String"
    BOOLEAN = "Boolean"
    DATETIME = "DateTime"
    NUMBER = "Number"
    DATE = "Date"
    ARRAY = "Array"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field.

    Attributes:
        alias: the field, by dotted name, that this one is another name of.
        writable: whether creates and updates may set it; `create_only` if just the former.
    """

    name: str
    type: Type = Type.STRING
    alias: str = ""
    writable: bool = False
    create_only: bool = False
    required: bool = False
    filterable: bool = False
    sortable: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """A way to another object: `via` is the field with its id."""

    via: str
    kind: str


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object; `name` is the word in paths, `title` the one in imports and exports."""

    name: str
    title: str
    fields: dict[str, Field]
    relations: dict[str, Relation] = field(default_factory=dict)
    moments: tuple[str, ...] = ("createdAt", "updatedAt")

    def field(self, name: str) -> Field:
        """Give a field.

        Raises:
            PardotError: there's none of that name (180).
        """
        found = self.fields.get(name)
        if found is None:
            raise PardotError(180, name)
        return found

    @property
    def recycles(self) -> bool:
        """Whether its deleted records go to the recycle bin."""
        return "isDeleted" in self.fields


def _fields(*groups: tuple[Field, ...]) -> dict[str, Field]:
    return {one.name: one for group in groups for one in group}


def _many(names: str, kind: Type = Type.STRING, **more: Any) -> tuple[Field, ...]:
    return tuple(Field(name=name, type=kind, **more) for name in names.split())


def _found(names: str, kind: Type = Type.INTEGER, **more: Any) -> tuple[Field, ...]:
    return _many(names, kind, filterable=True, **more)


_ID: Final = _found("id", sortable=True)
_STAMPS: Final = _found("createdAt updatedAt", Type.DATETIME, sortable=True)
_BY: Final = _many("createdById updatedById", Type.INTEGER)
_BIN: Final = _many("isDeleted", Type.BOOLEAN)
_BY_RELATIONS: Final = {"createdBy": Relation("createdById", USERS), "updatedBy": Relation("updatedById", USERS)}

_PROSPECT: Final = _fields(
    _ID,
    (Field(name="email", writable=True, required=True, filterable=True),),
    _many(
        "firstName lastName salutation company jobTitle department phone fax website addressOne addressTwo city state "
        "zip territory country industry employees annualRevenue yearsInBusiness source comments notes",
        writable=True,
    ),
    _many("score profileId", Type.INTEGER, writable=True),
    _found("campaignId prospectAccountId", Type.INTEGER, writable=True),
    (
        Field(name="userId", type=Type.INTEGER, alias="assignedToId", writable=True, filterable=True),
        Field(name="salesforceOwnerId", alias="assignedTo.salesforceId", writable=True),
        Field(name="salesforceId", writable=True, filterable=True),
    ),
    _many("isDoNotEmail isDoNotCall optedOut isReviewed isStarred", Type.BOOLEAN, writable=True),
    _found("assignedToId"),
    _STAMPS,
    _BY,
    _BIN,
    _found("lastActivityAt", Type.DATETIME, sortable=True),
    _many(
        "firstActivityAt firstAssignedAt convertedAt salesforceLastSync emailBouncedAt",
        Type.DATETIME,
    ),
    _many(
        "grade convertedFromObjectName convertedFromObjectType recentInteraction salesforceLeadId salesforceContactId "
        "salesforceAccountId salesforceCampaignId salesforceUrl emailBouncedReason firstReferrerQuery "
        "firstReferrerType firstReferrerUrl campaignParameter contentParameter mediumParameter sourceParameter "
        "termParameter"
    ),
    _many("isEmailHardBounced doNotSell", Type.BOOLEAN),
    _many("lifecycleStageId", Type.INTEGER),
)
ASSETS: Final = {
    "emailId": "Email",
    "listEmailId": "Email",
    "emailTemplateId": "Email",
    "formId": "Form",
    "formHandlerId": "Form Handler",
    "landingPageId": "Landing Page",
    "fileId": "File",
    "customRedirectId": "Custom Redirect",
    "siteSearchQueryId": "Site Search",
    "opportunityId": "Opportunity",
    "visitId": "Visit",
    "visitorPageViewId": "Page View",
}


def types() -> dict[str, ObjectType]:
    """Give all objects, as they are before anybody made a custom field."""
    prospect = Relation("prospectId", PROSPECTS)
    campaign, folder = Relation("campaignId", CAMPAIGNS), Relation("folderId", FOLDERS)
    assigned, account = Relation("assignedToId", USERS), Relation("prospectAccountId", ACCOUNTS)
    of_prospects = {"assignedTo": assigned, "campaign": campaign, "prospectAccount": account, **_BY_RELATIONS}
    of_memberships = {"prospect": prospect, "list": Relation("listId", LISTS), **_BY_RELATIONS}
    of_lists = {"campaign": campaign, "folder": folder, **_BY_RELATIONS}
    made = (
        ObjectType(PROSPECTS, "Prospect", dict(_PROSPECT), of_prospects, ("createdAt", "updatedAt", "lastActivityAt")),
        ObjectType(LISTS, "List", _list_fields(), of_lists),
        ObjectType(MEMBERSHIPS, "ListMembership", _membership_fields(), of_memberships),
        ObjectType(ACTIVITIES, "VisitorActivity", _activity_fields(), {"prospect": prospect, "campaign": campaign}),
        ObjectType(USERS, "User", _user_fields(), dict(_BY_RELATIONS)),
        ObjectType(CAMPAIGNS, "Campaign", _campaign_fields(), {"folder": folder}),
        ObjectType(FOLDERS, "Folder", _folder_fields(), {"parentFolder": Relation("parentFolderId", FOLDERS)}),
        ObjectType(CUSTOM_FIELDS, "CustomField", _custom_field_fields(), dict(_BY_RELATIONS)),
        ObjectType(ACCOUNTS, "ProspectAccount", _account_fields(), {"assignedTo": assigned}),
    )
    return {one.name: one for one in made}


def _list_fields() -> dict[str, Field]:
    name = Field(name="name", writable=True, required=True, filterable=True, sortable=True)
    more = _many("title description", writable=True), _many("isPublic", Type.BOOLEAN, writable=True)
    ids = _found("folderId campaignId", Type.INTEGER, writable=True)
    return _fields(_ID, (name,), *more, ids, _found("isDynamic", Type.BOOLEAN), _BIN, _STAMPS, _BY)


def _membership_fields() -> dict[str, Field]:
    pair = _found("listId prospectId", sortable=True, writable=True, create_only=True, required=True)
    return _fields(_ID, pair, _many("optedOut", Type.BOOLEAN, writable=True), _BIN, _STAMPS, _BY)


def _activity_fields() -> dict[str, Field]:
    ids = _found(" ".join(("prospectId", "visitorId", "type", "campaignId", *ASSETS)))
    return _fields(_ID, ids, _many("typeName details"), _STAMPS)


def _user_fields() -> dict[str, Field]:
    found = _found("email salesforceId username", Type.STRING)
    return _fields(_ID, found, _many("firstName lastName jobTitle role roleName timezone"), _BIN, _STAMPS, _BY)


def _campaign_fields() -> dict[str, Field]:
    return _fields(_ID, _found("name salesforceId", Type.STRING), _found("folderId"), _BIN, _STAMPS)


def _folder_fields() -> dict[str, Field]:
    return _fields(_ID, _found("name path", Type.STRING), _found("parentFolderId"), _STAMPS)


def _custom_field_fields() -> dict[str, Field]:
    needed = _found("name fieldId", Type.STRING, writable=True, required=True)
    flags = _many("isRequired isRecordMultipleResponses isUseValues", Type.BOOLEAN, writable=True)
    return _fields(_ID, needed, _many("type salesforceId", writable=True), flags, _STAMPS, _BY)


def _account_fields() -> dict[str, Field]:
    texts = _many("phone website industry employees annualRevenue billingAddressOne billingCity billingCountry")
    return _fields(_ID, _found("name salesforceId", Type.STRING), texts, _found("assignedToId"), _BIN, _STAMPS)
