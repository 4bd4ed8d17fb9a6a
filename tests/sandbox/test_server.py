"""Starting and stopping sandboxes: in a test, and from the command line."""

import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from keepstep_sandbox.certificate import self_signed
from keepstep_sandbox.server import PortInUse, SandboxServer
from keepstep_sandbox.settings import SandboxSettings
from keepstep_sandbox.systems import SYSTEMS
from tests.sandbox.toy import toy_app

INCLUDE = Path(__file__).parents[2] / "include"


def test_a_server_leaves_no_thread_and_no_port_behind() -> None:
    before = threading.active_count()
    with SandboxServer(toy_app(SandboxSettings())) as server:
        assert requests.get(f"{server.url}/notes/1", timeout=5).status_code == 200
        port = server.port
    assert threading.active_count() == before
    with SandboxServer(toy_app(SandboxSettings()), port=port) as again:
        assert again.port == port


def test_headers_are_named_as_the_real_systems_write_them_in_capitals() -> None:
    with (
        SandboxServer(toy_app(SandboxSettings())) as server,
        socket.create_connection(("127.0.0.1", server.port)) as line,
    ):
        line.sendall(b"GET /notes/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        head = line.makefile("rb").read().partition(b"\r\n\r\n")[0]
    assert b"\r\nContent-Type: application/json" in head
    assert b"\r\nDate: " in head


def test_a_port_in_use_is_an_error_that_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=str(port)):
            SandboxServer(toy_app(SandboxSettings()), port=port).start()


def test_a_server_that_never_started_stops_without_complaint() -> None:
    SandboxServer(toy_app(SandboxSettings())).stop()


def test_a_server_answers_over_tls_and_stops_although_a_client_stays_connected(tmp_path: Path) -> None:
    before = threading.active_count()
    tls = self_signed(tmp_path)
    assert tls.key.stat().st_mode & 0o077 == 0
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(tls.certificate)
        with SandboxServer(toy_app(SandboxSettings()), tls=tls) as server:
            assert server.url.startswith("https://")
            for host in ("127.0.0.1", "localhost"):
                assert session.get(f"https://{host}:{server.port}/notes/1", timeout=5).status_code == 200
        assert threading.active_count() == before


def command(*options: str) -> subprocess.Popen[str]:
    """Run the command with the same Python."""
    return subprocess.Popen(
        [sys.executable, "-m", "keepstep_sandbox", "serve", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(INCLUDE), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "PATH": ""},
    )


def free_ports() -> list[str]:
    """Give options that take any free port, for every system there is."""
    return [word for entry in SYSTEMS for word in (f"--{entry.name.replace('_', '-')}-port", "0")]


def test_the_command_runs_every_system_until_it_is_told_to_stop() -> None:
    with command("--size", "10", *free_ports()) as process:
        assert process.stdout is not None
        for entry in SYSTEMS:
            line = process.stdout.readline()
            assert line.startswith(f"{entry.title} ready on ")
            found = re.search(r"http://\S+(?=,)", line)
            assert found is not None
            state = requests.get(f"{found.group()}/_control/state", timeout=10).json()
            assert state["system"] == entry.name
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=20)
        assert (process.returncode, rest, errors) == (0, "stopped\n", "")


def test_the_command_ends_with_2_where_a_port_is_in_use_or_a_system_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with command("--only", "netsuite", "--netsuite-port", port) as process:
            _, errors = process.communicate(timeout=20)
            assert process.returncode == 2
            assert f"cannot listen on 127.0.0.1:{port}" in errors
            assert "--netsuite-port" in errors
    with command("--only", "lotus") as process:
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 2
        assert "no such system: lotus" in errors
