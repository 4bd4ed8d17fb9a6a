"""What the store keeps of a sync as it was resolved: its list and its fields, so that later tasks needn't ask again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, text

from keepstep.config import SyncFile
from keepstep.core.errors import SettingsError
from keepstep.core.model import Blanks, FieldRule, FieldType, Rule, Side
from keepstep.engine.run import RunContext


def remember(conn: Connection, file: SyncFile, list_id: str, rules: tuple[FieldRule, ...]) -> None:
    """Keep the list and the fields for the run's other tasks."""
    conn.execute(
        text(
            "UPDATE sync SET list_id = :list, list_name = :list_name, rules = CAST(:rules AS jsonb) WHERE name = :name"
        ),
        {
            "name": file.name,
            "list": list_id,
            "list_name": file.settings.platform.list,
            "rules": orjson.dumps([_plain(rule) for rule in rules]).decode(),
        },
    )


def must_be_new(ctx: RunContext) -> None:
    """A list that was there and is gone is not made again: people who were taken off it would be back on.

    Raises SettingsError.
    """
    settings = ctx.file.settings
    with ctx.store.begin() as conn:
        gone = conn.execute(
            text("SELECT list_id FROM sync WHERE name = :name AND list_name = :list"),
            {"name": ctx.file.name, "list": settings.platform.list},
        ).scalar_one_or_none()
    if gone is not None:
        raise SettingsError(
            f"{ctx.file.path.name}: {settings.platform_policy.title} has no list {settings.platform.list!r} any more "
            f"(it was {gone}): bring it back there, or give it its name again; another name under platform.list begins "
            "anew with a new list"
        )


def read_again(ctx: RunContext) -> None:
    """A field or column is gone: once it is back, its values are in no increment, and both sides are read in full."""
    with ctx.store.begin() as conn:
        conn.execute(text("UPDATE sync SET fields_hash = NULL WHERE name = :name"), {"name": ctx.file.name})


def recollect(ctx: RunContext) -> tuple[str, tuple[FieldRule, ...]] | None:
    """The list's id and the fields as they were resolved last; None where they never were."""
    with ctx.store.begin() as conn:
        row = conn.execute(
            text("SELECT list_id, rules FROM sync WHERE name = :name"), {"name": ctx.file.name}
        ).one_or_none()
    if row is None or row.list_id is None or row.rules is None:
        return None
    return row.list_id, tuple(_rule(one) for one in row.rules)


def _plain(rule: FieldRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "crm": rule.crm,
        "platform": rule.platform,
        "type": rule.type.value,
        "rule": rule.rule.value,
        "blanks": rule.blanks.value,
        "max_length": {side.value: length for side, length in rule.max_length.items()},
    }


def _rule(plain: Mapping[str, Any]) -> FieldRule:
    return FieldRule(
        name=plain["name"],
        crm=plain["crm"],
        platform=plain["platform"],
        type=FieldType(plain["type"]),
        rule=Rule(plain["rule"]),
        blanks=Blanks(plain["blanks"]),
        max_length={Side(side): length for side, length in plain["max_length"].items()},
    )
