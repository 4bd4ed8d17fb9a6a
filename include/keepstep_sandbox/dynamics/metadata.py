"""Tables and columns as the metadata entities tell them: EntityDefinitions, Attributes, OptionSet."""

from collections.abc import Iterable
from typing import Any, Final

from keepstep_sandbox.dynamics import ids
from keepstep_sandbox.dynamics.columns import CHOICES, LOOKUPS, YES_NO, Column, Option, Type
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.schema import AlternateKey
from keepstep_sandbox.dynamics.standard import Definition

NAMESPACE: Final = "Microsoft.Dynamics.CRM."
ENGLISH: Final = 1033
_KINDS: Final = {Type.ID: "UniqueIdentifier", Type.OWNER: "Lookup", Type.CUSTOMER: "Lookup"}
_BASES: Final = {"EnumAttributeMetadata": CHOICES, "AttributeMetadata": frozenset(Type)}
# What only some kinds of attributes have; who asks the base type for it is refused.
PARTICULAR: Final = frozenset(
    {"MaxLength", "DatabaseLength", "Format", "FormatName", "MinValue", "MaxValue", "Precision", "Targets",
     "DateTimeBehavior", "OptionSet", "GlobalOptionSet", "DefaultFormValue", "DefaultValue"}
)  # fmt: skip
EXPANDED: Final = frozenset({"OptionSet", "GlobalOptionSet"})


def kind_of(column: Column) -> str:
    """Give the type of a column's metadata, `StringAttributeMetadata`."""
    return f"{_KINDS.get(column.type, column.type.value)}AttributeMetadata"


def is_kind(column: Column, kind: str) -> bool:
    """Tell whether a column's metadata is of a type, or of one below it."""
    return kind_of(column) == kind or column.type in _BASES.get(kind, ())


def known_kind(kind: str) -> bool:
    """Tell whether there is such a type of metadata."""
    return kind in _BASES or any(kind == f"{_KINDS.get(one, one.value)}AttributeMetadata" for one in Type)


def table(environment: Environment, definition: Definition) -> dict[str, Any]:
    """Write a table."""
    tracked = definition.name not in environment.settings.untracked
    return {
        "MetadataId": ids.make("metadata/table", definition.number),
        "LogicalName": definition.name,
        "SchemaName": definition.schema_name,
        "EntitySetName": definition.set_name,
        "LogicalCollectionName": definition.set_name,
        "ObjectTypeCode": definition.number,
        "PrimaryIdAttribute": definition.key,
        "PrimaryNameAttribute": definition.name_column or None,
        "DisplayName": label(definition.schema_name),
        "DisplayCollectionName": label(f"{definition.schema_name}s"),
        "IsCustomEntity": False,
        "IsActivity": False,
        "IsPrivate": False,
        "OwnershipType": "UserOwned" if definition.writable else "BusinessOwned",
        "ChangeTrackingEnabled": tracked,
        "CanChangeTrackingBeEnabled": _managed(True, "canchangetrackingbeenabled"),
        "HasChanged": None,
    }


def attribute(definition: Definition, column: Column) -> dict[str, Any]:
    """Write a column, without what has to be expanded."""
    return {
        "@odata.type": f"#{NAMESPACE}{kind_of(column)}",
        "MetadataId": ids.make(f"metadata/{definition.name}/{column.name}", 1),
        "LogicalName": column.name,
        "SchemaName": column.name,
        "EntityLogicalName": definition.name,
        "AttributeType": column.type.value,
        "AttributeTypeName": {"Value": f"{column.type.value}Type"},
        "AttributeOf": None,
        "DisplayName": label(column.shown),
        "Description": label(""),
        "RequiredLevel": {"Value": "SystemRequired" if column.name == definition.key else "None", "CanBeChanged": True},
        "IsPrimaryId": column.name == definition.key,
        "IsPrimaryName": column.name == definition.name_column,
        "IsCustomAttribute": column.custom,
        "IsValidForCreate": column.createable and definition.writable,
        "IsValidForUpdate": column.updatable and definition.writable,
        "IsValidForRead": True,
        "IsValidODataAttribute": True,
        "IsLogical": False,
        **_particular(column),
    }


def option_set(definition: Definition, column: Column, *, shared: bool) -> dict[str, Any] | None:
    """Write a choice's options; one that uses a global choice has them there instead."""
    if bool(column.shared) is not shared:
        return None
    name = column.shared or f"{definition.name}_{column.name}"
    told = {
        "MetadataId": ids.make(f"metadata/choice/{name}", 1),
        "Name": name,
        "IsGlobal": shared,
        "OptionSetType": column.type.value,
        "DisplayName": label(column.shown),
    }
    if column.type is Type.BOOLEAN:
        no, yes = column.options or YES_NO
        return {**told, "TrueOption": _option(column, yes), "FalseOption": _option(column, no)}
    return {**told, "Options": [_option(column, one) for one in column.options]}


def key(definition: Definition, one: AlternateKey) -> dict[str, Any]:
    """Write an alternate key."""
    return {
        "MetadataId": ids.make(f"metadata/key/{definition.name}/{one.name}", 1),
        "LogicalName": one.name,
        "SchemaName": one.name,
        "EntityLogicalName": definition.name,
        "KeyAttributes": list(one.columns),
        "EntityKeyIndexStatus": "Active",
        "DisplayName": label(one.name),
    }


def label(text: str) -> dict[str, Any]:
    """Write a text for people in the only language here."""
    if not text:
        return {"LocalizedLabels": [], "UserLocalizedLabel": None}
    one = {"Label": text, "LanguageCode": ENGLISH, "IsManaged": True, "HasChanged": None}
    return {"LocalizedLabels": [one], "UserLocalizedLabel": one}


def chosen(told: dict[str, Any], names: Iterable[str] | None, always: Iterable[str] = ()) -> dict[str, Any]:
    """Keep what was selected, and what is told always."""
    if names is None:
        return told
    kept = {*names, *always}
    return {name: value for name, value in told.items() if name in kept or name.startswith("@")}


def _particular(column: Column) -> dict[str, Any]:
    """Give what only its kind of column has."""
    if column.type in LOOKUPS:
        return {"Targets": list(column.targets)}
    bounds = {"MinValue": column.minimum, "MaxValue": column.maximum}
    text = {"MaxLength": column.length, "Format": column.format, "FormatName": {"Value": column.format}}
    told: dict[Type, dict[str, Any]] = {
        Type.STRING: text,
        Type.MEMO: {"MaxLength": column.length, "Format": "TextArea"},
        Type.INTEGER: {**bounds, "Format": "None"},
        Type.DECIMAL: {**bounds, "Precision": 2},
        Type.DATETIME: {"Format": "DateAndTime", "DateTimeBehavior": {"Value": "UserLocal"}},
        Type.BOOLEAN: {"DefaultValue": False},
    }
    return told.get(column.type, {})


def _option(column: Column, one: Option) -> dict[str, Any]:
    told = {"Value": one.value, "Label": label(one.label), "Description": label(""), "Color": None, "IsManaged": True}
    if column.type is Type.STATUS:
        return {"@odata.type": f"#{NAMESPACE}StatusOptionMetadata", **told, "State": one.state}
    if column.type is Type.STATE:
        return {"@odata.type": f"#{NAMESPACE}StateOptionMetadata", **told, "InvariantName": one.label}
    return told


def _managed(value: bool, name: str) -> dict[str, Any]:
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}
