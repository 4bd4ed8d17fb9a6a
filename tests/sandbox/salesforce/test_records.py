"""Single records: the statuses, the rules of the org, what a refusal looks like; describe."""

from typing import Any

import pytest

from tests.sandbox.salesforce.client import SalesforceClient, error_of


@pytest.fixture
def keyed(salesforce: SalesforceClient) -> SalesforceClient:
    """An org whose leads and contacts have an external id."""
    for kind in ("Lead", "Contact"):
        field = {"object": kind, "name": "Ext__c", "length": 40, "external_id": True}
        salesforce.people("POST", "fields", field)
    return salesforce


def test_create_is_201_with_a_location_and_update_and_delete_are_204(salesforce: SalesforceClient) -> None:
    made = salesforce.call("POST", "/sobjects/Lead/", {"LastName": "Ode", "Company": "Acme"})
    assert made.status_code == 201
    body = made.json()
    assert body == {"id": body["id"], "success": True, "errors": []}
    path = f"/sobjects/Lead/{body['id']}"
    assert made.headers["Location"] == f"/services/data/v60.0{path}"
    changed = salesforce.call("PATCH", path, {"FirstName": "Ann"})
    assert (changed.status_code, changed.content) == (204, b"")
    read = salesforce.call("GET", f"{path}?fields=Name,Status,Email").json()
    assert {name: read[name] for name in ("Name", "Status", "Email")} == {
        "Name": "Ann Ode",
        "Status": "Open - Not Contacted",
        "Email": None,
    }
    gone = salesforce.call("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_record_in_the_recycle_bin_is_404_entity_is_deleted(salesforce: SalesforceClient, method: str) -> None:
    lead = salesforce.lead()
    salesforce.call("DELETE", f"/sobjects/Lead/{lead}")
    reply = salesforce.call(method, f"/sobjects/Lead/{lead}", {"Title": "x"})
    assert reply.status_code == 404
    assert reply.json() == [{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}]


@pytest.mark.parametrize(
    ("method", "code"),
    [("GET", "NOT_FOUND"), ("PATCH", "INVALID_CROSS_REFERENCE_KEY"), ("DELETE", "INVALID_CROSS_REFERENCE_KEY")],
)
def test_an_unknown_id_is_404(salesforce: SalesforceClient, method: str, code: str) -> None:
    assert error_of(salesforce.call(method, "/sobjects/Lead/00QKs0000000999", {"Title": "x"})) == (404, code)


@pytest.mark.parametrize(
    ("body", "code", "fields"),
    [
        ({"LastName": "Ode"}, "REQUIRED_FIELD_MISSING", ["Company"]),
        ({"Company": "Acme"}, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ({"LastName": "x" * 81, "Company": "A"}, "STRING_TOO_LONG", ["LastName"]),
        ({"LastName": "O", "Company": "A", "Email": "a@b"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ({"LastName": "O", "Company": "A", "Nope": 1}, "INVALID_FIELD", None),
        (
            {"LastName": "O", "Company": "A", "MasterRecordId": "00QKs0000000001"},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            ["MasterRecordId"],
        ),
        ({"LastName": "O", "Company": "A", "Status": "Odd"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Status"]),
        ({"LastName": "O", "Company": "A", "OwnerId": "me"}, "MALFORMED_ID", ["OwnerId"]),
        ({"LastName": "O", "Company": "A", "OwnerId": "001Ks0000000001"}, "MALFORMED_ID", ["OwnerId"]),
        ({"LastName": "O", "Company": "A", "OwnerId": "005Ks0000000005"}, "INACTIVE_OWNER_OR_USER", ["OwnerId"]),
        (
            {"LastName": "O", "Company": "A", "OwnerId": "005Ks0000000999"},
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            [],
        ),
        ({"LastName": "O", "Company": "A", "DoNotCall": "perhaps"}, "JSON_PARSER_ERROR", None),
    ],
)
def test_a_value_that_cannot_be_is_400(
    salesforce: SalesforceClient, body: dict[str, Any], code: str, fields: list[str] | None
) -> None:
    reply = salesforce.call("POST", "/sobjects/Lead", body)
    assert error_of(reply) == (400, code)
    assert reply.json()[0].get("fields") == fields
    assert salesforce.rows("SELECT Id FROM Lead") == []


def test_users_are_read_only_and_an_insert_has_no_id(salesforce: SalesforceClient) -> None:
    (sam,) = salesforce.rows("SELECT Id FROM User WHERE Email LIKE 'sam%'")
    refused = salesforce.call("PATCH", f"/sobjects/User/{sam['Id']}", {"Alias": "x"})
    assert error_of(refused) == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    gone = salesforce.call("DELETE", f"/sobjects/User/{sam['Id']}")
    assert error_of(gone) == (400, "INSUFFICIENT_ACCESS_OR_READONLY")
    body = {"Id": salesforce.lead(), "LastName": "O", "Company": "A"}
    assert error_of(salesforce.call("POST", "/sobjects/Lead", body)) == (400, "INVALID_FIELD")


def test_a_contact_belongs_to_no_queue_but_may_be_without_account(salesforce: SalesforceClient) -> None:
    (queue,) = salesforce.rows("SELECT Id FROM Group")
    body = {"LastName": "Roe", "OwnerId": queue["Id"]}
    assert error_of(salesforce.call("POST", "/sobjects/Contact", body)) == (400, "MALFORMED_ID")
    account = salesforce.create("Account", Name="Acme")
    contact = salesforce.create("Contact", LastName="Roe", AccountId=account)
    assert salesforce.call("PATCH", f"/sobjects/Contact/{contact}", {"AccountId": None}).status_code == 204


def test_malformed_bodies_methods_and_objects_have_their_own_errors(salesforce: SalesforceClient) -> None:
    url = f"{salesforce.url}/services/data/v60.0/sobjects/Lead"
    broken = salesforce.session.post(url, data="{", headers={"Content-Type": "application/json"}, timeout=20)
    assert error_of(broken) == (400, "JSON_PARSER_ERROR")
    typed = salesforce.session.post(url, data="a", headers={"Content-Type": "text/plain"}, timeout=20)
    assert error_of(typed) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert error_of(salesforce.call("PUT", "/sobjects/Lead")) == (405, "METHOD_NOT_ALLOWED")
    assert error_of(salesforce.call("POST", "/sobjects/Nope", {})) == (404, "NOT_FOUND")


def test_upsert_by_external_id_creates_then_updates_and_tells_which(keyed: SalesforceClient) -> None:
    path = "/sobjects/Lead/Ext__c/A%2F1"
    first = keyed.call("PATCH", path, {"LastName": "Ode", "Company": "Acme"})
    second = keyed.call("PATCH", path, {"Title": "Head"})
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()["created"]) == (200, False)
    assert keyed.rows("SELECT Ext__c, Title FROM Lead") == [{"Ext__c": "A/1", "Title": "Head"}]
    assert keyed.call("GET", path).json()["Title"] == "Head"
    assert error_of(keyed.call("PATCH", path, {"Ext__c": "B"})) == (400, "INVALID_FIELD")
    assert error_of(keyed.call("PATCH", "/sobjects/Lead/Title/Head", {})) == (404, "NOT_FOUND")


def test_an_external_id_is_given_once(keyed: SalesforceClient) -> None:
    first = keyed.lead(Ext__c="A")
    reply = keyed.call("POST", "/sobjects/Lead", {"LastName": "O", "Company": "A", "Ext__c": "a"})
    assert error_of(reply) == (400, "DUPLICATE_VALUE")
    assert reply.json()[0]["message"].endswith(f"record with id: {first}")


def test_a_duplicate_rule_shows_the_matches_and_an_alert_can_be_passed(salesforce: SalesforceClient) -> None:
    other = salesforce.create("Contact", LastName="Roe", Email="r@x.test")
    salesforce.people("PUT", "duplicate-rules/Contacts_DR", {"object": "Contact", "fields": ["Email"]})
    body = {"LastName": "Roe", "Email": "R@x.test"}
    reply = salesforce.call("POST", "/sobjects/Contact", body)
    assert error_of(reply) == (400, "DUPLICATES_DETECTED")
    result = reply.json()[0]["duplicateResult"]
    assert (result["allowSave"], result["duplicateRule"]) == (True, "Contacts_DR")
    assert result["matchResults"][0]["matchRecords"][0]["record"]["Id"] == other
    salesforce.people("PUT", "settings", {"misspelt_duplicate_key": True})
    assert "duplicateResut" in salesforce.call("POST", "/sobjects/Contact", body).json()[0]
    header = {"Sforce_Duplicate_Rule_Header": "allowSave=true; runAsCurrentUser=true"}
    assert salesforce.call("POST", "/sobjects/Contact", body, **header).status_code == 201
    rule = {"object": "Contact", "fields": ["Email"], "allow_save": False}
    salesforce.people("PUT", "duplicate-rules/Contacts_DR", rule)
    assert error_of(salesforce.call("POST", "/sobjects/Contact", body, **header)) == (400, "DUPLICATES_DETECTED")


def test_a_validation_rule_refuses_in_the_administrator_s_words(salesforce: SalesforceClient) -> None:
    rule = {"object": "Lead", "when": "Phone = null AND Email = null", "message": "Phone or mail!", "field": "Phone"}
    salesforce.people("PUT", "validation-rules/reachable", rule)
    reply = salesforce.call("POST", "/sobjects/Lead", {"LastName": "O", "Company": "A"})
    assert reply.json() == [
        {"message": "Phone or mail!", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": ["Phone"]}
    ]
    salesforce.lead(Phone="1")
    salesforce.people("DELETE", "validation-rules/reachable")
    salesforce.lead()


def test_a_locked_row_refuses_for_a_while_and_an_account_s_lock_holds_up_its_contacts(
    salesforce: SalesforceClient,
) -> None:
    account = salesforce.create("Account", Name="Acme")
    contact = salesforce.create("Contact", LastName="Roe", AccountId=account)
    salesforce.people("PUT", f"accounts/{account}/lock", {"times": 1})
    path = f"/sobjects/Contact/{contact}"
    refused = salesforce.call("PATCH", path, {"Title": "x"})
    assert error_of(refused) == (400, "UNABLE_TO_LOCK_ROW")
    assert account in refused.json()[0]["message"]
    assert salesforce.call("PATCH", path, {"Title": "x"}).status_code == 204


def test_a_fault_on_one_record_refuses_its_writes_until_it_is_taken_away(salesforce: SalesforceClient) -> None:
    lead, path = salesforce.lead(), "/sobjects/Lead/"
    salesforce.people("PUT", f"leads/{lead}/fault", {"code": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": "no"})
    for _ in range(2):
        reply = salesforce.call("PATCH", path + lead, {"Title": "x"})
        assert error_of(reply) == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    salesforce.people("DELETE", f"leads/{lead}/fault")
    assert salesforce.call("PATCH", path + lead, {"Title": "x"}).status_code == 204


def test_if_unmodified_since_is_a_lock_of_one_second(salesforce: SalesforceClient) -> None:
    lead = salesforce.lead()
    path = f"/sobjects/Lead/{lead}"
    old, ahead = "Mon, 01 Jan 2024 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
    refused = salesforce.call("PATCH", path, {"Title": "x"}, If_Unmodified_Since=old)
    assert error_of(refused) == (412, "PRECONDITION_FAILED")
    assert salesforce.call("PATCH", path, {"Title": "x"}, If_Unmodified_Since=ahead).status_code == 204
    assert salesforce.call("PATCH", path, {"Title": "x"}, If_Unmodified_Since="soon").status_code == 400
    assert salesforce.call("GET", path, If_Modified_Since=ahead).status_code == 304


def test_an_update_that_changes_nothing_moves_the_stamp_or_does_not(salesforce: SalesforceClient) -> None:
    lead = salesforce.lead(Title="Head")
    stamps = []
    for seconds, moves in ((100, True), (200, False)):
        salesforce.later(seconds)
        salesforce.people("PUT", "settings", {"noop_moves_modified": moves})
        salesforce.call("PATCH", f"/sobjects/Lead/{lead}", {"Title": "Head"})
        stamps.append(salesforce.rows("SELECT SystemModstamp, CreatedDate FROM Lead")[0])
    assert stamps[0]["SystemModstamp"] > stamps[0]["CreatedDate"]
    assert stamps[0] == stamps[1]


def test_describe_tells_types_lengths_and_values_and_follows_the_administrator(salesforce: SalesforceClient) -> None:
    field = {"object": "Lead", "name": "Tier__c", "type": "picklist", "values": ["A", "B"], "restricted": True}
    salesforce.people("POST", "fields", field)
    salesforce.people("PATCH", "fields/Lead/Title", {"length": 10})
    told = salesforce.call("GET", "/sobjects/Lead/describe").json()
    fields = {one["name"]: one for one in told["fields"]}
    assert (told["replicateable"], told["mergeable"], told["keyPrefix"]) == (True, True, "00Q")
    assert [one["value"] for one in fields["Tier__c"]["picklistValues"]] == ["A", "B"]
    assert fields["Tier__c"]["restrictedPicklist"] is True
    assert fields["Title"]["length"] == 10
    assert (fields["OwnerId"]["referenceTo"], fields["OwnerId"]["relationshipName"]) == (["User", "Group"], "Owner")
    assert (fields["MasterRecordId"]["updateable"], fields["Company"]["nillable"]) == (False, False)
    salesforce.lead(Tier__c="A")
    salesforce.people("PATCH", "fields/Lead/Tier__c", {"values": ["B"]})
    refused = salesforce.call("POST", "/sobjects/Lead", {"LastName": "O", "Company": "A", "Tier__c": "A"})
    assert error_of(refused) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    salesforce.people("DELETE", "fields/Lead/Tier__c")
    assert salesforce.ask("SELECT Tier__c FROM Lead")[0]["errorCode"] == "INVALID_FIELD"


def test_an_unchanged_schema_is_not_described_twice(salesforce: SalesforceClient) -> None:
    since = {"If_Modified_Since": salesforce.call("GET", "/sobjects/Lead/describe").headers["Date"]}
    assert salesforce.call("GET", "/sobjects/Lead/describe", **since).status_code == 304
    salesforce.later(10)
    salesforce.people("PATCH", "fields/Lead/Title", {"length": 10})
    assert salesforce.call("GET", "/sobjects/Lead/describe", **since).status_code == 200
    assert "Contact" in [one["name"] for one in salesforce.call("GET", "/sobjects").json()["sobjects"]]
    assert salesforce.call("GET", "/sobjects/Lead").json()["objectDescribe"]["name"] == "Lead"


def test_a_record_is_read_and_deleted_by_its_external_id(keyed: SalesforceClient) -> None:
    lead = keyed.lead(Ext__c="A/1", Title="Poet")
    path = "/sobjects/Lead/Ext__c/A%2F1"
    told = keyed.call("GET", f"{path}?fields=Id,Title").json()
    assert {name: value for name, value in told.items() if name != "attributes"} == {"Id": lead, "Title": "Poet"}
    assert keyed.call("DELETE", path).status_code == 204
    assert keyed.people("GET", f"leads/{lead}")["IsDeleted"] is True
    assert [error_of(keyed.call(method, path)) for method in ("GET", "DELETE")] == [(404, "NOT_FOUND")] * 2
    assert error_of(keyed.call("GET", "/sobjects/Lead/Title/Poet")) == (404, "NOT_FOUND")


def test_a_picklist_s_removed_value_is_refused_and_stays_where_it_is(salesforce: SalesforceClient) -> None:
    old = "Working - Contacted"
    lead = salesforce.lead(Status=old)
    values = [one["value"] for one in status_values(salesforce)]
    salesforce.people("PATCH", "fields/Lead/Status", {"values": [value for value in values if value != old]})
    assert old not in [one["value"] for one in status_values(salesforce)]
    body = {"LastName": "Elegy", "Company": "Acme", "Status": old}
    expected = (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    assert error_of(salesforce.call("POST", "/sobjects/Lead", body)) == expected
    assert error_of(salesforce.call("PATCH", f"/sobjects/Lead/{lead}", {"Status": old})) == expected
    assert salesforce.call("PATCH", f"/sobjects/Lead/{lead}", {"Title": "Poet"}).status_code == 204
    assert salesforce.people("GET", f"leads/{lead}")["Status"] == old


def status_values(client: SalesforceClient) -> list[dict[str, Any]]:
    """Give the values of a lead's status, as describe tells them."""
    fields = client.call("GET", "/sobjects/Lead/describe").json()["fields"]
    (status,) = [one for one in fields if one["name"] == "Status"]
    return list(status["picklistValues"])
