"""How Dataverse describes its tables: columns, lengths, and the labels of choices. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import FieldInfo, Json
from keepstep.connectors.dynamics.fields import (
    BINDS,
    NAME_OF,
    NEVER_WRITTEN,
    PEOPLE,
    Attribute,
    Catalog,
    Choices,
    Told,
    is_name,
)
from keepstep.core.model import FieldType

_FIELD_TYPES: Final[Mapping[str, FieldType]] = MappingProxyType(
    {
        "String": FieldType.TEXT,
        "Memo": FieldType.TEXT,
        "Picklist": FieldType.TEXT,
        "State": FieldType.TEXT,
        "Status": FieldType.TEXT,
        "Integer": FieldType.NUMBER,
        "BigInt": FieldType.NUMBER,
        "Decimal": FieldType.NUMBER,
        "Double": FieldType.NUMBER,
        "Money": FieldType.NUMBER,
        "Boolean": FieldType.BOOLEAN,
        "DateTime": FieldType.DATETIME,
        "Uniqueidentifier": FieldType.REFERENCE,
        "Lookup": FieldType.REFERENCE,
        "Customer": FieldType.REFERENCE,
        "Owner": FieldType.REFERENCE,
    }
)
_CHOICES: Final = frozenset({"Picklist", "State", "Status"})
_LOOKUPS: Final = frozenset({"Lookup", "Customer", "Owner"})


def catalog_of(object: str, attributes: Json) -> Catalog:
    """The columns of an answer of Attributes, and the names of what lookups refer to, which are read only.

    Columns that are part of another one, or hold no single value, are left out.
    """
    found: dict[str, Attribute] = {}
    for one in _items(attributes):
        name, kind = str(one.get("LogicalName")), str(one.get("AttributeType"))
        readable = one.get("IsValidForRead") is not False and one.get("AttributeOf") is None
        if not readable or kind not in _FIELD_TYPES or not is_name(name):
            continue
        told = Told.CHOICE if kind in _CHOICES else Told.LOOKUP if kind in _LOOKUPS else Told.PLAIN
        custom = one.get("IsCustomAttribute") is True
        found[name] = Attribute(_field(object, name, one, told), told, custom)
        if told is Told.LOOKUP:
            of = FieldInfo(name + NAME_OF, label=f"{found[name].field.label} (name)", writable=False)
            found[of.name] = Attribute(of, Told.NAME, custom=False)
    return found


def with_lengths(catalog: Catalog, texts: Json) -> Catalog:
    """The same columns, with what the metadata of text columns tells: how long, and which hold an address."""
    found = dict(catalog)
    for one in _items(texts):
        name, length = str(one.get("LogicalName")), one.get("MaxLength")
        if name not in found:
            continue
        email = "Email" in (one.get("Format"), _value(one.get("FormatName")))
        known = found[name]
        kind = FieldType.EMAIL if email else known.field.type
        longest = length if isinstance(length, int) and length > 0 else None
        found[name] = replace(known, field=replace(known.field, type=kind, max_length=longest))
    return found


def choices_of(picklists: Json) -> Choices:
    """Each choice's labels, in the language of the application user and in every other one; the user's own win."""
    found: dict[str, dict[str, int]] = {}
    for one in _items(picklists):
        own: dict[str, int] = {}
        others: dict[str, int] = {}
        for option in _options(one):
            value, labels = option.get("Value"), [_plain(label) for label in _labels(option.get("Label"))]
            if isinstance(value, int) and labels:
                own.setdefault(labels[0], value)
                others |= {label: value for label in labels[1:]}
        found[str(one.get("LogicalName"))] = others | own
    return found


def _field(object: str, name: str, one: Mapping[str, Json], told: Told) -> FieldInfo:
    labels = _labels(one.get("DisplayName"))
    valid = one.get("IsValidForUpdate") is True or one.get("IsValidForCreate") is True
    bound = told is not Told.LOOKUP or name in BINDS.get(object, {})
    kind = _FIELD_TYPES[str(one["AttributeType"])]
    writable = object in PEOPLE and valid and bound and name not in NEVER_WRITTEN
    return FieldInfo(name, kind, label=labels[0] if labels else name, writable=writable)


def _plain(label: str) -> str:
    return label.strip().casefold()


def _options(one: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    for key in ("OptionSet", "GlobalOptionSet"):
        inner = one.get(key)
        options = inner.get("Options") if isinstance(inner, dict) else None
        if isinstance(options, list) and options:
            return [option for option in options if isinstance(option, dict)]
    return []


def _labels(label: Json) -> list[str]:
    """The user's own first."""
    told = label if isinstance(label, dict) else {}
    own, others = told.get("UserLocalizedLabel"), told.get("LocalizedLabels")
    all = [own, *(others if isinstance(others, list) else [])]
    return [text for one in all if isinstance(one, dict) and isinstance(text := one.get("Label"), str) and text]


def _value(told: Json) -> Json:
    return told.get("Value") if isinstance(told, dict) else told


def _items(body: Json) -> list[Mapping[str, Json]]:
    items = body.get("value") if isinstance(body, dict) else None
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []
