"""The sync file for editors and readers: docs/sync.schema.json, and the tables of keys in docs/sync-files.md.

All of them come from the settings in the code (`make schema`, which brings the tables of docs/systems up to date too);
a test fails where they are stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from keepstep.config import ProspectSettings, SyncSettings, json_schema
from tools import system_pages

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "docs" / "sync.schema.json"
PAGE = ROOT / "docs" / "sync-files.md"
KINDS: Mapping[str, type[SyncSettings | ProspectSettings]] = {"a list": SyncSettings, "prospects": ProspectSettings}
BEGIN, END = "<!-- keys of {kind}: from the code, by make schema -->", "<!-- end of keys of {kind} -->"


def schema_text() -> str:
    """The schema's file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A Keepstep sync file"}
    return json.dumps(json_schema() | schema, indent=2, sort_keys=True) + "\n"


def key_table(kind: str) -> str:
    """The table of the keys of one kind of file, in Markdown."""
    schema = json_schema(KINDS[kind])
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key, told, needed in _keys(schema, schema, ""):
        default = "**needed**" if needed else _default(told)
        lines.append(f"| `{key}` | {_kind(told, schema)} | {default} | {told.get('description', '')} |")
    return "\n".join(lines)


def with_tables(page: str) -> str:
    """The page with these tables in the places of those that stand there."""
    for kind in KINDS:
        begin, end = BEGIN.format(kind=kind), END.format(kind=kind)
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n{key_table(kind)}\n{end}{after}"
    return page


def _keys(part: dict[str, Any], schema: dict[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
    needed = set(part.get("required", ()))
    for name, told in part["properties"].items():
        inner = _object(told, schema)
        if inner is not None:
            yield from _keys(inner, schema, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", told, name in needed
        for pattern in told.get("patternProperties", {}).values():
            for rule in filter(None, (_object(one, schema) for one in _choices(pattern))):
                yield from _keys(rule, schema, f"{prefix}{name}.<field>.")


def _object(told: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any] | None:
    found = _resolved(told, schema)
    return found if "properties" in found else None


def _resolved(told: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = told.get("$ref")
    if reference is None:
        return told
    found: dict[str, Any] = schema["$defs"][reference.rsplit("/", 1)[1]]
    return found


def _choices(told: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = told.get("anyOf") or told.get("oneOf") or [told]
    return found


def _kind(told: dict[str, Any], schema: dict[str, Any]) -> str:
    words = []
    for one in _choices(told):
        real = _resolved(one, schema)
        if "enum" in real:
            words += [f"`{value}`" for value in real["enum"]]
        elif real.get("const") is not None:
            words.append(f"`{real['const']}`")
        elif "properties" in real:
            words.append("the keys below")
        elif real.get("type") != "null":
            words.append(_type(real))
    return " or ".join(words)


def _type(told: dict[str, Any]) -> str:
    if told.get("type") == "string" and told.get("pattern", "").endswith("[smhd]$"):
        return "a span of time such as `30m`, `2h`, `90d`"
    if told.get("type") == "string" and told.get("pattern", "").endswith("%$"):
        return "`5%`"
    names = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "`true` or `false`",
        "array": "a list",
    }
    return names.get(str(told.get("type")), "keys and values")


def _default(told: dict[str, Any]) -> str:
    value = told.get("default")
    if value in (None, [], {}):
        return ""
    return f"`{json.dumps(value) if not isinstance(value, str) else value}`"


def main() -> int:
    """Write them."""
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    system_pages.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
