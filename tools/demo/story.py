"""What the demo does, step by step: start, sign in, run, check, show."""

from __future__ import annotations

import shutil
import sys

import requests

from keepstep.config import load_sync
from keepstep.store.database import Store
from tools.demo import airflow_env, wait, warehouse
from tools.demo.airflow_api import Airflow
from tools.demo.processes import Processes
from tools.demo.progress import Progress
from tools.demo.rounds import Rounds, wait_for_dags
from tools.demo.settings import ROOT, SYNCS, USER, Settings
from tools.demo.table import figures, table
from tools.demo.verdict import problems
from tools.postgres import Postgres

UP_TIMEOUT_S = 300
# Logs are read from the disk that all share; the log servers would listen beyond loopback, on ports that are fixed.
COMPONENTS = (
    ("api-server",),
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
    ("triggerer", "--skip-serve-logs"),
)


def tell(settings: Settings, processes: Processes, progress: Progress) -> bool:
    """Start everything, run the rounds; whether all is accounted for. Raises DemoError."""
    shutil.rmtree(settings.logs, ignore_errors=True)
    server = _start_postgres(settings, processes, progress)
    _start_sandbox(settings, processes, progress)
    airflow, password = _start_airflow(settings, server, processes, progress)
    rounds = Rounds(settings, airflow, processes, progress)
    rounds.trigger()
    good = True
    for number in range(1, settings.rounds + 1):
        good = _round(number, settings, server, rounds, progress) and good
    progress.say(f"Airflow: {settings.ui}  (user [b]{USER}[/b], password [b]{password}[/b])")
    return good


def _start_postgres(settings: Settings, processes: Processes, progress: Progress) -> Postgres:
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


def _start_sandbox(settings: Settings, processes: Processes, progress: Progress) -> None:
    args = [sys.executable, "-m", "keepstep_sandbox", "serve", "--seed", str(settings.seed)]
    args += ["--size", str(settings.size)]
    args += ["--netsuite-port", str(settings.ports.netsuite), "--act-on-port", str(settings.ports.act_on)]
    processes.start("sandbox", args, airflow_env.plain())
    found: dict[int, object] = {}

    def up() -> tuple[bool, str]:
        for port in (settings.ports.netsuite, settings.ports.act_on):
            try:
                reply = requests.get(f"http://127.0.0.1:{port}/_control/state", timeout=10)
                found[port] = reply.json()["counts"]
            except requests.ConnectionError:
                return False, ""
        return True, ""

    wait.until(up, what="The sandbox starts", timeout_s=120, processes=processes, progress=progress)
    progress.say(f"Sandbox: up, NetSuite on port {settings.ports.netsuite}, Act-On on port {settings.ports.act_on}")


def _start_airflow(
    settings: Settings, server: Postgres, processes: Processes, progress: Progress
) -> tuple[Airflow, str]:
    password = airflow_env.prepare(settings)
    environment = airflow_env.environment(settings, server)
    progress.say("Airflow's metadata database is made ...")
    processes.run("airflow-migrate", ["airflow", "db", "migrate"], environment)
    processes.run("airflow-pools", [sys.executable, "-m", "keepstep_airflow.pools"], environment)
    for component in COMPONENTS:
        processes.start(f"airflow-{component[0]}", ["airflow", *component], environment)
    airflow = Airflow(settings)

    def up() -> tuple[bool, str]:
        healthy, missing = airflow.healthy()
        return healthy, f"waiting for {', '.join(missing)}" if missing else ""

    wait.until(up, what="Airflow starts", timeout_s=UP_TIMEOUT_S, processes=processes, progress=progress)
    airflow.sign_in(password)
    progress.say(f"Airflow: up, {settings.ui}  (user [b]{USER}[/b], password [b]{password}[/b])")
    wait_for_dags(airflow, processes, progress)
    return airflow, password


def _round(number: int, settings: Settings, server: Postgres, rounds: Rounds, progress: Progress) -> bool:
    """Run it, show its table; whether it is as it should be."""
    states = rounds.wait(number)
    store_url = server.url(airflow_env.STORE, "postgresql")
    lines = figures(store_url, rounds.keys(number))
    wrong, equal = problems(settings, store_url, lines, states)
    written = sum(line.applied + line.rejected for line in lines)
    title = f"Round {number}" + ("" if number == 1 else ", on the same data")
    titles = {sync: load_sync(ROOT / "include" / "syncs" / f"{sync}.yaml").settings.title for sync in SYNCS}
    progress.console.print(table(lines, titles, equal, title))
    if not wrong and not written:
        progress.say("Nothing to write: everything in step.")
    elif number > 1 and written:
        wrong.append(f"round {number} met unchanged data and sent {written} writes all the same")
    for sentence in wrong:
        progress.console.print(sentence, style="red", highlight=False, markup=False)
    if not wrong:
        progress.say("Every row is accounted for; every score in NetSuite is the sealed one.")
    return not wrong
