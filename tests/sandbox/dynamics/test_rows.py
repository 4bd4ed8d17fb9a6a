"""Single rows: the statuses, what a body may hold, what a refusal looks like, conditions, lookups."""

import pytest

from tests.sandbox.dynamics.client import MISSING, DynamicsClient, error_of


def test_a_create_is_204_with_the_row_s_address_or_201_with_the_row(dynamics: DynamicsClient) -> None:
    made = dynamics.call("POST", "leads", {"lastname": "Ode", "new_act_on_score": 5})
    assert (made.status_code, made.content) == (204, b"")
    assert made.headers["OData-EntityId"] == made.headers["Location"]
    assert made.headers["OData-EntityId"].startswith(f"{dynamics.url}/api/data/v9.2/leads(")
    told = dynamics.call("POST", "leads?$select=lastname", {"lastname": "Roe"}, Prefer="return=representation")
    assert (told.status_code, told.headers["Preference-Applied"]) == (201, "return=representation")
    body = told.json()
    assert body["@odata.context"].endswith("/$metadata#leads(lastname)/$entity")
    assert body["@odata.etag"] == told.headers["ETag"]
    assert (body["lastname"], sorted(body)) == ("Roe", ["@odata.context", "@odata.etag", "lastname", "leadid"])


def test_a_read_gives_the_chosen_columns_the_key_and_the_etag(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead(firstname="Ann")
    row = dynamics.get(f"leads({lead})?$select=fullname,statecode,emailaddress1,_ownerid_value")
    assert row.pop("@odata.etag").startswith('W/"')
    del row["@odata.context"]
    me = dynamics.get("WhoAmI")["UserId"]
    expected = {"leadid": lead, "fullname": "Ann Ode", "statecode": 0, "emailaddress1": None, "_ownerid_value": me}
    assert row == expected
    assert dynamics.get(f"leads({lead})")["donotbulkemail"] is False


def test_an_update_without_if_match_makes_the_row_that_is_not_there(dynamics: DynamicsClient) -> None:
    reply = dynamics.call("PATCH", f"leads({MISSING})", {"new_act_on_score": 3})
    assert reply.status_code == 204
    assert dynamics.get(f"leads({MISSING})?$select=lastname,new_act_on_score")["new_act_on_score"] == 3


def test_an_update_with_if_match_star_is_404_where_there_is_no_row(dynamics: DynamicsClient) -> None:
    for method, body in (("PATCH", {"new_act_on_score": 3}), ("DELETE", None), ("GET", None)):
        assert error_of(dynamics.call(method, f"leads({MISSING})", body, If_Match="*")) == (404, "0x80040217")


def test_versions_are_shared_by_all_tables_and_a_stale_etag_is_412(dynamics: DynamicsClient) -> None:
    lead, contact = dynamics.lead(), dynamics.create("contacts", lastname="Roe")
    old = dynamics.get(f"leads({lead})?$select=leadid")["@odata.etag"]
    other = dynamics.get(f"contacts({contact})?$select=contactid")["@odata.etag"]
    assert int(other[3:-1]) == int(old[3:-1]) + 1
    assert dynamics.call("PATCH", f"leads({lead})", {"jobtitle": "x"}, If_Match=old).status_code == 204
    stale = dynamics.call("PATCH", f"leads({lead})", {"jobtitle": "y"}, If_Match=old)
    assert error_of(stale) == (412, "0x80060882")
    assert stale.json()["error"]["message"].startswith("The version of the existing record doesn't match")
    assert dynamics.call("DELETE", f"leads({lead})", If_Match=old).status_code == 412


def test_if_none_match_creates_only_and_spares_a_read(dynamics: DynamicsClient) -> None:
    made = dynamics.call("PATCH", f"leads({MISSING})", {"lastname": "Ode"}, If_None_Match="*")
    assert made.status_code == 204
    again = dynamics.call("PATCH", f"leads({MISSING})", {"lastname": "Roe"}, If_None_Match="*")
    assert error_of(again) == (412, "")
    tag = dynamics.get(f"leads({MISSING})?$select=lastname")["@odata.etag"]
    assert dynamics.call("GET", f"leads({MISSING})?$select=lastname", If_None_Match=tag).status_code == 304
    annotated = {"If_None_Match": tag, "Prefer": 'odata.include-annotations="*"'}
    assert dynamics.call("GET", f"leads({MISSING})", **annotated).status_code == 200


def test_an_upsert_tells_by_representation_whether_it_created(dynamics: DynamicsClient) -> None:
    statuses = [
        dynamics.call("PATCH", f"leads({MISSING})", {"lastname": "O"}, Prefer="return=representation").status_code
        for _ in range(2)
    ]
    assert statuses == [201, 200]


def test_a_delete_is_204_and_for_good(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    assert dynamics.call("DELETE", f"leads({lead})").status_code == 204
    assert error_of(dynamics.call("DELETE", f"leads({lead})")) == (404, "0x80040217")


def test_a_post_with_an_id_that_is_taken_is_412(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    assert error_of(dynamics.call("POST", "leads", {"leadid": lead})) == (412, "0x80040237")
    assert dynamics.create("leads", leadid=MISSING) == MISSING


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"lastname": "x" * 51}, "0x80044331"),
        ({"leadsourcecode": 99}, "0x8004431A"),
        ({"new_act_on_score": 2**31}, "0x8004431A"),
        ({"new_act_on_score": "5"}, "0x80048d19"),
        ({"new_act_on_score": 5.5}, "0x80048d19"),
        ({"donotbulkemail": "yes"}, "0x80048d19"),
        ({"lastname": 7}, "0x80048d19"),
        ({"nonsense": 1}, "0x80048d19"),
        ({"LastName": "x"}, "0x80048d19"),
        ({"ownerid": MISSING}, "0x80048d19"),
        ({"OwnerId@odata.bind": f"/systemusers({MISSING})"}, "0x80048d19"),
        ({"statecode": 0, "statuscode": 3}, "0x80048408"),
        ({"statuscode": 3}, "0x80048408"),
    ],
)
def test_a_value_that_cannot_be_is_400_with_its_code(
    dynamics: DynamicsClient, body: dict[str, object], code: str
) -> None:
    lead = dynamics.lead()
    assert error_of(dynamics.call("PATCH", f"leads({lead})", body, If_Match="*")) == (400, code)


