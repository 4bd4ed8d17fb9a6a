"""Signing in by v11: one live token for a user and platform, shared by all, renewed once."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from keepstep.connectors.base import ReadQuery
from keepstep.core.errors import AuthError, SettingsError, Unavailable
from tests.connectors.stub import Answer, Call, Stub
from tests.connectors.sugarcrm.site import Site, connected, refused, told

TOKEN = "/rest/v11_20/oauth2/token"


def grants(server: Stub) -> list[dict[str, Any]]:
    return [json.loads(call.body) for call in server.calls if call.path == TOKEN]


def test_it_signs_in_with_its_own_platform_and_carries_the_token_in_its_header() -> None:
    with connected(Site()) as (connector, server):
        connector.check()
    assert grants(server) == [
        {
            "grant_type": "password",
            "client_id": "sugar",
            "client_secret": "",
            "username": "sync.bot",
            "password": "pw",
            "platform": "keepstep",
        }
    ]
    assert server.calls[1].headers["OAuth-Token"] == "T1"
    assert "Authorization" not in server.calls[1].headers


def test_a_token_that_ended_is_refreshed_once_and_the_call_replayed() -> None:
    site = Site()
    with connected(site) as (connector, server):
        connector.check()
        site.signed_in = 7  # somebody's sign-in ended ours: T7 is the one now
        connector.check()
    assert [grant["grant_type"] for grant in grants(server)] == ["password", "refresh_token"]
    assert grants(server)[1]["refresh_token"] == "R1"
    assert grants(server)[1]["platform"] == "keepstep"


def test_where_a_login_is_needed_it_begins_from_scratch() -> None:
    once = [refused(401, "need_login")]

    def trouble(call: Call) -> Answer | None:
        return once.pop() if once and call.path != TOKEN and site.signed_in else None

    site = Site(trouble=trouble)
    with connected(site) as (connector, server):
        connector.check()
    assert [grant["grant_type"] for grant in grants(server)] == ["password", "password"]


def test_a_refresh_that_is_refused_is_a_sign_in_with_the_password() -> None:
    def trouble(call: Call) -> Answer | None:
        return refused(401, "invalid_grant") if b"refresh_token" in call.body else None

    site = Site(trouble=trouble)
    with connected(site) as (connector, server):
        connector.check()
        site.signed_in = 7
        connector.check()
    assert [grant["grant_type"] for grant in grants(server)] == ["password", "refresh_token", "password"]


def test_a_call_that_is_refused_with_a_new_token_too_is_the_users_to_mend() -> None:
    site = Site(trouble=lambda call: None if call.path == TOKEN else refused(401, "invalid_grant"))
    with connected(site) as (connector, server), pytest.raises(AuthError, match="invalid_grant"):
        connector.check()
    assert len(grants(server)) == 2


def test_threads_share_one_token_and_one_renewal() -> None:
    site = Site()
    with connected(site, concurrency=4) as (connector, server):
        connector.check()
        site.signed_in = 7
        threads = [threading.Thread(target=connector.check) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [grant["grant_type"] for grant in grants(server)] == ["password", "refresh_token"]


@pytest.mark.parametrize("answer", [refused(401, "need_login"), refused(403, "unknown_platform"), told({}, 400)])
def test_a_refused_sign_in_is_the_users_to_mend_and_names_the_platform(answer: Answer) -> None:
    with (
        connected(Site(trouble=lambda _: answer)) as (connector, server),
        pytest.raises(AuthError, match="platform 'keepstep'") as error,
    ):
        connector.check()
    assert "Ann" not in str(error.value)
    assert len(server.calls) == 1


def test_a_wrong_version_of_the_api_is_the_settings_to_correct() -> None:
    site = Site(trouble=lambda _: refused(301, "incorrect_version"))
    with connected(site) as (connector, _), pytest.raises(SettingsError, match="api_version"):
        connector.check()
    site = Site(trouble=lambda call: None if call.path == TOKEN else refused(301, "incorrect_version"))
    with connected(site) as (connector, _), pytest.raises(SettingsError, match="api_version"):
        list(connector.read(ReadQuery("lead")))


@pytest.mark.parametrize("answer", [told({"expires_in": 3600}), refused(503, "maintenance"), told({}, 503)])
def test_a_sign_in_that_gives_no_token_is_worth_another_try_later(answer: Answer) -> None:
    with connected(Site(trouble=lambda _: answer)) as (connector, _), pytest.raises(Unavailable):
        connector.check()
