"""What people do in the NetSuite sandbox, and how it looks from the API; how many may come in at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from keepstep_sandbox.netsuite import NetSuiteSettings, create_app
from keepstep_sandbox.server import SandboxServer
from tests.sandbox.netsuite_client import RECORDS, TIMEOUT_S, NetSuiteClient, error_of

SINCE = "lastmodifieddate >= SYSDATE - 1/24"


def test_a_stage_change_moves_the_customer_s_stamp_and_not_its_contacts(netsuite: NetSuiteClient) -> None:
    company = netsuite.made_yesterday("customers", {"companyName": "Acme", "entityStatus": "7"})
    contact = netsuite.made_yesterday("contacts", {"lastName": "Ode", "company": company})
    netsuite.control("POST", f"netsuite/customers/{company}/stage", {"stage": "Customer"})
    assert netsuite.items(f"SELECT id, searchstage FROM customer WHERE {SINCE}") == [
        {"id": company, "searchstage": "Customer"}
    ]
    assert netsuite.items(f"SELECT id FROM contact WHERE {SINCE}") == []
    joined = f"SELECT c.id FROM contact c JOIN customer cu ON cu.id = c.company WHERE cu.{SINCE}"
    assert netsuite.items(joined) == [{"id": contact}]


def test_a_merge_leaves_the_master_with_a_new_stamp_and_a_deleted_row(netsuite: NetSuiteClient) -> None:
    master = netsuite.made_yesterday("contacts", {"lastName": "Master", "email": "kept@x.test"})
    gone: dict[str, object] = {"lastName": "Other", "email": "gone@x.test", "title": "Buyer", "externalId": "X"}
    other = netsuite.made_yesterday("contacts", gone)
    netsuite.control("POST", "netsuite/contacts/merge", {"master": master, "others": [other]})
    assert netsuite.call("GET", f"{RECORDS}/contact/{other}").status_code == 404
    kept = netsuite.items(f"SELECT id, email, title, externalid FROM contact WHERE {SINCE}")
    assert kept == [{"id": master, "email": "kept@x.test", "title": "Buyer"}]
    assert netsuite.items("SELECT recordid, type FROM deletedrecord") == [{"recordid": other, "type": "Contact"}]


def test_a_customer_s_contacts_move_with_a_merge_and_stay_without_company_after_a_deletion(
    netsuite: NetSuiteClient,
) -> None:
    master, other = netsuite.new_company("One"), netsuite.new_company("Two")
    contact = netsuite.new_contact(company={"id": other})
    netsuite.control("POST", "netsuite/customers/merge", {"master": master, "others": [other]})
    assert netsuite.control("GET", f"netsuite/contacts/{contact}")["company"] == master
    netsuite.control("DELETE", f"netsuite/customers/{master}")
    assert netsuite.control("GET", f"netsuite/contacts/{contact}")["company"] is None


def test_people_edit_inactivate_and_reactivate(netsuite: NetSuiteClient) -> None:
    made = netsuite.control(
        "POST", "netsuite/contacts", {"lastName": "Ode", "email": "a@x.test", "contactSource": "-4"}
    )["id"]
    netsuite.control("PATCH", f"netsuite/contacts/{made}", {"email": "b@x.test"})
    netsuite.control("POST", f"netsuite/contacts/{made}/inactivate")
    row = netsuite.items(
        f"SELECT email, isinactive, BUILTIN.DF(contactsource) AS source FROM contact WHERE id = {made}"
    )
    assert row == [{"email": "b@x.test", "isinactive": "T", "source": "Web"}]
    netsuite.control("POST", f"netsuite/contacts/{made}/reactivate")
    assert netsuite.control("GET", f"netsuite/contacts/{made}")["isInactive"] is False


def test_records_can_be_read_in_full_without_signing_in(netsuite: NetSuiteClient) -> None:
    told = netsuite.control("GET", "netsuite/contacts?fields=email,custentity_act_on_score&limit=2&offset=1")
    assert told["total"] == 40
    assert [set(item) for item in told["items"]] == [{"id", "email", "custentity_act_on_score"}] * 2


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "netsuite/contacts/999999", None, 404),
        ("GET", "netsuite/invoices", None, 404),
        ("POST", "netsuite/contacts/merge", {"master": 1}, 404),
        ("POST", "netsuite/fields", {"record": "contact", "id": "score"}, 400),
        ("POST", "netsuite/fields", {"record": "contact", "id": "custentity_act_on_score"}, 400),
        ("DELETE", "netsuite/fields/contact/email", None, 404),
        ("PUT", "netsuite/settings", {"seed": 2}, 400),
        ("PUT", "netsuite/settings", {"colour": "red"}, 400),
        ("PUT", "netsuite/settings", {"time_zone": "Mars/Olympus"}, 400),
        ("PUT", "netsuite/settings", {"permissions": ["everything"]}, 400),
        ("POST", "netsuite/certificates", {"id": "x", "pem": "no key"}, 400),
        ("POST", "reset", {"size": -1}, 400),
        ("POST", "reset", [], 400),
    ],
)
def test_a_control_call_that_makes_no_sense_is_refused(
    netsuite: NetSuiteClient, method: str, path: str, body: object, status: int
) -> None:
    reply = netsuite.session.request(method, f"{netsuite.url}/_control/{path}", json=body, timeout=TIMEOUT_S)
    assert reply.status_code == status


@pytest.mark.parametrize("status", [429, 400])
def test_more_requests_at_once_than_the_limit_are_refused(netsuite: NetSuiteClient, status: int) -> None:
    netsuite.control("PUT", "netsuite/settings", {"concurrency_limit": 2, "concurrency_status": status})
    netsuite.control("PUT", "latency", {"seconds": 0.3})
    path = f"{RECORDS}/customer/101"

    def call() -> requests.Response:
        return requests.get(netsuite.url + path, headers=netsuite.signed("GET", path), timeout=TIMEOUT_S)

    with ThreadPoolExecutor(6) as pool:
        replies = [future.result() for future in [pool.submit(call) for _ in range(6)]]
    refused = [reply for reply in replies if reply.status_code != 200]
    assert [reply.status_code for reply in refused] == [status] * 4
    assert {error_of(reply.json())[0] for reply in refused} == {"CONCURRENCY_LIMIT_EXCEEDED"}
    assert not any("Retry-After" in reply.headers for reply in refused)
    netsuite.control("PUT", "latency", {"seconds": 0.0})
    assert [netsuite.call("GET", path).status_code for _ in range(3)] == [200, 200, 200]


def test_a_write_whose_reply_was_lost_has_landed(netsuite: NetSuiteClient) -> None:
    netsuite.control("POST", "weather", {"kind": "lose_reply", "method": "POST", "path": "/contact$"})
    with pytest.raises(requests.ConnectionError):
        netsuite.new_contact(externalId="AON-1")
    assert netsuite.call("GET", f"{RECORDS}/contact/eid:AON-1").status_code == 200


def test_requests_are_counted_by_endpoint(netsuite: NetSuiteClient) -> None:
    netsuite.new_contact()
    netsuite.items("SELECT id FROM contact")
    counts = netsuite.control("GET", "requests")["counts"]
    assert counts == {
        "POST /services/rest/query/v1/suiteql": 1,
        "POST /services/rest/record/v1/{record}": 1,
    }


def test_a_oneworld_account_needs_a_subsidiary() -> None:
    app = create_app(NetSuiteSettings(size=5, one_world=True))
    with SandboxServer(app) as server, requests.Session() as session:
        client = NetSuiteClient(server.url, session)
        refused = client.call("POST", f"{RECORDS}/customer", {"companyName": "x"})
        assert "Primary Subsidiary" in refused.json()["o:errorDetails"][0]["detail"]
        wrong = client.call("POST", f"{RECORDS}/customer", {"companyName": "x", "subsidiary": {"id": "9999"}})
        assert error_of(wrong.json()) == ("INVALID_CONTENT", "subsidiary")
        company = client.new_company(subsidiary={"id": "2"})
        query = f"SELECT BUILTIN.DF(subsidiary) AS s FROM customer WHERE id = {company}"
        assert client.items(query) == [{"s": "Parent Company : Europe"}]


def test_a_no_op_write_moves_the_stamp_unless_told_not_to(netsuite: NetSuiteClient) -> None:
    contact = netsuite.made_yesterday("contacts", {"lastName": "Ode", "title": "Buyer"})
    netsuite.control("PUT", "netsuite/settings", {"noop_moves_modified": False})
    netsuite.call("PATCH", f"{RECORDS}/contact/{contact}", {"title": "Buyer"})
    assert netsuite.items(f"SELECT id FROM contact WHERE {SINCE}") == []
    netsuite.control("PUT", "netsuite/settings", {"noop_moves_modified": True})
    netsuite.call("PATCH", f"{RECORDS}/contact/{contact}", {"title": "Buyer"})
    assert netsuite.items(f"SELECT id FROM contact WHERE {SINCE}") == [{"id": contact}]
