"""The record service of the NetSuite sandbox: single records, references, refusals, collections, metadata."""

import re

import pytest

from tests.sandbox.netsuite_client import RECORDS, Method, NetSuiteClient, error_of

STRICT = {"X-NetSuite-PropertyNameValidation": "Error"}


def test_a_new_record_answers_204_with_its_id_only_in_location(netsuite: NetSuiteClient) -> None:
    reply = netsuite.call("POST", f"{RECORDS}/customer", {"companyName": "Acme GmbH", "entityStatus": {"id": "7"}})
    assert (reply.status_code, reply.content) == (204, b"")
    assert re.fullmatch(re.escape(f"{netsuite.url}{RECORDS}/customer/") + r"\d+", reply.headers["Location"])


def test_a_record_reads_back_with_links_references_and_utc_stamps(netsuite: NetSuiteClient) -> None:
    company = netsuite.new_company(leadSource={"id": "-4"}, email="info@acme.test", custentity_act_on_score=42)
    reply = netsuite.call("GET", f"{RECORDS}/customer/{company}")
    assert reply.headers["Content-Type"] == "application/vnd.oracle.resource+json; type=singular"
    told = reply.json()
    assert told["id"] == company
    assert told["links"] == [{"rel": "self", "href": f"{netsuite.url}{RECORDS}/customer/{company}"}]
    assert told["entityStatus"]["id"] == "13"
    assert told["entityStatus"]["refName"] == "CUSTOMER-Closed Won"
    assert told["leadSource"]["refName"] == "Web"
    assert told["custentity_act_on_score"] == 42
    assert told["isInactive"] is False
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["lastModifiedDate"])
    assert "phone" not in told


def test_only_the_properties_asked_for_are_read(netsuite: NetSuiteClient) -> None:
    company = netsuite.new_company(email="info@acme.test")
    told = netsuite.call("GET", f"{RECORDS}/customer/{company}?fields=email,companyName").json()
    assert set(told) == {"links", "id", "email", "companyName"}


def test_a_patch_changes_what_it_names_and_null_clears(netsuite: NetSuiteClient) -> None:
    company = netsuite.new_company()
    contact = netsuite.new_contact(email="ann@acme.test", company={"id": company}, title="Buyer")
    patched = netsuite.call("PATCH", f"{RECORDS}/contact/{contact}", {"company": None, "custentity_act_on_score": 7})
    assert (patched.status_code, patched.content) == (204, b"")
    told = netsuite.call("GET", f"{RECORDS}/contact/{contact}").json()
    assert "company" not in told
    assert (told["title"], told["custentity_act_on_score"]) == ("Buyer", 7)


def test_an_upsert_by_external_id_makes_then_changes_the_same_record(netsuite: NetSuiteClient) -> None:
    path = f"{RECORDS}/contact/eid:AON-7"
    first = netsuite.call("PUT", path, {"lastName": "Ode", "email": "ann@acme.test"})
    second = netsuite.call("PUT", path, {"email": "ann.ode@acme.test"})
    assert first.status_code == second.status_code == 204
    assert first.headers["Location"] == second.headers["Location"]
    told = netsuite.call("GET", path).json()
    assert (told["email"], told["externalId"], told["lastName"]) == ("ann.ode@acme.test", "AON-7", "Ode")


def test_an_external_id_is_unique_per_record_type(netsuite: NetSuiteClient) -> None:
    netsuite.new_company(externalId="X1")
    netsuite.new_contact(externalId="X1")
    taken = netsuite.call("POST", f"{RECORDS}/customer", {"companyName": "Other", "externalId": "X1"})
    assert (taken.status_code, error_of(taken.json())[0]) == (400, "DUP_RCRD")
    netsuite.control("PUT", "netsuite/settings", {"duplicate_external_id_code": "USER_ERROR"})
    taken = netsuite.call("POST", f"{RECORDS}/customer", {"companyName": "Other", "externalId": "X1"})
    assert error_of(taken.json())[0] == "USER_ERROR"


