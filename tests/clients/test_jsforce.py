"""jsforce against the sandbox."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from keepstep_sandbox import credentials
from tests.clients.conftest import Served
from tests.clients.puppet import Puppet
from tests.sandbox.salesforce.client import CLIENT

APP = {"clientId": CLIENT["client_id"], "clientSecret": CLIENT["client_secret"]}
PASSWORD = credentials.SALESFORCE_PASSWORD + credentials.SALESFORCE_SECURITY_TOKEN
USER = {"username": credentials.SALESFORCE_USER, "password": PASSWORD}
SOQL = "SELECT Id, LastName, Owner.Email FROM Lead ORDER BY LastName"


@pytest.fixture
def org(served: Served) -> Served:
    """The org that the client is signed in to, with an external id on leads."""
    field = {"object": "Lead", "name": "Ext__c", "type": "string", "external_id": True}
    served.org.people("POST", "fields", field)
    return served


@pytest.fixture
def client(jsforce: Puppet, org: Served) -> Puppet:
    """The client, signed in by client credentials."""
    jsforce("sign_in", org.url, "client_credentials", APP)
    return jsforce


def leads(org: Served, *names: str) -> list[str]:
    """Let people make leads."""
    return [org.org.people("POST", "leads", {"LastName": name, "Company": "Acme"})["id"] for name in names]


@pytest.mark.parametrize(("way", "how"), [("client_credentials", APP), ("login", USER), ("login", {**APP, **USER})])
def test_client_credentials_the_soap_login_and_the_password_open_the_org(
    jsforce: Puppet, served: Served, way: str, how: dict[str, str]
) -> None:
    told = jsforce("sign_in", served.url, way, how)
    assert told["id"].startswith("005")
    assert told["organizationId"].startswith("00D")
    assert jsforce("limits")["DailyApiRequests"]["Max"] == 100_000
    assert jsforce("limitInfo") == {"apiUsage": {"used": 1, "limit": 100_000}}


def test_a_refused_sign_in_has_a_name_and_a_sentence(jsforce: Puppet, served: Served) -> None:
    refused = jsforce.refusal("sign_in", served.url, "client_credentials", {**APP, "clientSecret": "x"})
    assert (refused.kind, refused.text) == ("invalid_client", "invalid client credentials")
    refused = jsforce.refusal("sign_in", served.url, "login", {**USER, "password": "x"})
    assert refused.text.startswith("INVALID_LOGIN: Invalid username, password, security token")


def test_an_expired_session_is_renewed_by_the_refresh_token(jsforce: Puppet, org: Served) -> None:
    token = org.org.people("POST", "approvals")["refresh_token"]
    jsforce("sign_in", org.url, "refresh", {**APP, "more": {"accessToken": "expired", "refreshToken": token}})
    assert jsforce("every", SOQL) == []
    assert jsforce("refreshes") == 1
    org.org.control("POST", "weather", {"kind": "expire_tokens", "path": "/query"})
    assert jsforce("every", SOQL) == []
    assert jsforce("refreshes") == 2


def test_a_revoked_refresh_token_renews_nothing(jsforce: Puppet, org: Served) -> None:
    token = org.org.people("POST", "approvals")["refresh_token"]
    jsforce("sign_in", org.url, "refresh", {**APP, "more": {"accessToken": "expired", "refreshToken": token}})
    jsforce("oauth2.revokeToken", token)
    refused = jsforce.refusal("every", SOQL)
    assert refused.text.endswith("expired access/refresh token")


def test_a_client_that_logs_out_has_ended_its_session(client: Puppet, org: Served) -> None:
    token = client("sign_in", org.url, "client_credentials", APP) and client("accessToken")
    client("logout")
    client("sign_in", org.url, "session", {"more": {"accessToken": token}})
    assert client.refusal("every", SOQL).code == "INVALID_SESSION_ID"


def test_a_query_is_read_to_its_end_over_pages_and_with_the_deleted(client: Puppet, org: Served) -> None:
    ids = leads(org, *(f"Ode {n}" for n in range(5)))
    org.org.people("DELETE", f"leads/{ids[4]}")
    org.org.people("PUT", "settings", {"min_page": 2, "max_page": 2})
    assert [one["Id"] for one in client("every", SOQL)] == ids[:4]
    assert [one["Id"] for one in client("every", SOQL, {"scanAll": True})] == ids
    first = client("query", SOQL)
    assert (first["done"], first["totalSize"]) == (False, 4)
    assert client("queryMore", first["nextRecordsUrl"])["done"] is True


def test_one_record_is_made_read_changed_upserted_and_deleted(client: Puppet, org: Served) -> None:
    made = client("sobject.create", "Lead", {"LastName": "Ode", "Company": "Acme"})
    assert (made["success"], made["errors"]) == (True, [])
    lead = made["id"]
    assert client("sobject.retrieve", "Lead", lead)["LastName"] == "Ode"
    assert client("sobject.update", "Lead", {"Id": lead, "Title": "Poet"})["success"] is True
    assert org.org.people("GET", f"leads/{lead}")["Title"] == "Poet"
    body = {"Ext__c": "A 1/2", "LastName": "Elegy", "Company": "Acme"}
    created = [client("sobject.upsert", "Lead", body, "Ext__c")["created"] for _ in range(2)]
    assert created == [True, False]
    assert client("sobject.destroy", "Lead", lead)["success"] is True
    assert org.org.people("GET", f"leads/{lead}")["IsDeleted"] is True
    assert client.refusal("sobject.destroy", "Lead", lead).code == "ENTITY_IS_DELETED"


def test_many_records_go_as_a_collection_each_with_its_result(client: Puppet, org: Served) -> None:
    rows = [{"LastName": "Ode", "Company": "A", "Ext__c": "1"}, {"LastName": "Hymn", "Ext__c": "2"}]
    good, bad = client("sobject.create", "Lead", rows)
    assert (good["success"], bad["success"]) == (True, False)
    assert (
        bad["errors"][0]["errorCode" if "errorCode" in bad["errors"][0] else "statusCode"] == "REQUIRED_FIELD_MISSING"
    )
    rows[1]["Company"] = "B"
    assert [one["created"] for one in client("sobject.upsert", "Lead", rows, "Ext__c")] == [False, True]
    ids = [one["Id"] for one in org.org.people("GET", "leads")["items"]]
    assert {one["Id"] for one in client("sobject.retrieve", "Lead", ids)} == set(ids)
    assert [one["success"] for one in client("sobject.destroy", "Lead", ids)] == [True, True]
    assert client("every", SOQL) == []


def test_describe_tells_objects_and_fields(client: Puppet) -> None:
    names = {one["name"] for one in client("describeGlobal")["sobjects"]}
    assert {"Lead", "Contact", "Account", "User"} <= names
    (field,) = [one for one in client("describe", "Lead")["fields"] if one["name"] == "Ext__c"]
    assert (field["externalId"], field["nillable"]) == (True, True)
    assert client.refusal("describe", "Wombat").code == "NOT_FOUND"


def test_updated_and_deleted_list_ids(client: Puppet, org: Served) -> None:
    kept, gone = leads(org, "Ode", "Elegy")
    org.org.people("DELETE", f"leads/{gone}")
    now = datetime.now(UTC)
    span = [(now - timedelta(hours=1)).isoformat(), (now + timedelta(hours=1)).isoformat()]
    assert client("sobject.updated", "Lead", *span)["ids"] == [kept]
    assert [one["id"] for one in client("sobject.deleted", "Lead", *span)["deletedRecords"]] == [gone]


def test_a_bulk_load_tells_each_row_s_fate(client: Puppet, org: Served) -> None:
    rows = [{"LastName": "Ode", "Company": "Acme"}, {"LastName": "", "Company": "Acme"}]
    told = client("bulk2.loadAndWaitForResults", {"object": "Lead", "operation": "insert", "input": rows})
    (good,) = told["successfulResults"]
    (bad,) = told["failedResults"]
    assert org.org.people("GET", f"leads/{good['sf__Id']}")["LastName"] == "Ode"
    assert bad["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert told["unprocessedRecords"] in ([], "")


def test_a_job_that_breaks_down_tells_why(client: Puppet, org: Served) -> None:
    org.org.people("PUT", "breakdown", {"after": 1, "message": "InternalServerError : it broke"})
    rows = [{"LastName": name, "Company": "Acme"} for name in ("Ode", "Hymn")]
    refused = client.refusal("bulk2.loadAndWaitForResults", {"object": "Lead", "operation": "insert", "input": rows})
    assert refused.kind in ("Error", "JobFailedError")
    assert org.org.people("GET", "leads")["total"] == 1


@pytest.mark.parametrize("options", [{}, {"scanAll": True}])
def test_a_bulk_query_is_read_as_records(client: Puppet, org: Served, options: dict[str, Any]) -> None:
    ids = leads(org, "Ode, the first", "Hymn")
    org.org.people("DELETE", f"leads/{ids[1]}")
    told = client("bulk_query", "SELECT Id, LastName FROM Lead ORDER BY LastName DESC", options)
    assert [one["LastName"] for one in told] == ["Ode, the first", "Hymn"][: 2 if options else 1]


def test_errors_have_their_codes(client: Puppet, org: Served) -> None:
    assert client.refusal("every", "SELECT Wombat FROM Lead").code == "INVALID_FIELD"
    assert client.refusal("every", "SELECT Id FORM Lead").code == "MALFORMED_QUERY"
    (lead,) = leads(org, "Ode")
    org.org.people("PUT", f"leads/{lead}/lock", {"times": 1})
    assert client.refusal("sobject.update", "Lead", {"Id": lead, "Title": "Poet"}).code == "UNABLE_TO_LOCK_ROW"
    rule = {"object": "Lead", "when": "Title = 'Wombat'", "message": "No wombats.", "field": "Title"}
    org.org.people("PUT", "validation-rules/No_Wombats", rule)
    refused = client.refusal("sobject.update", "Lead", {"Id": lead, "Title": "Wombat"})
    assert (refused.code, refused.text) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No wombats.")
    org.org.people("PUT", "settings", {"daily_limit": 1})
    assert client.refusal("every", SOQL).code == "REQUEST_LIMIT_EXCEEDED"


def test_a_composite_call_uses_what_it_made(client: Puppet, org: Served) -> None:
    root = "/services/data/v60.0/sobjects"
    calls = [
        {"method": "POST", "url": f"{root}/Account", "referenceId": "acc", "body": {"Name": "Acme"}},
        {"method": "GET", "url": f"{root}/Account/@{{acc.id}}?fields=Name", "referenceId": "read"},
    ]
    told = client("requestPost", "/composite", {"compositeRequest": calls})["compositeResponse"]
    assert [one["httpStatusCode"] for one in told] == [201, 200]
    assert told[1]["body"]["Name"] == org.org.people("GET", f"accounts/{told[0]['body']['id']}")["Name"] == "Acme"
