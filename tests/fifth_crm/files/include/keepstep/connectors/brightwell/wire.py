"""Brightwell's JSON to records, writes to calls, and the table of its errors. Pure.

Conventions: null is a blank, both ways. A converted lead tells its contact in `contact_id`. A contact tells its
account's name in `account_name`, which can't be written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from keepstep.connectors.base import FieldInfo, Json
from keepstep.connectors.brightwell.cursor import Part, Place
from keepstep.connectors.brightwell.settings import BrightwellSettings
from keepstep.connectors.calls import Action, Effect, ErrorRule, Expects, Reply, Request, Verdict, verdict_by_status
from keepstep.core.errors import Bug
from keepstep.core.model import Deletion, FieldType, Kind, Record, Rejected, Status, Write

Row = Mapping[str, Json]

OBJECTS: Final = frozenset({"lead", "contact", "account", "user"})
PEOPLE: Final = frozenset({"lead", "contact"})
NOT_FOUND: Final = "not_found"
TOO_OLD: Final = "too_old"  # deletions aren't remembered back to there
_NOT_TOLD: Final = frozenset({"id", "external_id", "modified_at"})  # they have a place of their own in a Record
_TYPES: Final = frozenset({FieldType.EMAIL, FieldType.NUMBER, FieldType.BOOLEAN, FieldType.REFERENCE})
_CODE = re.compile(r"[a-z][a-z_]{1,39}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")

_row = ErrorRule.row

RULES: Final[Mapping[str, ErrorRule]] = MappingProxyType(
    {
        "unauthorized": ErrorRule(Action.USER),  # a key doesn't expire: there is no new one to get
        "forbidden": ErrorRule(Action.USER),
        NOT_FOUND: _row("the record is gone from Brightwell CRM: deleted, or merged into another"),
        "unknown_field": _row("Brightwell CRM has no such field: make it there, or correct the sync's file"),
        "read_only": _row("the field can't be written: take it out of the sync"),
        "invalid_value": _row("correct the value, or the field's mapping in the sync's file"),
        "too_long": _row("the value is longer than the field takes: shorten it, or map it to a longer field"),
        "refused_by_rule": _row("a rule of this site refuses the record: save it by hand there to see which"),
    }
)
_UNKNOWN: Final = _row("Brightwell CRM refuses this save: save the record by hand there to see why")


# -- reading -----------------------------------------------------------------------------------------------------------


def page_call(place: Place, settings: BrightwellSettings) -> Request:
    """The call for the page at that place."""
    params = {"limit": str(settings.page_size), "after": place.after}
    if place.since is not None:
        params["changed_since"] = (place.since - timedelta(seconds=settings.overlap_s)).isoformat()
    if place.part is not Part.DELETIONS:
        return Request("GET", f"/api/{place.object}", f"GET {place.object}", params=params)
    return Request("GET", "/api/deleted", f"GET deleted {place.object}", params={**params, "object": place.object})


def search_call(object: str, field: str, values: list[str]) -> Request:
    """The call for the records with one of these values."""
    body: dict[str, Json] = {"field": field, "values": list(values)}
    return Request("POST", f"/api/{object}/search", f"POST {object}/search", Effect.READS, json=body)


def rows_of(body: Json) -> list[Row] | None:
    """The rows of an answer; None where it isn't one."""
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, list):
        return None
    rows: list[Row] = [row for row in items if isinstance(row, dict)]
    return rows if len(rows) == len(items) else None


def record_of(object: str, row: Row, fields: tuple[str, ...]) -> Record:
    """A row as a record with these fields; none: all that it has."""
    names = fields or tuple(name for name in row if name not in _NOT_TOLD)
    values = {name: row.get(name) for name in names}
    converted = _text(row.get("contact_id")) if object == "lead" else None
    inactive = object == "user" and row.get("active") is not True
    return Record(
        object=object,
        id=str(row["id"]),
        fields={name: value for name, value in values.items() if not isinstance(value, list | dict)},
        email=_text(row.get("email")),
        status=Status.CONVERTED if converted else Status.INACTIVE if inactive else Status.ACTIVE,
        modified=_moment(row.get("modified_at")),
        owner=_text(row.get("owner_id")),
        external_id=_text(row.get("external_id")),
        opted_out=row.get("do_not_email") is True,
        converted_to=("contact", converted) if converted else None,
    )


def deletion_of(object: str, row: Row) -> Deletion:
    """A row of the deletions."""
    return Deletion(object, str(row["id"]), _moment(row.get("at")), _text(row.get("merged_into")))


def field_of(row: Row) -> FieldInfo:
    """A field as its description has it."""
    kind, length = row.get("type"), row.get("max_length")
    return FieldInfo(
        str(row["name"]),
        next((known for known in _TYPES if known == kind), FieldType.TEXT),
        label=str(row.get("label") or ""),
        writable=row.get("writable") is True,
        max_length=length if isinstance(length, int) else None,
    )


def _text(value: Json) -> str | None:
    return None if value is None or value == "" else str(value)


def _moment(value: Json) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


# -- writing -----------------------------------------------------------------------------------------------------------


def write_call(write: Write) -> Request:
    """The call that does it. Raises Bug for what must not be planned."""
    if write.object not in PEOPLE:
        raise Bug(f"Brightwell CRM: a write to {write.object!r} was planned; only leads and contacts are written")
    path, values = f"/api/{write.object}", dict(sorted(write.fields.items()))
    if write.kind is Kind.CREATE:
        body: dict[str, Json] = {name: value for name, value in values.items() if value is not None}
        if write.external_id is None:
            return Request("POST", path, f"POST {write.object}", Effect.ONCE, json=body)
        return Request(
            "POST", path, f"POST {write.object}", Effect.IDEMPOTENT, json={**body, "external_id": write.external_id}
        )
    if write.record_id is None:
        raise Bug(f"Brightwell CRM: an {write.kind} of a {write.object} without its id was planned")
    path, label = f"{path}/{quote(write.record_id, safe='')}", f"{write.object}/{{id}}"
    if write.kind is Kind.REMOVE:
        return Request("DELETE", path, f"DELETE {label}", Effect.IDEMPOTENT, expects=Expects.ANYTHING)
    return Request("PATCH", path, f"PATCH {label}", Effect.IDEMPOTENT, json={**values})


def classify(reply: Reply) -> Verdict | None:
    """What a reply asks for; None for a success."""
    usual = verdict_by_status(reply.status)
    error = reply.json.get("error") if isinstance(reply.json, dict) else None
    if usual is None or not isinstance(error, dict):
        return usual
    code, field = str(error.get("code")), str(error.get("field", ""))
    known = replace(usual, code=code if _CODE.fullmatch(code) else usual.code)
    known = replace(known, pointer=field if _NAME.fullmatch(field) else "")
    return replace(known, action=RULES[code].action) if code in RULES else known


def refused(write: Write, verdict: Verdict) -> Rejected:
    """The row's outcome: the code, the field where Brightwell names one, and who must do what."""
    field = f" (field {verdict.pointer})" if verdict.pointer else ""
    what_to_do = RULES.get(verdict.code, _UNKNOWN).what_to_do
    return Rejected(write.operation_id, verdict.code, f"{what_to_do}{field}")
