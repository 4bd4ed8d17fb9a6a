"""Queries and reads: fields, filters, order, pages, the recycle bin, moments, warnings."""

import base64
import json
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest

from tests.sandbox.account_engagement.client import PardotClient, error_of


def test_fields_are_required_on_every_get(peopled: PardotClient) -> None:
    for path in ("/objects/prospects", "/objects/prospects/10000001", "/objects/users", "/imports/1", "/exports/1"):
        reply = peopled.call("GET", path)
        assert reply.status_code == 400
        assert reply.json() == {"code": 13, "message": "One or more required parameters are missing: fields"}


def test_a_reply_holds_the_fields_asked_for_and_null_for_what_is_not_there(pardot: PardotClient) -> None:
    made = pardot.prospect(firstName="Ana")
    fields = "id,email,firstName,lastName,grade,score,optedOut,isDeleted,salesforceId,userId"
    assert pardot.read(f"prospects/{made}", fields) == {
        "id": made,
        "email": "ana@roe.example",
        "firstName": "Ana",
        "lastName": None,
        "grade": None,
        "score": 0,
        "optedOut": False,
        "isDeleted": False,
        "salesforceId": None,
        "userId": None,
    }


def test_dotted_fields_follow_relations_three_objects_deep(pardot: PardotClient) -> None:
    made = pardot.prospect(userId=102, campaignId=301)
    fields = "assignedTo.email,assignedTo.salesforceId,campaign.folder.parentFolder.name,prospectAccount.name"
    found = pardot.read(f"prospects/{made}", fields)
    assert found["assignedTo"]["email"] == "sam.seller@corp.example.com"
    assert found["assignedTo"]["salesforceId"].startswith("005")
    assert found["campaign"] == {"folder": {"parentFolder": {"name": "Uncategorized"}}}
    assert found["prospectAccount"] is None
    too_deep = "campaign.folder.parentFolder.parentFolder.name"
    assert error_of(pardot.get(f"prospects/{made}", too_deep)) == (400, 180)


@pytest.mark.parametrize("fields", ["id,nonsense", "*", "assignedTo.nonsense", "nonsense.id", "assignedTo"])
def test_unknown_fields_are_refused(pardot: PardotClient, fields: str) -> None:
    assert error_of(pardot.get("prospects", fields)) == (400, 180)


def test_pages_follow_each_other_without_a_gap_and_end_with_null(peopled: PardotClient) -> None:
    first = peopled.get("prospects", "id,email", limit=25).json()
    assert set(first) == {"nextPageToken", "nextPageUrl", "values"}
    assert len(first["values"]) == 25
    second = peopled.session.get(first["nextPageUrl"], timeout=10).json()
    third = peopled.get("prospects", "id", nextPageToken=second["nextPageToken"]).json()
    assert (third["nextPageToken"], third["nextPageUrl"], len(third["values"])) == (None, None, 10)
    ids = [one["id"] for page in (first, second, third) for one in page["values"]]
    assert ids == sorted(set(ids))
    assert len(ids) == 60


def test_pages_are_by_key_so_that_deletions_in_between_make_no_gap(peopled: PardotClient) -> None:
    first = peopled.get("prospects", "id", limit=20).json()
    for one in first["values"][:10]:
        peopled.call("DELETE", f"/objects/prospects/{one['id']}")
    again = peopled.get("prospects", nextPageToken=first["nextPageToken"]).json()
    assert again["values"][0]["id"] == first["values"][-1]["id"] + 1
    assert peopled.get("prospects", nextPageToken=first["nextPageToken"]).json()["values"] == again["values"]


def test_two_hundred_are_a_page_if_nobody_says_otherwise_and_a_thousand_at_most(pardot: PardotClient) -> None:
    pardot.control("POST", "reset", {"seed": 1, "size": 1200})
    assert len(pardot.get("prospects").json()["values"]) == 200
    assert len(pardot.get("prospects", limit=1000).json()["values"]) == 1000
    for limit in (0, 1001, "many"):
        assert error_of(pardot.get("prospects", limit=limit)) == (400, 23)


