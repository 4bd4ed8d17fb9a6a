"""The calls inside a v11 bulk call, and what their answers say. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import orjson

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, Reply
from keepstep.connectors.sugarcrm import emails, errors, wire
from keepstep.connectors.sugarcrm.fields import EMAIL, OPT_OUT
from keepstep.connectors.sugarcrm.rows import Row, Way
from keepstep.core.model import Applied, FieldType, InDoubt, Outcome, Value

_METHODS: Final = {Way.CREATE: "POST", Way.UPDATE: "PUT", Way.DELETE: "DELETE"}
_NUMBERLIKE: Final = frozenset({FieldType.NUMBER, FieldType.DATE, FieldType.DATETIME, FieldType.BOOLEAN})


def request_of(row: Row, module: str, version: str, record: wire.Row | None) -> dict[str, Json]:
    """A call: its URL begins with the version, its data is JSON as text. Raises UnwritableError.

    `record` is there where the write repeats its addresses; for such an update without one the record is gone.
    """
    if row.way is Way.UPDATE and OPT_OUT in row.values and record is None:
        raise wire.UnwritableError(errors.NOT_FOUND)
    url = f"/v{version}/{module}" + ("" if row.way is Way.CREATE else f"/{row.id}")
    request: dict[str, Json] = {"url": url, "method": _METHODS[row.way]}
    if row.way is not Way.DELETE:
        request["data"] = orjson.dumps(_body(row, record)).decode()
    return request


def outcome_of(row: Row, result: Json) -> Outcome:
    """Of one answer inside the bulk reply."""
    status = result.get("status") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(status, int):
        return InDoubt(row.operation_id, "NO_RESULT")
    contents = result.get("contents")
    verdict = errors.classify_v11(Reply(status, {}, b"", contents))
    if verdict is None:
        return _done(row, contents)
    if row.way is Way.DELETE and verdict.code == errors.NOT_FOUND:
        return Applied(row.operation_id, str(row.id))  # as asked; a delete that is sent twice meets itself
    if verdict.action is Action.WAIT and verdict.may_have_landed:
        return InDoubt(row.operation_id, verdict.code)
    refused = errors.rejected(row.operation_id, verdict.code)
    passes = verdict.action in (Action.WAIT, Action.RENEW)  # about the moment, or the session: not about the row
    return replace(refused, retry=refused.retry or passes)


def _done(row: Row, contents: Json) -> Outcome:
    told = contents if isinstance(contents, dict) else {}
    id = told.get("id") or row.id
    if not isinstance(id, str):
        return InDoubt(row.operation_id, "NO_ID")
    if row.way is Way.UPDATE and id != row.id:
        return InDoubt(row.operation_id, "OTHER_ID")
    # The answer is the record as it is now; where it is cut short, the status is all there is.
    wrong = wire.differing(row.values, emails.flat(told), row.catalog)
    if not wrong:
        return Applied(row.operation_id, id)
    stays = wrong == (OPT_OUT,) and EMAIL in row.values
    return errors.rejected(row.operation_id, errors.STAYS_OUT if stays else errors.NOT_STORED, wrong[0])


def _body(row: Row, record: wire.Row | None) -> dict[str, Json]:
    body: dict[str, Json] = {} if row.id is None or row.way is Way.UPDATE else {"id": row.id}
    body |= emails.written(row.values, record)
    return body | {name: _spelled(row, name, v) for name, v in row.values.items() if name not in (EMAIL, OPT_OUT)}


def _spelled(row: Row, name: str, value: Value) -> Json:
    kind = row.catalog[name].type
    if value is None:
        return None if kind in _NUMBERLIKE else ""
    return wire.is_true(value) if kind is FieldType.BOOLEAN else value
