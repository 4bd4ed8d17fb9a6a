"""Scores by a sheet, kept up to date in SQL: a refresh costs what came in since the last one, not what there is.

A *scope* is one score sheet over one source of activities; a changed sheet is another scope, computed afresh from the
activities. Per person and type it holds how many activities count or, with a half-life, the sum of their weights,
2^((moment - origin) / half-life): weights of newer activities are larger, so that time passing touches no row.
Points, ageing and caps are applied on read. A refresh looks only at people with activities that are new, that became
due, or that fell out of the window, and at those whose rounded score ageing alone may have changed (`next_due`).

All arithmetic is double precision, as in `keepstep.core.score`, which says what a score means.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

from keepstep.core.score import HALF_UP, MAX_SCORE, ScoreSheet
from keepstep.store.activities import source_id

EVER = datetime(1, 1, 1, tzinfo=UTC)  # before every activity
# Exponents of e. What weighs less than e^-340 is nothing; a product of two that weigh more still is a float8 (> 1e-308,
# below which PostgreSQL raises an error), and so are sums of weights up to e^340.
MAX_EXPONENT = 340.0
LONGEST_WAIT_S = 100 * 365.25 * 86400  # whoever is due later is looked at after a century: timestamps have an end
EARLY_S = 1.0  # a next_due is so much early: float8 must not put it past the moment


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did."""

    scope: int
    as_of: datetime  # the moment at which the scores stand: the one asked for, or a later one
    looked_at: int  # people whose score was computed
    unknown_types: Mapping[str, int]  # activities that came in with a type that the sheet doesn't name


@dataclass(frozen=True, slots=True)
class _Scope:
    """A scope as it stands, and where this refresh takes it."""

    id: int
    source: int
    seen: int  # activities up to this one (seq) were added
    upto: int
    before: datetime  # activities up to this moment counted
    as_of: datetime
    origin: datetime
    sheet: ScoreSheet

    @property
    def rate(self) -> float:
        """How fast points fade, as an exponent of e a second; 0: they don't."""
        return math.log(2) / self.sheet.half_life.total_seconds() if self.sheet.half_life else 0.0

    @property
    def age(self) -> float:
        """How far the moment of this refresh is from the origin, as an exponent of e."""
        return self.rate * (self.as_of - self.origin).total_seconds()

    def starts(self, moment: datetime) -> datetime:
        """Where the window begins at that moment; the beginning itself doesn't count."""
        window = self.sheet.window
        return EVER if window is None or window >= moment - EVER else moment - window

    def parameters(self) -> dict[str, Any]:
        """What the SQL needs of it, all real numbers as float8."""
        rules = dict(sorted(self.sheet.rules.items()))  # the order of `sums`: sheets with one hash have the same
        return {
            "scope": self.id,
            "source": self.source,
            "seen": self.seen,
            "upto": self.upto,
            "before": self.before,
            "as_of": self.as_of,
            "starts": self.starts(self.as_of),
            "started": self.starts(self.before),
            "origin": self.origin.timestamp(),
            "origin_at": self.origin,
            "rate": self.rate,
            "left": math.exp(-self.age),
            "limit": MAX_EXPONENT,
            "types": list(rules),
            "points": [float(rule.points) for rule in rules.values()],
            "caps": [None if rule.cap is None else float(rule.cap) for rule in rules.values()],
            "half_up": HALF_UP,
            "max_score": float(MAX_SCORE),
            "longest": LONGEST_WAIT_S,
            "early": EARLY_S,
        }


# The lock on this row holds until the transaction ends: refreshes of one scope come one after the other.
_LOCK = """
INSERT INTO score_scope (source_id, sheet_hash) VALUES (:source, :hash)
ON CONFLICT (source_id, sheet_hash) DO UPDATE SET sheet_hash = excluded.sheet_hash
RETURNING id, seen_seq, as_of, origin
"""
_NEWEST = "SELECT coalesce(max(seq), 0) FROM activity WHERE source_id = :source"

# Without a half-life the rate is 0, the weight 1, and their sum a count, which float8 holds exactly.
_WEIGHT = """exp(greatest(-CAST(:limit AS float8),
        CAST(:rate AS float8) * (date_part('epoch', occurred_at) - CAST(:origin AS float8))))"""

# What came in; what was in and has happened only now; what counted and fell out of the window.
_DELTA = f"""
CREATE TEMP TABLE score_delta ON COMMIT DROP AS
SELECT email, type, sum(weight) AS sum, count(*) FILTER (WHERE weight > 0) AS came
FROM (
    SELECT email, type, {_WEIGHT} AS weight FROM activity
    WHERE source_id = :source AND seq > :seen AND seq <= :upto AND occurred_at > :starts AND occurred_at <= :as_of
    UNION ALL
    SELECT email, type, {_WEIGHT} FROM activity
    WHERE source_id = :source AND seq <= :seen
      AND occurred_at > greatest(CAST(:starts AS timestamptz), :before) AND occurred_at <= :as_of
    UNION ALL
    SELECT email, type, CAST(-1 AS float8) FROM activity
    WHERE source_id = :source AND seq <= :seen
      AND occurred_at > :started AND occurred_at <= least(CAST(:starts AS timestamptz), :before)
) AS moved
GROUP BY email, type
"""
_UNKNOWN = """
SELECT type, sum(came)::bigint AS came FROM score_delta
WHERE came > 0 AND NOT type = ANY(CAST(:types AS text[])) GROUP BY type ORDER BY type
"""
_TOUCHED = """
CREATE TEMP TABLE score_touched ON COMMIT DROP AS
SELECT email FROM score_delta WHERE type = ANY(CAST(:types AS text[]))
UNION
SELECT email FROM score_current WHERE scope_id = :scope AND next_due <= :as_of
"""

