"""Signing in: the grants, the refusals, the life of tokens, the limit on authentication calls."""

import requests

from tests.sandbox.act_on.conftest import Start
from tests.sandbox.act_on.driver import Driver


def test_a_password_gives_a_token_pair_for_an_hour(shared: Driver) -> None:
    granted = shared.token().json()
    assert granted["token_type"] == "Bearer"
    assert granted["expires_in"] == 3600
    assert granted["scope"] == "offline-access"
    assert granted["access_token"] != granted["refresh_token"]


def test_a_wrong_client_is_401_access_denied(shared: Driver) -> None:
    for wrong in ({"client_id": "x"}, {"client_secret": "x"}, {"client_id": "", "client_secret": ""}):
        reply = shared.token(**wrong)
        assert reply.status_code == 401
        assert reply.json() == {"error": "access_denied", "error_description": "Unauthorized"}


def test_a_wrong_password_and_an_unknown_refresh_token_are_403_invalid_grant(shared: Driver) -> None:
    for reply in (
        shared.token(password="x"),
        shared.token(username="x"),
        shared.token(grant_type="refresh_token", refresh_token="x"),
    ):
        assert reply.status_code == 403
        assert reply.json()["error"] == "invalid_grant"


def test_client_credentials_are_no_grant_here(shared: Driver) -> None:
    assert shared.token(grant_type="client_credentials").status_code == 400


def test_a_refresh_gives_a_new_pair_and_the_used_refresh_token_is_dead(start: Start) -> None:
    caller = start()
    first = caller.token().json()
    second = caller.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert caller.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).status_code == 403
    assert caller.token(grant_type="refresh_token", refresh_token=second["refresh_token"]).status_code == 200


def test_where_old_refresh_tokens_live_on_one_can_be_used_twice(start: Start) -> None:
    caller = start(old_refresh_token_dies=False)
    refresh = caller.token().json()["refresh_token"]
    replies = [caller.token(grant_type="refresh_token", refresh_token=refresh) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]


def test_a_token_is_too_old_after_an_hour(start: Start) -> None:
    caller = start()
    caller.session.post(f"{caller.url}/_control/weather", json={"kind": "clock_skew", "seconds": 3601}, timeout=5)
    reply = caller.call("GET", "/list")
    assert reply.status_code == 401
    assert reply.json()["httpCode"] == "401"
    caller.sign_in()
    assert caller.call("GET", "/list").status_code == 200


def test_the_weather_can_expire_every_access_token_but_a_refresh_still_works(start: Start) -> None:
    caller = start()
    refresh = caller.token().json()["refresh_token"]
    caller.session.post(f"{caller.url}/_control/weather", json={"kind": "expire_tokens"}, timeout=5)
    assert caller.call("GET", "/list").status_code == 401
    assert caller.token(grant_type="refresh_token", refresh_token=refresh).status_code == 200


def test_no_token_and_a_wrong_one_meet_the_gateway(shared: Driver) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}):
        reply = requests.get(f"{shared.url}/api/1/list", headers=headers, timeout=5)
        assert reply.status_code == 401
        assert set(reply.json()) == {"httpCode", "httpMessage", "moreInformation"}
        assert reply.json()["httpCode"] == "401"


def test_an_unknown_path_is_the_gateways_404(shared: Driver) -> None:
    reply = shared.call("GET", "/nothing")
    assert reply.status_code == 404
    assert reply.json()["httpCode"] == "404"


def test_a_strict_sandbox_refuses_the_sixth_authentication_call_of_an_hour(start: Start) -> None:
    caller = start(strict=True)  # which signed in once
    assert [caller.token().status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    caller.session.post(f"{caller.url}/_control/weather", json={"kind": "clock_skew", "seconds": 3601}, timeout=5)
    assert caller.token().status_code == 200
