"""The objects and fields of the org, standard and custom, as describe tells them and writes are checked by them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from keepstep_sandbox.people import LEAD_SOURCES
from keepstep_sandbox.salesforce.errors import no_such_field, no_such_object

LEAD, CONTACT, ACCOUNT, USER, GROUP = "Lead", "Contact", "Account", "User", "Group"
LEAD_STATUSES: Final = ("Open - Not Contacted", "Working - Contacted", "Closed - Not Converted", "Closed - Converted")
CONVERTED_STATUS: Final = LEAD_STATUSES[3]


class Type(StrEnum):
    """The types of fields, in describe's words."""

    ID = "id"
    STRING = "string"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    TEXTAREA = "textarea"
    PICKLIST = "picklist"
    REFERENCE = "reference"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    DOUBLE = "double"
    INT = "int"


TEXTS: Final = frozenset({Type.STRING, Type.EMAIL, Type.PHONE, Type.URL, Type.TEXTAREA, Type.PICKLIST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field.

    Attributes:
        length: of a text, in characters.
        required: whether a record can't be without it.
        writable: whether the API may create and update it.
        values: of a picklist; `restricted` says that there can be no others.
        targets: the objects that a reference may point to; `relationship` is the name to follow it by.
        external_id: whether upserts may use it, which makes its values unique here.
    """

    name: str
    type: Type = Type.STRING
    label: str = ""
    length: int = 0
    required: bool = False
    writable: bool = True
    values: tuple[str, ...] = ()
    restricted: bool = False
    targets: tuple[str, ...] = ()
    relationship: str = ""
    external_id: bool = False

    @property
    def custom(self) -> bool:
        """Whether an administrator made it."""
        return self.name.endswith("__c")

    @property
    def shown(self) -> str:
        """Give its label; a reference's says `ID` (`Owner ID`)."""
        return self.label or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.name).replace(" Id", " ID")

    def described(self) -> dict[str, Any]:
        """Write it as describe does."""
        values = [
            {"active": True, "defaultValue": False, "label": v, "validFor": None, "value": v} for v in self.values
        ]
        return {
            "name": self.name,
            "label": self.shown,
            "type": self.type.value,
            "length": self.length,
            "nillable": not self.required and self.type is not Type.BOOLEAN and self.type is not Type.ID,
            "createable": self.writable,
            "updateable": self.writable,
            "unique": self.external_id,
            "externalId": self.external_id,
            "idLookup": self.external_id or self.name in ("Id", "Email"),
            "custom": self.custom,
            "defaultedOnCreate": self.type is Type.BOOLEAN or self.name in ("OwnerId", "Status"),
            "picklistValues": values,
            "restrictedPicklist": self.restricted,
            "referenceTo": list(self.targets),
            "relationshipName": self.relationship or None,
            "calculated": False,
            "filterable": self.type is not Type.TEXTAREA,
            "sortable": self.type is not Type.TEXTAREA,
        }


def _text(name: str, length: int, **more: Any) -> Field:
    return Field(name=name, length=length, **more)


def _reference(name: str, *targets: str, **more: Any) -> Field:
    relationship = name.removesuffix("Id")
    return Field(name=name, type=Type.REFERENCE, length=18, targets=targets, relationship=relationship, **more)


def _read_only(name: str, kind: Type, **more: Any) -> Field:
    return Field(name=name, type=kind, writable=False, **more)


def _picklist(name: str, values: tuple[str, ...], *, restricted: bool = False) -> Field:
    return Field(name=name, type=Type.PICKLIST, length=255, values=values, restricted=restricted)


_SYSTEM: Final = (
    _read_only("Id", Type.ID, length=18),
    _read_only("IsDeleted", Type.BOOLEAN),
    _read_only("CreatedDate", Type.DATETIME),
    _reference("CreatedById", USER, writable=False),
    _read_only("LastModifiedDate", Type.DATETIME),
    _reference("LastModifiedById", USER, writable=False),
    _read_only("SystemModstamp", Type.DATETIME),
)
_PERSON: Final = (
    _text("FirstName", 40),
    _text("LastName", 80, required=True),
    _text("Name", 121, writable=False, label="Full Name"),
    _text("Title", 128),
    Field(name="Email", type=Type.EMAIL, length=80),
    Field(name="Phone", type=Type.PHONE, length=40),
    Field(name="MobilePhone", type=Type.PHONE, length=40),
    _picklist("LeadSource", LEAD_SOURCES),
    Field(name="Description", type=Type.TEXTAREA, length=32_000),
    Field(name="HasOptedOutOfEmail", type=Type.BOOLEAN, label="Email Opt Out"),
    Field(name="DoNotCall", type=Type.BOOLEAN),
)
_FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    LEAD: (
        *_SYSTEM,
        *_PERSON,
        _reference("MasterRecordId", LEAD, writable=False),
        _text("Company", 255, required=True),
        _text("City", 40),
        _text("Country", 80),
        Field(name="Website", type=Type.URL, length=255),
        _picklist("Status", LEAD_STATUSES, restricted=True),
        _reference("OwnerId", USER, GROUP),
        _read_only("IsConverted", Type.BOOLEAN),
        _read_only("ConvertedDate", Type.DATE),
        _reference("ConvertedAccountId", ACCOUNT, writable=False),
        _reference("ConvertedContactId", CONTACT, writable=False),
        _reference("ConvertedOpportunityId", "Opportunity", writable=False),
    ),
    CONTACT: (
        *_SYSTEM,
        *_PERSON,
        _reference("MasterRecordId", CONTACT, writable=False),
        _reference("AccountId", ACCOUNT),
        _text("MailingCity", 40),
        _text("MailingCountry", 80),
        _text("Department", 80),
        _reference("OwnerId", USER),
    ),
    ACCOUNT: (
        *_SYSTEM,
        _reference("MasterRecordId", ACCOUNT, writable=False),
        _text("Name", 255, required=True, label="Account Name"),
        _picklist("Type", ("Prospect", "Customer", "Partner", "Other")),
        Field(name="Phone", type=Type.PHONE, length=40),
        Field(name="Website", type=Type.URL, length=255),
        _text("BillingCity", 40),
        _reference("OwnerId", USER),
    ),
    USER: (
        *(field for field in _SYSTEM if field.name != "IsDeleted"),
        _text("Username", 80, required=True),
        Field(name="Email", type=Type.EMAIL, length=128, required=True),
        _text("FirstName", 40),
        _text("LastName", 80, required=True),
        _text("Name", 121, writable=False, label="Full Name"),
        _text("Alias", 8),
        Field(name="IsActive", type=Type.BOOLEAN),
    ),
    GROUP: (*(f for f in _SYSTEM if f.name != "IsDeleted"), _text("Name", 40), _picklist("Type", ("Queue", "Regular"))),
}
_PREFIXES: Final = {LEAD: "00Q", CONTACT: "003", ACCOUNT: "001", USER: "005", GROUP: "00G"}
MERGEABLE: Final = frozenset({LEAD, CONTACT, ACCOUNT})


