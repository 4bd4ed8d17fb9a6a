"""Pages of records go into the store by COPY; one statement finds what differs, and marks it to be dealt with.

Everything here runs in the caller's transaction, the one that also moves the watermark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from keepstep.core.mapping import email_of, fingerprint, to_ours
from keepstep.core.model import FieldRule, Presence, Record, Side, Status, Values
from keepstep.core.normalize import storable
from keepstep.store.bulk import append_rows

FIRST = 1  # the number of the first full listing


@dataclass(frozen=True, slots=True)
class Scope:
    """One side of one sync: whose records are stored, and which of them it follows."""

    sync: str
    side: Side
    connection: str
    object: str
    rules: tuple[FieldRule, ...]
    audience: str | None = None  # CRM: the audience; None: every record is in the selection
    list_id: str | None = None  # platform: the list
    read_too: tuple[str, ...] = ()  # fields that are kept beside the mapped ones
    quiet: frozenset[str] = frozenset()  # our names of fields whose change alone is no news (EX-1)
    owners: bool = False  # who owns a record is part of what is synced
    aside: bool = False  # whoever the first listing names, with an email, was there before the sync began

    def presence(self, record: Record) -> Presence:
        """Whether the record is in the selection that this sync follows."""
        if record.status is Status.CONVERTED:
            return Presence.LEFT  # another record carries on
        if self.audience is None or self.audience in record.audiences:
            return Presence.PRESENT
        return Presence.LEFT

    def mark(self, fields: Values, status: str, opted_out: bool, owner: str | None) -> int:
        """The fingerprint of what this sync sees of a record, by the system's own names."""
        ours = to_ours(self.rules, self.side, fields)
        seen = {name: value for name, value in ours.items() if name not in self.quiet}
        return fingerprint(seen, status, opted_out, owner if self.owners else None)

    @property
    def theirs(self) -> tuple[str, ...]:
        """What is read and kept, by the system's own names."""
        return tuple(dict.fromkeys((*(rule.on(self.side) for rule in self.rules), *self.read_too)))


_COLUMNS = (
    "id, email, fields, status, owner, opted_out, audiences, modified, fingerprint, presence, converted_to, place"
)
_TYPES = ["text", "text", "text", "text", "text", "bool", "text[]", "timestamptz", "int8", "text", "text", "int4"]
_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS staged (
    id text, email text, fields jsonb, status text, owner text, opted_out boolean, audiences text[],
    modified timestamptz, fingerprint bigint, presence text, converted_to text, place integer
) ON COMMIT DELETE ROWS
"""

# A page may be older than what is known: a cache, a replica, a read that overlaps. It is no news, and what we wrote
# since, or what was deleted since, must not be taken back by it.
_STALE = """
DELETE FROM staged s USING {table} c
WHERE c.connection = :connection AND c.id = s.id {object}
  AND (s.modified < c.modified OR (:lags AND s.modified = c.modified AND c.written) OR s.modified < c.deleted_stamp)
"""
_STALE_CRM = _STALE.format(table="crm_record", object="AND c.object = :object")
_STALE_PLATFORM = _STALE.format(table="prospect", object="")
_LISTED = """
UPDATE sighting g SET listing = :listing FROM staged s
WHERE g.sync = :sync AND g.side = :side AND g.object = :object AND g.id = s.id AND g.listing <> :listing
"""

_NOT_OLDER = "(copy.modified IS NULL OR excluded.modified IS NULL OR excluded.modified >= copy.modified)"
_DIFFERS = """(copy.email, copy.status, copy.owner, copy.opted_out, copy.modified, copy.deleted_at)
    IS DISTINCT FROM
    (excluded.email, excluded.status, excluded.owner, excluded.opted_out, excluded.modified, NULL)
    OR (copy.fields - CAST(:theirs AS text[])) || excluded.fields IS DISTINCT FROM copy.fields"""

# A record outside the selection is kept only where this sync knew it already: nobody else's people are stored.
_WANTED = """
    (presence = 'present' OR EXISTS (
        SELECT FROM sighting k
        WHERE k.sync = :sync AND k.side = :side AND k.object = :object AND k.id = staged.id))
"""

_STORE_CRM = f"""
INSERT INTO crm_record AS copy
    (connection, object, id, email, fields, status, owner, opted_out, audiences, modified, converted_to, seen_at)
