"""What every test of the contract is given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keepstep.connectors.base import Connector
from tests.contract.world import World


class Promises:
    """The fixtures; subclasses of the whole suite give `world`."""

    @pytest.fixture
    def world(self) -> World | Iterator[World]:
        """The other side, with one empty selection."""
        raise NotImplementedError

    @pytest.fixture
    def connector(self, world: World) -> Iterator[Connector]:
        """A connector to that world."""
        connector = world.connector()
        yield connector
        connector.close()
