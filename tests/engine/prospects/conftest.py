"""An office for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keepstep.store.database import Store
from tests.engine.prospects.sandboxes import sandbox_sync, sandboxed
from tests.engine.prospects.world import AnyOffice, Office, write_prospect_sync


@pytest.fixture(params=["memory", "sandbox"])
def any_office(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[AnyOffice]:
    """Two systems with the users Ann and Bob, nobody else, in memory and as sandboxes behind the real connectors."""
    if request.param == "memory":
        yield Office(store, write_prospect_sync(tmp_path))
        return
    with sandboxed(store, sandbox_sync(tmp_path)) as office:
        yield office


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    """Two systems with the users Ann and Bob, nobody else, and a prospect sync between them."""
    return Office(store, write_prospect_sync(tmp_path))
