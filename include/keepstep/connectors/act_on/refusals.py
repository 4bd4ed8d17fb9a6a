"""Act-On's refusals: five shapes of body, and who must act on each. Pure.

Sources: the OpenAPI documents and developer pages of Act-On. The real vocabulary of codes is larger than what is
documented, so that an unknown code falls back to what its HTTP status means.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, Reply, Verdict, verdict_by_status

UNKNOWN_LIST = "10004"
UNKNOWN_ROW = "10008"
UNKNOWN_COLUMN = "10010"

# code -> what to do; each of these refuses one call, whatever its HTTP status (documented)
WHAT_TO_DO: Mapping[str, str] = MappingProxyType(
    {
        "10003": "the upload arrived without its file; run again, and report it if it happens twice",
        UNKNOWN_LIST: "the list is gone from Act-On, or is not this account's: make it again, or name another",
        UNKNOWN_ROW: "the row is gone from the list; the next run settles it",
        UNKNOWN_COLUMN: "add the column to the Act-On list, or take the field out of the sync file",
        "10012": "the form is gone from Act-On",
        "10013": "the landing page is gone from Act-On",
        "10017": "the upload job is no longer known to Act-On; the next run reads back what it did",
        "10025": "the list to upload to is gone from Act-On: make it again, or name another",
        "10030": "the message is gone from Act-On",
        "10054": "Act-On doesn't know this id; the next run settles it",
        "10085": "Act-On refuses the type of the uploaded file; report it",
        "10088": "the list's e-mail column has another name now; run again",
        "10089": "Act-On doesn't know this kind of report; report it",
        "10121": "a required value is missing; report it",
        "10160": "Act-On refuses this period; report it",
    }
)
OTHERWISE = "look the code up in Act-On's API documentation, correct the row or the list, and run again"
NEXT_RUN = "nothing is to be done; the next run tries it again"


def what_to_do(code: str) -> str:
    """What a person does about a row that was refused with this code."""
    return WHAT_TO_DO.get(code, OTHERWISE)


def refusal(reply: Reply) -> Verdict | None:
    """What a reply means; None: a success."""
    code = _code(reply.json)
    if code in WHAT_TO_DO and reply.status < 500:  # noqa: PLR2004 - a class of statuses
        return Verdict(Action.ROW, str(code))
    if reply.status == 404:  # noqa: PLR2004 - the gateway's answer to an unknown path (documented): a wrong base URL
        return Verdict(Action.USER if code == "404" else Action.ROW, code or "HTTP_404")
    crowded = reply.status == 429  # noqa: PLR2004 - not documented by Act-On, but what a gateway would send
    verdict = verdict_by_status(reply.status, code)
    if verdict is None or not crowded:
        return verdict
    return Verdict(verdict.action, verdict.code, crowded=True)


def sign_in_refusal(reply: Reply) -> Verdict | None:
    """What a reply of /token means: a refused client or password is the user's, and is never tried again."""
    code = _code(reply.json)
    if reply.status in (400, 401, 403):
        return Verdict(Action.ROW, code or f"HTTP_{reply.status}")
    return verdict_by_status(reply.status, code)


def _code(body: Json) -> str | None:
    """The code of a refusal's body, in any of the shapes; never its text, which may name a person."""
    if not isinstance(body, dict):
        return None  # empty or text/plain, on /ucl: only the status tells
    for name in ("errorCode", "httpCode", "error", "errorName", "errorId"):
        value = body.get(name)
        if isinstance(value, str | int) and value != "":
            return str(value)
    return "ERRORS" if isinstance(body.get("errors"), list) else None
