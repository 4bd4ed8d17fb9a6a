"""One NetSuite sandbox for all tests of a module, made new before each."""

from collections.abc import Iterator

import pytest
import requests

from keepstep_sandbox.netsuite import NetSuiteSettings, create_app
from keepstep_sandbox.server import SandboxServer
from tests.sandbox.netsuite_client import NetSuiteClient


@pytest.fixture(scope="session")
def netsuite_server() -> Iterator[SandboxServer]:
    with SandboxServer(create_app(NetSuiteSettings(size=40))) as server:
        yield server


@pytest.fixture
def netsuite(netsuite_server: SandboxServer) -> Iterator[NetSuiteClient]:
    with requests.Session() as session:
        client = NetSuiteClient(netsuite_server.url, session)
        client.control("POST", "reset", {"seed": 1, "size": 40})
        yield client
