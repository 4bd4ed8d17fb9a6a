"""Bulk API 2.0: jobs, their states, the fate of each row; queries page by page."""

import csv
import io
from typing import Any

import pytest

from tests.sandbox.salesforce.client import SalesforceClient, error_of


def made(client: SalesforceClient, **job: object) -> Any:
    """Make an ingest job."""
    reply = client.call("POST", "/jobs/ingest", {"object": "Lead", "operation": "insert", **job})
    assert reply.status_code == 200, reply.text
    return reply.json()


def upload(client: SalesforceClient, job: Any, text: str) -> int:
    """Send a job's file; give the status."""
    url = f"{client.url}/{job['contentUrl']}"
    return client.session.put(url, data=text.encode(), headers={"Content-Type": "text/csv"}, timeout=20).status_code


def run(client: SalesforceClient, text: str, **job: object) -> Any:
    """Make a job, send its file, wait for its end; give what it tells then."""
    job_told = made(client, **job)
    assert upload(client, job_told, text) == 201
    path = f"/jobs/ingest/{job_told['id']}"
    assert client.call("PATCH", path, {"state": "UploadComplete"}).json()["state"] == "UploadComplete"
    states = [client.call("GET", path).json() for _ in range(2)]
    assert states[0]["state"] == "InProgress"
    return states[1]


def rows(client: SalesforceClient, job: Any, which: str) -> list[dict[str, str]]:
    """Read one of an ingest job's three results."""
    reply = client.call("GET", f"/jobs/ingest/{job['id']}/{which}")
    assert reply.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(reply.text)))


@pytest.fixture
def keyed(salesforce: SalesforceClient) -> SalesforceClient:
    """An org whose leads have an external id."""
    salesforce.people("POST", "fields", {"object": "Lead", "name": "Ext__c", "external_id": True})
    return salesforce


def test_an_ingest_job_is_complete_although_a_row_failed_and_tells_each_row_s_fate(keyed: SalesforceClient) -> None:
    old = keyed.lead("Old", Ext__c="1")
    text = "Ext__c,LastName,Company,Email\n1,New,Acme,n@x.test\n2,Two,Acme,\n3,,Acme,\n4,Four,Acme,bad\n"
    job = run(keyed, text, operation="upsert", externalIdFieldName="Ext__c")
    assert (job["state"], job["jobType"], job["apiVersion"]) == ("JobComplete", "V2Ingest", 60.0)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (4, 2)
    good = {row["Ext__c"]: row for row in rows(keyed, job, "successfulResults/")}
    assert (good["1"]["sf__Id"], good["1"]["sf__Created"], good["2"]["sf__Created"]) == (old, "false", "true")
    bad = {row["Ext__c"]: row["sf__Error"] for row in rows(keyed, job, "failedResults/")}
    assert bad["3"] == "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
    assert bad["4"] == "INVALID_EMAIL_ADDRESS:Email: invalid email address: bad:Email --"
    assert rows(keyed, job, "unprocessedRecords/") == rows(keyed, job, "unprocessedrecords") == []


def test_an_empty_cell_leaves_a_field_alone_and_na_clears_it(salesforce: SalesforceClient) -> None:
    lead = salesforce.lead("Ode", Title="Head", Phone="1", DoNotCall=True)
    text = f"Id,Title,Phone,DoNotCall\r\n{lead},,#N/A,false\r\n"
    assert run(salesforce, text, operation="update", lineEnding="CRLF")["numberRecordsFailed"] == 0
    found = salesforce.rows("SELECT Title, Phone, DoNotCall FROM Lead")
    assert found == [{"Title": "Head", "Phone": None, "DoNotCall": False}]


def test_delete_goes_to_the_recycle_bin_and_hard_delete_does_not(salesforce: SalesforceClient) -> None:
    soft, hard = salesforce.lead("Soft"), salesforce.lead("Hard")
    run(salesforce, f"Id\n{soft}\n", operation="delete")
    run(salesforce, f"Id\n{hard}\n", operation="hardDelete")
    assert salesforce.rows("SELECT Id FROM Lead", deleted=True) == [{"Id": soft}]


