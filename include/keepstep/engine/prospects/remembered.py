"""What the systems told of their fields, kept for an hour: a sync that runs every two minutes needn't ask each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import text

from keepstep.connectors.base import FieldInfo, Schema
from keepstep.core.model import FieldType
from keepstep.engine.run import ProspectContext
from keepstep.store.statuses import A_RECORD

FOR = timedelta(hours=1)


def remember(ctx: ProspectContext, crm: Schema, platform: Schema) -> None:
    """Keep both schemas, and where people see the CRM's records."""
    urls = {object: ctx.crm.url(object, A_RECORD) for object in crm}
    kept = {"crm": _plain(crm), "platform": _plain(platform), "file": ctx.file.hash, "crm_urls": urls}
    told = orjson.dumps(kept).decode()
    with ctx.store.begin() as conn:
        conn.execute(
            text("UPDATE sync SET rules = CAST(:told AS jsonb), resolved_at = :now WHERE name = :name"),
            {"name": ctx.file.name, "told": told, "now": ctx.now()},
        )


def recollect(ctx: ProspectContext) -> tuple[Schema, Schema] | None:
    """Both schemas, as they were told within the last hour and for this very file; None: ask."""
    with ctx.store.begin() as conn:
        row = conn.execute(
            text("SELECT rules, resolved_at FROM sync WHERE name = :name"), {"name": ctx.file.name}
        ).one_or_none()
    if row is None or row.resolved_at is None or ctx.now() - row.resolved_at > FOR:
        return None
    if not isinstance(row.rules, dict) or row.rules.get("file") != ctx.file.hash:
        return None
    return _schema(row.rules["crm"]), _schema(row.rules["platform"])


def forget(ctx: ProspectContext) -> None:
    """Ask the next time: something was not as it was told."""
    with ctx.store.begin() as conn:
        conn.execute(text("UPDATE sync SET resolved_at = NULL WHERE name = :name"), {"name": ctx.file.name})


def _plain(schema: Schema) -> dict[str, Any]:
    return {object: [asdict(info) for info in fields.values()] for object, fields in schema.items()}


def _schema(plain: Mapping[str, Any]) -> Schema:
    return {object: {one["name"]: _info(one) for one in fields} for object, fields in plain.items()}


def _info(plain: Mapping[str, Any]) -> FieldInfo:
    return FieldInfo(**{**plain, "type": FieldType(plain["type"])})
