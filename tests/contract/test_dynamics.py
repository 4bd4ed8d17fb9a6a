"""The Dynamics 365 connector keeps the contract, where changes are tracked and where they can't be."""

# ruff: noqa: D102 # `World` says what its methods do
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import requests

from keepstep.connectors.base import Connector, FetchBy, ReadQuery
from keepstep.connectors.dynamics import ClientSecret, DynamicsConnector, DynamicsSettings
from keepstep.connectors.transport import Retries
from keepstep.core.model import Value
from keepstep_sandbox import credentials
from keepstep_sandbox.dynamics import DynamicsSettings as SandboxSettings
from keepstep_sandbox.dynamics import create_app
from keepstep_sandbox.server import SandboxServer
from tests.contract.suite import ConnectorContract
from tests.contract.words import populate, told
from tests.contract.world import Words, World

QUICK = Retries(attempts=3, first_wait_s=0.01, longest_wait_s=0.02, patience_s=1.0, read_timeout_s=10.0)
FIELDS = ("emailaddress1", "firstname", "jobtitle")


class DynamicsWorld(World):
    """A sandboxed environment; the selection is its leads."""

    words = Words("lead", "emailaddress1", "firstname", "jobtitle", unknown="new_no_such_column")
    query = ReadQuery("lead", FIELDS)
    fetch_keys = frozenset({FetchBy.ID, FetchBy.EMAIL, FetchBy.EXTERNAL_ID})
    lost_create_key = FetchBy.EXTERNAL_ID
    quiet_calls = 1
    tracked = True

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, body: object = None) -> Any:
        reply = requests.request(method, f"{self.url}/_control/{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def connector(self, secret: str = credentials.DYNAMICS_CLIENT_SECRET) -> DynamicsConnector:
        auth = ClientSecret(credentials.DYNAMICS_TENANT_ID, credentials.DYNAMICS_CLIENT_ID, secret)
        settings = DynamicsSettings(auth, self.url, self.url, page_size=self.page_size, track_changes=self.tracked)
        return DynamicsConnector(settings, retries=QUICK)

    def stranger(self) -> DynamicsConnector:
        return self.connector("wrong")

    def add(self, fields: Mapping[str, Value]) -> str:
        return str(self.control("POST", "dynamics/leads", {"lastname": "Ode", **fields})["id"])

    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        self.control("PATCH", f"dynamics/leads/{record_id}", dict(fields))

    def delete(self, record_id: str) -> None:
        self.control("DELETE", f"dynamics/leads/{record_id}")

    def merge(self, loser: str, survivor: str) -> None:
        self.control("POST", "dynamics/leads/merge", {"master": survivor, "others": [loser]})

    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        there = {str(lead["leadid"]): lead for lead in self._leads()}
        return there.get(record_id)

    def emails(self) -> Sequence[str]:
        return [lead["emailaddress1"] for lead in self._leads()]

    def _leads(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "dynamics/leads?limit=1000")["items"]
        return found

    def reject(self, record_id: str) -> Mapping[str, Value]:
        fault = {"code": "0x80040265", "message": "Ann may not be changed"}
        self.control("PUT", f"dynamics/leads/{record_id}/fault", fault)
        return {self.words.first: "New"}

    def lose_replies(self, lost: bool) -> None:
        self.control("DELETE", "weather")
        if lost:
            self.control(
                "POST", "weather", {"kind": "lose_reply", "method": "POST", "path": "/api/data/", "times": None}
            )

    def unavailable(self, gone: bool) -> None:
        self.control("DELETE", "weather")
        if gone:
            self.control("POST", "weather", {"kind": "status", "path": "/api/data/", "status": 503, "times": None})

    def pass_time(self) -> None:
        self.control("POST", "weather", {"kind": "clock_skew", "seconds": 900, "times": None})


class UntrackedWorld(DynamicsWorld):
    """The same, found by `modifiedon`: no deletion is announced."""

    tracked = False


class TestDynamics(ConnectorContract):
    """Against its sandbox."""

    worlds: type[DynamicsWorld] = DynamicsWorld

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with SandboxServer(create_app(SandboxSettings(size=0))) as server:
            yield self.worlds(server.url)

    def test_a_record_that_left_the_audience_is_told_with_its_new_one(self, world: World, connector: Connector) -> None:
        """Dynamics has no audiences (who is on a list comes from the platform): no record is told with one."""
        assert connector.capabilities.audiences == frozenset()
        populate(world)
        assert {record.audiences for record in told(connector.read(world.query))} == {frozenset()}


class TestDynamicsByStamp(TestDynamics):
    """Where change tracking is off."""

    worlds = UntrackedWorld
