"""Private contacts as pages and mails show them: rows with their proposals, and counts; reads alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from keepstep.store.database import Store
from keepstep.store.private_proposals import State

PAGE = 1000


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """A company that the contact may belong to."""

    id: int
    company: str
    company_name: str | None
    score: float
    reasons: tuple[str, ...]
    state: State
    what_to_do: str | None
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class ShownContact:
    """A private contact."""

    id: str
    first_name: str | None
    last_name: str | None
    email: str | None
    company: str | None  # as given
    owner: str | None
    owner_name: str | None
    created_at: datetime | None
    duplicates: str | None  # names its group of duplicates
    duplicate_by: str | None
    proposals: tuple[ShownProposal, ...] = ()  # best first

    def age_days(self, now: datetime) -> int | None:
        """For how many whole days it has been there."""
        return None if self.created_at is None else max((now - self.created_at).days, 0)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are."""

    contacts: int
    duplicates: int  # contacts that are in a group
    groups: int
    proposals: Mapping[State, int] = field(default_factory=dict)


# Duplicates stand together, by the first of them.
_ROWS = """
SELECT c.* FROM private_contact c
WHERE c.sync = :sync AND (coalesce(c.duplicates, c.id), c.id) > (:leader, :id)
  AND (CAST(:state AS text) IS NULL OR EXISTS (SELECT FROM company_proposal p
      WHERE p.sync = :sync AND p.contact = c.id AND p.state = :state))
ORDER BY coalesce(c.duplicates, c.id), c.id LIMIT :n
"""
_PROPOSALS = """
SELECT p.*, k.name FROM company_proposal p LEFT JOIN known_company k ON k.sync = :sync AND k.id = p.company
WHERE p.sync = :sync AND p.contact = ANY(:ids) ORDER BY p.contact, p.score DESC, p.id
"""
_COUNTS = """
SELECT count(*) AS contacts, count(duplicates) AS duplicates, count(DISTINCT duplicates) AS groups
FROM private_contact WHERE sync = :sync
"""
_STATES = "SELECT state, count(*) AS n FROM company_proposal WHERE sync = :sync GROUP BY state"
_SYNCS = "SELECT DISTINCT sync FROM private_contact ORDER BY sync"

Place = tuple[str, str]  # the place of a contact in the list: the first of its group, and itself
_START: Place = ("", "")


def place_of(contact: ShownContact) -> Place:
    """Where to go on after this one."""
    return (contact.duplicates or contact.id, contact.id)


def page(
    store: Store, sync: str, after: Place = _START, limit: int = 50, state: State | None = None
) -> tuple[ShownContact, ...]:
    """The private contacts after that place, duplicates together; with a state, those with such a proposal."""
    with store.begin() as conn:
        return tuple(_page(conn, sync, after, limit, state))


def every(store: Store, sync: str, most: int | None = None) -> Iterator[ShownContact]:
    """All of them, a page in memory at a time; at most so many."""
    after, left = _START, most
    while left is None or left > 0:
        rows = page(store, sync, after, PAGE if left is None else min(PAGE, left))
        if not rows:
            return
        yield from rows
        after, left = place_of(rows[-1]), None if left is None else left - len(rows)


def counts(store: Store, sync: str) -> Counts:
    """How many private contacts there are, how many of them are duplicates, and how their proposals stand."""
    with store.begin() as conn:
        row = conn.execute(text(_COUNTS), {"sync": sync}).one()
        states = {State(one.state): int(one.n) for one in conn.execute(text(_STATES), {"sync": sync})}
    return Counts(row.contacts, row.duplicates, row.groups, states)


def syncs(store: Store) -> tuple[str, ...]:
    """The settings files for which there are private contacts."""
    with store.begin() as conn:
        return tuple(str(row.sync) for row in conn.execute(text(_SYNCS)))


def _page(conn: Connection, sync: str, after: Place, limit: int, state: State | None) -> Iterator[ShownContact]:
    values = {"sync": sync, "leader": after[0], "id": after[1], "n": limit, "state": state.value if state else None}
    rows = conn.execute(text(_ROWS), values).mappings().all()
    found: dict[str, list[ShownProposal]] = {}
    for one in conn.execute(text(_PROPOSALS), {"sync": sync, "ids": [row["id"] for row in rows]}).mappings():
        found.setdefault(one["contact"], []).append(_proposal(one))
    for row in rows:
        yield _contact(row, tuple(found.get(row["id"], ())))


def _contact(row: Mapping[Any, Any], proposals: tuple[ShownProposal, ...]) -> ShownContact:
    names = ("id", "first_name", "last_name", "email", "company", "owner", "owner_name", "created_at")
    return ShownContact(
        **{name: row[name] for name in names},
        duplicates=row["duplicates"],
        duplicate_by=row["duplicate_by"],
        proposals=proposals,
    )


def _proposal(row: Mapping[Any, Any]) -> ShownProposal:
    return ShownProposal(
        id=row["id"],
        company=row["company"],
        company_name=row["name"],
        score=row["score"],
        reasons=tuple(row["reasons"]),
        state=State(row["state"]),
        what_to_do=row["what_to_do"],
        decided_by=row["decided_by"],
    )
