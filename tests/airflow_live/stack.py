"""The demo's servers, started for tests: in a folder of their own, on free ports, gone without a trace afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from tests.airflow_live import sync_files
from tests.airflow_live.dag_run import DagRun
from tests.airflow_live.sandbox import ActOn, NetSuite
from tools.demo import airflow_env, home, ports
from tools.demo.airflow_api import Airflow
from tools.demo.processes import Processes, Service
from tools.demo.progress import Progress
from tools.demo.settings import DemoError, Ports, Settings
from tools.demo.stack import start_airflow, start_component, start_postgres, start_sandbox
from tools.postgres import Postgres

SEED, SIZE = 1, 40  # draws the people of the sandbox, and how many they are
LOG_LINES = 30
BELOW_EPHEMERAL = 32_000  # ports from here on the kernel gives to outgoing connections, between our look and our use
# A scheduler that was killed is given up after 20 s, and its tasks are looked for every 5 s: Airflow's own figures
# (30 s, 5 min) are right for a cluster, and long for a test.
QUICK = {
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
}


@dataclass(slots=True)
class Live:
    """Everything up, and how to speak to it."""

    settings: Settings
    server: Postgres
    processes: Processes
    airflow: Airflow
    netsuite: NetSuite
    act_on: ActOn
    seconds: float  # from nothing to healthy, with all Dags read
    on: set[str] = field(default_factory=set)  # Dags that are switched on

    @property
    def store_url(self) -> str:
        """Keepstep's store, for psycopg."""
        return self.server.url(airflow_env.STORE, "postgresql")

    def trigger(self, dag_id: str, conf: Mapping[str, object] | None = None) -> DagRun:
        """Ask Airflow for a run."""
        if dag_id not in self.on:
            self.airflow.settle_owed(dag_id)
            self.airflow.switch_on(dag_id)
            self.on.add(dag_id)
        return DagRun(self.airflow, self.processes, dag_id, self.airflow.trigger(dag_id, conf))

    def run(self, dag_id: str, conf: Mapping[str, object] | None = None) -> DagRun:
        """Ask for a run and wait for its end."""
        asked = self.trigger(dag_id, conf)
        asked.wait()
        return asked

    def systems(self) -> dict[str, Any]:
        """Everything in both systems that a sync could write."""
        return {"netsuite": self.netsuite.state(), "act_on": self.act_on.state()}

    def service(self, name: str) -> Service:
        """One of the processes that stand."""
        return next(service for service in self.processes.services if service.name == name)

    def restart(self, component: str) -> None:
        """Start a component of Airflow that was killed."""
        gone = self.service(f"airflow-{component}")
        gone.process.wait(30)
        self.processes.services.remove(gone)
        start_component(component, self.processes, airflow_env.environment(self.settings, self.server))


@contextmanager
def running(folder: Path) -> Iterator[Live]:
    """Everything up in this folder; all of it ended afterwards, whatever happened.

    Raises DemoError with the ends of all logs where it doesn't come up.
    """
    folder.mkdir()
    syncs = sync_files.write(folder / "include", datetime.now(UTC))
    told = QUICK | {"AIRFLOW__KEEPSTEP__SYNCS_FOLDER": str(syncs)}
    settings = Settings(home=folder, ports=free_ports(), size=SIZE, seed=SEED, airflow=told)
    processes = Processes(settings)
    with home.held(settings):
        try:
            yield _start(settings, processes)
        finally:
            _stop(processes)


def _start(settings: Settings, processes: Processes) -> Live:
    began = time.monotonic()
    progress = Progress(Console(stderr=True, width=120))
    try:
        server = start_postgres(settings, processes, progress)
        start_sandbox(settings, processes, progress)
        airflow, _ = start_airflow(settings, server, processes, progress)
    except DemoError as wrong:  # the logs are gone when pytest shows it
        ends = "\n".join(f"-- the end of {name}:\n{text}" for name, text in ends_of_logs(settings.logs))
        raise DemoError(f"{wrong}\n{ends}") from wrong
    netsuite = NetSuite(f"http://127.0.0.1:{settings.ports.netsuite}", processes)
    act_on = ActOn(f"http://127.0.0.1:{settings.ports.act_on}", processes)
    return Live(settings, server, processes, airflow, netsuite, act_on, time.monotonic() - began)


@contextmanager
def new_folder() -> Iterator[Path]:
    """A folder that isn't there yet, and won't be afterwards."""
    outer = Path(tempfile.mkdtemp(prefix="keepstep-live-"))
    try:
        yield outer / "home"
    finally:
        shutil.rmtree(outer)


def free_ports() -> Ports:
    """Six ports in a row that nobody has; where the search begins differs from process to process."""
    for first in range(20_000 + os.getpid() % 2_000 * 6, BELOW_EPHEMERAL - 6, 6):
        found = Ports.starting_at(first)
        try:
            ports.require_free(found)
        except DemoError:
            continue
        return found
    raise DemoError("no six free ports in a row")


def ends_of_logs(logs: Path) -> list[tuple[str, str]]:
    """The last lines of each component's log, by its name."""
    told = [(path.name, path.read_text(encoding="utf-8", errors="replace")) for path in sorted(logs.glob("*.log"))]
    return [(name, "\n".join(text.splitlines()[-LOG_LINES:])) for name, text in told]


def _stop(processes: Processes) -> None:
    """Stop everything; what is left all the same is ended by force, and told."""
    ours = [psutil.Process(service.process.pid) for service in processes.services if service.process.poll() is None]
    below = [child for each in ours for child in each.children(recursive=True)]
    processes.stop()
    left = [process for process in below if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    for process in left:
        process.kill()
    assert not left, f"still there after the stop: {left}"
