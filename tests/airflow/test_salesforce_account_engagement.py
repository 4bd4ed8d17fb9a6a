"""Salesforce and Account Engagement through Airflow: leads on a static list, over the sandboxes' wire."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from keepstep.store.database import Store
from keepstep_sandbox import account_engagement, credentials, salesforce
from keepstep_sandbox.server import SandboxServer
from tests.airflow.sandboxes import GREEN, Office, SalesforcePeople, copy_sync, salesforce_connection, totals
from tests.bad_days.systems import System

pytestmark = pytest.mark.slow
LIST = "Salesforce leads"
BY_PLATFORM, BY_SHEET = "salesforce_leads_in_account_engagement", "salesforce_leads_scored_by_sheet"
SUBMITTED = {"type": 4, "asset": "formId", "asset_id": 81}  # 50 points in Account Engagement, 15 by our sheet
OPENED = {"type": 11, "asset": "listEmailId", "asset_id": 71}  # a passive one, without points


@dataclass(frozen=True, slots=True)
class UnitPeople(System):
    """What people do in a business unit."""

    def prospects(self) -> Mapping[str, Mapping[str, Any]]:
        """Every prospect that isn't in the recycle bin, by email."""
        told = self.ask("GET", "prospects?limit=1000")["items"]
        return {one["email"]: one for one in told if not one["isDeleted"]}

    def prospect(self, email: str) -> int:
        """A prospect's id."""
        return int(self.prospects()[email]["id"])

    def emails(self) -> list[str]:
        """Who is on the list, in order."""
        [the_list] = [one["id"] for one in self.ask("GET", "lists?limit=1000")["items"] if one["name"] == LIST]
        members = self.ask("GET", "memberships?limit=1000")["items"]
        on_it = {one["prospectId"] for one in members if one["listId"] == the_list and not one["isDeleted"]}
        return sorted(email for email, one in self.prospects().items() if one["id"] in on_it)

    def act(self, email: str, deed: Mapping[str, Any]) -> None:
        """A prospect does something."""
        self.ask("POST", f"prospects/{self.prospect(email)}/act", deed)

    def edit(self, email: str, **fields: Any) -> None:
        """Somebody edits a prospect."""
        self.ask("PATCH", f"prospects/{self.prospect(email)}", fields)

    def opt_out(self, email: str) -> None:
        """A prospect leaves all mail."""
        self.ask("POST", f"prospects/{self.prospect(email)}/opt-out")

    def take_off(self, email: str) -> None:
        """Somebody takes a prospect off the list."""
        [the_list] = [one["id"] for one in self.ask("GET", "lists?limit=1000")["items"] if one["name"] == LIST]
        self.ask("DELETE", f"prospects/{self.prospect(email)}/lists/{the_list}")

    def writes(self) -> int:
        """Calls that change something, since the counts were started over; a sign-in changes nothing."""
        counts = self.requests().items()
        return sum(n for route, n in counts if not route.startswith("GET") and "oauth2" not in route)


@dataclass(frozen=True, slots=True)
class UnitOffice(Office):
    """A sync with a static list of a business unit."""

    unit: UnitPeople

    def forget_requests(self) -> None:
        """Start both sides' counts over."""
        self.salesforce.forget_requests()
        self.unit.forget_requests()

    def writes(self) -> tuple[int, int]:
        """Calls that changed something, in Salesforce and in Account Engagement."""
        return self.salesforce.writes(), self.unit.writes()


def unit_connection(url: str) -> dict[str, Any]:
    """As our form has it."""
    extra = {
        "business_unit_id": credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT,
        "consumer_key": credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID,
        "consumer_secret": credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET,
        "login_url": url,
    }
    return {"conn_type": "account_engagement", "host": url, "extra": extra}


@pytest.fixture
def office(
    request: pytest.FixtureRequest,
    syncs: Path,
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
    metadata: None,  # noqa: ARG001 # it has to be there
) -> Iterator[UnitOffice]:
    """Both sandboxes with nobody in them, and the sync with Account Engagement's score, or the one that is chosen."""
    example = getattr(request, "param", BY_PLATFORM)
    name = f"leads_{uuid.uuid4().hex[:8]}"
    copy_sync(example, name, syncs)
    crm = SandboxServer(salesforce.create_app(salesforce.SalesforceSettings(size=0)))
    settings = account_engagement.AccountEngagementSettings(size=0)
    platform = SandboxServer(account_engagement.create_app(settings))
    with crm, platform, Store(store_url) as store:
        monkeypatch.setenv("AIRFLOW_CONN_KEEPSTEP_STORE", store_url.replace("+psycopg", ""))
        monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", json.dumps(salesforce_connection(crm.url)))
        monkeypatch.setenv("AIRFLOW_CONN_ACCOUNT_ENGAGEMENT_DEFAULT", json.dumps(unit_connection(platform.url)))
        people, unit = (
            SalesforcePeople(crm.url, "salesforce", score="Score__c"),
            UnitPeople(platform.url, "account_engagement"),
        )
        people.make_score_fields()
        if example == BY_SHEET:
            unit.ask("POST", "fields", {"name": "Behavior score", "fieldId": "behavior_score", "type": "number"})
        yield UnitOffice(name, people, store, syncs, unit)


