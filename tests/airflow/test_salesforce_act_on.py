"""Salesforce and Act-On through Airflow: whole objects on lists, over the sandboxes' wire."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from keepstep.core.errors import SettingsError
from keepstep.store.database import Store
from keepstep_airflow.operators.salesforce import SalesforcePullListOperator, SalesforcePushScoreOperator
from keepstep_sandbox import act_on, credentials, salesforce
from keepstep_sandbox.server import SandboxServer
from tests.airflow.sandboxes import GREEN, Office, SalesforcePeople, copy_sync, salesforce_connection, totals
from tests.airflow.stage import Stage
from tests.bad_days.systems import ActOnPeople

pytestmark = pytest.mark.slow
LIST = "Salesforce leads"


@dataclass(frozen=True, slots=True)
class ActOnOffice(Office):
    """A sync with an Act-On list."""

    act_on: ActOnPeople

    def forget_requests(self) -> None:
        """Start both sides' counts over."""
        self.salesforce.forget_requests()
        self.act_on.forget_requests()

    def writes(self) -> tuple[int, int]:
        """Calls that changed something, in Salesforce and in Act-On."""
        return self.salesforce.writes(), self.act_on.writes()


def _act_on(url: str) -> dict[str, Any]:
    extra = {"client_id": credentials.ACT_ON_CLIENT_ID, "client_secret": credentials.ACT_ON_CLIENT_SECRET}
    person = {"login": credentials.ACT_ON_USER, "password": credentials.ACT_ON_PASSWORD}
    return {"conn_type": "act_on", "host": url, **person, "extra": extra}


@pytest.fixture
def office(
    request: pytest.FixtureRequest,
    syncs: Path,
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
    metadata: None,  # noqa: ARG001 # it has to be there
) -> Iterator[ActOnOffice]:
    """Both sandboxes with nobody in them, and the leads' sync, or the one that the test names."""
    example = getattr(request, "param", "salesforce_leads")
    name = f"{example}_{uuid.uuid4().hex[:8]}"
    copy_sync(example, name, syncs)
    crm = SandboxServer(salesforce.create_app(salesforce.SalesforceSettings(size=0)))
    platform = SandboxServer(act_on.create_app(act_on.ActOnSettings(size=0, job_polls=0)))
    with crm, platform, Store(store_url) as store:
        monkeypatch.setenv("AIRFLOW_CONN_KEEPSTEP_STORE", store_url.replace("+psycopg", ""))
        monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", json.dumps(salesforce_connection(crm.url)))
        monkeypatch.setenv("AIRFLOW_CONN_ACT_ON_DEFAULT", json.dumps(_act_on(platform.url)))
        people = SalesforcePeople(crm.url, "salesforce", example.removeprefix("salesforce_"))
        people.make_score_fields()
        yield ActOnOffice(name, people, store, syncs, ActOnPeople(platform.url, "act_on"))


@pytest.mark.behaviour("AO-3", "AO-5", "AO-6", "AO-9", "AO-10")
def test_leads_are_brought_to_the_list_and_their_scores_come_back(office: ActOnOffice) -> None:
    office.salesforce.enter("ada@example.com", FirstName="Ada", LeadSource="Web")
    office.salesforce.enter("bob@example.com")
    office.act_on.act("ada@example.com")

    ended = office.run()

    assert ended.tasks == GREEN
    assert office.act_on.emails(LIST) == ["ada@example.com", "bob@example.com"]
    row = office.act_on.row(LIST, "ada@example.com")
    assert (row["First Name"], row["Company"], row["Lead Source"]) == ("Ada", "Acme", "Web")
    assert office.salesforce.scores() == {"ada@example.com": 15, "bob@example.com": 0}
    assert row["Act-On Score"] == "15"
    assert ended.xcom("reconcile", "return_value")["scores_differing"] == 0
    assert totals(ended)["rejected"] == 0


