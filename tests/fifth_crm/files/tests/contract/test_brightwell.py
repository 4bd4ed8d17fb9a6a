"""The Brightwell connector keeps the contract."""

# ruff: noqa: D102 # `World` says what its methods do
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import requests

from keepstep.connectors.base import Connector, FetchBy, ReadQuery
from keepstep.connectors.brightwell import BrightwellConnector, BrightwellSettings
from keepstep.core.model import Value
from keepstep_sandbox import credentials
from keepstep_sandbox.brightwell import BrightwellSettings as SandboxSettings
from keepstep_sandbox.brightwell import create_app
from keepstep_sandbox.server import SandboxServer
from tests.contract.suite import ConnectorContract
from tests.contract.words import populate, told
from tests.contract.world import Words, World
from tests.pairs.quick import QUICK


class BrightwellWorld(World):
    """A sandboxed site; the selection is its leads."""

    words = Words("lead", "email", "first_name", "job_title")
    query = ReadQuery("lead", ("email", "first_name", "job_title"))
    fetch_keys = frozenset({FetchBy.ID, FetchBy.EMAIL, FetchBy.EXTERNAL_ID})
    lost_create_key = FetchBy.EXTERNAL_ID

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, body: object = None) -> Any:
        reply = requests.request(method, f"{self.url}/_control/{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def connector(self, token: str = credentials.BRIGHTWELL_TOKEN) -> BrightwellConnector:
        return BrightwellConnector(BrightwellSettings(self.url, token, page_size=self.page_size), retries=QUICK)

    def stranger(self) -> BrightwellConnector:
        return self.connector("wrong")

    def add(self, fields: Mapping[str, Value]) -> str:
        return str(self.control("POST", "brightwell/leads", dict(fields))["id"])

    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        self.control("PATCH", f"brightwell/leads/{record_id}", dict(fields))

    def delete(self, record_id: str) -> None:
        self.control("DELETE", f"brightwell/leads/{record_id}")

    def merge(self, loser: str, survivor: str) -> None:
        self.control("POST", "brightwell/leads/merge", {"master": survivor, "others": [loser]})

    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        return {str(lead["id"]): lead for lead in self._leads()}.get(record_id)

    def emails(self) -> Sequence[str]:
        return [lead["email"] for lead in self._leads()]

    def _leads(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "brightwell/leads")["items"]
        return found

    def reject(self, record_id: str) -> Mapping[str, Value]:
        self.control("PUT", f"brightwell/leads/{record_id}/fault")
        return {"first_name": "Refused"}

    def lose_replies(self, lost: bool) -> None:
        self.control("DELETE", "weather")
        if lost:
            self.control("POST", "weather", {"kind": "lose_reply", "method": "POST|PATCH", "times": None})

    def unavailable(self, gone: bool) -> None:
        self.control("DELETE", "weather")
        if gone:
            self.control("POST", "weather", {"kind": "status", "path": "^/api/", "status": 503, "times": None})

    def pass_time(self) -> None:
        self.control("POST", "weather", {"kind": "clock_skew", "seconds": 900, "times": None})


class TestBrightwell(ConnectorContract):
    """Against its sandbox."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with SandboxServer(create_app(SandboxSettings(size=0))) as server:
            yield BrightwellWorld(server.url)

    def test_a_record_that_left_the_audience_is_told_with_its_new_one(self, world: World, connector: Connector) -> None:
        """Brightwell has no audiences (who is on a list comes from the platform): no record is told with one."""
        assert connector.capabilities.audiences == frozenset()
        populate(world)
        assert {record.audiences for record in told(connector.read(world.query))} == {frozenset()}
