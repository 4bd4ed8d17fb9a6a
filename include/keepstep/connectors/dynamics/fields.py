"""The tables that are known, and how their columns are asked for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import FieldInfo
from keepstep.core.errors import Bug, SettingsError
from keepstep.core.model import FieldType

LEAD: Final = "lead"
CONTACT: Final = "contact"
ACCOUNT: Final = "account"
USER: Final = "user"
PEOPLE: Final = frozenset({LEAD, CONTACT})  # the only tables that are ever written
_STAMP: Final = "modifiedon"
MERGED: Final = ("merged", "_masterid_value")
NAME_OF: Final = ".name"  # after a lookup: the name of what it refers to


@dataclass(frozen=True, slots=True)
class Table:
    """A table's names, and what a `Record` tells beside its fields."""

    logical: str
    set: str
    key: str
    email: str | None
    told: tuple[str, ...]  # always read
    usual: tuple[str, ...]  # read where nobody says which


_OF_A_PERSON: Final = ("emailaddress1", "firstname", "lastname", "jobtitle", "telephone1", "leadsourcecode")
TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        LEAD: Table(
            "lead",
            "leads",
            "leadid",
            "emailaddress1",
            (_STAMP, "statecode", "_ownerid_value", *MERGED, "_parentcontactid_value", "_parentaccountid_value"),
            (*_OF_A_PERSON, "companyname", "donotbulkemail", "ownerid"),
        ),
        CONTACT: Table(
            "contact",
            "contacts",
            "contactid",
            "emailaddress1",
            (_STAMP, "statecode", "_ownerid_value", *MERGED),
            (*_OF_A_PERSON, "parentcustomerid", "parentcustomerid.name", "donotbulkemail", "ownerid"),
        ),
        ACCOUNT: Table(
            "account",
            "accounts",
            "accountid",
            None,
            (_STAMP, "statecode", "_ownerid_value", *MERGED),
            ("name", "websiteurl", "ownerid"),
        ),
        USER: Table(
            "systemuser",
            "systemusers",
            "systemuserid",
            "internalemailaddress",
            (_STAMP, "fullname", "isdisabled"),
            ("internalemailaddress", "fullname", "isdisabled"),
        ),
    }
)
# Lookups that are written, by their navigation property and the set that it leads to.
BINDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {
        LEAD: {
            "ownerid": ("ownerid", "systemusers"),
            "parentaccountid": ("parentaccountid", "accounts"),
            "parentcontactid": ("parentcontactid", "contacts"),
        },
        CONTACT: {
            "ownerid": ("ownerid", "systemusers"),
            "parentcustomerid": ("parentcustomerid_account", "accounts"),
        },
    }
)
# A status is people's business, and a key is nobody's.
NEVER_WRITTEN: Final = frozenset(
    {"leadid", "contactid", "statecode", "statuscode", "merged", "masterid", "createdon", "modifiedon"}
)
# Text columns that every environment has: to write them nothing need be asked.
KNOWN_TEXT: Final = frozenset({"emailaddress1", "firstname", "lastname", "jobtitle", "telephone1", "companyname"})
KNOWN_CHOICES: Final = frozenset({"leadsourcecode"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,127}")


class Told(StrEnum):
    """How a column's value stands in a row."""

    PLAIN = "plain"
    CHOICE = "choice"  # an integer; its label in an annotation
    LOOKUP = "lookup"
    NAME = "name"  # of what a lookup refers to, in its annotation


@dataclass(frozen=True, slots=True)
class Column:
    """A field that is read: our name for it, the property that holds it, and what that is."""

    name: str
    source: str
    type: FieldType = FieldType.TEXT
    told: Told = Told.PLAIN


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column as the metadata describes it."""

    field: FieldInfo
    told: Told
    custom: bool


Catalog = Mapping[str, Attribute]
Choices = Mapping[str, Mapping[str, int]]  # column -> label, caseless -> value


def table_of(object: str) -> Table:
    """Raises Bug for a table that isn't known."""
    if object not in TABLES:
        raise Bug(f"Dynamics 365: no object {object!r} here; there are {', '.join(sorted(TABLES))}")
    return TABLES[object]


def is_name(name: str) -> bool:
    """Whether it can be a column's name, and so may stand in a query."""
    return _NAME.fullmatch(name) is not None


def columns_of(object: str, names: Sequence[str], catalog: Catalog) -> tuple[Column, ...]:
    """How to ask for these fields; none given: the usual ones that are there, and every custom one.

    Raises SettingsError for one that isn't there.
    """
    if not names:
        names = [name for name in table_of(object).usual if name in catalog]
        names += sorted(name for name, one in catalog.items() if one.custom and name not in names)
    return tuple(_column(object, name, catalog) for name in dict.fromkeys(names))


def sources(object: str, columns: Iterable[Column], marks: Iterable[str]) -> tuple[str, ...]:
    """Every property of a query, each once."""
    table = table_of(object)
    email = () if table.email is None else (table.email,)
    return tuple(dict.fromkeys((table.key, *email, *table.told, *marks, *(column.source for column in columns))))


def annotated(columns: Iterable[Column]) -> bool:
    """Whether a query must ask for annotations."""
    return any(column.told is not Told.PLAIN for column in columns)


def _column(object: str, name: str, catalog: Catalog) -> Column:
    known = catalog.get(name)
    if known is None:
        raise SettingsError(
            f"Dynamics 365: the table {table_of(object).logical} has no column {name[:80]!r}, or none that can be "
            "read: make the column, or correct the sync's file"
        )
    lookup = name.removesuffix(NAME_OF)
    source = f"_{lookup}_value" if known.told in (Told.LOOKUP, Told.NAME) else name
    return Column(name, source, known.field.type, known.told)
