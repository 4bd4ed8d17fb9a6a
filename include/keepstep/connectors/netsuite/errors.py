"""NetSuite's error codes: who must act on each, and what they must do (Oracle: SuiteTalk REST Web Services).

The codes decide, not the statuses: CONCURRENCY_LIMIT_EXCEEDED comes as 400 and as 429. The sentences that NetSuite
sends along quote field values, so they are never passed on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, ErrorRule, Reply, Verdict, verdict_by_status
from keepstep.core.model import OperationId, Rejected

CHANGED: Final = "RCRD_HAS_BEEN_CHANGED"
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
_POINTER = re.compile(r"[A-Za-z_][\w.\[\]/]{0,99}")
_TOO_MANY = 429


_CROWDED = ErrorRule(Action.WAIT, crowded=True)
_FIX_VALUE = "correct the value on the list, or the field's mapping in the sync's file"

RULES: Final[Mapping[str, ErrorRule]] = MappingProxyType(
    {
        "INVALID_CONTENT": ErrorRule(Action.ROW, f"NetSuite doesn't take a value: {_FIX_VALUE}"),
        "INVALID_REQUEST": ErrorRule(Action.ROW, "NetSuite doesn't understand the call: check the sync's field names"),
        "INVALID_PARAMETER": ErrorRule(
            Action.ROW, "NetSuite doesn't understand the call: check the sync's field names"
        ),
        "NONEXISTENT_FIELD": ErrorRule(
            Action.ROW, "NetSuite has no such field on this record: make it there, or correct the sync's file"
        ),
        "USER_ERROR": ErrorRule(
            Action.ROW, "a rule or script in NetSuite refuses this save: save the record by hand there to see why"
        ),
        "INVALID_KEY_OR_REF": ErrorRule(
            Action.ROW, "a value refers to a record that NetSuite doesn't have: choose one that exists"
        ),
        "INVALID_LOGIN": ErrorRule(Action.RENEW),
        "INSUFFICIENT_PERMISSION": ErrorRule(Action.USER),
        "NONEXISTENT_ID": ErrorRule(Action.ROW, "the record is gone from NetSuite: deleted, or merged into another"),
        "CONCURRENCY_LIMIT_EXCEEDED": _CROWDED,
        "SSS_REQUEST_LIMIT_EXCEEDED": _CROWDED,
        "WS_REQUEST_BLOCKED": _CROWDED,
        CHANGED: ErrorRule(
            Action.ROW, "somebody saved the record at the same moment, twice: the next run tries again", retry=True
        ),
        "DUP_RCRD": ErrorRule(Action.ROW, "NetSuite has this record under another id: merge the two there"),
        "CONTACT_ALREADY_EXISTS": ErrorRule(
            Action.ROW, "a contact with this name exists in NetSuite: use that one, or rename one of them"
        ),
        "UNIQUE_CUST_ID_REQD": ErrorRule(
            Action.ROW, "a customer with this name exists in NetSuite: use that one, or switch auto-numbering on"
        ),
        "UNEXPECTED_ERROR": ErrorRule(Action.WAIT, may_have_landed=True),
    }
)
_BY_STATUS: Final[Mapping[int, ErrorRule]] = MappingProxyType(
    {
        404: RULES["NONEXISTENT_ID"],
        409: ErrorRule(Action.ROW, "NetSuite is still busy with the same call: the next run tries again", retry=True),
    }
)
_UNKNOWN: Final = ErrorRule(Action.ROW, "NetSuite refuses this save: save the record by hand there to see why")


def classify(reply: Reply) -> Verdict | None:
    """What a reply asks for; None for a success."""
    usual = verdict_by_status(reply.status)
    if usual is None:
        return None
    code, pointer = _code_and_pointer(reply.json)
    rule = RULES.get(code)
    # A frequency limit is told as USER_ERROR: "request limit exceeded". Any 429 means wait, whatever its code.
    if rule is None or (reply.status == _TOO_MANY and rule.action is not Action.WAIT):
        crowded = reply.status == _TOO_MANY
        return replace(usual, code=code or usual.code, pointer=pointer, crowded=crowded)
    return Verdict(rule.action, code, pointer, may_have_landed=rule.may_have_landed, crowded=rule.crowded)


def rejected(operation_id: OperationId, status: int, verdict: Verdict) -> Rejected:
    """The row's outcome: the code, the field where NetSuite names one, and who must do what."""
    rule = RULES.get(verdict.code) or _BY_STATUS.get(status, _UNKNOWN)
    field = f" (field {verdict.pointer})" if verdict.pointer else ""
    return Rejected(operation_id, verdict.code, f"{rule.what_to_do}{field}", retry=rule.retry)


def _code_and_pointer(body: Json) -> tuple[str, str]:
    """The first code that looks like one, beside its o:errorPath; blanks where there are none."""
    if not isinstance(body, dict):
        return "", ""
    details = body.get("o:errorDetails")
    for detail in [*(details if isinstance(details, list) else []), body]:
        if isinstance(detail, dict) and _CODE.fullmatch(str(detail.get("o:errorCode"))):
            path = str(detail.get("o:errorPath", ""))
            return str(detail["o:errorCode"]), path if _POINTER.fullmatch(path) else ""
    return "", ""
