"""What people do in the user interface, and how it looks from the API."""

from typing import Any

import pytest

from tests.sandbox.account_engagement.client import PardotClient, error_of

NEWSLETTER, SPRING = 401, 402


def refused(client: PardotClient, method: str, path: str, body: object = None) -> int:
    """Do what isn't possible; give the status."""
    url = f"{client.url}/_control/account_engagement/{path}"
    return client.session.request(method, url, json=body, timeout=10).status_code


def test_people_make_edit_bin_and_take_back(pardot: PardotClient) -> None:
    ana = pardot.people("POST", "prospects?as=102", {"email": "ana@roe.example", "firstName": "Ana"})["id"]
    assert pardot.read(f"prospects/{ana}", "createdById,createdBy.email") == {
        "createdById": 102,
        "createdBy": {"email": "sam.seller@corp.example.com"},
    }
    pardot.people("PATCH", f"prospects/{ana}", {"city": "Oslo"})
    assert pardot.people("GET", f"prospects/{ana}")["city"] == "Oslo"
    pardot.people("DELETE", f"prospects/{ana}")
    assert error_of(pardot.get(f"prospects/{ana}")) == (404, 132)
    pardot.people("POST", f"prospects/{ana}/undelete")
    assert pardot.read(f"prospects/{ana}", "city,isDeleted") == {"city": "Oslo", "isDeleted": False}


