"""A world for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keepstep.store.database import Store
from tests.engine.world import World, write_sync


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    """Two empty systems, and a sync of the CRM's customers with the list Customers."""
    return World(store, write_sync(tmp_path))
