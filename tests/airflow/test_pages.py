"""The list overview in Airflow's API server: what it shows, to whom, and that it only reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import event, text

from keepstep.config import load_sync
from keepstep.core.errors import SettingsError
from keepstep.engine.open import open_run
from keepstep.store.database import Store
from keepstep.store.overview import RunLine, SyncLine
from keepstep_airflow.ui.app import app as pages
from keepstep_airflow.ui.overview_page import render, rows

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "/keepstep/lists"


def sign_in(server: TestClient, name: str = "admin") -> dict[str, str]:
    token = server.post("/auth/token", json={"username": name, "password": name}).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store behind the connection that pages read."""
    monkeypatch.setenv("AIRFLOW_CONN_KEEPSTEP_STORE", store_url.replace("+psycopg", ""))
    with Store(store_url) as opened:
        yield opened


def publish(bag: DagBag) -> None:
    """Let Airflow's metadata know these Dags, as the dag processor does."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    sync_bag_to_db(bag, "dags-folder", None)


# -- what it shows -----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("AO-11")
def test_the_overview_shows_each_lists_crm_its_maintenance_program_and_its_schedule(
    write_sync: Callable[..., Path],
) -> None:
    path = write_sync("customers", schedule="0 3 * * *", timezone="Europe/Berlin")
    page = render(rows([load_sync(path)], {}), {})
    assert "People of customers" in page
    assert "In-memory CRM" in page
    assert "affiliated with customers" in page
    assert "score sheet default" in page
    assert "writes act_on_score; in every run, before the push" in page
    assert "0 3 * * * (Europe/Berlin)" in page
    assert "It hasn&#39;t run yet" in page or "It hasn't run yet" in page


def test_a_maintenance_of_its_own_is_shown_with_its_schedule(write_sync: Callable[..., Path]) -> None:
    path = write_sync("customers", maintenance={"schedule": "0 2 * * *"})
    assert "its own Dag, 0 2 * * * (UTC)" in render(rows([load_sync(path)], {}), {})


@pytest.mark.parametrize(
    ("fates", "told"),
    [((3, 1, 1, 5), "balances"), ((3, 1, 1, 4), "1 open")],
    ids=["balanced", "one row without a fate"],
)
def test_a_run_is_shown_with_its_figures_and_whether_they_balance(
    write_sync: Callable[..., Path], fates: tuple[int, int, int, int], told: str
) -> None:
    applied, rejected, held, skipped = fates
    run = RunLine(1, "scheduled__1", "finished", False, NOON, NOON, NOON, 10, applied, rejected, held, skipped)
    line = SyncLine("customers", runs=(run,), errors={"inactive": 1234})
    page = render(rows([load_sync(write_sync("customers"))], {"customers": line}), {})
    assert "2026-03-02 12:00 UTC" in page
    assert told in page
    assert "inactive: 1,234" in page


def test_what_people_wrote_into_files_and_systems_is_shown_not_run(write_sync: Callable[..., Path]) -> None:
    evil = "<script>alert(1)</script>"
    path = write_sync("customers", title=evil, platform={"system": "memory_platform", "connection": "p", "list": evil})
    run = RunLine(1, evil, "finished", False, NOON, NOON, NOON)
    line = SyncLine("customers", runs=(run,), errors={evil: 1})
    page = render(rows([load_sync(path)], {"customers": line}), {"bad": SettingsError(evil)}, evil)
    assert evil not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 6


# -- to whom -----------------------------------------------------------------------------------------------------------


def test_no_route_of_ours_is_open_to_strangers() -> None:
    routes = [route for route in pages.routes if isinstance(route, APIRoute)]
    assert routes
    assert isinstance(pages, FastAPI)
    assert len(pages.routes) == len(routes)  # no docs, no openapi.json
    with TestClient(pages) as client:
        for route in routes:
            for method in route.methods:
                assert client.request(method, route.path).status_code == 401, route.path


@pytest.mark.slow
def test_the_page_is_in_airflows_navigation_behind_its_sign_in(
    server: TestClient,
    store: Store,  # noqa: ARG001 # both have to be there
    syncs: Path,  # noqa: ARG001
) -> None:
    assert server.get(URL).status_code == 401
    assert server.get(URL, headers={"Authorization": "Bearer made.up.token"}).status_code in (401, 403)
    for name in ("admin", "viewer"):
        assert server.get(URL, headers=sign_in(server, name)).status_code == 200
    plugins = server.get("/api/v2/plugins", headers=sign_in(server)).json()["plugins"]
    (ours,) = [plugin for plugin in plugins if plugin["name"] == "keepstep"]
    assert [(view["name"], view["href"], view["destination"]) for view in ours["external_views"]] == [
        ("Lists", URL, "nav"),
        ("Sync queue", "/keepstep/queue", "nav"),
    ]


@pytest.mark.slow
@pytest.mark.behaviour("AO-11")
def test_the_page_shows_the_lists_whose_dags_airflow_knows_and_their_runs(
    server: TestClient, store: Store, write_sync: Callable[..., Path], load_dags: Callable[[], DagBag]
) -> None:
    path = write_sync("page_customers", title="Customers & friends")
    publish(load_dags())
    open_run(store, load_sync(path), "manual__1", NOON)

    page = server.get(URL, headers=sign_in(server)).text

    assert "Customers &amp; friends" in page
    assert "manual__1" in page
    assert "balances" in page


@pytest.mark.slow
def test_a_wrong_file_is_told_on_the_page(server: TestClient, store: Store, write_sync: Callable[..., Path]) -> None:  # noqa: ARG001
    write_sync("bad", schedule="nightly")
    page = server.get(URL, headers=sign_in(server)).text
    assert "<strong>bad.yaml</strong>" in page
    assert "a schedule is a cron expression" in page


# -- bad days ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "connection",
    ["postgresql://nobody@127.0.0.1:1/nothing", json.dumps({"conn_type": "mysql", "host": "db"})],
    ids=["nobody listens", "no PostgreSQL"],
)
def test_a_store_that_isnt_there_is_said_with_503(
    server: TestClient,
    syncs: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    connection: str,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_KEEPSTEP_STORE", connection)
    answer = server.get(URL, headers=sign_in(server))
    assert answer.status_code == 503
    assert "Keepstep&#39;s store can&#39;t be read (connection keepstep_store)" in answer.text


@pytest.mark.slow
def test_no_connection_to_a_store_is_said_with_503(server: TestClient, syncs: Path) -> None:  # noqa: ARG001
    answer = server.get(URL, headers=sign_in(server))
    assert answer.status_code == 503
    assert "keepstep_store" in answer.text


@pytest.mark.slow
def test_an_empty_database_is_said_and_not_set_up_by_looking_at_it(
    server: TestClient,
    syncs: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    empty_database_url: str,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_KEEPSTEP_STORE", empty_database_url.replace("+psycopg", ""))
    answer = server.get(URL, headers=sign_in(server))
    assert answer.status_code == 503
    assert "not set up yet" in answer.text
    with Store(empty_database_url) as store, store.begin() as connection:
        assert connection.execute(text("select count(*) from pg_tables where schemaname = 'public'")).scalar() == 0


def test_the_page_only_selects(store: Store, write_sync: Callable[..., Path]) -> None:
    from keepstep.store.overview import overview

    open_run(store, load_sync(write_sync("customers")), "manual__1", NOON)
    said: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    assert [line.name for line in overview(store).values()] == ["customers"]
    assert said
    assert {statement.split()[0].upper() for statement in said} <= {"SELECT"}
