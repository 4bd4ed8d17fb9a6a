"""Connection types, their forms, their hooks and the Test button."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.models.connection import Connection as StoredConnection
from airflow.providers_manager import ProvidersManager
from airflow.sdk import BaseHook, Connection

from keepstep.config import SyncSettings
from keepstep.connectors.act_on import ActOn
from keepstep.connectors.memory import MemoryCrm, MemoryCrmState, MemoryPlatform, MemoryProspectPlatform
from keepstep.connectors.netsuite import ClientCredentials, NetSuiteConnector, TokenBased
from keepstep.core.errors import SettingsError
from keepstep.core.policies import CRMS, PLATFORMS
from keepstep_airflow.hooks.act_on import ActOnHook, act_on_settings
from keepstep_airflow.hooks.base import SystemHook
from keepstep_airflow.hooks.dynamics import dynamics_settings
from keepstep_airflow.hooks.memory import MemoryHook
from keepstep_airflow.hooks.netsuite import NetSuiteHook, netsuite_settings
from keepstep_airflow.hooks.salesforce import SalesforceHook
from keepstep_airflow.hooks.store import activity_engine, store_url
from keepstep_airflow.hooks.sugarcrm import sugarcrm_settings
from keepstep_airflow.hooks.systems import HOOKS as OURS
from keepstep_airflow.hooks.systems import crm_connector
from keepstep_airflow.provider import get_provider_info
from tests.airflow.conftest import small_sync

HOOKS = list(OURS.values())
TBA = {"account_id": "1234567_SB1", "auth": "tba", "token_id": "tk", "token_secret": "ts"}


def connection(conn_type: str, **fields: Any) -> Connection:
    extra = json.dumps(fields.pop("extra", {}))
    return Connection(conn_id="it", conn_type=conn_type, extra=extra, **fields)


def types() -> dict[str, dict[str, Any]]:
    return {one["connection-type"]: one for one in get_provider_info()["connection-types"]}


# -- forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "conn_type", ["netsuite", "dynamics", "sugarcrm", "act_on", "account_engagement", "keepstep_memory"]
)
def test_airflow_knows_the_connection_type_and_its_form(conn_type: str) -> None:
    manager = ProvidersManager()  # type: ignore[no-untyped-call]
    hook = manager.hooks[conn_type]
    assert hook is not None
    assert hook.hook_class_name == types()[conn_type]["hook-class-name"]
    fields = {name for name in manager.connection_form_widgets if f"__{conn_type}__" in name}
    assert fields == {f"extra__{conn_type}__{name}" for name in types()[conn_type]["conn-fields"]}


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if hook is not SalesforceHook])
def test_the_hook_that_a_form_names_is_the_one_of_its_type(hook: type[SystemHook]) -> None:
    assert types()[hook.conn_type]["hook-class-name"] == f"{hook.__module__}.{hook.__qualname__}"


def test_every_secret_of_a_form_is_shown_as_a_password_and_masked_by_its_name() -> None:
    for one in types().values():
        for name, field in one["conn-fields"].items():
            if any(word in name for word in ("secret", "private_key", "token")):
                assert field["schema"]["format"] == "password", name


@pytest.mark.parametrize(
    ("conn_type", "needed"),
    [("netsuite", {"account_id", "auth"}), ("dynamics", {"tenant_id"}), ("sugarcrm", {"api"})],
)
def test_a_field_that_may_stay_empty_isnt_required_by_the_form(conn_type: str, needed: set[str]) -> None:
    fields = types()[conn_type]["conn-fields"]
    assert {name for name, field in fields.items() if field["schema"]["type"] == "string"} == needed


def test_a_form_calls_the_columns_that_are_needed_by_their_meaning() -> None:
    labels = {conn_type: one["ui-field-behaviour"]["relabeling"] for conn_type, one in types().items()}
    assert labels["dynamics"] == {"host": "Environment URL", "login": "Client ID", "password": "Client secret"}
    assert labels["sugarcrm"] == {"host": "Address", "login": "User name (nobody else's)", "password": "Password"}


def test_every_system_of_the_policies_has_a_connection_type() -> None:
    assert set().union(*(hook.systems for hook in HOOKS)) == set(CRMS) | set(PLATFORMS)


# -- hooks -----------------------------------------------------------------------------------------------------------


def test_making_a_hook_reads_no_connection() -> None:
    for hook in HOOKS:
        assert hook("there_is_no_such_connection").conn_id == "there_is_no_such_connection"


def test_a_netsuite_connection_with_tokens() -> None:
    settings = netsuite_settings(
        connection("netsuite", login="ck", password="cs", host="http://127.0.0.1:8080/", extra=TBA)
    )
    assert settings.auth == TokenBased("ck", "cs", "tk", "ts")
    assert (settings.realm, settings.base_url) == ("1234567_SB1", "http://127.0.0.1:8080")


def test_a_netsuite_connection_with_a_certificate_whose_key_was_typed_into_one_line() -> None:
    extra = {"account_id": "1234567", "certificate_id": "cert", "private_key": "-----BEGIN\\nabc\\nEND-----"}
    settings = netsuite_settings(connection("netsuite", login="client", extra=extra))
    assert settings.auth == ClientCredentials("client", "cert", "-----BEGIN\nabc\nEND-----", "PS256")
    assert settings.base_url is None


def test_what_a_netsuite_connection_says_of_the_account() -> None:
    extra = {**TBA, "concurrency": "5", "subsidiary": "2", "lead_status": "7", "time_zone": "Europe/Berlin"}
    settings = netsuite_settings(connection("netsuite", login="ck", password="cs", extra=extra))
    assert (settings.concurrency, settings.subsidiary, dict(settings.stages)) == (5, "2", {"lead": "7"})


def test_an_act_on_connection() -> None:
    settings = act_on_settings(
        connection("act_on", login="u", password="p", extra={"client_id": "c", "client_secret": "s"}), max_calls=100
    )
    assert (settings.user, settings.client_id, settings.max_calls) == ("u", "c", 100)
    assert settings.base_url == "https://api.actonsoftware.com"


@pytest.mark.parametrize(
    ("conn_type", "fields", "missing"),
    [
        ("netsuite", {"login": "ck", "password": "cs", "extra": {"auth": "tba"}}, "account_id"),
        ("netsuite", {"login": "ck", "extra": {"account_id": "1"}}, "certificate_id"),
        ("act_on", {"password": "p", "extra": {"client_id": "c", "client_secret": "s"}}, "login"),
        ("act_on", {"login": "u", "password": "p", "extra": {"client_id": "c"}}, "client_secret"),
        ("dynamics", {"login": "app", "password": "s", "host": "https://a.example"}, "tenant_id"),
        ("sugarcrm", {"login": "u", "host": "https://a.example"}, "password"),
    ],
)
def test_a_field_that_is_missing_is_named_with_its_meaning(
    conn_type: str, fields: dict[str, Any], missing: str
) -> None:
    hook = OURS[conn_type]("it")
    with pytest.raises(SettingsError, match=f"connection it: the field {missing} is empty; it is "):
        hook.connector(connection(conn_type, **fields), None)


def test_a_sign_in_that_doesnt_exist_is_refused_with_those_that_do() -> None:
    extra = {"account_id": "1", "auth": "password"}
    with pytest.raises(SettingsError, match="auth is one of oauth2, tba, not password"):
        netsuite_settings(connection("netsuite", login="u", password="p", extra=extra))


def test_a_connection_of_another_system_than_the_syncs_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    extra = {"side": "crm", "path": str(tmp_path / "crm.json")}
    monkeypatch.setenv("AIRFLOW_CONN_CRM", json.dumps({"conn_type": "keepstep_memory", "extra": extra}))
    sync = small_sync("people")
    sync["crm"] = {"system": "netsuite", "connection": "crm", "audience": "affiliated_with_leads"}
    with pytest.raises(SettingsError, match=r"crm is of the type keepstep_memory, but crm\.system is netsuite"):
        crm_connector(SyncSettings.model_validate(sync), 10)


def test_connectors_come_out_of_hooks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = {
        "ns": {"conn_type": "netsuite", "login": "ck", "password": "cs", "extra": TBA},
        "mem": {"conn_type": "keepstep_memory", "extra": {"side": "platform", "path": str(tmp_path / "p.json")}},
    }
    for name, value in given.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(value))
    netsuite, memory = NetSuiteHook("ns").get_conn(max_calls=5), MemoryHook("mem").get_conn()
    assert isinstance(netsuite, NetSuiteConnector)
    assert isinstance(memory, MemoryPlatform)
    netsuite.close()


@pytest.mark.parametrize(
    ("side", "kind"), [("crm", MemoryCrm), ("platform", MemoryPlatform), ("prospects", MemoryProspectPlatform)]
)
def test_an_in_memory_system_plays_the_side_that_its_connection_names(side: str, kind: type, tmp_path: Path) -> None:
    hook, extra = MemoryHook("it"), {"side": side, "path": str(tmp_path / "it.json")}
    assert isinstance(hook.connector(connection("keepstep_memory", extra=extra), None), kind)
    with pytest.raises(SettingsError, match="side is crm or platform or prospects, not both"):
        hook.connector(connection("keepstep_memory", extra={**extra, "side": "both"}), None)


# -- the store and SQL -----------------------------------------------------------------------------------------------


def test_the_stores_url_is_psycopg_3_and_keeps_what_is_postgresqls() -> None:
    given = connection(
        "postgres",
        host="db",
        login="me",
        password="p@ss",
        schema="keepstep",
        port=5433,
        extra={"sslmode": "require", "x": 1},
    )
    assert store_url(given) == "postgresql+psycopg://me:p%40ss@db:5433/keepstep?sslmode=require"


def test_a_store_behind_a_unix_socket() -> None:
    given = Connection.from_uri("postgresql://postgres@/keepstep?host=%2Fvar%2Frun", conn_id="it")
    assert store_url(given) == "postgresql+psycopg://postgres@/keepstep?host=%2Fvar%2Frun"


def test_a_store_that_isnt_postgresql_is_refused() -> None:
    with pytest.raises(SettingsError, match="the store is a PostgreSQL database"):
        store_url(connection("mysql", host="db"))


def test_activities_come_from_any_sql_connection(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_EVENTS", postgres_url.replace("+psycopg", ""))
    engine = activity_engine("events")
    with engine.connect() as opened:
        assert opened.exec_driver_sql("select 1").scalar() == 1
    engine.dispose()


def test_activities_from_a_connection_that_is_no_sql_database_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_EVENTS", json.dumps({"conn_type": "netsuite"}))
    with pytest.raises(SettingsError, match="need a connection to an SQL database"):
        activity_engine("events")


# -- the Test button -------------------------------------------------------------------------------------------------


def press_test(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]) -> tuple[bool, str]:
    """As Airflow does when somebody presses Test: the form's fields go into the environment, then it asks the hook."""
    monkeypatch.setenv("AIRFLOW_CONN_TRYOUT", json.dumps(given))
    stored = StoredConnection(conn_id="tryout", conn_type=given["conn_type"])
    answer: tuple[bool, str] = stored.test_connection()  # type: ignore[no-untyped-call]
    return answer