def test_beside_a_page_token_only_fields_may_stand(peopled: PardotClient) -> None:
    token = peopled.get("prospects", limit=5).json()["nextPageToken"]
    for more in ({"limit": 5}, {"orderBy": "id"}, {"deleted": "all"}, {"idGreaterThan": 1}, {"offset": 0}):
        assert peopled.get("prospects", nextPageToken=token, **more).status_code == 400
    assert peopled.get("prospects", "id,score", nextPageToken=token).status_code == 200


def test_a_token_is_base64_of_json_and_holds_for_four_hours(peopled: PardotClient) -> None:
    token = peopled.get("prospects", limit=5, deleted="all", updatedAtAfter="2025-01-01T00:00:00Z").json()[
        "nextPageToken"
    ]
    told = json.loads(base64.urlsafe_b64decode(token + "=="))
    assert {"orderBy", "filters", "limit", "resumeValue", "page", "recCount", "expireTime", "deleted"} <= set(told)
    assert (told["limit"], told["recCount"], told["page"], told["deleted"]) == (5, 5, 2, "all")
    assert "id" in told["resumeValue"]
    peopled.later(3.9 * 3600)
    peopled.sign_in()
    assert peopled.get("prospects", nextPageToken=token).status_code == 200
    peopled.later(4.1 * 3600)
    peopled.sign_in()
    assert error_of(peopled.get("prospects", nextPageToken=token)) == (400, 210)


def test_a_token_that_is_none_or_of_another_object_is_invalid(peopled: PardotClient) -> None:
    token = peopled.get("prospects", limit=5).json()["nextPageToken"]
    for path, other in (("prospects", "nonsense"), ("prospects", ""), ("prospects", token[:40]), ("lists", token)):
        assert error_of(peopled.get(path, nextPageToken=other)) == (400, 211)


def test_a_chain_of_pages_ends_at_its_limit_with_a_warning(peopled: PardotClient) -> None:
    peopled.set(chain_limit=40)
    first = peopled.get("prospects", limit=30)
    second = peopled.get("prospects", nextPageToken=first.json()["nextPageToken"])
    assert "Pardot-Warning" not in first.headers
    assert second.headers["Pardot-Warning"].startswith("203;")
    assert (len(second.json()["values"]), second.json()["nextPageToken"]) == (10, None)
    peopled.set(chain_limit=60)
    assert len(peopled.ids("prospects", limit=30)) == 60


def test_offset_is_old_and_reaches_only_so_far(peopled: PardotClient) -> None:
    assert peopled.ids("prospects", offset=50) == peopled.ids("prospects")[50:]
    assert error_of(peopled.get("prospects", offset=2001)) == (400, 21)


def test_numbers_are_filtered_by_value_list_and_range(peopled: PardotClient) -> None:
    ids = peopled.ids("prospects")
    first, last = ids[10], ids[20]
    assert peopled.ids("prospects", id=first) == [first]
    assert peopled.ids("prospects", idList=f"{last},{first},1") == [first, last]
    assert peopled.ids("prospects", idGreaterThan=first, idLessThan=last) == ids[11:20]
    assert peopled.ids("prospects", idGreaterThanOrEqualTo=first, idLessThanOrEqualTo=last) == ids[10:21]
    assert error_of(peopled.get("prospects", idGreaterThan="x")) == (400, 16)


def test_moments_are_filtered_before_and_after_with_or_without_themselves(peopled: PardotClient) -> None:
    rows = sorted(peopled.values("prospects", "id,updatedAt"), key=lambda one: datetime.fromisoformat(one["updatedAt"]))
    at = rows[30]["updatedAt"]
    ids = [one["id"] for one in rows]
    for word, expected in (
        ("After", ids[31:]),
        ("AfterOrEqualTo", ids[30:]),
        ("Before", ids[:30]),
        ("BeforeOrEqualTo", ids[:31]),
    ):
        found = peopled.ids("prospects", **{f"updatedAt{word}": at})
        assert found == sorted(expected), word
        by_stamp = peopled.ids("prospects", orderBy="updatedAt", limit=7, **{f"updatedAt{word}": at})
        assert by_stamp == expected, word
    assert peopled.ids("prospects", updatedAtAfter=at, updatedAtBefore=rows[33]["updatedAt"]) == sorted(ids[31:33])


