"""Which companies a private contact is compared with, and what came of it; duplicates among private contacts.

Names meet only where they share a key (a word, their first letters, a domain), and keys that many companies share
count for nothing: so the work grows with the number of contacts, not with contacts times companies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, text

from keepstep.core.company_match import Proposal
from keepstep.core.duplicates import Group, Known
from keepstep.store.bulk import copy_rows

COMMON = 200  # companies: a key that more of them share tells nothing
COMPARED = 50  # companies that one contact is compared with at the most, those with the rarest keys


@dataclass(frozen=True, slots=True)
class Candidate:
    """A company that a contact is compared with."""

    id: str
    name: str | None
    website: str | None
    colleagues: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A private contact whose proposals are to be made anew, and the companies to look at."""

    id: str
    email: str | None
    company: str | None
    candidates: tuple[Candidate, ...]


# Companies that came or changed touch the contacts that share a key with them; those that are dirty already are left.
_TOUCHED = """
UPDATE private_contact c SET dirty = true
WHERE c.sync = :sync AND NOT c.dirty AND (c.id IN (
    SELECT k.id FROM known_company d
    JOIN company_block b ON b.sync = :sync AND b.side = 'company' AND b.id = d.id
    JOIN company_block k ON k.sync = :sync AND k.side = 'contact' AND k.key = b.key
    WHERE d.sync = :sync AND d.dirty)
  OR c.id IN (
    SELECT p.contact FROM company_proposal p JOIN known_company d ON d.sync = :sync AND d.id = p.company AND d.dirty
    WHERE p.sync = :sync AND p.state IN ('proposed', 'approved')))
"""
_DONE_WITH_COMPANIES = "UPDATE known_company SET dirty = false WHERE sync = :sync AND dirty"

_CANDIDATES = """
WITH who AS (
    SELECT id, email, company FROM private_contact WHERE sync = :sync AND dirty AND id > :after ORDER BY id LIMIT :n
), keys AS MATERIALIZED (
    SELECT k.id, k.key FROM who JOIN company_block k ON k.sync = :sync AND k.side = 'contact' AND k.id = who.id
), sizes AS MATERIALIZED (
    SELECT b.key, count(*) AS n FROM company_block b
    WHERE b.sync = :sync AND b.side = 'company' AND b.key IN (SELECT key FROM keys)
    GROUP BY b.key HAVING count(*) <= :common
), own AS MATERIALIZED (
    SELECT who.id, o.domain FROM who JOIN company_person o ON o.sync = :sync AND o.id = who.id
    WHERE o.domain IS NOT NULL
), domains AS MATERIALIZED (
    SELECT p.domain, p.company, count(*) AS n, sum(count(*)) OVER (PARTITION BY p.domain) AS everybody
    FROM company_person p
    WHERE p.sync = :sync AND p.company IS NOT NULL AND p.domain IN (SELECT domain FROM own)
    GROUP BY p.domain, p.company
), met AS (
    SELECT keys.id AS contact, b.id AS company, sum(1.0 / sizes.n) AS weight
    FROM keys JOIN sizes ON sizes.key = keys.key
    JOIN company_block b ON b.sync = :sync AND b.side = 'company' AND b.key = keys.key
    GROUP BY keys.id, b.id
    UNION ALL
    SELECT own.id, d.company, 10.0 FROM own JOIN domains d ON d.domain = own.domain AND d.n > d.everybody - d.n
), best AS (
    SELECT contact, company, row_number() OVER (PARTITION BY contact ORDER BY sum(weight) DESC, company) AS place
    FROM met GROUP BY contact, company
)
SELECT who.id, who.email, who.company AS given, c.id AS company, c.name, c.website,
    coalesce(d.n, 0) AS colleagues,
    coalesce(whole.everybody, 0) - coalesce(d.n, 0) AS elsewhere
FROM who
LEFT JOIN best ON best.contact = who.id AND best.place <= :compared
LEFT JOIN known_company c ON c.sync = :sync AND c.id = best.company
LEFT JOIN own ON own.id = who.id
LEFT JOIN (SELECT domain, max(everybody) AS everybody FROM domains GROUP BY domain) whole ON whole.domain = own.domain
LEFT JOIN domains d ON d.domain = own.domain AND d.company = c.id
ORDER BY who.id, best.place
"""

