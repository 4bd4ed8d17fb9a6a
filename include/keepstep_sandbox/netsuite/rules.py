"""What NetSuite demands of a record that is saved: its name and stage, its required fields, what must be unique."""

from typing import Any, Final

from keepstep_sandbox.netsuite.errors import NetSuiteError, user_error
from keepstep_sandbox.netsuite.lists import stage_of
from keepstep_sandbox.netsuite.schema import CONTACT, CUSTOMER, EMPLOYEE
from keepstep_sandbox.netsuite.settings import NetSuiteSettings
from keepstep_sandbox.netsuite.table import Key, Row, Table

_REQUIRED: Final = {
    CUSTOMER: {"companyname": "Company Name"},
    CONTACT: {"entityid": "Contact"},
    EMPLOYEE: {"entityid": "Employee ID"},
}


def defaults(record: str, values: Row, settings: NetSuiteSettings) -> Row:
    """Give what a new record gets unless its maker says otherwise."""
    common: dict[str, Any] = {"isinactive": "F", "unsubscribe": "F", "globalsubscriptionstatus": 1}
    if record != CUSTOMER:
        return common
    status = values.get("entitystatus") or settings.default_status
    return {**common, "isperson": "F", "entitystatus": status}


def complete(record: str, row: Row, table: Table, settings: NetSuiteSettings) -> None:
    """Fill in what follows from the rest of a row, and check it against its table.

    Raises:
        NetSuiteError: something required is missing, or something unique is taken.
    """
    _name(record, row, settings)
    _require(record, row, settings)
    _check_unique(record, row, table, settings)


def _name(record: str, row: Row, settings: NetSuiteSettings) -> None:
    """Give a record the name it goes by, and a customer the stage that follows its status."""
    if record == CUSTOMER:
        row["searchstage"] = stage_of(row["entitystatus"]) if row.get("entitystatus") else None
        row["entityid"] = row.get("entityid") or (f"CUST{row['id']}" if settings.auto_numbering else own_name(row))
    else:
        row["entityid"] = row.get("entityid") or _person(row)


def own_name(row: Row) -> str | None:
    """Give the name of a customer: an individual's own, else the company's."""
    return _person(row) if row.get("isperson") == "T" else row.get("companyname")


def _person(row: Row) -> str:
    return " ".join(part for part in (row.get("firstname"), row.get("lastname")) if part)


def _require(record: str, row: Row, settings: NetSuiteSettings) -> None:
    needed = dict(_REQUIRED[record])
    if record == CUSTOMER and row.get("isperson") == "T":
        needed = {"firstname": "First Name", "lastname": "Last Name"}
    if settings.one_world:
        needed["subsidiary"] = "Primary Subsidiary"
    missing = [label for column, label in needed.items() if not row.get(column)]
    if missing:
        raise user_error(f"Please enter value(s) for: {', '.join(missing)}")


def _check_unique(record: str, row: Row, table: Table, settings: NetSuiteSettings) -> None:
    own = {row["id"]}
    external = row.get("externalid")
    if external and table.find("externalid", external) - own:
        raise _taken(settings.duplicate_external_id_code, "This external ID is in use already.")
    if record == CUSTOMER and not settings.auto_numbering and table.find("entityid", _entity_name(row)) - own:
        raise _taken("UNIQUE_CUST_ID_REQD", "A customer with this ID exists.")
    # A name that a contact has already is not looked at again (believed).
    old = table.get(row["id"])
    renamed = record == CONTACT and (old is None or _contact_name(old) != _contact_name(row))
    if renamed and settings.unique_contact_names and table.find("name", _contact_name(row)) - own:
        raise _taken("CONTACT_ALREADY_EXISTS", "A contact record with this ID exists.")


def _taken(code: str, detail: str) -> NetSuiteError:
    return NetSuiteError(400, code, f"Error while accessing resource: {detail}")


def _external(row: Row) -> str | None:
    return row.get("externalid")


def _entity_name(row: Row) -> str | None:
    name = row.get("entityid")
    return None if name is None else str(name).lower()


def _contact_name(row: Row) -> tuple[object, str | None]:
    return row.get("company"), _entity_name(row)


def _company(row: Row) -> int | None:
    return row.get("company")


INDEXES: Final[dict[str, dict[str, Key]]] = {
    CUSTOMER: {"externalid": _external, "entityid": _entity_name},
    CONTACT: {"externalid": _external, "name": _contact_name, "company": _company},
    EMPLOYEE: {"externalid": _external},
}
