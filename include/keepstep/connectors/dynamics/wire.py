"""Dataverse's rows to records, and writes to the bodies of its calls. Pure.

Conventions: a choice is told and written by its label; its integer stays in here. A lookup is told by the id of what
it refers to, `NAME.name` tells its name. None clears a column. A converted lead tells its contact and account in
`parentcontactid` and `parentaccountid`. A row that was merged into another is a `Deletion` here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.dynamics import stamps
from keepstep.connectors.dynamics.fields import (
    BINDS,
    CONTACT,
    KNOWN_CHOICES,
    KNOWN_TEXT,
    LEAD,
    NEVER_WRITTEN,
    PEOPLE,
    USER,
    Catalog,
    Choices,
    Column,
    Told,
    is_name,
    table_of,
)
from keepstep.connectors.dynamics.odata import FORMATTED, LOGICAL_NAME
from keepstep.core.model import Deletion, FieldType, Kind, Record, Status, Value, Write

Row = Mapping[str, Json]

_KEYS: Final = uuid.UUID("5f0d5d2c-6a3a-5d0e-9a55-6b1f3c0a7e21")  # ours, for ids made of external ids
_MASTER: Final = "_masterid_value"
_GUID_DIGITS: Final = 32
_QUALIFIED, _DISQUALIFIED = 1, 2  # statecode of a lead


class UnwritableError(ValueError):
    """A write can't be put in the words of Dataverse; carries a code and the column's name, never the value."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field


# -- rows to records ---------------------------------------------------------------------------------------------------


def id_of(text: str) -> str | None:
    """A GUID as answers have it: small letters, no braces. None where it is none."""
    try:
        id = uuid.UUID(text.strip())
    except ValueError:
        return None
    return str(id) if len(text.replace("-", "").strip(" {}")) == _GUID_DIGITS else None


def new_id(object: str, key: str) -> str:
    """The id of the row that a create with this key makes, whenever and however often it is sent."""
    return str(uuid.uuid5(_KEYS, f"{object}:{key}"))


def record_of(object: str, row: Row, columns: Sequence[Column], opt_out: str | None) -> Record:
    """A row of a query's answer, as a record."""
    table = table_of(object)
    fields = {column.name: _field(row, column) for column in columns}
    if object == USER:
        fields["name"] = _text(row.get("fullname"))
    status = _status(object, row)
    contact = _text(row.get("_parentcontactid_value"))
    if status is Status.CONVERTED:
        fields |= {"parentcontactid": contact, "parentaccountid": _text(row.get("_parentaccountid_value"))}
    return Record(
        object=object,
        id=str(row[table.key]).lower(),
        fields=fields,
        email=None if table.email is None else _text(row.get(table.email)),
        status=status,
        modified=stamps.moment(row.get("modifiedon")),
        owner=_text(row.get("_ownerid_value")),
        opted_out=object in PEOPLE and opt_out is not None and row.get(opt_out) is True,
        converted_to=(CONTACT, contact) if status is Status.CONVERTED and contact else None,
    )


def is_deleted(row: Row) -> bool:
    """Whether it is the news of a deletion, which stands among the changes."""
    return str(row.get("@odata.context", "")).endswith("$deletedEntity") or ("reason" in row and "id" in row)


def is_merged(row: Row) -> bool:
    """Whether it was merged into another."""
    return row.get("merged") is True


def master_of(row: Row) -> str | None:
    """The row that this one was merged into."""
    return _text(row.get(_MASTER)) if is_merged(row) else None


def deletion_of(object: str, row: Row, survivor: str | None = None) -> Deletion:
    """The news that a row was deleted or merged."""
    if is_deleted(row):
        return Deletion(object, str(row.get("id")).lower())
    return Deletion(object, str(row[table_of(object).key]).lower(), stamps.moment(row.get("modifiedon")), survivor)


def rows_of(body: Json, key: str) -> list[Row] | None:
    """The rows of an answer, each with its id; None where it isn't such an answer."""
    told = body.get("value") if isinstance(body, dict) else None
    if not isinstance(told, list):
        return None
    rows: list[Row] = [row for row in told if isinstance(row, dict)]
    whole = all(isinstance(row.get("id") if is_deleted(row) else row.get(key), str) for row in rows)
    return rows if whole and len(rows) == len(told) else None


