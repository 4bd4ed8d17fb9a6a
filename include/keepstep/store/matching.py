"""Who is who: dirty records of both sides that are the same person are linked, by the CRM's id or by email.

Only dirty sightings are looked at, so the cost follows what changed, not the size of the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, islice
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, text

from keepstep.core.match import Candidate, match
from keepstep.core.prospect_policy import OnEmailChange
from keepstep.store.bulk import append_rows
from keepstep.store.pairs import CHUNK, Following, read_whole

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

# What was found out, before it is acted upon: a first run may find everybody.
_FOUND = (
    "DROP TABLE IF EXISTS pg_temp.matched, pg_temp.marked",
    """
    CREATE TEMP TABLE matched (
        place bigint GENERATED ALWAYS AS IDENTITY, crm_object text NOT NULL, crm_id text NOT NULL,
        prospect_id text NOT NULL
    ) ON COMMIT DROP
    """,
    "CREATE TEMP TABLE marked (side text NOT NULL, object text NOT NULL, id text NOT NULL, of text) ON COMMIT DROP",
)
_BURY = """
WITH theirs AS (
    SELECT l.id FROM matched m
    JOIN link l ON l.crm_connection = :crm AND l.crm_object = m.crm_object AND l.crm_id = m.crm_id
    UNION
    SELECT l.id FROM matched m JOIN link l ON l.platform_connection = :platform AND l.prospect_id = m.prospect_id
)
DELETE FROM link l USING theirs t, crm_record c, prospect p
WHERE l.id = t.id AND l.list_id = :list AND l.crm_connection = :crm AND l.platform_connection = :platform
  AND c.connection = l.crm_connection AND c.object = l.crm_object AND c.id = l.crm_id
  AND p.connection = l.platform_connection AND p.id = l.prospect_id
  AND (c.deleted_at IS NOT NULL OR p.deleted_at IS NOT NULL)
"""
_LINK = """
INSERT INTO link (crm_connection, crm_object, crm_id, platform_connection, prospect_id, list_id)
SELECT :crm, crm_object, crm_id, :platform, prospect_id, :list FROM matched ORDER BY place
ON CONFLICT DO NOTHING
"""
_MARK = """
UPDATE sighting s SET duplicate_of = m.of FROM marked m
WHERE s.sync = :sync AND s.side = m.side AND s.object = m.object AND s.id = m.id
  AND s.duplicate_of IS DISTINCT FROM m.of
"""


def link_matches(conn: Connection, follow: Following) -> int:
    """Link the dirty records of both sides that are the same person by email; mark duplicates. Returns new links."""
    given = follow.parameters()
    conn.execute(text(_FREE), given)
    read_whole(conn)
    _begin(conn)
    rows = conn.execute(text(_CANDIDATES), given, execution_options={"yield_per": CHUNK})
    people = groupby(rows.mappings(), key=lambda row: row["email"])
    while chunk := [_who_is_who(follow, list(group)) for _email, group in islice(people, CHUNK)]:
        append_rows(conn, f"matched ({_ENDS})", ["text"] * 3, (link for found in chunk for link in found.links))
        append_rows(conn, "marked", ["text"] * 4, (mark for found in chunk for mark in found.marks))
    made = _link(conn, follow)
    conn.execute(text("ANALYZE marked"))
    conn.execute(text(_MARK), given)
    return made


_ENDS = "crm_object, crm_id, prospect_id"


class _Found(NamedTuple):
    """What was found out about the records of one email."""

    links: list[tuple[str, str, str]]  # `_ENDS`
    marks: list[tuple[str, str, str, str | None]]  # side, object, id, of whom it is a duplicate


def _begin(conn: Connection) -> None:
    for statement in _FOUND:
        conn.execute(text(statement))


def _link(conn: Connection, follow: Following) -> int:
    """Link those who were matched. Returns their number."""
    made: int = conn.execute(text("SELECT count(*) FROM matched")).scalar_one()
    if made:
        conn.execute(text("ANALYZE matched"))
        conn.execute(text(_BURY), follow.parameters())
        conn.execute(text(_LINK), follow.parameters())
    return made


def _who_is_who(follow: Following, group: Sequence[RowMapping]) -> _Found:
    sides: dict[str, list[Candidate]] = {"crm": [], "platform": []}
    for given in group:
        known = sides[given["side"]]
        known.append(Candidate(given["object"], given["id"], given["modified"], given["linked"], len(known)))
    found = match(sides["crm"], sides["platform"], follow.objects, follow.first_returned)
    return _Found(
        [(crm.object, crm.id, row.id) for crm, row in found.links],
        [
            (side, one.object, one.id, found.duplicates.get(f"{one.object}:{one.id}"))
            for side, candidates in sides.items()
            for one in candidates
        ],
    )


# -- prospects ---------------------------------------------------------------------------------------------------------

# The platform itself says which CRM record it means: no guess, so it goes before the email (SY-13).
_BY_CRM_ID = f"""
INSERT INTO matched ({_ENDS})
SELECT DISTINCT ON (r.object, r.id) r.object AS crm_object, r.id AS crm_id, p.id AS prospect_id
FROM sighting s
JOIN prospect p ON p.connection = :platform AND p.id = s.id AND p.deleted_at IS NULL
JOIN crm_record r ON r.connection = :crm AND r.id = p.fields ->> :crm_id_field AND r.deleted_at IS NULL
JOIN sighting rs ON rs.sync = :sync AND rs.side = 'crm' AND rs.object = r.object AND rs.id = r.id
    AND rs.presence = 'present'
