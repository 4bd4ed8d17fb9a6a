"""Collections: results in order, failures beside successes, all or nothing."""

from typing import Any

import pytest

from tests.sandbox.salesforce.client import SalesforceClient, error_of

PATH = "/composite/sobjects"


def lead(**fields: object) -> dict[str, Any]:
    return {"attributes": {"type": "Lead"}, "Company": "Acme", **fields}


def test_a_call_is_200_with_a_result_for_each_record_in_order(salesforce: SalesforceClient) -> None:
    records = [lead(LastName="A"), lead(), {"attributes": {"type": "Contact"}, "LastName": "C"}]
    reply = salesforce.call("POST", PATH, {"allOrNone": False, "records": records})
    first, second, third = reply.json()
    assert reply.status_code == 200
    assert first == {"id": first["id"], "success": True, "errors": []}
    message = "Required fields are missing: [LastName]"
    error = {"statusCode": "REQUIRED_FIELD_MISSING", "message": message, "fields": ["LastName"]}
    assert second == {"success": False, "errors": [error]}
    assert third["id"].startswith("003")


def test_all_or_none_takes_everything_back(salesforce: SalesforceClient) -> None:
    kept = salesforce.lead("Kept")
    records = [{**lead(LastName="New"), "id": kept}, {**lead(Email="bad"), "id": salesforce.lead("Other")}]
    results = salesforce.call("PATCH", PATH, {"allOrNone": True, "records": records}).json()
    codes = [one["errors"][0]["statusCode"] for one in results]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_EMAIL_ADDRESS"]
    assert salesforce.rows("SELECT LastName FROM Lead ORDER BY LastName") == [
        {"LastName": "Kept"},
        {"LastName": "Other"},
    ]
    salesforce.call("POST", PATH, {"allOrNone": True, "records": [lead(LastName="A"), lead()]})
    assert salesforce.ask("SELECT COUNT() FROM Lead")["totalSize"] == 2


def test_an_update_needs_ids_and_each_but_once(salesforce: SalesforceClient) -> None:
    made = salesforce.lead()
    records = [lead(LastName="A"), lead(id=made, Title="x"), lead(Id=made[:15], Title="y")]
    results = salesforce.call("PATCH", PATH, {"records": records}).json()
    assert [one["errors"][0]["statusCode"] if one["errors"] else "" for one in results] == [
        "MISSING_ARGUMENT",
        "",
        "DUPLICATE_VALUE",
    ]
    assert results[0]["errors"][0]["message"] == "Id not specified in an update call"


@pytest.mark.parametrize(
    ("records", "code"), [([], "REQUIRED_FIELD_MISSING"), ([lead()] * 201, "EXCEEDED_MAX_RECORDS")]
)
def test_none_and_more_than_200_are_refused_as_a_whole(
    salesforce: SalesforceClient, records: list[Any], code: str
) -> None:
    assert error_of(salesforce.call("POST", PATH, {"records": records})) == (400, code)


def test_upsert_takes_external_ids_only_and_tells_what_was_created(salesforce: SalesforceClient) -> None:
    salesforce.people("POST", "fields", {"object": "Lead", "name": "Ext__c", "external_id": True})
    salesforce.lead("Old", Ext__c="1")
    records = [lead(Ext__c="1", LastName="New"), lead(Ext__c="2", LastName="Two"), lead(LastName="Three")]
    results = salesforce.call("PATCH", f"{PATH}/Lead/Ext__c", {"records": records}).json()
    assert [one.get("created") for one in results] == [False, True, None]
    assert results[2]["errors"][0]["statusCode"] == "MISSING_ARGUMENT"
    found = salesforce.rows("SELECT LastName FROM Lead ORDER BY Ext__c")
    assert found == [{"LastName": "New"}, {"LastName": "Two"}]
    assert error_of(salesforce.call("PATCH", f"{PATH}/Lead/Title", {"records": records})) == (400, "INVALID_FIELD")


def test_a_locked_row_a_duplicate_and_a_deleted_record_fail_alone(salesforce: SalesforceClient) -> None:
    locked, gone, twin = salesforce.lead("L"), salesforce.lead("G"), salesforce.lead("T", Email="t@x.test")
    salesforce.people("PUT", f"leads/{locked}/lock", {"times": 1})
    salesforce.people("DELETE", f"leads/{gone}")
    salesforce.people("PUT", "duplicate-rules/R", {"object": "Lead", "fields": ["Email"]})
    other = salesforce.lead("O")
    records = [lead(id=locked), lead(id=gone), lead(id=other, Email="T@x.test"), lead(id=twin, Title="x")]
    results = salesforce.call("PATCH", PATH, {"allOrNone": False, "records": records}).json()
    codes = [one["errors"][0]["statusCode"] if one["errors"] else "" for one in results]
    assert codes == ["UNABLE_TO_LOCK_ROW", "ENTITY_IS_DELETED", "DUPLICATES_DETECTED", ""]


def test_deletes_and_reads_take_lists_of_ids(salesforce: SalesforceClient) -> None:
    ids = [salesforce.lead("A"), salesforce.lead("B")]
    body = {"ids": [ids[1], "00QKs0000000999", ids[0]], "fields": ["LastName"]}
    found = salesforce.call("POST", f"{PATH}/Lead", body).json()
    assert [one and one["LastName"] for one in found] == ["B", None, "A"]
    assert salesforce.call("GET", f"{PATH}/Lead?ids={ids[0]}&fields=LastName").json()[0]["LastName"] == "A"
    results = salesforce.call("DELETE", f"{PATH}?ids={ids[0]},nonsense&allOrNone=false").json()
    assert [one["success"] for one in results] == [True, False]
    results = salesforce.call("DELETE", f"{PATH}?ids={ids[1]},{ids[0]}&allOrNone=true").json()
    assert [one["errors"][0]["statusCode"] for one in results] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "ENTITY_IS_DELETED",
    ]
    assert salesforce.rows("SELECT Id FROM Lead") == [{"Id": ids[1]}]
