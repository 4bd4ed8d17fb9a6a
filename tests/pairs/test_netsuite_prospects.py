"""NetSuite as a prospect sync's CRM: leads first, inactive is an error, deleted stays deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from keepstep.core.model import Status
from keepstep.store.database import Store
from tests.engine.prospects.sandboxes import SandboxedOffice, sandbox_sync, sandboxed
from tests.pairs.crms.netsuite import NetSuite

ADA = "ada@acme.example"
Make = Callable[..., SandboxedOffice]


@pytest.fixture
def an_office(store: Store, tmp_path: Path) -> Iterator[Make]:
    """An account and a business unit with nobody in them; the sync file says what the test adds."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(
            sandboxed(store, sandbox_sync(tmp_path, NetSuite, **changes), NetSuite)
        )


@pytest.mark.behaviour("NS-6")
def test_a_person_is_looked_up_among_leads_first_then_contacts_and_made_a_lead_where_neither_is(
    an_office: Make,
) -> None:
    office = an_office()
    lead, contact = office.lead(ADA), office.contact(ADA)
    only = office.contact("bob@acme.example")
    ada = office.prospect(ADA, owner=office.ann, first_name="Ada")
    bob = office.prospect("bob@acme.example", owner=office.ann, first_name="Bob")
    office.prospect("cleo@acme.example", owner=office.ann)
    office.settle()

    assert office.prospects()[ada].fields["crm_id"] == lead
    assert office.prospects()[bob].fields["crm_id"] == only
    assert {r.id: r.fields.get("first_name") for r in office.people("contact")} == {contact: None, only: "Bob"}
    assert {r.email for r in office.people("lead")} == {ADA, "cleo@acme.example"}


@pytest.mark.behaviour("NS-1")
@pytest.mark.behaviour("NS-2")
def test_an_inactive_record_is_one_open_error_whatever_is_tried_and_is_never_reactivated(an_office: Make) -> None:
    office = an_office()
    lead = office.lead(ADA)
    ada = office.prospect(ADA, owner=office.ann)
    office.settle()
    office.crm.deactivate(lead)
    office.platform.edit_prospect(ada, first_name="Ada")

    reports = []
    for _ in range(3):
        office.clock.pass_(hours=7)
        reports.append(office.run())

    assert [report.sync_errors for report in reports] == [{"inactive": 1}] * 3
    assert reports[-1].statuses == {"inactive": 1}
    [record] = office.people("lead")
    assert (record.status, record.fields.get("first_name")) == (Status.INACTIVE, None)

    office.crm.desk.ask("POST", f"leads/{lead}/reactivate")
    office.clock.pass_(hours=7)
    assert office.run().sync_errors == {}
    assert office.people("lead")[0].fields["first_name"] == "Ada"


@pytest.mark.behaviour("NS-3")
def test_a_deleted_lead_is_remembered_and_not_made_again_unless_the_file_says_so(an_office: Make) -> None:
    office = an_office()
    ada = office.prospect(ADA, owner=office.ann)
    office.settle()
    office.crm.delete(office.people("lead")[0].id)
    office.platform.edit_prospect(ada, first_name="Ada")
    office.settle()
    assert office.people("lead") == []
    assert office.prospects()[ada].fields["crm_id"] == "[[crm_deleted]]"


@pytest.mark.behaviour("NS-3")
@pytest.mark.behaviour("NS-4")
def test_where_deleted_records_are_made_again_unassigning_prevents_it(an_office: Make) -> None:
    office = an_office(on_deleted="recreate")
    ada, bob = (office.prospect(f"{name}@acme.example", owner=office.ann) for name in ("ada", "bob"))
    office.settle()
    for lead in office.people("lead"):
        office.crm.delete(lead.id)
    office.platform.assign(ada, None)
    for prospect, name in ((ada, "Ada"), (bob, "Bob")):
        office.platform.edit_prospect(prospect, first_name=name)
    office.settle(3)

    assert [(lead.email, lead.fields.get("first_name")) for lead in office.people("lead")] == [
        ("bob@acme.example", "Bob")
    ]


@pytest.mark.behaviour("NS-5")
def test_when_one_of_several_records_with_an_email_is_deleted_the_sync_goes_on_with_another(an_office: Make) -> None:
    office = an_office()
    office.lead(ADA)
    office.lead(ADA)
    ada = office.prospect(ADA, owner=office.ann)
    office.settle()
    followed = str(office.prospects()[ada].fields["crm_id"])
    office.crm.delete(followed)
    office.settle()
    office.platform.edit_prospect(ada, first_name="Ada")
    office.settle()

    [other] = office.people("lead")
    assert other.id != followed
    assert (other.fields["first_name"], office.prospects()[ada].fields["crm_id"]) == ("Ada", other.id)


def test_a_lead_that_grows_into_a_customer_is_still_the_same_record(an_office: Make) -> None:
    office = an_office()
    ada = office.prospect(ADA, owner=office.ann)
    office.settle()
    [lead] = office.people("lead")
    office.crm.desk.ask("POST", f"leads/{lead.id}/stage", {"stage": "Customer"})
    office.settle()
    office.platform.edit_prospect(ada, first_name="Ada")
    office.settle()

    [same] = office.people("lead")
    assert (same.id, same.fields["first_name"]) == (lead.id, "Ada")
    assert office.crm.desk.ask("GET", f"leads/{lead.id}")["searchStage"] == "Customer"


def test_a_contact_has_no_owner_there_and_its_prospect_keeps_its_own(an_office: Make) -> None:
    office = an_office()
    office.contact(ADA)
    ada = office.prospect(ADA, owner=office.bob, first_name="Ada")
    for _ in range(2):
        report = office.run()
    assert (report.sync_errors, report.totals.planned) == ({}, 0)
    assert office.prospects()[ada].owner == office.bob["platform"]
    assert office.people("contact")[0].fields["first_name"] == "Ada"


def test_a_run_without_changes_costs_two_calls_an_object(an_office: Make) -> None:
    office = an_office()
    office.prospect(ADA, owner=office.ann)
    office.settle(3)
    report = office.run()
    assert report.totals.planned == 0
    assert office.calls[0] <= 5
