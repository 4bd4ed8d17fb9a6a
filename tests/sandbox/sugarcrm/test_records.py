"""Single records of v11: writes, email arrays, upserts, bulk, conflicts, conversion, links, metadata."""

import json
from typing import Any

import pytest

from tests.sandbox.sugarcrm.client import ROOT, TIMEOUT_S, SugarClient, error_of


def test_a_record_is_made_read_changed_and_deleted(sugar: SugarClient) -> None:
    made = sugar.call("POST", "/Leads", {"last_name": "Ode", "first_name": "Ann", "nonsense": 1, "title": "Head"})
    assert (made.status_code, made.json()["name"], made.json()["status"]) == (200, "Ann Ode", "New")
    assert made.json()["assigned_user_id"] == "1"
    assert made.json()["team_name"][0]["primary"] is True
    path = f"/Leads/{made.json()['id']}"
    changed = sugar.good("PUT", path, {"title": "", "phone_work": "1"})
    assert (changed["title"], changed["phone_work"], changed["last_name"]) == ("", "1", "Ode")
    assert sugar.good("GET", path) == changed
    assert sorted(sugar.good("GET", f"{path}?fields=title")) == ["_acl", "_module", "date_modified", "id", "title"]
    assert sugar.good("DELETE", path) == {"id": made.json()["id"]}
    for method in ("GET", "PUT", "DELETE"):
        assert error_of(sugar.call(method, path, {})) == (404, "not_found")


def test_a_write_that_changes_nothing_moves_the_date_unless_set_otherwise(sugar: SugarClient) -> None:
    lead = sugar.lead("Ode")
    before = sugar.good("GET", f"/Leads/{lead}")["date_modified"]
    sugar.later(5)
    moved = sugar.good("PUT", f"/Leads/{lead}", {"last_name": "Ode"})["date_modified"]
    assert moved > before
    sugar.settings(noop_moves_modified=False)
    sugar.later(10)
    assert sugar.good("PUT", f"/Leads/{lead}", {"last_name": "Ode"})["date_modified"] == moved


def test_the_status_of_a_create_is_a_setting(sugar: SugarClient) -> None:
    sugar.settings(create_status=201)
    assert sugar.call("POST", "/Leads", {"last_name": "Ode"}).status_code == 201


def test_a_client_may_choose_the_id_once(sugar: SugarClient) -> None:
    own = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    assert sugar.lead("Ode", id=own) == own
    assert error_of(sugar.call("POST", "/Leads", {"last_name": "Ode", "id": own})) == (422, "invalid_parameter")
    sugar.settings(client_ids=False)
    other = "bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee"
    assert sugar.lead("Ode", id=other) != other


def test_what_a_field_cannot_hold_is_refused_or_cut_as_the_site_is_set(sugar: SugarClient) -> None:
    assert error_of(sugar.call("POST", "/Leads", {"first_name": "Ann"})) == (422, "missing_parameter")
    for body in ({"act_on_score_c": "many"}, {"do_not_call": "maybe"}, {"birthdate": "soon"}, {"title": ["x"]}):
        assert error_of(sugar.call("POST", "/Leads", {"last_name": "Ode", **body})) == (422, "invalid_parameter")
    lead = sugar.good("POST", "/Leads", {"last_name": "Ode", "title": "t" * 150, "status": "Odd"})
    assert (len(lead["title"]), lead["status"]) == (100, "Odd")
    sugar.settings(refuses_long_text=True, refuses_dropdown_values=True)
    for body in ({"title": "t" * 150}, {"status": "Odd"}):
        assert error_of(sugar.call("PUT", f"/Leads/{lead['id']}", body)) == (422, "invalid_parameter")


def test_users_are_read_but_not_written(sugar: SugarClient) -> None:
    (sam,) = sugar.found("Users", {"email1": "sam.seller@corp.example.com"})
    assert (sam["user_name"], sam["status"], sam["name"]) == ("sam.seller", "Active", "Sam Seller")
    assert error_of(sugar.call("PUT", f"/Users/{sam['id']}", {"title": "x"})) == (403, "not_authorized")
    assert error_of(sugar.call("DELETE", f"/Users/{sam['id']}")) == (403, "not_authorized")


