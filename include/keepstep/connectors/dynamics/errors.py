"""Dataverse's error codes: who must act on each, and what they must do (Microsoft: Dataverse Web API).

A code means the same in the body of a refused call and in a part of a $batch. The sentences quote values of the row,
so they are never passed on. A refusal that has a code was decided by the platform, which rolled the change back: a 500
with one has not landed; a 500 without may have.
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

GONE: Final = "0x80040217"
NO_SUCH_SEGMENT: Final = "0x8006088a"
UNPROCESSED: Final = "UNPROCESSED"  # ours: the call ended before it came to the row
MERGED: Final = "MERGED"  # ours: the row that a create would make is there, and was merged into another
_SQL: Final = "0x80044150"
_SQL_TIMEOUT: Final = "0x80044151"
_TOO_LARGE: Final = "HTTP_413"
SPLIT: Final = frozenset({_SQL, _SQL_TIMEOUT, _TOO_LARGE})  # fewer rows at once may go through
_HEX = re.compile(r"0x[0-9a-fA-F]{1,8}")
_DECIMAL = re.compile(r"-[0-9]{1,10}")

_row = ErrorRule.row

_LATER: Final = "Dynamics 365 was busy: the next run tries again"
_LOCKED: Final = "somebody, or another program, was saving the same rows: the next run tries again"
_RIGHTS: Final = (
    "the security role of the application user lacks a privilege on this table (create, write, delete, assign): an "
    "administrator gives it in the Power Platform admin center"
)
_IS_GONE: Final = "the row is gone from Dynamics 365, or one that it refers to (owner, account): deleted"
_DOUBLE: Final = "this row is there already in Dynamics 365: link or merge the two there"

RULES: Final[Mapping[str, ErrorRule]] = MappingProxyType(
    {
        "0x80072322": ErrorRule(Action.WAIT, _LATER, retry=True),  # 6000 requests in five minutes
        "0x80072321": ErrorRule(Action.WAIT, _LATER, retry=True),  # 20 minutes of execution time in five
        "0x80072326": ErrorRule(Action.WAIT, _LATER, retry=True, crowded=True),  # 52 at once
        "0x80040225": ErrorRule(Action.USER, "the application user is disabled: an administrator enables it"),
        "0x8004d24b": ErrorRule(Action.USER, "the application user isn't enabled: an administrator enables it"),
        _SQL: _row(_LOCKED, retry=True),  # a deadlock (SQL 1205) too
        _SQL_TIMEOUT: _row(_LOCKED, retry=True),
        "0x80040220": _row(_RIGHTS),
        "0x80048306": _row(_RIGHTS),
        GONE: _row(_IS_GONE),
        "0x80060891": _row(_IS_GONE),
        NO_SUCH_SEGMENT: _row("Dynamics 365 knows no such table or operation: please report it"),
        "0x80044331": _row("a value is longer than its column takes: shorten it, or map it to a longer column"),
        "0x80048408": _row("the status reason doesn't fit the status: correct the row in Dynamics 365"),
        "0x80040265": _row("a plug-in or workflow of this environment refuses the row: save it by hand to see why"),
        "0x8004431a": _row("the choice has no such value: add it in Dynamics 365, or correct it here"),
        "0x80048d19": _row(
            "Dynamics 365 has no such column, or doesn't take a value of this kind in it: make the column, or correct "
            "the sync's file"
        ),
        "0x0": _row("Dynamics 365 doesn't take a column or its value: correct the field's mapping in the sync's file"),
        "0x80060882": _row("somebody saved the row meanwhile: the next run tries again", retry=True),
        "0x80040237": _row(_DOUBLE),
        "0x80040333": _row("a duplicate detection rule finds that this row is there already: merge the two there"),
        "0x80060892": _row("another row has the same value in the columns of an alternate key: merge the two there"),
        "0x80044352": _row("change tracking doesn't remember that far: the next run reads everything", retry=True),
        MERGED: _row("the row was merged into another in Dynamics 365: it is linked to that one by the next read"),
        UNPROCESSED: _row("Dynamics 365 didn't come to this row: the next run tries again", retry=True),
        "HTTP_404": _row(_IS_GONE),
        "HTTP_405": _row("Dynamics 365 doesn't allow it: other rows may depend on this one; look at it there"),
        "HTTP_412": _row("somebody saved the row meanwhile: the next run tries again", retry=True),
        _TOO_LARGE: _row("the row is too large for a call: shorten its values"),
    }
)
_UNKNOWN: Final = _row("Dynamics 365 refuses this save: save the row by hand there to see why")
_FAULT: Final = _row("Dynamics 365 failed at this row: the next run tries again", retry=True)
_SERVER_ERROR: Final = 500


def classify(reply: Reply) -> Verdict | None:
    """What a reply asks for; None for a success."""
    usual = verdict_by_status(reply.status)
    if usual is None:
        return None
    code = code_of(reply.json)
    rule = RULES.get(code)
    if rule is not None:
        return Verdict(rule.action, code, may_have_landed=rule.may_have_landed, crowded=rule.crowded)
    if code and reply.status == _SERVER_ERROR:
        return Verdict(Action.ROW, code)
    return replace(usual, code=code or usual.code)


def rejected(operation_id: OperationId, verdict: Verdict, status: int = 400) -> Rejected:
    """The row's outcome: the code, and who must do what."""
    rule = RULES.get(verdict.code, _FAULT if status >= _SERVER_ERROR else _UNKNOWN)
    return Rejected(operation_id, verdict.code, rule.what_to_do, rule.retry)


def code_of(body: Json) -> str:
    """The code of an error's body, in lower-case hex; "" where there is none. Some services write it in decimal."""
    error = body.get("error") if isinstance(body, dict) else None
    code = str(error.get("code") or "") if isinstance(error, dict) else ""
    if _DECIMAL.fullmatch(code):
        return f"0x{int(code) & 0xFFFFFFFF:08x}"
    return code.lower() if _HEX.fullmatch(code) else ""