SELECT DISTINCT ON (id) :connection, :object, id, email, fields, status, owner, opted_out, audiences, modified,
    converted_to, :now
FROM staged WHERE {_WANTED} ORDER BY id, modified DESC NULLS LAST, place DESC
ON CONFLICT (connection, object, id) DO UPDATE SET
    email = excluded.email, fields = (copy.fields - CAST(:theirs AS text[])) || excluded.fields,
    status = excluded.status, owner = excluded.owner, opted_out = excluded.opted_out,
    audiences = excluded.audiences, modified = excluded.modified, written = false, converted_to = excluded.converted_to,
    deleted_at = NULL, deleted_stamp = NULL, merged_into = NULL, seen_at = excluded.seen_at
WHERE {_NOT_OLDER} AND ({_DIFFERS} OR copy.audiences IS DISTINCT FROM excluded.audiences
    OR copy.converted_to IS DISTINCT FROM excluded.converted_to)
"""

_STORE_PLATFORM = f"""
INSERT INTO prospect AS copy
    (connection, id, list_id, email, fields, status, owner, opted_out, modified, seen_at)
SELECT DISTINCT ON (id) :connection, id, :list_id, email, fields, status, owner, opted_out, modified, :now
FROM staged ORDER BY id, modified DESC NULLS LAST, place DESC
ON CONFLICT (connection, id) DO UPDATE SET
    list_id = excluded.list_id, email = excluded.email,
    fields = (copy.fields - CAST(:theirs AS text[])) || excluded.fields,
    status = excluded.status, owner = excluded.owner, opted_out = excluded.opted_out,
    modified = excluded.modified, written = false, deleted_at = NULL, deleted_stamp = NULL,
    seen_at = excluded.seen_at
WHERE {_NOT_OLDER} AND ({_DIFFERS})
"""

_NEWS = "((known.fingerprint, known.presence) IS DISTINCT FROM (excluded.fingerprint, excluded.presence))"
_SEE = f"""
INSERT INTO sighting AS known
    (sync, side, object, id, fingerprint, presence, dirty, listing, set_aside, queued_at, reasons)
SELECT DISTINCT ON (id) :sync, :side, :object, id, fingerprint, presence, true, :listing,
    :aside AND email IS NOT NULL, :now, ARRAY['new']
FROM staged WHERE {_WANTED} ORDER BY id, modified DESC NULLS LAST, place DESC
ON CONFLICT (sync, side, object, id) DO UPDATE SET
    fingerprint = excluded.fingerprint, presence = excluded.presence, listing = excluded.listing,
    dirty = known.dirty OR {_NEWS},
    queued_at = CASE WHEN {_NEWS} THEN coalesce(known.queued_at, excluded.queued_at) ELSE known.queued_at END,
    reasons = CASE WHEN {_NEWS} AND NOT 'changed' = ANY(known.reasons)
        THEN known.reasons || ARRAY['changed'] ELSE known.reasons END,
    retry_at = CASE WHEN {_NEWS} THEN NULL ELSE known.retry_at END
WHERE (known.fingerprint, known.presence) IS DISTINCT FROM (excluded.fingerprint, excluded.presence)
   OR known.listing <> excluded.listing
"""

_RELEASE = """
UPDATE tombstone t SET released_at = :now, released_by = CASE WHEN t.id = s.id THEN 'undeleted' ELSE 'new record' END
FROM staged s
WHERE t.connection = :connection AND t.released_at IS NULL AND s.presence = 'present'
  AND ((t.object = :object AND t.id = s.id) OR t.email = s.email)
"""

# A converted lead carries on as its contact (SF-2): the link goes over, where the contact has none of its own.
_CONVERTED = (
    """
    UPDATE link l SET crm_object = split_part(s.converted_to, ':', 1), crm_id = split_part(s.converted_to, ':', 2)
    FROM staged s
    WHERE s.converted_to IS NOT NULL AND l.crm_connection = :connection AND l.crm_object = :object AND l.crm_id = s.id
      AND NOT EXISTS (SELECT FROM link o WHERE o.crm_connection = :connection AND o.list_id = l.list_id
        AND o.crm_object = split_part(s.converted_to, ':', 1) AND o.crm_id = split_part(s.converted_to, ':', 2))
    """,
    """
    UPDATE sighting g SET dirty = true, queued_at = coalesce(g.queued_at, :now) FROM staged s
    WHERE s.converted_to IS NOT NULL AND g.sync = :sync AND g.side = 'crm'
      AND g.object = split_part(s.converted_to, ':', 1) AND g.id = split_part(s.converted_to, ':', 2)
    """,
)

_SUPPRESSED = """
UPDATE prospect p SET opted_out = true FROM staged s, suppression x
WHERE p.connection = :connection AND p.id = s.id AND x.connection = p.connection AND x.email = p.email
  AND NOT p.opted_out
