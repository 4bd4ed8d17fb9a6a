"""What was read of a CRM's people and companies, kept so that private contacts can be listed and matched.

Of people who belong to a company only its id and the email's domain are kept. Everything here runs in the caller's
transaction, the one that also moves the watermark, and marks as dirty whose proposals are to be made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from keepstep.store.bulk import copy_rows


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """A person as read; without a company, what is needed to list it."""

    id: str
    company: str | None  # None: a private contact
    domain: str | None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    given: str | None = None  # the company as given
    name_key: str | None = None
    owner: str | None = None
    created_at: datetime | None = None
    keys: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class SeenCompany:
    """A company as read."""

    id: str
    name: str | None
    website: str | None
    keys: frozenset[str] = field(default_factory=frozenset)


_STAGES = (
    """
    CREATE TEMP TABLE IF NOT EXISTS seen_person (id text, company text, domain text, email text, first_name text,
        last_name text, given text, name_key text, owner text, created_at timestamptz) ON COMMIT DELETE ROWS
    """,
    "CREATE TEMP TABLE IF NOT EXISTS seen_company (id text, name text, website text) ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS seen_key (id text, key text) ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS gone (id text) ON COMMIT DELETE ROWS",
)

# Whoever has the domain of somebody who came, left or moved is matched anew: colleagues tell a domain's company.
_DOMAINS_MOVED = """
WITH moved AS (
    SELECT unnest(ARRAY[s.domain, p.domain]) AS domain
    FROM seen_person s LEFT JOIN company_person p ON p.sync = :sync AND p.id = s.id
    WHERE (p.company, p.domain) IS DISTINCT FROM (s.company, s.domain)
)
UPDATE private_contact c SET dirty = true FROM company_person p
WHERE c.sync = :sync AND NOT c.dirty AND p.sync = :sync AND p.id = c.id AND p.domain IN (SELECT domain FROM moved)
"""
_PEOPLE = """
INSERT INTO company_person AS known (sync, id, company, domain, listing)
SELECT :sync, id, company, domain, :listing FROM seen_person
ON CONFLICT (sync, id) DO UPDATE SET
    company = excluded.company, domain = excluded.domain, listing = excluded.listing
WHERE (known.company, known.domain, known.listing)
    IS DISTINCT FROM (excluded.company, excluded.domain, excluded.listing)
"""
_PRIVATE = """
INSERT INTO private_contact AS known
    (sync, id, email, first_name, last_name, company, name_key, owner, created_at, seen_at)
SELECT :sync, id, email, first_name, last_name, given, name_key, owner, created_at, :now
FROM seen_person WHERE company IS NULL
ON CONFLICT (sync, id) DO UPDATE SET
    email = excluded.email, first_name = excluded.first_name, last_name = excluded.last_name,
    company = excluded.company, name_key = excluded.name_key, owner = excluded.owner,
    owner_name = CASE WHEN known.owner = excluded.owner THEN known.owner_name END,
    created_at = excluded.created_at, seen_at = excluded.seen_at,
    dirty = known.dirty OR (known.email, known.company) IS DISTINCT FROM (excluded.email, excluded.company)
"""
_KEYS = (
    "DELETE FROM company_block WHERE sync = :sync AND side = :side AND id IN (SELECT id FROM seen_key)",
    """
    INSERT INTO company_block (sync, key, side, id)
    SELECT DISTINCT :sync, key, :side, id FROM seen_key WHERE key IS NOT NULL
    """,
)
_NO_LONGER_PRIVATE = "INSERT INTO gone (id) SELECT id FROM seen_person WHERE company IS NOT NULL"
_FORGET_PRIVATE = (
    "DELETE FROM company_proposal WHERE sync = :sync AND state IN ('proposed', 'approved')"
    " AND contact IN (SELECT id FROM gone)",
    "DELETE FROM company_block WHERE sync = :sync AND side = 'contact' AND id IN (SELECT id FROM gone)",
    "DELETE FROM private_contact WHERE sync = :sync AND id IN (SELECT id FROM gone)",
)
_PEOPLE_GONE = (
    "UPDATE private_contact c SET dirty = true FROM company_person p, company_person g"
    " WHERE c.sync = :sync AND NOT c.dirty AND p.sync = :sync AND p.id = c.id AND g.sync = :sync"
    " AND g.domain = p.domain AND g.id IN (SELECT id FROM gone)",
    "DELETE FROM company_person WHERE sync = :sync AND id IN (SELECT id FROM gone)",
    *_FORGET_PRIVATE,
)

_COMPANIES = """
INSERT INTO known_company AS known (sync, id, name, website, listing)
SELECT :sync, id, name, website, :listing FROM seen_company
ON CONFLICT (sync, id) DO UPDATE SET
    name = excluded.name, website = excluded.website, listing = excluded.listing,
    dirty = known.dirty OR (known.name, known.website) IS DISTINCT FROM (excluded.name, excluded.website)
