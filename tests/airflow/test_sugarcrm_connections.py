"""Connections to SugarCRM and SuiteCRM: a user of its own, by either API; by v11 all workers share its one session."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk import BaseHook, Connection
from fastapi.testclient import TestClient
from sqlalchemy import text

from keepstep.config import SyncSettings
from keepstep.connectors.sugarcrm import SugarCrmConnector
from keepstep.core.errors import SettingsError, Unavailable
from keepstep.store.database import Store
from keepstep_airflow.hooks.sugarcrm import SugarCrmHook, sugarcrm_settings
from keepstep_airflow.hooks.systems import crm_connector
from keepstep_sandbox import credentials
from keepstep_sandbox.server import SandboxServer
from tests.airflow.conftest import small_sync
from tests.airflow.connections_of import Form, connect_store, old_sugarcrm, press_test, sugarcrm
from tests.pairs.crms.sugarcrm import SugarCrm
from tests.pairs.desk import Desk

USER = {"login": "sync.bot", "password": "its password", "host": "https://acme.sugarondemand.com"}
FORMS = {"v11": sugarcrm, "v4_1": old_sugarcrm}
WRONG = "something else altogether"


def connection(extra: dict[str, Any] | None = None, /, **columns: Any) -> Connection:
    return Connection(conn_id="it", conn_type="sugarcrm", extra=json.dumps(extra or {}), **columns)


# -- the form ----------------------------------------------------------------------------------------------------------


def test_a_user_and_the_address_are_enough() -> None:
    settings = sugarcrm_settings(connection(**USER))
    assert (settings.username, settings.password, settings.url) == ("sync.bot", "its password", USER["host"])
    assert (settings.api, settings.platform, settings.client_id, settings.client_secret) == (
        "v11",
        "keepstep",
        "sugar",
        "",
    )


def test_what_has_a_default_may_be_filled_in() -> None:
    key = {"client_id": "ours", "client_secret": "its secret", "platform": "lists"}
    settings = sugarcrm_settings(connection({**key, "api_version": "11_5", "concurrency": "1"}, **USER))
    assert (settings.client_id, settings.client_secret, settings.platform) == ("ours", "its secret", "lists")
    assert (settings.api_version, settings.concurrency) == ("11_5", 1)


def test_fields_that_the_form_left_empty_are_those_that_nobody_filled_in() -> None:
    names = ("api", "client_id", "client_secret", "platform", "api_version", "concurrency")
    assert sugarcrm_settings(connection(dict.fromkeys(names, ""), **USER)) == sugarcrm_settings(connection(**USER))


def test_the_older_api_is_chosen_by_its_name() -> None:
    suite = {**USER, "host": "https://suite.acme.example/legacy/"}
    settings = sugarcrm_settings(connection({"api": "v4_1"}, **suite))
    assert (settings.api, settings.root) == ("v4_1", "https://suite.acme.example/legacy")


@pytest.mark.parametrize(
    ("empty", "told"),
    [
        ("login", "the field login is empty; it is the user name of a user that nobody else signs in as"),
        ("password", "the field password is empty; it is that user's password"),
        ("host", "the field host is empty; it is the address that people open in a browser, https://NAME.sugar"),
    ],
)
def test_a_field_that_is_missing_is_named_with_its_meaning(empty: str, told: str) -> None:
    with pytest.raises(SettingsError, match=f"connection it: {told}"):
        sugarcrm_settings(connection(**{**USER, empty: None}))


@pytest.mark.parametrize(
    ("columns", "extra", "told"),
    [
        ({}, {"api": "v10"}, "connection it: api is one of v11, v4_1, not v10"),
        ({}, {"concurrency": "few"}, "connection it: concurrency is a whole number, not 'few'"),
        ({}, {"concurrency": "0"}, "concurrency 1 or more"),
        ({}, {"api_version": "v11_20"}, "the API version must look like 11_20, 11 or 10"),
        ({"host": "ftp://acme.sugarondemand.com"}, {}, "host begins with https://"),
    ],
    ids=["api", "no number", "none at once", "version", "no URL"],
)
def test_what_is_wrong_is_said(columns: dict[str, str], extra: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told) as wrong:
        sugarcrm_settings(connection(extra, **{**USER, **columns}))
    assert "its password" not in str(wrong.value)


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        ("sugarcrm://sync.bot:its%20password@acme.sugarondemand.com?api=v11", "https://acme.sugarondemand.com"),
        ("sugarcrm://sync.bot:its%20password@127.0.0.1:8751/http?api=v11", "http://127.0.0.1:8751"),
        ("sugarcrm://sync.bot:its%20password@https%3A%2F%2Facme.test%2Flegacy?api=v4_1", "https://acme.test/legacy"),
    ],
    ids=["host", "host, port and scheme", "a URL in it"],
)
def test_a_connection_may_be_a_uri(uri: str, url: str) -> None:
    settings = sugarcrm_settings(Connection.from_uri(uri, conn_id="it"))
    assert (settings.username, settings.password, settings.root) == ("sync.bot", "its password", url)


def test_no_text_about_it_tells_a_secret() -> None:
    settings = sugarcrm_settings(connection({"client_secret": "its secret"}, **USER))
    assert "its password" not in repr(settings)
    assert "its secret" not in repr(settings)


@pytest.mark.parametrize("api", FORMS)
def test_a_sync_over_such_a_connection_gets_its_connector(monkeypatch: pytest.MonkeyPatch, api: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CRM", json.dumps({"conn_type": "sugarcrm", **USER, "extra": {"api": api}}))
    crm = {"system": "sugarcrm", "connection": "crm", "audience": "leads"}
    connector = crm_connector(SyncSettings.model_validate({**small_sync("people"), "crm": crm}), 10)
    assert isinstance(connector, SugarCrmConnector)
    assert connector.settings.api == api
    connector.close()


# -- over the wire -----------------------------------------------------------------------------------------------------


@pytest.fixture
def url(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A sandbox, and the store that keeps its session."""
    connect_store(monkeypatch, store_url)
    with SandboxServer(SugarCrm.app()) as server:
        yield server.url


