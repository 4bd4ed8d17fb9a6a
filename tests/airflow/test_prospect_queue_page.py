"""The sync queue in Airflow's API server: what it shows, to whom, and who may press its buttons."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.models.dagrun import DagRun
from airflow.models.log import Log
from airflow.utils.session import create_session
from fastapi.testclient import TestClient
from sqlalchemy import delete, select

from keepstep.config import load_prospect_sync
from keepstep.core.errors import SettingsError
from keepstep.store.database import Store
from keepstep.store.statuses import A_RECORD, NotActive
from keepstep.store.waiting import ErrorGroup, QueueState, Stopped, Waiting
from keepstep_airflow.ui.queue_page import Rights, notice, render, section
from tests.airflow.prospect_stage import write_prospect_sync
from tests.airflow.test_pages import publish, sign_in
from tests.engine.prospects.world import Office

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "/keepstep/queue"
HERE = {"Origin": "http://testserver"}
ADA = "ada@acme.example"
ALL = Rights(sync=True, release=True)


@pytest.fixture
def store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store behind the connection that pages read."""
    monkeypatch.setenv("AIRFLOW_CONN_KEEPSTEP_STORE", store_url.replace("+psycopg", ""))
    with Store(store_url) as opened:
        yield opened


@pytest.fixture
def office(
    store: Store,
    syncs: Path,
    load_dags: Callable[[], DagBag],
    metadata: None,  # noqa: ARG001 # it has to be there
) -> Iterator[Office]:
    """A prospect sync whose Dag Airflow knows, two systems in memory, the users Ann and Bob."""
    made = Office(store, load_prospect_sync(write_prospect_sync(syncs, "everybody", title="Everybody & friends")))
    publish(load_dags())
    yield made
    with create_session() as session:
        session.execute(delete(DagRun).where(DagRun.dag_id == "sync_prospect"))


def shown(folder: Path, state: QueueState, rights: Rights = ALL, **given: Any) -> str:
    """The page about one sync."""
    file = load_prospect_sync(write_prospect_sync(folder, "everybody", **given))
    return render([section(file, state, rights)], {})


def press(
    server: TestClient, button: str, prospect: str, *, user: str = "admin", headers: Mapping[str, str] = HERE
) -> Any:
    """Somebody sends one of the page's forms, as a browser does."""
    return server.post(
        f"{URL}/everybody/{button}",
        data={"prospect": prospect},
        headers={**sign_in(server, user), **headers},
        follow_redirects=False,
    )


Asked = Callable[[str], list[DagRun]]


def _runs() -> list[DagRun]:
    with create_session() as session:
        return list(session.scalars(select(DagRun).where(DagRun.dag_id == "sync_prospect")).all())


@pytest.fixture
def asked() -> Asked:
    """The runs that this test asked for, of one prospect: others asked for runs of theirs before."""
    before = {run.id for run in _runs()}
    return lambda prospect: [
        run for run in _runs() if run.id not in before and (run.conf or {}).get("prospect") == prospect
    ]


# -- what it shows -----------------------------------------------------------------------------------------------------


def test_it_says_how_many_wait_and_why_and_who_is_next(tmp_path: Path) -> None:
    first = Waiting("55", "lead:00Q1", True, ("on_demand", "form_submitted"), NOON, 3, NOON, 12)
    state = QueueState(
        1234,
        56,
        1,
        2,
        3,
        NOON,
        {"changed": 1290},
        (first, Waiting(None, "contact:003", False, (), None, 0, None, None)),
    )
    page = shown(tmp_path, state)
    assert ">1,290<" in page
    assert ">1,234<" in page
    assert "changed: 1,290" in page
    assert "asked for, form submitted" in page
    assert "lead 00Q1" in page
    assert "The next 2 of 1,290" in page
    assert "next run" in page
    assert page.count("2026-03-02 12:00 UTC") >= 3


def test_open_errors_are_shown_by_what_to_do_and_stopped_prospects_with_their_button(tmp_path: Path) -> None:
    state = QueueState(
        stopped=(Stopped("55", "lead:00Q1", "announced", NOON),),
        errors=(ErrorGroup("crm", "owner_unknown", "activate user 7", 12, NOON, ("lead 00Q2",)),),
    )
    page = shown(tmp_path, state)
    assert "activate user 7" in page
    assert 'action="queue/everybody/release"' in page
    assert "nobody waits" in page