WHERE s.sync = :sync AND s.side = 'platform' AND s.dirty AND s.presence = 'present'
  AND NOT {_PROSPECT_ALIVE} AND NOT {_CRM_ALIVE}
ORDER BY r.object, r.id, length(p.id), p.id
"""


def link_by_crm_id(conn: Connection, follow: Following, crm_id_field: str) -> int:
    """Link dirty prospects to the CRM records whose id they hold. Returns new links."""
    _begin(conn)
    conn.execute(text(_BY_CRM_ID), {**follow.parameters(), "crm_id_field": crm_id_field})
    return _link(conn, follow)


# A side of a linked pair has another address now, and the prospect's belongs to another record, which nobody follows.
_GO_OVER = f"""
WITH moves AS (
    SELECT DISTINCT ON (l.id) l.id, r.object, r.id AS crm_id
    FROM sighting s
    JOIN link l ON l.platform_connection = :platform AND l.crm_connection = :crm AND l.list_id = :list
        AND ((s.side = 'platform' AND l.prospect_id = s.id)
          OR (s.side = 'crm' AND l.crm_object = s.object AND l.crm_id = s.id))
    JOIN crm_record c ON c.connection = :crm AND c.object = l.crm_object AND c.id = l.crm_id AND c.deleted_at IS NULL
    JOIN prospect p ON p.connection = :platform AND p.id = l.prospect_id AND p.deleted_at IS NULL
    JOIN crm_record r ON r.connection = :crm AND r.email = p.email AND r.deleted_at IS NULL
        AND (r.object, r.id) <> (c.object, c.id)
    JOIN sighting rs ON rs.sync = :sync AND rs.side = 'crm' AND rs.object = r.object AND rs.id = r.id
        AND rs.presence = 'present'
    WHERE s.sync = :sync AND s.dirty AND c.email IS DISTINCT FROM p.email
      AND l.base ->> 'email' = CASE WHEN :stays THEN p.email ELSE c.email END
      AND NOT {_CRM_ALIVE}
    ORDER BY l.id, array_position(CAST(:objects AS text[]), r.object), r.modified DESC NULLS LAST, length(r.id), r.id
)
UPDATE link l SET crm_object = m.object, crm_id = m.crm_id, base = jsonb_strip_nulls(jsonb_build_object(
    'opted_out', l.base -> 'opted_out')) FROM moves m WHERE l.id = m.id
"""


def go_over(conn: Connection, follow: Following, how: OnEmailChange) -> None:
    """Let prospects go over to another record with their address, where the file says so (EX-7, EX-9)."""
    if how is OnEmailChange.FOLLOW:
        return
    stays = how is OnEmailChange.STAY_WITH_EMAIL
    conn.execute(text(_GO_OVER), {**follow.parameters(), "stays": stays, "objects": list(follow.objects)})
