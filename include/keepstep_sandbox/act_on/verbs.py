"""The kinds of behaviour that Act-On tracks: their codes, and what each is worth here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Verb:
    """A kind of behaviour.

    Attributes:
        points: paid for every occurrence. Ours: the vendor's defaults are not public.
        action: its name in ScoreDetails; only MESSAGE_SEND is published, the others are made after it.
        bin: the group it is filed under; only FORM is published.
        id_type: kind of the asset it is about.
        inbound: the person did it, as against us sending something.
    """

    points: int
    action: str
    bin: str
    id_type: str
    inbound: bool = True


VERBS: Final[Mapping[str, Verb]] = {
    "s": Verb(0, "MESSAGE_SEND", "MESSAGE", "msg", inbound=False),
    "os": Verb(1, "MESSAGE_OPEN", "MESSAGE", "msg"),
    "r": Verb(5, "MESSAGE_CLICK", "MESSAGE", "msg"),
    "E": Verb(0, "EXPORT", "MESSAGE", "msg", inbound=False),
    "d": Verb(8, "MEDIA_DOWNLOAD", "MEDIA", "media"),
    "fv": Verb(2, "FORM_VIEW", "FORM", "form"),
    "fs": Verb(15, "FORM_SUBMIT", "FORM", "form"),
    "fu": Verb(0, "FORM_UPDATE", "FORM", "form"),
    "l": Verb(3, "LANDING_PAGE_VISIT", "LANDING_PAGE", "page"),
    "sv": Verb(1, "PAGE_VISIT", "WEBSITE", "site"),
    "b": Verb(0, "WEB_BEACON", "WEBSITE", "site"),
    "wr": Verb(10, "WEBINAR_REGISTER", "WEBINAR", "webinar"),
    "wa": Verb(20, "WEBINAR_ATTEND", "WEBINAR", "webinar"),
    "custom": Verb(0, "CUSTOM_EVENT", "CUSTOM", "custom"),
    "hb": Verb(0, "HARD_BOUNCE", "MESSAGE", "msg", inbound=False),
    "sb": Verb(0, "SOFT_BOUNCE", "MESSAGE", "msg", inbound=False),
    "sp": Verb(0, "SPAM_COMPLAINT", "MESSAGE", "msg"),
    "oi": Verb(0, "OPT_IN", "SUBSCRIPTION", "msg"),
    "oo": Verb(0, "OPT_OUT", "SUBSCRIPTION", "msg"),
    "sto": Verb(0, "SEARCH_ORGANIC", "WEBSITE", "site"),
    "stp": Verb(0, "SEARCH_PAID", "WEBSITE", "site"),
}
