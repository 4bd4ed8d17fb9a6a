"""What an applied write means for the store: the copy, what the sync saw, the link and its base, in one transaction.

The base advances here and nowhere else but for values that both sides held alike: from outcomes, never from the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from keepstep.core.model import Values
from keepstep.store.bulk import copy_rows


@dataclass(frozen=True, slots=True)
class Settled:
    """An applied change, with the target as it stands now."""

    change_id: int
    record_id: str
    fields: Values  # the whole record by its system's own names, blanks left out
    fingerprint: int
    owner: str | None = None  # whom the change made its owner; None: it changed nobody
    modified: datetime | None = None  # the record's stamp after the change, where the system told


_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS settled
    (change_id bigint, record_id text, fields jsonb, fingerprint bigint, owner text,
     modified timestamptz)
ON COMMIT DELETE ROWS
"""
_WHICH = "SELECT DISTINCT c.side, c.kind FROM settled s JOIN change c ON c.id = s.change_id"

_DONE = """
UPDATE change c SET state = 'applied', record_id = s.record_id, done_at = :now,
    code = NULL, what_to_do = NULL FROM settled s WHERE c.id = s.change_id
"""

# -- a row of the platform's list --------------------------------------------------------------------------------------

_ROW_COPY = """
INSERT INTO prospect AS copy (connection, id, list_id, email, fields, status, owner, modified, written, seen_at)
SELECT DISTINCT ON (s.record_id) c.connection, s.record_id, c.list_id,
    coalesce(lower(c.after->>'email'), c.email), s.fields, 'active', s.owner, s.modified, s.modified IS NULL, :now
FROM settled s JOIN change c ON c.id = s.change_id
WHERE c.side = 'platform' AND c.kind IN ('create', 'update')
ON CONFLICT (connection, id) DO UPDATE SET fields = excluded.fields, deleted_at = NULL,
    deleted_stamp = NULL, owner = coalesce(excluded.owner, copy.owner),
    modified = coalesce(excluded.modified, copy.modified), written = excluded.written,
    email = CASE WHEN EXISTS (SELECT FROM change c JOIN settled s ON s.change_id = c.id
        WHERE s.record_id = copy.id AND c.connection = copy.connection AND (c.kind = 'create' OR c.after ? 'email'))
        THEN excluded.email ELSE copy.email END
"""
_ROW_SEEN = """
INSERT INTO sighting AS known (sync, side, object, id, fingerprint, presence, dirty)
SELECT DISTINCT ON (s.record_id) c.sync, 'platform', c.object, s.record_id, s.fingerprint, 'present',
    c.kind = 'create'
FROM settled s JOIN change c ON c.id = s.change_id
WHERE c.side = 'platform' AND c.kind IN ('create', 'update')
ON CONFLICT (sync, side, object, id) DO UPDATE SET fingerprint = excluded.fingerprint, presence = 'present'
"""
_ROW_LINKED = """
INSERT INTO link (crm_connection, crm_object, crm_id, platform_connection, prospect_id, list_id, base, generation)
SELECT DISTINCT ON (s.record_id) :crm, split_part(c.crm_key, ':', 1),
    substr(c.crm_key, strpos(c.crm_key, ':') + 1), c.connection,
    s.record_id, c.list_id, c.after, 1
FROM settled s JOIN change c ON c.id = s.change_id
WHERE c.side = 'platform' AND c.kind = 'create'
ON CONFLICT (platform_connection, prospect_id, crm_connection) DO UPDATE SET
    crm_object = excluded.crm_object, crm_id = excluded.crm_id, base = excluded.base,
    generation = link.generation + 1, pushed_epoch = NULL
"""
_ROW_REMOVED = (
    """
    UPDATE prospect p SET deleted_at = :now FROM settled s JOIN change c ON c.id = s.change_id
    WHERE c.side = 'platform' AND c.kind = 'remove' AND p.connection = c.connection AND p.id = c.record_id
    """,
    # We took it off, nobody else did: when the record is in the audience again, it comes back.
    """
    DELETE FROM link l USING settled s, change c WHERE c.id = s.change_id
      AND c.side = 'platform' AND c.kind = 'remove' AND c.list_id <> ''
      AND l.platform_connection = c.connection AND l.prospect_id = c.record_id AND l.crm_connection = :crm
    """,
    """
    DELETE FROM sighting g USING settled s, change c WHERE c.id = s.change_id AND c.list_id <> ''
      AND c.side = 'platform' AND c.kind = 'remove' AND g.sync = c.sync AND g.side = 'platform' AND g.id = c.record_id
    """,
    # A prospect is in the bin, not off a list: what is known of it, an opt-out above all, stays.
    """
    UPDATE sighting g SET presence = 'deleted' FROM settled s, change c WHERE c.id = s.change_id AND c.list_id = ''
      AND c.side = 'platform' AND c.kind = 'remove' AND g.sync = c.sync AND g.side = 'platform' AND g.id = c.record_id
    """,
)

