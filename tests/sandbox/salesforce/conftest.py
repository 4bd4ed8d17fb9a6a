"""One Salesforce sandbox for all tests of the folder, made new before each."""

from collections.abc import Iterator

import pytest
import requests

from keepstep_sandbox.salesforce import SalesforceSettings, create_app
from keepstep_sandbox.server import SandboxServer
from tests.sandbox.salesforce.client import SalesforceClient


@pytest.fixture(scope="session")
def salesforce_server() -> Iterator[SandboxServer]:
    with SandboxServer(create_app(SalesforceSettings(size=0))) as server:
        yield server


@pytest.fixture
def salesforce(salesforce_server: SandboxServer) -> Iterator[SalesforceClient]:
    """An org with its users and nobody else."""
    with requests.Session() as session:
        client = SalesforceClient(salesforce_server.url, session)
        client.control("POST", "reset", {"seed": 1, "size": 0})
        client.sign_in()
        yield client


@pytest.fixture
def peopled(salesforce: SalesforceClient) -> SalesforceClient:
    """An org with sixty seeded persons."""
    salesforce.control("POST", "reset", {"seed": 1, "size": 60})
    return salesforce
