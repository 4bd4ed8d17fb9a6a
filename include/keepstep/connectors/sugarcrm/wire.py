"""SugarCRM's rows to records, and writes to the values of its fields. Pure; the same for both protocols.

Conventions: a blank last name, which v11 doesn't allow, is spelled ``[[Unknown]]`` there (an option) and is a blank
here. None clears a field. Datetimes are told in ISO 8601, UTC. A write that changes nothing still moves a
record's `date_modified`, and so comes back with the next read: it is told again, and whoever reads compares contents.
v4_1 tells four characters of a text as HTML entities; they are characters here, and are sent as characters.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.sugarcrm import errors, stamps
from keepstep.connectors.sugarcrm.fields import (
    CONTACT,
    EMAIL,
    LEAD,
    OPT_OUT,
    OWNER,
    PEOPLE,
    USER,
    Catalog,
    Column,
    is_name,
)
from keepstep.core.model import Deletion, FieldType, Kind, Record, Status, Value, Write

Row = Mapping[str, Json]  # one protocol's row made flat: field name -> value

CONVERTED_TO: Final = "contact_id"
NEVER_BLANK: Final = "last_name"  # of people
_IDS: Final = uuid.UUID("6d0b5d0e-2a0f-5c0b-9d3f-5a3c1f6e7b42")  # makes external ids into ids, the same for ever
_ID = re.compile(r"[A-Za-z0-9_.-]{1,36}")
_NUMBER = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?")
_ENTITIES: Final[Mapping[str, str]] = MappingProxyType(
    {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#039;": "'", "&#39;": "'"}
)
_ENTITY = re.compile("|".join(map(re.escape, _ENTITIES)))
_FALSE: Final = frozenset({"", "0", "false", "none", "no", "off"})


class UnwritableError(ValueError):
    """A write can't be put in the words of SugarCRM; carries a code and the field's name, never the value."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field


# -- rows to records ---------------------------------------------------------------------------------------------------


def record_of(
    object: str, row: Row, columns: Sequence[Column], external_id: str | None = None, unknown: str | None = None
) -> Record:
    """A row, as a record."""
    fields = {column.name: value_of(row.get(column.source), column.type) for column in columns}
    if unknown is not None and object in PEOPLE and fields.get(NEVER_BLANK) == unknown:
        fields[NEVER_BLANK] = None
    converted = object == LEAD and is_true(row.get("converted"))
    contact = text(row.get(CONVERTED_TO)) if converted else None
    if converted:
        fields[CONVERTED_TO] = contact
    inactive = object == USER and str(row.get("status") or "").lower() == "inactive"
    return Record(
        object=object,
        id=str(row["id"]),
        fields=fields,
        email=text(row.get(EMAIL)) if object in (*PEOPLE, USER) else None,
        status=Status.CONVERTED if converted else Status.INACTIVE if inactive else Status.ACTIVE,
        modified=stamps.moment(row.get("date_modified")),
        owner=text(row.get(OWNER)),
        external_id=external_id,
        opted_out=object in PEOPLE and is_true(row.get(OPT_OUT)),
        converted_to=(CONTACT, contact) if contact else None,
    )


def deletion_of(object: str, row: Row) -> Deletion:
    """A row that v4_1 tells as deleted; the survivor of a merge isn't told."""
    return Deletion(object, str(row["id"]), stamps.moment(row.get("date_modified")))


def is_deleted(row: Row) -> bool:
    """Whether it is deleted softly."""
    return is_true(row.get("deleted"))


def value_of(value: Json, type: FieldType) -> Value:
    """A field's value; v4_1 tells everything as text, and v11 a flag as text here and there."""
    if type is FieldType.BOOLEAN:
        return None if value is None or value == "" else is_true(value)
    if type is FieldType.NUMBER:
        return _number(value)
    if type is FieldType.DATETIME:
        stamp = stamps.moment(value)
        return None if stamp is None else stamp.isoformat()
    return value if isinstance(value, bool | int | float) else text(value)


def is_true(value: Json) -> bool:
    """Of a flag: true, 1, "1" or "true"."""
    return not isinstance(value, list | dict) and str(value).strip().lower() not in _FALSE


def text(value: Json) -> str | None:
    """Of anything that is a single value and not blank."""
    return None if value is None or value == "" or isinstance(value, list | dict) else str(value)


def unescaped(value: str) -> str:
    """Text as a person typed it. Only these four characters are escaped, and no ampersand (recorded from a server)."""
    return _ENTITY.sub(lambda found: _ENTITIES[found[0]], value)


def _number(value: Json) -> Value:
    """42.0 and "42.00" are told as 42; text that isn't a number stays text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value) if "." in value else int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, bool | int | float) else text(value)


# -- writes to values --------------------------------------------------------------------------------------------------


def id_of(external_id: str) -> str:
    """The id that a record made under this key has: the key that makes a create safe to send twice."""
    return str(uuid.uuid5(_IDS, external_id))


def is_id(value: str) -> bool:
    """Whether it can be an id; v4_1 answers null to some that can't."""
    return _ID.fullmatch(value) is not None


def record_id(write: Write) -> str:
    """The id of the record that is written. Raises UnwritableError."""
    if not write.record_id:
        raise UnwritableError("NO_RECORD")
    if not is_id(write.record_id):
        raise UnwritableError("NOT_AN_ID")
    return write.record_id


def values_of(write: Write, catalog: Catalog, unknown: str | None = None) -> dict[str, Value]:
    """The given fields, checked, since both protocols ignore or cut what they don't take; a create leaves blanks out.

    It leaves out that somebody may be mailed, too: the address may be there already, opted out, and must stay so.
    Raises UnwritableError.
    """
    values: dict[str, Value] = {}
    given = dict(write.fields)
    if unknown is not None and (write.kind is Kind.CREATE or NEVER_BLANK in given):
        given[NEVER_BLANK] = given.get(NEVER_BLANK) or unknown
    for name, value in sorted(given.items()):
        info = catalog.get(name)
        if info is None:
            raise UnwritableError(errors.NO_FIELD, name if is_name(name) else "")
        if not info.writable:
            raise UnwritableError(errors.READ_ONLY, name)
        if info.max_length is not None and isinstance(value, str) and len(value) > info.max_length:
            raise UnwritableError(errors.TOO_LONG, name)
        blank = value is None or value == ""
        needless = blank or (name == OPT_OUT and not is_true(value))
        if not needless or write.kind is not Kind.CREATE:
            values[name] = None if blank else value
    return values


def differing(wanted: Mapping[str, Value], row: Row, catalog: Catalog) -> tuple[str, ...]:
    """The fields that the row tells, and that hold something else than what was written."""
    return tuple(
        name for name, value in wanted.items() if name in row and not _same(value, row[name], catalog[name].type)
    )


def _same(wanted: Value, there: Json, type: FieldType) -> bool:
    known = value_of(there, type)
    if type is FieldType.BOOLEAN:
        return is_true(wanted) == is_true(known)
    wanted = value_of(wanted, type)
    if wanted is None or known is None:
        return wanted is known
    if type is FieldType.EMAIL:
        return str(wanted).strip().casefold() == str(known).strip().casefold()
    if isinstance(wanted, int | float) and isinstance(known, int | float):
        return wanted == known
    return unescaped(str(wanted)).split() == str(known).split()  # blanks and line ends are SugarCRM's own business
