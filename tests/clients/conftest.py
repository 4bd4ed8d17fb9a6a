"""Sandboxes for the public clients, over http and over TLS, and the clients themselves, a process each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from keepstep_sandbox.certificate import self_signed
from keepstep_sandbox.salesforce import SalesforceSettings, create_app
from keepstep_sandbox.server import SandboxServer
from tests.clients.puppet import Puppet
from tests.sandbox.salesforce.client import SalesforceClient
from tools.clients import environments


@dataclass(frozen=True, slots=True)
class Served:
    """A sandbox: where, its certificate where it has one, and the people's side of it."""

    url: str
    certificate: str
    org: SalesforceClient


def interpreter(name: str) -> list[str]:
    """Give the command of a client's interpreter; without an environment nothing is held against anything: it fails."""
    (client,) = [one for one in environments.CLIENTS if one.name == name]
    try:
        return environments.make(client)
    except environments.EnvironmentFailed as wrong:
        pytest.fail(str(wrong), pytrace=False)


@pytest.fixture(scope="session")
def http_server() -> Iterator[SandboxServer]:
    with SandboxServer(create_app(SalesforceSettings(size=0))) as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="session")
def tls_server(certificate: Path) -> Iterator[SandboxServer]:
    with SandboxServer(create_app(SalesforceSettings(size=0)), tls=self_signed(certificate)) as server:
        yield server


@pytest.fixture
def served(http_server: SandboxServer) -> Iterator[Served]:
    """A sandbox over http, as new."""
    with requests.Session() as session:
        yield _new(http_server, session, "")


@pytest.fixture
def served_with_tls(tls_server: SandboxServer, certificate: Path) -> Iterator[Served]:
    """A sandbox over https, as new."""
    with requests.Session() as session:
        session.trust_env = False  # the environment's authorities would win over ours
        session.verify = str(certificate / "certificate.pem")
        yield _new(tls_server, session, session.verify)


@pytest.fixture(scope="session")
def simple_salesforce() -> Iterator[Puppet]:
    with Puppet([*interpreter("simple_salesforce"), "-m", "tests.clients.scripts.with_simple_salesforce"]) as puppet:
        yield puppet


@pytest.fixture(scope="session")
def aiosalesforce() -> Iterator[Puppet]:
    with Puppet([*interpreter("aiosalesforce"), "-m", "tests.clients.scripts.with_aiosalesforce"]) as puppet:
        yield puppet


@pytest.fixture(scope="session")
def airbyte_process() -> Iterator[Puppet]:
    with Puppet([*interpreter("airbyte"), "-m", "tests.clients.scripts.with_airbyte"]) as puppet:
        yield puppet


@pytest.fixture(scope="session")
def jsforce() -> Iterator[Puppet]:
    home = environments.HOME / "jsforce"
    with Puppet([*interpreter("jsforce"), "tests/clients/scripts/jsforce.cjs", str(home)], node=True) as puppet:
        yield puppet


def _new(server: SandboxServer, session: requests.Session, certificate: str) -> Served:
    org = SalesforceClient(server.url, session)
    org.control("POST", "reset", {"seed": 1, "size": 0})
    return Served(server.url, certificate, org)
