"""A sandboxed SugarCRM, by either protocol or by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from keepstep_sandbox.server import SandboxServer
from keepstep_sandbox.sugarcrm import SugarCrmSettings as SandboxSettings
from keepstep_sandbox.sugarcrm import create_app
from tests.connectors.sugarcrm.people import Sugar


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    """One for all tests; each begins with its users and nobody else."""
    with SandboxServer(create_app(SandboxSettings(size=0))) as server:
        yield server


@pytest.fixture(params=["v11", "v4_1"])
def sugar(sandbox: SandboxServer, request: pytest.FixtureRequest) -> Iterator[Sugar]:
    """By both, one after the other."""
    with _empty(sandbox, request.param) as sugar:
        yield sugar


@pytest.fixture
def v11(sandbox: SandboxServer) -> Iterator[Sugar]:
    """What is of v11 alone."""
    with _empty(sandbox, "v11") as sugar:
        yield sugar


@pytest.fixture
def v4_1(sandbox: SandboxServer) -> Iterator[Sugar]:
    """What is of v4_1 alone."""
    with _empty(sandbox, "v4_1") as sugar:
        yield sugar


@contextmanager
def _empty(sandbox: SandboxServer, api: str) -> Iterator[Sugar]:
    sugar = Sugar(sandbox.url, api)
    sugar.control("POST", "reset", {"seed": 1, "size": 0})
    try:
        yield sugar
    finally:
        for connector in sugar.connectors:
            connector.close()
