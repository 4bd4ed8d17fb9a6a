"""Values as JSON has them, and as rows hold them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from keepstep_sandbox.dynamics import ids
from keepstep_sandbox.dynamics.columns import CHOICES, LOOKUPS, TEXTS, Column, Type
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError, bad_payload, bad_query
from keepstep_sandbox.dynamics.keys import reference
from keepstep_sandbox.dynamics.standard import Definition
from keepstep_sandbox.dynamics.table import Row

_BIND: Final = "@odata.bind"
_EDM: Final = {
    Type.BOOLEAN: "Edm.Boolean", Type.INTEGER: "Edm.Int32", Type.BIGINT: "Edm.Int64", Type.DECIMAL: "Edm.Decimal",
    Type.DATETIME: "Edm.DateTimeOffset", Type.ID: "Edm.Guid", Type.PICKLIST: "Edm.Int32", Type.STATE: "Edm.Int32",
    Type.STATUS: "Edm.Int32", Type.LOOKUP: "Edm.Guid", Type.OWNER: "Edm.Guid", Type.CUSTOMER: "Edm.Guid",
}  # fmt: skip


def edm(column: Column) -> str:
    """Give a column's type in OData's words."""
    return _EDM.get(column.type, "Edm.String")


def read(environment: Environment, table: Definition, body: Mapping[str, Any], *, creates: bool) -> Row:
    """Read what a client wants written: checked values, ids for what is bound, None to clear.

    Raises:
        DynamicsError: a property that isn't there, or a value that it can't have.
    """
    row: Row = {}
    for name, value in body.items():
        if name.endswith(_BIND):
            column, target = _navigation(environment, table, name.removesuffix(_BIND))
            row[column.name] = None if value is None else bound(environment, column, target, value)
        elif "@" not in name:
            column = _column(environment, table, name)
            if column.createable if creates else column.updatable:
                row[column.name] = plain(table, column, value)
            elif not environment.settings.ignores_read_only and name != table.key:
                raise bad_payload(f"The property '{name}' cannot be modified.")
    return row


def _navigation(environment: Environment, table: Definition, name: str) -> tuple[Column, str]:
    found = environment.schema.by_navigation(table.name, name)
    if found is None:
        message = (
            f"An undeclared property '{name}' which only has property annotations in the payload but no property "
            "value was found in the payload. In OData, only declared navigation properties and declared named streams "
            "can be represented as properties without values."
        )
        raise bad_payload(message)
    return found


def _column(environment: Environment, table: Definition, name: str) -> Column:
    column = environment.schema.find(table.name, name)
    if column is None:
        raise bad_payload(f"Invalid property '{name}' was found in entity 'Microsoft.Dynamics.CRM.{table.name}'.")
    if column.type in LOOKUPS:
        message = "was found when trying to read the value of a navigation property; bind it by '@odata.bind' instead."
        raise bad_payload(f"A 'PrimitiveValue' node {message} Property: '{name}'.")
    return column


def bound(environment: Environment, column: Column, target: str, value: object) -> str:
    """Give the id of the row that a lookup is to point to.

    Raises:
        DynamicsError: there's none, or it's of another table.
    """
    address = reference(environment, value)
    if address.table.name not in column.targets or (len(column.targets) > 1 and address.table.name != target):
        raise bad_query(f"Invalid resource reference '{value}' for '{column.name}'.")
    row = address.row(environment)
    if column.type is Type.OWNER and row.get("isdisabled", False) and not environment.settings.assign_to_disabled:
        message = f"The specified user(Id = {row['systemuserid']}) is disabled. Consider enabling this user."
        raise DynamicsError(403, "0x80040225", message)
    return str(row[address.table.key])


def plain(table: Definition, column: Column, value: Any) -> Any:
    """Read a value that is no lookup.

    Raises:
        DynamicsError: the column can't hold it.
    """
    if value is None:
        if column.type in (Type.STATE, Type.STATUS):
            raise bad_payload(f"The property '{column.name}' cannot be null.")
        return None
    if column.type in TEXTS:
        return _text(table, column, value)
    try:
        found = _READERS[column.type](value)
    except (ValueError, TypeError) as error:
        message = f"Cannot convert the literal '{value}' to the expected type '{edm(column)}'."
        raise bad_payload(message) from error
    if column.type in CHOICES and column.option(found) is None:
        raise _out_of_range(table, column, found, ", ".join(str(one.value) for one in column.options))
    if column.type is Type.INTEGER and not column.minimum <= found <= column.maximum:
        raise _out_of_range(table, column, found, f"{column.minimum} - {column.maximum}")
    return found


def _text(table: Definition, column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise bad_payload(f"Cannot convert a value of '{column.name}' to the expected type 'Edm.String'.")
    if len(value) > column.length:
        message = (
            f"A validation error occurred. The length of the '{column.name}' attribute of the '{table.name}' entity "
            f"exceeded the maximum allowed length of '{column.length}'."
        )
        raise DynamicsError(400, "0x80044331", message)
    return value


def _out_of_range(table: Definition, column: Column, value: object, accepted: str) -> DynamicsError:
    message = (
        f"A validation error occurred. The value {value} of '{column.name}' on record of type '{table.name}' is "
        f"outside the valid range. Accepted Values: {accepted}"
    )
    return DynamicsError(400, "0x8004431A", message)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _decimal(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _moment(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found.replace(microsecond=0)


def _guid(value: Any) -> str:
    found = ids.normal(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError
    return found


_READERS: Final[Mapping[Type, Callable[[Any], Any]]] = {
    Type.ID: _guid,
    Type.INTEGER: _whole,
    Type.BIGINT: _whole,
    Type.PICKLIST: _whole,
    Type.STATE: _whole,
    Type.STATUS: _whole,
    Type.DECIMAL: _decimal,
    Type.BOOLEAN: _boolean,
    Type.DATETIME: _moment,
}


def to_json(value: Any) -> Any:
    """Write a value as the Web API does."""
    return f"{value.isoformat()[:19]}Z" if isinstance(value, datetime) else value


def held(column: Column, row: Row) -> Any:
    """Give what a row holds in a column; a yes-no column of a row that never had one is no."""
    return row.get(column.name, False if column.type is Type.BOOLEAN else None)
