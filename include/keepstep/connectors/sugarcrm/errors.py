"""SugarCRM's error codes, of both protocols: who must act on each, and what they must do.

v11 tells a label, ``{"error": "not_found", "error_message": …}``, with an HTTP status or in a row of a bulk reply.
v4_1 answers HTTP 200 to everything it understands, and tells a number, ``{"number": 40, "name": …}``; what it doesn't
understand ends in an empty 500, or in a reply that is null. Sentences may quote values, so they are never passed on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, ErrorRule, Reply, Verdict, verdict_by_status
from keepstep.core.model import OperationId, Rejected

NEED_LOGIN: Final = "need_login"
WRONG_VERSION: Final = "incorrect_version"
NOT_FOUND: Final = "not_found"
CONFLICT: Final = "edit_conflict"
TOO_LARGE: Final = "request_too_large"
NO_SESSION: Final = "11"
EMPTY_500: Final = "EMPTY_500"  # ours: v4_1 broke off without a word
NULL_REPLY: Final = "NULL_REPLY"  # ours: v4_1 answered null where a value belongs
GONE: Final = "RECORD_GONE"  # ours: v4_1 answers a write to such a record as if all were well
TAKEN: Final = "DELETED_BEFORE"  # ours: the id of a create is a deleted record's
NOT_STORED: Final = "NOT_STORED"  # ours: read back, the record has another value
NO_FIELD: Final = "NO_SUCH_FIELD"  # ours: both protocols ignore fields that they don't know
READ_ONLY: Final = "READ_ONLY_FIELD"
TOO_LONG: Final = "TOO_LONG"  # ours: SugarCRM would cut it without a word
EMAIL_SHARED: Final = "EMAIL_SHARED"
EMAIL_NOT_STORED: Final = "EMAIL_NOT_STORED"
NO_EMAIL: Final = "NO_EMAIL"
STAYS_OUT: Final = "STAYS_OPTED_OUT"
UNSENT: Final = "UNSENT"
_LABEL = re.compile(r"[a-z][a-z0-9_]{1,79}")
_NUMBER = re.compile(r"-?[0-9]{1,5}")

_row = ErrorRule.row

_RIGHTS = "the user of this connection may not do this in SugarCRM: give its role the rights, or leave the record out"
_GONE = "the record is gone from SugarCRM: deleted, or merged into another"
_BUG = "SugarCRM doesn't understand the call: please report it"
_LATER = "SugarCRM was busy: the next run tries again"
_SPLIT = "SugarCRM finds this row alone too large: shorten its longest value"
_PORTAL = "the user of this connection is a portal user: sign in as a regular one"

# REST v11, by label.
V11: Final[Mapping[str, ErrorRule]] = MappingProxyType(
    {
        WRONG_VERSION: _row(
            "this SugarCRM doesn't have that version of the API: correct api_version in the connection"
        ),
        NEED_LOGIN: ErrorRule(Action.RENEW),  # signs in from scratch
        "invalid_grant": ErrorRule(Action.RENEW),  # refreshes the token, once
        "not_authorized": _row(_RIGHTS),
        "inactive_portal_user": ErrorRule(Action.USER, _PORTAL),
        "portal_not_configured": ErrorRule(Action.USER, _PORTAL),
        "no_method": _row(_BUG),
        NOT_FOUND: _row(_GONE),
        CONFLICT: _row("somebody saved the record meanwhile: the next run tries again", retry=True),
        # Told to clients that send a hash of the metadata they know. None is sent here: sent again, it may pass.
        "metadata_out_of_date": ErrorRule(Action.WAIT, _LATER, retry=True),
        TOO_LARGE: _row(_SPLIT),  # more than one row: the call is cut in halves first
        "missing_parameter": _row("SugarCRM requires a field that is blank here: fill it in, or map a field to it"),
        "invalid_parameter": _row("SugarCRM doesn't take a value: correct it, or the field's mapping"),
        "request_failure": _row("SugarCRM, or a part of it, didn't do this: the next run tries again", retry=True),
        "fatal_error": ErrorRule(Action.WAIT, _LATER, retry=True, may_have_landed=True),
        "maintenance": ErrorRule(Action.WAIT, "SugarCRM is being maintained: the next run tries again", retry=True),
    }
)
# v4_1, by number.
V4_1: Final[Mapping[str, ErrorRule]] = MappingProxyType(
    {
        "10": ErrorRule(Action.USER),  # bad user or password
        NO_SESSION: ErrorRule(Action.RENEW),  # unknown, expired or logged out: signs in again
        "20": _row("SugarCRM has no such module, or hides it from this user: show it to the user of this connection"),
        "40": _row(_RIGHTS),
        "-1": _row(_BUG),
        "1009": ErrorRule(Action.USER),  # locked out after repeated bad sign-ins
    }
)
# Ours, for what SugarCRM doesn't say.
OURS: Final[Mapping[str, ErrorRule]] = MappingProxyType(
    {
        EMPTY_500: _row(
            "SugarCRM breaks off on this row: save the record by hand there; its log tells why", retry=True
        ),
        NULL_REPLY: _row("SugarCRM doesn't take this row: save the record by hand there to see why"),
        GONE: _row(_GONE),
        TAKEN: _row("the record made for this person was deleted in SugarCRM: undelete it there, or leave it out"),
        NOT_STORED: _row("SugarCRM answers that it saved the value, and has another one: correct or shorten it here"),
        NO_FIELD: _row("SugarCRM has no such field, or hides it from this user: make it, or correct the sync's file"),
        READ_ONLY: _row("SugarCRM keeps this field itself: take it out of the sync"),
        TOO_LONG: _row("the value is longer than the field takes: shorten it, or map it to a longer field"),
        EMAIL_SHARED: _row(
            "this SugarCRM changes an address for everybody who has it, and others have it too, or the new one: "
            "change the email of this record by hand there"
        ),
        EMAIL_NOT_STORED: _row(
            "this SugarCRM doesn't store a new email of an existing record (its issues 9960 and 10513): change it by "
            "hand there, or update to a release that does"
        ),
        NO_EMAIL: _row("an opt-out is kept at the email address, and this record has none: add one in SugarCRM"),
        STAYS_OUT: _row(
            "the new address is opted out in SugarCRM already, and stays so: lift it there if that person asked for it"
        ),
        UNSENT: _row("SugarCRM wasn't asked to save this row any more: the next run tries again", retry=True),
        "NO_RECORD": _row("an update or removal needs the record's id: please report it"),
        "NOT_AN_ID": _row("this can't be the id of a record in SugarCRM: correct the link"),
    }
)
_UNKNOWN: Final = _row("SugarCRM refuses this save: save the record by hand there to see why")


def classify_v11(reply: Reply) -> Verdict | None:
    """What a reply of v11 asks for; None for a success."""
    usual = verdict_by_status(reply.status)
    return None if usual is None else _verdict(usual, label_of(reply.json), V11)


def classify_v4_1(reply: Reply) -> Verdict | None:
    """What a reply of v4_1 asks for; None for a success."""
    usual = verdict_by_status(reply.status)
    if usual is not None:
        ours = reply.status == 500 and not reply.body.strip()  # noqa: PLR2004 - a status
        # Broken SQL and unknown arguments end like this, every time: no use in asking again.
        return Verdict(Action.ROW, EMPTY_500, may_have_landed=True) if ours else usual
    if reply.body.strip() == b"null":
        return Verdict(Action.ROW, NULL_REPLY)
    number = number_of(reply.json)
    return None if number is None else _verdict(Verdict(Action.ROW, number), number, V4_1)


def label_of(body: Json) -> str | None:
    """The label of an error of v11; None where there is none that looks like one."""
    label = body.get("error") if isinstance(body, dict) else None
    return label if isinstance(label, str) and _LABEL.fullmatch(label) else None


def number_of(body: Json) -> str | None:
    """The number of an error of v4_1, which may be told as text; None for what is no error."""
    if not isinstance(body, dict) or not {"name", "number"} <= set(body):
        return None
    number = str(body["number"])
    return None if number == "0" else number if _NUMBER.fullmatch(number) else "-1"


def rule_of(code: str) -> ErrorRule:
    """What a code means, of whichever protocol."""
    return V11.get(code) or V4_1.get(code) or OURS.get(code) or _UNKNOWN


def rejected(operation_id: OperationId, code: str, field: str = "") -> Rejected:
    """The row's outcome: the code, the field where it is about one, and who must do what."""
    rule = rule_of(code)
    pointer = f" (field {field})" if field else ""
    return Rejected(operation_id, code, f"{rule.what_to_do or _UNKNOWN.what_to_do}{pointer}", rule.retry)


def _verdict(usual: Verdict, code: str | None, table: Mapping[str, ErrorRule]) -> Verdict:
    rule = None if code is None else table.get(code)
    if code is None or rule is None:
        return Verdict(usual.action, code or usual.code, may_have_landed=usual.may_have_landed)
    return Verdict(rule.action, code, may_have_landed=rule.may_have_landed)
