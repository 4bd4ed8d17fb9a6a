"""What stands while the demo runs: PostgreSQL, the sandbox, Airflow; each of them is started and waited for here."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import requests

from keepstep.store.database import Store
from tools.demo import airflow_env, wait, warehouse
from tools.demo.airflow_api import Airflow
from tools.demo.processes import Processes, Service
from tools.demo.progress import Progress
from tools.demo.rounds import wait_for_dags
from tools.demo.settings import USER, Settings
from tools.postgres import Postgres

UP_TIMEOUT_S = 300
# Logs are read from the disk that all share; the log servers would listen beyond loopback, on ports that are fixed.
COMPONENTS: Mapping[str, Sequence[str]] = {
    "api-server": (),
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
}


def start_postgres(settings: Settings, processes: Processes, progress: Progress) -> Postgres:
    """Start PostgreSQL with a new store, a new metadata database and a filled warehouse. Raises DemoError."""
    progress.say("PostgreSQL starts ...")
    server = processes.start_postgres()
    # The sandbox's people live in its memory, so each demo starts from the beginning: what the store knew of the people
    # of an earlier one is no use, and a run that an earlier one left half done must not go on with these.
    for name in (airflow_env.STORE, airflow_env.METADATA, warehouse.DATABASE):
        server.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    for name in (airflow_env.STORE, airflow_env.METADATA):
        server.ensure_database(name)
    Store.open(server.url(airflow_env.STORE)).close()
    events = warehouse.fill(server, settings)
    progress.say(f"PostgreSQL: up, on port {settings.ports.postgres}; {events} product events in the warehouse")
    return server


def start_sandbox(settings: Settings, processes: Processes, progress: Progress) -> None:
    """Start the sandbox's systems, with their people. Raises DemoError."""
    args = [sys.executable, "-m", "keepstep_sandbox", "serve", "--seed", str(settings.seed)]
    args += ["--size", str(settings.size)]
    args += ["--only", "netsuite", "--netsuite-port", str(settings.ports.netsuite)]
    args += ["--only", "act_on", "--act-on-port", str(settings.ports.act_on)]
    args += ["--only", "salesforce", "--salesforce-port", str(settings.ports.salesforce)]
    args += ["--only", "account_engagement", "--account-engagement-port", str(settings.ports.account_engagement)]
    processes.start("sandbox", args, airflow_env.plain())
    ports = {
        "NetSuite": settings.ports.netsuite,
        "Act-On": settings.ports.act_on,
        "Salesforce": settings.ports.salesforce,
        "Account Engagement": settings.ports.account_engagement,
    }
    found: dict[int, object] = {}

    def up() -> tuple[bool, str]:
        for port in ports.values():
            try:
                reply = requests.get(f"http://127.0.0.1:{port}/_control/state", timeout=10)
                found[port] = reply.json()["counts"]
            except requests.ConnectionError:
                return False, ""
        return True, ""

    wait.until(up, what="The sandbox starts", timeout_s=120, processes=processes, progress=progress)
    _administer(settings)
    progress.say("Sandbox: up, " + ", ".join(f"{name} on port {port}" for name, port in ports.items()))


def _administer(settings: Settings) -> None:
    """What an administrator makes in Salesforce first: a field for the score, and one for the key of a safe create."""
    url = f"http://127.0.0.1:{settings.ports.salesforce}/_control/salesforce/fields"
    for name in ("Lead", "Contact"):
        for field in ({"name": "Score__c", "type": "double"}, {"name": "Keepstep_Key__c", "external_id": True}):
            requests.post(url, json={"object": name, **field}, timeout=10).raise_for_status()


def start_airflow(
    settings: Settings, server: Postgres, processes: Processes, progress: Progress
) -> tuple[Airflow, str]:
    """Start all of Airflow; a signed-in client, and the demo user's password. Raises DemoError."""
    password = airflow_env.prepare(settings)
    environment = airflow_env.environment(settings, server)
    progress.say("Airflow's metadata database is made ...")
    processes.run("airflow-migrate", ["airflow", "db", "migrate"], environment)
    processes.run("airflow-pools", [sys.executable, "-m", "keepstep_airflow.pools"], environment)
    for name in COMPONENTS:
        start_component(name, processes, environment)
    airflow = Airflow(settings)

    def up() -> tuple[bool, str]:
        healthy, missing = airflow.healthy()
        return healthy, f"waiting for {', '.join(missing)}" if missing else ""

    wait.until(up, what="Airflow starts", timeout_s=UP_TIMEOUT_S, processes=processes, progress=progress)
    airflow.sign_in(password)
    progress.say(f"Airflow: up, {settings.ui}  (user [b]{USER}[/b], password [b]{password}[/b])")
    wait_for_dags(airflow, processes, progress)
    return airflow, password


def start_component(name: str, processes: Processes, environment: Mapping[str, str]) -> Service:
    """Start one of Airflow's components; it needs a while until it works."""
    return processes.start(f"airflow-{name}", ["airflow", name, *COMPONENTS[name]], environment)
