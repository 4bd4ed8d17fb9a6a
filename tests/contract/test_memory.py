"""The reference connectors keep the contract."""

# ruff: noqa: D102 # `World` says what its methods do
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from keepstep.connectors.base import FetchBy, ReadQuery
from keepstep.connectors.memory import (
    DeletingMemoryCrm,
    DeletingMemoryCrmState,
    MemoryCrm,
    MemoryCrmState,
    MemoryPlatform,
    MemoryPlatformState,
)
from keepstep.core.model import Record, Status, Value
from tests.contract.list_suite import ListPlatformContract
from tests.contract.suite import ConnectorContract
from tests.contract.words import told
from tests.contract.world import ListWorld, Words, World

MANY = 10_000


def ticking() -> Callable[[], datetime]:
    """A clock that moves on by a second with each look."""
    seconds = count()
    return lambda: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=next(seconds))


class MemoryCrmWorld(World):
    """An in-memory CRM whose selection is the contacts of Customers."""

    words = Words("contact", "email", "first_name", "last_name")
    query = ReadQuery("contact", audience="affiliated_with_customers")
    lost_create_key = FetchBy.EXTERNAL_ID

    def __init__(self) -> None:
        self.state = MemoryCrmState(ticking())

    def connector(self) -> MemoryCrm:
        return MemoryCrm(self.state, page_size=self.page_size)

    def stranger(self) -> MemoryCrm:
        self.state.lock_out()
        return self.connector()

    def add(self, fields: Mapping[str, Value]) -> str:
        id = self.state.add(stage="customer")
        self.state.edit(id, **fields)
        return id

    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        self.state.edit(record_id, **fields)

    def delete(self, record_id: str) -> None:
        self.state.delete(record_id)

    def merge(self, loser: str, survivor: str) -> None:
        self.state.merge(loser, survivor)

    def leave_audience(self, record_id: str) -> None:
        self.state.set_audience(record_id, "unaffiliated")

    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        return next((r.fields for r in self._active() if r.id == record_id), None)

    def emails(self) -> Sequence[str]:
        return [str(r.email) for r in self._active()]

    def _active(self) -> list[Record]:
        return [r for r in self.state.records() if r.status is Status.ACTIVE]

    def reject(self, record_id: str) -> Mapping[str, Value]:
        self.state.reject_next(record_id, "locked")
        return {"first_name": "Refused"}

    def lose_replies(self, lost: bool) -> None:
        if lost:
            self.state.lose_reply_after(0)

    def unavailable(self, gone: bool) -> None:
        self.state.unavailable_next(MANY if gone else 0)


class DeletingCrmWorld(MemoryCrmWorld):
    """The same, where REMOVE deletes."""

    def __init__(self) -> None:
        self.deleting = DeletingMemoryCrmState(ticking())
        self.state = self.deleting

    def connector(self) -> DeletingMemoryCrm:
        return DeletingMemoryCrm(self.deleting, page_size=self.page_size)


class MemoryPlatformWorld(ListWorld):
    """An in-memory platform with one list."""

    words = Words("row", "email", "First Name", "Last Name")
    list_name = "Customers"

    def __init__(self) -> None:
        self.state = MemoryPlatformState(ticking())
        self.made = self.state.make_list(self.list_name, ["email", "First Name", "Last Name"])
        self.list_id = self.made.id
        self.query = ReadQuery("row", list_id=self.list_id)

    def connector(self) -> MemoryPlatform:
        return MemoryPlatform(self.state, page_size=self.page_size)

    def stranger(self) -> MemoryPlatform:
        self.state.lock_out()
        return self.connector()

    def add(self, fields: Mapping[str, Value]) -> str:
        return self.state.add_row(self.made.id, fields)

    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        self.state.edit_row(self.made.id, record_id, fields)

    def delete(self, record_id: str) -> None:
        self.state.delete_row(self.made.id, record_id)

    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        return next((r.fields for r in self.state.rows(self.made.id) if r.id == record_id), None)

    def emails(self) -> Sequence[str]:
        return [str(r.email) for r in self.state.rows(self.made.id)]

    def reject(self, record_id: str) -> Mapping[str, Value]:
        self.state.reject_next(record_id, "locked")
        return {"First Name": "Refused"}

    def lose_replies(self, lost: bool) -> None:
        if lost:
            self.state.lose_reply_after(0)

    def unavailable(self, gone: bool) -> None:
        self.state.unavailable_next(MANY if gone else 0)

    def double_list(self) -> str:
        for _ in range(2):
            self.state.make_list("Twice", ["email"])
        return "Twice"

    def opt_out(self, email: str) -> None:
        self.state.opt_out(email)

    def act(self, email: str, kind: str) -> None:
        self.state.act(email, kind)


class TestMemoryCrm(ConnectorContract):
    """The reference CRM."""

    @pytest.fixture
    def world(self) -> World:
        return MemoryCrmWorld()


class TestDeletingMemoryCrm(ConnectorContract):
    """The reference CRM, deleting."""

    @pytest.fixture
    def world(self) -> World:
        return DeletingCrmWorld()


class TestMemoryPlatform(ListPlatformContract):
    """The reference platform."""

    @pytest.fixture
    def world(self) -> ListWorld:
        return MemoryPlatformWorld()


def test_a_crm_in_a_file_is_shared_by_processes_and_outlives_them(tmp_path: Path) -> None:
    mine = MemoryCrmState(ticking(), tmp_path / "crm.json")
    id = mine.add(email="ann@example.test", stage="customer")
    mine.reject_next(id, "locked", retry=True)

    theirs = MemoryCrmState(ticking(), tmp_path / "crm.json")

    assert [r.id for r in theirs.records()] == [id]
    theirs.edit(id, title="Owner")
    assert mine.records()[0].fields["title"] == "Owner"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["crm.json", "crm.json.lock"]


def test_a_dumped_crm_is_the_same_when_it_is_loaded(tmp_path: Path) -> None:
    before = MemoryCrmState(ticking())
    before.add(email="ann@example.test", stage="lead", external_id="x-1", act_on_score=7, opted_out=True)
    before.dump(tmp_path / "crm.json")

    after = MemoryCrmState(ticking())
    after.load(tmp_path / "crm.json")

    assert after.records() == before.records()


def test_a_contact_without_a_stage_follows_its_company() -> None:
    state = MemoryCrmState(ticking())
    company = state.add("customer", name="Acme", stage="lead")
    contact = state.add(email="ann@example.test", company=company)
    connector = MemoryCrm(state)
    query = ReadQuery("contact", audience="affiliated_with_leads")
    *_, last = pages = list(connector.read(query))
    assert [r.id for r in told(pages)] == [contact]

    state.edit(company, stage="customer")

    [changed] = told(connector.read(query, last.cursor))
    assert (changed.id, changed.audiences) == (contact, frozenset({"affiliated_with_customers"}))


def test_an_overlapping_read_tells_the_last_changes_again() -> None:
    state = MemoryCrmState(ticking())
    first = state.add(email="ann@example.test")
    connector = MemoryCrm(state, overlap=1)
    *_, last = connector.read(ReadQuery("contact"))

    assert [r.id for r in told(connector.read(ReadQuery("contact"), last.cursor))] == [first]
