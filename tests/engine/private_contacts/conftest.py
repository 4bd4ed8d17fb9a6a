"""An office for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keepstep.store.database import Store
from keepstep_sandbox.salesforce import SalesforceSettings, create_app
from keepstep_sandbox.server import SandboxServer
from tests.engine.private_contacts.office import Office


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Iterator[Office]:
    """An empty org."""
    with SandboxServer(create_app(SalesforceSettings(size=0))) as server:
        made = Office.at(server.url, store, tmp_path)
        yield made
        made.connector.close()
