"""Connections to Account Engagement: a sign-in of their own, or that of a Salesforce connection, and a unit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk import BaseHook, Connection
from fastapi.testclient import TestClient

from keepstep.connectors.salesforce import ClientCredentials, JwtBearer, UserPassword
from keepstep.core.errors import SettingsError, Unavailable
from keepstep_airflow.hooks.account_engagement import AccountEngagementHook, account_engagement_settings
from keepstep_sandbox import credentials
from keepstep_sandbox.account_engagement import AccountEngagementSettings as SandboxSettings
from keepstep_sandbox.account_engagement import create_app
from keepstep_sandbox.salesforce_oauth import private_key_pem
from keepstep_sandbox.server import SandboxServer

UNIT = {"business_unit_id": "0UvKs0000000001CAE"}
APP = {"consumer_key": "key", "consumer_secret": "secret"}
SANDBOX_APP = {
    "consumer_key": credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID,
    "consumer_secret": credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET,
}
SANDBOX_UNIT = {"business_unit_id": credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT}


def connection(extra: dict[str, Any], **columns: Any) -> Connection:
    return Connection(conn_id="it", conn_type="account_engagement", extra=json.dumps(extra), **columns)


def test_a_sign_in_of_its_own() -> None:
    settings = account_engagement_settings(connection({**UNIT, **APP, "domain": "acme.my"}))
    assert settings.auth == ClientCredentials("key", "secret")
    assert (settings.business_unit_id, settings.base_url) == ("0UvKs0000000001CAE", "https://pi.pardot.com")
    assert settings.login_url == "https://acme.my.salesforce.com"


def test_a_user_signs_in_by_a_key_or_by_a_password_through_the_app() -> None:
    key = {**UNIT, "consumer_key": "key", "private_key": "abc", "domain": "test"}
    assert account_engagement_settings(connection(key, login="ada@corp.example.com")).auth == JwtBearer(
        "key", "ada@corp.example.com", "abc", "https://test.salesforce.com"
    )
    settings = account_engagement_settings(connection({**UNIT, **APP}, login="ada@corp.example.com", password="pw"))
    assert settings.auth == UserPassword("ada@corp.example.com", "pw", "", "key", "secret")


def test_the_sign_in_of_a_salesforce_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"conn_type": "salesforce", "extra": {**APP, "domain": "acme.my", "keepstep_concurrency": 9}}
    monkeypatch.setenv("AIRFLOW_CONN_ORG", json.dumps(named))
    given = {**UNIT, "salesforce_conn_id": "org", "concurrency": "2"}
    settings = account_engagement_settings(connection(given, host="https://pi.demo.pardot.com/"))
    assert settings.auth == ClientCredentials("key", "secret")
    assert settings.login_url == "https://acme.my.salesforce.com"
    assert (settings.base_url, settings.concurrency) == ("https://pi.demo.pardot.com", 2)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {**APP, "domain": "acme.my"},
            "connection it: the field business_unit_id is empty; it is the business unit's id",
        ),
        ({**APP, "domain": "acme.my", "business_unit_id": "123"}, "has 18 characters and begins with 0Uv"),
        (UNIT, "the field consumer_key is empty; it is the consumer key of an app with the scope pardot_api"),
        ({**UNIT, **APP}, "set domain to its My Domain"),
        ({**UNIT, **APP, "login_url": "http://acme.my.salesforce.com"}, "login_url begins with https://"),
        ({**UNIT, **APP, "domain": "acme.my", "concurrency": "6"}, "concurrency 1 to 5"),
        ({**UNIT, "salesforce_conn_id": "ns"}, "salesforce_conn_id names ns, which is of the type netsuite and not"),
        ({**UNIT, "salesforce_conn_id": "soap"}, "connection soap: the field consumer_key is empty"),
    ],
)
def test_what_is_wrong_is_named_with_its_connection(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], told: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_NS", json.dumps({"conn_type": "netsuite"}))
    soap = {"conn_type": "salesforce", "login": "ada", "password": "pw", "extra": {"security_token": "tok"}}
    monkeypatch.setenv("AIRFLOW_CONN_SOAP", json.dumps(soap))
    with pytest.raises(SettingsError, match=told):
        account_engagement_settings(connection(given))


def test_the_base_url_takes_no_secrets_in_clear() -> None:
    given = {**UNIT, **APP, "domain": "acme.my"}
    with pytest.raises(SettingsError, match="host begins with https://"):
        account_engagement_settings(connection(given, host="http://pi.pardot.com"))


# -- over the wire -----------------------------------------------------------------------------------------------------


@pytest.fixture
def url() -> Iterator[str]:
    with SandboxServer(create_app(SandboxSettings(size=0))) as server:
        yield server.url


@pytest.mark.parametrize("way", ["client credentials", "password", "jwt", "salesforce connection"])
def test_every_way_signs_in_to_the_sandbox(monkeypatch: pytest.MonkeyPatch, url: str, way: str) -> None:
    user = credentials.ACCOUNT_ENGAGEMENT_USER
    given: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "client credentials": ({}, {**SANDBOX_APP, "login_url": url}),
        "password": (
            {"login": user, "password": credentials.ACCOUNT_ENGAGEMENT_PASSWORD},
            {**SANDBOX_APP, "login_url": url},
        ),
        "jwt": (
            {"login": user},
            {"consumer_key": SANDBOX_APP["consumer_key"], "private_key": private_key_pem(), "login_url": url},
        ),
        "salesforce connection": ({}, {"salesforce_conn_id": "org"}),
    }
    org = {"conn_type": "salesforce", "extra": {**SANDBOX_APP, "keepstep_login_url": url}}
    monkeypatch.setenv("AIRFLOW_CONN_ORG", json.dumps(org))
    columns, extra = given[way]
    value = {"conn_type": "account_engagement", "host": url, **columns, "extra": {**SANDBOX_UNIT, **extra}}
    monkeypatch.setenv("AIRFLOW_CONN_UNIT", json.dumps(value))
    hook = BaseHook.get_hook("unit")
    assert isinstance(hook, AccountEngagementHook)
    assert hook.test_connection() == (True, "Signed in to Account Engagement.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"consumer_secret": "something else altogether"}, "invalid_client"),
        ({"business_unit_id": "0UvKs0000000009CAE"}, "201"),
    ],
    ids=["secret", "unit"],
)
def test_the_test_button_tells_who_must_do_what(
    server: TestClient, monkeypatch: pytest.MonkeyPatch, url: str, wrong: dict[str, str], told: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
    right = {**SANDBOX_UNIT, **SANDBOX_APP, "login_url": url}
    assert press(server, url, right) == {"status": True, "message": "Signed in to Account Engagement."}
    refused = press(server, url, {**right, **wrong})
    assert refused["status"] is False
    assert told in refused["message"]
    assert "something else altogether" not in refused["message"]


def press(server: TestClient, url: str, extra: dict[str, Any]) -> dict[str, Any]:
    token = server.post("/auth/token", json={"username": "admin", "password": "admin"}).json()["access_token"]
    body = {"connection_id": "tryout", "conn_type": "account_engagement", "host": url, "extra": json.dumps(extra)}
    answer = server.post("/api/v2/connections/test", json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_calls_that_the_connection_keeps_for_others_are_not_ours() -> None:
    with SandboxServer(create_app(SandboxSettings(size=0, daily_limit=2000))) as server:
        extra = {**SANDBOX_UNIT, **SANDBOX_APP, "login_url": server.url, "keep_calls": 1999}
        connector = AccountEngagementHook("it").connector(connection(extra, host=server.url), None)
        connector.check()
        with pytest.raises(Unavailable, match="1999 of them for its other users"):
            connector.check()
        connector.close()
