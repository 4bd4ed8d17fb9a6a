"""Each kind of weather, met by a client over a real connection."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from keepstep_sandbox.server import SandboxServer
from keepstep_sandbox.settings import SandboxSettings
from tests.sandbox.toy import toy_app

TIMEOUT_S = 10


class Client:
    """A caller of the toy system, with one kept connection."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url, self.session = url, session

    def put(self, note: int, text: str) -> requests.Response:
        """Write a note."""
        return self.session.put(f"{self.url}/notes/{note}", data=text, timeout=TIMEOUT_S)

    def get(self, note: int) -> requests.Response:
        """Read a note."""
        return self.session.get(f"{self.url}/notes/{note}", timeout=TIMEOUT_S)

    def let(self, **rule: object) -> requests.Response:
        """Put a rule of the weather."""
        return self.session.post(f"{self.url}/_control/weather", json=rule, timeout=TIMEOUT_S)

    def control(self, path: str) -> Any:
        """Read from the control API."""
        return self.session.get(f"{self.url}/_control/{path}", timeout=TIMEOUT_S).json()


@pytest.fixture
def client() -> Iterator[Client]:
    with SandboxServer(toy_app(SandboxSettings())) as server, requests.Session() as session:
        yield Client(server.url, session)


def test_a_status_rule_answers_as_told_that_many_times_and_then_no_more(client: Client) -> None:
    client.let(kind="status", status=429, headers={"Retry-After": "7"}, body={"why": "slower"}, path="notes", times=2)
    replies = [client.put(1, "one") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [429, 429, 201]
    assert replies[0].headers["Retry-After"] == "7"
    assert replies[0].json() == {"why": "slower"}


def test_a_rule_strikes_only_the_method_path_and_body_it_names(client: Client) -> None:
    client.let(kind="status", status=500, method="put", path=r"/notes/2$", contains="poison", times=None)
    assert client.put(1, "poison").status_code == 201
    assert client.put(2, "honey").status_code == 201
    assert client.get(2).status_code == 200
    assert client.put(2, "a poison").status_code == 500


def test_a_rule_can_let_some_requests_through_first(client: Client) -> None:
    client.let(kind="status", status=500, skip=2)
    assert [client.get(1).status_code for _ in range(4)] == [200, 200, 500, 200]


def test_chances_are_drawn_from_the_seed(client: Client) -> None:
    def struck() -> list[int]:
        client.session.post(f"{client.url}/_control/reset", json={"seed": 5}, timeout=TIMEOUT_S)
        client.let(kind="status", status=503, probability=0.5, times=None)
        return [client.get(1).status_code for _ in range(20)]

    first = struck()
    assert set(first) == {200, 503}
    assert struck() == first


def test_a_dropped_connection_leaves_nothing_behind(client: Client) -> None:
    client.let(kind="drop", method="PUT")
    with pytest.raises(requests.ConnectionError):
        client.put(1, "never")
    assert client.control("state")["counts"] == {"notes": 0}


def test_a_lost_reply_leaves_the_write_behind(client: Client) -> None:
    client.let(kind="lose_reply", method="PUT")
    with pytest.raises(requests.ConnectionError):
        client.put(1, "landed")
    assert client.get(1).json()["note"] == "landed"


def test_a_truncated_reply_is_shorter_than_it_says(client: Client) -> None:
    client.put(1, "a long note, of which half is to be cut off")
    client.let(kind="truncate", method="GET")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get(1)
    assert client.get(1).json()["note"].startswith("a long note")


def test_a_repeated_page_is_the_previous_reply_of_that_endpoint(client: Client) -> None:
    client.put(1, "first")
    client.put(2, "second")
    client.get(1)
    client.let(kind="repeat", method="GET")
    assert [client.get(2).json()["note"], client.get(2).json()["note"]] == ["first", "second"]


@pytest.mark.parametrize("kind", ["delay", "slow"])
def test_a_slow_reply_is_late_and_whole(client: Client, kind: str) -> None:
    client.put(1, "whole")
    client.let(kind=kind, method="GET", seconds=0.2)
    started = time.monotonic()
    assert client.get(1).json()["note"] == "whole"
    assert time.monotonic() - started >= 0.2


def test_a_client_that_waits_too_short_times_out(client: Client) -> None:
    client.let(kind="delay", seconds=0.5)
    with pytest.raises(requests.ReadTimeout):
        client.session.get(f"{client.url}/notes/1", timeout=0.1)


def test_tokens_expire_when_the_weather_says_so(client: Client) -> None:
    assert client.get(1).json()["expired"] == 0
    client.let(kind="expire_tokens")
    assert [client.get(1).json()["expired"] for _ in range(2)] == [1, 1]


def test_a_skewed_clock_shows_in_the_date_header_until_the_weather_clears(client: Client) -> None:
    client.let(kind="clock_skew", seconds=7200)
    ahead = parsedate_to_datetime(client.get(1).headers["Date"]) - datetime.now(UTC)
    assert timedelta(minutes=119) < ahead < timedelta(minutes=121)
    client.session.delete(f"{client.url}/_control/weather", timeout=TIMEOUT_S)
    assert abs(parsedate_to_datetime(client.get(1).headers["Date"]) - datetime.now(UTC)) < timedelta(seconds=5)


def test_latency_slows_every_request(client: Client) -> None:
    client.session.put(f"{client.url}/_control/latency", json={"seconds": 0.1}, timeout=TIMEOUT_S)
    started = time.monotonic()
    client.get(1)
    client.get(1)
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "hail"},
        {"kind": "status", "path": "("},
        {"kind": "status", "probability": 2},
        {"kind": "status", "times": 0},
        {"kind": "status", "status": 42},
        {"kind": "delay", "seconds": -1},
        {"kind": "status", "colour": "red"},
        {},
    ],
)
def test_a_rule_that_could_never_strike_as_meant_is_refused(client: Client, wrong: dict[str, object]) -> None:
    reply = client.let(**wrong)
    assert reply.status_code == 400
    assert reply.json()["error"]


def test_requests_are_counted_by_template_and_logged_without_what_they_say(client: Client) -> None:
    client.put(7, "ann@example.test")
    client.get(7)
    client.get(8)
    client.session.get(f"{client.url}/nowhere/ann@example.test", timeout=TIMEOUT_S)
    told = client.control("requests?log=1")
    assert told["counts"] == {
        "GET (no such path)": 1,
        "GET /notes/{note:int}": 2,
        "PUT /notes/{note:int}": 1,
    }
    assert told["total"] == len(told["log"]) == 4
    assert "ann@example.test" not in str(told)


def test_a_reset_makes_everything_new(client: Client) -> None:
    client.put(99, "old")
    client.let(kind="status", times=None)
    reply = client.session.post(f"{client.url}/_control/reset", json={"seed": 3, "size": 4}, timeout=TIMEOUT_S)
    assert reply.json() == {"counts": {"notes": 4}}
    assert client.get(2).json()["note"] == "note 2 of 3"
    assert client.control("requests")["total"] == 1