def test_a_run_without_a_change_writes_nothing_anywhere(office: ActOnOffice) -> None:
    for number in range(5):
        office.salesforce.enter(f"person{number}@example.com")
    assert office.run().tasks == GREEN
    office.forget_requests()

    ended = office.run()

    assert ended.tasks == GREEN
    assert totals(ended)["planned"] == 0
    assert office.writes() == (0, 0)
    assert ended.xcom("reconcile", "return_value")["followed"] == 5


def test_one_changed_score_is_one_write_to_salesforce(office: ActOnOffice) -> None:
    for number in range(5):
        office.salesforce.enter(f"person{number}@example.com")
    office.run()
    before = office.salesforce.people()
    office.act_on.act("person3@example.com")
    office.forget_requests()

    ended = office.run()

    assert ended.tasks == GREEN
    assert ended.returned["push_score"]["applied"] == 1
    assert office.salesforce.writes() == 1
    after = office.salesforce.people()
    assert [after[id]["Email"] for id in after if after[id] != before[id]] == ["person3@example.com"]
    assert office.salesforce.scores()["person3@example.com"] == 15


def test_an_edit_in_salesforce_comes_to_the_list_and_nothing_else_does(office: ActOnOffice) -> None:
    ada = office.salesforce.enter("ada@example.com", FirstName="Ada")
    office.salesforce.enter("bob@example.com", FirstName="Bob")
    office.run()
    office.salesforce.edit(ada, FirstName="Adela", Email="adela@example.com")
    office.salesforce.forget_requests()

    ended = office.run()

    assert ended.returned["pull_list"]["applied"] == 1
    assert office.act_on.emails(LIST) == ["adela@example.com", "bob@example.com"]
    assert office.act_on.row(LIST, "adela@example.com")["First Name"] == "Adela"
    assert office.salesforce.writes() == 0


@pytest.mark.behaviour("SY-14")
def test_a_deleted_lead_stays_deleted(office: ActOnOffice) -> None:
    ada = office.salesforce.enter("ada@example.com")
    office.salesforce.enter("bob@example.com")
    office.change(push={"add": True, "update": ["act_on_score"]})
    office.run()
    office.salesforce.delete(ada)
    office.act_on.act("ada@example.com")

    for _ in range(2):
        assert office.run().tasks == GREEN
    assert set(office.salesforce.scores()) == {"bob@example.com"}
    assert office.tombstones() == 1


def test_a_lead_that_vanishes_at_once_is_missed_and_stays_deleted(office: ActOnOffice) -> None:
    """The log of what went past the recycle bin is asked every ten minutes only: a refused write tells it first."""
    ada = office.salesforce.enter("ada@example.com")
    office.salesforce.enter("bob@example.com")
    office.change(push={"add": True, "update": ["act_on_score"]})
    office.run()
    office.salesforce.delete(ada)
    office.salesforce.ask("POST", "empty-recycle-bin")
    office.act_on.act("ada@example.com")

    missed = office.run()
    assert missed.tasks == {**GREEN, "reconcile": "failed"}
    assert missed.returned["push_score"]["rejected"] == 1

    assert office.run().tasks == GREEN
    assert set(office.salesforce.scores()) == {"bob@example.com"}
    assert office.tombstones() == 1


def test_people_on_the_list_alone_become_leads_where_the_sync_says_so(office: ActOnOffice) -> None:
    office.salesforce.enter("ada@example.com")
    office.run()
    office.act_on.add(LIST, email="new@example.com", first="Nora", last="New", company="Newco")
    office.change(push={"add": True, "update": ["act_on_score"]})

    ended = office.run()

    assert ended.tasks == GREEN
    [made] = [one for one in office.salesforce.people().values() if one["Email"] == "new@example.com"]
    assert (made["FirstName"], made["LastName"], made["Company"]) == ("Nora", "New", "Newco")
    # What Salesforce fills in by itself comes back to the row; then both sides are alike.
    assert office.run().returned["push_score"]["planned"] == 0
    office.forget_requests()
    assert totals(office.run())["planned"] == 0
    assert office.writes() == (0, 0)


