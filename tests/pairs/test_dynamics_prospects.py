"""Dynamics 365 as a prospect sync's CRM: what is inactive or disqualified goes on syncing, and stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from keepstep.core.model import Status
from keepstep.store.database import Store
from keepstep.store.queue import Place
from keepstep.store.waiting import queue_state
from tests.engine.prospects.sandboxes import SandboxedOffice, sandbox_sync, sandboxed
from tests.pairs.crms.dynamics import Dynamics

ADA = "ada@acme.example"
Make = Callable[..., SandboxedOffice]


@pytest.fixture
def an_office(store: Store, tmp_path: Path) -> Iterator[Make]:
    """An environment and a business unit with nobody in them; the sync file says what the test adds."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(
            sandboxed(store, sandbox_sync(tmp_path, Dynamics, **changes), Dynamics)
        )


def crm(office: SandboxedOffice) -> Dynamics:
    """Those who work in it."""
    assert isinstance(office.crm, Dynamics)
    return office.crm


@pytest.mark.behaviour("DY-1")
def test_a_deactivated_record_goes_on_syncing_and_stays_deactivated(an_office: Make) -> None:
    office = an_office()
    contact = office.contact(ADA)
    ada = office.prospect(ADA, owner=office.ann)
    office.settle()
    office.crm.deactivate(contact)
    office.platform.edit_prospect(ada, first_name="Ada", score=9)
    for _ in range(2):
        report = office.run()

    [record] = office.people("contact")
    assert (record.status, record.fields["first_name"], record.fields["act_on_score"]) == (Status.INACTIVE, "Ada", 9)
    office.crm.edit(contact, last_name="Lovelace")
    office.settle()
    assert office.prospects()[ada].fields["last_name"] == "Lovelace"
    assert report.sync_errors == {}


@pytest.mark.behaviour("DY-2")
def test_a_disqualified_lead_goes_on_syncing_and_stays_disqualified(an_office: Make) -> None:
    office = an_office()
    ada = office.prospect(ADA, owner=office.ann)
    office.settle()
    [lead] = office.people("lead")
    crm(office).disqualify(lead.id)
    office.platform.edit_prospect(ada, first_name="Ada", score=9)
    for _ in range(2):
        report = office.run()

    [lead] = office.people("lead")
    assert (lead.status, lead.fields["first_name"], lead.fields["act_on_score"]) == (Status.DISQUALIFIED, "Ada", 9)
    assert report.sync_errors == {}


@pytest.mark.behaviour("DY-7")
def test_a_record_s_status_stands_beside_its_prospect_with_a_link_to_the_record(an_office: Make) -> None:
    office = an_office()
    ada = office.prospect(ADA, owner=office.ann)
    bob = office.prospect("bob@acme.example", owner=office.ann)
    contact = office.contact("bob@acme.example")
    office.settle()
    [lead] = office.people("lead")
    crm(office).disqualify(lead.id)
    office.crm.deactivate(contact)
    report = office.run()

    state = queue_state(office.store, Place(office.file.name, "crm", "platform"))
    assert report.statuses == state.statuses == {"disqualified": 1, "inactive": 1}
    shown = {one.prospect_id: (one.crm_key, one.status) for one in state.not_active}
    assert shown == {ada: (f"lead:{lead.id}", "disqualified"), bob: (f"contact:{contact}", "inactive")}
    url = state.url_of(f"lead:{lead.id}")
    assert url is not None
    assert url.startswith(office.crm.url)
    assert "etn=lead" in url
    assert lead.id in url


@pytest.mark.behaviour("DY-3")
def test_a_deleted_record_is_remembered_and_not_made_again(an_office: Make) -> None:
    office = an_office()
    ada = office.prospect(ADA, owner=office.ann)
    office.settle()
    office.crm.delete(office.people("lead")[0].id)
    office.platform.edit_prospect(ada, first_name="Ada")
    office.settle()
    assert (office.people("lead"), office.people("contact")) == ([], [])
    assert office.prospects()[ada].fields["crm_id"] == "[[crm_deleted]]"


@pytest.mark.behaviour("DY-3")
@pytest.mark.behaviour("DY-4")
def test_where_deleted_records_are_made_again_it_is_a_lead_and_unassigning_prevents_it(an_office: Make) -> None:
    office = an_office(on_deleted="recreate")
    office.contact("bob@acme.example")
    ada, bob = (office.prospect(f"{name}@acme.example", owner=office.ann) for name in ("ada", "bob"))
    office.settle()
    for record in (*office.people("lead"), *office.people("contact")):
        office.crm.delete(record.id)
    office.platform.assign(ada, None)
    for prospect, name in ((ada, "Ada"), (bob, "Bob")):
        office.platform.edit_prospect(prospect, first_name=name)
    office.settle(3)

    assert [(one.email, one.fields["first_name"]) for one in office.people("lead")] == [("bob@acme.example", "Bob")]
    assert office.people("contact") == []


@pytest.mark.behaviour("DY-5")
@pytest.mark.behaviour("DY-6")
def test_when_one_of_several_records_with_an_email_is_deleted_the_sync_goes_on_with_another(an_office: Make) -> None:
    office = an_office()
    lead, contact = office.lead(ADA), office.contact(ADA)
    ada = office.prospect(ADA, owner=office.ann)
    office.settle()
    assert office.prospects()[ada].fields["crm_id"] == contact
    office.crm.delete(contact)
    office.settle()
    office.platform.edit_prospect(ada, first_name="Ada")
    office.settle()

    [other] = office.people("lead")
    assert (other.id, other.fields["first_name"]) == (lead, "Ada")
    assert office.prospects()[ada].fields["crm_id"] == lead


def test_what_no_one_changed_costs_a_call_an_object(an_office: Make) -> None:
    office = an_office()
    office.prospect(ADA, owner=office.ann)
    office.settle(3)
    report = office.run()
    assert report.totals.planned == 0
    assert office.calls[0] <= 3  # the sign-in, leads, contacts