# `ageing` fades by one factor for all types, `capped` stays until the first type comes below its cap (`above`).
# The value changes when  capped + ageing * factor  crosses the next half; going down while ageing > 0, up while < 0.
_SCORE = """
INSERT INTO score_current AS known (scope_id, email, sums, exact, value, next_due)
WITH rule AS (
    SELECT * FROM unnest(CAST(:types AS text[]), CAST(:points AS float8[]), CAST(:caps AS float8[]))
        WITH ORDINALITY AS r(type, points, cap, place)
), summed AS (
    SELECT t.email, r.place, r.points, r.cap, coalesce(k.sums[r.place], 0) + coalesce(d.sum, 0) AS sum
    FROM score_touched t CROSS JOIN rule r
    LEFT JOIN score_current k ON k.scope_id = :scope AND k.email = t.email
    LEFT JOIN score_delta d ON d.email = t.email AND d.type = r.type
), amount AS (
    SELECT *, points * sum * CAST(:left AS float8) AS amount FROM summed
), total AS (
    SELECT email, array_agg(sum ORDER BY place) AS sums, sum(least(amount, cap)) AS exact,
        coalesce(sum(amount) FILTER (WHERE cap IS NULL OR amount <= cap), 0) AS ageing,
        coalesce(sum(cap) FILTER (WHERE amount > cap), 0) AS capped,
        min(ln(amount / cap)) FILTER (WHERE amount > cap) AS above
    FROM amount GROUP BY email
), valued AS (
    SELECT *, floor(least(greatest(exact, -CAST(:max_score AS float8)), CAST(:max_score AS float8))
        + CAST(:half_up AS float8)) AS value
    FROM total
), crossing AS (
    SELECT *, CASE WHEN ageing <> 0 THEN
        (value + CASE WHEN ageing < 0 THEN 1 ELSE 0 END - CAST(:half_up AS float8) - capped) / ageing END AS factor
    FROM valued
), due AS (
    SELECT *, least(above, CASE WHEN factor > 0 THEN greatest(-ln(factor), 0) END) / nullif(CAST(:rate AS float8), 0)
        AS wait
    FROM crossing
)
SELECT :scope, email, sums, exact, CAST(value AS integer), CASE WHEN wait IS NOT NULL THEN CAST(:as_of AS timestamptz)
    + make_interval(secs => greatest(least(wait, CAST(:longest AS float8)) - CAST(:early AS float8), 0)) END
FROM due
ON CONFLICT (scope_id, email) DO UPDATE SET
    sums = excluded.sums, exact = excluded.exact, value = excluded.value, next_due = excluded.next_due
"""
_ADVANCE = "UPDATE score_scope SET seen_seq = :upto, as_of = :as_of, origin = :origin_at WHERE id = :scope"


def refresh(conn: Connection, source: str, sheet: ScoreSheet, as_of: datetime) -> Refreshed:
    """Bring every score of a sheet over a source to what it is at `as_of`.

    Where another sync took these scores to a later moment already, they stay there: the returned `as_of` says so.
    Activities that happened after `as_of` wait until a refresh that reaches them.

    Args:
        conn: A connection in a transaction; another one that refreshes the same scope waits until it ends.
        source: The name of the source of activities.
        sheet: What activities are worth.
        as_of: Aware.
    """
    scope = _lock(conn, source, sheet, as_of)
    if scope.age > MAX_EXPONENT:
        scope = _rebase(conn, scope)
    given = scope.parameters()
    conn.execute(text("DROP TABLE IF EXISTS pg_temp.score_delta, pg_temp.score_touched"))
    conn.execute(text(_DELTA), given)
    unknown = {row.type: row.came for row in conn.execute(text(_UNKNOWN), given)}
    conn.execute(text(_TOUCHED), given)
    conn.execute(text("ANALYZE score_touched"))
    looked_at = conn.execute(text(_SCORE), given).rowcount
    conn.execute(text(_ADVANCE), given)
    return Refreshed(scope.id, scope.as_of, looked_at, unknown)


def forget_unused(conn: Connection, before: datetime) -> int:
    """Drop the sums of sheets that no sync has used since that moment; activities stay. Returns how many sheets."""
    return conn.execute(text("DELETE FROM score_scope WHERE as_of < :before"), {"before": before}).rowcount


def _lock(conn: Connection, source: str, sheet: ScoreSheet, as_of: datetime) -> _Scope:
    number = source_id(conn, source)
    row = conn.execute(text(_LOCK), {"source": number, "hash": sheet.hash}).one()
    upto = conn.execute(text(_NEWEST), {"source": number}).scalar_one()
    moment = max(as_of, row.as_of or as_of)
    return _Scope(row.id, number, row.seen_seq, upto, row.as_of or EVER, moment, row.origin or moment, sheet)


# Weights grow with time and would leave float8 one day (with a half-life of a week, after nine years): move the origin.
_MOVE_ORIGIN = """
UPDATE score_current SET sums = ARRAY(
    SELECT CASE WHEN sum < CAST(:least AS float8) THEN 0 ELSE sum * CAST(:left AS float8) END
    FROM unnest(sums) WITH ORDINALITY AS s(sum, place) ORDER BY place)
WHERE scope_id = :scope
"""


def _rebase(conn: Connection, scope: _Scope) -> _Scope:
    least = math.exp(min(scope.age, 2 * MAX_EXPONENT) - MAX_EXPONENT)  # what is less will be nothing
    conn.execute(text(_MOVE_ORIGIN), {"scope": scope.id, "least": least, "left": math.exp(-scope.age)})
    return replace(scope, origin=scope.as_of)