def test_null_clears_and_read_only_columns_are_passed_over(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead(jobtitle="Head")
    body = {"jobtitle": None, "fullname": "Nobody", "modifiedon": "2020-01-01T00:00:00Z"}
    assert dynamics.call("PATCH", f"leads({lead})", body).status_code == 204
    row = dynamics.get(f"leads({lead})?$select=jobtitle,fullname,modifiedon")
    assert (row["jobtitle"], row["fullname"]) == (None, "Ode")
    assert row["modifiedon"] > "2024"
    dynamics.settings(ignores_read_only=False)
    assert error_of(dynamics.call("PATCH", f"leads({lead})", body)) == (400, "0x80048d19")


def test_a_single_property_is_read_put_and_deleted(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    path = f"leads({lead})/new_act_on_score"
    assert dynamics.call("GET", path).status_code == 204
    assert dynamics.call("PUT", path, {"value": 9}).status_code == 204
    assert dynamics.get(path)["value"] == 9
    assert dynamics.call("GET", f"{path}/$value").text == "9"
    assert dynamics.call("DELETE", path).status_code == 204
    assert dynamics.told("leads", lead)["new_act_on_score"] is None


def test_lookups_are_written_by_bind_and_by_ref_and_cleared_by_both(dynamics: DynamicsClient) -> None:
    one, two = dynamics.create("accounts", name="One"), dynamics.create("accounts", name="Two")
    contact = dynamics.create("contacts", lastname="Roe", parentcustomerid_account__bind=f"/accounts({one})")
    assert dynamics.told("contacts", contact)["parentcustomerid"] == one
    ref = f"contacts({contact})/parentcustomerid_account/$ref"
    assert dynamics.get(ref)["@odata.id"] == f"{dynamics.url}/api/data/v9.2/accounts({one})"
    linked = dynamics.call("PUT", ref, {"@odata.id": f"{dynamics.url}/api/data/v9.2/accounts({two})"})
    assert linked.status_code == 204
    assert dynamics.get(f"contacts({contact})/parentcustomerid_account?$select=name")["name"] == "Two"
    assert dynamics.call("DELETE", ref).status_code == 204
    assert dynamics.told("contacts", contact)["parentcustomerid"] is None
    for bound, held in ((f"accounts({two})", two), (None, None)):
        body = {"parentcustomerid_account@odata.bind": bound}
        assert dynamics.call("PATCH", f"contacts({contact})", body).status_code == 204
        assert dynamics.told("contacts", contact)["parentcustomerid"] == held


def test_a_bind_to_what_is_not_there_or_of_another_table_is_refused(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    nobody = {"ownerid@odata.bind": f"/systemusers({MISSING})"}
    assert error_of(dynamics.call("PATCH", f"leads({lead})", nobody)) == (404, "0x80040217")
    body = {"parentcustomerid_contact@odata.bind": f"/accounts({dynamics.create('accounts', name='A')})"}
    assert dynamics.call("POST", "contacts", body).status_code == 400


def test_a_disabled_user_is_given_nothing_unless_the_environment_allows_it(dynamics: DynamicsClient) -> None:
    lead, ines = dynamics.lead(), dynamics.user("ines.inactive@corp.example.com")
    body = {"ownerid@odata.bind": f"/systemusers({ines})"}
    assert error_of(dynamics.call("PATCH", f"leads({lead})", body)) == (403, "0x80040225")
    dynamics.settings(assign_to_disabled=True)
    assert dynamics.call("PATCH", f"leads({lead})", body).status_code == 204


def test_users_and_members_of_lists_are_not_written_through_the_api(dynamics: DynamicsClient) -> None:
    assert error_of(dynamics.call("POST", "systemusers", {"firstname": "Eve"})) == (400, "0x80040800")
    assert error_of(dynamics.call("POST", "listmembers", {})) == (400, "0x80040800")


def test_a_path_or_method_that_is_not_there_is_told_in_dataverse_s_shape(dynamics: DynamicsClient) -> None:
    assert error_of(dynamics.call("GET", "widgets")) == (404, "0x8006088a")
    assert error_of(dynamics.call("POST", f"leads({MISSING})", {})) == (405, "0x80060888")
    assert dynamics.call("GET", "leads(nonsense)").status_code == 400


def test_an_account_takes_its_contacts_along_or_lets_them_go_or_cannot_be_deleted(dynamics: DynamicsClient) -> None:
    def account_and_contact() -> tuple[str, str]:
        account = dynamics.create("accounts", name="A")
        return account, dynamics.create(
            "contacts", lastname="R", parentcustomerid_account__bind=f"/accounts({account})"
        )

    account, contact = account_and_contact()
    assert dynamics.call("DELETE", f"accounts({account})").status_code == 204
    assert dynamics.call("GET", f"contacts({contact})").status_code == 404
    dynamics.settings(account_delete="remove_link")
    account, contact = account_and_contact()
    assert dynamics.call("DELETE", f"accounts({account})").status_code == 204
    assert dynamics.told("contacts", contact)["parentcustomerid"] is None
    dynamics.settings(account_delete="restrict")
    account, contact = account_and_contact()
    assert dynamics.call("DELETE", f"accounts({account})").status_code == 405


def test_an_alternate_key_names_a_row_once_it_is_declared(dynamics: DynamicsClient) -> None:
    dynamics.people("POST", "fields", {"object": "lead", "name": "new_key", "type": "string", "length": 40})
    path = "leads(new_key='O''Brien')"
    reply = dynamics.call("PATCH", path, {"lastname": "Ode"})
    assert reply.status_code == 400
    assert "is not valid for resource" in reply.json()["error"]["message"]
    dynamics.people("PUT", "keys/lead/new_key_key", {"columns": ["new_key"]})
    assert error_of(dynamics.call("GET", path)) == (404, "0x80060891")
    assert error_of(dynamics.call("PATCH", path, {"lastname": "O"}, If_Match="*")) == (404, "0x80060891")
    statuses = [dynamics.call("PATCH", path, {"lastname": n}, Prefer="return=representation").status_code for n in "ab"]
    assert statuses == [201, 200]
    assert dynamics.get(f"{path}?$select=lastname,new_key")["new_key"] == "O'Brien"
    assert error_of(dynamics.call("POST", "leads", {"new_key": "o'brien"})) == (412, "0x80060892")
    (key,) = dynamics.get("EntityDefinitions(LogicalName='lead')/Keys")["value"]
    assert key["KeyAttributes"] == ["new_key"]


def test_duplicates_are_detected_only_when_that_is_asked_for(dynamics: DynamicsClient) -> None:
    dynamics.lead(emailaddress1="a@x.test")
    twin = {"lastname": "Twin", "emailaddress1": "A@x.test"}
    detects = {"MSCRM.SuppressDuplicateDetection": "false"}
    assert error_of(dynamics.call("POST", "leads", twin, **detects)) == (412, "0x80040333")
    dynamics.settings(duplicate_status=500)
    assert error_of(dynamics.call("POST", "leads", twin, **detects)) == (500, "0x80040333")
    assert dynamics.call("POST", "leads", twin).status_code == 204


def test_customer_logic_and_locks_refuse_one_row_as_often_as_told(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    dynamics.people("PUT", f"leads/{lead}/fault", {"code": "0x80040265", "message": "No!", "times": 1})
    reply = dynamics.call("PATCH", f"leads({lead})", {"jobtitle": "x"})
    assert error_of(reply) == (400, "0x80040265")
    assert reply.json()["error"]["message"] == "No!"
    dynamics.people("PUT", f"leads/{lead}/lock", {"times": 1})
    assert error_of(dynamics.call("PATCH", f"leads({lead})", {"jobtitle": "x"})) == (500, "0x80044150")
    assert dynamics.call("PATCH", f"leads({lead})", {"jobtitle": "x"}).status_code == 204
