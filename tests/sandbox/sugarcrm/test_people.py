"""What people do in the site, by control calls, and how both protocols show it."""

import pytest

from tests.sandbox.sugarcrm.client import TIMEOUT_S, SugarClient, error_of


def test_the_seeded_site_has_leads_contacts_accounts_and_users(peopled: SugarClient) -> None:
    counts = peopled.control("GET", "state")["counts"]
    assert counts["Leads"] + counts["Contacts"] == 60
    (contact,) = peopled.found("Contacts", {"account_id": {"$not_empty": ""}}, max_num=1)
    account = peopled.people("GET", f"accounts/{contact['account_id']}")
    assert (contact["account_name"], account["deleted"]) == (account["name"], False)
    users = {one["email1"]: one["status"] for one in peopled.people("GET", "users")["items"]}
    assert users["sam.seller@corp.example.com"] == users["sue.sells@corp.example.com"] == "Active"
    assert users["ines.inactive@corp.example.com"] == "Inactive"
    page = peopled.people("GET", "leads?limit=2&offset=1")
    assert (len(page["items"]), page["total"]) == (2, counts["Leads"])


def test_an_edit_by_people_moves_the_date_and_is_not_the_integration_s(sugar: SugarClient) -> None:
    lead = sugar.lead("Ode")
    before = sugar.good("GET", f"/Leads/{lead}")
    sugar.later(5)
    sugar.people("PATCH", f"leads/{lead}", {"title": "Head", "email1": "ode@x.test", "email_opt_out": True})
    after = sugar.good("GET", f"/Leads/{lead}")
    assert after["date_modified"] > before["date_modified"]
    assert (before["modified_by_name"], after["modified_by_name"]) == ("ada.admin", "sam.seller")
    row = sugar.people("GET", f"leads/{lead}")
    assert (row["title"], row["email1"], row["email_opt_out"], row["deleted"]) == ("Head", "ode@x.test", True, False)
    made = sugar.people("POST", "contacts", {"last_name": "Roe"})["id"]
    assert sugar.good("GET", f"/Contacts/{made}")["created_by_name"] == "sam.seller"


def test_a_deletion_can_be_repaired_with_its_addresses_and_lists(sugar: SugarClient) -> None:
    lead, made = sugar.lead("Ode", email1="ode@x.test"), sugar.people("POST", "lists", {"name": "List"})["id"]
    sugar.people("PUT", f"lists/{made}/members/leads/{lead}")
    sugar.people("DELETE", f"leads/{lead}")
    assert sugar.people("GET", f"leads/{lead}")["deleted"] is True
    assert sugar.people("GET", f"lists/{made}/members")["leads"] == []
    sugar.people("POST", f"leads/{lead}/undelete")
    assert sugar.good("GET", f"/Leads/{lead}")["email1"] == "ode@x.test"
    assert sugar.people("GET", f"lists/{made}/members")["leads"] == [lead]
    sugar.people("DELETE", f"lists/{made}/members/leads/{lead}")
    assert sugar.people("GET", f"lists/{made}/members")["leads"] == []


def test_a_merge_deletes_the_losers_and_says_nothing_of_the_survivor(sugar: SugarClient) -> None:
    kept, gone = sugar.lead("Kept", email1="kept@x.test"), sugar.lead("Gone", email1="gone@x.test")
    made = sugar.people("POST", "lists", {"name": "List"})["id"]
    sugar.people("PUT", f"lists/{made}/members/leads/{gone}")
    sugar.people("POST", "leads/merge", {"master": kept, "others": [gone], "values": {"title": "Head"}})
    assert error_of(sugar.call("GET", f"/Leads/{gone}")) == (404, "not_found")
    told = sugar.good("GET", f"/Leads/{kept}")
    assert [one["email_address"] for one in told["email"]] == ["kept@x.test", "gone@x.test"]
    assert told["title"] == "Head"
    assert kept not in str(sugar.people("GET", f"leads/{gone}"))
    assert sugar.people("GET", f"lists/{made}/members")["leads"] == [kept]


def test_an_account_s_contacts_move_when_it_is_merged_and_lose_it_when_it_goes(sugar: SugarClient) -> None:
    one, two = (sugar.good("POST", "/Accounts", {"name": name})["id"] for name in ("One", "Two"))
    contact = sugar.good("POST", "/Contacts", {"last_name": "Roe", "account_id": two})["id"]
    sugar.people("POST", "accounts/merge", {"master": one, "others": [two]})
    assert sugar.people("GET", f"contacts/{contact}")["account_id"] == one
    sugar.people("DELETE", f"accounts/{one}")
    assert sugar.people("GET", f"contacts/{contact}")["account_id"] == ""


