"""The SugarCRM connector keeps the contract over the legacy v4_1 as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from keepstep_sandbox.server import SandboxServer
from keepstep_sandbox.sugarcrm import SugarCrmSettings as SandboxSettings
from keepstep_sandbox.sugarcrm import create_app
from tests.contract import test_sugarcrm
from tests.contract.world import World


class LegacyWorld(test_sugarcrm.SugarCrmWorld):
    """The same leads, asked for the old way: everything is a form to one address."""

    api: ClassVar[str] = "v4_1"
    writes: ClassVar[dict[str, str]] = {"path": "/service/", "contains": "set_entries"}


class TestSugarCrmV41(test_sugarcrm.SugarCrmContract):
    """Against its sandbox."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        """One without leads."""
        with SandboxServer(create_app(SandboxSettings(size=0))) as server:
            yield LegacyWorld(server.url)
