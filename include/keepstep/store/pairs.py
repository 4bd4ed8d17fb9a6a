"""The people that a sync has to look at: each dirty pair with both sides as they stand.

Only dirty sightings are read, so the cost follows what changed, not the size of the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from keepstep.core.mapping import to_ours
from keepstep.core.model import EpochId, FieldRule, Pair, Presence, SealedScore, Side, Snapshot, Status, Value
from keepstep.core.prospect_policy import CRM_ID, OWNER

CHUNK = 1000  # rows that a server-side cursor hands over at a time


@dataclass(frozen=True, slots=True)
class Following:
    """Both sides of one sync, as the SQL needs them."""

    sync: str
    crm_connection: str
    crm_object: str
    platform_connection: str
    list_id: str
    rules: tuple[FieldRule, ...]
    objects: tuple[str, ...]  # the CRM's look-up order
    first_returned: bool = False  # the document's way with duplicates (SY-12)
    rules_by: Mapping[str, tuple[FieldRule, ...]] = field(default_factory=dict)  # CRM objects whose fields differ
    prospects: bool = False  # owners and the CRM's id are synced too
    taken_by: int | None = None  # only what this run has taken from the queue

    def parameters(self) -> dict[str, Any]:
        """The SQL parameters that name this sync's records."""
        return {
            "sync": self.sync,
            "crm": self.crm_connection,
            "object": self.crm_object,
            "platform": self.platform_connection,
            "list": self.list_id,
            "run": self.taken_by,
        }

    def rules_of(self, side: Side, object: str) -> tuple[FieldRule, ...]:
        """The fields of that side's object."""
        return self.rules_by.get(object, self.rules) if side is Side.CRM else self.rules


_PAIRS = """
WITH touched AS (
    SELECT l.id AS link_id, l.crm_object AS object, l.crm_id, l.prospect_id
    FROM sighting s JOIN link l ON l.crm_connection = :crm AND l.crm_object = s.object AND l.crm_id = s.id
        AND l.platform_connection = :platform AND l.list_id = :list
    WHERE s.sync = :sync AND s.side = 'crm' AND {dirty}
    UNION
    SELECT l.id, l.crm_object, l.crm_id, l.prospect_id
    FROM sighting s JOIN link l ON l.platform_connection = :platform AND l.prospect_id = s.id
        AND l.crm_connection = :crm AND l.list_id = :list
    WHERE s.sync = :sync AND s.side = 'platform' AND {dirty}
    UNION
    SELECT NULL, s.object, s.id, NULL FROM sighting s
    WHERE s.sync = :sync AND s.side = 'crm' AND {dirty} AND NOT EXISTS (
        SELECT FROM link l WHERE l.crm_connection = :crm AND l.crm_object = s.object AND l.crm_id = s.id
            AND l.platform_connection = :platform AND l.list_id = :list)
    UNION
    SELECT NULL, NULL, NULL, s.id FROM sighting s
    WHERE s.sync = :sync AND s.side = 'platform' AND {dirty} AND NOT EXISTS (
        SELECT FROM link l WHERE l.platform_connection = :platform AND l.prospect_id = s.id
            AND l.crm_connection = :crm AND l.list_id = :list)
)
SELECT t.link_id, l.generation, l.base, l.pushed_epoch,
    c.object AS crm_object, c.id AS crm_id, c.email AS crm_email, c.fields AS crm_fields, c.status AS crm_status,
    c.owner AS crm_owner, c.opted_out AS crm_opted_out, c.modified AS crm_modified, cs.presence AS crm_presence,
    cs.duplicate_of AS crm_duplicate_of,
    p.id AS prospect_id, p.email AS platform_email, p.fields AS platform_fields, p.status AS platform_status,
    p.owner AS platform_owner, p.opted_out AS platform_opted_out, p.modified AS platform_modified,
    ps.presence AS platform_presence, ps.object AS platform_object, ps.duplicate_of AS platform_duplicate_of,
    sc.value AS score, sc.epoch_id,
    EXISTS (SELECT FROM tombstone d WHERE d.connection = :crm AND d.released_at IS NULL
        AND d.email = coalesce(p.email, c.email))
    OR EXISTS (SELECT FROM tombstone d WHERE d.connection = :crm AND d.released_at IS NULL
        AND d.object = c.object AND d.id = c.id) AS tombstone,
    EXISTS (SELECT FROM tombstone d WHERE d.connection = :crm AND d.released_at IS NOT NULL
        AND d.email = coalesce(p.email, c.email))
    OR EXISTS (SELECT FROM tombstone d WHERE d.connection = :crm AND d.released_at IS NOT NULL
        AND d.object = c.object AND d.id = c.id) AS released,
    coalesce(cs.set_aside, false) AS set_aside,
    cu.email AS crm_owner_email, pu.email AS platform_owner_email,
    (SELECT min(u.id) FROM record_owner u
     WHERE u.connection = :platform AND u.active AND u.email = cu.email) AS owner_on_platform,
    (SELECT min(u.id) FROM record_owner u
     WHERE u.connection = :crm AND u.active AND u.email = pu.email) AS owner_on_crm,
    c.email IS DISTINCT FROM p.email AND EXISTS (SELECT FROM prospect o WHERE o.connection = :platform
        AND o.list_id = :list AND o.email = c.email AND o.id <> p.id AND o.deleted_at IS NULL) AS email_taken
FROM touched t
LEFT JOIN link l ON l.id = t.link_id
LEFT JOIN crm_record c ON c.connection = :crm AND c.object = t.object AND c.id = t.crm_id
LEFT JOIN sighting cs ON cs.sync = :sync AND cs.side = 'crm' AND cs.object = c.object AND cs.id = c.id
LEFT JOIN prospect p ON p.connection = :platform AND p.id = t.prospect_id
LEFT JOIN sighting ps ON ps.sync = :sync AND ps.side = 'platform' AND ps.id = p.id
LEFT JOIN record_owner cu ON cu.connection = :crm AND cu.id = c.owner
LEFT JOIN record_owner pu ON pu.connection = :platform AND pu.id = p.owner
LEFT JOIN score sc ON sc.sync = :sync AND sc.prospect_id = p.id
ORDER BY t.link_id, t.object, length(t.crm_id), t.crm_id, length(t.prospect_id), t.prospect_id
"""


