"""The environment that the demo's Airflow runs in: its settings, its sign-in, its connections."""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path

from keepstep_sandbox import credentials
from tools.demo.settings import ROOT, USER, Settings
from tools.demo.warehouse import DATABASE
from tools.postgres import Postgres

STORE, METADATA = "keepstep", "airflow"


def prepare(settings: Settings) -> str:
    """Make Airflow's home and the demo user's password; the password."""
    airflow = settings.home / "airflow"
    airflow.mkdir(exist_ok=True)
    passwords = airflow / "passwords.json"
    passwords.touch(mode=0o600)
    passwords.write_text(json.dumps({USER: USER}), encoding="utf-8")
    return USER


def environment(settings: Settings, server: Postgres) -> dict[str, str]:
    """All of it, on top of the caller's own environment, less what belongs to another Airflow."""
    airflow = settings.home / "airflow"
    ours = {"AIRFLOW_HOME": str(airflow), **_settings(settings, server), **_connections(settings, server)}
    return plain() | ours | dict(settings.airflow)


def plain() -> dict[str, str]:
    """The caller's own environment, less what belongs to another Airflow; this environment's programs come first."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHONPATH"))}
    path = f"{Path(sys.executable).parent}:{inherited.get('PATH', os.defpath)}"
    return inherited | {"PATH": path, "PYTHONUNBUFFERED": "1"}


def _settings(settings: Settings, server: Postgres) -> dict[str, str]:
    ports = settings.ports
    values = {
        "CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",  # or each would run at once for its last interval
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",
        "CORE__TEST_CONNECTION": "Enabled",
        "CORE__EXECUTION_API_SERVER_URL": f"http://localhost:{ports.ui}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(settings.home / "airflow" / "passwords.json"),
        "CORE__FERNET_KEY": _secret(settings, "fernet"),
        "DATABASE__SQL_ALCHEMY_CONN": server.url(METADATA, "postgresql+psycopg2"),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(ports.ui),
        "API__BASE_URL": settings.ui,
        "API__WORKERS": "1",
        "API__SECRET_KEY": _secret(settings, "api"),
        "API_AUTH__JWT_SECRET": _secret(settings, "jwt"),
        "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {f"AIRFLOW__{name}": value for name, value in values.items()}


def _connections(settings: Settings, server: Postgres) -> dict[str, str]:
    netsuite = {
        "conn_type": "netsuite",
        "host": f"http://127.0.0.1:{settings.ports.netsuite}",
        "login": credentials.NETSUITE_CONSUMER_KEY,
        "password": credentials.NETSUITE_CONSUMER_SECRET,
        "extra": {
            "account_id": credentials.NETSUITE_ACCOUNT,
            "auth": "tba",
            "token_id": credentials.NETSUITE_TOKEN_ID,
            "token_secret": credentials.NETSUITE_TOKEN_SECRET,
        },
    }
    act_on = {
        "conn_type": "act_on",
        "host": f"http://127.0.0.1:{settings.ports.act_on}",
        "login": credentials.ACT_ON_USER,
        "password": credentials.ACT_ON_PASSWORD,
        "extra": {"client_id": credentials.ACT_ON_CLIENT_ID, "client_secret": credentials.ACT_ON_CLIENT_SECRET},
    }
    app = {
        "consumer_key": credentials.SALESFORCE_CLIENT_ID,
        "consumer_secret": credentials.SALESFORCE_CLIENT_SECRET,
        "keepstep_login_url": f"http://127.0.0.1:{settings.ports.salesforce}",
        "keepstep_external_id_field": "Keepstep_Key__c",
    }
    unit = {
        "consumer_key": credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID,
        "consumer_secret": credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET,
        "login_url": f"http://127.0.0.1:{settings.ports.account_engagement}",
        "business_unit_id": credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT,
    }
    engagement = f"http://127.0.0.1:{settings.ports.account_engagement}"
    return {
        "AIRFLOW_CONN_SALESFORCE_DEFAULT": json.dumps(
            {"conn_type": "salesforce", "extra": {"domain": "acme.my", **app}}
        ),
        "AIRFLOW_CONN_ACCOUNT_ENGAGEMENT_DEFAULT": json.dumps(
            {"conn_type": "account_engagement", "host": engagement, "extra": unit}
        ),
        "AIRFLOW_CONN_KEEPSTEP_STORE": server.url(STORE, "postgresql"),
        "AIRFLOW_CONN_EVENTS_DEFAULT": server.url(DATABASE, "postgresql"),
        "AIRFLOW_CONN_NETSUITE_DEFAULT": json.dumps(netsuite),
        "AIRFLOW_CONN_ACT_ON_DEFAULT": json.dumps(act_on),
    }


def _secret(settings: Settings, name: str) -> str:
    """A secret of this home: the same for all of Airflow's processes, and after a restart."""
    path = settings.home / "airflow" / f"{name}.secret"
    if not path.exists():
        path.touch(mode=0o600)
        # Fernet wants 32 bytes exactly; 64 characters and more are asked of the others
        path.write_text(secrets.token_urlsafe(32) + "=" if name == "fernet" else secrets.token_urlsafe(64))
    return path.read_text(encoding="utf-8")