@pytest.mark.behaviour("AO-5", "AO-10")
def test_leads_are_brought_to_the_list_and_account_engagements_score_comes_back(office: UnitOffice) -> None:
    office.salesforce.enter("ada@example.com", FirstName="Ada", LeadSource="Web")
    office.salesforce.enter("bob@example.com")

    first = office.run()

    assert first.tasks == GREEN
    assert office.unit.emails() == ["ada@example.com", "bob@example.com"]
    ada = office.unit.prospects()["ada@example.com"]
    assert (ada["firstName"], ada["lastName"], ada["company"], ada["source"]) == ("Ada", "Quill", "Acme", "Web")
    assert office.salesforce.scores() == {"ada@example.com": 0, "bob@example.com": 0}

    office.unit.act("ada@example.com", SUBMITTED)
    office.forget_requests()
    ended = office.run()

    assert ended.tasks == GREEN
    assert office.salesforce.scores() == {"ada@example.com": 50, "bob@example.com": 0}
    assert office.writes() == (1, 0)
    assert ended.xcom("reconcile", "return_value")["scores_differing"] == 0


def test_a_prospect_whom_account_engagement_knew_before_keeps_its_score_and_is_no_second_one(
    office: UnitOffice,
) -> None:
    office.unit.ask("POST", "prospects", {"email": "ada@example.com", "score": 70})
    office.salesforce.enter("ada@example.com", FirstName="Ada")

    assert office.run().tasks == GREEN

    assert office.unit.emails() == ["ada@example.com"]
    assert len(office.unit.ask("GET", "prospects?limit=1000")["items"]) == 1
    assert office.unit.prospects()["ada@example.com"]["score"] == 70
    assert office.salesforce.scores() == {"ada@example.com": 70}


def test_a_run_without_a_change_writes_nothing_anywhere(office: UnitOffice) -> None:
    for number in range(5):
        office.salesforce.enter(f"person{number}@example.com")
    assert office.run().tasks == GREEN
    office.forget_requests()

    ended = office.run()

    assert ended.tasks == GREEN
    assert totals(ended)["planned"] == 0
    assert office.writes() == (0, 0)
    assert ended.xcom("reconcile", "return_value")["followed"] == 5


def test_an_edit_in_salesforce_comes_to_the_prospect_and_nothing_else_does(office: UnitOffice) -> None:
    ada = office.salesforce.enter("ada@example.com", FirstName="Ada")
    office.salesforce.enter("bob@example.com", FirstName="Bob")
    office.run()
    office.salesforce.edit(ada, FirstName="Adela")
    office.salesforce.forget_requests()

    ended = office.run()

    assert ended.tasks == GREEN
    assert ended.returned["pull_list"]["applied"] == 1
    assert office.unit.prospects()["ada@example.com"]["firstName"] == "Adela"
    assert office.unit.prospects()["bob@example.com"]["firstName"] == "Bob"
    assert office.salesforce.writes() == 0


@pytest.mark.behaviour("SY-14")
def test_a_deleted_lead_stays_deleted(office: UnitOffice) -> None:
    ada = office.salesforce.enter("ada@example.com")
    office.salesforce.enter("bob@example.com")
    office.change(push={"add": True, "update": ["score"]})
    office.run()
    office.salesforce.delete(ada)
    office.unit.act("ada@example.com", SUBMITTED)

    for _ in range(2):
        assert office.run().tasks == GREEN
    assert set(office.salesforce.scores()) == {"bob@example.com"}
    assert office.tombstones() == 1


def test_whoever_was_taken_off_the_list_by_hand_stays_off_it_and_in_the_account(office: UnitOffice) -> None:
    office.salesforce.enter("ada@example.com")
    office.salesforce.enter("bob@example.com")
    office.run()
    office.unit.take_off("ada@example.com")

    for _ in range(2):
        assert office.run().tasks == GREEN
    assert office.unit.emails() == ["bob@example.com"]
    assert "ada@example.com" in office.unit.prospects()
    assert set(office.salesforce.scores()) == {"ada@example.com", "bob@example.com"}


def test_what_a_run_wrote_may_be_invisible_for_a_minute_and_nothing_is_done_twice(office: UnitOffice) -> None:
    office.salesforce.enter("ada@example.com")
    assert office.run().tasks == GREEN
    office.unit.ask("PUT", "settings", {"stale_reads_s": 60.0})
    office.salesforce.enter("bob@example.com")
    assert office.run().tasks == GREEN
    office.forget_requests()

    assert office.run().tasks == GREEN
    office.unit.weather("clock_skew", times=None, seconds=900)
    assert office.run().tasks == GREEN

    assert office.writes() == (1, 0)  # bob's score, which nobody could read before
    assert office.unit.emails() == ["ada@example.com", "bob@example.com"]
    assert len(office.unit.ask("GET", "prospects?limit=1000")["items"]) == 2
    assert office.salesforce.scores() == {"ada@example.com": 0, "bob@example.com": 0}