"""
_COMPANIES_GONE = (
    "UPDATE private_contact SET dirty = true WHERE sync = :sync AND NOT dirty AND id IN (SELECT contact"
    " FROM company_proposal WHERE sync = :sync AND state IN ('proposed', 'approved')"
    " AND company IN (SELECT id FROM gone))",
    "DELETE FROM company_proposal WHERE sync = :sync AND state IN ('proposed', 'approved')"
    " AND company IN (SELECT id FROM gone)",
    "DELETE FROM company_block WHERE sync = :sync AND side = 'company' AND id IN (SELECT id FROM gone)",
    "DELETE FROM known_company WHERE sync = :sync AND id IN (SELECT id FROM gone)",
)


def store_people(conn: Connection, sync: str, people: Sequence[SeenPerson], listing: int, now: datetime) -> None:
    """Keep a page of people: those without a company to be listed, of the others their company's id and domain."""
    latest = list({one.id: one for one in people}.values())
    if not latest:
        return
    values = {"sync": sync, "listing": listing, "now": now, "side": "contact"}
    _begin(conn)
    rows = (
        (*(one.id, one.company, one.domain, one.email, one.first_name, one.last_name), *_listed(one)) for one in latest
    )
    copy_rows(conn, "seen_person", ["text"] * 9 + ["timestamptz"], rows)
    _copy_keys(conn, [one for one in latest if one.company is None])
    for statement in (_DOMAINS_MOVED, _PEOPLE, _PRIVATE, *_KEYS, _NO_LONGER_PRIVATE, *_FORGET_PRIVATE):
        conn.execute(text(statement), values)


def store_companies(conn: Connection, sync: str, companies: Sequence[SeenCompany], listing: int) -> None:
    """Keep a page of companies."""
    latest = list({one.id: one for one in companies}.values())
    if not latest:
        return
    values = {"sync": sync, "listing": listing, "side": "company"}
    _begin(conn)
    copy_rows(conn, "seen_company", ["text"] * 3, ((one.id, one.name, one.website) for one in latest))
    _copy_keys(conn, latest)
    for statement in (_COMPANIES, *_KEYS):
        conn.execute(text(statement), values)


def forget_people(conn: Connection, sync: str, ids: Sequence[str]) -> None:
    """These were deleted, or merged into others."""
    _forget(conn, sync, ids, _PEOPLE_GONE)


def forget_companies(conn: Connection, sync: str, ids: Sequence[str]) -> None:
    """Likewise; what was proposed for them and not decided goes with them."""
    _forget(conn, sync, ids, _COMPANIES_GONE)


def forget_unlisted(conn: Connection, sync: str, listing: int, *, people: bool) -> None:
    """What a finished full listing didn't name is gone."""
    table = "company_person" if people else "known_company"
    _begin(conn)
    unlisted = f"INSERT INTO gone (id) SELECT id FROM {table} WHERE sync = :sync AND listing <> :listing"
    for statement in (unlisted, *(_PEOPLE_GONE if people else _COMPANIES_GONE)):
        conn.execute(text(statement), {"sync": sync, "listing": listing})


def joined(conn: Connection, sync: str, contacts: Mapping[str, str]) -> None:
    """These private contacts belong to a company now, by our own write: contact -> company."""
    _begin(conn)
    copy_rows(conn, "gone", ["text"], ((id,) for id in contacts))
    for statement in _FORGET_PRIVATE:
        conn.execute(text(statement), {"sync": sync})
    rows = [{"sync": sync, "id": contact, "company": company} for contact, company in contacts.items()]
    if rows:
        conn.execute(text("UPDATE company_person SET company = :company WHERE sync = :sync AND id = :id"), rows)


def next_listing(conn: Connection, sync: str) -> int:
    """Begin a full listing; its number."""
    last = conn.execute(
        text(
            "SELECT greatest((SELECT max(listing) FROM company_person WHERE sync = :sync),"
            " (SELECT max(listing) FROM known_company WHERE sync = :sync), 0)"
        ),
        {"sync": sync},
    ).scalar_one()
    return int(last) + 1


def owners_without_name(conn: Connection, sync: str) -> list[str]:
    """The ids of owners whose names aren't known yet."""
    rows = conn.execute(
        text(
            "SELECT DISTINCT owner FROM private_contact WHERE sync = :sync AND owner_name IS NULL"
            " AND owner IS NOT NULL ORDER BY owner"
        ),
        {"sync": sync},
    )
    return [str(row.owner) for row in rows]


def name_owners(conn: Connection, sync: str, names: Mapping[str, str]) -> None:
    """Keep the names of owners."""
    rows = [{"sync": sync, "owner": owner, "name": name} for owner, name in names.items()]
    if rows:
        conn.execute(text("UPDATE private_contact SET owner_name = :name WHERE sync = :sync AND owner = :owner"), rows)


def _listed(one: SeenPerson) -> tuple[object, ...]:
    return (one.given, one.name_key, one.owner, one.created_at)


def _forget(conn: Connection, sync: str, ids: Sequence[str], statements: Sequence[str]) -> None:
    if ids:
        _begin(conn)
        copy_rows(conn, "gone", ["text"], ((id,) for id in ids))
        for statement in statements:
            conn.execute(text(statement), {"sync": sync})


def _begin(conn: Connection) -> None:
    for stage in _STAGES:
        conn.execute(text(stage))
    conn.execute(text("TRUNCATE seen_person, seen_company, seen_key, gone"))


def _copy_keys(conn: Connection, seen: Iterable[SeenPerson | SeenCompany]) -> None:
    """Their keys; one without any is named too, so that its old ones go."""
    copy_rows(conn, "seen_key", ["text", "text"], ((one.id, key) for one in seen for key in (*sorted(one.keys), None)))
