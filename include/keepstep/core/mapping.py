"""Between a system's field names and the sync file's, and the fingerprint by which a change is recognised."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from keepstep.core.model import FieldRule, Record, Side, Snapshot, Status, Value, Values
from keepstep.core.normalize import normalize_email, normalize_value


def to_ours(rules: Sequence[FieldRule], side: Side, fields: Values) -> dict[str, Value]:
    """The system's fields under the sync file's names, normalized; blanks are left out."""
    ours = {rule.name: normalize_value(fields.get(rule.on(side)), rule.type) for rule in rules}
    return {name: value for name, value in ours.items() if value is not None}


def to_theirs(rules: Sequence[FieldRule], side: Side, values: Values) -> dict[str, Value]:
    """Our values under the system's own names; a None stays, it clears the field."""
    return {rule.on(side): values[rule.name] for rule in rules if rule.name in values}


def fingerprint(values: Mapping[str, Value], status: str, opted_out: bool, owner: str | None = None) -> int:
    """A signed 64-bit name for what a sync sees of a record; two records that differ in it differ.

    It leaves out times of change: some systems move them on a write that changes nothing, and our own write comes back
    as a change. Values are ours (normalized, blanks left out), so it is the same for a record read back after a write.
    """
    seen = [sorted(values.items()), status, opted_out, *([owner] if owner is not None else [])]
    text = json.dumps(seen, ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate pair is no text, but some systems let one through: it must not end the whole page.
    content = text.encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big", signed=True)


def email_of(rules: Sequence[FieldRule], side: Side, record: Record) -> str | None:
    """The record's email, normalized: the connector's word for it, or the mapped email field."""
    column = next((rule.on(side) for rule in rules if rule.name == "email"), None)
    return normalize_email(record.email) or normalize_email(record.fields.get(column) if column else None)


def snapshot(rules: Sequence[FieldRule], side: Side, record: Record) -> Snapshot:
    """A record as one side of a pair."""
    return Snapshot(
        object=record.object,
        record_id=record.id,
        values=to_ours(rules, side, record.fields),
        email=email_of(rules, side, record),
        status=Status(record.status),
        modified=record.modified,
        owner=record.owner,
        opted_out=record.opted_out,
    )
