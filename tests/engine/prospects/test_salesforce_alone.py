"""What is Salesforce's own: names that it demands, accounts that nobody touches, rules that refuse a row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keepstep.store.database import Store
from tests.engine.prospects.sandboxes import SandboxedOffice, sandbox_sync, sandboxed


@pytest.fixture
def unit(store: Store, tmp_path: Path) -> Iterator[SandboxedOffice]:
    """Both sandboxes, with nobody in them."""
    with sandboxed(store, sandbox_sync(tmp_path)) as office:
        yield office


@pytest.mark.behaviour("SF-6")
def test_a_lead_made_with_no_company_gets_unknown_and_the_prospect_s_stays_blank(unit: SandboxedOffice) -> None:
    ada = unit.platform.add_prospect("ada@acme.example", unit.ann["platform"])
    unit.settle(3)
    [lead] = unit.crm.desk.all("leads")
    assert (lead["Company"], lead["LastName"]) == ("[[Unknown]]", "[[Unknown]]")
    assert "company" not in {r.id: r for r in unit.platform.prospects()}[ada].fields
    assert unit.run().totals.planned == 0


@pytest.mark.behaviour("SF-3")
def test_accounts_are_read_only_whatever_happens_to_their_contacts(unit: SandboxedOffice) -> None:
    account = unit.crm.desk.ask("POST", "accounts", {"Name": "Acme"})["id"]
    contact = unit.crm.add("contact", email="ada@acme.example", owner=unit.ann["crm"])
    unit.crm.desk.ask("PATCH", f"contacts/{contact}", {"AccountId": account})
    before = unit.crm.desk.all("accounts")
    ada = unit.platform.add_prospect("ada@acme.example", unit.ann["platform"], company="Apex")
    unit.settle()
    unit.platform.edit_prospect(ada, company="Zenith", first_name="Ada")
    unit.settle()
    assert unit.crm.desk.all("accounts") == before
    assert unit.crm.records("contact")[0].fields["first_name"] == "Ada"


def test_a_validation_rule_refuses_one_row_and_the_others_go_through(unit: SandboxedOffice) -> None:
    rule = {"object": "Lead", "when": "FirstName = 'Bad'", "message": "Not this one"}
    unit.crm.desk.ask("PUT", "validation-rules/of_the_test", rule)
    for name in ("Bad", "Good"):
        unit.platform.add_prospect(f"{name.lower()}@acme.example", unit.ann["platform"], first_name=name)
    report = unit.run()
    assert (report.totals.applied >= 1, report.totals.rejected) == (True, 1)
    assert report.sync_errors == {"FIELD_CUSTOM_VALIDATION_EXCEPTION": 1}
    assert [lead.email for lead in unit.people()] == ["good@acme.example"]
    unit.crm.desk.ask("DELETE", "validation-rules/of_the_test")
    unit.clock.pass_(hours=7)
    unit.settle()
    assert len(unit.people()) == 2