@pytest.mark.behaviour("DY-7")
def test_the_record_s_status_stands_beside_the_prospect_with_a_link_to_the_crm(tmp_path: Path) -> None:
    state = QueueState(
        assigned=1,
        first=(Waiting("55", "lead:00Q1", True, (), NOON, 0, None, None, "disqualified"),),
        statuses={"inactive": 1200},
        not_active=(NotActive("56", "contact:003", "inactive"), NotActive("57", "user:1", "inactive")),
        crm_urls={
            "lead": f"https://acme.crm.example/lead/{A_RECORD}",
            "contact": f"https://acme.crm.example/contact/{A_RECORD}",
            "user": f"memory://crm/user/{A_RECORD}",
        },
    )
    page = shown(tmp_path, state)
    assert (
        '<a href="https://acme.crm.example/lead/00Q1" target="_blank" rel="noopener noreferrer">lead 00Q1</a>' in page
    )
    assert '<span class="badge warn">disqualified</span>' in page
    assert "1,200 inactive" in page
    assert 'href="https://acme.crm.example/contact/003"' in page
    assert "memory://" not in page


@pytest.mark.parametrize(("rights", "buttons"), [(Rights(), 0), (Rights(sync=True), 1), (ALL, 2)])
def test_who_may_not_press_a_button_doesnt_see_it(tmp_path: Path, rights: Rights, buttons: int) -> None:
    state = QueueState(first=(), stopped=(Stopped("55", "lead:00Q1", "announced", NOON),))
    page = shown(tmp_path, state, rights)
    assert ("Sync now</button>" in page) is (buttons >= 1)
    assert ("Release</button>" in page) is (buttons == 2)


