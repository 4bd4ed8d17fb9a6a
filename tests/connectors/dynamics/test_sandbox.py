"""The connector against the sandbox: people who delete, merge and qualify, rights that are missing, and bad days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from keepstep.connectors.base import Cursor, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.connectors.dynamics import ClientSecret, DynamicsConnector, DynamicsSettings
from keepstep.connectors.transport import Retries
from keepstep.core.errors import AuthError
from keepstep.core.model import Applied, Deletion, InDoubt, Kind, OperationId, Record, Rejected, Status, Value, Write
from keepstep_sandbox import credentials
from keepstep_sandbox.dynamics import DynamicsSettings as SandboxSettings
from keepstep_sandbox.dynamics import create_app
from keepstep_sandbox.server import SandboxServer

APP = ClientSecret(credentials.DYNAMICS_TENANT_ID, credentials.DYNAMICS_CLIENT_ID, credentials.DYNAMICS_CLIENT_SECRET)
LEADS = ReadQuery("lead", ("emailaddress1", "firstname", "companyname", "leadsourcecode", "new_act_on_score"))
CONTACTS = ReadQuery("contact", ("lastname", "parentcustomerid", "parentcustomerid.name"))


class Dynamics:
    """A sandboxed environment, the people who work in it, and connectors to it."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.connectors: list[DynamicsConnector] = []

    def control(self, method: str, path: str, body: object = None) -> Any:
        """What a person, or the weather, does."""
        reply = requests.request(method, f"{self.server.url}/_control/{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def connector(self, auth: ClientSecret = APP, **options: Any) -> DynamicsConnector:
        """A fresh connector. A minute is a moment."""
        settings = DynamicsSettings(auth, self.server.url, self.server.url, **options)
        retries = Retries(attempts=3, first_wait_s=0.001, read_timeout_s=5)
        connector = DynamicsConnector(settings, retries=retries, clock=lambda: 0.0, sleep=lambda _: None)
        self.connectors.append(connector)
        return connector

    def lead(self, name: str, **fields: Value) -> str:
        """A lead with an address made of its name."""
        body = {"lastname": name, "emailaddress1": f"{name}@a.test", **fields}
        return str(self.control("POST", "dynamics/leads", body)["id"])


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(create_app(SandboxSettings(size=0))) as server:
        yield server


@pytest.fixture
def org(server: SandboxServer) -> Iterator[Dynamics]:
    """An environment with its users and nobody else."""
    org = Dynamics(server)
    org.control("POST", "reset", {"seed": 1, "size": 0})
    org.control("DELETE", "weather")
    yield org
    for connector in org.connectors:
        connector.close()


def records(pages: list[Page]) -> dict[str, Record]:
    return {record.id: record for page in pages for record in page.records}


def deletions(pages: list[Page]) -> list[Deletion]:
    return [deletion for page in pages for deletion in page.deletions]


def marked(org: Dynamics, query: ReadQuery = LEADS, **options: Any) -> Cursor:
    """The watermark of a listing that was just made."""
    *_, last = org.connector(**options).read(query)
    assert last.last
    return last.cursor or {}


def changed(org: Dynamics, cursor: Cursor, query: ReadQuery = LEADS) -> list[Page]:
    return list(org.connector().read(query, cursor))


def update(id: str, object: str = "lead", **fields: Value) -> Write:
    return Write(OperationId(f"u-{id}"), Kind.UPDATE, object, fields, id)


def back(org: Dynamics, *ids: str, query: ReadQuery = LEADS) -> dict[str, Record]:
    return {record.id: record for record in org.connector().fetch(query, FetchBy.ID, ids)}


def test_a_deletion_is_told_and_a_row_that_came_and_went_too(org: Dynamics) -> None:
    id = org.lead("ann")
    cursor = marked(org)
    short = org.lead("bob")
    for one in (id, short):
        org.control("DELETE", f"dynamics/leads/{one}")
    pages = changed(org, cursor)
    assert {gone.id for gone in deletions(pages)} == {id, short}
    assert deletions(changed(org, pages[-1].cursor or {})) == []


def test_a_chain_of_merges_names_the_row_that_is_left(org: Dynamics) -> None:
    one, two, three = (org.lead(name) for name in ("ann", "bob", "cy"))
    cursor = marked(org)
    org.control("POST", "dynamics/leads/merge", {"master": two, "others": [one]})
    org.control("POST", "dynamics/leads/merge", {"master": three, "others": [two]})
    assert {(gone.id, gone.merged_into) for gone in deletions(changed(org, cursor))} == {(one, three), (two, three)}
    assert set(back(org, one, two, three)) == {three}


def test_a_conversion_is_told_with_its_contact_which_has_a_company(org: Dynamics) -> None:
    id = org.lead("ann", companyname="Acme")
    cursor = marked(org)
    became = org.control("POST", f"dynamics/leads/{id}/convert", {})
    lead = records(changed(org, cursor))[id]
    assert (lead.status, lead.converted_to) == (Status.CONVERTED, ("contact", became["contact"]))
    assert lead.fields["parentaccountid"] == became["account"]
    contact = back(org, became["contact"], query=CONTACTS)[became["contact"]]
    assert contact.fields == {
        "lastname": "ann",
        "parentcustomerid": became["account"],
        "parentcustomerid.name": "Acme",
    }


def test_a_disqualified_lead_goes_on_syncing_and_stays_disqualified(org: Dynamics) -> None:
    id = org.lead("ann")
    org.control("POST", f"dynamics/leads/{id}/disqualify")
    assert isinstance(next(iter(org.connector().apply([update(id, new_act_on_score=7)]))), Applied)
    lead = back(org, id)[id]
    assert (lead.status, lead.fields["new_act_on_score"]) == (Status.DISQUALIFIED, 7)


def test_a_closed_lead_that_may_not_be_written_is_rejected_and_not_opened(org: Dynamics) -> None:
    id = org.lead("ann")
    org.control("POST", f"dynamics/leads/{id}/disqualify")
    org.control("PUT", "dynamics/settings", {"closed_leads": "refuse"})
    [outcome] = org.connector().apply([update(id, new_act_on_score=7)])
    org.control("PUT", "dynamics/settings", {"closed_leads": "accept"})
    assert isinstance(outcome, Rejected)
    assert not outcome.retry
    assert back(org, id)[id].status is Status.DISQUALIFIED


def test_an_inactive_contact_is_told_as_one(org: Dynamics) -> None:
    id = org.control("POST", "dynamics/contacts", {"lastname": "Ode"})["id"]
    org.control("POST", f"dynamics/contacts/{id}/deactivate")
    assert back(org, id, query=CONTACTS)[id].status is Status.INACTIVE


def test_a_label_is_written_and_told_and_an_unknown_one_rejected(org: Dynamics) -> None:
    good, bad = org.lead("ann"), org.lead("bob")
    outcomes = list(
        org.connector().apply([update(good, leadsourcecode="trade show"), update(bad, leadsourcecode="Pigeon")])
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Applied", "Rejected"]
    assert back(org, good)[good].fields["leadsourcecode"] == "Trade Show"
    assert org.control("GET", f"dynamics/leads/{good}")["leadsourcecode"] == 7


def test_an_owner_is_given_and_told(org: Dynamics) -> None:
    users = {record.email: record for record in records(list(org.connector().read(ReadQuery("user")))).values()}
    sam = users["sam.seller@corp.example.com"]
    assert sam.status is Status.ACTIVE
    id = org.lead("ann")
    assert isinstance(next(iter(org.connector().apply([update(id, ownerid=sam.id)]))), Applied)
    assert back(org, id)[id].owner == sam.id


def test_a_company_is_given_taken_and_found_by_its_name(org: Dynamics) -> None:
    account = org.control("POST", "dynamics/accounts", {"name": "Acme & O'Brien"})["id"]
    contact = org.control("POST", "dynamics/contacts", {"lastname": "Ode"})["id"]
    connector = org.connector()
    [found] = connector.fetch(ReadQuery("account", ("name",)), FetchBy.NAME, [" ACME & o'brien "])
    assert found.id == account
    for value, name in ((account, "Acme & O'Brien"), (None, None)):
        assert isinstance(next(iter(connector.apply([update(contact, "contact", parentcustomerid=value)]))), Applied)
        assert back(org, contact, query=CONTACTS)[contact].fields["parentcustomerid.name"] == name


def test_a_thousand_rows_go_in_a_call_and_a_bad_one_costs_one_more(org: Dynamics) -> None:
    ids = [org.lead(f"p{n}") for n in range(40)]
    connector = org.connector()
    connector.check()
    assert all(isinstance(outcome, Applied) for outcome in connector.apply([update(i, firstname="x") for i in ids]))
    assert connector.usage.calls == 3  # sign-in, check, one for them all
    writes = [update(id, firstname="y" * (51 if id == ids[5] else 1)) for id in ids]
    outcomes = list(connector.apply(writes))
    assert [outcome.code for outcome in outcomes if isinstance(outcome, Rejected)] == ["0x80044331"]
    assert connector.usage.calls == 5
    assert {record.fields["firstname"] for record in back(org, *ids).values()} == {"x", "y"}


def test_a_row_that_is_gone_is_rejected_and_not_made_again(org: Dynamics) -> None:
    stays, gone = org.lead("ann"), org.lead("bob")
    org.control("DELETE", f"dynamics/leads/{gone}")
    outcomes = {
        outcome.operation_id: outcome
        for outcome in org.connector().apply([update(i, firstname="x") for i in (stays, gone)])
    }
    refused = outcomes[OperationId(f"u-{gone}")]
    assert isinstance(refused, Rejected)
    assert refused.code == "0x80040217"
    assert set(back(org, stays, gone)) == {stays}


def test_a_create_whose_first_answer_was_lost_is_made_once(org: Dynamics) -> None:
    connector = org.connector()
    connector.check()
    org.control("POST", "weather", {"kind": "lose_reply", "path": "batch"})
    write = Write(OperationId("op"), Kind.CREATE, "lead", {"lastname": "Ode"}, external_id="k/1 'x'")
    [outcome] = connector.apply([write])
    assert isinstance(outcome, Applied)
    [found] = connector.fetch(LEADS, FetchBy.EXTERNAL_ID, ["k/1 'x'"])
    assert found.id == outcome.record_id
    assert org.control("GET", "dynamics/leads")["total"] == 1


def test_a_create_whose_every_answer_was_lost_is_in_doubt_and_done_by_the_next_try(org: Dynamics) -> None:
    connector = org.connector()
    connector.check()
    org.control("POST", "weather", {"kind": "lose_reply", "path": "batch", "times": 3})
    write = Write(OperationId("op"), Kind.CREATE, "lead", {"lastname": "Ode"}, external_id="k1")
    [first] = connector.apply([write])
    [second] = connector.apply([write])
    assert isinstance(first, InDoubt)
    assert isinstance(second, Applied)
    assert org.control("GET", "dynamics/leads")["total"] == 1


@pytest.mark.parametrize("setting", [{"org_level_read": False}, {"untracked": ["lead"]}])
def test_where_deletions_can_not_be_told_a_listing_shows_them(org: Dynamics, setting: dict[str, Any]) -> None:
    org.control("PUT", "dynamics/settings", setting)
    stays, goes = org.lead("ann"), org.lead("bob")
    connector = org.connector()
    *_, last = connector.read(LEADS)
    assert not connector.capabilities.announces_deletions
    org.control("DELETE", f"dynamics/leads/{goes}")
    org.control("PATCH", f"dynamics/leads/{stays}", {"firstname": "Ann"})
    pages = list(connector.read(LEADS, last.cursor))
    assert records(pages)[stays].fields["firstname"] == "Ann"
    assert deletions(pages) == []
    assert set(records(list(connector.read(LEADS)))) == {stays}


def test_an_expired_delta_link_means_reading_everything_again(org: Dynamics) -> None:
    org.lead("ann")
    cursor = marked(org)
    eight_days = 8 * 24 * 3600
    org.control("POST", "weather", {"kind": "clock_skew", "seconds": eight_days, "times": None})
    with pytest.raises(CursorExpired):
        changed(org, cursor)


def test_a_new_column_is_read_after_everything_is_read_again(org: Dynamics) -> None:
    id = org.lead("ann")
    cursor = marked(org)
    org.control("POST", "dynamics/fields", {"object": "lead", "name": "new_nickname", "type": "string", "length": 30})
    wider = ReadQuery("lead", (*LEADS.fields, "new_nickname"))
    with pytest.raises(CursorExpired):
        changed(org, cursor, wider)
    assert isinstance(next(iter(org.connector().apply([update(id, new_nickname="Annie")]))), Applied)
    assert records(list(org.connector().read(wider)))[id].fields["new_nickname"] == "Annie"
    assert org.connector().schema(["lead"])["lead"]["new_nickname"].max_length == 30


def test_an_app_that_is_no_user_of_the_environment_is_told_what_to_do(org: Dynamics) -> None:
    org.control("PUT", "dynamics/settings", {"application_user": False})
    with pytest.raises(AuthError, match="application user"):
        org.connector().check()


def test_tokens_that_expired_are_renewed_and_nothing_is_written_twice(org: Dynamics) -> None:
    id = org.lead("ann")
    connector = org.connector()
    connector.check()
    org.control("POST", "weather", {"kind": "expire_tokens", "path": "/api/data/"})
    [outcome] = connector.apply([update(id, firstname="x")])
    assert isinstance(outcome, Applied)


def test_too_many_requests_make_us_wait_and_go_on(org: Dynamics) -> None:
    id = org.lead("ann")
    connector = org.connector()
    connector.check()
    body = {"error": {"code": "0x80072322", "message": "Number of requests exceeded the limit of 6000"}}
    rule = {"kind": "status", "path": "/api/data/", "status": 429, "headers": {"Retry-After": "5"}, "body": body}
    org.control("POST", "weather", rule)
    [outcome] = connector.apply([update(id, firstname="x")])
    assert isinstance(outcome, Applied)
    assert connector.usage.retries == 1


def test_a_locked_row_is_written_when_the_lock_is_gone(org: Dynamics) -> None:
    one, two = org.lead("ann"), org.lead("bob")
    org.control("PUT", f"dynamics/leads/{one}/lock", {"times": 2})
    outcomes = list(org.connector().apply([update(id, firstname="x") for id in (one, two)]))
    assert [type(outcome) for outcome in outcomes] == [Applied, Applied]
    assert {record.fields["firstname"] for record in back(org, one, two).values()} == {"x"}


def test_a_removal_deletes_and_a_second_one_finds_it_done(org: Dynamics) -> None:
    id = org.lead("ann")
    remove = Write(OperationId("op"), Kind.REMOVE, "lead", {}, id)
    for _ in range(2):
        assert list(org.connector().apply([remove])) == [Applied(remove.operation_id, id)]
    assert back(org, id) == {}


def test_a_listing_of_many_pages_tells_each_row_once(org: Dynamics) -> None:
    org.control("POST", "reset", {"seed": 3, "size": 800})
    pages = list(org.connector(page_size=50).read(ReadQuery("contact")))
    whole = [record.id for page in pages for record in page.records]
    assert len(whole) == len(set(whole)) == org.control("GET", "dynamics/contacts?limit=1")["total"]
    assert len(pages) > 5