def emails(sugar: SugarClient, lead: str) -> list[tuple[Any, ...]]:
    """Give a lead's addresses: address, primary, opted out."""
    told = sugar.good("GET", f"/Leads/{lead}")["email"]
    return [(one["email_address"], one["primary_address"], one["opt_out"]) for one in told]


def test_an_email_array_replaces_the_set_and_email1_the_primary_only(sugar: SugarClient) -> None:
    lead = sugar.lead("Ode", email=[{"email_address": "a@x.test", "opt_out": "1"}, {"email_address": "b@x.test"}])
    assert emails(sugar, lead) == [("a@x.test", True, True), ("b@x.test", False, False)]
    sugar.good("PUT", f"/Leads/{lead}", {"email1": "c@x.test"})
    assert emails(sugar, lead) == [("c@x.test", True, False), ("b@x.test", False, False)]
    body = [{"email_address": "d@x.test"}, {"email_address": "B@x.test", "primary_address": True}]
    sugar.good("PUT", f"/Leads/{lead}", {"email": body})
    assert emails(sugar, lead) == [("b@x.test", True, False), ("d@x.test", False, False)]
    sugar.good("PUT", f"/Leads/{lead}", {"email": []})
    assert sugar.good("GET", f"/Leads/{lead}")["email1"] == ""
    bads: list[dict[str, object]] = [{"email1": "no address"}, {"email": [{"email_address": "no"}]}, {"email": [{}]}]
    for bad in bads:
        assert error_of(sugar.call("PUT", f"/Leads/{lead}", bad)) == (422, "invalid_parameter")


def test_an_opt_out_belongs_to_the_address_and_moves_nobody_else(sugar: SugarClient) -> None:
    lead = sugar.lead("Ode", email1="same@x.test")
    contact = sugar.good("POST", "/Contacts", {"last_name": "Ode", "email1": "SAME@x.test"})
    sugar.later(5)
    body = {"email": [{"email_address": "same@x.test", "primary_address": True, "opt_out": True}]}
    sugar.good("PUT", f"/Leads/{lead}", body)
    now = sugar.good("GET", f"/Contacts/{contact['id']}")
    assert (now["email_opt_out"], now["email"][0]["opt_out"]) == (True, True)
    assert now["date_modified"] == contact["date_modified"]
    (address,) = sugar.found("EmailAddresses", {"email_address": "same@x.test"})
    assert address["opt_out"] is True
    sugar.good("PUT", f"/Leads/{lead}", {"email": [{"email_address": "same@x.test"}]})
    assert emails(sugar, lead) == [("same@x.test", True, True)]  # a flag that isn't named stays
    sugar.good("PUT", f"/Leads/{lead}", {"email_opt_out": False})
    assert emails(sugar, lead) == [("same@x.test", True, False)]
    sugar.settings(flags_as_text=True)
    assert emails(sugar, lead) == [("same@x.test", "1", "0")]


def test_a_bulk_request_answers_each_call_and_stops_at_none(sugar: SugarClient) -> None:
    lead = sugar.lead("Ode")
    requests = [
        {"url": f"/v11_20/Leads/{lead}", "method": "PUT", "data": json.dumps({"act_on_score_c": 42})},
        {"url": "/v11_20/Leads/none"},
        {"url": f"v11_20/Leads/{lead}?fields=act_on_score_c"},
        {"url": f"/v11_20/Leads/{lead}", "method": "PUT", "data": {"act_on_score_c": 1}},
        {"url": "/v11_20/Nonsense"},
        {"url": "/v11_20/Leads", "method": "POST", "data": "no JSON"},
    ]
    told = sugar.good("POST", "/bulk", {"requests": requests})
    assert [(one["status"], one["status_text"]) for one in told] == [
        (200, "OK"), (404, "Not Found"), (200, "OK"), (200, "OK"), (404, "Not Found"), (422, "Unprocessable Entity"),
    ]  # fmt: skip
    assert told[2]["contents"]["act_on_score_c"] == 42
    assert told[3]["contents"]["act_on_score_c"] == 42  # data that isn't a string is none
    assert (told[1]["contents"]["error"], told[1]["headers"]) == ("not_found", [])
    sugar.settings(bulk_calls=5)
    assert error_of(sugar.call("POST", "/bulk", {"requests": requests})) == (413, "request_too_large")


