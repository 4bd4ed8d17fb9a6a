"""Pages of records go into the store by COPY; one statement finds what differs, and marks it to be dealt with.

Everything here runs in the caller's transaction, the one that also moves the watermark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from keepstep.core.mapping import email_of, fingerprint, to_ours
from keepstep.core.model import Deletion, FieldRule, Presence, Record, Side
from keepstep.core.normalize import storable


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

    def presence(self, record: Record) -> Presence:
        """Whether the record is in the selection that this sync follows."""
        if self.audience is None or self.audience in record.audiences:
            return Presence.PRESENT
        return Presence.LEFT

    @property
    def theirs(self) -> tuple[str, ...]:
        """What is read and kept, by the system's own names."""
        return tuple(dict.fromkeys((*(rule.on(self.side) for rule in self.rules), *self.read_too)))


_COLUMNS = "id, email, fields, status, owner, opted_out, audiences, modified, fingerprint, presence, place"
_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS staged (
    id text, email text, fields jsonb, status text, owner text, opted_out boolean, audiences text[],
    modified timestamptz, fingerprint bigint, presence text, place integer
) ON COMMIT DELETE ROWS
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
    (connection, object, id, email, fields, status, owner, opted_out, audiences, modified, seen_at)
SELECT DISTINCT ON (id) :connection, :object, id, email, fields, status, owner, opted_out, audiences, modified, :now
FROM staged WHERE {_WANTED} ORDER BY id, modified DESC NULLS LAST, place DESC
ON CONFLICT (connection, object, id) DO UPDATE SET
    email = excluded.email, fields = (copy.fields - CAST(:theirs AS text[])) || excluded.fields,
    status = excluded.status, owner = excluded.owner, opted_out = excluded.opted_out,
    audiences = excluded.audiences, modified = excluded.modified, deleted_at = NULL, merged_into = NULL,
    seen_at = excluded.seen_at
WHERE {_NOT_OLDER} AND ({_DIFFERS} OR copy.audiences IS DISTINCT FROM excluded.audiences)
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
    modified = excluded.modified, deleted_at = NULL, seen_at = excluded.seen_at
WHERE {_NOT_OLDER} AND ({_DIFFERS})
"""

_SEE = f"""
INSERT INTO sighting AS known (sync, side, object, id, fingerprint, presence, dirty, listing)
SELECT DISTINCT ON (id) :sync, :side, :object, id, fingerprint, presence, true, :listing
FROM staged WHERE {_WANTED} ORDER BY id, modified DESC NULLS LAST, place DESC
ON CONFLICT (sync, side, object, id) DO UPDATE SET
    fingerprint = excluded.fingerprint, presence = excluded.presence, listing = excluded.listing,
    dirty = known.dirty
        OR (known.fingerprint, known.presence) IS DISTINCT FROM (excluded.fingerprint, excluded.presence)
WHERE (known.fingerprint, known.presence) IS DISTINCT FROM (excluded.fingerprint, excluded.presence)
   OR known.listing <> excluded.listing
"""

_RELEASE = """
UPDATE tombstone t SET released_at = :now, released_by = CASE WHEN t.id = s.id THEN 'undeleted' ELSE 'new record' END
FROM staged s
WHERE t.connection = :connection AND t.released_at IS NULL AND s.presence = 'present'
  AND ((t.object = :object AND t.id = s.id) OR t.email = s.email)
"""

_SUPPRESSED = """
UPDATE prospect p SET opted_out = true FROM staged s, suppression x
WHERE p.connection = :connection AND p.id = s.id AND x.connection = p.connection AND x.email = p.email
  AND NOT p.opted_out
"""


def store_records(conn: Connection, scope: Scope, records: Sequence[Record], listing: int, now: datetime) -> None:
    """Keep the latest copy of these records, and mark as dirty what differs from what the sync saw before.

    Args:
        conn: The transaction that also moves the watermark.
        scope: Whose records these are.
        records: A page, in the order in which the system told it; an id may come more than once.
        listing: The number of the full listing under way, or of the last one.
        now: When this is done.
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
        "now": now,
    }
    conn.execute(text(_STORE_CRM if scope.side is Side.CRM else _STORE_PLATFORM), values)
    conn.execute(text(_SEE), values)
    conn.execute(text(_RELEASE if scope.side is Side.CRM else _SUPPRESSED), values)
    conn.execute(text("TRUNCATE staged"))


