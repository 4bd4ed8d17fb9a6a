"""One Account Engagement sandbox for all tests of the folder, made new before each."""

from collections.abc import Iterator

import pytest
import requests

from keepstep_sandbox.account_engagement import AccountEngagementSettings, create_app
from keepstep_sandbox.server import SandboxServer
from tests.sandbox.account_engagement.client import PardotClient


@pytest.fixture(scope="session")
def pardot_server() -> Iterator[SandboxServer]:
    with SandboxServer(create_app(AccountEngagementSettings(size=0))) as server:
        yield server


@pytest.fixture
def pardot(pardot_server: SandboxServer) -> Iterator[PardotClient]:
    """A business unit with its users and lists and no prospect."""
    with requests.Session() as session:
        client = PardotClient(pardot_server.url, session)
        client.control("DELETE", "weather")
        client.control("POST", "reset", {"seed": 1, "size": 0})
        client.sign_in()
        yield client


@pytest.fixture
def peopled(pardot: PardotClient) -> PardotClient:
    """A business unit with sixty seeded prospects."""
    pardot.control("POST", "reset", {"seed": 1, "size": 60})
    return pardot