"""


def store_records(
    conn: Connection,
    scope: Scope,
    records: Sequence[Record],
    listing: int,
    now: datetime,
    *,
    listed: bool = False,
    lags: bool = False,
) -> None:
    """Keep the latest copy of these records, and mark as dirty what differs from what the sync saw before.

    Args:
        conn: The transaction that also moves the watermark.
        scope: Whose records these are.
        records: A page, in the order in which the system told it; an id may come more than once.
        listing: The number of the full listing under way, or of the last one.
        now: When this is done.
        listed: The page is part of a full listing.
        lags: The system's reads may be stale (`Capabilities.stale_reads`).
    """
    if not records:
        return
    _stage(conn, scope, records)
    values = {
        "sync": scope.sync,
        "side": scope.side.value,
        "connection": scope.connection,
        "object": scope.object,
        "list_id": scope.list_id,
        "theirs": list(scope.theirs),
        "listing": listing,
        "lags": lags,
        "aside": scope.aside and listing == FIRST and listed,
        "now": now,
    }
    crm = scope.side is Side.CRM
    conn.execute(text(_LISTED), values)
    conn.execute(text(_STALE_CRM if crm else _STALE_PLATFORM), values)
    conn.execute(text(_STORE_CRM if crm else _STORE_PLATFORM), values)
    conn.execute(text(_SEE), values)
    conn.execute(text(_RELEASE if crm else _SUPPRESSED), values)
    if any(record.converted_to for record in records):
        for statement in _CONVERTED:
            conn.execute(text(statement), values)
    conn.execute(text("TRUNCATE staged"))


def _stage(conn: Connection, scope: Scope, records: Sequence[Record]) -> None:
    conn.execute(text(_STAGE))
    rows = (_row(scope, record, place) for place, record in enumerate(records))
    append_rows(conn, f"staged ({_COLUMNS})", _TYPES, rows)


def _row(scope: Scope, record: Record, place: int) -> tuple[object, ...]:
    fields = {
        name: storable(value) if isinstance(value, str) else value
        for name, value in record.fields.items()
        if value not in (None, "")
    }
    return (
        record.id,
        email_of(scope.rules, scope.side, record),
        orjson.dumps(fields).decode(),
        record.status.value,
        record.owner,
        record.opted_out,
        sorted(record.audiences),
        record.modified,
        scope.mark(record.fields, record.status.value, record.opted_out, record.owner),
        scope.presence(record).value,
        ":".join(record.converted_to) if record.converted_to else None,
        place,
    )


def next_listing(conn: Connection, scope: Scope) -> int:
    """Begin a full listing: what it doesn't name by its end has left the selection. Returns its number."""
    seen = conn.execute(
        text("SELECT coalesce(max(listing), 0) FROM sighting WHERE sync = :sync AND side = :side AND object = :object"),
        {"sync": scope.sync, "side": scope.side.value, "object": scope.object},
    ).scalar_one()
    return int(seen) + 1


def count_there(conn: Connection, scope: Scope) -> int:
    """How many the store knows to be in the selection."""
    found = conn.execute(
        text(
            "SELECT count(*) FROM sighting WHERE sync = :sync AND side = :side AND object = :object"
            " AND presence = 'present'"
        ),
        {"sync": scope.sync, "side": scope.side.value, "object": scope.object},
    )
    return int(found.scalar_one())


def unnamed(conn: Connection, scope: Scope, listing: int) -> list[str]:
    """The ids that a finished full listing didn't name, although they were in the selection before."""
    rows = conn.execute(
        text(
            "SELECT id FROM sighting WHERE sync = :sync AND side = :side AND object = :object"
            " AND presence = 'present' AND listing <> :listing ORDER BY id"
        ),
        {"sync": scope.sync, "side": scope.side.value, "object": scope.object, "listing": listing},
    )
    return [row.id for row in rows]
