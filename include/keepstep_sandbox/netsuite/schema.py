"""The fields of the record types, as REST spells them; their SuiteQL columns are the same names in lower case."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Type(StrEnum):
    """What a field holds. The custom field types that the control API can make are these words too."""

    TEXT = "text"
    EMAIL = "email"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    FLOAT = "float"
    DATETIME = "datetime"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        name: as REST spells it.
        label: as the screen names it, used in refusals.
        max_length: characters, 0 = no limit.
        target: the table that a reference points into.
        custom: made by an administrator (`custentity_...`).
    """

    name: str
    label: str
    type: Type = Type.TEXT
    max_length: int = 0
    target: str = ""
    read_only: bool = False
    custom: bool = False

    @property
    def column(self) -> str:
        """Its name in SuiteQL."""
        return self.name.lower()


CUSTOMER: Final = "customer"
CONTACT: Final = "contact"
EMPLOYEE: Final = "employee"

_ENTITY: Final = (
    Field("id", "Internal ID", Type.INTEGER, read_only=True),
    Field("entityId", "ID", max_length=83),
    Field("externalId", "External ID", max_length=255),
    Field("firstName", "First Name", max_length=32),
    Field("lastName", "Last Name", max_length=32),
    Field("email", "Email", Type.EMAIL, max_length=254),
    Field("phone", "Phone", max_length=32),
    Field("isInactive", "Inactive", Type.BOOLEAN),
    Field("unsubscribe", "Unsubscribe", Type.BOOLEAN),
    Field("globalSubscriptionStatus", "Subscription Status", Type.REFERENCE, target="subscriptionstatus"),
    Field("subsidiary", "Primary Subsidiary", Type.REFERENCE, target="subsidiary"),
    Field("comments", "Comments", max_length=4000),
    Field("dateCreated", "Date Created", Type.DATETIME, read_only=True),
    Field("lastModifiedDate", "Last Modified", Type.DATETIME, read_only=True),
)
_OWN: Final = {
    CUSTOMER: (
        Field("isPerson", "Individual", Type.BOOLEAN),
        Field("companyName", "Company Name", max_length=83),
        Field("title", "Job Title", max_length=100),
        Field("entityStatus", "Status", Type.REFERENCE, target="entitystatus"),
        Field("searchStage", "Stage", read_only=True),
        Field("leadSource", "Lead Source", Type.REFERENCE, target="campaign"),
        Field("salesRep", "Sales Rep", Type.REFERENCE, target="employee"),
    ),
    CONTACT: (
        Field("title", "Job Title", max_length=100),
        Field("company", "Company", Type.REFERENCE, target="company"),
        Field("contactSource", "Source", Type.REFERENCE, target="campaign"),
        Field("owner", "Owner", Type.REFERENCE, target="employee"),
    ),
    EMPLOYEE: (Field("title", "Job Title", max_length=100),),
}
RECORD_TYPES: Final = tuple(_OWN)


class Schema:
    """The fields of an account's record types: the built-in ones, and the custom ones that can come and go."""

    def __init__(self, *, one_world: bool) -> None:
        self.version = 0  # moves with every change
        self._fields: dict[str, dict[str, Field]] = {}
        for record, own in _OWN.items():
            fields = [field for field in (*_ENTITY, *own) if one_world or field.name != "subsidiary"]
            self._fields[record] = {field.name: field for field in fields}
        for record, label in ((CUSTOMER, "Act-On Score (lead level)"), (CONTACT, "Act-On Score (contact level)")):
            self.add(record, Field("custentity_act_on_score", label, Type.INTEGER, custom=True))

    def fields(self, record: str) -> dict[str, Field]:
        """Give the fields of a record type by name.

        Raises:
            KeyError: no such record type.
        """
        return self._fields[record]

    def columns(self, record: str) -> dict[str, Field]:
        """Give the fields of a record type by SuiteQL column."""
        return {field.column: field for field in self._fields[record].values()}

    def add(self, record: str, field: Field) -> None:
        """Let an administrator make a custom field.

        Raises:
            ValueError: it isn't named as custom entity fields are, or is there already.
            KeyError: no such record type.
        """
        if not field.name.startswith("custentity_") or field.name != field.name.lower():
            raise ValueError("a custom entity field's id starts with custentity_ and is in lower case")
        if field.name in self._fields[record]:
            raise ValueError(f"{record} has a field {field.name} already")
        self._fields[record][field.name] = field
        self.version += 1

    def remove(self, record: str, name: str) -> None:
        """Let an administrator delete a custom field.

        Raises:
            KeyError: there's no such custom field.
        """
        if not self._fields[record][name].custom:
            raise KeyError(name)
        del self._fields[record][name]
        self.version += 1

    def json_schema(self, record: str) -> dict[str, Any]:
        """Describe a record type as the metadata catalog does for `application/schema+json`."""
        properties = {field.name: _property(field) for field in self.fields(record).values()}
        return {
            "$schema": "http://json-schema.org/draft-06/hyper-schema#",
            "type": "object",
            "properties": {"links": {"type": "array", "readOnly": True}, **properties},
        }


def _property(field: Field) -> dict[str, Any]:
    if field.type is Type.REFERENCE:
        inner = {"id": {"type": "string"}, "refName": {"type": "string"}, "externalId": {"type": "string"}}
        return {"title": field.label, "type": "object", "properties": inner, "nullable": True}
    kinds: dict[Type, dict[str, Any]] = {
        Type.TEXT: {"type": "string"},
        Type.EMAIL: {"type": "string", "format": "email"},
        Type.BOOLEAN: {"type": "boolean"},
        Type.INTEGER: {"type": "integer", "format": "int64"},
        Type.FLOAT: {"type": "number", "format": "double"},
        Type.DATETIME: {"type": "string", "format": "date-time"},
    }
    told: dict[str, Any] = {"title": field.label, **kinds[field.type], "nullable": True}
    if field.name == "id":
        told |= {"type": "string"}
        told.pop("format", None)
    if field.max_length:
        told["maxLength"] = field.max_length
    if field.read_only:
        told["readOnly"] = True
    if field.custom:
        told["x-ns-custom-field"] = True
    return told
