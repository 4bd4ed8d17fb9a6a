"""Who is who: dirty records of both sides that are the same person are linked, by the CRM's id or by email.

Only dirty sightings are looked at, so the cost follows what changed, not the size of the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from keepstep.core.match import Candidate, match
from keepstep.core.prospect_policy import OnEmailChange
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
    read_whole(conn)
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


# -- prospects ---------------------------------------------------------------------------------------------------------

# The platform itself says which CRM record it means: no guess, so it goes before the email (SY-13).
_BY_CRM_ID = f"""
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
    given = {**follow.parameters(), "crm_id_field": crm_id_field}
    links = [{**follow.parameters(), **row} for row in conn.execute(text(_BY_CRM_ID), given).mappings()]
    if links:
        conn.execute(text(_BURY), links)
        conn.execute(text(_LINK), links)
    return len(links)


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