def _stage(conn: Connection, scope: Scope, records: Sequence[Record]) -> None:
    conn.execute(text(_STAGE))
    driver = conn.connection.driver_connection
    if driver is None:
        raise ValueError("the connection is closed")
    with driver.cursor() as cursor, cursor.copy(f"COPY staged ({_COLUMNS}) FROM STDIN") as copy:
        copy.set_types(
            ["text", "text", "text", "text", "text", "bool", "text[]", "timestamptz", "int8", "text", "int4"]
        )
        for place, record in enumerate(records):
            copy.write_row(_row(scope, record, place))


def _row(scope: Scope, record: Record, place: int) -> tuple[object, ...]:
    ours = to_ours(scope.rules, scope.side, record.fields)
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
        fingerprint(ours, record.status.value, record.opted_out),
        scope.presence(record).value,
        place,
    )


def next_listing(conn: Connection, scope: Scope) -> int:
    """Begin a full listing: what it doesn't name by its end has left the selection. Returns its number."""
    seen = conn.execute(
        text("SELECT coalesce(max(listing), 0) FROM sighting WHERE sync = :sync AND side = :side"),
        {"sync": scope.sync, "side": scope.side.value},
    ).scalar_one()
    return int(seen) + 1


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


def store_deletions(
    conn: Connection, scope: Scope, deletions: Iterable[Deletion], found_by: str, now: datetime
) -> None:
    """Remember what is gone; a CRM record leaves a tombstone, so that it isn't made again (SY-14, NS-3)."""
    for gone in deletions:
        values = {
            "sync": scope.sync,
            "side": scope.side.value,
            "connection": scope.connection,
            "object": scope.object,
            "id": gone.id,
            "at": gone.at or now,
            "into": gone.merged_into,
            "found_by": "merge" if gone.merged_into else found_by,
            "me": f"{scope.object}:{gone.id}",
        }
        for statement in _DELETE_CRM if scope.side is Side.CRM else _DELETE_PLATFORM:
            conn.execute(text(statement), values)


_GONE = """
UPDATE sighting SET presence = 'deleted', dirty = true
WHERE sync = :sync AND side = :side AND object = :object AND id = :id AND presence <> 'deleted'
"""
_FREE_DUPLICATES = """
UPDATE sighting SET dirty = true, duplicate_of = NULL WHERE sync = :sync AND side = :side AND duplicate_of = :me
"""
_DELETE_CRM = (
    """
    INSERT INTO tombstone (connection, object, id, email, found_by, opted_out, found_at)
    SELECT connection, object, id, email, :found_by, opted_out, :at FROM crm_record
    WHERE connection = :connection AND object = :object AND id = :id AND deleted_at IS NULL
    ON CONFLICT (connection, object, id) DO UPDATE SET
        found_by = excluded.found_by, found_at = excluded.found_at, released_at = NULL, released_by = NULL
    """,
    """
    UPDATE crm_record SET deleted_at = :at, merged_into = :into
    WHERE connection = :connection AND object = :object AND id = :id AND deleted_at IS NULL
    """,
    _GONE,
    _FREE_DUPLICATES,
    # A merge: the link goes over to the surviving record, where that has none of its own.
    """
    UPDATE link SET crm_id = :into WHERE crm_connection = :connection AND crm_object = :object AND crm_id = :id
      AND CAST(:into AS text) IS NOT NULL AND NOT EXISTS (
        SELECT FROM link o WHERE o.crm_connection = :connection AND o.crm_object = :object AND o.crm_id = :into
          AND o.list_id = link.list_id)
    """,
    """
    UPDATE sighting SET dirty = true
    WHERE sync = :sync AND side = :side AND object = :object AND id = CAST(:into AS text)
    """,
)
_DELETE_PLATFORM = (
    "UPDATE prospect SET deleted_at = :at WHERE connection = :connection AND id = :id AND deleted_at IS NULL",
    _GONE,
    _FREE_DUPLICATES,
)


def store_suppressions(conn: Connection, connection: str, emails: Iterable[str], now: datetime) -> None:
    """Remember addresses that opted out on the platform; a sync never takes one off."""
    rows = [{"connection": connection, "email": email, "now": now} for email in emails]
    if not rows:
        return
    conn.execute(
        text(
            "INSERT INTO suppression (connection, email, seen_at) VALUES (:connection, :email, :now)"
            " ON CONFLICT DO NOTHING"
        ),
        rows,
    )
    conn.execute(
        text(
            "UPDATE prospect SET opted_out = true WHERE connection = :connection AND email = ANY(:emails)"
            " AND NOT opted_out"
        ),
        {"connection": connection, "emails": [row["email"] for row in rows]},
    )
