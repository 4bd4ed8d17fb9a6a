"""What happened, by an activity's type number and the asset it is about, and how many points it earns by default."""

from typing import Final

TYPES: Final = {
    1: "Click",
    2: "View",
    3: "Error",
    4: "Success",
    5: "Session",
    6: "Sent",
    7: "Search",
    8: "New Opportunity",
    9: "Opportunity Won",
    10: "Opportunity Lost",
    11: "Open",
    12: "Unsubscribe Page",
    13: "Bounced",
    14: "Spam Complaint",
    15: "Email Preference Page",
    16: "Resubscribed",
    17: "Click (Third Party)",
    18: "Opportunity Reopened",
    19: "Opportunity Linked",
    20: "Visit",
    21: "Custom URL click",
    22: "Olark Chat",
    23: "Invited to Webinar",
    24: "Attended Webinar",
    25: "Registered for Webinar",
    26: "Social Post Click",
    27: "Video View",
    28: "Event Registered",
    29: "Event Checked In",
    30: "Video Conversion",
    31: "UserVoice Suggestion",
    32: "UserVoice Comment",
    33: "UserVoice Ticket",
    34: "Video Watched (>= 75%)",
    35: "Indirect Unsubscribe Open",
    36: "Indirect Bounce",
    37: "Indirect Resubscribed",
    38: "Opportunity Unlinked",
}
CLICK, VIEW, ERROR, SUCCESS, SENT, OPEN, UNSUBSCRIBED, BOUNCED, RESUBSCRIBED = 1, 2, 3, 4, 6, 11, 12, 13, 16
PASSIVE: Final = frozenset({VIEW, SENT, OPEN, BOUNCED})  # these don't move lastActivityAt

# The default rules of a new business unit. What no source tells (webinars, videos, third-party clicks) earns nothing.
DEFAULT_POINTS: Final = {
    "custom_redirect_click": 3,
    "email_open": 0,
    "file_access": 3,
    "page_view": 1,
    "site_search": 3,
    "tracker_click": 3,
    "visit": 3,
    "form_submission": 50,
    "form_error": -5,
    "landing_page_success": 50,
    "landing_page_error": -5,
    "opportunity_created": 50,
    "opportunity_lost": -100,
    "opportunity_won": 0,
    "olark_chat": 10,
    "event_registered": 0,
    "event_checked_in": 0,
    "webinar_invited": 0,
    "webinar_attended": 0,
    "webinar_registered": 0,
    "video": 0,
    "third_party_click": 0,
    "other": 0,
}
_BY_TYPE: Final = {
    5: "visit",
    7: "site_search",
    8: "opportunity_created",
    9: "opportunity_won",
    10: "opportunity_lost",
    11: "email_open",
    17: "third_party_click",
    20: "visit",
    21: "custom_redirect_click",
    22: "olark_chat",
    23: "webinar_invited",
    24: "webinar_attended",
    25: "webinar_registered",
    27: "video",
    28: "event_registered",
    29: "event_checked_in",
    30: "video",
    34: "video",
}
_BY_PAIR: Final = {
    **{(CLICK, asset): "tracker_click" for asset in ("emailId", "listEmailId", "emailTemplateId")},
    (CLICK, "customRedirectId"): "custom_redirect_click",
    **{(kind, "fileId"): "file_access" for kind in (CLICK, VIEW, SUCCESS)},
    (VIEW, "visitorPageViewId"): "page_view",
    **{(SUCCESS, asset): "form_submission" for asset in ("formId", "formHandlerId")},
    **{(ERROR, asset): "form_error" for asset in ("formId", "formHandlerId")},
    (SUCCESS, "landingPageId"): "landing_page_success",
    (ERROR, "landingPageId"): "landing_page_error",
}


def rule_of(kind: int, assets: frozenset[str]) -> str:
    """Give the scoring rule for what happened; a form on a landing page counts as the landing page alone."""
    if "landingPageId" in assets:
        assets = frozenset({"landingPageId"})
    for asset in sorted(assets):
        if (kind, asset) in _BY_PAIR:
            return _BY_PAIR[kind, asset]
    return _BY_TYPE.get(kind, "other")