def test_a_deleted_record_is_gone_and_leaves_a_row_behind(netsuite: NetSuiteClient) -> None:
    contact = netsuite.new_contact()
    assert netsuite.call("DELETE", f"{RECORDS}/contact/{contact}").status_code == 204
    gone = netsuite.call("GET", f"{RECORDS}/contact/{contact}")
    assert (gone.status_code, error_of(gone.json())[0]) == (404, "NONEXISTENT_ID")
    rows = netsuite.items("SELECT recordid, type, context FROM deletedrecord WHERE UPPER(type) = 'CONTACT'")
    assert rows == [{"recordid": contact, "type": "Contact", "context": "REST"}]


def test_a_customer_with_transactions_cannot_be_deleted(netsuite: NetSuiteClient) -> None:
    company = netsuite.new_company()
    netsuite.control("PUT", f"netsuite/customers/{company}/transactions")
    refused = netsuite.call("DELETE", f"{RECORDS}/customer/{company}")
    assert (refused.status_code, error_of(refused.json())[0]) == (400, "USER_ERROR")
    netsuite.control("DELETE", f"netsuite/customers/{company}/transactions")
    assert netsuite.call("DELETE", f"{RECORDS}/customer/{company}").status_code == 204


def test_an_unknown_property_is_refused_only_where_names_are_validated(netsuite: NetSuiteClient) -> None:
    body = {"companyName": "Acme", "custentity_act_on_scoer": 5}
    lenient = netsuite.call("POST", f"{RECORDS}/customer", body)
    strict = netsuite.call("POST", f"{RECORDS}/customer", body, **STRICT)
    assert lenient.status_code == 204
    assert strict.status_code == 400
    assert error_of(strict.json()) == ("NONEXISTENT_FIELD", "custentity_act_on_scoer")


def test_the_stage_cannot_be_written(netsuite: NetSuiteClient) -> None:
    company = netsuite.new_company(entityStatus={"id": "7"})
    netsuite.call("PATCH", f"{RECORDS}/customer/{company}", {"searchStage": "Customer"})
    assert netsuite.call("GET", f"{RECORDS}/customer/{company}").json()["searchStage"] == "Lead"
    strict = {"X-NetSuite-PropertyValueValidation": "Error"}
    refused = netsuite.call("PATCH", f"{RECORDS}/customer/{company}", {"searchStage": "Customer"}, **strict)
    assert error_of(refused.json()) == ("INVALID_CONTENT", "searchStage")
    netsuite.call("PATCH", f"{RECORDS}/customer/{company}", {"entityStatus": {"id": "13"}})
    assert netsuite.call("GET", f"{RECORDS}/customer/{company}").json()["searchStage"] == "Customer"


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({"email": "no address"}, "INVALID_CONTENT", "email"),
        ({"email": f"{'x' * 250}@x.test"}, "INVALID_CONTENT", "email"),
        ({"isInactive": "T"}, "INVALID_CONTENT", "isInactive"),
        ({"custentity_act_on_score": "high"}, "INVALID_CONTENT", "custentity_act_on_score"),
        ({"custentity_act_on_score": 4.5}, "INVALID_CONTENT", "custentity_act_on_score"),
        ({"custentity_act_on_score": True}, "INVALID_CONTENT", "custentity_act_on_score"),
        ({"entityStatus": {"id": "9999"}}, "INVALID_CONTENT", "entityStatus"),
        ({"entityStatus": "13"}, "INVALID_CONTENT", "entityStatus"),
        ({"salesRep": {"id": "9999"}}, "INVALID_KEY_OR_REF", "salesRep"),
        ({"companyName": None}, "USER_ERROR", ""),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(
    netsuite: NetSuiteClient, body: dict[str, object], code: str, path: str
) -> None:
    refused = netsuite.call("POST", f"{RECORDS}/customer", {"companyName": "Acme", **body})
    assert refused.status_code == refused.json()["status"] == 400
    assert refused.json()["title"] == "Bad Request"
    assert error_of(refused.json()) == (code, path)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{RECORDS}/customer/999999", 404),
        ("GET", f"{RECORDS}/customer/abc", 400),
        ("GET", f"{RECORDS}/customer/eid:none", 404),
        ("GET", f"{RECORDS}/invoice", 404),
        ("PUT", f"{RECORDS}/customer/101", 400),
        ("PATCH", f"{RECORDS}/customer", 400),
        ("POST", f"{RECORDS}/customer/101", 405),
        ("GET", "/services/rest/nowhere", 404),
    ],
)
def test_an_address_that_leads_nowhere_answers_in_netsuite_s_own_shape(
    netsuite: NetSuiteClient, method: Method, path: str, status: int
) -> None:
    reply = netsuite.call(method, path, {})
    assert reply.status_code == status
    assert reply.json()["o:errorDetails"][0]["detail"]


