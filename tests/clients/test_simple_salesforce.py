"""simple-salesforce against the sandbox, over TLS, which is all that it speaks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from keepstep_sandbox import credentials
from tests.clients.conftest import Served
from tests.clients.puppet import Puppet, Refused, moment
from tests.sandbox.salesforce.client import CLIENT

USER, PASSWORD, TOKEN = (
    credentials.SALESFORCE_USER,
    credentials.SALESFORCE_PASSWORD,
    credentials.SALESFORCE_SECURITY_TOKEN,
)
APP = {"consumer_key": CLIENT["client_id"], "consumer_secret": CLIENT["client_secret"]}
CREDENTIALS = {**APP, "domain": "acme.my"}
QUICK = {"wait": 0.01}


@pytest.fixture
def client(simple_salesforce: Puppet, served_with_tls: Served) -> Puppet:
    """The client, signed in by client credentials."""
    simple_salesforce("sign_in", served_with_tls.url, served_with_tls.certificate, **CREDENTIALS)
    return simple_salesforce


@pytest.fixture(autouse=True)
def org(served_with_tls: Served) -> Served:
    """The org that the client is signed in to, with an external id on leads."""
    field = {"object": "Lead", "name": "Ext__c", "type": "string", "external_id": True}
    served_with_tls.org.people("POST", "fields", field)
    return served_with_tls


def test_each_way_of_signing_in_opens_the_org(simple_salesforce: Puppet, served_with_tls: Served) -> None:
    key = served_with_tls.org.people("GET", "key")["private_key"]
    ways: list[dict[str, Any]] = [
        CREDENTIALS,
        {"username": USER, "password": PASSWORD, **APP},
        {"username": USER, "password": PASSWORD, "security_token": TOKEN},
        {"username": USER, "consumer_key": APP["consumer_key"], "privatekey": key},
    ]
    for way in ways:
        simple_salesforce("sign_in", served_with_tls.url, served_with_tls.certificate, **way)
        assert simple_salesforce("limits")["DailyApiRequests"]["Max"] == 100_000
    usage = simple_salesforce("api_usage")
    assert usage["api-usage"] == [4, 100_000]


@pytest.mark.parametrize(
    ("way", "code", "message"),
    [
        ({**CREDENTIALS, "consumer_secret": "x"}, "invalid_client", "invalid client credentials"),
        ({**APP, "username": USER, "password": "x"}, "invalid_grant", "authentication failure"),
        ({"username": USER, "password": "x", "security_token": TOKEN}, "INVALID_LOGIN", "Invalid username, password"),
    ],
)
def test_a_refused_sign_in_has_a_code_and_a_sentence(
    simple_salesforce: Puppet, served_with_tls: Served, way: dict[str, str], code: str, message: str
) -> None:
    refused = simple_salesforce.refusal("sign_in", served_with_tls.url, served_with_tls.certificate, **way)
    assert (refused.kind, refused.code) == ("SalesforceAuthenticationFailed", code)
    assert message in refused.text


def test_an_expired_session_is_renewed_by_itself(client: Puppet, org: Served) -> None:
    org.org.control("POST", "weather", {"kind": "expire_tokens", "path": "/query"})
    assert client("query", "SELECT Id FROM Lead")["totalSize"] == 0
    counts = org.org.control("GET", "requests")["counts"]
    assert counts["POST /services/oauth2/token"] == 2


def test_a_session_without_a_way_to_renew_it_ends_for_good(simple_salesforce: Puppet, org: Served) -> None:
    org.org.sign_in()
    token = str(org.org.session.headers["Authorization"]).removeprefix("Bearer ")
    simple_salesforce("sign_in", org.url, org.certificate, session_id=token)
    assert simple_salesforce("query", "SELECT Id FROM Lead")["records"] == []
    org.org.control("POST", "weather", {"kind": "expire_tokens", "path": "/query"})
    refused = simple_salesforce.refusal("query", "SELECT Id FROM Lead")
    assert (refused.kind, refused.status) == ("SalesforceExpiredSession", 401)
    assert refused.content == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_a_query_comes_page_by_page_and_query_all_sees_the_deleted(client: Puppet, org: Served) -> None:
    ids = [client("Lead.create", {"LastName": f"Ode {n}", "Company": "Acme"})["id"] for n in range(5)]
    client("Lead.delete", ids[4])
    org.org.people("PUT", "settings", {"min_page": 2, "max_page": 2})
    soql = "SELECT Id, LastName, Email, Owner.Email, IsDeleted FROM Lead ORDER BY LastName"
    first = client("query", soql)
    assert (first["totalSize"], first["done"], len(first["records"])) == (4, False, 2)
    assert first["records"][0]["Owner"]["Email"] == USER
    assert first["records"][0]["Email"] is None
    second = client("query_more", first["nextRecordsUrl"], identifier_is_url=True)
    assert ("nextRecordsUrl" in second, second["done"]) == (False, True)
    every = client("query_all", soql, include_deleted=True)["records"]
    assert [(one["Id"], one["IsDeleted"]) for one in every] == [(i, i == ids[4]) for i in ids]


def test_a_cursor_that_people_ended_is_an_invalid_locator(client: Puppet, org: Served) -> None:
    for n in range(3):
        org.org.people("POST", "leads", {"LastName": f"Ode {n}", "Company": "Acme"})
    org.org.people("PUT", "settings", {"min_page": 2, "max_page": 2})
    first = client("query", "SELECT Id FROM Lead")
    org.org.people("DELETE", "cursors")
    refused = client.refusal("query_more", first["nextRecordsUrl"], identifier_is_url=True)
    assert (refused.status, refused.content[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_one_record_is_made_read_changed_upserted_and_deleted(client: Puppet, org: Served) -> None:
    made = client("Lead.create", {"LastName": "Ode", "Company": "Acme", "Email": "ode@acme.example"})
    assert (made["success"], made["errors"]) == (True, [])
    lead = made["id"]
    assert client("Lead.get", lead)["Email"] == "ode@acme.example"
    assert client("Lead.update", lead, {"Email": None, "Title": "Poet"}) == 204
    told = org.org.people("GET", f"leads/{lead}")
    assert (told["Email"], told["Title"]) == (None, "Poet")
    body = {"LastName": "Elegy", "Company": "Acme"}
    assert client("Lead.upsert", "Ext__c/A%2F1", body) == 201
    assert client("Lead.upsert", "Ext__c/A%2F1", {**body, "Title": "Muse"}) == 200
    assert client("Lead.get_by_custom_id", "Ext__c", "A/1")["Title"] == "Muse"
    assert client("Lead.delete", lead) == 204
    assert org.org.people("GET", f"leads/{lead}")["IsDeleted"] is True
    refused = client.refusal("Lead.delete", lead)
    assert (refused.kind, refused.content[0]["errorCode"]) == ("SalesforceResourceNotFound", "ENTITY_IS_DELETED")


def test_describe_tells_objects_and_fields(client: Puppet) -> None:
    names = {one["name"] for one in client("describe")["sobjects"]}
    assert {"Lead", "Contact", "Account", "User"} <= names
    described = client("Lead.describe")
    (field,) = [one for one in described["fields"] if one["name"] == "Ext__c"]
    assert (field["type"], field["externalId"], field["unique"], field["custom"]) == ("string", True, True, True)
    assert client("Lead.metadata")["objectDescribe"]["keyPrefix"] == "00Q"
    assert client.refusal("Wombat.describe").status == 404


def test_updated_and_deleted_take_aware_datetimes_only(client: Puppet) -> None:
    kept = client("Lead.create", {"LastName": "Ode", "Company": "Acme"})["id"]
    gone = client("Lead.create", {"LastName": "Elegy", "Company": "Acme"})["id"]
    client("Lead.delete", gone)
    now = datetime.now(UTC)
    start, end = now - timedelta(hours=1), now + timedelta(hours=1)
    assert client("Lead.updated", moment(start), moment(end))["ids"] == [kept]
    deleted = client("Lead.deleted", moment(start), moment(end))
    assert [one["id"] for one in deleted["deletedRecords"]] == [gone]
    assert deleted["earliestDateAvailable"] < deleted["latestDateCovered"]
    naive = client.refusal("Lead.deleted", moment(start.replace(tzinfo=None)), moment(end.replace(tzinfo=None)))
    assert (naive.status, naive.content[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")


def test_a_collection_has_a_result_for_each_record(client: Puppet, org: Served) -> None:
    kind = {"type": "Contact"}
    body = {"allOrNone": False, "records": [{"attributes": kind, "LastName": "Roe"}, {"attributes": kind}]}
    made, failed = client("restful", "composite/sobjects", method="POST", json=body)
    assert org.org.people("GET", f"contacts/{made['id']}")["LastName"] == "Roe"
    assert "id" not in failed
    assert failed["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    body["allOrNone"] = True
    rolled_back, _ = client("restful", "composite/sobjects", method="POST", json=body)
    assert rolled_back["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert org.org.people("GET", "contacts")["total"] == 1


def test_a_composite_call_uses_what_it_made(client: Puppet, org: Served) -> None:
    root = "/services/data/v60.0/sobjects"
    calls = [
        {"method": "POST", "url": f"{root}/Account", "referenceId": "acc", "body": {"Name": "Acme"}},
        {"method": "POST", "url": f"{root}/Contact", "referenceId": "con",
         "body": {"LastName": "Roe", "AccountId": "@{acc.id}"}},
    ]  # fmt: skip
    told = client("restful", "composite", method="POST", json={"allOrNone": True, "compositeRequest": calls})
    account, contact = (one["body"]["id"] for one in told["compositeResponse"])
    assert org.org.people("GET", f"contacts/{contact}")["AccountId"] == account


def test_a_bulk_insert_tells_each_row_s_fate(client: Puppet, org: Served) -> None:
    rows = [
        {"LastName": "Ode", "Company": "Acme"},
        {"LastName": "", "Company": "Acme"},
        {"LastName": "Hymn", "Company": "B"},
    ]
    (told,) = client("bulk2.Lead.insert", records=rows, **QUICK)
    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"], told["numberRecordsTotal"]) == (3, 1, 3)
    fates = client("bulk2.Lead.get_all_ingest_records", told["job_id"])
    assert {one["LastName"] for one in fates["successfulRecords"]} == {"Ode", "Hymn"}
    (failed,) = fates["failedRecords"]
    assert failed["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert fates["unprocessedRecords"] == []
    assert {one["LastName"] for one in org.org.people("GET", "leads")["items"]} == {"Ode", "Hymn"}


def test_bulk_update_upsert_and_delete_find_their_rows(client: Puppet, org: Served) -> None:
    (told,) = client("bulk2.Lead.upsert", records=[{"Ext__c": "1", "LastName": "Ode", "Company": "A"}],
                     external_id_field="Ext__c", **QUICK)  # fmt: skip
    assert told["numberRecordsFailed"] == 0
    (lead,) = org.org.people("GET", "leads")["items"]
    client("bulk2.Lead.update", records=[{"Id": lead["Id"], "Title": "Poet"}], **QUICK)
    assert org.org.people("GET", f"leads/{lead['Id']}")["Title"] == "Poet"
    client("bulk2.Lead.delete", records=[{"Id": lead["Id"]}], **QUICK)
    assert org.org.people("GET", f"leads/{lead['Id']}")["IsDeleted"] is True


def test_a_job_that_breaks_down_raises_and_leaves_rows_unprocessed(client: Puppet, org: Served) -> None:
    org.org.people("PUT", "breakdown", {"after": 1})
    rows = [{"LastName": name, "Company": "Acme"} for name in ("Ode", "Hymn", "Psalm")]
    with pytest.raises(Refused, match="the batch failed"):
        client("bulk2.Lead.insert", records=rows, **QUICK)
    assert org.org.people("GET", "leads")["total"] == 1


def test_a_bulk_query_comes_page_by_page(client: Puppet, org: Served) -> None:
    for n in range(5):
        org.org.people("POST", "leads", {"LastName": f"Ode, {n}", "Company": "Acme"})
    pages = client("bulk2.Lead.query", "SELECT Id, LastName FROM Lead ORDER BY LastName", max_records=2, **QUICK)
    assert [page.count("00Q") for page in pages] == [2, 2, 1]
    assert '"Ode, 4"' in pages[2]


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Wombat FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Wombat", "INVALID_TYPE"),
        ("SELECT Id FORM Lead", "MALFORMED_QUERY"),
    ],
)
def test_a_query_that_makes_no_sense_is_a_malformed_request(client: Puppet, soql: str, code: str) -> None:
    refused = client.refusal("query", soql)
    assert (refused.kind, refused.content[0]["errorCode"]) == ("SalesforceMalformedRequest", code)


def test_a_used_up_day_is_a_refused_request(client: Puppet, org: Served) -> None:
    org.org.people("PUT", "settings", {"daily_limit": 5})
    org.org.people("PUT", "usage", {"calls": 5})
    refused = client.refusal("query", "SELECT Id FROM Lead")
    assert (refused.kind, refused.status) == ("SalesforceRefusedRequest", 403)
    assert refused.content[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"


def test_a_duplicate_is_refused_and_an_alert_can_be_passed(client: Puppet, org: Served) -> None:
    org.org.people("PUT", "duplicate-rules/Leads_DR", {"object": "Lead", "fields": ["Email"]})
    body = {"LastName": "Ode", "Company": "Acme", "Email": "ode@acme.example"}
    client("Lead.create", body)
    refused = client.refusal("Lead.create", body)
    assert refused.content[0]["errorCode"] == "DUPLICATES_DETECTED"
    allowed = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=true; runAsCurrentUser=true"}
    assert client("Lead.create", body, headers=allowed)["success"] is True
