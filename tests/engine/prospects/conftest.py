"""An office for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepstep.store.database import Store
from tests.engine.prospects.world import Office, write_prospect_sync


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    """Two systems with the users Ann and Bob, nobody else, and a prospect sync between them."""
    return Office(store, write_prospect_sync(tmp_path))