def read_whole(conn: Connection) -> None:
    """Let this transaction's cursors be planned for all of their rows: PostgreSQL takes it that we want a tenth."""
    conn.execute(text("SET LOCAL cursor_tuple_fraction = 1.0"))


@contextmanager
def whole_tables(conn: Connection) -> Iterator[None]:
    """Let statements that look at every pair be planned for that: PostgreSQL expects a hundredth, and would loop."""
    conn.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    conn.execute(text("SET LOCAL enable_nestloop = on"))


def dirty_pairs(conn: Connection, follow: Following, epoch: EpochId | None = None) -> Iterator[Pair]:
    """Each pair with a side that is still to be dealt with, in a fixed order, streamed.

    With `epoch`, the one that the fence let through, each pair's sealed score is told as of it: a score that did not
    change since an older epoch is the score of this one too.
    """
    read_whole(conn)
    dirty = "s.dirty" if follow.taken_by is None else "s.dirty AND s.taken_run = :run"
    statement = text(_PAIRS.replace("{dirty}", dirty))
    rows = conn.execute(statement, follow.parameters(), execution_options={"yield_per": CHUNK})
    for row in rows.mappings():
        yield _pair(follow, row, epoch)


def _pair(follow: Following, row: RowMapping, epoch: EpochId | None) -> Pair:
    score = None
    if row["epoch_id"] is not None:
        score = SealedScore(epoch or EpochId(row["epoch_id"]), row["score"])
    return Pair(
        key=_key(row),
        generation=row["generation"] or 0,
        base=row["base"],
        crm=_snapshot(follow, Side.CRM, row),
        crm_presence=Presence(row["crm_presence"] or "absent"),
        platform=_snapshot(follow, Side.PLATFORM, row),
        platform_presence=Presence(row["platform_presence"] or "absent"),
        tombstone=row["tombstone"],
        duplicate_of=None if row["link_id"] else row["crm_duplicate_of"] or row["platform_duplicate_of"],
        score=score,
        pushed_epoch=EpochId(row["pushed_epoch"]) if row["pushed_epoch"] is not None else None,
        email_taken=bool(row["email_taken"]),
        owner_ids=_owner_ids(row) if follow.prospects else {},
        released=row["released"],
        set_aside=row["set_aside"],
    )


