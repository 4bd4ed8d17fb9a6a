"""The people that a sync has to look at: new links by email, then each dirty pair with both sides as they stand.

Only dirty sightings are read, so the cost follows what changed, not the size of the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from keepstep.core.mapping import to_ours
from keepstep.core.match import Candidate, match
from keepstep.core.model import EpochId, FieldRule, Pair, Presence, SealedScore, Side, Snapshot, Status

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

    def parameters(self) -> dict[str, Any]:
        """The SQL parameters that name this sync's records."""
        return {
            "sync": self.sync,
            "crm": self.crm_connection,
            "object": self.crm_object,
            "platform": self.platform_connection,
            "list": self.list_id,
        }


# A link counts while both of its ends are there; a new record with the email of a dead end takes its place (SY-15).
_ALIVE = """
    EXISTS (SELECT FROM link l
        JOIN crm_record lc ON lc.connection = l.crm_connection AND lc.object = l.crm_object AND lc.id = l.crm_id
        JOIN prospect lp ON lp.connection = l.platform_connection AND lp.id = l.prospect_id
        WHERE {me} AND l.list_id = :list AND lc.deleted_at IS NULL AND lp.deleted_at IS NULL)
"""
_CRM_ALIVE = _ALIVE.format(me="l.crm_connection = r.connection AND l.crm_object = r.object AND l.crm_id = r.id")
_PROSPECT_ALIVE = _ALIVE.format(
    me="l.platform_connection = p.connection AND l.prospect_id = p.id AND l.crm_connection = :crm"
)

_CANDIDATES = f"""
WITH wanted AS (
    SELECT r.email FROM sighting s
    JOIN crm_record r ON r.connection = :crm AND r.object = s.object AND r.id = s.id
    WHERE s.sync = :sync AND s.side = 'crm' AND s.dirty AND s.presence = 'present' AND r.email IS NOT NULL
      AND NOT {_CRM_ALIVE}
    UNION
    SELECT p.email FROM sighting s
    JOIN prospect p ON p.connection = :platform AND p.id = s.id
    WHERE s.sync = :sync AND s.side = 'platform' AND s.dirty AND s.presence = 'present' AND p.email IS NOT NULL
      AND NOT {_PROSPECT_ALIVE}
), candidates AS (
    SELECT 'crm' AS side, r.email, r.object, r.id, r.modified, {_CRM_ALIVE} AS linked
    FROM wanted JOIN crm_record r ON r.connection = :crm AND r.email = wanted.email AND r.deleted_at IS NULL
    JOIN sighting s ON s.sync = :sync AND s.side = 'crm' AND s.object = r.object AND s.id = r.id
    WHERE s.presence = 'present'
    UNION ALL
    SELECT 'platform', p.email, s.object, p.id, p.modified, {_PROSPECT_ALIVE}
    FROM wanted JOIN prospect p ON p.connection = :platform AND p.email = wanted.email AND p.deleted_at IS NULL
    JOIN sighting s ON s.sync = :sync AND s.side = 'platform' AND s.id = p.id
    WHERE s.presence = 'present'
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY email) AS n FROM candidates
)
SELECT * FROM counted WHERE n > 1 ORDER BY email, side, length(id), id
"""

# A duplicate whose followed record went away, or has another address now, stands on its own again.
_FREE = """
UPDATE sighting s SET duplicate_of = NULL, dirty = true
WHERE s.sync = :sync AND s.duplicate_of IS NOT NULL AND NOT EXISTS (
    SELECT FROM sighting p
    LEFT JOIN crm_record c ON p.side = 'crm' AND c.connection = :crm AND c.object = p.object AND c.id = p.id
    LEFT JOIN prospect r ON p.side = 'platform' AND r.connection = :platform AND r.id = p.id
    WHERE p.sync = s.sync AND p.presence = 'present' AND p.object = split_part(s.duplicate_of, ':', 1)
      AND p.id = substr(s.duplicate_of, strpos(s.duplicate_of, ':') + 1)
      AND coalesce(c.email, r.email) = coalesce(
        (SELECT m.email FROM crm_record m
         WHERE s.side = 'crm' AND m.connection = :crm AND m.object = s.object AND m.id = s.id),
        (SELECT m.email FROM prospect m
         WHERE s.side = 'platform' AND m.connection = :platform AND m.id = s.id)))
"""

_BURY = """
DELETE FROM link l USING crm_record c, prospect p
WHERE c.connection = l.crm_connection AND c.object = l.crm_object AND c.id = l.crm_id
  AND p.connection = l.platform_connection AND p.id = l.prospect_id
  AND l.list_id = :list AND l.crm_connection = :crm AND l.platform_connection = :platform
  AND (c.deleted_at IS NOT NULL OR p.deleted_at IS NOT NULL)
  AND ((l.crm_object = :crm_object AND l.crm_id = :crm_id) OR l.prospect_id = :prospect_id)
"""
_LINK = """
INSERT INTO link (crm_connection, crm_object, crm_id, platform_connection, prospect_id, list_id)
VALUES (:crm, :crm_object, :crm_id, :platform, :prospect_id, :list)
ON CONFLICT DO NOTHING
"""
_DUPLICATE = """
UPDATE sighting SET duplicate_of = :of WHERE sync = :sync AND side = :side AND object = :object AND id = :id
"""


