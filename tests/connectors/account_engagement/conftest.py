"""A business unit of the sandbox's for all tests of a module, made new before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keepstep.connectors.account_engagement import AccountEngagementConnector
from tests.connectors.account_engagement.account import Account, account


@pytest.fixture(scope="module")
def unit() -> Iterator[Account]:
    """The unit, with whatever the test before left in it."""
    with account() as there:
        yield there


@pytest.fixture
def there(unit: Account) -> Iterator[Account]:
    """An empty unit."""
    unit.fair_weather()
    unit.control("POST", "reset", {"seed": 1, "size": 0})
    yield unit
    unit.close()


@pytest.fixture
def pardot(there: Account) -> AccountEngagementConnector:
    """A connector to it."""
    return there.connector()
