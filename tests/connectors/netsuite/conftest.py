"""Sandboxed NetSuite accounts, as many as a test starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.connectors.netsuite.office import Account, NetSuite


@pytest.fixture
def account() -> Iterator[Account]:
    started: list[NetSuite] = []

    def start(**options: Any) -> NetSuite:
        netsuite = NetSuite(**options)
        netsuite.server.__enter__()
        started.append(netsuite)
        return netsuite

    yield start
    for netsuite in started:
        for connector in netsuite.connectors:
            connector.close()
        netsuite.server.__exit__(None, None, None)
