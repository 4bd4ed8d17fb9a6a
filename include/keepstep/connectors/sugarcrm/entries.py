"""Entries of v4_1 to flat rows, and values to its name-value lists. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.sugarcrm import wire

ADDRESSES: Final = "addresses"  # of a row: its addresses, each a flat row


def row_of_entry(entry: Json) -> wire.Row | None:
    """A flat row; None for a record that is gone, which is told with a list of warnings instead of its fields."""
    values = entry.get("name_value_list") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(values, dict):
        return None
    row = {"id": entry.get("id"), **_flat(values)}
    return row if row["id"] else None


def with_addresses(rows: Sequence[wire.Row | None], links: Sequence[Json]) -> list[wire.Row | None]:
    """The rows with their linked addresses, which are told beside the entries, in the same order."""
    if len(links) != len(rows):
        return list(rows)
    return [row and {**row, ADDRESSES: _linked(link)} for row, link in zip(rows, links, strict=True)]


def named(values: Mapping[str, Json]) -> list[Json]:
    """As v4_1 wants values."""
    return [{"name": name, "value": value} for name, value in values.items()]


def _linked(link: Json) -> list[Json]:
    """Of one entry of a list: ``{"link_list": [{"name": …, "records": [{"link_value": {…}}]}]}``.

    Where entries were asked for by id, both wrappings are missing.
    """
    lists = link.get("link_list") if isinstance(link, dict) else link
    found: list[Json] = []
    for one in lists if isinstance(lists, list) else []:
        records = one.get("records") if isinstance(one, dict) and one.get("name") == "email_addresses" else None
        for record in records if isinstance(records, list) else []:
            values = record.get("link_value", record) if isinstance(record, dict) else None
            if isinstance(values, dict):
                found.append(_flat(values))
    return found


def _flat(values: Mapping[str, Json]) -> dict[str, Json]:
    return {name: _value(one.get("value")) for name, one in values.items() if isinstance(one, dict)}


def _value(value: Json) -> Json:
    return wire.unescaped(value) if isinstance(value, str) else value
