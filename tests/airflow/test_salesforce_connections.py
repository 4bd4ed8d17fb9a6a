"""Connections of Airflow's Salesforce provider, as they are, make Keepstep's connector."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook as ProvidersHook
from airflow.providers_manager import ProvidersManager
from airflow.sdk import BaseHook, Connection

from keepstep.config import SyncSettings
from keepstep.connectors.salesforce import ClientCredentials, JwtBearer, SalesforceConnector, UserPassword
from keepstep.core.errors import SettingsError, Unavailable
from keepstep_airflow.hooks.base import KEEP_CALLS
from keepstep_airflow.hooks.salesforce import SalesforceHook, salesforce_settings
from keepstep_airflow.hooks.salesforce_sign_in import oauth_of
from keepstep_airflow.hooks.systems import crm_connector
from keepstep_sandbox import credentials
from keepstep_sandbox.salesforce import SalesforceSettings as SandboxSettings
from keepstep_sandbox.salesforce import create_app
from keepstep_sandbox.salesforce_oauth import private_key_pem
from keepstep_sandbox.server import SandboxServer
from tests.airflow.conftest import small_sync

PERSON = {"login": "ada@corp.example.com", "password": "pw"}
APP = {"consumer_key": "key", "consumer_secret": "secret", "domain": "acme.my"}


def connection(login: str | None = None, password: str | None = None, **extra: Any) -> Connection:
    return Connection(conn_id="it", conn_type="salesforce", login=login, password=password, extra=json.dumps(extra))


# -- whose type it is --------------------------------------------------------------------------------------------------


def test_the_type_its_form_and_its_test_button_stay_the_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    hook = ProvidersManager().hooks["salesforce"]  # type: ignore[no-untyped-call]
    assert hook is not None
    assert hook.hook_class_name == f"{ProvidersHook.__module__}.{ProvidersHook.__qualname__}"
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", json.dumps({"conn_type": "salesforce", **PERSON}))
    assert isinstance(BaseHook.get_hook("salesforce_default"), ProvidersHook)


def test_a_sync_over_such_a_connection_gets_keepsteps_connector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", json.dumps({"conn_type": "salesforce", "extra": APP}))
    sync = small_sync("people")
    sync["crm"] = {"system": "salesforce", "connection": "salesforce_default", "audience": "leads"}
    connector = crm_connector(SyncSettings.model_validate(sync), 10)
    assert isinstance(connector, SalesforceConnector)
    connector.close()


# -- ways in, in the provider's order ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "auth", "login_url"),
    [
        (
            {**PERSON, "security_token": "tok", "client_id": "a name only"},
            UserPassword("ada@corp.example.com", "pw", "tok"),
            "https://login.salesforce.com",
        ),
        (
            {**PERSON, "security_token": "tok", **APP, "domain": "test"},
            UserPassword("ada@corp.example.com", "pw", "tok"),
            "https://test.salesforce.com",
        ),
        (
            {**PERSON, "organization_id": "00D"},
            UserPassword("ada@corp.example.com", "pw"),
            "https://login.salesforce.com",
        ),
        (
            {**PERSON, "consumer_key": "key", "consumer_secret": "secret"},
            UserPassword("ada@corp.example.com", "pw", "", "key", "secret"),
            "https://login.salesforce.com",
        ),
        (
            {"login": "ada@corp.example.com", "consumer_key": "key", "private_key": "-----\\nabc\\n-----"},
            JwtBearer("key", "ada@corp.example.com", "-----\nabc\n-----", "https://login.salesforce.com"),
            "https://login.salesforce.com",
        ),
        (
            {
                "login": "ada@corp.example.com",
                "consumer_key": "key",
                "private_key": "abc",
                "domain": "test",
                "instance_url": "acme--uat.sandbox.my",
            },
            JwtBearer("key", "ada@corp.example.com", "abc", "https://test.salesforce.com"),
            "https://acme--uat.sandbox.my.salesforce.com",
        ),
        (APP, ClientCredentials("key", "secret"), "https://acme.my.salesforce.com"),
        (
            {**APP, "domain": "https://acme.my.salesforce.com/"},
            ClientCredentials("key", "secret"),
            "https://acme.my.salesforce.com",
        ),
        (PERSON, UserPassword("ada@corp.example.com", "pw"), "https://login.salesforce.com"),
    ],
    ids=["token", "token before app", "organization", "app", "jwt", "jwt elsewhere", "app alone", "url", "trusted"],
)
def test_the_fields_that_are_filled_in_choose_the_way(given: dict[str, Any], auth: object, login_url: str) -> None:
    settings = salesforce_settings(connection(**given))
    assert settings.auth == auth
    assert settings.login_url == login_url


def test_fields_that_the_form_left_empty_choose_nothing() -> None:
    names = ("security_token", "organization_id", "private_key", "instance_url", "version", "proxies")
    empty: dict[str, Any] = dict.fromkeys(names, "")
    assert salesforce_settings(connection(**empty, **APP)).auth == ClientCredentials("key", "secret")


def test_names_of_older_versions_of_the_form_are_understood_and_todays_go_first() -> None:
    old = {"extra__salesforce__security_token": "old", "extra__salesforce__domain": "test"}
    settings = salesforce_settings(connection(**PERSON, **old))
    assert settings.auth == UserPassword("ada@corp.example.com", "pw", "old")
    assert settings.login_url == "https://test.salesforce.com"
    assert salesforce_settings(connection(**PERSON, **old, security_token="new")).auth == UserPassword(
        "ada@corp.example.com", "pw", "new"
    )


def test_the_private_key_may_lie_in_a_file(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("abc", encoding="utf-8")
    given = {"login": "ada@corp.example.com", "consumer_key": "key", "private_key_file_path": str(key)}
    assert salesforce_settings(connection(**given)).auth == JwtBearer(
        "key", "ada@corp.example.com", "abc", "https://login.salesforce.com"
    )
    key.unlink()
    with pytest.raises(SettingsError, match="the file that private_key_file_path names can't be read") as wrong:
        salesforce_settings(connection(**given))
    assert str(tmp_path) not in str(wrong.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "connection it: it can't sign in: fill in consumer_key, consumer_secret and domain"),
        ({"consumer_key": "key", "consumer_secret": "secret"}, "set domain to its My Domain, acme.my for"),
        ({**APP, "domain": "test"}, "client credentials work on the org's own host only"),
        ({**APP, "domain": "acme my"}, "domain is login, test, or a My Domain like acme.my"),
        ({**APP, "proxies": {"https": "http://proxy:3128"}}, "set HTTPS_PROXY for Airflow's workers"),
        ({**APP, "keepstep_login_url": "http://acme.my.salesforce.com"}, "keepstep_login_url begins with https://"),
        ({**APP, "keepstep_instance_url": "ftp://127.0.0.1"}, "keepstep_instance_url begins with https://"),
        ({**APP, "keepstep_concurrency": "many"}, "keepstep_concurrency is a whole number, not 'many'"),
        ({**APP, "keepstep_allow_duplicates": "perhaps"}, "keepstep_allow_duplicates is true or false"),
        ({**APP, "keepstep_opt_out_field": "Opted Out"}, "can't be a field's name"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(given: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        salesforce_settings(connection(**given))


# -- what is ours ------------------------------------------------------------------------------------------------------


def test_keepsteps_own_extras_go_beside_the_providers_fields() -> None:
    settings = salesforce_settings(
        connection(
            **APP,
            keepstep_external_id_field="Keepstep_Key__c",
            keepstep_opt_out_field="Opted_Out__c",
            keepstep_concurrency=8,
            keepstep_api_version="61.0",
            keepstep_instance_url="http://127.0.0.1:8080/",
            keepstep_allow_duplicates=True,
        )
    )
    assert (settings.external_id_field, settings.opt_out_field) == ("Keepstep_Key__c", "Opted_Out__c")
    assert (settings.concurrency, settings.api_version) == (8, "61.0")
    assert (settings.instance_url, settings.allow_duplicates) == ("http://127.0.0.1:8080", True)


def test_without_them_the_connectors_own_defaults_stand() -> None:
    settings = salesforce_settings(connection(**APP))
    assert (settings.opt_out_field, settings.concurrency, settings.api_version) == ("HasOptedOutOfEmail", 5, "60.0")
    assert salesforce_settings(connection(**APP, keepstep_opt_out_field="none")).opt_out_field is None


@pytest.mark.parametrize(("version", "used"), [("62.0", "62.0"), ("42.0", "60.0"), ("", "60.0")])
def test_a_version_that_is_too_old_for_us_is_the_providers_alone(version: str, used: str) -> None:
    assert salesforce_settings(connection(**APP, version=version)).api_version == used


@pytest.mark.parametrize(
    "near", ["http://127.0.0.1:8703", "http://localhost:8703", "http://sandbox:8703", "http://[::1]:1"]
)
def test_a_sandbox_needs_no_certificate_on_this_machine_or_in_a_container_network(near: str) -> None:
    assert salesforce_settings(connection(**APP, keepstep_login_url=near)).login_url == near


def test_account_engagement_takes_the_ways_that_give_an_oauth_token() -> None:
    both = {**PERSON, "security_token": "tok", **APP}
    assert oauth_of(connection(**both)) == UserPassword("ada@corp.example.com", "pw", "tok", "key", "secret")
    assert oauth_of(connection(**APP)) == ClientCredentials("key", "secret")
    jwt = {"login": "ada@corp.example.com", "consumer_key": "key", "private_key": "abc"}
    assert isinstance(oauth_of(connection(**jwt)), JwtBearer)
    with pytest.raises(SettingsError, match="the field consumer_key is empty; it is the consumer key of an app with"):
        oauth_of(connection(**PERSON, security_token="tok"))
    with pytest.raises(SettingsError, match="the field consumer_secret is empty"):
        oauth_of(connection(**PERSON, consumer_key="key"))


# -- over the wire -----------------------------------------------------------------------------------------------------

SANDBOX_PERSON = {
    "login": credentials.SALESFORCE_USER,
    "password": credentials.SALESFORCE_PASSWORD,
    "security_token": credentials.SALESFORCE_SECURITY_TOKEN,
}
SANDBOX_APP = {
    "consumer_key": credentials.SALESFORCE_CLIENT_ID,
    "consumer_secret": credentials.SALESFORCE_CLIENT_SECRET,
}


@pytest.mark.parametrize("way", ["soap", "password", "jwt", "client credentials"])
def test_every_way_signs_in_to_the_sandbox(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    signing = {"login": credentials.SALESFORCE_USER, "consumer_key": credentials.SALESFORCE_CLIENT_ID}
    given: dict[str, dict[str, Any]] = {
        "soap": SANDBOX_PERSON,
        "password": {**SANDBOX_PERSON, "security_token": "", **SANDBOX_APP},
        "jwt": {**signing, "private_key": private_key_pem()},
        "client credentials": SANDBOX_APP,
    }
    with SandboxServer(create_app(SandboxSettings(size=0))) as server:
        fields = {**given[way], "keepstep_login_url": server.url}
        columns: dict[str, Any] = {name: fields.pop(name) for name in ("login", "password") if name in fields}
        value = {"conn_type": "salesforce", **columns, "extra": fields}
        monkeypatch.setenv("AIRFLOW_CONN_SANDBOXED", json.dumps(value))
        well, told = SalesforceHook("sandboxed").test_connection()
    assert well, told


def test_the_calls_that_the_connection_keeps_for_others_are_not_ours() -> None:
    hook = SalesforceHook("it")
    assert KEEP_CALLS == 1000
    with SandboxServer(create_app(SandboxSettings(size=0, daily_limit=2000))) as server:
        given = connection(**SANDBOX_APP, keepstep_login_url=server.url, keepstep_keep_calls=1999)
        connector = hook.connector(given, None)
        connector.check()
        with pytest.raises(Unavailable, match="1999 of them for its other users"):
            connector.check()
        connector.close()