def test_a_sync_key_makes_a_record_once_and_changes_it_after(sugar: SugarClient) -> None:
    first = sugar.call("PATCH", "/Leads/sync_key/k-1", {"last_name": "Ode"})
    again = sugar.call("PATCH", "/Leads/sync_key/k-1", {"last_name": "Roe"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"record": first.json()["record"]}
    told = sugar.good("GET", "/Leads/sync_key/k-1")
    assert (told["last_name"], told["sync_key"]) == ("Roe", "k-1")
    named = sugar.call("PATCH", "/integrate/Leads/portal_name/p-1", {"last_name": "Poe"})
    assert named.status_code == 201
    assert sugar.good("GET", f"/Leads/{named.json()['record']}")["portal_name"] == "p-1"
    lead = sugar.lead("Joe")
    assert sugar.good("PATCH", f"/integrate/Leads/{lead}/sync_key/k-2") == {"success": True}
    assert sugar.call("PATCH", "/Leads/sync_key/k-2", {}).json() == {"record": lead}
    assert error_of(sugar.call("PATCH", f"/integrate/Leads/{lead}/sync_key/k-1")) == (422, "invalid_parameter")
    assert sugar.good("DELETE", "/Leads/sync_key/k-1") == {"record": first.json()["record"]}


def test_sync_keys_are_for_administrators_and_newer_versions(sugar: SugarClient) -> None:
    old = sugar.http.patch(f"{sugar.url}/rest/v11_9/Leads/sync_key/k", json={}, timeout=TIMEOUT_S)
    assert error_of(old) == (404, "no_method")
    token = sugar.token(username="sam.seller").json()["access_token"]
    reply = sugar.call("PATCH", "/Leads/sync_key/k", {"last_name": "Ode"}, OAuth_Token=token)
    assert error_of(reply) == (403, "not_authorized")


def test_an_edit_since_the_timestamp_is_a_conflict_that_shows_the_record(sugar: SugarClient) -> None:
    lead = sugar.lead("Ode")
    read = sugar.good("GET", f"/Leads/{lead}")["date_modified"]
    assert sugar.call("PUT", f"/Leads/{lead}", {"title": "a"}, X_TIMESTAMP=read).status_code == 200
    sugar.later(5)
    sugar.people("PATCH", f"leads/{lead}", {"title": "b"})
    reply = sugar.call("PUT", f"/Leads/{lead}", {"title": "c"}, X_TIMESTAMP=read)
    assert error_of(reply) == (409, "edit_conflict")
    assert reply.json()["record"]["title"] == "b"
    headers: list[object] = [[f"X-TIMESTAMP: {read}"], {"X-TIMESTAMP": read}]
    for one in headers:
        call = {"url": f"/v11_20/Leads/{lead}", "method": "PUT", "data": "{}", "headers": one}
        assert sugar.good("POST", "/bulk", {"requests": [call]})[0]["status"] == 409
    assert sugar.call("PUT", f"/Leads/{lead}", {"title": "c"}).status_code == 200


def test_a_converted_lead_stays_and_names_what_it_became(sugar: SugarClient) -> None:
    lead = sugar.lead("Ode", account_name="Acme", email1="ode@x.test", act_on_score_c=5)
    assert error_of(sugar.call("POST", f"/Leads/{lead}/convert", {"modules": {}})) == (422, "missing_parameter")
    body = {"modules": {"Contacts": {"title": "Head"}, "Accounts": {"name": "Acme Ltd"}}}
    sugar.good("POST", f"/Leads/{lead}/convert", body)
    row = sugar.good("GET", f"/Leads/{lead}")
    assert (row["converted"], row["status"], row["deleted"]) == (True, "Converted", False)
    contact = sugar.good("GET", f"/Contacts/{row['contact_id']}")
    assert (contact["last_name"], contact["title"], contact["email1"]) == ("Ode", "Head", "ode@x.test")
    assert (contact["account_name"], contact["act_on_score_c"]) == ("Acme Ltd", 5)
    assert row["account_id"] == contact["account_id"]
    again: dict[str, object] = {"modules": {"Contacts": {}}}
    assert error_of(sugar.call("POST", f"/Leads/{lead}/convert", again)) == (422, "invalid_parameter")
    other = sugar.lead("Roe")
    sugar.good("POST", f"/Leads/{other}/convert", {"modules": {"Contacts": {"id": contact["id"]}}})
    assert sugar.good("GET", f"/Leads/{other}")["contact_id"] == contact["id"]


def test_target_lists_take_members_and_nobody_s_date_moves(sugar: SugarClient) -> None:
    members = [sugar.lead("A"), sugar.lead("B"), sugar.lead("C")]
    made = sugar.good("POST", "/ProspectLists", {"name": "List", "list_type": "exempt"})
    path = f"/ProspectLists/{made['id']}/link"
    sugar.later(5)
    sugar.good("POST", f"{path}/leads/{members[0]}")
    told = sugar.good("POST", path, {"link_name": "leads", "ids": members})
    assert [one["id"] for one in told["related_records"]] == members
    page = sugar.good("GET", f"{path}/leads?max_num=2&order_by=id:ASC&fields=last_name")
    assert ([one["id"] for one in page["records"]], page["next_offset"]) == (sorted(members)[:2], 2)
    assert sugar.good("GET", f"{path}/leads/count") == {"record_count": 3}
    told = sugar.good("DELETE", f"{path}/leads/{members[1]}")
    assert told["related_record"]["id"] == members[1]
    assert error_of(sugar.call("DELETE", f"{path}/leads/{members[1]}")) == (404, "not_found")
    assert [one["id"] for one in sugar.good("GET", f"/Leads/{members[0]}/link/prospect_lists")["records"]] == [
        made["id"]
    ]
    sugar.good("DELETE", f"/Leads/{members[2]}")
    assert [one["id"] for one in sugar.good("GET", f"{path}/leads")["records"]] == [members[0]]
    assert sugar.good("GET", f"/ProspectLists/{made['id']}")["date_modified"] == made["date_modified"]
    assert sugar.found("Leads", {"date_modified": {"$gt": made["date_modified"]}}) == []


@pytest.mark.parametrize("path", ["/link/nope/x", "/link/contacts/none"])
def test_a_link_that_there_is_not_is_not_found(sugar: SugarClient, path: str) -> None:
    assert error_of(sugar.call("POST", f"/Leads/{sugar.lead()}{path}")) == (404, "not_found")


def test_a_related_record_can_be_made_through_its_link(sugar: SugarClient) -> None:
    account = sugar.good("POST", "/Accounts", {"name": "Acme"})["id"]
    told = sugar.good("POST", f"/Accounts/{account}/link/contacts", {"last_name": "Roe"})
    assert sugar.good("GET", f"/Contacts/{told['related_record']['id']}")["account_name"] == "Acme"


def test_metadata_tells_the_fields_of_the_modules_asked_for(sugar: SugarClient) -> None:
    sugar.people("POST", "fields", {"object": "lead", "name": "grade_c", "type": "string", "length": 3})
    told = sugar.good("GET", "/metadata?type_filter=modules&module_filter=Leads,Contacts")
    assert sorted(told["modules"]) == ["Contacts", "Leads"]
    fields = told["modules"]["Leads"]["fields"]
    assert {name: fields["last_name"][name] for name in ("name", "type", "len", "required", "readonly")} == {
        "name": "last_name", "type": "varchar", "len": 100, "required": True, "readonly": False,
    }  # fmt: skip
    assert (fields["act_on_score_c"]["type"], fields["grade_c"]["len"]) == ("int", 3)
    assert (fields["date_modified"]["readonly"], fields["prospect_lists"]["type"]) == (True, "link")


def test_traffic_counts_calls_by_their_path_templates(sugar: SugarClient) -> None:
    sugar.control("DELETE", "requests")
    sugar.good("GET", f"/Leads/{sugar.lead()}")
    counts = sugar.control("GET", "requests")["counts"]
    root = ROOT.replace("v11_20", "v{version}")
    assert counts == {f"GET {root}/{{module}}/{{id}}": 1, f"POST {root}/{{module}}": 1}
