"""The service protection limits, as a client in a hurry meets them."""

from concurrent.futures import ThreadPoolExecutor

import requests

from tests.sandbox.dynamics.client import ROOT, TIMEOUT_S, DynamicsClient, error_of


def test_one_request_too_many_is_429_and_retry_after_grows_while_one_keeps_sending(dynamics: DynamicsClient) -> None:
    dynamics.people("PUT", "usage", {"requests": 5999})
    last = dynamics.call("GET", "WhoAmI")
    assert last.status_code == 200
    assert last.headers["x-ms-ratelimit-burst-remaining-xrm-requests"] == "0"
    refused = [dynamics.call("GET", "WhoAmI") for _ in range(3)]
    assert {error_of(one) for one in refused} == {(429, "0x80072322")}
    waits = [int(one.headers["Retry-After"]) for one in refused]
    assert 295 <= waits[0] <= 300
    assert waits[0] < waits[1] < waits[2]
    dynamics.control("POST", "weather", {"kind": "clock_skew", "seconds": waits[2] + 1})
    assert dynamics.call("GET", "WhoAmI").status_code == 200


def test_execution_time_runs_out_by_the_rows(dynamics: DynamicsClient) -> None:
    dynamics.settings(row_ms=600_000)
    dynamics.lead()
    dynamics.lead()
    refused = dynamics.call("GET", "WhoAmI")
    assert error_of(refused) == (429, "0x80072321")
    assert refused.headers["Retry-After"].isdecimal()


def test_too_many_at_once_are_429(dynamics: DynamicsClient) -> None:
    dynamics.settings(concurrent_limit=3)
    dynamics.control("PUT", "latency", {"seconds": 0.3})
    headers = {"Authorization": str(dynamics.session.headers["Authorization"])}

    def ask(_: int) -> requests.Response:
        return requests.get(f"{dynamics.url}/api/data/v9.2/WhoAmI", headers=headers, timeout=TIMEOUT_S)

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(ask, range(6)))
    refused = [one for one in replies if one.status_code != 200]
    assert {error_of(one) for one in refused} == {(429, "0x80072326")}
    assert refused[0].headers["Retry-After"] == "1"
    assert len(replies) - len(refused) == 2


def test_an_address_may_have_32_kilobytes_and_twice_that_within_a_batch(dynamics: DynamicsClient) -> None:
    def path(length: int) -> str:
        return f"leads?$filter=lastname eq '{'x' * (length - 60)}'".replace(" ", "%20")

    def in_batch(length: int) -> int:
        text = f"--b\r\nContent-Type: application/http\r\n\r\nGET {ROOT}/{path(length)} HTTP/1.1\r\n\r\n\r\n--b--"
        headers = {"Content-Type": "multipart/mixed; boundary=b"}
        return dynamics.session.post(
            f"{dynamics.url}{ROOT}/$batch", text, headers=headers, timeout=TIMEOUT_S
        ).status_code

    assert [dynamics.call("GET", path(length)).status_code for length in (32_000, 34_000)] == [200, 414]
    assert [in_batch(length) for length in (64_000, 66_000)] == [200, 414]


def test_a_body_that_is_too_large_is_413(dynamics: DynamicsClient) -> None:
    dynamics.settings(body_limit=100)
    assert dynamics.call("POST", "leads", {"lastname": "x" * 40}).status_code == 204
    assert dynamics.call("POST", "leads", {"description": "x" * 140}).status_code == 413
