"""The objects that are known, and how SugarCRM describes their fields. Pure."""

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
PEOPLE: Final = frozenset({LEAD, CONTACT})  # the only objects that are ever written
OBJECTS: Final = frozenset({LEAD, CONTACT, ACCOUNT, USER})
ADDRESS: Final = "email address"  # ours alone: addresses are rows of their own, shared by everybody who has them
TARGET: Final = "target"  # ours alone: known because it has addresses
LIST: Final = "target list"  # ours alone: people are on it by links
HOLDERS: Final = (LEAD, CONTACT, ACCOUNT, USER, TARGET)  # who can have an address
MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {LEAD: "Leads", CONTACT: "Contacts", ACCOUNT: "Accounts", USER: "Users", TARGET: "Prospects"}
    | {ADDRESS: "EmailAddresses", LIST: "ProspectLists"}
)
EMAIL: Final = "email1"  # the primary address
OPT_OUT: Final = "email_opt_out"  # of that address
OWNER: Final = "assigned_user_id"
# What has another name in SugarCRM, and is read only.
ALIASES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({CONTACT: {"accounts.name": "account_name"}})
# What a `Record` tells beside its fields; always read.
TOLD: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        LEAD: ("id", "date_modified", "deleted", OWNER, EMAIL, OPT_OUT, "converted", "contact_id"),
        CONTACT: ("id", "date_modified", "deleted", OWNER, EMAIL, OPT_OUT),
        ACCOUNT: ("id", "date_modified", "deleted", OWNER, "name"),
        USER: ("id", "date_modified", "deleted", EMAIL, "status"),
        ADDRESS: ("id", "date_modified", "email_address", "opt_out"),
        LIST: ("id", "date_modified", "deleted", "name", "list_type"),
    }
)
_PERSON: Final = (EMAIL, "first_name", "last_name", "title", "phone_work", "lead_source", OPT_OUT, OWNER)
_USUAL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        LEAD: (*_PERSON, "account_name"),
        CONTACT: (*_PERSON, "account_id", "accounts.name"),
        ACCOUNT: ("name", "website", "phone_office", OWNER),
        USER: (EMAIL, "user_name", "name", "status"),
    }
)
_FIELD_TYPES: Final[Mapping[str, FieldType]] = MappingProxyType(
    {
        "bool": FieldType.BOOLEAN,
        **dict.fromkeys(("int", "uint", "long", "ulong", "short", "tinyint"), FieldType.NUMBER),
        **dict.fromkeys(("float", "double", "decimal", "decimal2", "currency"), FieldType.NUMBER),
        "date": FieldType.DATE,
        "datetime": FieldType.DATETIME,
        "datetimecombo": FieldType.DATETIME,
        "id": FieldType.REFERENCE,
    }
)
# Links and sets are no single value; of addresses the primary one is told as `email1`.
_NO_VALUE: Final = frozenset({"link", "email", "team_list", "tag", "collection", "json", "file", "image"})
# Kept by SugarCRM itself, whatever a write says. A lead's references are set by its conversion.
_KEPT: Final = frozenset(
    {"id", "name", "full_name", "deleted", "date_entered", "date_modified", "created_by", "created_by_name"}
    | {"modified_user_id", "modified_by_name", "assigned_user_name", "converted", "following", "my_favorite"}
    | {"invalid_email", "email2"}  # of the addresses
)
_KEPT_OF: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {LEAD: frozenset({"contact_id", "account_id", "opportunity_id"}), CONTACT: frozenset({"account_name"})}
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")


@dataclass(frozen=True, slots=True)
class Column:
    """A field that is read: our name for it, SugarCRM's own, and what it holds."""

    name: str
    source: str
    type: FieldType = FieldType.TEXT


def module_of(object: str) -> str:
    """SugarCRM's name of an object. Raises Bug for one that isn't known."""
    if object not in MODULES:
        raise Bug(f"SugarCRM: no object {object!r} here; there are {', '.join(sorted(OBJECTS))}")
    return MODULES[object]


def catalog_of(object: str, fields: Json) -> Catalog:
    """The fields of a module, told alike by both protocols: by name, each with `type`, `len` and a label.

    What is the address's (`email1`, `email_opt_out`) is always there; fields that hold no single value are left out.
    """
    found: dict[str, FieldInfo] = {}
    for name, one in fields.items() if isinstance(fields, dict) else ():
        if isinstance(one, dict) and is_name(name) and one.get("type") not in _NO_VALUE:
            found[name] = _field(object, name, one)
    if found and object in (*PEOPLE, USER):
        found[EMAIL] = FieldInfo(EMAIL, FieldType.EMAIL, "Email Address", object in PEOPLE)
    if found and object in PEOPLE:
        found[OPT_OUT] = FieldInfo(OPT_OUT, FieldType.BOOLEAN, "Email Opt Out")
    for name in ALIASES.get(object, {}) if found else ():
        found[name] = FieldInfo(name, label=name, writable=False)
    return found


def columns_of(object: str, names: Sequence[str], catalog: Catalog) -> tuple[Column, ...]:
    """How to ask for these fields; none given: the usual ones that are there, and every custom one.

    Raises SettingsError for a name that can't be a field's.
    """
    if not names:
        names = [name for name in _USUAL[object] if name in catalog]
        names += sorted(name for name in catalog if name.endswith("_c"))
    return tuple(_column(object, name, catalog) for name in dict.fromkeys(names))


def sources(object: str, columns: Sequence[Column] = ()) -> tuple[str, ...]:
    """Every field of a question, each once."""
    return tuple(dict.fromkeys((*TOLD[object], *(column.source for column in columns))))


def is_name(name: str) -> bool:
    """Whether it can be a field's name, and so may stand in a question."""
    return _NAME.fullmatch(name) is not None


def _column(object: str, name: str, catalog: Catalog) -> Column:
    source = ALIASES.get(object, {}).get(name, name)
    if not is_name(source):
        raise SettingsError(f"SugarCRM: {name[:80]!r} can't be a field's name; those are letters, digits and _")
    known = catalog.get(name)
    return Column(name, source, FieldType.TEXT if known is None else known.type)


def _field(object: str, name: str, one: Mapping[str, Json]) -> FieldInfo:
    kind = _FIELD_TYPES.get(str(one.get("type")), FieldType.TEXT)
    if one.get("type") == "relate" and (one.get("id_name") == name or name.endswith("_id")):
        kind = FieldType.REFERENCE
    kept = name in _KEPT or name in _KEPT_OF.get(object, frozenset())
    told_so = one.get("readonly") is True or one.get("calculated") is True
    length = str(one.get("len") or "")
    return FieldInfo(
        name,
        kind,
        label=str(one.get("label") or one.get("vname") or "").rstrip(":"),
        writable=object in PEOPLE and not kept and not told_so,
        max_length=int(length) if kind is FieldType.TEXT and length.isdecimal() and int(length) > 0 else None,
    )