@pytest.mark.parametrize("office", ["salesforce_contacts"], indirect=True)
def test_a_contact_that_is_made_from_a_row_is_not_given_the_name_of_an_account(office: ActOnOffice) -> None:
    """`Account.Name` belongs to another record, and Salesforce refuses a contact that comes with it."""
    office.salesforce.enter("ada@example.com")
    office.run()
    office.act_on.add("Salesforce contacts", email="new@example.com", first="Nora", last="New", company="Newco")
    office.change(push={"add": True, "update": ["act_on_score"]})

    ended = office.run()

    assert ended.tasks == GREEN
    [made] = [one for one in office.salesforce.people().values() if one["Email"] == "new@example.com"]
    assert (made["FirstName"], made["LastName"]) == ("Nora", "New")
    assert office.salesforce.ask("GET", "accounts")["items"] == []


# -- opt-outs ----------------------------------------------------------------------------------------------------------


def test_somebody_who_opted_out_in_salesforce_is_not_put_on_the_list(office: ActOnOffice) -> None:
    office.salesforce.enter("ada@example.com")
    office.salesforce.enter("no@example.com", HasOptedOutOfEmail=True)

    ended = office.run()

    assert ended.tasks == GREEN
    assert office.act_on.emails(LIST) == ["ada@example.com"]
    assert totals(ended)["skipped"] == 1


def test_an_opt_out_in_salesforce_survives_whatever_somebody_does_on_the_list(office: ActOnOffice) -> None:
    ada = office.salesforce.enter("ada@example.com")
    office.run()
    office.salesforce.edit(ada, HasOptedOutOfEmail=True)
    office.run()
    row = office.act_on.row(LIST, "ada@example.com")
    assert row["Opted Out"] == "true"

    place = f"lists/{office.act_on.list_id(LIST)}/rows/{row['_contact_id_']}"
    office.act_on.ask("PATCH", place, {"values": {"Opted Out": "false"}})
    ended = office.run()

    assert ended.tasks == GREEN
    assert office.act_on.row(LIST, "ada@example.com")["Opted Out"] == "true"
    assert office.salesforce.person(ada)["HasOptedOutOfEmail"] is True


def test_an_opt_out_on_the_list_reaches_salesforce_and_stays(office: ActOnOffice) -> None:
    ada = office.salesforce.enter("ada@example.com")
    office.run()
    row = office.act_on.row(LIST, "ada@example.com")
    place = f"lists/{office.act_on.list_id(LIST)}/rows/{row['_contact_id_']}"
    office.act_on.ask("PATCH", place, {"values": {"Opted Out": "true"}})

    for _ in range(2):
        assert office.run().tasks == GREEN
        assert office.salesforce.person(ada)["HasOptedOutOfEmail"] is True
        assert office.act_on.row(LIST, "ada@example.com")["Opted Out"] == "true"


def test_an_address_that_act_on_suppresses_is_opted_out_in_salesforce_until_people_clear_both(
    office: ActOnOffice,
) -> None:
    ada, bob = office.salesforce.enter("ada@example.com"), office.salesforce.enter("bob@example.com")
    office.run()
    office.act_on.opt_out("ada@example.com")

    for _ in range(2):
        assert office.run().tasks == GREEN
    assert office.salesforce.person(ada)["HasOptedOutOfEmail"] is True
    assert office.salesforce.person(bob)["HasOptedOutOfEmail"] is False
    row = office.act_on.row(LIST, "ada@example.com")
    assert row["Opted Out"] == "true"
    office.forget_requests()
    assert totals(office.run())["planned"] == 0

    office.salesforce.edit(ada, HasOptedOutOfEmail=False)
    place = f"lists/{office.act_on.list_id(LIST)}/rows/{row['_contact_id_']}"
    office.act_on.ask("PATCH", place, {"values": {"Opted Out": "false"}})
    for _ in range(2):
        assert office.run().tasks == GREEN
    assert office.salesforce.person(ada)["HasOptedOutOfEmail"] is False


