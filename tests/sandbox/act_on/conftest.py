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


@pytest.fixture(scope="session")
def plain() -> Iterator[str]:
    """The address of a sandbox with the calm settings, reset for each test that starts one without settings."""
    with SandboxServer(create_app(ActOnSettings(**CALM))) as server:
        yield server.url


@pytest.fixture
def start(plain: str) -> Iterator[Start]:
    """Start a sandbox with these settings, or take the plain one, as new; and sign in."""
    with ExitStack() as running:

        def started(**settings: Any) -> Driver:
            driver = Driver(plain, running.enter_context(requests.Session()))
            if settings:
                app = create_app(ActOnSettings(**{**CALM, **settings}))
                driver.url = running.enter_context(SandboxServer(app)).url
            else:
                driver.session.post(f"{plain}/_control/reset", json={"seed": 1, "size": 0}, timeout=5)
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
