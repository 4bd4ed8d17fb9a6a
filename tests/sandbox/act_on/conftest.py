"""A running Act-On sandbox, with settings of a test's own where it needs them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from keepstep_sandbox.act_on import ActOnSettings, create_app
from keepstep_sandbox.server import SandboxServer
from tests.sandbox.act_on.driver import Driver

CALM: dict[str, Any] = {"size": 0, "job_seconds": 3600.0}  # nobody there; jobs end by polls, never by the clock
Start = Callable[..., Driver]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a sandbox with these settings, and sign in."""
    with ExitStack() as running:

        def started(**settings: Any) -> Driver:
            server = running.enter_context(SandboxServer(create_app(ActOnSettings(**{**CALM, **settings}))))
            driver = Driver(server.url, running.enter_context(requests.Session()))
            driver.sign_in()
            return driver

        yield started


@pytest.fixture(scope="module")
def shared() -> Iterator[Driver]:
    """One sandbox for the tests of a file that don't mind each other."""
    with SandboxServer(create_app(ActOnSettings(**CALM))) as server, requests.Session() as session:
        driver = Driver(server.url, session)
        driver.sign_in()
        yield driver