def _owner_ids(row: RowMapping) -> dict[Side, str]:
    """On each side, the user who owns the record of the other one; none where that side knows no such user."""
    found = {Side.PLATFORM: row["owner_on_platform"], Side.CRM: row["owner_on_crm"]}
    return {side: id for side, id in found.items() if id is not None}


def _key(row: RowMapping) -> str:
    if row["link_id"] is not None:
        return f"link:{row['link_id']}"
    return f"crm:{row['crm_object']}:{row['crm_id']}" if row["crm_id"] else f"platform:{row['prospect_id']}"


def _snapshot(follow: Following, side: Side, row: RowMapping) -> Snapshot | None:
    prefix = "crm" if side is Side.CRM else "platform"
    record_id = row["crm_id"] if side is Side.CRM else row["prospect_id"]
    if record_id is None:
        return None
    object_name = row[f"{prefix}_object"] or "row"
    values = to_ours(follow.rules_of(side, object_name), side, row[f"{prefix}_fields"])
    if follow.prospects:
        values |= _identity(side, row)
    return Snapshot(
        object=object_name,
        record_id=record_id,
        values=values,
        email=row[f"{prefix}_email"],
        status=Status(row[f"{prefix}_status"]),
        modified=row[f"{prefix}_modified"],
        owner=row[f"{prefix}_owner"],
        opted_out=row[f"{prefix}_opted_out"],
    )


def _identity(side: Side, row: RowMapping) -> dict[str, Value]:
    """The owner by the address that both systems know a user by, and the CRM's id of the record."""
    prefix = "crm" if side is Side.CRM else "platform"
    owner = row[f"{prefix}_owner"]
    # A user without an address, or a queue, is somebody all the same: not a blank that another owner may fill.
    found = {OWNER: row[f"{prefix}_owner_email"] or f"user {owner}"} if owner else {}
    return found | ({CRM_ID: row["crm_id"]} if side is Side.CRM else {})


_SETTLE = """
WITH open AS (
    SELECT crm_key, prospect_id FROM change
    WHERE run_id = :run AND state IN ('planned', 'sent', 'rejected', 'held')
)
UPDATE sighting s SET dirty = false
WHERE s.sync = :sync AND s.dirty
  AND NOT (s.side = 'crm' AND s.object || ':' || s.id IN (SELECT crm_key FROM open WHERE crm_key IS NOT NULL))
  AND NOT (s.side = 'platform' AND s.id IN (SELECT prospect_id FROM open WHERE prospect_id IS NOT NULL))
"""


def settle_clean(conn: Connection, sync: str, run_id: int) -> None:
    """Take the mark off every pair that was looked at in both directions and has nothing open.

    Rejected, held and unfinished pairs keep it, so that the next run looks at them again.
    """
    conn.execute(text(_SETTLE), {"sync": sync, "run": run_id})


_FIGURES = """
SELECT
    count(*) FILTER (WHERE (cs.presence = 'present' OR cs.dirty) AND (ps.presence = 'present' OR ps.dirty)) AS followed,
    count(*) FILTER (WHERE cs.presence = 'present') AS crm_present,
    count(*) FILTER (WHERE ps.presence = 'present') AS platform_present
FROM link l
LEFT JOIN sighting cs ON cs.sync = :sync AND cs.side = 'crm' AND cs.object = l.crm_object AND cs.id = l.crm_id
LEFT JOIN sighting ps ON ps.sync = :sync AND ps.side = 'platform' AND ps.id = l.prospect_id
WHERE l.crm_connection = :crm AND l.platform_connection = :platform AND l.list_id = :list AND l.base IS NOT NULL
"""


def followed(conn: Connection, follow: Following) -> tuple[int, int, int]:
    """How many pairs were followed until now, and how many of them the CRM's and the platform's side still have.

    A pair whose loss was settled in an earlier run isn't counted again.
    """
    with whole_tables(conn):
        row = conn.execute(text(_FIGURES), follow.parameters()).one()
    return row.followed, row.crm_present, row.platform_present
