"""Opt-outs, bounces, complaints; subscription categories."""

from typing import Any

import pytest

from tests.sandbox.act_on.conftest import Start
from tests.sandbox.act_on.driver import Driver, error


def addresses(got: Any) -> list[str]:
    return [entry["email"] for entry in got["result"]]


def upload(caller: Driver, path: str, text: str) -> int:
    return caller.call("PUT", path, files={"file": ("emails.csv", text, "text/csv")}).status_code


def test_the_opt_out_list_tells_address_moment_and_origin_and_a_total_of_minus_one(start: Start) -> None:
    caller = start()
    caller.people("POST", "/optout", {"email": "Ann@example.test"})
    got = caller.get("/list/optout")
    assert (got["totalCount"], got["count"], got["offset"]) == (-1, 1, 0)
    entry = got["result"][0]
    assert (entry["email"], entry["origin"]) == ("ann@example.test", "form")
    assert entry["timestamp"] > 1_600_000_000_000


@pytest.mark.parametrize("kind", ["hardbounce", "spamcomplaint"])
def test_bounces_and_complaints_have_lists_of_the_same_shape(start: Start, kind: str) -> None:
    caller = start()
    caller.people("POST", "/suppressed", {"email": "ann@example.test", "list": kind})
    got = caller.get(f"/list/{kind}")
    assert (addresses(got), got["totalCount"]) == (["ann@example.test"], -1)
    assert set(got["result"][0]) == {"email", "timestamp", "origin"}
    assert addresses(caller.get("/list/optout")) == []


def test_a_reader_pages_until_a_short_page(start: Start) -> None:
    caller = start()
    upload(caller, "/list/optout", "".join(f"p{number}@example.test\n" for number in range(5)))
    pages = [caller.get("/list/optout", count=2, offset=offset) for offset in (0, 2, 4)]
    assert [page["count"] for page in pages] == [2, 2, 1]
    assert len({address for page in pages for address in addresses(page)}) == 5


def test_the_lists_can_be_asked_for_a_span_of_time(start: Start) -> None:
    caller = start()
    caller.people("POST", "/optout", {"email": "ann@example.test"})
    stamp = caller.get("/list/optout")["result"][0]["timestamp"]
    assert addresses(caller.get("/list/optout", createdafter=stamp - 1)) == ["ann@example.test"]
    assert addresses(caller.get("/list/optout", createdafter=stamp)) == []
    assert addresses(caller.get("/list/optout", createdbefore=stamp + 1)) == ["ann@example.test"]
    assert addresses(caller.get("/list/optout", createdbefore=stamp)) == []


def test_uploads_put_addresses_on_the_opt_out_list_and_take_them_off(start: Start) -> None:
    caller = start()
    assert upload(caller, "/list/optout", "Email\nann@example.test\nBO@example.test\n") == 200
    assert addresses(caller.get("/list/optout")) == ["ann@example.test", "bo@example.test"]
    assert upload(caller, "/list/optin", "ANN@example.test\n") == 200
    assert addresses(caller.get("/list/optout")) == ["bo@example.test"]


def test_an_opt_out_upload_without_a_file_is_10003(shared: Driver) -> None:
    assert error(shared.call("PUT", "/list/optout", data={"x": "y"})) == (400, 10003)
    assert error(shared.call("PUT", "/list/optin", data={"x": "y"})) == (400, 10003)


def test_an_opt_out_outlives_the_persons_rows_and_is_part_of_their_past(start: Start) -> None:
    caller = start()
    list_id = caller.make_list([["Ann", "ann@example.test", "", ""]])
    caller.people("POST", "/optout", {"email": "ann@example.test"})
    facts = caller.get(f"/list/{list_id}/record/{list_id}:0/facts")
    assert [entry["Verb"] for entry in facts["activitylist"]] == ["oo"]
    caller.people("DELETE", f"/lists/{list_id}/rows")
    assert addresses(caller.get("/list/optout")) == ["ann@example.test"]


def test_a_few_of_the_seeded_people_have_opted_out(start: Start) -> None:
    caller = start(size=1000)
    assert 3 <= caller.get("/list/optout")["count"] <= 40
    assert caller.get("/list/hardbounce")["count"] >= 1


def test_the_categories_are_listed(shared: Driver) -> None:
    assert [each["name"] for each in shared.get("/subscription/category")["result"]] == [
        "Newsletter",
        "Product news",
        "Events",
    ]


@pytest.mark.parametrize("way", ["json", "data"])
def test_a_person_opts_out_of_one_category_and_in_again(start: Start, way: str) -> None:
    caller = start()
    body = {"email": "Ann@example.test", "category": "Events", "action": "optout"}
    assert caller.call("PUT", "/subscription/optout", **{way: body}).status_code == 200
    got = caller.get("/subscription/optout", category="Events")
    assert (addresses(got), got["totalCount"]) == (["ann@example.test"], 1)
    assert set(got["result"][0]) == {"email", "timestamp"}
    assert addresses(caller.get("/list/optout")) == []
    caller.call("PUT", "/subscription/optout", **{way: {**body, "action": "optin"}})
    assert caller.get("/subscription/optout", category="Events")["totalCount"] == 0


def test_setting_the_categories_opts_out_of_the_others(start: Start) -> None:
    caller = start()
    body = {"email": "ann@example.test", "category": ["Newsletter", "Events"]}
    assert caller.call("PUT", "/subscription/setcategories", json=body).status_code == 200
    totals = {
        name: caller.get("/subscription/optout", category=name)["totalCount"]
        for name in ("Newsletter", "Product news", "Events")
    }
    assert totals == {"Newsletter": 0, "Product news": 1, "Events": 0}


def test_unknown_categories_and_missing_parameters_are_refused(shared: Driver) -> None:
    assert error(shared.call("GET", "/subscription/optout")) == (422, 10121)
    assert shared.call("GET", "/subscription/optout", params={"category": "x"}).status_code == 400
    body = {"email": "a@example.test", "category": "Events", "action": "dance"}
    assert shared.call("PUT", "/subscription/optout", json=body).status_code == 400
    assert error(shared.call("PUT", "/subscription/optout", json={"category": "Events"})) == (422, 10121)
    body = {"email": "a@example.test", "category": "x", "action": "optout"}
    assert shared.call("PUT", "/subscription/optout", json=body).status_code == 400
