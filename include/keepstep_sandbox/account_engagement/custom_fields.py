"""What may be done to custom fields; in prospects they go by their id with `__c`."""

import re
from collections.abc import Mapping
from typing import Final

from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.schema import CUSTOM_FIELDS, PROSPECTS, Field, Type
from keepstep_sandbox.account_engagement.table import Row
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.account_engagement.values import accepted

TYPES: Final = {
    "text": Type.STRING,
    "textarea": Type.STRING,
    "number": Type.NUMBER,
    "date": Type.DATE,
    "dropdown": Type.STRING,
    "radio button": Type.STRING,
    "checkbox": Type.ARRAY,
    "multi-select": Type.ARRAY,
    "hidden": Type.STRING,
    "crm user": Type.STRING,
}


class CustomFields:
    """See the module. `by` is the user who does it."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit

    def create(self, values: Mapping[str, object], by: int) -> Row:
        """Make a custom field; prospects have it at once.

        Raises:
            PardotError: it has no name or id, the id is taken, or its type isn't one.
        """
        for name in ("name", "fieldId"):
            if not values.get(name):
                raise PardotError(153, name)
        stored = {"type": "text", **self._checked(values)}
        if re.fullmatch(r"[A-Za-z]\w*", stored["fieldId"]) is None:
            raise PardotError(154, "fieldId")
        if column(stored) in self._unit.schema[PROSPECTS].fields:
            raise PardotError(245)
        self._unit.schema[PROSPECTS].fields[column(stored)] = _field(stored)
        return self._unit.insert(CUSTOM_FIELDS, stored, by)

    def update(self, row_id: int, values: Mapping[str, object], by: int) -> Row:
        """Change a custom field, but for its id.

        Raises:
            PardotError: there's none, or a value is refused.
        """
        row = self._unit.row(CUSTOM_FIELDS, row_id)
        stored = self._checked(values)
        if stored.get("fieldId", row["fieldId"]) != row["fieldId"]:
            raise PardotError(180, "fieldId")
        changed = {**row, **stored}
        self._unit.schema[PROSPECTS].fields[column(row)] = _field(changed)
        return self._unit.change(CUSTOM_FIELDS, row, stored, by)

    def delete(self, row_id: int, by: int) -> Row:  # noqa: ARG002 - as of all objects
        """Drop a custom field, and what prospects have in it.

        Raises:
            PardotError: there's none (109).
        """
        row = self._unit.row(CUSTOM_FIELDS, row_id)
        name = column(row)
        del self._unit.schema[PROSPECTS].fields[name]
        table = self._unit.tables[PROSPECTS]
        table.forget_index(name)
        for prospect in [one for one in table.rows() if name in one]:
            self._unit.put(PROSPECTS, {field: value for field, value in prospect.items() if field != name})
        self._unit.erase(CUSTOM_FIELDS, row_id)
        return row

    def _checked(self, values: Mapping[str, object]) -> Row:
        stored: Row = {}
        for name, value in values.items():
            field = self._unit.schema[CUSTOM_FIELDS].field(name)
            if not field.writable:
                raise PardotError(180, name)
            stored[name] = accepted(field, value)
        if "type" in stored:
            stored["type"] = str(stored["type"]).lower()
            if stored["type"] not in TYPES:
                raise PardotError(154, "type")
        return stored


def column(row: Row) -> str:
    """Give the name that a custom field has in prospects."""
    return f"{row['fieldId']}__c"


def _field(row: Row) -> Field:
    kind = Type.ARRAY if row.get("isRecordMultipleResponses", False) else TYPES[row["type"]]
    return Field(name=column(row), type=kind, writable=True)
