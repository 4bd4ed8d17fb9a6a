"""Conditions of v4_1: pieces of SQL, made of our own names and of quoted values. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import FetchBy
from keepstep.connectors.sugarcrm import stamps
from keepstep.connectors.sugarcrm.fields import ADDRESS, LIST, module_of
from keepstep.connectors.sugarcrm.protocol import Ask

_TABLES: Final[Mapping[str, str]] = MappingProxyType({ADDRESS: "email_addresses", LIST: "prospect_lists"})
# A condition that holds one of these is refused (error 40), in a value too: there is many a Credit Union.
_REFUSED: Final = re.compile("union|select|insert|update|delete|drop|truncate|outfile|benchmark|sleep", re.IGNORECASE)
# Stored as an entity or as it is, or the beginning of a comment or of another statement.
_UNCLEAR: Final = re.compile(r"[<>\"';#\\]|--|/\*")


def condition(ask: Ask) -> str:
    """Every column with its table: a bare one that another table shares is an error."""
    table = table_of(ask.object)
    parts = []
    if ask.since is not None:
        parts.append(f"{table}.date_modified >= {quoted(stamps.column(ask.since))}")
    if ask.after:
        parts.append(f"{table}.id > {quoted(ask.after)}")
    if ask.by is FetchBy.EMAIL:
        parts.append(_having(ask.object, ask.keys))
    elif ask.by is FetchBy.NAME:
        parts.append(_among(f"{table}.name", ask.keys))
    elif ask.by is not None:
        parts.append(_among(f"{table}.id", ask.keys))
    return " AND ".join(parts)


def table_of(object: str) -> str:
    """The table of a module."""
    return _TABLES.get(object) or module_of(object).lower()


def quoted(value: str) -> str:
    """A literal that nothing gets out of: MySQL knows both a doubled quote and the backslash."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _having(object: str, emails: Iterable[str]) -> str:
    """Addresses are rows of their own, and compared in capitals."""
    capitals = dict.fromkeys(email.upper() for email in emails)
    if object == ADDRESS:
        return _among("email_addresses.email_address_caps", capitals)
    return (
        f"{table_of(object)}.id IN (SELECT eabr.bean_id FROM email_addr_bean_rel eabr"
        " JOIN email_addresses ea ON ea.id = eabr.email_address_id"
        f" WHERE eabr.deleted = 0 AND eabr.bean_module = {quoted(module_of(object))}"
        f" AND {_among('ea.email_address_caps', capitals)})"
    )


def _among(column: str, values: Iterable[str]) -> str:
    """Any of these; one that can't be spelled out is asked for by a pattern, and whoever reads compares."""
    patterns = {key: _pattern(key) for key in values}
    plain = [quoted(key) for key, pattern in patterns.items() if pattern is None]
    parts = [f"{column} IN ({', '.join(plain)})"] if plain else []
    parts += [f"{column} LIKE {quoted(pattern)}" for pattern in patterns.values() if pattern is not None]
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def _pattern(key: str) -> str | None:
    """What is like the key, with what is unclear or refused in it left open; None where nothing is."""
    if not _REFUSED.search(key) and not _UNCLEAR.search(key):
        return None
    left_open = _UNCLEAR.sub("%", key.replace("%", "_"))
    return _REFUSED.sub(lambda found: f"{found[0][0]}_{found[0][2:]}", left_open)
