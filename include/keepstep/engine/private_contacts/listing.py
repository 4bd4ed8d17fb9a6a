"""Listing private contacts: people and companies are read by what changed, page by page, and kept (SF-4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from keepstep.connectors.base import CursorExpired, FetchBy, Page, ReadQuery
from keepstep.core import duplicates
from keepstep.core.company_match import Person, keys_of_company, keys_of_person
from keepstep.core.company_names import read_name
from keepstep.core.email_domains import email_domain, website_domain
from keepstep.core.errors import SettingsError
from keepstep.core.model import Phase, Record, Value
from keepstep.core.normalize import normalize_email, storable
from keepstep.engine.private_contacts.task import PrivateTask, working
from keepstep.store import private_contacts, private_matching, private_reading, statistics, watermarks
from keepstep.store.private_reading import SeenCompany, SeenPerson
from keepstep.store.watermarks import Watermark

Keep = Callable[[Connection, Page, int], None]


@dataclass(frozen=True, slots=True)
class ListReport:
    """What was read and found: counts only."""

    run: int
    read: int  # people, companies and deletions that the CRM told
    contacts: int  # private ones now
    duplicates: int  # of these, in a group of duplicates
    groups: int
    crm_calls: int

    def as_dict(self) -> dict[str, Any]:
        """For XCom."""
        return asdict(self)


def list_private_contacts(task: PrivateTask) -> ListReport:
    """Read what changed, and group duplicates.

    Raises AuthError, Unavailable or SettingsError; what was read until then stays, the next call goes on from there.
    """
    calls = task.crm.usage.calls
    with working(task, Phase.PULL):
        read = _read(task, task.companies, lambda conn, page, n: _companies(task, conn, page, n))
        read += _read(task, task.people, lambda conn, page, n: _people(task, conn, page, n))
        _name_owners(task)
        _group(task)
    counts = private_contacts.counts(task.store, task.run.sync)
    calls = task.crm.usage.calls - calls
    return ListReport(task.run.id, read, counts.contacts, counts.duplicates, counts.groups, calls)


def _read(task: PrivateTask, query: ReadQuery, keep: Keep) -> int:
    source = f"crm:{query.object}"
    with task.store.begin() as conn:
        mark = watermarks.get(conn, task.run.sync, source)
    if mark is not None:
        try:
            return _pages(task, query, source, mark, keep)
        except CursorExpired:
            pass
    _check(task, query)
    with task.store.begin() as conn:
        watermarks.forget(conn, task.run.sync, source)
        listing = private_reading.next_listing(conn, task.run.sync)
    return _pages(task, query, source, Watermark({}, listing, complete=False), keep)


def _pages(task: PrivateTask, query: ReadQuery, source: str, mark: Watermark, keep: Keep) -> int:
    told = 0
    for page in task.crm.read(query, mark.cursor or None):
        with task.store.begin() as conn:
            keep(conn, page, mark.listing)
            if page.full and page.last:
                people = query.object == task.reference.person_object
                private_reading.forget_unlisted(conn, task.run.sync, mark.listing, people=people)
            if page.cursor is not None:
                complete = mark.complete or page.last
                moved = Watermark(dict(page.cursor), mark.listing, complete)
                watermarks.move(conn, task.run.sync, source, moved)
        told += len(page.records) + len(page.deletions)
        task.progress(f"read {source}", told, None)
    with task.store.begin() as conn:
        statistics.refresh(conn, told, "private_contact", "known_company", "company_person", "company_block")
    return told


def _check(task: PrivateTask, query: ReadQuery) -> None:
    """A field that isn't there is told before it is asked for. Raises SettingsError."""
    known = task.crm.schema([query.object])[query.object]
    missing = [name for name in query.fields if name not in known]
    if missing:
        raise SettingsError(
            f"{task.file.path.name}: the {query.object} of {task.file.settings.crm_policy.title} has no field "
            f"{missing[0]}, or the user of this connection may not see it: show it, or name another one "
            "(company_field holds the company as given)"
        )


def _people(task: PrivateTask, conn: Connection, page: Page, listing: int) -> None:
    people = [_person(task, record) for record in page.records]
    private_reading.store_people(conn, task.run.sync, people, listing, task.now())
    private_reading.forget_people(conn, task.run.sync, [gone.id for gone in page.deletions])


def _companies(task: PrivateTask, conn: Connection, page: Page, listing: int) -> None:
    companies = [_company(task, record) for record in page.records]
    private_reading.store_companies(conn, task.run.sync, companies, listing)
    private_reading.forget_companies(conn, task.run.sync, [gone.id for gone in page.deletions])


def _person(task: PrivateTask, record: Record) -> SeenPerson:
    reference, given_field = task.reference, task.file.settings.company_field
    email = normalize_email(record.email)
    company, domain = _text(record.fields.get(reference.field)), email_domain(email)
    if company is not None:
        return SeenPerson(record.id, company, domain)
    first, last = (_text(record.fields.get(name)) for name in (reference.first_name, reference.last_name))
    given = _text(record.fields.get(given_field)) if given_field else None
    return SeenPerson(
        id=record.id,
        company=None,
        domain=domain,
        email=email,
        first_name=first,
        last_name=last,
        given=given,
        name_key=duplicates.name_key(first, last, given),
        owner=record.owner,
        created_at=_moment(record.fields.get(reference.created)),
        keys=keys_of_person(Person(read_name(given), domain)),
    )


def _company(task: PrivateTask, record: Record) -> SeenCompany:
    name = _text(record.fields.get(task.reference.name_field))
    website = _text(record.fields.get(task.reference.website_field))
    return SeenCompany(record.id, name, website, keys_of_company(read_name(name), website_domain(website)))


def _text(value: Value) -> str | None:
    text = "" if value is None else storable(str(value)).strip()
    return text or None


def _moment(value: Value) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _name_owners(task: PrivateTask) -> None:
    with task.store.begin() as conn:
        unnamed = private_reading.owners_without_name(conn, task.run.sync)
    name = task.reference.user_name
    users: Sequence[Record] = []
    if unnamed:
        users = list(task.crm.fetch(ReadQuery(task.reference.user_object, (name,)), FetchBy.ID, unnamed))
    names = {user.id: text for user in users if (text := _text(user.fields.get(name))) is not None}
    with task.store.begin() as conn:
        private_reading.name_owners(conn, task.run.sync, names)


def _group(task: PrivateTask) -> None:
    with task.store.begin() as conn:
        groups = duplicates.group(private_matching.sharing(conn, task.run.sync))
        private_matching.keep_groups(conn, task.run.sync, groups)