_STAGES = (
    """
    CREATE TEMP TABLE IF NOT EXISTS made (contact text, company text, score float8, reasons text[], clear boolean)
    ON COMMIT DELETE ROWS
    """,
    "CREATE TEMP TABLE IF NOT EXISTS looked_at (id text) ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS same (id text, leader text, by text) ON COMMIT DELETE ROWS",
    "TRUNCATE made, looked_at, same",
)
# What a person rejected stays rejected. What was written and is private again is proposed once more, and so is what was
# refused, where something about it is new.
_PROPOSE = """
INSERT INTO company_proposal AS known (sync, contact, company, score, reasons, clear, made_at)
SELECT :sync, contact, company, score, reasons, clear, :now FROM made ORDER BY contact, score DESC, company
ON CONFLICT (sync, contact, company) DO UPDATE SET
    score = excluded.score, reasons = excluded.reasons, clear = excluded.clear,
    generation = known.generation + CASE WHEN known.state IN ('applied', 'refused') THEN 1 ELSE 0 END,
    state = CASE WHEN known.state IN ('applied', 'refused') THEN 'proposed' ELSE known.state END,
    code = NULL, what_to_do = NULL,
    made_at = CASE WHEN known.state IN ('applied', 'refused') THEN excluded.made_at ELSE known.made_at END
WHERE known.state IN ('applied', 'proposed', 'approved')
   OR (known.state = 'refused' AND (known.score <> excluded.score OR known.code = ANY(:settled)))
"""
_NO_LONGER_PROPOSED = """
DELETE FROM company_proposal p USING looked_at l WHERE p.sync = :sync AND p.contact = l.id AND p.state = 'proposed'
  AND NOT EXISTS (SELECT FROM made m WHERE m.contact = p.contact AND m.company = p.company)
"""
_LOOKED_AT = "UPDATE private_contact c SET dirty = false FROM looked_at l WHERE c.sync = :sync AND c.id = l.id"

CHANGED_MEANWHILE = ("not_private", "contact_gone", "company_gone")  # refusals that end when things change again

_SHARED = """
SELECT id, email, name_key FROM private_contact c WHERE sync = :sync AND (
    email IN (SELECT email FROM private_contact WHERE sync = :sync GROUP BY email HAVING count(*) > 1)
    OR name_key IN (SELECT name_key FROM private_contact WHERE sync = :sync GROUP BY name_key HAVING count(*) > 1))
ORDER BY id
"""
_GROUPED = """
UPDATE private_contact c SET duplicates = s.leader, duplicate_by = s.by
FROM private_contact p LEFT JOIN same s ON s.id = p.id
WHERE c.sync = :sync AND p.sync = :sync AND c.id = p.id
  AND (c.duplicates, c.duplicate_by) IS DISTINCT FROM (s.leader, s.by)
"""


def touch(conn: Connection, sync: str) -> None:
    """Mark the contacts that companies which came or changed may concern."""
    conn.execute(text(_TOUCHED), {"sync": sync})
    conn.execute(text(_DONE_WITH_COMPANIES), {"sync": sync})


def unmatched(conn: Connection, sync: str, after: str, limit: int) -> list[Unmatched]:
    """The next contacts, by id, whose proposals are to be made anew."""
    values = {"sync": sync, "after": after, "n": limit, "common": COMMON, "compared": COMPARED}
    rows = conn.execute(text(_CANDIDATES), values)
    return [
        Unmatched(id, email, given, tuple(_candidates(group)))
        for (id, email, given), group in groupby(rows, key=lambda row: (row.id, row.email, row.given))
    ]


def _candidates(rows: Iterable[Row[Any]]) -> Iterator[Candidate]:
    for row in rows:
        if row.company is not None:
            yield Candidate(row.company, row.name, row.website, int(row.colleagues), int(row.elsewhere))


def propose(conn: Connection, sync: str, made: Mapping[str, Sequence[Proposal]], now: datetime) -> None:
    """Keep what was found for these contacts, nothing for some; what was open before and isn't found any more goes."""
    _begin(conn)
    proposed = [
        (contact, one.company, one.score, list(one.reasons), one.clear) for contact, of in made.items() for one in of
    ]
    copy_rows(conn, "made", ["text", "text", "float8", "text[]", "bool"], proposed)
    copy_rows(conn, "looked_at", ["text"], [(contact,) for contact in made])
    values = {"sync": sync, "now": now, "settled": list(CHANGED_MEANWHILE)}
    for statement in (_PROPOSE, _NO_LONGER_PROPOSED, _LOOKED_AT):
        conn.execute(text(statement), values)


def sharing(conn: Connection, sync: str) -> list[Known]:
    """Private contacts who share an email, or a name and company, with another one."""
    return [Known(row.id, row.email, row.name_key) for row in conn.execute(text(_SHARED), {"sync": sync})]


def keep_groups(conn: Connection, sync: str, groups: Sequence[Group]) -> None:
    """Note which private contacts are duplicates of each other, and forget what was noted before."""
    _begin(conn)
    copy_rows(
        conn, "same", ["text"] * 3, [(id, group.ids[0], group.by[id].value) for group in groups for id in group.ids]
    )
    conn.execute(text(_GROUPED), {"sync": sync})


def _begin(conn: Connection) -> None:
    for statement in _STAGES:
        conn.execute(text(statement))
