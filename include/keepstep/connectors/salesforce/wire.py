"""Salesforce's rows to records, and writes to the bodies of its calls. Pure.

Conventions: a blank Company or LastName, which Salesforce doesn't allow, is spelled ``[[Unknown]]`` there (an option)
and is a blank here. Datetimes are told in ISO 8601, UTC. None clears a field. A converted lead tells its contact in
the field `ConvertedContactId`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.salesforce import stamps
from keepstep.connectors.salesforce.fields import ACCOUNT, CONTACT, LEAD, PEOPLE, USER, Column, type_of
from keepstep.connectors.salesforce.settings import SalesforceSettings
from keepstep.core.model import Deletion, FieldType, Kind, Record, Status, Value, Write

Row = Mapping[str, Json]

CONVERTED_TO: Final = "ConvertedContactId"
MASTER: Final = "MasterRecordId"
_NEVER_BLANK: Final[Mapping[str, frozenset[str]]] = {
    LEAD: frozenset({"Company", "LastName"}),
    CONTACT: frozenset({"LastName"}),
    ACCOUNT: frozenset(),
    USER: frozenset(),
}
_TOLD_OF_A_CONVERSION: Final = (CONVERTED_TO, "ConvertedAccountId")
_ID = re.compile(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_NUMBER = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?")
_CHECKSUM: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT_ID: Final = 15


class UnwritableError(ValueError):
    """A write can't be put in the words of Salesforce; carries a code and the field's name, never the value."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field


# -- rows to records ---------------------------------------------------------------------------------------------------


def id_of(text: str) -> str | None:
    """An id in its long form, the only one that answers have: three letters more, which tell where capitals are.

    None where it is no id.
    """
    if not _ID.fullmatch(text):
        return None
    if len(text) > _SHORT_ID:
        return text
    bits = [sum(letter.isupper() << n for n, letter in enumerate(text[start : start + 5])) for start in (0, 5, 10)]
    return text + "".join(_CHECKSUM[five] for five in bits)


def record_of(object: str, row: Row, columns: Sequence[Column], settings: SalesforceSettings) -> Record:
    """A row of a query's JSON or of a Bulk result, as a record."""
    fields = {column.name: _field(object, row, column, settings.unknown) for column in columns}
    converted = _is_true(row.get("IsConverted"))
    if converted:
        fields |= {name: _text(row.get(name)) for name in _TOLD_OF_A_CONVERSION}
    return Record(
        object=object,
        id=str(row["Id"]),
        fields=fields,
        email=_text(row.get("Email")),
        status=_status(object, row, converted=converted),
        modified=stamps.moment(row.get("SystemModstamp")),
        owner=_text(row.get("OwnerId")),
        external_id=_text(_raw(row, settings.external_id_field)) if object in PEOPLE else None,
        opted_out=object in PEOPLE and _is_true(_raw(row, settings.opt_out_field)),
        converted_to=(CONTACT, contact) if converted and (contact := _text(row.get(CONVERTED_TO))) else None,
    )


def is_deleted(row: Row) -> bool:
    """Whether it is in the recycle bin."""
    return _is_true(row.get("IsDeleted"))


def master_of(row: Row) -> str | None:
    """The record that this one was merged into."""
    return _text(row.get(MASTER))


def deletion_of(object: str, row: Row, survivor: str | None) -> Deletion:
    """A row of the recycle bin."""
    return Deletion(object, str(row["Id"]), stamps.moment(row.get("SystemModstamp")), survivor)


def rows_of(body: Json) -> list[Row] | None:
    """The rows of a query's page, each with its id; None where it isn't such a page."""
    records = body.get("records") if isinstance(body, dict) else None
    if not isinstance(records, list):
        return None
    rows: list[Row] = [row for row in records if isinstance(row, dict) and isinstance(row.get("Id"), str)]
    return rows if len(rows) == len(records) else None


def _status(object: str, row: Row, *, converted: bool) -> Status:
    if converted:
        return Status.CONVERTED
    inactive = object == USER and not _is_true(row.get("IsActive"))
    return Status.INACTIVE if inactive else Status.ACTIVE


def _raw(row: Row, source: str | None) -> Json:
    """The value of a field; of a parent's field too, which JSON nests and a CSV names with a dot."""
    if source is None:
        return None
    if source in row:
        return row[source]
    value: Json = dict(row)
    for part in source.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _field(object: str, row: Row, column: Column, unknown: str | None) -> Value:
    value = _raw(row, column.source)
    if column.type is FieldType.BOOLEAN:
        return None if _text(value) is None else _is_true(value)
    if column.type is FieldType.DATETIME:
        stamp = stamps.moment(value)
        return None if stamp is None else stamp.isoformat()
    if column.type is FieldType.NUMBER:
        return _number(value)
    if isinstance(value, bool | int | float):
        return value
    text = _text(value)
    return None if text == unknown and column.source in _NEVER_BLANK[object] else text


def _number(value: Json) -> Value:
    """42.0 is told as 42, so that JSON and CSV agree; text that isn't a number stays text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if re.search(r"[.eE]", value) else int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, bool | int | float) else _text(value)


def _text(value: Json) -> str | None:
    return None if value is None or value == "" or isinstance(value, list | dict) else str(value)


def _is_true(value: Json) -> bool:
    return value is True or str(value).lower() == "true"


# -- writes to bodies --------------------------------------------------------------------------------------------------


def record_id(write: Write) -> str:
    """The id of the record that is written. Raises UnwritableError."""
    id = None if write.record_id is None else id_of(write.record_id)
    if id is None:
        raise UnwritableError("NOT_AN_ID" if write.record_id else "NO_RECORD", "Id")
    return id


def values_of(write: Write, settings: SalesforceSettings) -> dict[str, Value]:
    """The given fields in Salesforce's words, and no other; a create leaves blanks out. Raises UnwritableError."""
    never_blank = _NEVER_BLANK[write.object] if settings.unknown is not None else frozenset()
    given = dict(write.fields)
    if write.kind is Kind.CREATE:
        given = {**dict.fromkeys(never_blank), **given}
    values: dict[str, Value] = {}
    for name, value in given.items():
        if not _FIELD.fullmatch(name) or name.lower() in ("id", "attributes"):
            raise UnwritableError("NOT_A_FIELD", name if _FIELD.fullmatch(name) else "")
        blank = value is None or value == ""
        spelled = settings.unknown if blank and name in never_blank else (None if blank else value)
        if spelled is not None or write.kind is not Kind.CREATE:
            values[name] = spelled
    return dict(sorted(values.items()))


def body_of(write: Write, settings: SalesforceSettings) -> dict[str, Json]:
    """A record of a collection. Raises UnwritableError."""
    body: dict[str, Json] = {"attributes": {"type": type_of(write.object)}}
    if write.kind is not Kind.CREATE:
        body["id"] = record_id(write)
    body.update(values_of(write, settings))
    if write.kind is Kind.CREATE and write.external_id is not None and settings.external_id_field is not None:
        body[settings.external_id_field] = write.external_id
    return body
