"""What happens to leads and contacts: qualified, disqualified, merged, closed, edited by people."""

from typing import Any

import pytest
import requests

from tests.sandbox.dynamics.client import MISSING, TIMEOUT_S, TYPE, DynamicsClient, error_of

QUALIFY = {"CreateAccount": True, "CreateContact": True, "CreateOpportunity": False, "Status": 3}


def test_a_qualified_lead_stays_and_a_contact_and_an_account_point_back_to_it(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead(firstname="Ann", emailaddress1="a@x.test", new_act_on_score=7)
    reply = dynamics.call("POST", f"leads({lead})/{TYPE}QualifyLead", QUALIFY)
    assert reply.status_code == 200
    account, contact = reply.json()["value"]
    assert account == {"@odata.type": f"#{TYPE}account", "accountid": account["accountid"]}
    assert contact == {"@odata.type": f"#{TYPE}contact", "contactid": contact["contactid"]}
    found = dynamics.told("leads", lead)
    assert (found["statecode"], found["statuscode"]) == (1, 3)
    assert (found["parentaccountid"], found["parentcontactid"]) == (account["accountid"], contact["contactid"])
    person = dynamics.told("contacts", contact["contactid"])
    assert (person["originatingleadid"], person["parentcustomerid"]) == (lead, account["accountid"])
    assert (person["emailaddress1"], person["new_act_on_score"]) == ("a@x.test", None)
    assert dynamics.told("accounts", account["accountid"])["name"] == "Acme"
    again = dynamics.call("POST", f"leads({lead})/{TYPE}QualifyLead", QUALIFY)
    assert again.status_code == 400


@pytest.mark.parametrize("missing", sorted(QUALIFY))
def test_the_four_parameters_of_qualify_lead_are_required(dynamics: DynamicsClient, missing: str) -> None:
    body = {name: value for name, value in QUALIFY.items() if name != missing}
    assert dynamics.call("POST", f"leads({dynamics.lead()})/{TYPE}QualifyLead", body).status_code == 400


def test_a_qualification_that_is_refused_leaves_nothing_behind(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    reply = dynamics.call("POST", f"leads({lead})/{TYPE}QualifyLead", {**QUALIFY, "Status": 4})
    assert error_of(reply) == (400, "0x80048408")
    assert dynamics.people("GET", "contacts")["total"] == dynamics.people("GET", "accounts")["total"] == 0


def test_a_plain_change_of_state_makes_no_contact(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    assert dynamics.call("PATCH", f"leads({lead})", {"statecode": 1, "statuscode": 3}).status_code == 204
    assert dynamics.people("GET", "contacts")["total"] == 0


def test_people_convert_into_existing_rows_and_disqualify(dynamics: DynamicsClient) -> None:
    account, contact = dynamics.create("accounts", name="A"), dynamics.create("contacts", lastname="R")
    lead, lost = dynamics.lead("One"), dynamics.lead("Two")
    wanted = {"account": account, "contact": contact}
    assert dynamics.people("POST", f"leads/{lead}/convert", wanted) == wanted
    dynamics.people("POST", f"leads/{lost}/disqualify", {"statuscode": 6})
    found = dynamics.told("leads", lost)
    assert (found["statecode"], found["statuscode"]) == (2, 6)
    dynamics.people("POST", f"leads/{lost}/activate")
    assert dynamics.told("leads", lost)["statuscode"] == 1


def test_closed_leads_take_updates_unless_the_policy_says_otherwise(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead(statecode=2)
    score = {"new_act_on_score": 4}
    assert dynamics.call("PATCH", f"leads({lead})", score).status_code == 204
    dynamics.settings(closed_leads="refuse")
    assert dynamics.call("PATCH", f"leads({lead})", score).status_code == 400
    assert dynamics.call("PATCH", f"leads({lead})", {"statecode": 0, "statuscode": 1}).status_code == 204
    assert dynamics.call("PATCH", f"leads({lead})", score).status_code == 204


def merge_body(kind: str, target: str, other: str, **content: object) -> dict[str, Any]:
    """Write the body of a Merge."""
    typed = {"@odata.type": f"{TYPE}{kind}"}
    return {
        "Target": {**typed, f"{kind}id": target},
        "Subordinate": {**typed, f"{kind}id": other},
        "UpdateContent": {**typed, **content},
        "PerformParentingChecks": False,
    }


def test_a_merge_deactivates_the_subordinate_which_names_its_master(dynamics: DynamicsClient) -> None:
    one, two = dynamics.lead("One"), dynamics.lead("Two")
    reply = dynamics.call("POST", "Merge", merge_body("lead", one, two, jobtitle="Head"))
    assert reply.status_code == 204
    gone, kept = dynamics.told("leads", two), dynamics.told("leads", one)
    assert (gone["statecode"], gone["merged"], gone["masterid"]) == (2, True, one)
    assert (kept["jobtitle"], kept["merged"], kept["statecode"]) == ("Head", False, 0)
    assert dynamics.call("POST", "Merge", merge_body("lead", one, two)).status_code == 400
    assert dynamics.call("POST", "Merge", merge_body("lead", one, one)).status_code == 400
    assert dynamics.call("POST", "Merge", merge_body("lead", one, MISSING)).status_code == 404
    users = merge_body("systemuser", MISSING, one)
    assert dynamics.call("POST", "Merge", users).status_code == 400
    for wrong in ({"Target": None}, {"Subordinate": {"leadid": two}}, {"UpdateContent": 7}):
        assert dynamics.call("POST", "Merge", {**merge_body("lead", one, two), **wrong}).status_code == 400


def test_merging_accounts_moves_their_contacts_and_lists_keep_one_membership(dynamics: DynamicsClient) -> None:
    one, two = dynamics.create("accounts", name="One"), dynamics.create("accounts", name="Two")
    contact = dynamics.create("contacts", lastname="R", parentcustomerid_account__bind=f"/accounts({two})")
    other, sam = dynamics.create("contacts", lastname="S"), dynamics.user("sam.seller@corp.example.com")
    members = dynamics.people("POST", "lists", {"listname": "L", "createdfromcode": 2})["id"]
    dynamics.people("POST", f"lists/{members}/members", {"ids": [contact]})
    dynamics.people("POST", "accounts/merge", {"master": one, "others": [two]})
    assert dynamics.told("contacts", contact)["parentcustomerid"] == one
    gone = dynamics.told("accounts", two)
    assert (gone["statecode"], gone["statuscode"], gone["masterid"]) == (1, 2, one)
    dynamics.people(
        "POST", "contacts/merge", {"master": other, "others": [contact], "values": {"jobtitle": "x", "ownerid": sam}}
    )
    assert dynamics.told("contacts", other)["ownerid"] == sam
    assert dynamics.people("GET", f"lists/{members}/members") == {"ids": [other]}
    assert dynamics.told("contacts", other)["jobtitle"] == "x"


def test_people_make_read_edit_and_list_under_their_own_names(dynamics: DynamicsClient) -> None:
    sam, sue = dynamics.user("sam.seller@corp.example.com"), dynamics.user("sue.sells@corp.example.com")
    account = dynamics.people("POST", "accounts", {"name": "Acme"})["id"]
    body = {"lastname": "Ode", "parentcustomerid": account}
    made = dynamics.people("POST", f"contacts?as={sue}", body)["id"]
    dynamics.people("PATCH", f"contacts/{made}", {"jobtitle": "Head", "ownerid": sam})
    told = dynamics.told("contacts", made)
    assert (told["createdby"], told["modifiedby"], told["ownerid"]) == (sue, sam, sam)
    assert (told["parentcustomerid"], told["jobtitle"], told["fullname"]) == (account, "Head", "Ode")
    assert dynamics.people("GET", f"contacts?ids={made}") == {"items": [told], "total": 1}
    dynamics.people("POST", f"contacts/{made}/deactivate")
    assert dynamics.told("contacts", made)["statuscode"] == 2
    dynamics.people("DELETE", f"contacts/{made}")
    for path in (f"contacts/{made}", "widgets", f"contacts/{made}/undelete"):
        assert requests.get(f"{dynamics.url}/_control/dynamics/{path}", timeout=TIMEOUT_S).status_code == 404


def test_a_person_s_edit_moves_the_stamp_and_is_not_the_app_s(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    before = dynamics.told("leads", lead)
    dynamics.control("POST", "weather", {"kind": "clock_skew", "seconds": 60})
    dynamics.people("PATCH", f"leads/{lead}", {"jobtitle": "x"})
    after = dynamics.told("leads", lead)
    assert after["modifiedon"] > before["modifiedon"]
    assert after["modifiedby"] != before["modifiedby"]
    assert after["versionnumber"] > before["versionnumber"]


def test_an_update_that_changes_nothing_moves_the_stamp_unless_told_not_to(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead(jobtitle="x")
    stamps = [dynamics.told("leads", lead)["modifiedon"]]
    for moves in (True, False):
        dynamics.settings(noop_moves_modified=moves)
        dynamics.later(60 if moves else 120)
        dynamics.call("PATCH", f"leads({lead})", {"jobtitle": "x"})
        stamps.append(dynamics.told("leads", lead)["modifiedon"])
    assert stamps[0] < stamps[1] == stamps[2]


def test_settings_that_are_no_settings_are_400(dynamics: DynamicsClient) -> None:
    for body in ({"seed": 2}, {"nonsense": 1}, {"closed_leads": "perhaps"}, {"untracked": ["widget"]}):
        url = f"{dynamics.url}/_control/dynamics/settings"
        assert requests.put(url, json=body, timeout=TIMEOUT_S).status_code == 400
    assert dynamics.people("GET", "settings")["max_page"] == 5000


def test_a_refused_control_call_says_why(dynamics: DynamicsClient) -> None:
    url = f"{dynamics.url}/_control/dynamics/leads"
    assert requests.post(url, json={"lastname": "x" * 99}, timeout=TIMEOUT_S).json()["error"]["code"] == "0x80044331"
    assert requests.post(url, json={"ownerid": MISSING}, timeout=TIMEOUT_S).status_code == 400


def test_the_seeded_people_are_leads_and_contacts_of_seeded_accounts(peopled: DynamicsClient) -> None:
    counts = peopled.control("GET", "state")["counts"]
    assert counts["lead"] + counts["contact"] == 60
    assert counts["account"] > 0
    leads, contacts = peopled.people("GET", "leads")["items"], peopled.people("GET", "contacts")["items"]
    assert {one["statecode"] for one in leads} == {0}
    employed = [one for one in contacts if one["parentcustomerid"]]
    assert employed
    assert all(peopled.told("accounts", one["parentcustomerid"])["name"] for one in employed[:3])
    peopled.control("POST", "reset", {})
    assert peopled.people("GET", "leads")["items"] == leads
    names = {one["fullname"] for one in peopled.people("GET", "users")["items"]}
    assert {"Sam Seller", "Sue Sells", "Ines Inactive"} < names
