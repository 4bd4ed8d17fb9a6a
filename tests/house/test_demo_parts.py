"""The demo's parts: what it was told, one at a time, its ports, leftovers, its table."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from keepstep.config import load_sync
from tools.demo import home, ports
from tools.demo.rounds import maintenance_dag
from tools.demo.settings import LISTS, ROOT, SYNCS, DemoError, Ports, Settings
from tools.demo.table import Line, figures


def test_without_variables_it_takes_six_ports_in_a_row_and_runs_two_rounds() -> None:
    settings = Settings.of({})
    assert settings.ports == Ports(28080, 28081, 28082, 28083, 28084, 28085)
    assert (settings.once, settings.rounds) == (False, 2)


@pytest.mark.parametrize(("name", "value"), [("DEMO_PORT", "80"), ("ONCE", "yes"), ("SIZE", "-1"), ("ROUNDS", "0")])
def test_a_wrong_variable_is_named_with_what_is_allowed(name: str, value: str) -> None:
    with pytest.raises(DemoError, match=f"{name} is a whole number from"):
        Settings.of({name: value})


def test_a_second_start_is_told_of_the_first(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    first = f"""
from pathlib import Path
from tools.demo import home
from tools.demo.settings import Settings
with home.held(Settings(home=Path({str(settings.home)!r}))):
    print("held", flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", first], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        with pytest.raises(DemoError, match=f"runs already: process {process.pid}, http://localhost:28080"):
            home.held(settings).__enter__()
        process.kill()
    with home.held(settings):
        pass  # the kernel let go of it when the first was killed


def test_a_taken_port_is_named_with_its_program_and_a_way_out() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        with pytest.raises(DemoError, match=rf"port {taken} \(for netsuite\) is taken by .+ \(process \d+\)") as told:
            ports.require_free(Ports.starting_at(taken - 1))
    assert "make demo DEMO_PORT=" in str(told.value)


@pytest.fixture
def sleeper() -> Iterator[psutil.Process]:
    """A process that does nothing; gone afterwards."""
    with subprocess.Popen(["sleep", "300"]) as process:
        yield psutil.Process(process.pid)
        process.kill()


def test_what_a_killed_demo_left_running_is_ended(tmp_path: Path, sleeper: psutil.Process) -> None:
    home.note(tmp_path, [sleeper.pid])
    assert home.end_leftovers(tmp_path) == [f"sleep ({sleeper.pid})"]
    assert not sleeper.is_running() or sleeper.status() == psutil.STATUS_ZOMBIE
    assert home.end_leftovers(tmp_path) == []


def test_a_process_that_only_has_the_number_of_a_former_one_is_left_alone(
    tmp_path: Path, sleeper: psutil.Process
) -> None:
    (tmp_path / home.PROCESSES).write_text(f'[{{"pid": {sleeper.pid}, "started": 1.0}}]')
    assert home.end_leftovers(tmp_path) == []
    assert sleeper.is_running()


def test_the_tables_figures_are_counted_from_the_journal(store_url: str) -> None:
    plain = store_url.replace("+psycopg", "")
    with psycopg.connect(plain) as connection:
        connection.execute("INSERT INTO settings (hash, text) VALUES ('h', 't')")
        connection.execute(
            "INSERT INTO run (sync, key, interval_end, settings_hash) VALUES ('customers', 'k1', now(), 'h')"
        )
        connection.execute(
            "INSERT INTO phase (run_id, phase, read, scored, crm_calls, platform_calls, seconds)"
            " SELECT id, p.phase, p.read, p.scored, 2, 3, 0.5 FROM run,"
            " (VALUES ('pull', 40, 0), ('maintain', 7, 12), ('push', 0, 0)) AS p (phase, read, scored)"
        )
        for number, state in enumerate(["applied", "applied", "rejected", "held", "planned"]):
            connection.execute(
                "INSERT INTO change"
                " (run_id, operation_id, sync, phase, side, connection, kind, object, pair, why, state)"
                " SELECT id, %s, 'customers', 'pull', 'platform', 'c', 'create', 'row', 'p', '[]', %s FROM run",
                (f"o{number}", state),
            )
    (line,) = figures(plain, ["k1", "another"])
    assert line == Line("customers", 40, 12, 15, 1.5, planned=5, applied=2, rejected=1, held=1, skipped=0)
    assert not line.balances


def test_the_demo_knows_every_sync_file_and_which_maintenance_is_a_dag_of_its_own() -> None:
    assert set(SYNCS) == {path.stem for path in (ROOT / "include" / "syncs").glob("*.yaml")}
    own = {
        sync for sync in LISTS if load_sync(ROOT / "include" / "syncs" / f"{sync}.yaml").settings.maintenance.schedule
    }
    assert {sync for sync in SYNCS if maintenance_dag(sync)} == own == {"netsuite_leads"}
