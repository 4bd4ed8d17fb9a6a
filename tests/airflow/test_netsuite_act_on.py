"""NetSuite and Act-On through Airflow: the project's own syncs, over the sandbox's wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from fastapi.testclient import TestClient
from sqlalchemy import text

from keepstep.connectors.base import Connector, ReadQuery
from keepstep.store.database import Store
from keepstep_airflow.hooks.act_on import ActOnHook
from keepstep_airflow.hooks.netsuite import NetSuiteHook
from keepstep_sandbox import act_on, credentials, netsuite
from keepstep_sandbox.server import SandboxServer
from tests.airflow.stage import Outcome, impatient, outcome

pytestmark = pytest.mark.slow
SIZE = 12  # people
SEED = 7


@dataclass(frozen=True, slots=True)
class Systems:
    """Both systems, running, and a store."""

    netsuite: dict[str, Any]  # as the connection's form has it
    act_on: dict[str, Any]
    store: Store


@pytest.fixture
def systems(store_url: str, monkeypatch: pytest.MonkeyPatch, metadata: None) -> Iterator[Systems]:  # noqa: ARG001
    """Sandboxes behind the connections of the project's own sync files."""
    crm = SandboxServer(netsuite.create_app(netsuite.NetSuiteSettings(seed=SEED, size=SIZE)))
    platform = SandboxServer(act_on.create_app(act_on.ActOnSettings(seed=SEED, size=SIZE)))
    with crm, platform, Store(store_url) as store:
        made = Systems(_netsuite(crm.url), _act_on(platform.url), store)
        monkeypatch.setenv("AIRFLOW_CONN_KEEPSTEP_STORE", store_url.replace("+psycopg", ""))
        monkeypatch.setenv("AIRFLOW_CONN_NETSUITE_DEFAULT", json.dumps(made.netsuite))
        monkeypatch.setenv("AIRFLOW_CONN_ACT_ON_DEFAULT", json.dumps(made.act_on))
        yield made


def _netsuite(url: str) -> dict[str, Any]:
    extra = {
        "account_id": credentials.NETSUITE_ACCOUNT,
        "auth": "tba",
        "token_id": credentials.NETSUITE_TOKEN_ID,
        "token_secret": credentials.NETSUITE_TOKEN_SECRET,
    }
    return {
        "conn_type": "netsuite",
        "host": url,
        "login": credentials.NETSUITE_CONSUMER_KEY,
        "password": credentials.NETSUITE_CONSUMER_SECRET,
        "extra": extra,
    }


def _act_on(url: str) -> dict[str, Any]:
    return {
        "conn_type": "act_on",
        "host": url,
        "login": credentials.ACT_ON_USER,
        "password": credentials.ACT_ON_PASSWORD,
        "extra": {"client_id": credentials.ACT_ON_CLIENT_ID, "client_secret": credentials.ACT_ON_CLIENT_SECRET},
    }


def run(project_bag: DagBag, name: str) -> Outcome:
    with impatient():
        return outcome(project_bag.dags[name].test())


def crm_scores(crm: Connector) -> dict[str, Any]:
    query = ReadQuery("contact", ("email", "custentity_act_on_score"), audience="affiliated_with_customers")
    records = [record for page in crm.read(query) for record in page.records]
    return {record.id: record.fields.get("custentity_act_on_score") for record in records}


@pytest.mark.behaviour("AO-1", "AO-9", "AO-10", "AO-12")
def test_a_netsuite_list_is_brought_to_act_on_and_its_scores_come_back(systems: Systems, project_bag: DagBag) -> None:
    ended = run(project_bag, "netsuite_customers")

    assert ended.state == "success"
    report = ended.returned["reconcile"]
    assert report["followed"] > 0
    assert report["scores_differing"] == 0
    totals = report["totals"]
    assert totals["planned"] == totals["applied"] + totals["held"] + totals["skipped"] > 0
    crm = NetSuiteHook("netsuite_default").get_conn()
    with systems.store.begin() as connection:
        sealed = connection.execute(text("select count(*) from score where sync = 'netsuite_customers'")).scalar_one()
    assert sealed == sum(score is not None for score in crm_scores(crm).values()) > 0
    crm.close()

    again = run(project_bag, "netsuite_customers")

    assert again.state == "success"
    assert again.returned["reconcile"]["totals"]["applied"] == 0


def test_all_tasks_share_one_sign_in_to_act_on_that_is_kept_sealed(systems: Systems) -> None:
    calls = []
    for _ in range(3):
        connector = ActOnHook("act_on_default").get_conn()
        connector.check()
        calls.append(connector.usage.by_endpoint.get("POST token", 0))
        connector.close()
    assert calls == [1, 0, 0]
    with systems.store.begin() as connection:
        (kept,) = connection.execute(text("select account || sealed from access_token")).scalars()
    assert credentials.ACT_ON_PASSWORD not in kept
    assert "access" not in kept


@pytest.mark.parametrize(
    ("system", "field"), [("netsuite", "token_secret"), ("act_on", "client_secret")], ids=["NetSuite", "Act-On"]
)
def test_the_test_button_tells_right_credentials_from_wrong_ones(
    systems: Systems, server: TestClient, monkeypatch: pytest.MonkeyPatch, system: str, field: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
    given = dict(getattr(systems, system))
    assert press(server, given)["status"] is True
    given["extra"] = {**given["extra"], field: "something else altogether"}
    refused = press(server, given)
    assert refused["status"] is False
    assert "refuse" in refused["message"].lower() or "check" in refused["message"].lower()
    assert "something else altogether" not in refused["message"]


def press(server: TestClient, given: dict[str, Any]) -> dict[str, Any]:
    token = server.post("/auth/token", json={"username": "admin", "password": "admin"}).json()["access_token"]
    body = {"connection_id": "tryout", **given, "extra": json.dumps(given["extra"])}
    answer = server.post("/api/v2/connections/test", json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_syncs_of_the_project_use_connections_that_these_are(project_bag: DagBag) -> None:
    files = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "include" / "syncs").glob("*.yaml"))
    assert [dag for dag in sorted(project_bag.dags) if "__" not in dag] == sorted([*files, "sync_prospect"])
