"""The sandboxes as Airflow connections: what somebody would fill in, and where a sync finds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from fastapi.testclient import TestClient

from keepstep_sandbox import credentials
from tests.pairs.crms import SandboxedCrm
from tests.pairs.platforms import SandboxedPlatform

Form = dict[str, Any]


def netsuite(url: str) -> Form:
    """An account, by tokens."""
    extra = {
        "account_id": credentials.NETSUITE_ACCOUNT,
        "auth": "tba",
        "token_id": credentials.NETSUITE_TOKEN_ID,
        "token_secret": credentials.NETSUITE_TOKEN_SECRET,
        "time_zone": "America/Los_Angeles",
    }
    login, password = credentials.NETSUITE_CONSUMER_KEY, credentials.NETSUITE_CONSUMER_SECRET
    return {"conn_type": "netsuite", "host": url, "login": login, "password": password, "extra": extra}


def dynamics(url: str) -> Form:
    """An environment, and where its tokens come from."""
    extra = {"tenant_id": credentials.DYNAMICS_TENANT_ID, "login_url": url}
    login, password = credentials.DYNAMICS_CLIENT_ID, credentials.DYNAMICS_CLIENT_SECRET
    return {"conn_type": "dynamics", "host": url, "login": login, "password": password, "extra": extra}


def sugarcrm(url: str) -> Form:
    """An instance, by REST v11."""
    login, password = credentials.SUGARCRM_USER, credentials.SUGARCRM_PASSWORD
    return {"conn_type": "sugarcrm", "host": url, "login": login, "password": password, "extra": {"api": "v11"}}


def old_sugarcrm(url: str) -> Form:
    """An instance, by v4_1."""
    return {**sugarcrm(url), "extra": {"api": "v4_1"}}


def act_on(url: str) -> Form:
    """An account."""
    extra = {"client_id": credentials.ACT_ON_CLIENT_ID, "client_secret": credentials.ACT_ON_CLIENT_SECRET}
    login, password = credentials.ACT_ON_USER, credentials.ACT_ON_PASSWORD
    return {"conn_type": "act_on", "host": url, "login": login, "password": password, "extra": extra}


def account_engagement(url: str) -> Form:
    """A business unit, signed in by an app of its own."""
    extra = {
        "business_unit_id": credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT,
        "consumer_key": credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID,
        "consumer_secret": credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET,
        "login_url": url,
    }
    return {"conn_type": "account_engagement", "host": url, "extra": extra}


# By the labels of `tests.pairs`.
FORMS: Mapping[str, Callable[[str], Form]] = MappingProxyType(
    {
        "netsuite": netsuite,
        "dynamics": dynamics,
        "sugarcrm": sugarcrm,
        "sugarcrm_v4_1": old_sugarcrm,
        "act_on": act_on,
        "account_engagement": account_engagement,
    }
)


def connect(monkeypatch: pytest.MonkeyPatch, crm: SandboxedCrm, platform: SandboxedPlatform, store_url: str) -> None:
    """Airflow finds both sandboxes as the connections `crm` and `platform`, and the store."""
    monkeypatch.setenv("AIRFLOW_CONN_CRM", json.dumps(FORMS[crm.label()](crm.url)))
    monkeypatch.setenv("AIRFLOW_CONN_PLATFORM", json.dumps(FORMS[platform.system](platform.url)))
    connect_store(monkeypatch, store_url)


def connect_store(monkeypatch: pytest.MonkeyPatch, store_url: str) -> None:
    """Airflow finds the store."""
    monkeypatch.setenv("AIRFLOW_CONN_KEEPSTEP_STORE", store_url.replace("+psycopg", ""))


def press_test(server: TestClient, form: Form) -> dict[str, Any]:
    """What Airflow's API answers when somebody presses Test below this form."""
    token = server.post("/auth/token", json={"username": "admin", "password": "admin"}).json()["access_token"]
    body = {"connection_id": "tryout", **form, "extra": json.dumps(form["extra"])}
    answer = server.post("/api/v2/connections/test", json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