def link_matches(conn: Connection, follow: Following) -> int:
    """Link the dirty records of both sides that are the same person by email; mark duplicates. Returns new links."""
    given = follow.parameters()
    conn.execute(text(_FREE), given)
    made = 0
    rows = conn.execute(text(_CANDIDATES), given, execution_options={"yield_per": CHUNK})
    links: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    for _email, group in groupby(rows.mappings(), key=lambda row: row["email"]):
        _match_group(follow, list(group), links, marks)
    if links:
        conn.execute(text(_BURY), links)
        conn.execute(text(_LINK), links)
        made = len(links)
    if marks:
        conn.execute(text(_DUPLICATE), marks)
    return made


def _match_group(
    follow: Following, group: Sequence[RowMapping], links: list[dict[str, Any]], marks: list[dict[str, Any]]
) -> None:
    sides: dict[str, list[Candidate]] = {"crm": [], "platform": []}
    for given in group:
        known = sides[given["side"]]
        known.append(Candidate(given["object"], given["id"], given["modified"], given["linked"], len(known)))
    found = match(sides["crm"], sides["platform"], follow.objects, follow.first_returned)
    for crm, row in found.links:
        links.append({**follow.parameters(), "crm_object": crm.object, "crm_id": crm.id, "prospect_id": row.id})
    for side, candidates in sides.items():
        for one in candidates:
            of = found.duplicates.get(f"{one.object}:{one.id}")
            marks.append({"sync": follow.sync, "side": side, "object": one.object, "id": one.id, "of": of})


_PAIRS = """
WITH touched AS (
    SELECT l.id AS link_id, l.crm_object AS object, l.crm_id, l.prospect_id
    FROM sighting s JOIN link l ON l.crm_connection = :crm AND l.crm_object = s.object AND l.crm_id = s.id
        AND l.platform_connection = :platform AND l.list_id = :list
    WHERE s.sync = :sync AND s.side = 'crm' AND s.dirty
    UNION
    SELECT l.id, l.crm_object, l.crm_id, l.prospect_id
    FROM sighting s JOIN link l ON l.platform_connection = :platform AND l.prospect_id = s.id
        AND l.crm_connection = :crm AND l.list_id = :list
    WHERE s.sync = :sync AND s.side = 'platform' AND s.dirty
    UNION
    SELECT NULL, s.object, s.id, NULL FROM sighting s
    WHERE s.sync = :sync AND s.side = 'crm' AND s.dirty AND NOT EXISTS (
        SELECT FROM link l WHERE l.crm_connection = :crm AND l.crm_object = s.object AND l.crm_id = s.id
            AND l.platform_connection = :platform AND l.list_id = :list)
    UNION
    SELECT NULL, NULL, NULL, s.id FROM sighting s
    WHERE s.sync = :sync AND s.side = 'platform' AND s.dirty AND NOT EXISTS (
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
        AND d.email = coalesce(p.email, c.email)) AS tombstone,
    c.email IS DISTINCT FROM p.email AND EXISTS (SELECT FROM prospect o WHERE o.connection = :platform
        AND o.list_id = :list AND o.email = c.email AND o.id <> p.id AND o.deleted_at IS NULL) AS email_taken
FROM touched t
LEFT JOIN link l ON l.id = t.link_id
LEFT JOIN crm_record c ON c.connection = :crm AND c.object = t.object AND c.id = t.crm_id
LEFT JOIN sighting cs ON cs.sync = :sync AND cs.side = 'crm' AND cs.object = c.object AND cs.id = c.id
LEFT JOIN prospect p ON p.connection = :platform AND p.id = t.prospect_id
LEFT JOIN sighting ps ON ps.sync = :sync AND ps.side = 'platform' AND ps.id = p.id
LEFT JOIN score sc ON sc.sync = :sync AND sc.prospect_id = p.id
ORDER BY t.link_id, t.object, length(t.crm_id), t.crm_id, length(t.prospect_id), t.prospect_id
"""


def dirty_pairs(conn: Connection, follow: Following, epoch: EpochId | None = None) -> Iterator[Pair]:
    """Each pair with a side that is still to be dealt with, in a fixed order, streamed.

    With `epoch`, the one that the fence let through, each pair's sealed score is told as of it: a score that did not
    change since an older epoch is the score of this one too.
    """
    rows = conn.execute(text(_PAIRS), follow.parameters(), execution_options={"yield_per": CHUNK})
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
    )


def _key(row: RowMapping) -> str:
    if row["link_id"] is not None:
        return f"link:{row['link_id']}"
    return f"crm:{row['crm_object']}:{row['crm_id']}" if row["crm_id"] else f"platform:{row['prospect_id']}"


def _snapshot(follow: Following, side: Side, row: RowMapping) -> Snapshot | None:
    prefix = "crm" if side is Side.CRM else "platform"
    record_id = row["crm_id"] if side is Side.CRM else row["prospect_id"]
    if record_id is None:
        return None
    return Snapshot(
        object=row[f"{prefix}_object"] or "row",
        record_id=record_id,
        values=to_ours(follow.rules, side, row[f"{prefix}_fields"]),
        email=row[f"{prefix}_email"],
        status=Status(row[f"{prefix}_status"]),
        modified=row[f"{prefix}_modified"],
        owner=row[f"{prefix}_owner"],
        opted_out=row[f"{prefix}_opted_out"],
    )


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
    row = conn.execute(text(_FIGURES), follow.parameters()).one()
    return row.followed, row.crm_present, row.platform_present
