"""One SugarCRM sandbox for all tests of the folder, made new before each."""

from collections.abc import Iterator

import pytest
import requests

from keepstep_sandbox.server import SandboxServer
from keepstep_sandbox.sugarcrm import SugarCrmSettings, create_app
from tests.sandbox.sugarcrm.client import SugarClient


@pytest.fixture(scope="session")
def sugarcrm_server() -> Iterator[SandboxServer]:
    with SandboxServer(create_app(SugarCrmSettings(size=0))) as server:
        yield server


@pytest.fixture
def sugar(sugarcrm_server: SandboxServer) -> Iterator[SugarClient]:
    """A site with its users and nobody else; signed in by both protocols."""
    with requests.Session() as session:
        client = SugarClient(sugarcrm_server.url, session)
        client.control("POST", "reset", {"seed": 1, "size": 0})
        client.sign_in()
        client.log_in()
        yield client


@pytest.fixture
def peopled(sugar: SugarClient) -> SugarClient:
    """A site with sixty seeded persons."""
    sugar.control("POST", "reset", {"seed": 1, "size": 60})
    sugar.sign_in()
    sugar.log_in()
    return sugar