def _status(object: str, row: Row) -> Status:
    if object == USER:
        return Status.INACTIVE if row.get("isdisabled") is True else Status.ACTIVE
    state = row.get("statecode")
    if object == LEAD:
        named = {_QUALIFIED: Status.CONVERTED, _DISQUALIFIED: Status.DISQUALIFIED}
        return named.get(state, Status.ACTIVE) if isinstance(state, int) else Status.ACTIVE
    return Status.INACTIVE if state == 1 else Status.ACTIVE


def _field(row: Row, column: Column) -> Value:
    value = row.get(column.source)
    if column.told is not Told.PLAIN:
        return _annotated(row, column)
    if column.type is FieldType.DATETIME:
        stamp = stamps.moment(value)
        return _text(value) if stamp is None else stamp.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 42.0 is told as 42
    return value if isinstance(value, bool | int | float) else _text(value)


def _annotated(row: Row, column: Column) -> Value:
    if column.told is Told.CHOICE:
        return None if row.get(column.source) is None else _text(row.get(f"{column.source}@{FORMATTED}"))
    # A customer is an account or a contact; only an account is a company.
    if column.source == "_parentcustomerid_value" and row.get(f"{column.source}@{LOGICAL_NAME}") == CONTACT:
        return None
    if column.told is Told.NAME:
        return _text(row.get(f"{column.source}@{FORMATTED}"))
    return _text(row.get(column.source))


def _text(value: Json) -> str | None:
    return None if value is None or value == "" or isinstance(value, list | dict) else str(value)


# -- writes to bodies --------------------------------------------------------------------------------------------------


def record_id(write: Write) -> str:
    """The id of the row that is written. Raises UnwritableError."""
    if write.kind is Kind.CREATE:
        return new_id(write.object, write.external_id or write.operation_id)
    id = None if write.record_id is None else id_of(write.record_id)
    if id is None:
        raise UnwritableError("NOT_AN_ID" if write.record_id else "NO_RECORD", "")
    return id


def needs_catalog(writes: Iterable[Write]) -> frozenset[str]:
    """The objects whose metadata is needed to spell these writes: a text may be the label of a choice."""
    return frozenset(
        write.object
        for write in writes
        for name, value in write.fields.items()
        if value not in (None, "")
        and (name in KNOWN_CHOICES or (isinstance(value, str) and not _is_plain(write, name)))
    )


def _is_plain(write: Write, name: str) -> bool:
    """Whether a text in this column can be nothing but that text, or an id."""
    return name in KNOWN_TEXT or name in BINDS.get(write.object, {})


def body_of(write: Write, catalog: Catalog, choices: Choices) -> dict[str, Json]:
    """The given columns in Dataverse's words, and no other; a create leaves blanks out. Raises UnwritableError."""
    body: dict[str, Json] = {}
    for name, given in sorted(write.fields.items()):
        if not is_name(name) or name in NEVER_WRITTEN:
            raise UnwritableError("NOT_A_FIELD", name if is_name(name.replace(".", "_")) else "")
        value = None if given == "" else given
        if value is None and write.kind is Kind.CREATE:
            continue
        key, spelled = _spelled(write.object, name, value, catalog, choices)
        body[key] = spelled
    return body


def _spelled(object: str, name: str, value: Value, catalog: Catalog, choices: Choices) -> tuple[str, Json]:
    bind = BINDS[object].get(name)
    known = catalog.get(name)
    if bind is not None:
        return _bound(name, value, *bind)
    if known is not None and known.told is Told.LOOKUP:
        raise UnwritableError("NOT_A_FIELD", name)
    if known is not None and known.told is Told.CHOICE and value is not None:
        return name, _choice(name, value, choices)
    is_text = name in KNOWN_TEXT or (known is not None and known.field.type in (FieldType.TEXT, FieldType.EMAIL))
    return name, str(value) if is_text and value is not None else value


def _bound(name: str, value: Value, navigation: str, set: str) -> tuple[str, Json]:
    key = f"{navigation}@odata.bind"
    if value is None:
        return key, None
    id = id_of(str(value))
    if id is None:
        raise UnwritableError("NOT_A_REFERENCE", name)
    return key, f"/{set}({id})"


def _choice(name: str, value: Value, choices: Choices) -> int:
    labels = choices.get(name, {})
    number = labels.get(str(value).strip().casefold())
    if number is None:
        raise UnwritableError("UNKNOWN_LABEL", name)
    return number
