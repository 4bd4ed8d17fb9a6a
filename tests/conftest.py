"""What every test may ask for: a fresh store in an embedded PostgreSQL; and what none may do: leave this machine.

One PostgreSQL serves the whole session, all xdist workers included. It is started by the process that started the
session (with workers at once, else by the first test that wants it) and stopped by it, whatever happens to the tests.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from tools import postgres

pytest_plugins = ["tools.behaviour_results"]

# Properties are drawn the same way every time: a failure here is a failure everywhere. KEEPSTEP_PROPERTIES=thorough
# draws many more examples, and others each time: for an evening, not for every commit. A busy machine is no failure: no
# deadline.
settings.register_profile(
    "quick", derandomize=True, max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", max_examples=2000, deadline=None, database=None)
settings.load_profile(os.environ.get("KEEPSTEP_PROPERTIES", "quick"))

SERVER = pytest.StashKey[postgres.Postgres]()
HOME = pytest.StashKey[Path]()
URL = "keepstep_postgres_url"  # how a worker is told

# Airflow makes its home directory when it is imported; a test's Airflow must not be the developer's.
os.environ.setdefault("AIRFLOW_HOME", tempfile.gettempdir() + f"/keepstep-tests-airflow-{os.getuid()}")


class LeftTheMachineError(AssertionError):
    """A test tried to reach an address that isn't loopback."""


def _is_local(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = str(address[0])
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _GuardedSocket(socket.socket):
    """A socket that knows loopback only."""

    def connect(self, address: Any, /) -> None:
        self._guard(address)
        super().connect(address)

    def connect_ex(self, address: Any, /) -> int:
        self._guard(address)
        return super().connect_ex(address)

    def _guard(self, address: object) -> None:
        if not _is_local(address):
            self.close()
            raise LeftTheMachineError(f"a test tried to connect to {address}")


def pytest_configure(config: pytest.Config) -> None:
    """Close the way out; start PostgreSQL for workers, which can't share one that a worker started."""
    socket.socket = _GuardedSocket  # type: ignore[misc]  # the one place through which all of Python connects
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        _server(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the session's PostgreSQL is."""
    node.workerinput[URL] = _server(node.config).url("postgres")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop PostgreSQL and remove its data."""
    if SERVER in config.stash:
        config.stash[SERVER].stop()
    if HOME in config.stash:
        shutil.rmtree(config.stash[HOME], ignore_errors=True)


def _server(config: pytest.Config) -> postgres.Postgres:
    if SERVER not in config.stash:
        config.stash[HOME] = Path(tempfile.mkdtemp(prefix="keepstep-tests-"))
        settings = {**postgres.THROWAWAY, "max_connections": "300", "shared_buffers": "64MB"}
        config.stash[SERVER] = postgres.start(config.stash[HOME] / "pg", settings=settings)
    return config.stash[SERVER]


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """The URL (psycopg 3, superuser) of the session's PostgreSQL, database `postgres`."""
    told: dict[str, str] = getattr(request.config, "workerinput", {})
    return told.get(URL) or _server(request.config).url("postgres")


@pytest.fixture(scope="session")
def store_template(postgres_url: str) -> Iterator[str]:
    """The name of a database that is a migrated, empty store."""
    from keepstep.store.database import Store  # noqa: PLC0415 (tests of the core alone don't wait for SQLAlchemy)

    name = f"template_{uuid.uuid4().hex[:12]}"
    _run(postgres_url, f'CREATE DATABASE "{name}"')
    store = Store.open(_database(postgres_url, name))
    store.engine.dispose()
    yield name
    _run(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def store_url(postgres_url: str, store_template: str) -> Iterator[str]:
    """The URL of a fresh store of one's own: migrated, empty, dropped afterwards."""
    name = f"store_{uuid.uuid4().hex[:12]}"
    _run(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{store_template}"')
    yield _database(postgres_url, name)
    _run(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """The URL of a fresh, empty database: no migration has run; dropped afterwards."""
    name = f"empty_{uuid.uuid4().hex[:12]}"
    _run(postgres_url, f'CREATE DATABASE "{name}"')
    yield _database(postgres_url, name)
    _run(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _database(url: str, name: str) -> str:
    return url.rsplit("/", 1)[0] + "/" + name


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(statement.encode())