def test_the_test_button_says_that_it_could_sign_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = {"conn_type": "keepstep_memory", "extra": {"side": "crm", "path": str(tmp_path / "crm.json")}}
    assert press_test(monkeypatch, given) == (True, "Signed in to Keepstep's in-memory system.")


def test_the_test_button_says_who_must_do_what(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.airflow.stage import now

    path = tmp_path / "crm.json"
    MemoryCrmState(now, path).lock_out()
    well, told = press_test(monkeypatch, {"conn_type": "keepstep_memory", "extra": {"side": "crm", "path": str(path)}})
    assert not well
    assert told
    well, told = press_test(monkeypatch, {"conn_type": "netsuite", "login": "ck", "extra": {"account_id": "1"}})
    assert not well
    assert "the field certificate_id is empty" in told


def test_a_hook_of_ours_is_what_airflow_makes_of_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ACTON", json.dumps({"conn_type": "act_on"}))
    assert isinstance(BaseHook.get_hook("acton"), ActOnHook)
    assert ActOn.name in ActOnHook.systems
    assert MemoryCrm.name in MemoryHook.systems


@pytest.mark.parametrize(
    ("conn_type", "settings", "fields"),
    [
        ("netsuite", netsuite_settings, {"login": "k", "password": "s", "extra": TBA}),
        ("act_on", act_on_settings, {"login": "u", "password": "p", "extra": {"client_id": "c", "client_secret": "s"}}),
        ("dynamics", dynamics_settings, {"login": "c", "password": "s", "extra": {"tenant_id": "t"}}),
        ("sugarcrm", sugarcrm_settings, {"login": "u", "password": "p"}),
    ],
)
def test_secrets_never_travel_in_clear_but_to_a_sandbox_nearby(
    conn_type: str, settings: Callable[[Connection], Any], fields: dict[str, Any]
) -> None:
    with pytest.raises(SettingsError, match="host begins with https://"):
        settings(connection(conn_type, host="http://crm.acme.example", **fields))
    for near in ("http://127.0.0.1:8700", "http://sandbox:8700", "https://crm.acme.example"):
        settings(connection(conn_type, host=near, **fields))