def test_a_value_of_the_wrong_type_fails_its_row_only(salesforce: SalesforceClient) -> None:
    job = run(salesforce, "LastName,Company,DoNotCall\nA,Acme,perhaps\nB,Acme,true\n")
    (bad,) = rows(salesforce, job, "failedResults")
    assert bad["sf__Error"].startswith("INVALID_FIELD:Failed to deserialize field")
    assert "'perhaps' is not a valid value for the type xsd:boolean:DoNotCall --" in bad["sf__Error"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LastName,Foo\nA,1\n", "InvalidBatch : Field name not found : Foo"),
        ("LastName,Company\r\nA,1\r\n", "ClientInputError : LineEnding is invalid on user data."),
        ("", "InvalidBatch : The file is empty"),
    ],
)
def test_a_file_that_does_not_fit_fails_the_job_as_a_whole(
    salesforce: SalesforceClient, text: str, message: str
) -> None:
    job = run(salesforce, text)
    assert (job["state"], job["numberRecordsProcessed"]) == ("Failed", 0)
    assert job["errorMessage"].startswith(message)


def test_a_job_that_breaks_down_has_rows_that_succeeded_failed_and_were_not_processed(
    salesforce: SalesforceClient,
) -> None:
    salesforce.people("PUT", "breakdown", {"after": 2})
    job = run(salesforce, "LastName,Company\nA,1\nB,\nC,3\nD,4\n")
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("Failed", 2, 1)
    assert [row["LastName"] for row in rows(salesforce, job, "successfulResults")] == ["A"]
    (failed,) = rows(salesforce, job, "failedResults")
    assert failed["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert sorted(row["LastName"] for row in rows(salesforce, job, "unprocessedrecords")) == ["C", "D"]


def test_a_job_takes_one_file_can_be_aborted_and_is_deleted_after_its_end_only(salesforce: SalesforceClient) -> None:
    job = made(salesforce)
    path = f"/jobs/ingest/{job['id']}"
    assert (job["state"], job["lineEnding"], job["columnDelimiter"]) == ("Open", "LF", "COMMA")
    assert job["contentUrl"] == f"services/data/v60.0{path}/batches"
    assert (upload(salesforce, job, "Id\n"), upload(salesforce, job, "Id\n")) == (201, 400)
    assert error_of(salesforce.call("DELETE", path)) == (400, "INVALIDJOBSTATE")
    assert salesforce.call("PATCH", path, {"state": "Aborted"}).json()["state"] == "Aborted"
    assert salesforce.call("DELETE", path).status_code == 204
    assert error_of(salesforce.call("GET", path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("job", "code"),
    [
        ({"object": "Nope"}, "INVALID_TYPE"),
        ({"operation": "guess"}, "INVALIDJOB"),
        ({"columnDelimiter": "DASH"}, "INVALIDJOB"),
        ({"operation": "upsert", "externalIdFieldName": "Nope__c"}, "INVALID_FIELD"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(salesforce: SalesforceClient, job: dict[str, str], code: str) -> None:
    body = {"object": "Lead", "operation": "insert", **job}
    assert error_of(salesforce.call("POST", "/jobs/ingest", body)) == (400, code)


def query_job(client: SalesforceClient, soql: str, operation: str = "query") -> str:
    """Make a query job and wait for its end; give the path of its results."""
    job = client.call("POST", "/jobs/query", {"operation": operation, "query": soql}).json()
    assert (job["state"], "contentUrl" in job) == ("UploadComplete", False)
    path = f"/jobs/query/{job['id']}"
    assert [client.call("GET", path).json()["state"] for _ in range(2)] == ["InProgress", "JobComplete"]
    return f"{path}/results"


def test_a_query_job_s_results_come_in_pages_each_with_a_header_and_a_locator(salesforce: SalesforceClient) -> None:
    for name in ("A", 'B "x", y', "C"):
        salesforce.lead(name)
    results = query_job(salesforce, "SELECT LastName, IsDeleted, Owner.Alias, Email FROM Lead ORDER BY LastName")
    first = salesforce.call("GET", f"{results}?maxRecords=2")
    assert first.text == (
        '"LastName","IsDeleted","Owner.Alias","Email"\n"A","false","ada",""\n"B ""x"", y","false","ada",""\n'
    )
    assert first.headers["Sforce-NumberOfRecords"] == "2"
    path = f"{results}?maxRecords=2&locator={first.headers['Sforce-Locator']}"
    last = [salesforce.call("GET", path) for _ in range(2)]  # a locator can be used again
    assert last[0].text == last[1].text == '"LastName","IsDeleted","Owner.Alias","Email"\n"C","false","ada",""\n'
    assert last[0].headers["Sforce-Locator"] == "null"


def test_query_all_sees_deleted_rows_and_moments_end_in_z(salesforce: SalesforceClient) -> None:
    salesforce.people("DELETE", f"leads/{salesforce.lead()}")
    reply = salesforce.call("GET", query_job(salesforce, "SELECT IsDeleted, SystemModstamp FROM Lead", "queryAll"))
    (row,) = csv.DictReader(io.StringIO(reply.text))
    assert row["IsDeleted"] == "true"
    assert row["SystemModstamp"].endswith(".000Z")
    empty = salesforce.call("GET", query_job(salesforce, "SELECT Id FROM Lead"))
    assert (empty.text, empty.headers["Sforce-Locator"]) == ('"Id"\n', "null")


def test_results_are_asked_for_by_the_version_of_the_job(salesforce: SalesforceClient) -> None:
    results = query_job(salesforce, "SELECT Id FROM Lead")
    url = f"{salesforce.url}/services/data/v61.0{results}"
    assert salesforce.session.get(url, timeout=20).status_code == 409
    early = salesforce.call("POST", "/jobs/query", {"operation": "query", "query": "SELECT Id FROM Lead"}).json()
    assert error_of(salesforce.call("GET", f"/jobs/query/{early['id']}/results")) == (400, "INVALIDJOBSTATE")
    assert salesforce.call("PATCH", f"/jobs/query/{early['id']}", {"state": "Aborted"}).json()["state"] == "Aborted"
    assert salesforce.call("DELETE", f"/jobs/query/{early['id']}").status_code == 204


def test_a_query_job_refuses_what_the_bulk_api_cannot(salesforce: SalesforceClient) -> None:
    for soql, code in (
        ("SELECT COUNT() FROM Lead", "API_ERROR"),
        ("SELECT Nope FROM Lead", "INVALID_FIELD"),
        ("SELECT", "MALFORMED_QUERY"),
    ):
        body = {"operation": "query", "query": soql}
        assert error_of(salesforce.call("POST", "/jobs/query", body)) == (400, code)


def test_jobs_can_be_listed(salesforce: SalesforceClient) -> None:
    ingest = made(salesforce)["id"]
    query = salesforce.call("POST", "/jobs/query", {"operation": "query", "query": "SELECT Id FROM Lead"}).json()["id"]
    for path, job, kind in (("/jobs/ingest", ingest, "V2Ingest"), ("/jobs/query", query, "V2Query")):
        told = salesforce.call("GET", path).json()
        assert (told["done"], told["nextRecordsUrl"]) == (True, None)
        assert [(one["id"], one["jobType"]) for one in told["records"]] == [(job, kind)]


def test_a_query_s_results_have_the_delimiter_and_line_ending_of_the_job(salesforce: SalesforceClient) -> None:
    salesforce.lead(Title="Poet")
    job = {"operation": "query", "query": "SELECT LastName, Title FROM Lead"}
    unknown = salesforce.call("POST", "/jobs/query", {**job, "columnDelimiter": "SPACE"})
    assert error_of(unknown) == (400, "INVALIDJOB")
    job |= {"columnDelimiter": "PIPE", "lineEnding": "CRLF"}
    path = f"/jobs/query/{salesforce.call('POST', '/jobs/query', job).json()['id']}"
    for _ in range(2):
        salesforce.call("GET", path)
    assert salesforce.call("GET", f"{path}/results").content == b'"LastName"|"Title"\r\n"Ode"|"Poet"\r\n'