class Schema:
    """The org's objects, as its administrators have made them so far."""

    def __init__(self) -> None:
        self._objects = {kind: {field.name.lower(): field for field in fields} for kind, fields in _FIELDS.items()}

    def kinds(self) -> tuple[str, ...]:
        """Give the names of all objects."""
        return tuple(self._objects)

    def kind(self, name: str) -> str:
        """Give an object's name as it's written; its case doesn't matter.

        Raises:
            SalesforceError: there's none (INVALID_TYPE).
        """
        for kind in self._objects:
            if kind.lower() == name.lower():
                return kind
        raise no_such_object(name)

    def prefix(self, kind: str) -> str:
        """Give the three characters that an object's ids begin with."""
        return _PREFIXES[kind]

    def kind_of(self, record_id: str) -> str | None:
        """Tell what a record is by its id."""
        return next((kind for kind, prefix in _PREFIXES.items() if record_id.startswith(prefix)), None)

    def fields(self, kind: str) -> Iterable[Field]:
        """Give an object's fields."""
        return self._objects[kind].values()

    def find(self, kind: str, name: str) -> Field | None:
        """Give a field; its case doesn't matter."""
        return self._objects[kind].get(name.lower())

    def field(self, kind: str, name: str) -> Field:
        """Give a field.

        Raises:
            SalesforceError: there's none (INVALID_FIELD).
        """
        found = self.find(kind, name)
        if found is None:
            raise no_such_field(name, kind)
        return found

    def relationship(self, kind: str, name: str) -> Field | None:
        """Give the reference that is followed by this name."""
        wanted = name.lower()
        return next((field for field in self.fields(kind) if field.relationship.lower() == wanted != ""), None)

    def add(self, kind: str, field: Field) -> None:
        """Take up a custom field, or change it.

        Raises:
            ValueError: its name doesn't end in `__c`.
        """
        if not field.custom:
            raise ValueError("a custom field's name ends in __c")
        self._objects[self.kind(kind)][field.name.lower()] = field

    def change(self, kind: str, name: str, **changes: Any) -> None:
        """Change a field as an administrator would: its length, its values, whether it's required."""
        kind = self.kind(kind)
        self._objects[kind][name.lower()] = replace(self.field(kind, name), **changes)

    def remove(self, kind: str, name: str) -> Field:
        """Delete a custom field, or hide a standard one from the integration user.

        Raises:
            SalesforceError: there's none.
        """
        kind = self.kind(kind)
        field = self.field(kind, name)
        del self._objects[kind][name.lower()]
        return field