def test_the_tasks_lead_to_the_lead_and_to_the_list(office: UnitOffice) -> None:
    ada = office.salesforce.enter("ada@example.com")
    ended = office.run()
    assert ended.xcom("push_score", "crm_url") == f"{office.salesforce.url}/lightning/r/Lead/{ada}/view"
    assert ended.xcom("pull_list", "platform_url").endswith(f"/{office.unit.prospect('ada@example.com')}")


# -- opt-outs ----------------------------------------------------------------------------------------------------------


def test_somebody_who_opted_out_in_salesforce_is_not_put_on_the_list(office: UnitOffice) -> None:
    office.salesforce.enter("ada@example.com")
    office.salesforce.enter("no@example.com", HasOptedOutOfEmail=True)

    assert office.run().tasks == GREEN

    assert office.unit.emails() == ["ada@example.com"]


def test_an_opt_out_in_salesforce_reaches_the_prospect_and_survives_what_somebody_does_there(
    office: UnitOffice,
) -> None:
    ada = office.salesforce.enter("ada@example.com")
    office.run()
    office.salesforce.edit(ada, HasOptedOutOfEmail=True)
    assert office.run().tasks == GREEN
    assert office.unit.prospects()["ada@example.com"]["optedOut"] is True

    office.unit.edit("ada@example.com", optedOut=False)
    assert office.run().tasks == GREEN
    assert office.unit.prospects()["ada@example.com"]["optedOut"] is True
    assert office.salesforce.person(ada)["HasOptedOutOfEmail"] is True


def test_a_prospect_who_unsubscribes_is_opted_out_in_salesforce_for_good(office: UnitOffice) -> None:
    ada = office.salesforce.enter("ada@example.com")
    office.run()
    office.unit.opt_out("ada@example.com")

    for _ in range(2):
        assert office.run().tasks == GREEN
        assert office.salesforce.person(ada)["HasOptedOutOfEmail"] is True
        assert office.unit.prospects()["ada@example.com"]["optedOut"] is True


# -- trouble -----------------------------------------------------------------------------------------------------------


def test_a_row_that_a_validation_rule_refuses_is_counted_and_red_until_it_goes_through(office: UnitOffice) -> None:
    office.salesforce.enter("ada@example.com", FirstName="Ada")
    office.salesforce.enter("bob@example.com", FirstName="Bob")
    office.salesforce.refuse("FirstName = 'Ada'")

    ended = office.run()

    assert ended.tasks == {**GREEN, "reconcile": "failed"}
    assert (ended.returned["push_score"]["rejected"], ended.returned["push_score"]["applied"]) == (1, 1)
    assert office.errors() == [("FIELD_CUSTOM_VALIDATION_EXCEPTION", 1)]
    assert "quill" not in str(ended.xcoms).lower()

    office.salesforce.refuse_nothing()
    assert office.run().tasks == GREEN
    assert office.salesforce.scores() == {"ada@example.com": 0, "bob@example.com": 0}
    assert office.errors() == []


def test_a_prospect_that_account_engagement_refuses_is_counted_and_the_others_go_through(office: UnitOffice) -> None:
    ada = office.salesforce.enter("ada@example.com", FirstName="Ada")
    bob = office.salesforce.enter("bob@example.com", FirstName="Bob")
    office.run()
    place = f"prospects/{office.unit.prospect('ada@example.com')}/fault"
    office.unit.ask("PUT", place, {"code": 85, "detail": "Ask Ann Quill", "times": None})
    for one in (ada, bob):
        office.salesforce.edit(one, Company="Newco")

    ended = office.run()

    assert ended.tasks == {**GREEN, "reconcile": "failed"}
    assert ended.returned["pull_list"]["rejected"] == 1
    assert office.unit.prospects()["bob@example.com"]["company"] == "Newco"
    assert "quill" not in str(ended.xcoms).lower()

    office.unit.ask("DELETE", place)
    assert office.run().tasks == GREEN
    assert office.unit.prospects()["ada@example.com"]["company"] == "Newco"


# -- points of ours ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("office", [BY_SHEET], indirect=True)
def test_a_sheets_points_over_everybodys_behaviour_reach_both_sides(office: UnitOffice) -> None:
    office.salesforce.enter("ada@example.com")
    office.salesforce.enter("bob@example.com")
    office.run()
    office.unit.act("ada@example.com", SUBMITTED)
    office.unit.act("bob@example.com", OPENED)

    ended = office.run()

    assert ended.tasks == GREEN
    assert office.salesforce.scores() == {"ada@example.com": 15, "bob@example.com": 0}
    ada = office.unit.prospects()["ada@example.com"]
    assert (ada["behavior_score__c"], ada["score"]) == (15, 50)
    assert any("email_opened count nothing" in note for note in ended.returned["compute_behavior_score"]["notes"])

    office.forget_requests()
    quiet = office.run()
    assert quiet.tasks == GREEN
    assert totals(quiet)["planned"] == 0
    assert office.writes() == (0, 0)
