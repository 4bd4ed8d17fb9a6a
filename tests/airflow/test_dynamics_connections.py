"""Connections to Dynamics 365: an app registration of Microsoft Entra, and the environment that it is a user of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk import BaseHook, Connection
from fastapi.testclient import TestClient

from keepstep.config import SyncSettings
from keepstep.connectors.dynamics import ClientSecret, DynamicsConnector
from keepstep.core.errors import SettingsError, Unavailable
from keepstep_airflow.hooks.dynamics import DynamicsHook, dynamics_settings
from keepstep_airflow.hooks.systems import crm_connector
from keepstep_sandbox import credentials
from keepstep_sandbox.server import SandboxServer
from tests.airflow.conftest import small_sync
from tests.airflow.connections_of import dynamics, press_test
from tests.pairs.crms.dynamics import Dynamics

APP = {"login": "app", "password": "its secret", "host": "https://contoso.crm4.dynamics.com"}
TENANT = {"tenant_id": "contoso.example"}
WRONG = "something else altogether"


def connection(extra: dict[str, Any], **columns: Any) -> Connection:
    return Connection(conn_id="it", conn_type="dynamics", extra=json.dumps(extra), **columns)


# -- the form ----------------------------------------------------------------------------------------------------------


def test_an_app_registration_and_its_environment() -> None:
    settings = dynamics_settings(connection(TENANT, **APP))
    assert settings.auth == ClientSecret("contoso.example", "app", "its secret")
    assert (settings.org_url, settings.login_url) == (APP["host"], "https://login.microsoftonline.com")
    assert settings.opt_out_field == "donotbulkemail"


def test_what_has_a_default_may_be_filled_in() -> None:
    given = {"concurrency": "8", "opt_out_field": "donotemail", "login_url": "https://login.microsoftonline.us"}
    settings = dynamics_settings(connection({**TENANT, **given}, **APP))
    assert (settings.concurrency, settings.opt_out_field) == (8, "donotemail")
    assert settings.login_url == "https://login.microsoftonline.us"


def test_fields_that_the_form_left_empty_are_those_that_nobody_filled_in() -> None:
    empty: dict[str, Any] = dict.fromkeys(("concurrency", "opt_out_field", "login_url"), "")
    assert dynamics_settings(connection({**TENANT, **empty}, **APP)) == dynamics_settings(connection(TENANT, **APP))


@pytest.mark.parametrize(
    ("empty", "told"),
    [
        ("login", "the field login is empty; it is the application \\(client\\) id of the app registration"),
        ("password", "the field password is empty; it is a client secret of the app registration, its value"),
        ("tenant_id", "the field tenant_id is empty; it is the directory \\(tenant\\) id of the app registration"),
        ("host", "the field host is empty; it is the address that people open in a browser, https://NAME.crm4"),
    ],
)
def test_a_field_that_is_missing_is_named_with_its_meaning(empty: str, told: str) -> None:
    columns = {**APP, **({empty: None} if empty in APP else {})}
    with pytest.raises(SettingsError, match=f"connection it: {told}"):
        dynamics_settings(connection({} if empty == "tenant_id" else TENANT, **columns))


@pytest.mark.parametrize(
    ("columns", "extra", "told"),
    [
        ({}, {"concurrency": "many"}, "connection it: concurrency is a whole number, not 'many'"),
        ({}, {"concurrency": "52"}, "concurrency 1 to 51"),
        ({"host": "https://contoso.crm4.dynamics.com/main.aspx"}, {}, "must look like https://NAME.crm4.dynamics.com"),
        ({}, {"tenant_id": "my directory"}, "the tenant must be the directory's id, or one of its domains"),
        ({}, {"opt_out_field": "Do not email"}, "can't be a column's name"),
    ],
    ids=["no number", "too many", "a page", "no tenant", "no column"],
)
def test_what_is_wrong_is_said(columns: dict[str, str], extra: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told) as wrong:
        dynamics_settings(connection({**TENANT, **extra}, **{**APP, **columns}))
    assert "its secret" not in str(wrong.value)


@pytest.mark.parametrize(
    ("uri", "org_url"),
    [
        ("dynamics://app:its%20secret@contoso.crm4.dynamics.com?tenant_id=t", "https://contoso.crm4.dynamics.com"),
        ("dynamics://app:its%20secret@127.0.0.1:8741/http?tenant_id=t", "http://127.0.0.1:8741"),
        ("dynamics://app:its%20secret@https%3A%2F%2Fcontoso.crm.dynamics.com%2F?tenant_id=t", None),
    ],
    ids=["host", "host, port and scheme", "a URL in it"],
)
def test_a_connection_may_be_a_uri(uri: str, org_url: str | None) -> None:
    settings = dynamics_settings(Connection.from_uri(uri, conn_id="it"))
    assert settings.auth == ClientSecret("t", "app", "its secret")
    assert settings.root == (org_url or "https://contoso.crm.dynamics.com")


def test_no_text_about_it_tells_the_secret() -> None:
    settings = dynamics_settings(connection(TENANT, **APP))
    assert "its secret" not in f"{settings!r} {settings.auth!r}"


def test_a_sync_over_such_a_connection_gets_its_connector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CRM", json.dumps({"conn_type": "dynamics", **APP, "extra": TENANT}))
    crm = {"system": "dynamics", "connection": "crm", "audience": "leads"}
    connector = crm_connector(SyncSettings.model_validate({**small_sync("people"), "crm": crm}), 10)
    assert isinstance(connector, DynamicsConnector)
    connector.close()


# -- over the wire -----------------------------------------------------------------------------------------------------


@pytest.fixture
def url() -> Iterator[str]:
    with SandboxServer(Dynamics.app()) as server:
        yield server.url


def test_it_signs_in_to_the_sandbox_within_the_calls_of_a_run(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_IT", json.dumps(dynamics(url)))
    hook = BaseHook.get_hook("it")
    assert isinstance(hook, DynamicsHook)
    assert hook.test_connection() == (True, "Signed in to Microsoft Dynamics 365.")
    connector = hook.get_conn(max_calls=1)
    with pytest.raises(Unavailable):
        connector.check()
    connector.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("password", WRONG, "AADSTS7000215.*the client secret is wrong: enter the secret's value \\(not its id\\)"),
        ("login", "7b1d7a10-0000-4000-8000-00000000dead", "AADSTS700016.*correct the client id or the tenant id"),
        ("tenant_id", "other.example", "AADSTS90002.*correct the tenant id in the connection"),
        ("host", "http://127.0.0.1:1", "AADSTS500011.*correct the environment's URL"),
    ],
)
def test_the_test_button_tells_who_must_do_what(
    server: TestClient, monkeypatch: pytest.MonkeyPatch, url: str, field: str, value: str, told: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
    right = dynamics(url)
    assert press_test(server, right) == {"status": True, "message": "Signed in to Microsoft Dynamics 365."}
    wrong = {**right, field: value} if field in right else {**right, "extra": {**right["extra"], field: value}}
    refused = press_test(server, wrong)
    assert refused["status"] is False
    assert re.search(told, refused["message"]), refused["message"]
    assert WRONG not in refused["message"]
    assert credentials.DYNAMICS_CLIENT_SECRET not in refused["message"]
