"""The connector against the sandbox: people who delete, merge and convert, jobs both ways, sign-ins, and bad days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from keepstep.connectors.base import Cursor, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.connectors.salesforce import ClientCredentials, SalesforceConnector, SalesforceSettings, UserPassword
from keepstep.connectors.transport import Retries
from keepstep.core.errors import AuthError
from keepstep.core.model import Applied, Deletion, InDoubt, Kind, OperationId, Record, Rejected, Status, Value, Write
from keepstep_sandbox import credentials
from keepstep_sandbox.salesforce import SalesforceSettings as SandboxSettings
from keepstep_sandbox.salesforce import create_app
from keepstep_sandbox.server import SandboxServer

APP = ClientCredentials(credentials.SALESFORCE_CLIENT_ID, credentials.SALESFORCE_CLIENT_SECRET)
FIELDS = ("Email", "FirstName", "LastName", "Company", "HasOptedOutOfEmail", "CreatedDate")
LEADS = ReadQuery("lead", FIELDS)


class Salesforce:
    """A sandboxed org, the people who work in it, and connectors to it."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.connectors: list[SalesforceConnector] = []

    def control(self, method: str, path: str, body: object = None) -> Any:
        """What a person, or the weather, does."""
        reply = requests.request(method, f"{self.server.url}/_control/{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def connector(self, auth: ClientCredentials | UserPassword = APP, **options: Any) -> SalesforceConnector:
        """A fresh connector. A minute is a moment."""
        settings = SalesforceSettings(auth, self.server.url, **{"log_every_s": 0, **options})
        retries = Retries(attempts=3, first_wait_s=0.001, read_timeout_s=5)
        connector = SalesforceConnector(settings, retries=retries, sleep=lambda _: None)
        self.connectors.append(connector)
        return connector

    def lead(self, name: str, **fields: Value) -> str:
        """A lead with an address made of its name."""
        write = Write(OperationId(name), Kind.CREATE, "lead", {"LastName": name, "Email": f"{name}@a.test", **fields})
        [outcome] = self.connector().apply([write])
        assert isinstance(outcome, Applied), outcome
        return outcome.record_id


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(create_app(SandboxSettings(size=0))) as server:
        yield server


@pytest.fixture
def org(server: SandboxServer) -> Iterator[Salesforce]:
    """An org with its users and nobody else."""
    org = Salesforce(server)
    org.control("POST", "reset", {"seed": 1, "size": 0})
    yield org
    for connector in org.connectors:
        connector.close()


def records(pages: list[Page]) -> dict[str, Record]:
    return {record.id: record for page in pages for record in page.records}


def deletions(pages: list[Page]) -> list[Deletion]:
    return [deletion for page in pages for deletion in page.deletions]


def marked(org: Salesforce) -> Cursor:
    """The watermark of a listing that was just made."""
    *_, last = org.connector().read(LEADS)
    assert last.last
    return last.cursor or {}


def changed(org: Salesforce, cursor: Cursor) -> list[Page]:
    return list(org.connector().read(LEADS, cursor))


def update(id: str, **fields: Value) -> Write:
    return Write(OperationId(f"u-{id}"), Kind.UPDATE, "lead", fields, id)


def back(org: Salesforce, *ids: str) -> dict[str, Record]:
    return {record.id: record for record in org.connector().fetch(LEADS, FetchBy.ID, ids)}


def test_a_lead_without_a_company_is_made_and_reads_back_as_one_without(org: Salesforce) -> None:
    id = org.lead("ann")
    assert org.control("GET", f"salesforce/leads/{id}")["Company"] == "[[Unknown]]"
    assert records(list(org.connector().read(LEADS)))[id].fields["Company"] is None


def test_changes_are_told_and_a_second_look_finds_nothing_new_but_the_overlap(org: Salesforce) -> None:
    id, _ = org.lead("ann"), org.lead("bob")
    cursor = marked(org)
    list(org.connector().apply([update(id, FirstName="Anna")]))
    pages = changed(org, cursor)
    assert records(pages)[id].fields["FirstName"] == "Anna"
    assert pages[-1].last
    assert deletions(changed(org, pages[-1].cursor or {})) == []


def test_a_deletion_is_told_once_it_happens_and_taken_back_by_an_undeletion(org: Salesforce) -> None:
    id = org.lead("ann")
    cursor = marked(org)
    org.control("DELETE", f"salesforce/leads/{id}")
    assert {(gone.id, gone.merged_into) for gone in deletions(changed(org, cursor))} == {(id, None)}
    org.control("POST", f"salesforce/leads/{id}/undelete")
    pages = changed(org, cursor)
    assert deletions(pages) == []
    assert id in records(pages)


def test_a_chain_of_merges_names_the_record_that_is_left(org: Salesforce) -> None:
    one, two, three = (org.lead(name) for name in ("ann", "bob", "cy"))
    cursor = marked(org)
    org.control("POST", "salesforce/leads/merge", {"master": two, "others": [one]})
    org.control("POST", "salesforce/leads/merge", {"master": three, "others": [two]})
    assert {(gone.id, gone.merged_into) for gone in deletions(changed(org, cursor))} == {(one, three), (two, three)}


def test_a_conversion_is_told_with_its_contact_and_the_lead_is_written_no_more(org: Salesforce) -> None:
    id = org.lead("ann", Company="Acme")
    cursor = marked(org)
    became = org.control("POST", f"salesforce/leads/{id}/convert", {})
    lead = records(changed(org, cursor))[id]
    assert lead.status is Status.CONVERTED
    assert lead.fields["ConvertedContactId"] == became["contact"]
    [outcome] = org.connector().apply([update(id, FirstName="x")])
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.retry) == ("CANNOT_UPDATE_CONVERTED_LEAD", True)


