"""Salesforce's error codes: who must act on each, and what they must do (REST API Developer Guide).

A code means the same in the body of a refused call (`errorCode`), in a row of a collection (`statusCode`) and in a
Bulk result (``CODE:sentence:fields --``). The sentences quote field values, so they are never passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, ErrorRule, Reply, Verdict, verdict_by_status
from keepstep.core.model import OperationId, Rejected

DELETED: Final = "ENTITY_IS_DELETED"
QUERY_TIMEOUT: Final = "QUERY_TIMEOUT"
LOCKED: Final = "UNABLE_TO_LOCK_ROW"
JOB_FAILED: Final = "JOB_FAILED"  # ours: a Bulk job failed as a whole
UNPROCESSED: Final = "UNPROCESSED"  # ours: a job or a call ended before it came to the row
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,79}")
_POINTER = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}")
_BULK = re.compile(r"\s*([A-Z][A-Z0-9_]{1,79}):.*?(?::([A-Za-z0-9_., ]*))?\s*--\s*", re.DOTALL)
_ID = re.compile(r"[A-Za-z0-9]{18}")
_MATCHES = 5  # record ids that a duplicate's text names


_row = ErrorRule.row

_SHORTEN = "the value is longer than the field takes: shorten it, or map it to a longer field"
_GONE = "the record is gone from Salesforce: deleted, or merged into another"
_RIGHTS = "the user of this connection may not write this record: give it the rights, or leave the record out"
_FIELD = "Salesforce has no such field, or hides it from this user: make it, show it, or correct the sync's file"
_VALUE = "correct the value, or the field's mapping in the sync's file"
_LATER = "Salesforce was busy: the next run tries again"
_FILL_IN = "Salesforce requires a field that is blank here: fill it in, or map a field to it"
_BUG = "Salesforce doesn't understand the call: please report it"

RULES: Final[Mapping[str, ErrorRule]] = MappingProxyType(
    {
        "INVALID_SESSION_ID": ErrorRule(Action.RENEW),
        # Both limits, calls a day and calls at once, have this code; of the first, the header tells that none is left.
        "REQUEST_LIMIT_EXCEEDED": ErrorRule(Action.WAIT, _LATER, retry=True, crowded=True),
        "API_DISABLED_FOR_ORG": ErrorRule(Action.USER),
        "API_CURRENTLY_DISABLED": ErrorRule(Action.USER),
        "SERVER_UNAVAILABLE": ErrorRule(Action.WAIT, _LATER, retry=True),
        "UNKNOWN_EXCEPTION": ErrorRule(Action.WAIT, _LATER, retry=True, may_have_landed=True),
        LOCKED: _row(
            "somebody, or another program, was saving this record or its account: the next run tries again", retry=True
        ),
        QUERY_TIMEOUT: _row("the query runs for too long in Salesforce: the next run tries again", retry=True),
        JOB_FAILED: _row(
            "Salesforce can't read the Bulk job: check that each field of the sync exists there and can be written"
        ),
        UNPROCESSED: _row("Salesforce didn't come to this row: the next run tries again", retry=True),
        "ALL_OR_NONE_OPERATION_ROLLED_BACK": _row(
            "another row of the same call failed: the next run tries again", retry=True
        ),
        "PROCESSING_HALTED": _row("another row of the same call failed: the next run tries again", retry=True),
        "PRECONDITION_FAILED": _row("somebody saved the record meanwhile: the next run tries again", retry=True),
        "INVALID_QUERY_LOCATOR": _row("the query's cursor expired: the next run tries again", retry=True),
        "DUPLICATES_DETECTED": _row(
            "a duplicate rule in Salesforce finds that this record is there already: link or merge the two there, "
            "or allow duplicates in the connection where the rule only warns"
        ),
        "DUPLICATE_VALUE": _row("another record in Salesforce has this unique value: merge the two there"),
        "INVALID_FIELD": _row(_FIELD),
        "INVALID_FIELD_FOR_INSERT_UPDATE": _row(
            "the field can't be written: give the user of this connection edit access, or take it out of the sync"
        ),
        "INVALID_TYPE": _row("Salesforce hides this object from the user of this connection: give it access"),
        "MALFORMED_QUERY": _row(_BUG),
        "JSON_PARSER_ERROR": _row(f"Salesforce doesn't take a value: {_VALUE}"),
        "MISSING_ARGUMENT": _row(_BUG),
        "MALFORMED_ID": _row("a value must be the id of a record: look it up first"),
        "STRING_TOO_LONG": _row(_SHORTEN),
        "REQUIRED_FIELD_MISSING": _row(_FILL_IN),
        "FIELD_CUSTOM_VALIDATION_EXCEPTION": _row(
            "a validation rule of this org refuses the record: save it by hand in Salesforce to see which"
        ),
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": _row(
            "the picklist has no such value: add it in Salesforce, or correct it here"
        ),
        "INVALID_EMAIL_ADDRESS": _row("Salesforce doesn't take this for an email address: correct it"),
        "INSUFFICIENT_ACCESS_OR_READONLY": _row(_RIGHTS),
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": _row(
            "this user may not use a record that this one refers to (owner, account): give it the rights"
        ),
        "INVALID_CROSS_REFERENCE_KEY": _row(
            "the record, or one that it refers to, isn't in Salesforce: deleted, or never there"
        ),
        "INACTIVE_OWNER_OR_USER": _row("its owner is an inactive user: give the record another owner"),
        "CANNOT_UPDATE_CONVERTED_LEAD": _row(
            "the lead was converted: its contact is written from the next run on", retry=True
        ),
        DELETED: _row(_GONE),
        "NOT_FOUND": _row(_GONE),
        "METHOD_NOT_ALLOWED": _row(_BUG),
        "UNSUPPORTED_MEDIA_TYPE": _row(_BUG),
    }
)
_UNKNOWN: Final = _row("Salesforce refuses this save: save the record by hand there to see why")


def classify(reply: Reply) -> Verdict | None:
    """What a reply asks for; None for a success."""
    usual = verdict_by_status(reply.status)
    if usual is None:
        return None
    code, pointer = next(_codes(reply.json, "errorCode"), ("", ""))
    rule = RULES.get(code)
    if rule is None:
        return replace(usual, code=code or usual.code, pointer=pointer)
    return Verdict(rule.action, code, pointer, rule.may_have_landed, rule.crowded)


def rejected(operation_id: OperationId, verdict: Verdict, matches: tuple[str, ...] = ()) -> Rejected:
    """The row's outcome: the code, the field where Salesforce names one, and who must do what."""
    rule = RULES.get(verdict.code, _UNKNOWN)
    field = f" (field {verdict.pointer})" if verdict.pointer else ""
    same = f" (same as {', '.join(matches)})" if matches else ""
    return Rejected(operation_id, verdict.code, f"{rule.what_to_do or _UNKNOWN.what_to_do}{field}{same}", rule.retry)


