"""The objects, how NetSuite describes their fields, and how each is asked for in SuiteQL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import FieldInfo, Json
from keepstep.core.errors import SettingsError
from keepstep.core.model import FieldType

Catalog = Mapping[str, FieldInfo]

CONTACT: Final = "contact"
CUSTOMER: Final = "customer"
LEAD: Final = "lead"  # a customer who is a person, at any stage
USER: Final = "user"  # an employee; read only
RECORD_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {CONTACT: "contact", CUSTOMER: "customer", LEAD: "customer", USER: "employee"}
)
PEOPLE: Final = frozenset({LEAD, CONTACT})
OF_CUSTOMERS: Final = frozenset({LEAD, CUSTOMER})
COMPANY: Final = "company"  # of a contact: told as the company's name, written as its id
COMPANY_NAME: Final = "company.companyName"  # of a contact: the same name, under a name that is never written
STAGE: Final = "stage"  # of a customer or lead: ours; NetSuite derives it from entityStatus
STATUS: Final = "entityStatus"
OWNER: Final = "salesRep"  # of a customer or lead: an employee
OPT_OUT: Final = "globalSubscriptionStatus"  # told and written as whether the person opted out
NEVER_BLANK: Final = ("firstName", "lastName")  # of a lead
USUAL_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        CONTACT: ("email", "firstName", "lastName", "title", "phone", COMPANY, "leadSource"),
        CUSTOMER: ("email", "companyName", "phone", STAGE, STATUS, "leadSource"),
        LEAD: ("email", "firstName", "lastName", "title", "phone", "companyName", STAGE, "leadSource", OWNER, OPT_OUT),
        USER: ("email", "name"),
    }
)
# NetSuite's contact has its lead source under a name of its own.
TWINS: Final[Mapping[tuple[str, str], str]] = MappingProxyType({(CONTACT, "leadSource"): "contactSource"})
_FORMATS: Final[Mapping[str, FieldType]] = MappingProxyType(
    {"email": FieldType.EMAIL, "date": FieldType.DATE, "date-time": FieldType.DATETIME}
)
_TYPES: Final[Mapping[str, FieldType]] = MappingProxyType(
    {"integer": FieldType.NUMBER, "number": FieldType.NUMBER, "boolean": FieldType.BOOLEAN, "string": FieldType.TEXT}
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
# Of an employee: nothing else is needed, so NetSuite isn't asked to describe the record.
USER_FIELDS: Final[Catalog] = MappingProxyType(
    {
        "email": FieldInfo("email", FieldType.EMAIL, label="Email", writable=False),
        "name": FieldInfo("name", label="Name", writable=False),
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """A field that is read: our name for it, NetSuite's own name, and what it holds."""

    name: str
    source: str
    type: FieldType = FieldType.TEXT

    @property
    def sql(self) -> str:
        """The column's name in SuiteQL. Names are checked when columns are chosen: nothing else gets into a query."""
        return self.source.lower()


def catalog_of(object: str, body: Json) -> Catalog:
    """The fields of a metadata-catalog answer (JSON schema); sublists and links are left out."""
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        return {}
    fields = {name: _field(name, d) for name, d in properties.items() if isinstance(d, dict) and _is_field(name, d)}
    for (owner, ours), theirs in TWINS.items():
        if owner == object and ours not in fields and theirs in fields:
            fields[ours] = replace(fields[theirs], name=ours)
    if object in OF_CUSTOMERS:
        fields[STAGE] = FieldInfo(STAGE, label="Stage")
    if OPT_OUT in fields:
        fields[OPT_OUT] = replace(fields[OPT_OUT], type=FieldType.BOOLEAN)
    return fields


def columns_of(object: str, names: Sequence[str], catalog: Catalog) -> tuple[Column, ...]:
    """How to ask for these fields; none given: the usual ones that the account has, and every custom one.

    Raises SettingsError for a name that can't be a field's.
    """
    if not names:
        custom = sorted(n for n in catalog if n.startswith("custentity") and n not in USUAL_FIELDS[object])
        names = [*(n for n in USUAL_FIELDS[object] if n in catalog or not catalog), *custom]
    return tuple(_column(object, name, catalog) for name in dict.fromkeys(names))


def source_of(object: str, name: str, catalog: Catalog) -> str:
    """NetSuite's own name of a field."""
    twin = TWINS.get((object, name))
    return twin if twin is not None and twin in catalog else name


def is_name(name: str) -> bool:
    """Whether it can be a field's name, and so may stand in a query."""
    return _NAME.fullmatch(name) is not None


def _column(object: str, name: str, catalog: Catalog) -> Column:
    if object == CONTACT and name == COMPANY_NAME:
        return Column(name, COMPANY)
    if not is_name(name):
        raise SettingsError(f"NetSuite: {name[:64]!r} can't be a field's name; field names are letters, digits and _")
    known = catalog.get(name)
    return Column(name, source_of(object, name, catalog), FieldType.TEXT if known is None else known.type)


def _is_field(name: str, description: Mapping[str, Json]) -> bool:
    inner = description.get("properties")
    sublist = isinstance(inner, dict) and "items" in inner
    return name != "links" and description.get("type") != "array" and not sublist


def _field(name: str, description: Mapping[str, Json]) -> FieldInfo:
    length = description.get("maxLength")
    return FieldInfo(
        name,
        _type(description),
        label=str(description.get("title") or ""),
        writable=name != "id" and description.get("readOnly") is not True,
        max_length=length if isinstance(length, int) else None,
    )


def _type(description: Mapping[str, Json]) -> FieldType:
    if "$ref" in description or description.get("type") == "object":
        return FieldType.REFERENCE
    by_format = _FORMATS.get(str(description.get("format")))
    return by_format or _TYPES.get(str(description.get("type")), FieldType.TEXT)