def test_an_emptied_bin_means_reading_everything_again(org: Salesforce) -> None:
    id = org.lead("ann")
    cursor = {**marked(org), "log_through": "2026-01-01T00:00:00+00:00"}
    org.control("DELETE", f"salesforce/leads/{id}")
    org.control("POST", "salesforce/empty-recycle-bin")
    with pytest.raises(CursorExpired):
        changed(org, cursor)


def test_a_listing_by_a_job_tells_the_same_as_one_by_queries(org: Salesforce) -> None:
    org.control("POST", "reset", {"seed": 3, "size": 3000})
    by_queries = records(list(org.connector(page_size=200).read(LEADS)))
    options: dict[str, Any] = {"page_size": 200, "bulk_read_from": 200, "bulk_page_size": 150}
    pages = list(org.connector(**options).read(LEADS))
    assert len(by_queries) > 400
    assert records(pages) == by_queries
    assert all(len(page.records) <= 200 for page in pages)


def test_a_create_that_is_sent_twice_makes_one_lead(org: Salesforce) -> None:
    org.control("POST", "salesforce/fields", {"object": "Lead", "name": "Key__c", "external_id": True})
    connector = org.connector(external_id_field="Key__c")
    write = Write(OperationId("op"), Kind.CREATE, "lead", {"LastName": "Ode"}, external_id="k/1 'x'")
    first, second = (list(connector.apply([write])) for _ in range(2))
    assert first == second
    [found] = connector.fetch(LEADS, FetchBy.EXTERNAL_ID, ["k/1 'x'"])
    assert found.external_id == "k/1 'x'"


def test_each_row_of_a_collection_has_its_own_fate(org: Salesforce) -> None:
    ids = [org.lead(name) for name in ("ann", "bob", "cy")]
    writes = [update(ids[0], FirstName="Anna"), update(ids[1], LastName="x" * 81), update(ids[2], Email="no address")]
    outcomes = {outcome.operation_id: outcome for outcome in org.connector().apply(writes)}
    assert outcomes[writes[0].operation_id] == Applied(writes[0].operation_id, ids[0])
    codes = [outcome.code for outcome in outcomes.values() if isinstance(outcome, Rejected)]
    assert sorted(codes) == ["INVALID_EMAIL_ADDRESS", "STRING_TOO_LONG"]
    assert back(org, *ids)[ids[0]].fields["FirstName"] == "Anna"


