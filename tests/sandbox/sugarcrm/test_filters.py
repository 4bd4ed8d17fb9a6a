"""Lists of v11: three forms of a filter, all operators, pages, orders, counts, fields, dates with an offset."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.sugarcrm.client import SugarClient, error_of


@pytest.fixture
def three(sugar: SugarClient) -> SugarClient:
    """Three leads, a second apart: Ode with a title and two addresses, Roe with an empty title, Poe with none."""
    emails = [{"email_address": "Ann@Example.test", "primary_address": True}, {"email_address": "two@example.test"}]
    sugar.lead("Ode", title="Head of Sales", email=emails, act_on_score_c=7, do_not_call=True)
    sugar.later(2)
    sugar.lead("Roe", title="", email1="roe@example.test", act_on_score_c=20)
    sugar.later(4)
    sugar.lead("Poe", status="Dead")
    return sugar


def names(sugar: SugarClient, *clauses: object) -> list[str]:
    """Give the last names that a filter finds, in order of date."""
    return [one["last_name"] for one in sugar.found("Leads", *clauses, fields="last_name")]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ({"last_name": "ode"}, ["Ode"]),
        ({"last_name": {"$equals": "Ode"}}, ["Ode"]),
        ({"last_name": {"$not_equals": "Ode"}}, ["Roe", "Poe"]),
        ({"last_name": {"$in": ["Ode", "Poe"]}}, ["Ode", "Poe"]),
        ({"last_name": {"$not_in": ["Ode", "Poe"]}}, ["Roe"]),
        ({"last_name": {"$starts": "o"}}, ["Ode"]),
        ({"last_name": {"$ends": "oe"}}, ["Roe", "Poe"]),
        ({"title": {"$contains": "of s"}}, ["Ode"]),
        ({"last_name": {"$not_contains": "o"}}, []),
        ({"act_on_score_c": {"$lt": 20}}, ["Ode"]),
        ({"act_on_score_c": {"$lte": 20}}, ["Ode", "Roe"]),
        ({"act_on_score_c": {"$gt": "7"}}, ["Roe"]),
        ({"act_on_score_c": {"$gte": 7}}, ["Ode", "Roe"]),
        ({"act_on_score_c": {"$between": [7, 19]}}, ["Ode"]),
        ({"title": {"$is_null": ""}}, ["Poe"]),
        ({"title": {"$not_null": ""}}, ["Ode", "Roe"]),
        ({"title": {"$empty": ""}}, ["Roe", "Poe"]),
        ({"title": {"$not_empty": ""}}, ["Ode"]),
        ({"do_not_call": True}, ["Ode"]),
        ({"do_not_call": "0"}, ["Roe", "Poe"]),
        ({"$or": [{"last_name": "Ode"}, {"status": "Dead"}]}, ["Ode", "Poe"]),
        ({"$and": [{"last_name": {"$ends": "oe"}}, {"status": "Dead"}]}, ["Poe"]),
        ({"email1": "ann@example.test"}, ["Ode"]),
        ({"email1": "two@example.test"}, []),
        ({"email": {"$in": ["two@example.test", "ROE@example.test"]}}, ["Ode", "Roe"]),
        ({"email_addresses.email_address": "two@example.test"}, ["Ode"]),
        ({"email_addresses.opt_out": False}, ["Ode", "Roe"]),
        ({"date_modified": {"$dateRange": "today"}}, ["Ode", "Roe", "Poe"]),
        ({"date_modified": {"$dateRange": "tomorrow"}}, []),
        ({"converted": False, "last_name": "Roe"}, ["Roe"]),
    ],
)
def test_an_operator_finds_what_it_says(three: SugarClient, clause: dict[str, Any], expected: list[str]) -> None:
    assert names(three, clause) == expected


def test_all_three_forms_of_a_filter_run_the_same_query(three: SugarClient) -> None:
    text = quote(json.dumps([{"last_name": {"$ends": "oe"}}]))
    brackets = "filter[0][last_name][$ends]=oe"
    either = "filter[0][$or][0][last_name]=Roe&filter[0][$or][1][last_name]=Poe"
    several = "filter[0][last_name][$in][]=Roe&filter[0][last_name][$in][]=Poe"
    for query in (f"filter={text}", brackets, either, several):
        for path in ("/Leads", "/Leads/filter"):
            told = three.good("GET", f"{path}?{query}&order_by=last_name:ASC&fields=last_name")
            assert [one["last_name"] for one in told["records"]] == ["Poe", "Roe"], query


def test_dates_carry_the_users_offset_and_are_compared_as_instants(three: SugarClient) -> None:
    first, second, _ = [one["date_modified"] for one in three.found("Leads")]
    assert first.endswith("-04:00")
    assert names(three, {"date_modified": {"$gte": second}}) == ["Roe", "Poe"]
    instant = datetime.fromisoformat(second).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert names(three, {"date_modified": {"$gt": instant}}) == ["Poe"]
    assert names(three, {"date_modified": {"$gt": second[:-6]}}) == ["Poe"]  # without offset: the user's own time
    assert names(three, {"date_modified": {"$lte": instant}}) == ["Ode", "Roe"]
    assert names(three, {"date_modified": {"$dateBetween": [first, instant]}}) == ["Ode", "Roe"]
    three.settings(utc_offset_minutes=0)
    assert three.found("Leads")[0]["date_modified"].endswith("+00:00")


def test_pages_name_the_next_offset_until_the_set_is_exhausted(sugar: SugarClient) -> None:
    made = [sugar.lead(f"L{n}") for n in range(5)]
    seen: list[str] = []
    offset = 0
    while offset != -1:
        body = {"filter": [], "max_num": 2, "offset": offset, "order_by": "date_modified:ASC,id:ASC"}
        page = sugar.good("POST", "/Leads/filter", body)
        seen += [one["id"] for one in page["records"]]
        offset = page["next_offset"]
    assert sorted(seen) == sorted(made)
    assert sugar.good("GET", "/Leads?max_num=5")["next_offset"] == -1
    assert sugar.good("GET", "/Leads?offset=50") == {"next_offset": -1, "records": []}


def test_a_page_has_twenty_rows_unless_asked_and_never_more_than_the_ceiling(sugar: SugarClient) -> None:
    for n in range(23):
        sugar.lead(f"L{n}")
    assert len(sugar.good("GET", "/Leads")["records"]) == 20
    sugar.settings(max_page=21)
    assert len(sugar.good("GET", "/Leads?max_num=5000")["records"]) == 21


def test_a_write_between_two_pages_is_seen_by_the_second(sugar: SugarClient) -> None:
    for n in range(3):
        sugar.lead(f"L{n}")
    sugar.good("GET", "/Leads?max_num=2")
    sugar.lead("L3")
    assert len(sugar.good("GET", "/Leads?max_num=2&offset=2")["records"]) == 2


def test_orders_may_have_several_fields_and_unknown_ones_are_refused(three: SugarClient) -> None:
    told = three.good("GET", "/Leads?order_by=status:DESC,last_name:DESC")["records"]
    assert [one["last_name"] for one in told] == ["Roe", "Ode", "Poe"]
    assert error_of(three.call("GET", "/Leads?order_by=nope:ASC")) == (422, "invalid_parameter")


def test_fields_limit_a_record_but_id_and_date_modified_always_come(three: SugarClient) -> None:
    (one,) = three.found("Leads", {"last_name": "Roe"}, fields="title,no_such_field")
    assert sorted(one) == ["_acl", "_module", "date_modified", "id", "title"]
    (listed,) = three.found("Leads", {"last_name": "Roe"}, fields="website", view="list")
    assert {"website", "phone_work", "email"} <= listed.keys()
    assert error_of(three.call("GET", "/Leads?view=odd")) == (422, "invalid_parameter")


def test_counts_are_a_call_of_their_own(three: SugarClient) -> None:
    body = {"filter": [{"last_name": {"$ends": "oe"}}]}
    assert three.good("POST", "/Leads/filter/count", body) == {"record_count": 2}
    assert three.good("GET", "/Leads/count") == {"record_count": 3}


@pytest.mark.parametrize(
    "clauses",
    [
        [{"nope": "x"}],
        [{"last_name": {"$odd": "x"}}],
        [{"$odd": []}],
        [{"nope.name": "x"}],
        [{"accounts.nope": "x"}],
        [{"date_modified": {"$gt": "yesterday"}}],
        [{"act_on_score_c": {"$gt": "many"}}],
        [{"last_name": {"$in": "Ode"}}],
        ["last_name"],
        "no JSON",
    ],
)
def test_a_filter_that_there_is_not_is_an_invalid_parameter(sugar: SugarClient, clauses: object) -> None:
    assert error_of(sugar.call("POST", "/Leads/filter", {"filter": clauses})) == (422, "invalid_parameter")


def test_a_related_field_is_named_through_its_link(sugar: SugarClient) -> None:
    account = sugar.good("POST", "/Accounts", {"name": "Acme"})["id"]
    contact = sugar.good("POST", "/Contacts", {"last_name": "Roe", "account_id": account})
    sugar.good("POST", "/Contacts", {"last_name": "Poe"})
    assert (contact["account_name"], contact["account_id"]) == ("Acme", account)
    assert [one["id"] for one in sugar.found("Contacts", {"accounts.name": "Acme"})] == [contact["id"]]


def test_words_my_items_favorites_and_stored_filters(three: SugarClient) -> None:
    assert [one["last_name"] for one in three.good("GET", "/Leads?q=od")["records"]] == ["Ode"]
    assert len(three.good("GET", "/Leads?my_items=1")["records"]) == 3
    assert three.good("GET", "/Leads?favorites=1")["records"] == []
    assert error_of(three.call("GET", "/Leads?filter_id=x")) == (404, "not_found")


def test_deleted_rows_are_hidden_whatever_is_asked_unless_the_site_honours_it(three: SugarClient) -> None:
    (one,) = three.found("Leads", {"last_name": "Roe"})
    three.good("DELETE", f"/Leads/{one['id']}")
    assert three.found("Leads", {"last_name": "Roe"}, deleted=True) == []
    three.settings(honours_deleted=True)
    assert [row["deleted"] for row in three.found("Leads", {"last_name": "Roe"}, deleted=True)] == [True]
