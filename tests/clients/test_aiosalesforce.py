"""aiosalesforce against the sandbox."""

from pathlib import Path
from typing import Any

import pytest

from keepstep_sandbox import credentials
from tests.clients.conftest import Served
from tests.clients.puppet import Puppet
from tests.sandbox.salesforce.client import CLIENT

SOQL = "SELECT Id, LastName FROM Lead ORDER BY LastName"


@pytest.fixture
def org(served: Served) -> Served:
    """The org that the client is signed in to, with an external id on leads."""
    field = {"object": "Lead", "name": "Ext__c", "type": "string", "external_id": True}
    served.org.people("POST", "fields", field)
    return served


@pytest.fixture
def client(aiosalesforce: Puppet, org: Served) -> Puppet:
    """The client, signed in by client credentials."""
    aiosalesforce("sign_in", org.url, "client_credentials", **CLIENT)
    return aiosalesforce


def test_each_way_of_signing_in_opens_the_org(aiosalesforce: Puppet, served: Served, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text(served.org.people("GET", "key")["private_key"])
    user = {"username": credentials.SALESFORCE_USER}
    ways: dict[str, dict[str, str]] = {
        "client_credentials": CLIENT,
        "jwt": {**user, "client_id": CLIENT["client_id"], "private_key_file": str(key)},
        "soap": {
            **user,
            "password": credentials.SALESFORCE_PASSWORD,
            "security_token": credentials.SALESFORCE_SECURITY_TOKEN,
        },
    }
    for way, how in ways.items():
        aiosalesforce("sign_in", served.url, way, **how)
        assert aiosalesforce("get_limits")["DailyApiRequests"]["Max"] == 100_000


@pytest.mark.parametrize(
    ("way", "how", "code"),
    [
        ("client_credentials", {**CLIENT, "client_secret": "x"}, "invalid_client"),
        ("soap", {"username": credentials.SALESFORCE_USER, "password": "x", "security_token": ""}, "INVALID_LOGIN"),
    ],
)
def test_a_refused_sign_in_has_a_code(
    aiosalesforce: Puppet, served: Served, way: str, how: dict[str, str], code: str
) -> None:
    aiosalesforce("sign_in", served.url, way, **how)
    refused = aiosalesforce.refusal("get_limits")
    assert (refused.kind, refused.code) == ("AuthenticationError", code)


def test_an_expired_session_is_renewed_by_itself(client: Puppet, org: Served) -> None:
    assert client("query", SOQL) == []
    org.org.control("POST", "weather", {"kind": "expire_tokens", "path": "/query"})
    assert client("query", SOQL) == []


def test_a_soap_session_says_how_long_it_lives(aiosalesforce: Puppet, served: Served) -> None:
    served.org.people("PUT", "settings", {"session_s": 1234})
    how = {"password": credentials.SALESFORCE_PASSWORD, "security_token": credentials.SALESFORCE_SECURITY_TOKEN}
    aiosalesforce("sign_in", served.url, "soap", username=credentials.SALESFORCE_USER, **how)
    aiosalesforce("get_limits")
    assert aiosalesforce("seconds_left") == pytest.approx(1234, abs=30)


def test_a_query_is_read_to_its_end_over_pages_and_with_the_deleted(client: Puppet, org: Served) -> None:
    ids = [client("sobject.create", "Lead", {"LastName": f"Ode {n}", "Company": "Acme"}) for n in range(5)]
    client("sobject.delete", "Lead", ids[4])
    org.org.people("PUT", "settings", {"min_page": 2, "max_page": 2})
    assert [one["Id"] for one in client("query", SOQL)] == ids[:4]
    assert [one["Id"] for one in client("query", SOQL, include_all_records=True)] == ids


def test_one_record_is_made_read_changed_upserted_and_deleted(client: Puppet, org: Served) -> None:
    lead = client("sobject.create", "Lead", {"LastName": "Ode", "Company": "Acme"})
    client("sobject.update", "Lead", lead, {"Title": "Poet"})
    told = client("sobject.get", "Lead", lead, fields=["LastName", "Title"])
    assert (told["LastName"], told["Title"], "Company" in told) == ("Ode", "Poet", False)
    body = {"LastName": "Elegy", "Company": "Acme"}
    told = [client("sobject.upsert", "Lead", "A 1", external_id_field="Ext__c", data=body) for _ in range(2)]
    assert [one["created"] for one in told] == [True, False]
    assert client("sobject.get", "Lead", "A 1", external_id_field="Ext__c", fields=["Id"])["Id"] == told[0]["id"]
    client("sobject.delete", "Lead", "A 1", external_id_field="Ext__c")
    assert org.org.people("GET", f"leads/{told[0]['id']}")["IsDeleted"] is True
    assert client.refusal("sobject.get", "Lead", told[0]["id"]).kind == "NotFoundError"


def test_a_composite_call_is_all_or_none_and_uses_what_it_made(client: Puppet, org: Served) -> None:
    told = client("account_with_contact", {"Name": "Acme"}, {"LastName": "Roe"})
    account, contact = (told[name][1]["id"] for name in ("account", "contact"))
    assert org.org.people("GET", f"contacts/{contact}")["AccountId"] == account
    told = client("account_with_contact", {"Name": "Bilge"}, {"FirstName": "Jo"})
    assert [told[name][0] for name in ("account", "contact")] == [400, 400]
    codes = [told[name][1][0]["errorCode"] for name in ("account", "contact")]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert [one["Name"] for one in org.org.people("GET", "accounts")["items"]] == ["Acme"]


def test_a_bulk_insert_tells_each_row_s_fate_and_upsert_and_delete_find_theirs(client: Puppet) -> None:
    rows: list[dict[str, Any]] = [
        {"Ext__c": "1", "LastName": "Ode", "Company": "A"},
        {"Ext__c": "2", "LastName": "Hymn"},
    ]
    told = client("bulk_v2.insert", "Lead", rows)
    (good,) = told["successful_results"]
    (bad,) = told["failed_results"]
    assert (good["Ext__c"], good["sf__Created"]) == ("1", "true")
    assert bad["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    rows = [{**row, "Company": "B"} for row in rows]
    told = client("bulk_v2.upsert", "Lead", rows, external_id_field="Ext__c")
    assert {one["Ext__c"]: one["sf__Created"] for one in told["successful_results"]} == {"1": "false", "2": "true"}
    ids = [{"Id": one["sf__Id"]} for one in told["successful_results"]]
    assert len(client("bulk_v2.delete", "Lead", ids)["successful_results"]) == 2
    assert client("query", SOQL) == []


def test_a_job_that_breaks_down_leaves_rows_unprocessed(client: Puppet, org: Served) -> None:
    org.org.people("PUT", "breakdown", {"after": 1})
    told = client(
        "bulk_v2.insert", "Lead", [{"LastName": name, "Company": "Acme"} for name in ("Ode", "Hymn", "Psalm")]
    )
    assert [job["state"] for job in told["jobs"]] == ["Failed"]
    assert [len(told[name]) for name in ("successful_results", "failed_results", "unprocessed_records")] == [1, 0, 2]


def test_jobs_can_be_listed_aborted_and_deleted(client: Puppet) -> None:
    job = client("bulk_v2.ingest.create_job", "insert", "Lead")
    assert client("bulk_v2.ingest.abort_job", job["id"])["state"] == "Aborted"
    assert [(one["id"], one["state"]) for one in client("bulk_v2.ingest.list_jobs")] == [(job["id"], "Aborted")]
    client("bulk_v2.ingest.delete_job", job["id"])
    assert client("bulk_v2.ingest.list_jobs") == []


def test_a_locked_row_is_tried_again_until_it_is_free(client: Puppet, org: Served) -> None:
    lead = client("sobject.create", "Lead", {"LastName": "Ode", "Company": "Acme"})
    org.org.people("PUT", f"leads/{lead}/lock", {"times": 1})
    client("sobject.update", "Lead", lead, {"Title": "Poet"})
    assert org.org.people("GET", f"leads/{lead}")["Title"] == "Poet"


def test_a_duplicate_names_the_records_it_was_found_to_equal(client: Puppet, org: Served) -> None:
    org.org.people("PUT", "duplicate-rules/Leads_DR", {"object": "Lead", "fields": ["Email"]})
    body = {"LastName": "Ode", "Company": "Acme", "Email": "ode@acme.example"}
    lead = client("sobject.create", "Lead", body)
    refused = client.refusal("sobject.create", "Lead", body)
    assert refused.kind == "DuplicatesDetectedError"
    assert [(one["id"], one["sobject"], one["match_confidence"]) for one in refused.content] == [(lead, "Lead", 100.0)]


def test_a_used_up_day_is_an_error_of_its_own(client: Puppet, org: Served) -> None:
    org.org.people("PUT", "settings", {"daily_limit": 0})
    refused = client.refusal("query", SOQL)
    assert (refused.kind, refused.code) == ("RequestLimitExceededError", "REQUEST_LIMIT_EXCEEDED")
