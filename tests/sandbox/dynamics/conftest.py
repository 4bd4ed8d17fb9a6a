"""One Dynamics 365 sandbox for all tests of the folder, made new before each."""

from collections.abc import Iterator

import pytest
import requests

from keepstep_sandbox.dynamics import DynamicsSettings, create_app
from keepstep_sandbox.server import SandboxServer
from tests.sandbox.dynamics.client import DynamicsClient


@pytest.fixture(scope="session")
def dynamics_server() -> Iterator[SandboxServer]:
    with SandboxServer(create_app(DynamicsSettings(size=0))) as server:
        yield server


@pytest.fixture
def dynamics(dynamics_server: SandboxServer) -> Iterator[DynamicsClient]:
    """An environment with its users and nobody else."""
    with requests.Session() as session:
        client = DynamicsClient(dynamics_server.url, session)
        client.control("POST", "reset", {"seed": 1, "size": 0})
        client.sign_in()
        yield client


@pytest.fixture
def peopled(dynamics: DynamicsClient) -> DynamicsClient:
    """An environment with sixty seeded persons."""
    dynamics.control("POST", "reset", {"seed": 1, "size": 60})
    return dynamics