# -- a CRM record ------------------------------------------------------------------------------------------------------

_CRM_COPY = """
INSERT INTO crm_record AS copy (connection, object, id, email, fields, status, owner, audiences, modified, written,
    seen_at)
SELECT c.connection, c.object, s.record_id, coalesce(lower(c.after->>'email'), c.email), s.fields, 'active', s.owner,
    CAST(:audiences AS text[]), s.modified, s.modified IS NULL, :now
FROM settled s JOIN change c ON c.id = s.change_id
WHERE c.side = 'crm' AND c.kind IN ('create', 'update') AND c.prospect_id IS NOT NULL
ON CONFLICT (connection, object, id) DO UPDATE SET fields = excluded.fields, deleted_at = NULL,
    deleted_stamp = NULL, owner = coalesce(excluded.owner, copy.owner),
    modified = coalesce(excluded.modified, copy.modified), written = excluded.written,
    email = CASE WHEN EXISTS (SELECT FROM change c JOIN settled s ON s.change_id = c.id
        WHERE s.record_id = copy.id AND c.connection = copy.connection AND (c.kind = 'create' OR c.after ? 'email'))
        THEN excluded.email ELSE copy.email END
"""
_CRM_SEEN = """
INSERT INTO sighting AS known (sync, side, object, id, fingerprint, presence, dirty)
SELECT c.sync, 'crm', c.object, s.record_id, s.fingerprint, 'present', false
FROM settled s JOIN change c ON c.id = s.change_id
WHERE c.side = 'crm' AND c.kind IN ('create', 'update') AND c.prospect_id IS NOT NULL
ON CONFLICT (sync, side, object, id) DO UPDATE SET fingerprint = excluded.fingerprint
"""
_CRM_LINKED = """
INSERT INTO link (crm_connection, crm_object, crm_id, platform_connection, prospect_id, list_id, base, generation,
    pushed_epoch)
SELECT c.connection, c.object, s.record_id, :platform, c.prospect_id, :list, c.after, 1, c.epoch_id
FROM settled s JOIN change c ON c.id = s.change_id
WHERE c.side = 'crm' AND c.kind = 'create' AND c.prospect_id IS NOT NULL
ON CONFLICT (platform_connection, prospect_id, crm_connection) DO UPDATE SET
    crm_object = excluded.crm_object, crm_id = excluded.crm_id, base = excluded.base,
    generation = link.generation + 1, pushed_epoch = excluded.pushed_epoch
"""
_CRM_REMOVED = (
    """
    UPDATE sighting g SET presence = 'left', dirty = false FROM settled s JOIN change c ON c.id = s.change_id
    WHERE c.side = 'crm' AND c.kind = 'remove' AND g.sync = c.sync AND g.side = 'crm' AND g.id = c.record_id
    """,
    """
    UPDATE crm_record r SET status = 'inactive' FROM settled s JOIN change c ON c.id = s.change_id
    WHERE c.side = 'crm' AND c.kind = 'remove' AND r.connection = c.connection AND r.object = c.object
      AND r.id = c.record_id
    """,
)

