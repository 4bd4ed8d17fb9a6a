"""Sandboxes for the public clients, over http and over TLS, and the clients themselves, a process each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import pytest
import requests

from keepstep_sandbox import dynamics, netsuite, salesforce, sugarcrm
from keepstep_sandbox.certificate import self_signed
from keepstep_sandbox.server import SandboxServer, Tls
from tests.clients.puppet import Puppet
from tests.sandbox.dynamics.client import DynamicsClient
from tests.sandbox.netsuite_client import NetSuiteClient
from tests.sandbox.salesforce.client import SalesforceClient
from tests.sandbox.sugarcrm.client import SugarClient
from tools.clients import environments

JSFORCE = "jsforce"  # the one that Node.js runs
Caller = TypeVar("Caller", DynamicsClient, SugarClient, NetSuiteClient)


@dataclass(frozen=True, slots=True)
class Served:
    """A sandbox: where, its certificate where it has one, and the people's side of it."""

    url: str
    certificate: str
    org: SalesforceClient


def interpreter(name: str) -> list[str]:
    """Give the command of a client's interpreter; without an environment nothing is held against anything: it fails."""
    kind = environments.Kind.NODE if name == JSFORCE else environments.Kind.PYTHON
    try:
        return environments.make(environments.Client(name, kind))
    except environments.EnvironmentFailed as wrong:
        pytest.fail(str(wrong), pytrace=False)


def puppet(name: str) -> Puppet:
    """Give a client that Python runs, by the name that its lock and its script have in common."""
    return Puppet([*interpreter(name), "-m", f"tests.clients.scripts.with_{name}"])


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """One certificate for all that is served over TLS."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def http_server() -> Iterator[SandboxServer]:
    with SandboxServer(salesforce.create_app(salesforce.SalesforceSettings(size=0))) as server:
        yield server


@pytest.fixture(scope="session")
def tls_server(tls: Tls) -> Iterator[SandboxServer]:
    with SandboxServer(salesforce.create_app(salesforce.SalesforceSettings(size=0)), tls=tls) as server:
        yield server


@pytest.fixture
def served(http_server: SandboxServer) -> Iterator[Served]:
    """A sandbox of Salesforce over http, as new."""
    with _session(None) as session:
        yield _new(http_server, session, "")


@pytest.fixture
def served_with_tls(tls_server: SandboxServer, tls: Tls) -> Iterator[Served]:
    """A sandbox of Salesforce over https, as new."""
    with _session(tls) as session:
        yield _new(tls_server, session, str(tls.certificate))


@pytest.fixture(scope="session")
def dynamics_server() -> Iterator[SandboxServer]:
    with SandboxServer(dynamics.create_app(dynamics.DynamicsSettings(size=0))) as server:
        yield server


@pytest.fixture(scope="session")
def dynamics_tls_server(tls: Tls) -> Iterator[SandboxServer]:
    with SandboxServer(dynamics.create_app(dynamics.DynamicsSettings(size=0)), tls=tls) as server:
        yield server


@pytest.fixture
def environment(dynamics_server: SandboxServer) -> Iterator[DynamicsClient]:
    """An environment of Dynamics 365 over http, with its users and nobody else."""
    with _session(None) as session:
        yield _as_new(DynamicsClient(dynamics_server.url, session))


@pytest.fixture
def environment_with_tls(dynamics_tls_server: SandboxServer, tls: Tls) -> Iterator[DynamicsClient]:
    """The same over https."""
    with _session(tls) as session:
        yield _as_new(DynamicsClient(dynamics_tls_server.url, session))


@pytest.fixture(scope="session")
def sugarcrm_server() -> Iterator[SandboxServer]:
    with SandboxServer(sugarcrm.create_app(sugarcrm.SugarCrmSettings(size=0))) as server:
        yield server


@pytest.fixture
def site(sugarcrm_server: SandboxServer) -> Iterator[SugarClient]:
    """A site of SugarCRM, with its users and nobody else."""
    with _session(None) as session:
        yield _as_new(SugarClient(sugarcrm_server.url, session))


@pytest.fixture(scope="session")
def netsuite_server() -> Iterator[SandboxServer]:
    with SandboxServer(netsuite.create_app(netsuite.NetSuiteSettings(size=0))) as server:
        yield server


@pytest.fixture(scope="session")
def netsuite_tls_server(tls: Tls) -> Iterator[SandboxServer]:
    with SandboxServer(netsuite.create_app(netsuite.NetSuiteSettings(size=0)), tls=tls) as server:
        yield server


@pytest.fixture
def account(netsuite_server: SandboxServer) -> Iterator[NetSuiteClient]:
    """An account of NetSuite over http, with its employees and nobody else."""
    with _session(None) as session:
        yield _as_new(NetSuiteClient(netsuite_server.url, session))


@pytest.fixture
def account_with_tls(netsuite_tls_server: SandboxServer, tls: Tls) -> Iterator[NetSuiteClient]:
    """The same over https."""
    with _session(tls) as session:
        yield _as_new(NetSuiteClient(netsuite_tls_server.url, session))


@pytest.fixture(scope="session")
def simple_salesforce() -> Iterator[Puppet]:
    with puppet("simple_salesforce") as client:
        yield client


@pytest.fixture(scope="session")
def aiosalesforce() -> Iterator[Puppet]:
    with puppet("aiosalesforce") as client:
        yield client


@pytest.fixture(scope="session")
def airbyte_process() -> Iterator[Puppet]:
    with puppet("airbyte") as client:
        yield client


@pytest.fixture(scope="session")
def jsforce() -> Iterator[Puppet]:
    home = environments.HOME / JSFORCE
    with Puppet([*interpreter(JSFORCE), "tests/clients/scripts/jsforce.cjs", str(home)], node=True) as client:
        yield client


@contextmanager
def _session(tls: Tls | None) -> Iterator[requests.Session]:
    with requests.Session() as session:
        if tls is not None:
            session.trust_env = False  # the environment's authorities would win over ours
            session.verify = str(tls.certificate)
        yield session


def _as_new(caller: Caller) -> Caller:
    caller.control("POST", "reset", {"seed": 1, "size": 0})
    return caller


def _new(server: SandboxServer, session: requests.Session, certificate: str) -> Served:
    org = SalesforceClient(server.url, session)
    org.control("POST", "reset", {"seed": 1, "size": 0})
    return Served(server.url, certificate, org)
