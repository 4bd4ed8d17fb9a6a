"""An office for each test; afterwards nothing that was logged or raised may name a person."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from keepstep.store.database import Store
from keepstep_sandbox import act_on, netsuite
from keepstep_sandbox.server import SandboxServer
from tests.bad_days.office import Office, write_sync
from tests.bad_days.systems import ActOnPeople, NetSuite

SEED, SIZE = 7, 40
TALKERS = ("keepstep", "urllib3", "requests", "requests_oauthlib", "oauthlib", "psycopg", "tenacity")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these take their time."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def systems() -> Iterator[tuple[NetSuite, ActOnPeople]]:
    """Both sandboxes, running; everybody has done something that counts."""
    crm = netsuite.create_app(netsuite.NetSuiteSettings(seed=SEED, size=SIZE, odd_emails=False))
    platform = act_on.create_app(
        act_on.ActOnSettings(seed=SEED, size=SIZE, odd_emails=False, active_share=1.0, job_polls=1, job_seconds=0.05)
    )
    with SandboxServer(crm) as first, SandboxServer(platform) as second:
        yield NetSuite(first.url, "netsuite"), ActOnPeople(second.url, "act_on")


@pytest.fixture
def office(
    systems: tuple[NetSuite, ActOnPeople], store_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[Office]:
    """Two systems with 40 people, a customer's company of its own, an empty store."""
    for name in TALKERS:
        caplog.set_level(logging.INFO, name)
    for system in systems:
        system.reset(SEED, SIZE)
    customer = systems[0].company("Acme", "Customer")
    with Store(store_url) as store:
        made = Office(*systems, store, tmp_path, write_sync(tmp_path, "customers"), customer)
        yield made
        told = "\n".join([*made.texts, caplog.text]).casefold()
        assert not [secret for secret in made.secrets() if secret.casefold() in told]