def sign_ins(url: str) -> int:
    counts = Desk(url, "sugarcrm").requests().items()
    return sum(number for route, number in counts if "oauth2/token" in route)


@pytest.mark.parametrize("api", FORMS)
def test_it_signs_in_to_the_sandbox_within_the_calls_of_a_run(
    monkeypatch: pytest.MonkeyPatch, url: str, api: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_IT", json.dumps(FORMS[api](url)))
    hook = BaseHook.get_hook("it")
    assert isinstance(hook, SugarCrmHook)
    connector = hook.get_conn(max_calls=1)
    with pytest.raises(Unavailable):
        connector.check()
    connector.close()
    assert hook.test_connection() == (True, "Signed in to SugarCRM.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("api", "field", "value", "told"),
    [
        ("v11", "password", WRONG, "refused .*need_login.*check the credentials of the connection"),
        ("v11", "platform", "unheard_of", "the platform 'unheard_of' must be registered there \\(Admin > Configure"),
        ("v11", "api_version", "11_99", "doesn't have that version of the API: correct api_version in the connection"),
        ("v4_1", "password", WRONG, "check the credentials of the connection"),
    ],
)
def test_the_test_button_tells_who_must_do_what(
    server: TestClient, monkeypatch: pytest.MonkeyPatch, url: str, api: str, field: str, value: str, told: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
    right = FORMS[api](url)
    assert press_test(server, right) == {"status": True, "message": "Signed in to SugarCRM."}
    refused = press_test(server, differing(right, field, value))
    assert refused["status"] is False
    assert re.search(told, refused["message"]), refused["message"]
    assert WRONG not in refused["message"]
    assert credentials.SUGARCRM_PASSWORD not in refused["message"]


def differing(form: Form, field: str, value: str) -> Form:
    return {**form, field: value} if field in form else {**form, "extra": {**form["extra"], field: value}}


# -- the session that all workers share --------------------------------------------------------------------------------


def test_by_v11_all_workers_share_one_session_that_is_kept_sealed(
    monkeypatch: pytest.MonkeyPatch, url: str, store_url: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_IT", json.dumps(sugarcrm(url)))
    workers = [SugarCrmHook("it").get_conn() for _ in range(3)]
    for _ in range(2):
        for worker in workers:
            worker.check()
    assert sign_ins(url) == 1
    with Store(store_url) as store, store.begin() as opened:
        (kept,) = opened.execute(text("select account || sealed from access_token")).scalars()
    assert kept.startswith("sugarcrm:")
    assert credentials.SUGARCRM_PASSWORD not in kept
    assert "refresh" not in kept
    for worker in workers:
        worker.close()


def test_a_corrected_password_and_another_platform_start_afresh(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for number, form in enumerate((sugarcrm(url), differing(sugarcrm(url), "platform", "mobile")), start=1):
        monkeypatch.setenv("AIRFLOW_CONN_IT", json.dumps(form))
        worker = SugarCrmHook("it").get_conn()
        worker.check()
        worker.close()
        assert sign_ins(url) == number


def test_by_v4_1_each_worker_has_a_session_and_keeps_it_to_itself(
    monkeypatch: pytest.MonkeyPatch, url: str, store_url: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_IT", json.dumps(old_sugarcrm(url)))
    workers = [SugarCrmHook("it").get_conn() for _ in range(2)]
    for _ in range(2):
        for worker in workers:
            worker.check()
    assert [worker.usage.by_endpoint["POST login"] for worker in workers] == [1, 1]
    with Store(store_url) as store, store.begin() as opened:
        assert opened.execute(text("select count(*) from access_token")).scalar_one() == 0
    for worker in workers:
        worker.close()