def test_the_platform_sets_what_the_api_may_not(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    synced = {"grade": "B+", "salesforceAccountId": "001Ks0000000001AAA", "salesforceLastSync": "2025-05-01T00:00:00Z"}
    pardot.people("PATCH", f"prospects/{ana}", {**synced, "city": "Oslo"})
    found = pardot.read(f"prospects/{ana}", "grade,city,salesforceAccountId,salesforceLastSync")
    assert (found["grade"], found["city"]) == ("B+", "Oslo")
    assert found["salesforceLastSync"] == "2025-04-30T17:00:00-07:00"


def test_the_connector_marks_a_prospect_whose_lead_was_deleted(pardot: PardotClient) -> None:
    ana = pardot.prospect(salesforceId="00QKs0000000001AAA")
    pardot.people("PATCH", f"prospects/{ana}", {"salesforceId": "[[crm_deleted]]"})
    pardot.people("DELETE", f"prospects/{ana}")
    assert pardot.values("prospects", "id,salesforceId", deleted="true") == [
        {"id": ana, "salesforceId": "[[crm_deleted]]"}
    ]


def test_an_erased_prospect_is_simply_gone(pardot: PardotClient) -> None:
    ana, bo = pardot.prospect(), pardot.prospect("bo@roe.example")
    for one in (ana, bo):
        pardot.act(one, 1, asset="emailId")
        pardot.people("POST", f"prospects/{one}/lists/{NEWSLETTER}")
    pardot.people("POST", f"prospects/{ana}/erase")
    assert error_of(pardot.get(f"prospects/{ana}", deleted="all")) == (404, 109)
    assert error_of(pardot.call("PATCH", f"/objects/prospects/{ana}", {"city": "Oslo"})) == (404, 109)
    assert pardot.ids("prospects", deleted="all") == [bo]
    assert [one["prospectId"] for one in pardot.values("visitor-activities", "prospectId")] == [bo]
    assert [one["prospectId"] for one in pardot.values("list-memberships", "prospectId", deleted="all")] == [bo]


def test_merging_joins_activities_lists_and_scores_and_erases_the_losers(pardot: PardotClient) -> None:
    ana, bo, cy = (pardot.prospect(f"{name}@roe.example") for name in ("ana", "bo", "cy"))
    clicks = [pardot.act(one, 1, asset="emailId") for one in (ana, bo, cy)]
    for one, on in ((ana, NEWSLETTER), (bo, NEWSLETTER), (bo, SPRING)):
        pardot.people("POST", f"prospects/{one}/lists/{on}")
    cursor = pardot.read(f"prospects/{ana}", "updatedAt")["updatedAt"]
    pardot.later(60)
    pardot.people("POST", "prospects/merge", {"master": ana, "others": [bo, cy], "values": {"city": "Oslo"}})
    assert pardot.ids("prospects", deleted="all") == [ana]
    assert pardot.read(f"prospects/{ana}", "score,city,email") == {
        "score": 9,
        "city": "Oslo",
        "email": "ana@roe.example",
    }
    assert pardot.ids("visitor-activities", prospectId=ana) == clicks
    lists = pardot.values("list-memberships", "listId,prospectId", deleted="all")
    assert lists == [{"listId": NEWSLETTER, "prospectId": ana}, {"listId": SPRING, "prospectId": ana}]
    assert pardot.ids("prospects", updatedAtAfter=cursor) == [ana]
    for loser in (bo, cy):
        assert error_of(pardot.get(f"prospects/{loser}", deleted="all")) == (404, 109)


def test_a_merge_takes_two_or_three(pardot: PardotClient) -> None:
    four = [pardot.prospect(f"{number}@roe.example") for number in range(4)]
    for others in (four[1:], [], [four[0]]):
        assert refused(pardot, "POST", "prospects/merge", {"master": four[0], "others": others}) == 400
    assert refused(pardot, "POST", "prospects/merge", {"master": four[0], "others": [7]}) == 404
    assert pardot.ids("prospects") == four


def test_without_ampsea_the_loser_may_leave_its_address_to_the_winner(pardot: PardotClient) -> None:
    pardot.set(ampsea=False)
    ana, bo = pardot.prospect(), pardot.prospect("bo@roe.example")
    pardot.people("POST", "prospects/merge", {"master": ana, "others": [bo], "values": {"email": "bo@roe.example"}})
    assert pardot.values("prospects", "id,email") == [{"id": ana, "email": "bo@roe.example"}]


def test_people_assign_and_unassign(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    pardot.people("POST", f"prospects/{ana}/assign", {"user": 103})
    assert pardot.read(f"prospects/{ana}", "assignedTo.firstName") == {"assignedTo": {"firstName": "Sue"}}
    pardot.people("POST", f"prospects/{ana}/unassign")
    assert pardot.read(f"prospects/{ana}", "assignedToId") == {"assignedToId": None}
    assert refused(pardot, "POST", f"prospects/{ana}/assign", {"user": 999}) == 400


def test_users_come_change_and_leave(pardot: PardotClient) -> None:
    values = {"email": "new@corp.example.com", "firstName": "New", "salesforceId": "005Ks0000000099AAA"}
    made = pardot.people("POST", "users", values)["id"]
    ana = pardot.prospect(salesforceOwnerId="005Ks0000000099AAA")
    assert pardot.read(f"prospects/{ana}", "assignedToId") == {"assignedToId": made}
    pardot.people("PATCH", f"users/{made}", {"firstName": "Newer"})
    assert pardot.read(f"users/{made}", "firstName,isDeleted") == {"firstName": "Newer", "isDeleted": False}
    pardot.people("DELETE", f"users/{made}")
    assert made not in pardot.ids("users")
    assert pardot.read(f"users/{made}", "email,isDeleted", deleted="all")["isDeleted"] is True
    assert pardot.read(f"prospects/{ana}", "assignedToId") == {"assignedToId": made}
    assert error_of(pardot.call("PATCH", f"/objects/prospects/{ana}", {"userId": made})) == (400, 10)


def test_people_make_lists_static_and_dynamic_and_change_memberships(pardot: PardotClient) -> None:
    static = pardot.people("POST", "lists", {"name": "Guests"})["id"]
    dynamic = pardot.people("POST", "lists", {"name": "Rules", "dynamic": True})["id"]
    assert pardot.ids("lists", isDynamic="true", idGreaterThan=403) == [dynamic]
    assert pardot.ids("lists", isDynamic="false", idGreaterThan=403) == [static]
    ana = pardot.prospect()
    made = pardot.people("POST", f"prospects/{ana}/lists/{static}")["id"]
    pardot.people("PATCH", f"memberships/{made}", {"optedOut": True})
    assert pardot.read(f"list-memberships/{made}", "optedOut") == {"optedOut": True}
    pardot.people("DELETE", f"prospects/{ana}/lists/{static}")
    assert pardot.ids("list-memberships", deleted="true") == [made]
    pardot.people("DELETE", f"lists/{static}")
    assert static not in pardot.ids("lists")
    assert refused(pardot, "DELETE", f"prospects/{ana}/lists/{NEWSLETTER}") == 404


def test_campaigns_and_accounts_come_from_salesforce(pardot: PardotClient) -> None:
    account = pardot.people("POST", "accounts", {"name": "Roe Ltd", "salesforceId": "001Ks0000000001AAA"})["id"]
    campaign = pardot.people("POST", "campaigns", {"name": "Fair", "folderId": 202})["id"]
    ana = pardot.prospect(prospectAccountId=account, campaignId=campaign)
    assert pardot.read(f"prospects/{ana}", "prospectAccount.name,campaign.name") == {
        "prospectAccount": {"name": "Roe Ltd"},
        "campaign": {"name": "Fair"},
    }
    assert pardot.values("prospect-accounts", "name") == [{"name": "Roe Ltd"}]
    assert pardot.ids("campaigns", name="Fair") == [campaign]


def test_an_administrator_makes_renames_and_drops_custom_fields(pardot: PardotClient) -> None:
    made = pardot.people("POST", "fields", {"name": "Hobby", "fieldId": "hobby", "type": "text"})["id"]
    ana = pardot.prospect(hobby__c="chess")
    pardot.people("PATCH", f"fields/{made}", {"name": "Pastime"})
    assert pardot.values("custom-fields", "name,fieldId") == [{"name": "Pastime", "fieldId": "hobby"}]
    assert pardot.people("GET", f"prospects/{ana}")["hobby__c"] == "chess"
    pardot.people("DELETE", f"fields/{made}")
    assert pardot.ids("custom-fields") == []
    assert error_of(pardot.call("PATCH", f"/objects/prospects/{ana}", {"hobby__c": "go"})) == (400, 180)


def test_records_are_listed_as_they_are_by_id_or_in_parts(peopled: PardotClient) -> None:
    everybody = peopled.people("GET", "prospects")
    ids = [one["id"] for one in everybody["items"]]
    assert everybody["total"] == len(ids) == 60
    part = peopled.people("GET", f"prospects?ids={ids[3]},{ids[1]},7")
    assert [one["id"] for one in part["items"]] == [ids[3], ids[1]]
    assert [one["id"] for one in peopled.people("GET", "prospects?offset=58&limit=5")["items"]] == ids[58:]
    for records in ("lists", "memberships", "activities", "users", "campaigns", "accounts", "fields"):
        assert "items" in peopled.people("GET", records)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "prospects/7", None, 404),
        ("POST", "prospects/7/erase", None, 404),
        ("GET", "nonsense", None, 404),
        ("POST", "activities", {}, 400),
        ("POST", "visitors/act", {"type": 4, "asset": "nonsense"}, 400),
        ("POST", "visitors/act", {"type": 0}, 400),
        ("PUT", "settings", {"nonsense": 1}, 400),
        ("PUT", "settings", {"seed": 1}, 400),
        ("PUT", "settings", {"time_zone": "Nowhere/Land"}, 400),
        ("PUT", "scoring", {"nonsense": 1}, 400),
    ],
)
def test_what_people_cannot_do_is_refused(pardot: PardotClient, method: str, path: str, body: Any, status: int) -> None:
    assert refused(pardot, method, path, body) == status


def test_a_reset_makes_everything_new(peopled: PardotClient) -> None:
    peopled.create("custom-fields", name="Hobby", fieldId="hobby")
    peopled.set(ampsea=False)
    peopled.call("POST", "/imports", {"operation": "Upsert", "object": "Prospect"})
    peopled.control("POST", "reset", {"size": 5})
    assert peopled.control("GET", "state")["counts"]["prospects"] == 5
    assert peopled.people("GET", "settings")["ampsea"] is True
    assert error_of(peopled.get("prospects", "hobby__c")) == (400, 180)
    assert error_of(peopled.call("GET", "/imports/1?fields=id")) == (404, 109)