# -- trouble -----------------------------------------------------------------------------------------------------------


def test_a_row_that_a_validation_rule_refuses_is_counted_and_red_until_it_goes_through(office: ActOnOffice) -> None:
    office.salesforce.enter("ada@example.com", FirstName="Ada")
    office.salesforce.enter("bob@example.com", FirstName="Bob")
    office.act_on.act("ada@example.com")
    office.salesforce.refuse("FirstName = 'Ada'")

    ended = office.run()

    assert ended.tasks == {**GREEN, "reconcile": "failed"}
    assert ended.returned["push_score"]["rejected"] == 1
    assert ended.returned["push_score"]["applied"] == 1
    assert office.salesforce.scores() == {"ada@example.com": None, "bob@example.com": 0}
    assert office.errors() == [("FIELD_CUSTOM_VALIDATION_EXCEPTION", 1)]
    assert "quill" not in str(ended.xcoms).lower()

    office.run()
    assert office.errors() == [("FIELD_CUSTOM_VALIDATION_EXCEPTION", 2)]

    office.salesforce.refuse_nothing()
    mended = office.run()
    assert mended.tasks == GREEN
    assert office.salesforce.scores()["ada@example.com"] == 15
    assert office.errors() == []


@pytest.mark.behaviour("AO-13")
def test_a_missing_score_field_is_told_before_anything_is_done(
    office: ActOnOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    office.salesforce.ask("DELETE", "fields/Lead/Act_On_Score__c")
    office.salesforce.enter("ada@example.com")

    ended = office.run()

    assert ended.tasks["pull_list"] == "failed"
    assert "make a custom field (Setup > Object Manager > Lead" in capsys.readouterr().out
    assert office.act_on.ask("GET", "lists") == []


def test_the_task_leads_to_the_lead_in_salesforce(office: ActOnOffice) -> None:
    ada = office.salesforce.enter("ada@example.com")
    ended = office.run()
    assert ended.xcom("push_score", "crm_url") == f"{office.salesforce.url}/lightning/r/Lead/{ada}/view"


# -- contacts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("office", ["salesforce_contacts"], indirect=True)
def test_contacts_come_with_the_name_of_their_account(office: ActOnOffice) -> None:
    account = office.salesforce.ask("POST", "accounts", {"Name": "Acme"})["id"]
    office.salesforce.enter("ada@example.com", AccountId=account)
    office.salesforce.enter("private@example.com")
    leads = SalesforcePeople(office.salesforce.url, "salesforce")
    leads.enter("lead@example.com")

    ended = office.run()

    assert ended.tasks == GREEN
    rows = {row["E-mail Address"]: row["Company"] for row in office.act_on.rows("Salesforce contacts").values()}
    assert rows == {"ada@example.com": "Acme", "private@example.com": ""}
    assert office.salesforce.scores() == {"ada@example.com": 0, "private@example.com": 0}
    assert leads.scores() == {"lead@example.com": None}
    assert totals(office.run())["planned"] == 0


# -- operators by hand -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", [SalesforcePullListOperator, SalesforcePushScoreOperator])
def test_salesforces_operators_take_syncs_with_salesforce_alone(
    stage: Stage, operator: type[SalesforcePullListOperator | SalesforcePushScoreOperator], syncs: Path
) -> None:
    copy_sync("salesforce_leads", "salesforce_leads", syncs)
    assert operator(task_id="it", sync="salesforce_leads", add=False).file().settings.crm.system == "salesforce"
    with pytest.raises(SettingsError, match=r"is for syncs with salesforce; the CRM of \w+ is memory_crm"):
        operator(task_id="it", sync=stage.name, add=False).file()