def test_a_job_writes_clears_and_refuses_as_a_collection_does(org: Salesforce) -> None:
    ids = [org.lead(name, FirstName="x", Company="Acme") for name in ("ann", "bob", "cy", "di")]
    writes = [
        update(ids[0], FirstName='Anna, \n"A"'),
        update(ids[1], FirstName=None),
        update(ids[2], LastName="x" * 81),
    ]
    writes.append(update(ids[3], Company="Other"))
    outcomes = list(org.connector(bulk_write_from=2).apply(writes))
    assert len(outcomes) == 4
    assert [outcome.code for outcome in outcomes if isinstance(outcome, Rejected)] == ["STRING_TOO_LONG"]
    now = back(org, *ids)
    assert now[ids[0]].fields["FirstName"] == 'Anna, \n"A"'
    assert now[ids[1]].fields["FirstName"] is None
    assert (now[ids[3]].fields["FirstName"], now[ids[3]].fields["Company"]) == ("x", "Other")


@pytest.mark.parametrize("threshold", [1, 100])
def test_a_removal_can_be_taken_back_by_a_person(org: Salesforce, threshold: int) -> None:
    id = org.lead("ann")
    remove = Write(OperationId("op"), Kind.REMOVE, "lead", {}, id)
    assert list(org.connector(bulk_write_from=threshold).apply([remove])) == [Applied(remove.operation_id, id)]
    assert back(org, id) == {}
    org.control("POST", f"salesforce/leads/{id}/undelete")
    assert set(back(org, id)) == {id}


def test_a_duplicate_rule_refuses_unless_the_connection_allows_duplicates(org: Salesforce) -> None:
    org.lead("ann")
    org.control("PUT", "salesforce/duplicate-rules/R", {"object": "Lead", "fields": ["Email"]})
    again = Write(OperationId("op"), Kind.CREATE, "lead", {"LastName": "Ode", "Email": "ann@a.test"})
    [outcome] = org.connector().apply([again])
    assert isinstance(outcome, Rejected)
    assert outcome.code == "DUPLICATES_DETECTED"
    [outcome] = org.connector(allow_duplicates=True).apply([again])
    assert isinstance(outcome, Applied)


def test_a_create_whose_answer_got_lost_is_in_doubt_and_found_by_its_email(org: Salesforce) -> None:
    connector = org.connector()
    connector.check()
    org.control("POST", "weather", {"kind": "lose_reply", "path": "composite"})
    write = Write(OperationId("op"), Kind.CREATE, "lead", {"LastName": "Ode", "Email": "o'x@a.test"})
    [outcome] = connector.apply([write])
    assert isinstance(outcome, InDoubt)
    assert len(list(connector.fetch(LEADS, FetchBy.EMAIL, ["O'X@A.test"]))) == 1


@pytest.mark.parametrize("app", [{}, {"client_id": APP.client_id, "client_secret": APP.client_secret}])
def test_a_user_signs_in_by_password_with_and_without_an_app(org: Salesforce, app: dict[str, str]) -> None:
    user = (credentials.SALESFORCE_USER, credentials.SALESFORCE_PASSWORD, credentials.SALESFORCE_SECURITY_TOKEN)
    org.connector(UserPassword(*user, **app)).check()
    with pytest.raises(AuthError):
        org.connector(UserPassword(user[0], "wrong", user[2], **app)).check()


def test_users_are_read_with_their_state(org: Salesforce) -> None:
    users = records(list(org.connector().read(ReadQuery("user", ("Email", "IsActive")))))
    assert users
    assert all((user.status is Status.ACTIVE) == (user.fields["IsActive"] is True) for user in users.values())