def test_a_body_that_is_no_json_object_is_refused(netsuite: NetSuiteClient) -> None:
    assert error_of(netsuite.call("POST", f"{RECORDS}/customer", [1]).json())[0] == "INVALID_REQUEST"


def test_a_person_needs_both_names_and_a_contact_one(netsuite: NetSuiteClient) -> None:
    half = netsuite.call("POST", f"{RECORDS}/customer", {"isPerson": True, "firstName": "Ann"})
    assert "Last Name" in half.json()["o:errorDetails"][0]["detail"]
    assert netsuite.create("customer", {"isPerson": True, "firstName": "Ann", "lastName": "Ode"})
    assert netsuite.call("POST", f"{RECORDS}/contact", {"email": "ann@acme.test"}).status_code == 400


def test_two_contacts_of_one_company_cannot_share_a_name(netsuite: NetSuiteClient) -> None:
    company, other = netsuite.new_company("One"), netsuite.new_company("Two")
    netsuite.new_contact("Ode", company={"id": company})
    netsuite.new_contact("Ode", company={"id": other})
    same = {"firstName": "ann", "lastName": "ODE", "company": {"id": company}}
    assert error_of(netsuite.call("POST", f"{RECORDS}/contact", same).json())[0] == "CONTACT_ALREADY_EXISTS"
    netsuite.control("PUT", "netsuite/settings", {"unique_contact_names": False})
    assert netsuite.call("POST", f"{RECORDS}/contact", same).status_code == 204


def test_a_contact_that_shares_its_name_already_can_still_be_edited(netsuite: NetSuiteClient) -> None:
    company = netsuite.new_company("One")
    netsuite.control("PUT", "netsuite/settings", {"unique_contact_names": False})
    netsuite.new_contact("Ode", company={"id": company})
    second = netsuite.new_contact("Ode", company={"id": company})
    netsuite.control("PUT", "netsuite/settings", {"unique_contact_names": True})
    assert netsuite.call("PATCH", f"{RECORDS}/contact/{second}", {"title": "Chief"}).status_code == 204


def test_without_auto_numbering_a_customer_s_name_is_unique(netsuite: NetSuiteClient) -> None:
    netsuite.control("PUT", "netsuite/settings", {"auto_numbering": False})
    netsuite.new_company("Acme")
    refused = netsuite.call("POST", f"{RECORDS}/customer", {"companyName": "ACME"})
    assert error_of(refused.json())[0] == "UNIQUE_CUST_ID_REQD"


def test_an_inactive_record_is_writable_unless_the_option_refuses(netsuite: NetSuiteClient) -> None:
    contact = netsuite.new_contact()
    netsuite.control("POST", f"netsuite/contacts/{contact}/inactivate")
    path = f"{RECORDS}/contact/{contact}"
    assert netsuite.call("PATCH", path, {"title": "Buyer"}).status_code == 204
    netsuite.control("PUT", "netsuite/settings", {"refuse_writes_to_inactive": True})
    assert error_of(netsuite.call("PATCH", path, {"title": "Seller"}).json())[0] == "USER_ERROR"
    assert netsuite.call("PATCH", path, {"isInactive": False}).status_code == 204
    assert netsuite.call("GET", path).json()["title"] == "Buyer"


def test_a_script_can_refuse_one_record_a_number_of_times(netsuite: NetSuiteClient) -> None:
    bad, good = netsuite.new_contact("Bad"), netsuite.new_contact("Good")
    netsuite.control("PUT", f"netsuite/contacts/{bad}/fault", {"detail": "Score is locked.", "times": 1})
    assert netsuite.call("PATCH", f"{RECORDS}/contact/{good}", {"title": "x"}).status_code == 204
    refused = netsuite.call("PATCH", f"{RECORDS}/contact/{bad}", {"title": "x"})
    assert error_of(refused.json())[0] == "USER_ERROR"
    assert "Score is locked." in refused.json()["o:errorDetails"][0]["detail"]
    assert netsuite.call("PATCH", f"{RECORDS}/contact/{bad}", {"title": "x"}).status_code == 204