def row_refusal(operation_id: OperationId, errors: Json) -> Rejected:
    """Of a row of a collection that wasn't saved."""
    code, pointer = next(_codes(errors, "statusCode", "errorCode"), ("NO_CODE", ""))
    return rejected(operation_id, Verdict(Action.ROW, code, pointer), matches_of(errors))


def bulk_refusal(operation_id: OperationId, text: str) -> Rejected:
    """Of a row of a Bulk job's failed results: ``STRING_TOO_LONG:…:LastName --``."""
    found = _BULK.fullmatch(text)
    if found is None:
        return rejected(operation_id, Verdict(Action.ROW, "NO_CODE"))
    first = (found[2] or "").replace(",", " ").split()
    pointer = first[0] if first and _POINTER.fullmatch(first[0]) else ""
    return rejected(operation_id, Verdict(Action.ROW, found[1], pointer))


def matches_of(errors: Json) -> tuple[str, ...]:
    """The ids of the records that a duplicate rule found. Older versions of the API misspell the key."""
    found: list[str] = []
    for error in errors if isinstance(errors, list) else []:
        result = (error.get("duplicateResult") or error.get("duplicateResut")) if isinstance(error, dict) else None
        for match in _items(result, "matchResults"):
            for record in _items(match, "matchRecords"):
                inner = record.get("record") if isinstance(record, dict) else None
                id = inner.get("Id") if isinstance(inner, dict) else None
                if isinstance(id, str) and _ID.fullmatch(id):
                    found.append(id)
    return tuple(found[:_MATCHES])


def _items(value: Json, key: str) -> list[Json]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, list) else []


def _codes(body: Json, *keys: str) -> Iterator[tuple[str, str]]:
    """Each code that looks like one, beside the first field that it names."""
    for error in body if isinstance(body, list) else []:
        if not isinstance(error, dict):
            continue
        code = next((str(error[key]) for key in keys if key in error), "")
        if _CODE.fullmatch(code):
            first = next(iter(_items(error, "fields")), "")
            yield code, str(first) if _POINTER.fullmatch(str(first)) else ""
