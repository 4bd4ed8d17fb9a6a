"""Publishes a list's scores and seals their epoch, in one transaction: both, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from keepstep.core.errors import FenceRefused
from keepstep.core.score import HALF_UP
from keepstep.store.epochs import Epoch, must_be_open


@dataclass(frozen=True, slots=True)
class Published:
    """What an epoch was sealed with."""

    members: int
    changed: int  # scores that are new or differ from before; their rows are marked to be looked at
    unreadable: int = 0  # platform scores that are no number: these people have no score, nothing is pushed for them


_MEMBERS = """
SELECT id, email, fields, written AND modified IS NULL AS unread FROM prospect
WHERE connection = :connection AND list_id = :list AND deleted_at IS NULL
"""

_FROM_SHEET = """
SELECT m.id, m.email, coalesce(c.value, 0) AS value, coalesce(c.exact, 0) AS exact
FROM member m LEFT JOIN score_current c ON c.scope_id = :scope AND c.email = m.email
"""
# A plain decimal number within what an integer field holds; a blank is no behaviour, 0. Whom we wrote and never read
# has no score yet, and not 0: the platform may have known the person before.
_NUMBER = r"^\s*[-+]?[0-9]{1,9}([.][0-9]{0,15})?\s*$"
_FROM_PLATFORM = """
SELECT id, email, CAST(floor(exact + CAST(:half_up AS float8)) AS integer) AS value, exact
FROM (SELECT id, email, CASE WHEN btrim(told) = '' OR told IS NULL THEN 0 WHEN told ~ :number THEN CAST(told AS float8)
      END AS exact FROM (SELECT id, email, fields ->> :column AS told FROM member WHERE NOT unread) AS text) AS number
"""

# Only rounded scores that changed are marked: the exact score of a person changes all the time while it fades. The
# others aren't offered to the upsert: it would lock, and so write, every row that it leaves alone.
_PUBLISH = """
WITH member AS MATERIALIZED ({members}), counted AS MATERIALIZED ({scores}), published AS (
    INSERT INTO score (sync, prospect_id, email, value, exact, epoch_id)
    SELECT :sync, c.id, c.email, c.value, c.exact, :epoch
    FROM counted c LEFT JOIN score known ON known.sync = :sync AND known.prospect_id = c.id
    WHERE c.value IS NOT NULL AND (known.value IS DISTINCT FROM c.value OR known.email IS DISTINCT FROM c.email)
    ON CONFLICT (sync, prospect_id) DO UPDATE SET
        email = excluded.email, value = excluded.value, exact = excluded.exact, epoch_id = excluded.epoch_id
    RETURNING prospect_id
), gone AS (
    DELETE FROM score WHERE sync = :sync
      AND NOT EXISTS (SELECT FROM counted c WHERE c.id = score.prospect_id AND c.value IS NOT NULL)
), marked AS (
    UPDATE sighting s SET dirty = true FROM published
    WHERE s.sync = :sync AND s.side = 'platform' AND s.id = published.prospect_id AND NOT s.dirty
)
SELECT (SELECT count(*) FROM counted) AS members, (SELECT count(*) FROM published) AS changed,
    (SELECT count(*) FROM counted WHERE value IS NULL) AS unreadable
"""
_SEAL = """
UPDATE score_epoch SET state = 'sealed', sealed_at = :now, through = greatest(through, :as_of),
    members = :members, published = :published
WHERE id = :epoch
"""


def publish_and_seal(
    conn: Connection, epoch: Epoch, *, connection: str, list_id: str, scope: int, as_of: datetime, now: datetime
) -> Published:
    """Publish what a score sheet gives to the members of a list, and seal the epoch: both, or neither.

    A member without activities has the score 0. Whoever is on the list no more has no score.

    Args:
        conn: A connection in a transaction, best the one that refreshed the scores.
        epoch: The open epoch.
        connection: The platform's connection.
        list_id: The platform's id of the list.
        scope: `Refreshed.scope`
        as_of: `Refreshed.as_of`; the epoch reaches through it where that is later than it was opened for.
        now: When this is done.

    Raises:
        FenceRefused: Another run took over, or the scores don't reach as far as the epoch has to.
    """
    must_be_open(conn, epoch)
    if as_of < epoch.through:
        raise FenceRefused(
            f"scores as of {as_of} can't seal epoch {epoch.id}, which has to reach through {epoch.through}"
        )
    given = {"connection": connection, "list": list_id, "scope": scope, "as_of": as_of, "now": now}
    return _publish(conn, epoch, _FROM_SHEET, given)


def publish_platform_scores(
    conn: Connection, epoch: Epoch, *, connection: str, list_id: str, column: str, now: datetime
) -> Published:
    """Publish the platform's own scores, as last read, and seal the epoch: both, or neither.

    A blank is 0. A value that is no number is counted, and its member has no score: nothing is pushed for it.

    Args:
        conn: A connection in a transaction.
        epoch: The open epoch.
        connection: The platform's connection.
        list_id: The platform's id of the list.
        column: The platform's name of the column with its score.
        now: When this is done.

    Raises:
        FenceRefused: Another run took over.
    """
    must_be_open(conn, epoch)
    given = {"connection": connection, "list": list_id, "column": column, "as_of": epoch.through, "now": now}
    given |= {"number": _NUMBER, "half_up": HALF_UP}
    return _publish(conn, epoch, _FROM_PLATFORM, given)


def _publish(conn: Connection, epoch: Epoch, scores: str, given: Mapping[str, Any]) -> Published:
    values = {**given, "sync": epoch.sync, "epoch": epoch.id}
    statement = _PUBLISH.format(members=_MEMBERS, scores=scores)
    row = conn.execute(text(statement), values).one()
    conn.execute(text(_SEAL), {**values, "members": row.members, "published": row.changed})
    return Published(row.members, row.changed, row.unreadable)
