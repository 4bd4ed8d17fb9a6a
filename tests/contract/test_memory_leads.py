"""The reference CRM's leads and users: the contract, conversions, owners, merges, and a CRM that announces nothing."""

# ruff: noqa: D102 # `World` says what its methods do
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from keepstep.connectors.base import Connector, FetchBy, ReadQuery
from keepstep.connectors.memory import MemoryCrm, MemoryCrmState, SilentMemoryCrm
from keepstep.core.model import Applied, Kind, OperationId, Outcome, Rejected, Status, Value, Write
from tests.contract.suite import ConnectorContract
from tests.contract.test_memory import MemoryCrmWorld, ticking
from tests.contract.words import populate, told
from tests.contract.world import Words, World

LEADS = ReadQuery("lead")


class LeadWorld(MemoryCrmWorld):
    """An in-memory CRM whose selection is its leads."""

    words = Words("lead", "email", "first_name", "company")
    query = LEADS

    def add(self, fields: Mapping[str, Value]) -> str:
        id = self.state.add("lead")
        self.state.edit(id, **fields)
        return id

    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        record = self.state.record(record_id)
        return record.fields if record and record.status is Status.ACTIVE else None

    def emails(self) -> list[str]:
        return [str(r.email) for r in self.state.records("lead") if r.status is Status.ACTIVE]


class SilentLeadWorld(LeadWorld):
    """The same, where nothing is announced."""

    def connector(self) -> SilentMemoryCrm:
        return SilentMemoryCrm(self.state, page_size=self.page_size)


class TestLeads(ConnectorContract):
    """The reference CRM's leads."""

    @pytest.fixture
    def world(self) -> World:
        return LeadWorld()

    def test_a_record_that_left_the_audience_is_told_with_its_new_one(self, world: World, connector: Connector) -> None:
        """Leads are in no audience."""
        populate(world)
        assert {record.audiences for record in told(connector.read(world.query))} == {frozenset()}


class TestSilentLeads(TestLeads):
    """The reference CRM's leads, where nothing is announced."""

    @pytest.fixture
    def world(self) -> World:
        return SilentLeadWorld()


@pytest.fixture
def state() -> MemoryCrmState:
    """An empty CRM."""
    return MemoryCrmState(ticking())


def write(state: MemoryCrmState, object: str, record_id: str | None, **fields: Value) -> Outcome:
    """The outcome of an update; without an id, of a create."""
    kind = Kind.UPDATE if record_id else Kind.CREATE
    [outcome] = MemoryCrm(state).apply([Write(OperationId("op"), kind, object, fields, record_id)])
    return outcome


def code(outcome: Outcome) -> str:
    """The code of a refusal."""
    assert isinstance(outcome, Rejected)
    return outcome.code


def test_a_converted_lead_stays_told_and_names_the_contact_that_took_over_its_fields_and_owner(
    state: MemoryCrmState,
) -> None:
    owner = state.add_user("olga@example.test", "Olga")
    lead = state.add("lead", email="ann@example.test", title="Owner", company="Acme", grade="B", owner=owner)
    connector = MemoryCrm(state)
    *_, last = connector.read(LEADS)

    contact = state.convert(lead)

    [changed] = told(connector.read(LEADS, last.cursor))
    assert (changed.id, changed.status, changed.converted_to) == (lead, Status.CONVERTED, ("contact", contact))
    assert told(connector.read(LEADS)) == [changed]
    assert list(connector.fetch(LEADS, FetchBy.EMAIL, ["ann@example.test"])) == [changed]
    [carries_on] = connector.fetch(ReadQuery("contact"), FetchBy.ID, [contact])
    [customer] = state.records("customer")
    assert (carries_on.owner, carries_on.email) == (owner, "ann@example.test")
    assert carries_on.fields["company"] == customer.id
    assert customer.fields == {"name": "Acme"}
    assert {n: carries_on.fields[n] for n in ("title", "grade")} == {"title": "Owner", "grade": "B"}


def test_two_leads_of_one_company_convert_into_its_people(state: MemoryCrmState) -> None:
    leads = [state.add("lead", email=f"{name}@example.test", company="Acme") for name in ("ann", "bo")]

    contacts = [state.record(state.convert(lead)) for lead in leads]

    assert len(state.records("customer")) == 1
    assert len({contact.fields["company"] for contact in contacts if contact}) == 1


def test_a_lead_converted_into_a_contact_that_was_there_leaves_it_its_own_values(state: MemoryCrmState) -> None:
    lead = state.add("lead", email="ann@example.test", title="Owner")
    contact = state.add(email="ann@example.test", title="Buyer")

    assert state.convert(lead, contact) == contact

    there = state.record(contact)
    assert there is not None
    assert there.fields["title"] == "Buyer"
    with pytest.raises(ValueError, match="converted already"):
        state.convert(lead)


def test_a_converted_lead_takes_no_more_writes(state: MemoryCrmState) -> None:
    lead = state.add("lead", email="ann@example.test")
    state.convert(lead)

    assert code(write(state, "lead", lead, title="Owner")) == "CONVERTED"


