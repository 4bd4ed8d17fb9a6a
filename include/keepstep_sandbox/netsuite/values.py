"""Between the JSON of the record service and the rows of the tables: types, references, property validation."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from keepstep_sandbox.netsuite.account import Account
from keepstep_sandbox.netsuite.errors import NetSuiteError, invalid_content
from keepstep_sandbox.netsuite.schema import CUSTOMER, EMPLOYEE, Field, Type
from keepstep_sandbox.netsuite.table import Row

_RECORD_TARGETS: Final = frozenset({"company", CUSTOMER, EMPLOYEE})  # a missing one is INVALID_KEY_OR_REF, see _refer


def to_row(account: Account, record: str, body: Mapping[str, Any], *, strict_names: bool, strict_values: bool) -> Row:
    """Read a request's properties into columns; None clears one.

    Args:
        account: whose schema and records the values are checked against.
        record: the record type.
        body: the request's object.
        strict_names: refuse unknown names (`X-NetSuite-PropertyNameValidation: error`), else pass over them.
        strict_values: refuse values for read-only properties, else pass over them.

    Raises:
        NetSuiteError: a value isn't of its field's kind, or what's strict was broken.
    """
    fields = account.schema.fields(record)
    row: Row = {}
    for name, value in body.items():
        field = fields.get(name)
        if field is None:
            if strict_names and name != "links":
                raise NetSuiteError(400, "NONEXISTENT_FIELD", f"Unknown field {name}.", {"o:errorPath": name})
        elif field.read_only:
            if strict_values and name != "id":
                raise invalid_content(f"Field {name} is read-only.", name)
        else:
            row[field.column] = None if value is None or value == "" else _read(account, field, value)
    return row


def to_json(
    account: Account, record: str, row: Row, wanted: frozenset[str] | None, href: Callable[[str, int], str]
) -> dict[str, Any]:
    """Write a row as a single resource; properties without a value are left out.

    Args:
        account: for the names of what references point to.
        record: the record type.
        row: what is written.
        wanted: names of properties, None for all.
        href: gives the address of a record by type and id.
    """
    told: dict[str, Any] = {"links": [{"rel": "self", "href": href(record, row["id"])}]}
    for field in account.schema.fields(record).values():
        value = row.get(field.column)
        if value is not None and (wanted is None or field.name in wanted or field.name == "id"):
            told[field.name] = _write(account, field, value, href)
    return told


def _read(account: Account, field: Field, value: Any) -> Any:
    match field.type:
        case Type.TEXT | Type.EMAIL:
            return _text(field, value)
        case Type.BOOLEAN:
            return _boolean(field, value)
        case Type.INTEGER | Type.FLOAT:
            return _number(field, value)
        case Type.DATETIME:
            return _moment(field, value)
        case Type.REFERENCE:
            return _refer(account, field, value)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise invalid_content(f"Invalid value for {field.name}, text expected.", field.name)
    text = str(value)
    if field.max_length and len(text) > field.max_length:
        detail = f"The field {field.name} contained more than the maximum number ( {field.max_length} ) of characters."
        raise invalid_content(detail, field.name)
    local, at, domain = text.rpartition("@")
    if field.type is Type.EMAIL and not (at and local and domain and " " not in text):
        raise invalid_content("Invalid email address.", field.name)
    return text


def _boolean(field: Field, value: Any) -> str:
    if not isinstance(value, bool):
        raise invalid_content(f"Invalid value for {field.name}, true or false expected.", field.name)
    return "T" if value else "F"


def _number(field: Field, value: Any) -> int | float:
    try:
        if isinstance(value, bool):
            raise TypeError  # noqa: TRY301 - to JSON a boolean is no number, to Python it is
        number = float(value)
    except (TypeError, ValueError) as error:
        raise invalid_content(f"Invalid value for {field.name}, number expected.", field.name) from error
    if not float("-inf") < number < float("inf"):
        raise invalid_content(f"Invalid value for {field.name}, number expected.", field.name)
    if field.type is Type.FLOAT:
        return number
    if number != int(number):
        raise invalid_content(f"Invalid value for {field.name}, whole number expected.", field.name)
    return int(number)


def _moment(field: Field, value: Any) -> datetime:
    """Read an ISO 8601 moment; without an offset it's UTC."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise invalid_content(f"Invalid value for {field.name}, date and time expected.", field.name) from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


def _refer(account: Account, field: Field, value: Any) -> int:
    """Read `{"id": ..}` or `{"externalId": ..}`; a bare id isn't a reference."""
    if not isinstance(value, Mapping):
        raise invalid_content(f"Invalid value for {field.name}, reference expected.", field.name)
    row_id: int | None = None
    if "externalId" in value and field.target == "company":
        row_id = account.by_external_id(CUSTOMER, str(value["externalId"]))
    elif str(value.get("id", "")).lstrip("-").isdecimal():
        row_id = int(value["id"])
    if row_id is not None and account.referred(field.target, row_id) is not None:
        return row_id
    given = value.get("id", value.get("externalId"))
    if field.target in _RECORD_TARGETS:
        detail = f"Error while accessing resource: Invalid reference key {given} for {field.name}."
        raise NetSuiteError(400, "INVALID_KEY_OR_REF", detail, {"o:errorPath": field.name})
    raise invalid_content(f"Invalid value {given} for {field.name}.", field.name)


def _write(account: Account, field: Field, value: Any, href: Callable[[str, int], str]) -> Any:
    match field.type:
        case Type.BOOLEAN:
            return value == "T"
        case Type.DATETIME:
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case Type.REFERENCE:
            target = CUSTOMER if field.target == "company" else field.target
            links = [{"rel": "self", "href": href(target, value)}]
            return {"links": links, "id": str(value), "refName": account.display(field.target, value)}
        case _:
            return str(value) if field.name == "id" else value
