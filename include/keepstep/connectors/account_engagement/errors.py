"""Account Engagement's error codes: who must act on each, and what they must do (Account Engagement API v5).

The HTTP status is coarse, the code in the body tells; texts may quote values, so they are never passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, ErrorRule, Reply, Verdict, verdict_by_status
from keepstep.core.model import OperationId, Rejected

DAILY_LIMIT: Final = "122"
ALREADY_MEMBER: Final = "58"
NOT_OPEN: Final = "155"  # of an import that goes on already
CONFLICT: Final = "62"
DYNAMIC_LIST: Final = "DYNAMIC_LIST"  # ours: which code a write to its members has is not known
NO_LIST: Final = "NO_LIST"  # likewise
NOT_FOUND: Final = frozenset({"109", "3", "92"})
BINNED: Final = frozenset({"132", "219"})
NO_FILE: Final = frozenset({"158", "162"})  # in an upload, or none under the name that was expected
EMAIL_TAKEN: Final = frozenset({"9", "54", "99"})
NO_MORE_IMPORTS: Final = frozenset({"164"})  # today: writes can still go one by one
_LIST_REFUSED: Final = frozenset({"37", "55", "59", "154", "180"})  # of a call on a membership: it is about the list


_row = ErrorRule.row

_RIGHTS = "the user of this connection may not do this: give its role the right to prospects, lists and users"
_UNIT = "check the connection's business unit id"
_GONE = "the prospect is gone from Account Engagement: deleted for good, or merged into another"
_BINNED = "the prospect is in the recycle bin: restore it there, or leave it"
_BUG = "Account Engagement doesn't understand the call: please report it"
_VALUE = "correct the value, or the field's mapping in the sync's file"
_LIST = "the list is gone, or is a dynamic one, which takes its members by rule: choose a static list"
_LATER = "Account Engagement was busy: the next run tries again"
_OWNED = "another connector owns this field or object: take it out of the sync's file"

RULES: Final[Mapping[str, ErrorRule]] = MappingProxyType(
    {
        "184": ErrorRule(Action.RENEW),
        "181": ErrorRule(Action.USER, _UNIT),
        "182": ErrorRule(Action.USER, _UNIT),
        "199": ErrorRule(Action.USER, "the sign-in must be Salesforce's: give the connection an app with pardot_api"),
        "201": ErrorRule(
            Action.USER,
            f"{_UNIT}, that the unit is active, and the host: production units are at https://pi.pardot.com, those of "
            "sandboxes and developer orgs at https://pi.demo.pardot.com",
        ),
        "46": ErrorRule(Action.USER, _RIGHTS),
        "49": ErrorRule(Action.USER, _RIGHTS),
        "66": ErrorRule(Action.WAIT, _LATER, retry=True, crowded=True),
        DAILY_LIMIT: _row("the business unit's calls of today are used up: it goes on tomorrow", retry=True),
        "202": ErrorRule(Action.WAIT, _LATER, retry=True),
        "214": ErrorRule(Action.WAIT, _LATER, retry=True, may_have_landed=True),
        "183": ErrorRule(Action.WAIT, _LATER, retry=True, may_have_landed=True),
        CONFLICT: _row("somebody saved the prospect at the same time: the next run tries again", retry=True),
        "9": _row("another prospect has this email: merge the two there"),
        "54": _row("another prospect has this email: merge the two there"),
        "99": _row("another prospect has this email: merge the two there"),
        "3": _row(_GONE),
        "92": _row(_GONE),
        "109": _row(_GONE),
        "4": _row("Account Engagement doesn't take this for an email address: correct it"),
        "132": _row(_BINNED),
        "219": _row(_BINNED),
        "55": _row(_LIST),
        DYNAMIC_LIST: _row(_LIST),
        NO_LIST: _row(_LIST),
        ALREADY_MEMBER: _row("the prospect is a member of the list already"),
        "10": _row("its user is unknown in this business unit: assign it to another one"),
        "125": _row(_BUG),
        "16": _row("a value must be the id of a record: correct the link"),
        "77": _row("the CRM's id is none that Account Engagement takes: correct the link"),
        "61": _row("its prospect account is unknown: correct it there"),
        "13": _row(_BUG),
        "36": _row(_BUG),
        "153": _row(_BUG),
        "154": _row(_BUG),
        "150": _row(_BUG),
        "151": _row(_BUG),
        "152": _row(_BUG),
        "60": _row(_BUG),
        "209": _row(_BUG),
        # Of page tokens, which are not used: a page is asked for by the last id before it, as often as need be.
        "210": ErrorRule(Action.WAIT, _LATER, retry=True),
        "211": ErrorRule(Action.WAIT, _LATER, retry=True),
        NOT_OPEN: _row(_LATER, retry=True),
        "156": _row(_BUG),
        "158": _row(_LATER, retry=True),
        "159": _row(_BUG),
        "160": _row(_BUG),
        "161": _row(_LATER, retry=True),
        "162": _row(_BUG),
        "163": _row(_BUG),
        "164": _row("the business unit's imports of today are used up: it goes on tomorrow", retry=True),
        "165": _row(_BUG),
        "197": _row(_BUG),
        "204": _row(_BUG),
        "227": _row(_BUG),
        "180": _row("a field can't be written: take it out of the sync's file"),
        "224": _row("a field can't be read: take it out of the sync's file"),
        "37": _row(_OWNED),
        "59": _row(_OWNED),
        "128": _row(_OWNED),
        "85": _row("Account Engagement can't save the prospect: save it by hand there to see why", retry=True),
        "121": _row("Account Engagement's own connector was syncing it: the next run tries again", retry=True),
        "10000": _row(_VALUE),
    }
)
_UNKNOWN: Final = _row("Account Engagement refuses this: save the prospect by hand there to see why")


def classify(reply: Reply) -> Verdict | None:
    """What a reply asks for; None for a success."""
    usual = verdict_by_status(reply.status)
    if usual is None:
        return None
    code = code_of(reply.json)
    rule = RULES.get(code)
    if rule is None:
        return Verdict(usual.action, code or usual.code, may_have_landed=usual.may_have_landed)
    # What a user must do depends on the code: the call is refused here, and `what_the_user_must_do` told by the unit.
    action = Action.ROW if rule.action is Action.USER else rule.action
    return Verdict(action, code, may_have_landed=rule.may_have_landed, crowded=rule.crowded)


def what_the_user_must_do(code: str) -> str | None:
    """About credentials, rights and the connection; None where the code is about one call only."""
    rule = RULES.get(code)
    return rule.what_to_do if rule is not None and rule.action is Action.USER else None


def code_of(body: Json) -> str:
    """The code of an error's body; empty where it has none."""
    code = body.get("code") if isinstance(body, dict) else None
    return str(code) if isinstance(code, int) else ""


def rejected(operation_id: OperationId, code: str, *, of_list: bool = False) -> Rejected:
    """The row's outcome: the code, and who must do what. `of_list` where a call on a membership was refused."""
    rule = RULES.get(code, _UNKNOWN)
    if of_list and code in _LIST_REFUSED:
        rule = RULES[DYNAMIC_LIST]
    return Rejected(operation_id, code or "NO_CODE", rule.what_to_do or _UNKNOWN.what_to_do, rule.retry)
