"""What becomes of proposals: chosen by a person, taken up by a run, written, refused.

States: proposed -> approved | rejected (a person), then applied | refused (the CRM, or things changed meanwhile).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text


class State(StrEnum):
    """How a proposal stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    APPLIED = "applied"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """A proposal that waits for a person's word, or for being written; nothing in it is about a person."""

    id: int
    contact: str
    company: str
    score: float
    reasons: tuple[str, ...]
    clear: bool
    generation: int
    duplicates: int = 0  # other private contacts that are the same person


_COLUMNS = "p.id, p.contact, p.company, p.score, p.reasons, p.clear, p.generation"

_ASKED = f"""
SELECT {_COLUMNS}, CASE WHEN c.duplicates IS NULL THEN 0 ELSE (SELECT count(*) - 1 FROM private_contact d
    WHERE d.sync = :sync AND d.duplicates = c.duplicates) END AS duplicates
FROM company_proposal p JOIN private_contact c ON c.sync = :sync AND c.id = p.contact
WHERE p.sync = :sync AND p.state = 'proposed' AND NOT (p.clear AND p.generation = 0 AND p.score >= :apply_from)
ORDER BY p.score DESC, p.id LIMIT :n
"""

# One company a contact: what a person chose goes before what is applied by itself. What was written once and taken back
# by somebody is never written again without a person.
_DUE = f"""
SELECT * FROM (
    SELECT DISTINCT ON (p.contact) {_COLUMNS} FROM company_proposal p
    WHERE p.sync = :sync AND p.contact > :after AND (p.state = 'approved'
        OR (p.state = 'proposed' AND p.clear AND p.generation = 0 AND p.score >= :apply_from))
    ORDER BY p.contact, p.state = 'approved' DESC, p.score DESC, p.id
    LIMIT :n
) due ORDER BY contact
"""


def to_ask(conn: Connection, sync: str, apply_from: float, limit: int) -> list[OpenProposal]:
    """The best proposals that a person has to decide about; those that are applied by themselves are left out."""
    rows = conn.execute(text(_ASKED), {"sync": sync, "apply_from": apply_from, "n": limit}).mappings()
    return [_proposal(row) for row in rows]


def due(conn: Connection, sync: str, apply_from: float, after: str, limit: int) -> list[OpenProposal]:
    """The next proposals, by contact, that are to be written."""
    values = {"sync": sync, "apply_from": apply_from, "after": after, "n": limit}
    return [_proposal(row) for row in conn.execute(text(_DUE), values).mappings()]


def contacts_of(conn: Connection, sync: str, ids: Sequence[int]) -> dict[int, str]:
    """Whom these proposals are about, where they are still open."""
    rows = conn.execute(
        text("SELECT id, contact FROM company_proposal WHERE sync = :sync AND id = ANY(:ids) AND state = 'proposed'"),
        {"sync": sync, "ids": list(ids)},
    )
    return {int(row.id): str(row.contact) for row in rows}


def decide(conn: Connection, sync: str, ids: Sequence[int], state: State, by: str, now: datetime) -> int:
    """A person's word on these proposals; how many were still open. `by` is the person as Airflow knows them."""
    done = conn.execute(
        text(
            "UPDATE company_proposal SET state = :state, decided_by = :by, decided_at = :now"
            " WHERE sync = :sync AND id = ANY(:ids) AND state = 'proposed'"
        ),
        {"sync": sync, "ids": list(ids), "state": state.value, "by": by, "now": now},
    )
    return done.rowcount


def settle(conn: Connection, sync: str, run_id: int, pairs: Sequence[tuple[str, str]], now: datetime) -> None:
    """These contacts have these companies now (contact, company); other proposals of theirs are over."""
    rows = [{"sync": sync, "run": run_id, "contact": one, "company": other, "now": now} for one, other in pairs]
    if rows:
        conn.execute(
            text(
                "UPDATE company_proposal SET state = 'applied', run_id = :run, code = NULL, what_to_do = NULL,"
                " decided_at = coalesce(decided_at, :now)"
                " WHERE sync = :sync AND contact = :contact AND company = :company"
            ),
            rows,
        )


def refuse(
    conn: Connection, sync: str, run_id: int, refusals: Mapping[tuple[str, str], tuple[str, str]], now: datetime
) -> None:
    """These can't be written: (contact, company) -> the code and what to do."""
    rows = [
        {"sync": sync, "run": run_id, "contact": contact, "company": company, "code": code, "todo": todo, "now": now}
        for (contact, company), (code, todo) in refusals.items()
    ]
    if rows:
        conn.execute(
            text(
                "UPDATE company_proposal SET state = 'refused', run_id = :run, code = :code, what_to_do = :todo,"
                " decided_at = coalesce(decided_at, :now) WHERE sync = :sync AND contact = :contact"
                " AND company = :company AND state IN ('proposed', 'approved')"
            ),
            rows,
        )


def plan_anew(conn: Connection, run_id: int, now: datetime) -> None:
    """What this run planned and never sent is planned anew, from how things stand; what was refused stays so."""
    values = {"run": run_id, "now": now}
    conn.execute(text("DELETE FROM change WHERE run_id = :run AND state = 'planned' AND attempts = 0"), values)
    conn.execute(
        text(
            "UPDATE change SET state = 'skipped', code = 'superseded', what_to_do = 'the task was run again',"
            " done_at = :now WHERE run_id = :run AND state IN ('planned', 'held')"
        ),
        values,
    )


def note_applied(conn: Connection, change_ids: Sequence[int], now: datetime) -> None:
    """These journal entries were answered for."""
    conn.execute(
        text(
            "UPDATE change SET state = 'applied', code = NULL, what_to_do = NULL, done_at = :now WHERE id = ANY(:ids)"
        ),
        {"ids": list(change_ids), "now": now},
    )


def _proposal(row: Mapping[Any, Any]) -> OpenProposal:
    return OpenProposal(
        id=row["id"],
        contact=row["contact"],
        company=row["company"],
        score=row["score"],
        reasons=tuple(row["reasons"]),
        clear=row["clear"],
        generation=row["generation"],
        duplicates=int(row.get("duplicates", 0)),
    )
