"""How much may be asked for: at once, in a minute, in a day; and the weather, which strikes here as everywhere."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandbox.account_engagement.client import CLIENT, PardotClient, error_of

HOUR = 3600


def at_once(client: PardotClient, count: int) -> list[requests.Response]:
    """Make so many calls that are all under way at the same time."""
    client.control("PUT", "latency", {"seconds": 0.4})
    ready = threading.Barrier(count)

    def ask(_: int) -> requests.Response:
        ready.wait()
        url = f"{client.url}/api/v5/objects/users?fields=id"
        return requests.get(url, headers=dict(client.session.headers), timeout=10)

    with ThreadPoolExecutor(count) as pool:
        replies = list(pool.map(ask, range(count)))
    client.control("PUT", "latency", {"seconds": 0.0})
    return replies


def test_five_calls_may_be_under_way_and_a_sixth_is_66(pardot: PardotClient) -> None:
    assert [reply.status_code for reply in at_once(pardot, 5)] == [200] * 5
    refused = [reply for reply in at_once(pardot, 7) if reply.status_code != 200]
    assert [error_of(reply) for reply in refused] == [(429, 66)] * 2
    assert "Retry-After" not in refused[0].headers
    pardot.set(statuses={"66": 403})
    assert {error_of(reply) for reply in at_once(pardot, 6) if reply.status_code != 200} == {(403, 66)}


def test_the_daily_limit_is_122_until_the_accounts_midnight(pardot: PardotClient) -> None:
    pardot.people("PUT", "usage", {"calls": 24_999})
    assert pardot.get("users").status_code == 200
    assert error_of(pardot.get("users")) == (429, 122)
    pardot.later(25 * HOUR)
    pardot.sign_in()
    assert pardot.get("users").status_code == 200


def test_the_day_is_the_accounts_and_not_utcs(pardot: PardotClient) -> None:
    pardot.set(account_time_zone="Pacific/Kiritimati", daily_limit=1)
    assert pardot.get("users").status_code == 200
    assert error_of(pardot.get("users")) == (429, 122)
    pardot.set(account_time_zone="Pacific/Niue")  # 25 hours behind: it's another day there, always
    assert pardot.get("users").status_code == 200


def test_the_usage_is_told_to_those_who_ask(pardot: PardotClient) -> None:
    pardot.people("PUT", "usage", {"calls": 99})
    assert "x-api-usage" not in pardot.get("users").headers
    reply = pardot.call("GET", "/objects/users?fields=id", headers={"X-Return-Api-Usage": "1"})
    assert reply.headers["x-api-usage"] == "101/25000"
    refused = pardot.call("GET", "/objects/users", headers={"X-Return-Api-Usage": "1"})
    assert refused.headers["x-api-usage"] == "102/25000"


def test_one_page_is_one_call_and_relations_cost_nothing(peopled: PardotClient) -> None:
    peopled.people("PUT", "usage", {"calls": 0})
    peopled.values("prospects", "id,campaign.name,assignedTo.email", limit=20)
    reply = peopled.call("GET", "/objects/users?fields=id", headers={"X-Return-Api-Usage": "1"})
    assert reply.headers["x-api-usage"] == "4/25000"


def test_calls_that_are_refused_at_the_door_cost_nothing(pardot: PardotClient) -> None:
    pardot.people("PUT", "usage", {"calls": 0})
    pardot.call("GET", "/objects/users?fields=id", headers={"Pardot-Business-Unit-Id": None})
    pardot.call("GET", "/objects/users?fields=id", headers={"Authorization": "Bearer no"})
    pardot.token({"grant_type": "client_credentials", **CLIENT})
    reply = pardot.call("GET", "/objects/users?fields=id", headers={"X-Return-Api-Usage": "1"})
    assert reply.headers["x-api-usage"] == "1/25000"


def test_a_minute_may_have_a_limit_and_it_is_202(pardot: PardotClient) -> None:
    pardot.later(3 * HOUR)
    pardot.sign_in()
    pardot.set(minute_limit=3)
    codes = [pardot.get("users").status_code for _ in range(8)]
    assert 429 in codes
    if codes[-1] == 429:  # unless a minute has just begun
        pardot.later(3 * HOUR + 60)
        assert pardot.get("users").status_code == 200


def test_a_lost_reply_leaves_the_write_behind(pardot: PardotClient) -> None:
    pardot.control("POST", "weather", {"kind": "lose_reply", "path": "/do/upsertLatestByEmail$"})
    with pytest.raises(requests.ConnectionError):
        pardot.upsert(matchEmail="a@roe.example", prospect={})
    assert pardot.upsert(matchEmail="a@roe.example", prospect={}).status_code == 200
    assert len(pardot.ids("prospects")) == 1


def test_the_weather_answers_with_the_systems_own_errors(pardot: PardotClient) -> None:
    body = {"code": 183, "message": "An internal error occurred, please try your request again"}
    pardot.control("POST", "weather", {"kind": "status", "status": 500, "body": body, "path": "/objects/prospects"})
    assert error_of(pardot.get("prospects")) == (500, 183)
    assert pardot.get("prospects").status_code == 200


def test_requests_are_counted_by_their_templates(pardot: PardotClient) -> None:
    pardot.control("DELETE", "requests")
    pardot.get("prospects")
    pardot.get("users/101")
    counts = pardot.control("GET", "requests")["counts"]
    assert counts == {"GET /api/v5/objects/{kind}": 1, "GET /api/v5/objects/{kind}/{id}": 1}
