"""The objects that are known, and how Salesforce describes their fields. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import FieldInfo, Json
from keepstep.core.errors import Bug, SettingsError
from keepstep.core.model import FieldType

Catalog = Mapping[str, FieldInfo]

LEAD: Final = "lead"
CONTACT: Final = "contact"
ACCOUNT: Final = "account"
USER: Final = "user"
PEOPLE: Final = frozenset({LEAD, CONTACT})  # the only objects that are ever written (SF-3)
TYPES: Final[Mapping[str, str]] = MappingProxyType({LEAD: "Lead", CONTACT: "Contact", ACCOUNT: "Account", USER: "User"})
_OF_A_PERSON: Final = ("Id", "SystemModstamp", "IsDeleted", "MasterRecordId", "OwnerId", "Email")
# What a `Record` tells beside its fields; always read.
TOLD: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        LEAD: (*_OF_A_PERSON, "IsConverted", "ConvertedContactId", "ConvertedAccountId"),
        CONTACT: _OF_A_PERSON,
        ACCOUNT: ("Id", "SystemModstamp", "IsDeleted", "MasterRecordId", "OwnerId"),
        USER: ("Id", "SystemModstamp", "Email", "IsActive"),
    }
)
_USUAL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        LEAD: ("Email", "FirstName", "LastName", "Title", "Phone", "Company", "LeadSource", "OwnerId"),
        CONTACT: ("Email", "FirstName", "LastName", "Title", "Phone", "AccountId", "LeadSource", "OwnerId"),
        ACCOUNT: ("Name", "Website", "Phone", "OwnerId"),
        USER: ("Email", "Username", "Name", "IsActive"),
    }
)
_FIELD_TYPES: Final[Mapping[str, FieldType]] = MappingProxyType(
    {
        "email": FieldType.EMAIL,
        "boolean": FieldType.BOOLEAN,
        "int": FieldType.NUMBER,
        "long": FieldType.NUMBER,
        "double": FieldType.NUMBER,
        "currency": FieldType.NUMBER,
        "percent": FieldType.NUMBER,
        "date": FieldType.DATE,
        "datetime": FieldType.DATETIME,
        "reference": FieldType.REFERENCE,
    }
)
# Standard objects that a person refers to, and that have a name; custom ones always have one.
_NAMED: Final = frozenset({"Account", "Campaign", "Contact", "Group", "Lead", "RecordType", "User"})
# Compound and binary fields are no single value; Bulk refuses them.
_NO_VALUE: Final = frozenset({"address", "location", "base64", "complexvalue", "anyType"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(\.[A-Za-z][A-Za-z0-9_]{0,79}){0,4}")


@dataclass(frozen=True, slots=True)
class Column:
    """A field that is read: our name for it, Salesforce's own spelling, and what it holds."""

    name: str
    source: str
    type: FieldType = FieldType.TEXT


def type_of(object: str) -> str:
    """Salesforce's name of an object. Raises Bug for one that isn't known."""
    if object not in TYPES:
        raise Bug(f"Salesforce: no object {object!r} here; there are {', '.join(sorted(TYPES))}")
    return TYPES[object]


def catalog_of(object: str, body: Json) -> Catalog:
    """The fields of a describe answer, and the names of what they refer to (``Account.Name``), which are read only.

    Fields that hold no single value are left out.
    """
    fields = body.get("fields") if isinstance(body, dict) else None
    found = {}
    for one in fields if isinstance(fields, list) else []:
        if isinstance(one, dict) and isinstance(one.get("name"), str) and one.get("type") not in _NO_VALUE:
            found[str(one["name"])] = _field(object, one)
            found |= _name_of_reference(one)
    return found


def columns_of(object: str, names: Sequence[str], catalog: Catalog) -> tuple[Column, ...]:
    """How to ask for these fields; none given: the usual ones that the org has, and every custom one.

    A name may reach over a relation (``Account.Name``). Raises SettingsError for one that can't be a field's.
    """
    if not names:
        names = [name for name in _USUAL[object] if name in catalog or not catalog]
        names += sorted(name for name in catalog if name.endswith("__c"))
    spelled = {name.lower(): name for name in catalog}
    return tuple(_column(name, spelled, catalog) for name in dict.fromkeys(names))


def sources(object: str, columns: Sequence[Column]) -> tuple[str, ...]:
    """Every field of a query, each once: Salesforce refuses one that is named twice, in whatever case."""
    wanted = {name.lower(): name for name in (*TOLD[object], *(column.source for column in columns))}
    return tuple(wanted.values())


def is_name(name: str) -> bool:
    """Whether it can be a field's name, and so may stand in a query."""
    return _NAME.fullmatch(name) is not None


def _column(name: str, spelled: Mapping[str, str], catalog: Catalog) -> Column:
    if not is_name(name):
        raise SettingsError(f"Salesforce: {name[:80]!r} can't be a field's name; those are letters, digits and _")
    source = spelled.get(name.lower(), name)
    known = catalog.get(source)
    return Column(name, source, FieldType.TEXT if known is None else known.type)


def _name_of_reference(one: Mapping[str, Json]) -> dict[str, FieldInfo]:
    relation, targets = one.get("relationshipName"), one.get("referenceTo")
    if not isinstance(relation, str) or not isinstance(targets, list) or not targets:
        return {}
    if not all(target in _NAMED or str(target).endswith("__c") for target in targets):
        return {}
    name = f"{relation}.Name"
    return {name: FieldInfo(name, label=name, writable=False)}


def _field(object: str, one: Mapping[str, Json]) -> FieldInfo:
    length = one.get("length")
    kind = _FIELD_TYPES.get(str(one.get("type")), FieldType.TEXT)
    return FieldInfo(
        str(one["name"]),
        kind,
        label=str(one.get("label") or ""),
        writable=object in PEOPLE and (one.get("updateable") is True or one.get("createable") is True),
        max_length=length
        if isinstance(length, int) and length > 0 and kind in (FieldType.TEXT, FieldType.EMAIL)
        else None,
    )