def test_a_collection_lists_ids_and_links_only(netsuite: NetSuiteClient) -> None:
    answer = netsuite.call("GET", f"{RECORDS}/contact?limit=15&offset=15").json()
    assert (answer["count"], answer["hasMore"], answer["offset"], answer["totalResults"]) == (15, True, 15, 40)
    item = answer["items"][0]
    assert item == {
        "id": item["id"],
        "links": [{"rel": "self", "href": f"{netsuite.url}{RECORDS}/contact/{item['id']}"}],
    }
    rels = {link["rel"]: link["href"] for link in answer["links"]}
    assert rels["next"] == f"{netsuite.url}{RECORDS}/contact?limit=15&offset=30"


def test_a_contact_can_be_attached_to_further_customers(netsuite: NetSuiteClient) -> None:
    company, contact = netsuite.new_company(), netsuite.new_contact()
    path = f"{RECORDS}/customer/{company}"
    assert netsuite.call("POST", f"{path}/!attach/contact/{contact}", {"role": {"id": "-10"}}).status_code == 204
    query = "SELECT company, contact, role FROM companycontactrelationship"
    assert netsuite.items(query) == [{"company": company, "contact": contact, "role": "-10"}]
    assert netsuite.call("POST", f"{path}/!detach/contact/{contact}").status_code == 204
    assert netsuite.items(query) == []


def test_the_catalog_describes_custom_fields_as_they_come_and_go(netsuite: NetSuiteClient) -> None:
    def properties(record: str) -> dict[str, dict[str, object]]:
        path = f"{RECORDS}/metadata-catalog/{record}"
        found: dict[str, dict[str, object]] = netsuite.call("GET", path, Accept="application/schema+json").json()[
            "properties"
        ]
        return found

    for record in ("customer", "contact"):
        assert properties(record)["custentity_act_on_score"]["type"] == "integer"
    assert properties("contact")["email"]["maxLength"] == 254
    assert properties("customer")["searchStage"]["readOnly"] is True
    netsuite.control("DELETE", "netsuite/fields/contact/custentity_act_on_score")
    assert "custentity_act_on_score" not in properties("contact")
    assert "custentity_act_on_score" in properties("customer")
    new = {"record": "contact", "id": "custentity_grade", "label": "Grade", "type": "text"}
    netsuite.control("POST", "netsuite/fields", new)
    assert properties("contact")["custentity_grade"]["title"] == "Grade"


def test_the_catalog_lists_the_record_types_and_speaks_openapi(netsuite: NetSuiteClient) -> None:
    path = f"{RECORDS}/metadata-catalog"
    assert netsuite.call("GET", f"{path}/").json()["items"] == netsuite.call("GET", path).json()["items"]
    assert [item["name"] for item in netsuite.call("GET", path).json()["items"]] == [
        "customer",
        "contact",
        "employee",
    ]
    swagger = netsuite.call("GET", f"{path}?select=contact", Accept="application/swagger+json").json()
    assert list(swagger["components"]["schemas"]) == ["contact"]
    assert netsuite.call("GET", f"{path}/contact", Accept="text/html").status_code == 400


def test_the_governance_limits_are_for_administrators(netsuite: NetSuiteClient) -> None:
    path = "/services/rest/system/v1/governanceLimits"
    assert netsuite.call("GET", path).json()["accountConcurrencyLimit"] == 5
    netsuite.control("PUT", "netsuite/settings", {"permissions": ["customers", "contacts", "suiteql"]})
    refused = netsuite.call("GET", path)
    assert (refused.status_code, error_of(refused.json())[0]) == (403, "INSUFFICIENT_PERMISSION")


def test_a_role_without_contacts_sees_none(netsuite: NetSuiteClient) -> None:
    netsuite.control("PUT", "netsuite/settings", {"permissions": ["customers", "suiteql"]})
    assert netsuite.call("GET", f"{RECORDS}/contact").status_code == 403
    assert error_of(netsuite.query("SELECT id FROM contact"))[0] == "INVALID_PARAMETER"
    assert netsuite.items("SELECT recordid FROM deletedrecord") == []
