"""A store for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keepstep.store.database import Store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store."""
    with Store(store_url) as opened:
        yield opened


@pytest.fixture
def another_store(empty_database_url: str) -> Iterator[Store]:
    """A second one."""
    with Store.open(empty_database_url) as opened:
        yield opened
