"""Composite: several calls in one, which may use each other's results; all or nothing where it's wanted."""

from typing import Any

import pytest

from tests.sandbox.salesforce.client import ROOT, SalesforceClient, error_of


def call(reference: str, path: str, body: Any = None, method: str = "POST") -> dict[str, Any]:
    return {"method": method, "url": f"{ROOT}{path}", "referenceId": reference, "body": body}


def run(client: SalesforceClient, *calls: dict[str, Any], all_or_none: bool = False) -> list[dict[str, Any]]:
    reply = client.call("POST", "/composite", {"allOrNone": all_or_none, "compositeRequest": list(calls)})
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["compositeResponse"]
    return found


ACCOUNT = call("acc", "/sobjects/Account", {"Name": "Acme"})
CONTACT = call("con", "/sobjects/Contact", {"LastName": "Roe", "AccountId": "@{acc.id}"})


def test_a_call_uses_what_an_earlier_one_gave(salesforce: SalesforceClient) -> None:
    query = call("all", "/query?q=SELECT+Id,Account.Name+FROM+Contact+WHERE+Id='@{con.id}'", method="GET")
    change = call("patch", "/sobjects/Contact/@{all.records[0].Id}", {"Title": "Head"}, "PATCH")
    account, contact, found, changed = run(salesforce, ACCOUNT, CONTACT, query, change)
    assert account["httpHeaders"] == {"Location": f"{ROOT}/sobjects/Account/{account['body']['id']}"}
    assert (contact["referenceId"], contact["httpStatusCode"]) == ("con", 201)
    assert found["body"]["records"][0]["Account"]["Name"] == "Acme"
    assert (changed["httpStatusCode"], changed["body"]) == (204, None)
    assert salesforce.rows("SELECT Title FROM Contact") == [{"Title": "Head"}]


def test_a_failure_stands_alone_unless_it_is_all_or_none(salesforce: SalesforceClient) -> None:
    bad = call("bad", "/sobjects/Lead", {"LastName": "Ode"})
    assert [one["httpStatusCode"] for one in run(salesforce, ACCOUNT, bad)] == [201, 400]
    many = call("many", "/composite/sobjects", {"records": [{"attributes": {"type": "Contact"}, "LastName": "C"}]})
    first, second, third = run(salesforce, ACCOUNT, many, bad, all_or_none=True)
    assert (first["httpStatusCode"], first["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")
    assert second["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert third["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert salesforce.ask("SELECT COUNT() FROM Account")["totalSize"] == 1
    assert salesforce.rows("SELECT Id FROM Contact") == []


def test_a_reference_to_what_failed_or_was_never_there_halts_its_call(salesforce: SalesforceClient) -> None:
    (alone,) = run(salesforce, CONTACT)
    assert (alone["httpStatusCode"], alone["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")
    (lost,) = run(salesforce, call("x", "/nowhere", method="GET"))
    assert lost["httpStatusCode"] == 404


@pytest.mark.parametrize(
    "calls",
    [
        [],
        [ACCOUNT, ACCOUNT],
        [call("a b", "/limits", method="GET")],
        [call(f"r{n}", "/limits", method="GET") for n in range(26)],
        [call(f"r{n}", "/query?q=SELECT+Id+FROM+Lead", method="GET") for n in range(6)],
    ],
)
def test_too_many_calls_and_names_that_are_none_are_refused(
    salesforce: SalesforceClient, calls: list[dict[str, Any]]
) -> None:
    assert error_of(salesforce.call("POST", "/composite", {"compositeRequest": calls}))[0] == 400
