"""Values on the wire, JSON or CSV, and as rows hold them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from keepstep_sandbox.salesforce import ids
from keepstep_sandbox.salesforce.errors import SalesforceError, bad_request, refuse
from keepstep_sandbox.salesforce.schema import TEXTS, Field, Schema, Type
from keepstep_sandbox.salesforce.table import Row

_EMAIL: Final = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[^@\s.,;<>()]+")
_XSD: Final = {Type.DATE: "date", Type.DATETIME: "dateTime", Type.DOUBLE: "double", Type.INT: "int"}
_SECURITY: Final = (
    "Please check the security settings of this field and verify that it is read/write for your profile or "
    "permission set."
)


def read(schema: Schema, kind: str, body: Mapping[str, Any], *, csv: bool = False) -> Row:
    """Read what a client wants written: canonical names, checked values, None to clear. `attributes` and Id are left.

    Args:
        schema: of the org.
        kind: the object.
        body: names in any case -> JSON values; in a CSV all are texts.
        csv: whether it's a CSV's row.

    Raises:
        SalesforceError: a field that isn't there or can't be written, or a value that it can't have.
    """
    fields = [(schema.field(kind, name), value) for name, value in body.items() if name.lower() not in _NO_FIELDS]
    if locked := [field.name for field, _ in fields if not field.writable]:
        raise refuse(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(locked)}. {_SECURITY}",
            *locked,
        )
    return {field.name: _value(field, value, csv) for field, value in fields}


_NO_FIELDS: Final = frozenset({"attributes", "id"})


def _value(field: Field, value: Any, csv: bool) -> Any:
    if value is None or value == "":
        if field.type is Type.BOOLEAN:
            raise refuse("INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.shown}: value not of required type: ", field.name)
        return None
    if field.type in TEXTS:
        return _text(field, value)
    if csv and isinstance(value, str):
        value = _plain(field, value)
    try:
        return _READERS[field.type](field, value)
    except (ValueError, TypeError) as error:
        raise _not_deserialized(field, value, csv) from error


def _text(field: Field, value: Any) -> str:
    if isinstance(value, dict | list):
        raise bad_request("JSON_PARSER_ERROR", f"Cannot deserialize instance of string for the field {field.name}")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = text.strip()
    if field.length and len(text) > field.length:
        message = f"{field.shown}: data value too large: {text} (max length={field.length})"
        raise refuse("STRING_TOO_LONG", message, field.name)
    if field.type is Type.EMAIL and text and _EMAIL.fullmatch(text) is None:
        raise refuse("INVALID_EMAIL_ADDRESS", f"{field.shown}: invalid email address: {text}", field.name)
    if field.restricted and text not in field.values:
        message = f"{field.shown}: bad value for restricted picklist field: {text}"
        raise refuse("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field.name)
    return text


def _reference(field: Field, value: Any) -> str:
    found = ids.normal(str(value))
    if found is None:
        raise refuse("MALFORMED_ID", f"{field.shown}: id value of incorrect type: {value}", field.name)
    return found


def _boolean(_: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number(field: Field, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return int(value) if field.type is Type.INT else value


def _date(_: Field, value: Any) -> date:
    return date.fromisoformat(value[:10])


def _datetime(_: Field, value: Any) -> datetime:
    return moment(value)


_READERS: Final[Mapping[Type, Callable[[Field, Any], Any]]] = {
    Type.REFERENCE: _reference,
    Type.BOOLEAN: _boolean,
    Type.DOUBLE: _number,
    Type.INT: _number,
    Type.DATE: _date,
    Type.DATETIME: _datetime,
}


def moment(text: str) -> datetime:
    """Read a date-time with its offset, `+0000`, `+00:00` or `Z`; whole seconds are kept, in UTC.

    Raises:
        ValueError: it isn't one, or has no offset.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a date-time needs an offset")
    return found.astimezone(UTC).replace(microsecond=0)


def _plain(field: Field, text: str) -> Any:
    """Make of a CSV's text what JSON would hold."""
    if field.type is Type.BOOLEAN:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if field.type in (Type.DOUBLE, Type.INT):
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _not_deserialized(field: Field, value: Any, csv: bool) -> SalesforceError:
    kind = _XSD.get(field.type, field.type.value)
    if csv:
        message = f"Failed to deserialize field. Due to, '{value}' is not a valid value for the type xsd:{kind}"
        return refuse("INVALID_FIELD", message, field.name)
    return bad_request(
        "JSON_PARSER_ERROR", f"Cannot deserialize instance of {kind} from value {value} or request may be missing a "
        f"required field at field {field.name}"
    )  # fmt: skip


def to_json(value: Any) -> Any:
    """Write a value as REST does."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    if isinstance(value, date):
        return value.isoformat()
    return value


def to_csv(value: Any) -> str:
    """Write a value as Bulk API 2.0 does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return str(value)


def held(field: Field, row: Row) -> Any:
    """Give what a row holds in a field; a checkbox is never empty."""
    return row.get(field.name, False if field.type is Type.BOOLEAN else None)