def test_a_deleted_lead_takes_no_writes_until_it_is_undeleted(state: MemoryCrmState) -> None:
    lead = state.add("lead", email="ann@example.test")
    state.delete(lead)
    assert code(write(state, "lead", lead, title="Owner")) == "DELETED"
    assert code(write(state, "lead", "4711", title="Owner")) == "not_found"

    state.undelete(lead)

    assert write(state, "lead", lead, title="Owner") == Applied(OperationId("op"), lead)


def test_only_an_active_user_can_be_made_an_owner(state: MemoryCrmState) -> None:
    olga, gone = state.add_user("olga@example.test"), state.add_user("gone@example.test", active=False)
    lead = state.add("lead", email="ann@example.test")

    assert write(state, "lead", lead, owner=olga) == Applied(OperationId("op"), lead)
    assert code(write(state, "lead", lead, owner=gone)) == "INACTIVE_OWNER"
    assert code(write(state, "lead", None, email="bo@example.test", owner="4711")) == "INACTIVE_OWNER"
    assert code(write(state, "lead", lead, owner=lead)) == "INACTIVE_OWNER"

    [record] = state.records("lead")
    assert record.owner == olga
    state.inactivate(olga)
    assert code(write(state, "lead", lead, owner=olga)) == "INACTIVE_OWNER"
    assert isinstance(write(state, "lead", lead, owner=None), Applied)


def test_users_are_told_with_their_names_and_whether_they_are_active(state: MemoryCrmState) -> None:
    olga = state.add_user("olga@example.test", "Olga")
    connector = MemoryCrm(state)
    [*_, last] = pages = list(connector.read(ReadQuery("user")))
    assert [(u.id, u.email, u.fields["name"], u.status) for u in told(pages)] == [
        (olga, "olga@example.test", "Olga", Status.ACTIVE)
    ]

    state.inactivate(olga)

    assert [u.status for u in told(connector.read(ReadQuery("user"), last.cursor))] == [Status.INACTIVE]
    assert code(write(state, "user", olga, name="Olaf")) == "read_only"


def test_each_object_has_a_log_of_its_own(state: MemoryCrmState) -> None:
    lead, contact = state.add("lead", email="ann@example.test"), state.add(email="bo@example.test")
    connector = MemoryCrm(state)
    *_, leads = connector.read(LEADS)
    *_, contacts = connector.read(ReadQuery("contact"))
    state.delete(lead)
    state.edit(contact, title="Owner")

    [about_leads] = connector.read(LEADS, leads.cursor)
    [about_contacts] = connector.read(ReadQuery("contact"), contacts.cursor)

    assert ([d.id for d in about_leads.deletions], about_leads.records) == ([lead], ())
    assert (about_contacts.deletions, [r.id for r in about_contacts.records]) == ((), [contact])
    assert about_leads.deletions[0].object == "lead"


def test_a_chain_of_merges_names_the_record_at_its_end(state: MemoryCrmState) -> None:
    first, second, third = (state.add("lead", email=f"ann{n}@example.test") for n in range(3))
    connector = MemoryCrm(state)
    *_, last = connector.read(LEADS)
    state.merge(first, second)
    state.merge(second, third)

    [page] = connector.read(LEADS, last.cursor)

    assert {d.id: d.merged_into for d in page.deletions} == {first: third, second: third}
    assert [r.id for r in page.records] == [third]
    with pytest.raises(ValueError, match="one object"):
        state.merge(third, state.add(email="bo@example.test"))


def test_a_deletion_that_was_taken_back_is_no_news(state: MemoryCrmState) -> None:
    lead = state.add("lead", email="ann@example.test")
    connector = MemoryCrm(state)
    *_, last = connector.read(LEADS)
    state.delete(lead)
    state.undelete(lead)

    [page] = connector.read(LEADS, last.cursor)

    assert (page.deletions, [r.id for r in page.records]) == ((), [lead])


def test_a_silent_crm_says_nothing_of_a_deletion_and_does_not_fetch_it(state: MemoryCrmState) -> None:
    lead, other = state.add("lead", email="ann@example.test"), state.add("lead", email="bo@example.test")
    connector = SilentMemoryCrm(state)
    *_, last = connector.read(LEADS)

    state.merge(lead, other)

    [page] = connector.read(LEADS, last.cursor)
    assert (page.deletions, [r.id for r in page.records]) == ((), [other])
    assert [r.id for r in told(connector.read(LEADS))] == [other]
    assert list(connector.fetch(LEADS, FetchBy.ID, [lead])) == []


def test_leads_users_and_conversions_in_a_file_are_seen_by_another_process(tmp_path: Path) -> None:
    mine = MemoryCrmState(ticking(), tmp_path / "crm.json")
    owner = mine.add_user("olga@example.test", "Olga")
    lead = mine.add("lead", external_id="x-1", email="ann@example.test", act_on_score=7, owner=owner)
    contact = mine.convert(lead)
    mine.delete(contact)

    theirs = MemoryCrmState(ticking(), tmp_path / "crm.json")

    assert theirs.records("lead") == mine.records("lead")
    theirs.undelete(contact)
    assert [r.owner for r in mine.records("contact")] == [owner]