def test_a_plus_that_was_not_encoded_or_a_missing_offset_is_an_invalid_timestamp(peopled: PardotClient) -> None:
    for text in ("2025-01-01T00:00:00", "2025-01-01T00:00:00+02:00", "yesterday"):
        reply = peopled.call("GET", f"/objects/prospects?fields=id&updatedAtAfter={text}")
        assert error_of(reply) == (400, 7), text
    good = quote("2025-01-01T00:00:00+02:00")
    assert peopled.call("GET", f"/objects/prospects?fields=id&updatedAtAfter={good}").status_code == 200


def test_all_filters_hold_at_once_on_three_fields_at_most(peopled: PardotClient) -> None:
    wide = {"createdAtAfter": "2025-01-01T00:00:00Z", "createdAtBefore": "2035-01-01T00:00:00Z", "userId": 102}
    expected = [one["id"] for one in peopled.values("prospects", "id,assignedToId") if one["assignedToId"] == 102]
    assert expected
    assert peopled.ids("prospects", **wide, idGreaterThan=1) == expected
    four = {**wide, "updatedAtAfter": "2025-01-01T00:00:00Z", "idGreaterThan": 1}
    assert error_of(peopled.call("GET", "/objects/prospects", params={"fields": "id", **four})) == (400, 209)


def test_what_cannot_be_filtered_and_what_is_no_parameter_are_refused(pardot: PardotClient) -> None:
    for parameter, code in (("firstName", 224), ("updatedAt", 224), ("scoreGreaterThan", 224), ("nonsense", 5)):
        assert error_of(pardot.get("prospects", **{parameter: "1"})) == (400, code), parameter


def test_rows_come_in_the_order_asked_for(peopled: PardotClient) -> None:
    rows = peopled.values("prospects", "id,updatedAt,lastActivityAt")

    def key(one: dict[str, str]) -> tuple[datetime, str]:
        return datetime.fromisoformat(one["updatedAt"]), one["id"]

    by_stamp = [one["id"] for one in sorted(rows, key=key)]
    assert peopled.ids("prospects", orderBy="updatedAt", limit=9) == by_stamp
    assert peopled.ids("prospects", orderBy="updatedAt DESC", limit=9) == by_stamp[::-1]
    assert peopled.ids("prospects", orderBy="id DESC", limit=9) == [one["id"] for one in rows][::-1]
    assert peopled.ids("prospects", orderBy="updatedAt,id", limit=9) == by_stamp
    quiet = [one["id"] for one in rows if one["lastActivityAt"] is None]
    by_activity = peopled.ids("prospects", orderBy="lastActivityAt,id", limit=9)
    assert by_activity[: len(quiet)] == quiet
    assert peopled.ids("prospects", orderBy="lastActivityAt DESC,id DESC", limit=9) == by_activity[::-1]
    assert sorted(by_activity) == [one["id"] for one in rows]


def test_mixed_directions_are_a_chain_of_pages_as_well(pardot: PardotClient) -> None:
    made = [pardot.create("lists", name=name) for name in ("b", "a", "b", "a")]
    found = pardot.ids("lists", orderBy="name DESC,id ASC", limit=1, idGreaterThan=403)
    assert found == [made[0], made[2], made[1], made[3]]


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ("firstName", 19),
        ("id SIDEWAYS", 19),
        ("updatedAt,createdAt", 135),
        ("id,updatedAt,createdAt", 133),
        ("nonsense", 19),
    ],
)
def test_other_orders_are_refused(pardot: PardotClient, order: str, code: int) -> None:
    assert error_of(pardot.get("prospects", orderBy=order)) == (400, code)


def test_the_recycle_bin_is_seen_by_those_who_ask_for_it(pardot: PardotClient) -> None:
    kept, gone = pardot.prospect("a@roe.example"), pardot.prospect("b@roe.example")
    pardot.call("DELETE", f"/objects/prospects/{gone}")
    assert pardot.ids("prospects") == [kept]
    assert pardot.ids("prospects", deleted="false") == [kept]
    assert pardot.ids("prospects", deleted="true") == [gone]
    assert pardot.values("prospects", "id,isDeleted", deleted="all") == [
        {"id": kept, "isDeleted": False},
        {"id": gone, "isDeleted": True},
    ]
    assert error_of(pardot.get("prospects", deleted="maybe")) == (400, 27)
    reply = pardot.get(f"prospects/{gone}")
    assert error_of(reply) == (404, 132)
    assert reply.headers["Pardot-Warning"] == "201;Record In Recycle Bin"
    assert pardot.read(f"prospects/{gone}", deleted="all") == {"id": gone}
    assert pardot.read(f"prospects/{gone}", deleted="true") == {"id": gone}
    assert error_of(pardot.get(f"prospects/{kept}", deleted="true")) == (404, 109)


