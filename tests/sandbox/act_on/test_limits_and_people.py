"""The limits on requests, the weather, and what people do to lists and columns."""

import pytest
import requests

from keepstep_sandbox.act_on import ActOnSettings, create_app
from keepstep_sandbox.server import SandboxServer
from tests.sandbox.act_on.conftest import Start
from tests.sandbox.act_on.driver import HEADINGS, Driver

ANN, BO = ["Ann", "ann@example.test", "Web", "35"], ["Bo", "bo@example.test", "", ""]


def state(caller: Driver) -> dict[str, int]:
    counts: dict[str, int] = caller.session.get(f"{caller.url}/_control/state", timeout=5).json()["counts"]
    return counts


def test_a_strict_sandbox_refuses_what_goes_over_a_seconds_limit_and_sends_no_retry_after(start: Start) -> None:
    caller = start(strict=True, requests_per_second=2)
    replies = [caller.call("GET", "/list") for _ in range(12)]
    refused = [reply for reply in replies if reply.status_code == 429]
    assert [reply.status_code for reply in replies[:2]] == [200, 200]
    assert refused
    assert refused[0].json()["httpCode"] == "429"
    assert "Retry-After" not in refused[0].headers


def test_a_retry_after_is_sent_where_it_is_set(start: Start) -> None:
    caller = start(strict=True, requests_per_day=1, retry_after_s=7)
    caller.call("GET", "/list")
    assert caller.call("GET", "/list").headers["Retry-After"] == "7"


def test_the_days_requests_are_limited_and_the_next_day_begins_anew(start: Start) -> None:
    caller = start(refuse_over_limit=True, requests_per_second=1000, requests_per_day=3)
    assert [caller.call("GET", "/list").status_code for _ in range(4)] == [200, 200, 200, 429]
    caller.session.post(f"{caller.url}/_control/weather", json={"kind": "clock_skew", "seconds": 86_400}, timeout=5)
    caller.sign_in()
    assert caller.call("GET", "/list").status_code == 200


def test_otherwise_limits_are_only_counted(start: Start) -> None:
    caller = start(requests_per_day=2)
    assert [caller.call("GET", "/list").status_code for _ in range(3)] == [200, 200, 200]
    assert state(caller)["requests_over_limit"] == 1


def test_a_write_can_land_although_its_reply_is_lost(start: Start) -> None:
    caller = start()
    list_id = caller.make_list()
    rule = {"kind": "lose_reply", "method": "POST", "path": "/record$"}
    caller.session.post(f"{caller.url}/_control/weather", json=rule, timeout=5)
    with pytest.raises(requests.ConnectionError):
        caller.call("POST", f"/list/{list_id}/record", json={"EMAIL": "ann@example.test"})
    assert [row[1] for row in caller.rows(list_id)] == ["ann@example.test"]


def test_the_traffic_is_counted_by_path_template_not_by_address(start: Start) -> None:
    caller = start()
    list_id = caller.make_list([ANN])
    caller.get(f"/list/lookup/{list_id}", email="ann@example.test")
    counts = caller.session.get(f"{caller.url}/_control/requests", timeout=5).json()["counts"]
    assert counts == {"GET /api/1/list/lookup/{list_id}": 1, "POST /token": 1}


def test_people_add_edit_and_delete_rows_and_empty_a_list(shared: Driver) -> None:
    list_id = shared.make_list([ANN, BO])
    shared.people("PATCH", f"/lists/{list_id}/rows/{list_id}:1", {"values": {"Lead Source": "Fair"}})
    shared.people("DELETE", f"/lists/{list_id}/rows/{list_id}:0")
    assert shared.rows(list_id) == [["Bo", "bo@example.test", "Fair", ""]]
    shared.people("DELETE", f"/lists/{list_id}/rows")
    assert shared.get(f"/list/{list_id}")["totalCount"] == 0


def test_people_add_rename_and_remove_columns(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    shared.people("POST", f"/lists/{list_id}/columns", {"heading": "City", "type": "BIZ_CITY"})
    shared.people("PATCH", f"/lists/{list_id}/columns/Behavior Score", {"heading": "Score"})
    shared.people("DELETE", f"/lists/{list_id}/columns/First Name")
    got = shared.get(f"/list/{list_id}")
    assert got["headers"] == ["_contact_id_", "E-mail Address", "Lead Source", "Score", "City"]
    assert got["data"][0][1:] == ["ann@example.test", "Web", "35", ""]
    assert got["emailColumn"] == 1
    assert shared.get(f"/list/lookup/{list_id}", email="ann@example.test")["Score"] == "35"


def test_people_can_take_the_email_column_away(shared: Driver) -> None:
    list_id = shared.make_list([ANN])
    shared.people("DELETE", f"/lists/{list_id}/columns/E-mail Address")
    assert shared.get(f"/list/{list_id}")["emailColumn"] == -1


def test_a_list_can_be_filled_from_the_population_that_all_sandboxes_share(start: Start) -> None:
    caller = start(size=3, odd_emails=False)
    list_id = caller.make_list(people=3)
    assert all("@people" in row[1] for row in caller.rows(list_id))
    assert caller.people("GET", "/lists") == [{"id": list_id, "name": "Customers", "rows": 3}]


def test_a_reset_makes_everything_new_tokens_too(start: Start) -> None:
    caller = start()
    caller.make_list([ANN])
    caller.session.post(f"{caller.url}/_control/reset", json={"size": 10}, timeout=5)
    assert (state(caller)["lists"], state(caller)["persons"]) == (0, 10)
    assert caller.call("GET", "/list").status_code == 401


def test_what_people_name_wrongly_is_said(shared: Driver) -> None:
    base = f"{shared.url}/_control/act_on"
    list_id = shared.make_list([ANN])
    wrong: tuple[tuple[str, str, dict[str, object] | None, int], ...] = (
        ("GET", "/lists/l-ffff", None, 404),
        ("PATCH", f"/lists/{list_id}/rows/{list_id}:9", {"values": {}}, 404),
        ("DELETE", f"/lists/{list_id}/columns/Nose", None, 404),
        ("POST", f"/lists/{list_id}/columns", {"heading": HEADINGS[0]}, 400),
        ("POST", f"/lists/{list_id}/maintenance", {"column": "Nose"}, 404),
        ("PUT", "/clock", {"now": "2026-03-01T09:00:00"}, 400),
    )
    for method, path, body, status in wrong:
        assert shared.session.request(method, base + path, json=body, timeout=5).status_code == status


def test_a_sandbox_starts_with_nothing_but_its_defaults() -> None:
    with SandboxServer(create_app()) as server, requests.Session() as session:
        caller = Driver(server.url, session)
        caller.sign_in()
        assert caller.get("/list")["totalCount"] == 0
        assert state(caller)["persons"] == ActOnSettings().size