def test_people_convert_leads(sugar: SugarClient) -> None:
    lead = sugar.lead("Ode", account_name="Acme")
    became = sugar.people("POST", f"leads/{lead}/convert", {})
    row = sugar.people("GET", f"leads/{lead}")
    assert (row["converted"], row["contact_id"], row["account_id"]) == (True, became["contact"], became["account"])
    alone = sugar.people("POST", f"leads/{sugar.lead('Roe')}/convert", {})
    assert alone["account"] == ""
    other = sugar.people("POST", f"leads/{sugar.lead('Poe')}/convert", became)
    assert other == became


def test_a_logic_hook_refuses_one_record_in_each_protocol_s_own_way(sugar: SugarClient) -> None:
    good, bad = sugar.lead("Good"), sugar.lead("Bad")
    sugar.people("PUT", f"leads/{bad}/fault", {"code": "not_allowed", "message": "The hook says no."})
    reply = sugar.call("PUT", f"/Leads/{bad}", {"title": "x"})
    assert (error_of(reply), reply.json()["error_message"]) == ((422, "not_allowed"), "The hook says no.")
    lists = [[{"name": "id", "value": one}, {"name": "title", "value": "x"}] for one in (bad, good)]
    assert sugar.legacy("set_entries", sugar.sid, "Leads", lists) == {"ids": [bad, good]}
    assert [sugar.people("GET", f"leads/{one}")["title"] for one in (bad, good)] == [None, "x"]
    sugar.settings(hook_crashes=True)
    assert sugar.raw("set_entries", [sugar.sid, "Leads", lists]).status_code == 500
    sugar.people("DELETE", f"leads/{bad}/fault")
    assert sugar.call("PUT", f"/Leads/{bad}", {"title": "x"}).status_code == 200


def test_a_lock_wears_off(sugar: SugarClient) -> None:
    lead = sugar.lead("Ode")
    sugar.people("PUT", f"leads/{lead}/lock", {"times": 2})
    assert error_of(sugar.call("PUT", f"/Leads/{lead}", {"title": "x"})) == (500, "fatal_error")
    pairs = [{"name": "id", "value": lead}, {"name": "title", "value": "y"}]
    assert sugar.raw("set_entry", [sugar.sid, "Leads", pairs]).status_code == 500
    assert sugar.good("PUT", f"/Leads/{lead}", {"title": "z"})["title"] == "z"


def test_fields_are_made_changed_and_taken_away(sugar: SugarClient) -> None:
    lead = sugar.lead("Ode")
    sugar.people("POST", "fields", {"object": "lead", "name": "grade_c", "type": "string", "length": 5})
    assert sugar.good("PUT", f"/Leads/{lead}", {"grade_c": "abcdefg"})["grade_c"] == "abcde"
    sugar.people("PATCH", "fields/lead/grade_c", {"length": 2})
    assert sugar.good("PUT", f"/Leads/{lead}", {"grade_c": "abcdefg"})["grade_c"] == "ab"
    sugar.people("DELETE", "fields/lead/grade_c")
    assert "grade_c" not in sugar.good("GET", f"/Leads/{lead}")
    sugar.people("POST", "fields", {"object": "contact", "name": "vip_c", "type": "boolean"})
    assert sugar.good("POST", "/Contacts", {"last_name": "Roe", "vip_c": "1"})["vip_c"] is True


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nonsense", None, 404),
        ("GET", "leads/none", None, 404),
        ("PATCH", "leads/none", {"title": "x"}, 404),
        ("POST", "leads/none/undelete", None, 404),
        ("POST", "leads/none/convert", {}, 404),
        ("DELETE", "leads/none/fault", None, 404),
        ("POST", "leads", {}, 422),
        ("POST", "fields", {"object": "lead", "name": "grade"}, 400),
        ("POST", "fields", {"object": "lead", "name": "grade_c", "type": "odd"}, 400),
        ("DELETE", "fields/lead/none", None, 404),
        ("PUT", "settings", {"seed": 3}, 400),
        ("PUT", "settings", {"odd": 3}, 400),
    ],
)
def test_a_control_call_that_makes_no_sense_says_so(
    sugar: SugarClient, method: str, path: str, body: object, status: int
) -> None:
    reply = sugar.http.request(method, f"{sugar.url}/_control/sugarcrm/{path}", json=body, timeout=TIMEOUT_S)
    assert reply.status_code == status
