"""netsuite against the sandbox of NetSuite, over TLS; every call is signed by token-based authentication."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from keepstep_sandbox import credentials
from tests.clients.conftest import puppet
from tests.clients.puppet import Puppet
from tests.sandbox.netsuite_client import BATCH, NetSuiteClient, error_of

TOKENS = {
    "consumer_key": credentials.NETSUITE_CONSUMER_KEY,
    "consumer_secret": credentials.NETSUITE_CONSUMER_SECRET,
    "token_id": credentials.NETSUITE_TOKEN_ID,
    "token_secret": credentials.NETSUITE_TOKEN_SECRET,
}
CUSTOMER, CONTACT = "/record/v1/customer", "/record/v1/contact"


@pytest.fixture(scope="module")
def process() -> Iterator[Puppet]:
    with puppet("netsuite") as client:
        yield client


@pytest.fixture
def account(account_with_tls: NetSuiteClient) -> NetSuiteClient:
    """The account that the client is let into."""
    return account_with_tls


@pytest.fixture
def client(process: Puppet, account: NetSuiteClient) -> Puppet:
    """The client, with its tokens."""
    process("sign_in", account.url, account.session.verify, credentials.NETSUITE_ACCOUNT, **TOKENS)
    return process


def made(client: Puppet, path: str, **body: object) -> str:
    """Make a record; its id is in a header, which the client's own `post` doesn't give."""
    told = client("request", "POST", path, json=body)
    assert (told["status"], told["body"]) == (204, None)
    return str(told["headers"]["location"].rpartition("/")[2])


def error(refused: Any) -> tuple[Any, ...]:
    """Give the status, the code and the pointer of a refusal."""
    return (refused.status, *error_of(json.loads(refused.content)))


def test_a_signature_by_another_secret_or_for_another_account_is_refused(
    process: Puppet, account: NetSuiteClient
) -> None:
    for realm, changed in ((credentials.NETSUITE_ACCOUNT, {"token_secret": "x"}), ("7654321", {})):
        process("sign_in", account.url, account.session.verify, realm, **{**TOKENS, **changed})
        assert error(process.refusal("get", CUSTOMER)) == (401, "INVALID_LOGIN", "")


def test_one_record_is_made_read_changed_and_deleted(client: Puppet, account: NetSuiteClient) -> None:
    assert client("post", CUSTOMER, json={"companyName": "Beta"}) is None
    acme = made(client, CUSTOMER, companyName="Ácme & Söhne", externalId="A-1")
    path = f"{CUSTOMER}/{acme}"
    found = client("get", path)
    assert (found["companyName"], found["externalId"], found["searchStage"]) == ("Ácme & Söhne", "A-1", "Customer")
    assert client("get", path, params={"fields": "companyName"}).keys() == {"links", "id", "companyName"}
    assert client("patch", path, json={"email": "info@acme.example"}) is None
    assert account.control("GET", f"netsuite/customers/{acme}")["email"] == "info@acme.example"
    assert client("delete", path) is None
    assert error(client.refusal("get", path)) == (404, "NONEXISTENT_ID", "id")
    told = client("suiteql", "SELECT recordid, type FROM deletedrecord")["items"]
    assert told == [{"links": [], "recordid": acme, "type": "Customer"}]


def test_an_upsert_by_external_id_makes_a_record_once(client: Puppet, account: NetSuiteClient) -> None:
    path = f"{CUSTOMER}/eid:A-2"
    for email in ("a@acme.example", "b@acme.example"):
        assert client("put", path, json={"companyName": "Acme", "email": email}) is None
    (only,) = account.control("GET", "netsuite/customers")["items"]
    assert (only["externalId"], only["email"]) == ("A-2", "b@acme.example")
    assert client("get", path)["id"] == str(only["id"])


def test_a_contact_points_at_its_company(client: Puppet, account: NetSuiteClient) -> None:
    acme = made(client, CUSTOMER, companyName="Acme")
    ann = made(client, CONTACT, firstName="Ann", lastName="Ode", company={"id": acme})
    company = client("get", f"{CONTACT}/{ann}")["company"]
    assert (company["id"], company["refName"]) == (acme, f"CUST{acme} Acme")
    query = "SELECT c.id, cu.companyname FROM contact c INNER JOIN customer cu ON cu.id = c.company"
    (row,) = client("suiteql", query)["items"]
    assert (row["id"], row["companyname"]) == (ann, "Acme")
    assert str(account.control("GET", f"netsuite/contacts/{ann}")["company"]) == acme


def test_a_list_has_ids_and_links_and_comes_page_by_page(client: Puppet) -> None:
    ids = [made(client, CUSTOMER, companyName=f"Acme {n}") for n in range(5)]
    pages = [client("get", CUSTOMER, params={"limit": 2, "offset": offset}) for offset in (0, 2, 4)]
    assert [[one["id"] for one in page["items"]] for page in pages] == [ids[:2], ids[2:4], ids[4:]]
    assert [(page["hasMore"], page["totalResults"]) for page in pages] == [(True, 5), (True, 5), (False, 5)]
    found = client("get", CUSTOMER, params={"q": 'companyName IS "Acme 3"'})
    assert [one["id"] for one in found["items"]] == [ids[3]]


def test_suiteql_comes_page_by_page_and_by_its_keyset(client: Puppet) -> None:
    ids = [made(client, CONTACT, firstName="Ann", lastName=f"Ode {n}", title="Poet") for n in range(5)]
    query = "SELECT id, lastname, email FROM contact WHERE title = ? ORDER BY id"
    pages = [client("suiteql", query, limit=2, offset=n, json={"params": ["Poet"]}) for n in (0, 2, 4)]
    assert [[one["id"] for one in page["items"]] for page in pages] == [ids[:2], ids[2:4], ids[4:]]
    assert pages[0]["items"][0] == {"links": [], "id": ids[0], "lastname": "Ode 0"}  # no email, no key
    rest = client("suiteql", f"SELECT id FROM contact WHERE id > {ids[2]} ORDER BY id")
    assert [one["id"] for one in rest["items"]] == ids[3:]


def test_a_batch_becomes_a_job_with_a_task_for_each_record(client: Puppet, account: NetSuiteClient) -> None:
    items = [{"firstName": "Ann", "lastName": "Ode"}, {"firstName": "Bob", "lastName": "Roe", "company": {"id": "9"}}]
    told = client("request", "POST", CONTACT, json={"items": items}, headers=BATCH)
    assert (told["status"], told["headers"]["preference-applied"]) == (202, "respond-async")
    job = told["headers"]["location"].removeprefix("/services/rest")
    progress = [client("get", job)["progress"] for _ in range(3)]
    assert progress == ["pending", "processing", "succeeded"]
    tasks = [one["id"] for one in client("get", f"{job}/task")["items"]]
    fates = [client("request", "GET", f"{job}/task/{task}/result") for task in tasks]
    assert sorted(one["status"] for one in fates) == [204, 400]
    assert [one["lastName"] for one in account.control("GET", "netsuite/contacts")["items"]] == ["Ode"]


def test_record_types_are_described_in_both_notations(client: Puppet) -> None:
    schema = client("jsonschema", "customer")
    assert schema["properties"]["companyName"]["maxLength"] == 83
    told = client("openapi", ["contact"])
    assert told["openapi"].startswith("3.")
    assert told["components"]["schemas"].keys() == {"contact"}


def test_what_makes_no_sense_has_a_code_and_a_pointer(client: Puppet) -> None:
    unknown = client.refusal("post", CONTACT, json={"firstName": "Ann", "lastName": "Ode", "wombat": 1})
    assert error(unknown) == (400, "NONEXISTENT_FIELD", "wombat")
    nobody = client.refusal("post", CONTACT, json={"firstName": "Ann", "lastName": "Ode", "company": {"id": "9"}})
    assert error(nobody)[:2] == (400, "INVALID_KEY_OR_REF")
    assert error(client.refusal("suiteql", "SELECT wombat FROM customer"))[:2] == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize("status", [429, 400])
def test_one_request_too_many_at_once_has_its_code_under_either_status(
    client: Puppet, account: NetSuiteClient, status: int
) -> None:
    account.control("PUT", "netsuite/settings", {"concurrency_limit": 0, "concurrency_status": status})
    assert error(client.refusal("get", CUSTOMER)) == (status, "CONCURRENCY_LIMIT_EXCEEDED", "")