_ADVANCE = """
UPDATE link l SET generation = l.generation + 1,
    base = CASE WHEN c.phase = 'maintain' THEN l.base ELSE coalesce(l.base, '{}') || c.after END,
    pushed_epoch = CASE WHEN c.phase = 'push' AND c.after ? :score
        THEN greatest(l.pushed_epoch, c.epoch_id) ELSE l.pushed_epoch END,
    differs = ARRAY(SELECT unnest(l.differs) EXCEPT SELECT jsonb_object_keys(c.after))
FROM settled s JOIN change c ON c.id = s.change_id
WHERE c.kind = 'update' AND l.platform_connection = :platform AND l.prospect_id = c.prospect_id
  AND l.crm_connection = :crm
"""

# Other lists that write the same field of the same CRM record must not go back behind this epoch.
_FENCE_OTHERS = """
UPDATE link l SET pushed_epoch = greatest(l.pushed_epoch, c.epoch_id)
FROM settled s JOIN change c ON c.id = s.change_id
WHERE c.side = 'crm' AND c.phase = 'push' AND c.after ? :score AND c.epoch_id IS NOT NULL
  AND l.crm_connection = :crm AND l.crm_object = c.object AND l.crm_id = s.record_id
"""


# What follows from writes of these kinds to these sides, in the order in which one builds on the other.
_CONSEQUENCES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("platform", "create update", (_ROW_COPY, _ROW_SEEN)),
    ("platform", "create", (_ROW_LINKED,)),
    ("crm", "create update", (_CRM_COPY, _CRM_SEEN)),
    ("crm", "create", (_CRM_LINKED,)),
    ("platform crm", "update", (_ADVANCE,)),
    ("platform", "remove", _ROW_REMOVED),
    ("crm", "remove", _CRM_REMOVED),
    ("crm", "create update", (_FENCE_OTHERS,)),
)


@dataclass(frozen=True, slots=True)
class Ends:
    """The two connections and the list of a sync, and the names that its base needs."""

    crm: str
    platform: str
    list_id: str
    score_field: str
    audience: str | None


def settle(conn: Connection, ends: Ends, settled: Sequence[Settled], now: datetime) -> None:
    """Note these changes as applied, with all that follows from it, in the caller's transaction."""
    if not settled:
        return
    conn.execute(text(_STAGE))
    rows = (
        (
            one.change_id,
            one.record_id,
            orjson.dumps(dict(one.fields)).decode(),
            one.fingerprint,
            one.owner,
            one.modified,
        )
        for one in settled
    )
    copy_rows(conn, "settled", ["int8", "text", "text", "int8", "text", "timestamptz"], rows)
    values = {
        "now": now,
        "crm": ends.crm,
        "platform": ends.platform,
        "list": ends.list_id,
        "score": ends.score_field,
        "audiences": [ends.audience] if ends.audience else [],
    }
    written = {(row.side, row.kind) for row in conn.execute(text(_WHICH))}
    conn.execute(text(_DONE), values)
    for sides, kinds, statements in _CONSEQUENCES:
        if any(side in sides and kind in kinds for side, kind in written):
            for statement in statements:
                conn.execute(text(statement), values)
    conn.execute(text("TRUNCATE settled"))


def differ(conn: Connection, rows: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Note in which fields the two sides of a pair differ now; each row is a pair's key (link:…) and the fields."""
    links = [{"id": int(key.removeprefix("link:")), "names": list(names)} for key, names in rows if _is_link(key)]
    if links:
        conn.execute(
            text(
                "UPDATE link SET differs = CAST(:names AS text[]) WHERE id = :id"
                " AND differs IS DISTINCT FROM CAST(:names AS text[])"
            ),
            links,
        )


def _is_link(key: str) -> bool:
    return key.startswith("link:")


def agree(conn: Connection, rows: Sequence[tuple[str, Values]]) -> None:
    """Let the base take values that both sides hold alike already; each row is a pair's key (link:…) and the values."""
    links = [
        {"id": int(key.removeprefix("link:")), "values": orjson.dumps(dict(values)).decode()}
        for key, values in rows
        if _is_link(key)
    ]
    if links:
        conn.execute(
            text("UPDATE link SET base = coalesce(base, '{}') || CAST(:values AS jsonb) WHERE id = :id"), links
        )