def test_what_people_wrote_into_files_and_systems_is_shown_not_run(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    one = Waiting(evil, f"lead:{evil}", True, (evil,), NOON, 0, None, None)
    state = QueueState(
        1,
        reasons={evil: 1},
        first=(one,),
        stopped=(Stopped(evil, f"lead:{evil}", evil, NOON),),
        errors=(ErrorGroup("crm", evil, evil, 1, NOON, (evil,)),),
    )
    page = shown(tmp_path, state, title=evil)
    assert evil not in page
    assert evil not in render([], {"bad": SettingsError(evil)}, evil, notice("asked", evil))


# -- to whom -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.behaviour("SY-7")
def test_the_queue_is_shown_to_whoever_may_read_the_dag_and_to_nobody_else(server: TestClient, office: Office) -> None:
    ada = office.prospect(ADA, owner=office.ann, first_name="Augusta")
    office.lead("bob@acme.example")
    office.run(dry=True)

    assert server.get(URL).status_code == 401
    page = server.get(URL, headers=sign_in(server, "viewer"))

    assert page.status_code == 200
    assert "Everybody &amp; friends" in page.text
    assert f"<td>{ada}</td>" in page.text
    assert "balances" in page.text
    assert "@acme.example" not in page.text
    assert "Augusta" not in page.text
    assert "<button" not in page.text
    assert "Sync now</button>" in server.get(URL, headers=sign_in(server)).text


@pytest.mark.slow
def test_a_sync_that_airflow_doesnt_know_yet_is_nobodys_to_read(
    server: TestClient,
    store: Store,  # noqa: ARG001 # it has to be there
    syncs: Path,
) -> None:
    write_prospect_sync(syncs, "not_known_yet", title="Nobody knows")
    assert "Nobody knows" not in server.get(URL, headers=sign_in(server)).text


@pytest.mark.slow
@pytest.mark.parametrize(
    "connection",
    ["postgresql://nobody@127.0.0.1:1/nothing", json.dumps({"conn_type": "mysql", "host": "db"})],
    ids=["nobody listens", "no PostgreSQL"],
)
def test_a_store_that_isnt_there_is_said_with_503(
    server: TestClient, office: Office, monkeypatch: pytest.MonkeyPatch, connection: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_KEEPSTEP_STORE", connection)
    assert office.file.name == "everybody"
    assert server.get(URL, headers=sign_in(server)).status_code == 503
    answer = press(server, "release", "55")
    assert answer.status_code == 503
    assert "Keepstep&#39;s store can&#39;t be read" in answer.text


# -- sync now ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.behaviour("SY-4")
def test_sync_now_triggers_the_dag_for_that_prospect_in_the_users_name(
    server: TestClient, office: Office, asked: Asked
) -> None:
    ada = office.prospect(ADA)

    answer = press(server, "sync-now", ada)

    assert answer.status_code == 303
    (run,) = asked(ada)
    assert run.conf == {"sync": "everybody", "prospect": ada}
    assert run.triggering_user_name == "admin"
    page = server.get(f"{URL}/everybody/{answer.headers['location']}", headers=sign_in(server))
    assert str(page.url).split("?")[0].endswith(URL)
    assert f"Prospect {ada} is being synced" in page.text


@pytest.mark.slow
@pytest.mark.parametrize("given", [ADA, "<b>", "", "x" * 65])
def test_what_is_no_id_starts_nothing_and_is_kept_nowhere(
    server: TestClient, office: Office, given: str, asked: Asked
) -> None:
    assert office.file.name == "everybody"
    answer = press(server, "sync-now", given)
    assert answer.status_code in (303, 422)
    assert given == "" or given not in answer.headers["location"]
    assert asked(given) == []


@pytest.mark.slow
@pytest.mark.parametrize("button", ["sync-now", "release"])
def test_a_reader_presses_no_button(server: TestClient, office: Office, button: str, asked: Asked) -> None:
    ada = office.prospect(ADA)
    assert press(server, button, ada, user="viewer").status_code == 403
    assert asked(ada) == []


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.slow
@pytest.mark.parametrize("button", ["sync-now", "release"])
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_on_another_site_does_nothing(
    server: TestClient, office: Office, button: str, headers: Mapping[str, str], asked: Asked
) -> None:
    ada = office.prospect("foreign@acme.example")
    assert press(server, button, ada, headers=headers).status_code == 403
    assert asked(ada) == []


@pytest.mark.slow
def test_a_cookie_alone_from_nowhere_does_nothing(server: TestClient, office: Office) -> None:
    ada = office.prospect("cookie@acme.example")
    token = sign_in(server)["Authorization"].removeprefix("Bearer ")
    cookie = {"Cookie": f"_token={token}"}
    address = f"{URL}/everybody/sync-now"
    assert server.post(address, data={"prospect": ada}, headers=cookie).status_code == 403
    told = server.post(
        address, data={"prospect": ada}, headers={**cookie, "Sec-Fetch-Site": "same-origin"}, follow_redirects=False
    )
    assert told.status_code == 303


@pytest.mark.slow
def test_a_sync_that_isnt_there_is_404(server: TestClient, office: Office) -> None:
    assert office.file.name == "everybody"
    answer = server.post(f"{URL}/nobody/sync-now", data={"prospect": "1"}, headers={**sign_in(server), **HERE})
    assert answer.status_code == 404


# -- release -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.behaviour("SY-17")
def test_release_lets_a_prospect_sync_again_and_notes_who_said_so(server: TestClient, office: Office) -> None:
    ada = office.prospect(ADA, owner=office.ann)
    office.settle(3)
    (lead,) = office.people()
    office.crm.delete(lead.id)
    office.settle(2)
    assert "Stopped, because the CRM record was deleted" in server.get(URL, headers=sign_in(server)).text

    answer = press(server, "release", ada)

    assert "told=released" in answer.headers["location"]
    (row,) = office.select("SELECT released_by FROM tombstone")
    assert row["released_by"] == "admin"
    office.settle(2)
    assert [one.email for one in office.people() if one.id != lead.id] == [ADA]
    with create_session() as session:
        logged = session.scalars(select(Log).where(Log.event == "keepstep_release_prospect")).all()
        assert {(one.owner, one.dag_id) for one in logged} == {("admin", "everybody")}
        assert ADA not in str([one.extra for one in logged])


@pytest.mark.slow
def test_nothing_to_release_is_said(server: TestClient, office: Office) -> None:
    ada = office.prospect(ADA, owner=office.ann)
    office.settle(3)
    answer = press(server, "release", ada)
    assert "told=not_stopped" in answer.headers["location"]
