"""The fields of a prospect as the API has them, and the names of what a visitor did. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import FieldInfo, Json
from keepstep.core.model import FieldType

PROSPECT: Final = "prospect"
ROW: Final = "row"
USER: Final = "user"
ACTIVITY: Final = "activity"
OBJECTS: Final = frozenset({PROSPECT, ROW, USER, ACTIVITY})

_TEXTS: Final = (
    *("firstName", "lastName", "salutation", "company", "jobTitle", "department", "phone", "fax", "website"),
    *("addressOne", "addressTwo", "city", "state", "zip", "territory", "country"),
    *("industry", "employees", "annualRevenue", "yearsInBusiness", "source", "comments", "notes", "salesforceId"),
)
_FLAGS = ["isDoNotEmail", "isDoNotCall", "optedOut", "isReviewed", "isStarred"]
_NUMBERS = ["score", "campaignId", "profileId", "prospectAccountId", "userId"]
_TOLD = {
    "id": FieldType.NUMBER,
    "createdAt": FieldType.DATETIME,
    "updatedAt": FieldType.DATETIME,
    "isDeleted": FieldType.BOOLEAN,
    "grade": FieldType.TEXT,
    "lastActivityAt": FieldType.DATETIME,
    "firstActivityAt": FieldType.DATETIME,
    "firstAssignedAt": FieldType.DATETIME,
    "convertedAt": FieldType.DATETIME,
    "assignedToId": FieldType.NUMBER,
    "salesforceLeadId": FieldType.TEXT,
    "salesforceContactId": FieldType.TEXT,
    "salesforceAccountId": FieldType.TEXT,
    "salesforceLastSync": FieldType.DATETIME,
    "salesforceUrl": FieldType.TEXT,
    "isEmailHardBounced": FieldType.BOOLEAN,
    "recentInteraction": FieldType.TEXT,
}
_LENGTHS = {"email": 255}
_CUSTOM = {"number": FieldType.NUMBER, "date": FieldType.DATE, "checkbox": FieldType.TEXT}

PROSPECT_FIELDS: Final[Mapping[str, FieldInfo]] = MappingProxyType(
    {
        "email": FieldInfo("email", FieldType.EMAIL, max_length=_LENGTHS["email"]),
        **{name: FieldInfo(name) for name in _TEXTS},
        **{name: FieldInfo(name, FieldType.BOOLEAN) for name in _FLAGS},
        **{name: FieldInfo(name, FieldType.NUMBER) for name in _NUMBERS},
        **{name: FieldInfo(name, kind, writable=False) for name, kind in _TOLD.items()},
    }
)
READ_AS: Final[Mapping[str, str]] = MappingProxyType({"userId": "assignedToId"})  # written by one name, read by another

_ASSET_WORDS: Final = (
    ("emailId", "email"),
    ("listEmailId", "email"),
    ("emailTemplateId", "email"),
    ("formHandlerId", "form_handler"),
    ("formId", "form"),
    ("landingPageId", "landing_page"),
    ("fileId", "file"),
    ("customRedirectId", "custom_redirect"),
    ("siteSearchQueryId", "site_search"),
    ("opportunityId", "opportunity"),
    ("visitId", "visit"),
    ("visitorPageViewId", "page"),
)
ACTIVITY_FIELDS: Final = ("id", "prospectId", "type", "createdAt", *(asset for asset, _ in _ASSET_WORDS))
_BY_ASSET: Final[Mapping[tuple[int, str], str]] = MappingProxyType(
    {
        (1, "email"): "email_clicked",
        (1, "custom_redirect"): "custom_redirect_clicked",
        (1, "file"): "file_accessed",
        (2, "form"): "form_viewed",
        (2, "landing_page"): "landing_page_viewed",
        (2, "page"): "page_viewed",
        (2, "file"): "file_accessed",
        (3, "form"): "form_error",
        (3, "form_handler"): "form_handler_error",
        (3, "landing_page"): "landing_page_error",
        (4, "form"): "form_submitted",
        (4, "form_handler"): "form_handler_submitted",
        (4, "landing_page"): "landing_page_submitted",
    }
)
_BY_TYPE: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "custom_redirect_clicked",
        2: "page_viewed",
        5: "visit",
        6: "email_sent",
        7: "site_search",
        8: "opportunity_created",
        9: "opportunity_won",
        10: "opportunity_lost",
        11: "email_opened",
        12: "unsubscribed",
        13: "email_bounced",
        14: "spam_complaint",
        16: "resubscribed",
        17: "third_party_clicked",
        19: "opportunity_linked",
        20: "visit",
        21: "custom_redirect_clicked",
        23: "webinar_invited",
        24: "webinar_attended",
        25: "webinar_registered",
        27: "video_watched",
        28: "event_registered",
        29: "event_checked_in",
        30: "video_watched",
        34: "video_watched",
        35: "unsubscribed",
        36: "email_bounced",
        37: "resubscribed",
    }
)


def activity_type(row: Mapping[str, Json]) -> str:
    """What somebody did, in a word: the type's number and the kind of asset tell it together."""
    number = row.get("type")
    if not isinstance(number, int):
        return "other"
    asset = next((word for name, word in _ASSET_WORDS if row.get(name) is not None), "")
    return _BY_ASSET.get((number, asset)) or _BY_TYPE.get(number) or f"other_{number}"


def custom_field(row: Mapping[str, Json]) -> FieldInfo:
    """A custom field of the prospects; they carry __c there, although its own id has none."""
    name = str(row.get("fieldId") or "")
    name = name if name.endswith("__c") else f"{name}__c"
    kind = _CUSTOM.get(str(row.get("type") or "").lower(), FieldType.TEXT)
    return FieldInfo(name, kind, label=str(row.get("name") or ""))