def test_what_is_not_there_is_404_and_says_so(pardot: PardotClient) -> None:
    reply = pardot.get("prospects/1")
    assert reply.json() == {"code": 109, "message": "The requested record was not found."}
    assert reply.status_code == 404
    assert error_of(pardot.get("prospects/none")) == (400, 16)
    assert error_of(pardot.get("nonsense")) == (404, 198)
    assert error_of(pardot.call("GET", "/nonsense")) == (404, 198)
    assert error_of(pardot.call("PUT", "/objects/prospects")) == (405, 60)


def test_moments_are_told_in_the_users_time_zone_with_its_offset(peopled: PardotClient) -> None:
    winter = peopled.values("prospects", "createdAt", createdAtBefore="2025-03-01T00:00:00Z")
    summer = peopled.values("prospects", "createdAt", createdAtAfter="2025-04-01T00:00:00Z")
    assert {one["createdAt"][-6:] for one in winter} == {"-08:00"}
    assert {one["createdAt"][-6:] for one in summer} == {"-07:00"}
    at = datetime.fromisoformat(winter[0]["createdAt"])
    peopled.set(time_zone="Asia/Kolkata")
    told = peopled.values("prospects", "createdAt", createdAtBefore="2025-03-01T00:00:00Z")[0]["createdAt"]
    assert told.endswith("+05:30")
    assert datetime.fromisoformat(told) - at == timedelta(0)


def test_fields_that_the_role_may_not_see_are_dropped_with_a_warning(pardot: PardotClient) -> None:
    made = pardot.prospect(phone="1")
    pardot.set(hidden_fields=["phone"])
    reply = pardot.get(f"prospects/{made}", "id,phone")
    assert reply.json() == {"id": made}
    assert reply.headers["Pardot-Warning"].startswith("202;")
    assert pardot.get("prospects", "id,phone").headers["Pardot-Warning"].startswith("202;")
    assert "Pardot-Warning" not in pardot.get("prospects", "id").headers


def test_reads_may_be_as_old_as_the_settings_say_while_writes_see_the_truth(pardot: PardotClient) -> None:
    old = pardot.prospect("old@roe.example", firstName="Before")
    pardot.later(100)
    pardot.set(stale_reads_s=60)
    pardot.later(200)
    pardot.change(f"prospects/{old}", firstName="After")
    new = pardot.prospect("new@roe.example")
    assert pardot.values("prospects", "id,firstName") == [{"id": old, "firstName": "Before"}]
    assert error_of(pardot.get(f"prospects/{new}")) == (404, 109)
    assert pardot.read(f"prospects/{old}", "firstName") == {"firstName": "Before"}
    assert pardot.ids("prospects", email="new@roe.example") == []
    assert pardot.upsert(matchEmail="new@roe.example", prospect={}).json() == {"id": new}
    pardot.call("DELETE", f"/objects/prospects/{old}")
    assert pardot.ids("prospects", email="old@roe.example") == [old]
    assert pardot.people("GET", f"prospects/{old}")["firstName"] == "After"
    pardot.later(270)
    assert pardot.ids("prospects", deleted="all") == [old, new]
    assert pardot.ids("prospects") == [new]


def test_stale_pages_follow_each_other_and_keep_the_stamps_of_before(peopled: PardotClient) -> None:
    peopled.set(stale_reads_s=60)
    before = peopled.ids("prospects", orderBy="updatedAt", limit=9)
    for row_id in before[:20]:
        peopled.change(f"prospects/{row_id}", city="Elsewhere")
    assert peopled.ids("prospects", orderBy="updatedAt", limit=9) == before
    assert peopled.ids("prospects", limit=9) == sorted(before)
