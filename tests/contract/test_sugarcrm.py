"""The SugarCRM connector keeps the contract over REST v11."""

# ruff: noqa: D102 # `World` says what its methods do
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pytest
import requests

from keepstep.connectors.base import Connector, FetchBy, ReadQuery
from keepstep.connectors.sugarcrm import SugarCrmConnector, SugarCrmSettings
from keepstep.connectors.transport import Retries
from keepstep.core.model import Value
from keepstep_sandbox import credentials
from keepstep_sandbox.server import SandboxServer
from keepstep_sandbox.sugarcrm import SugarCrmSettings as SandboxSettings
from keepstep_sandbox.sugarcrm import create_app
from tests.contract.suite import ConnectorContract
from tests.contract.words import populate, told
from tests.contract.world import Words, World

QUICK = Retries(attempts=3, first_wait_s=0.01, longest_wait_s=0.02, patience_s=1.0, read_timeout_s=10.0)
FIELDS = ("email1", "last_name", "title")


class SugarCrmWorld(World):
    """A sandboxed SugarCRM; the selection is its leads."""

    words = Words("lead", "email1", "last_name", "title", unknown="no_such_field_c")  # v11 requires a last name
    query = ReadQuery("lead", FIELDS)
    fetch_keys = frozenset({FetchBy.ID, FetchBy.EMAIL, FetchBy.EXTERNAL_ID})
    lost_create_key = FetchBy.EXTERNAL_ID
    quiet_calls = 2  # the leads, and the addresses that were opted out
    api: ClassVar[str] = "v11"
    writes: ClassVar[Mapping[str, str]] = {"path": "/bulk"}

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, body: object = None) -> Any:
        reply = requests.request(method, f"{self.url}/_control/{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def connector(self, password: str = credentials.SUGARCRM_PASSWORD) -> SugarCrmConnector:
        settings = SugarCrmSettings(
            self.url, credentials.SUGARCRM_USER, password, api=self.api, page_size=self.page_size
        )
        return SugarCrmConnector(settings, retries=QUICK)

    def stranger(self) -> SugarCrmConnector:
        return self.connector("wrong")

    def add(self, fields: Mapping[str, Value]) -> str:
        return str(self.control("POST", "sugarcrm/leads", dict(fields))["id"])

    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        self.control("PATCH", f"sugarcrm/leads/{record_id}", dict(fields))

    def delete(self, record_id: str) -> None:
        self.control("DELETE", f"sugarcrm/leads/{record_id}")

    def merge(self, loser: str, survivor: str) -> None:
        self.control("POST", "sugarcrm/leads/merge", {"master": survivor, "others": [loser]})

    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        there = {str(lead["id"]): lead for lead in self._leads()}
        return there.get(record_id)

    def emails(self) -> Sequence[str]:
        return [lead["email1"] for lead in self._leads()]

    def _leads(self) -> list[dict[str, Any]]:
        found = self.control("GET", "sugarcrm/leads?limit=1000")["items"]
        return [lead for lead in found if not lead.get("deleted")]

    def reject(self, record_id: str) -> Mapping[str, Value]:
        fault = {"code": "invalid_parameter", "message": "No.", "times": None}
        self.control("PUT", f"sugarcrm/leads/{record_id}/fault", fault)
        return {"last_name": "Refused"}

    def lose_replies(self, lost: bool) -> None:
        self.control("DELETE", "weather")
        if lost:
            self.control("POST", "weather", {"kind": "lose_reply", "times": None, **self.writes})

    def unavailable(self, gone: bool) -> None:
        self.control("DELETE", "weather")
        if gone:
            self.control(
                "POST", "weather", {"kind": "status", "path": "^/(rest|service)/", "status": 503, "times": None}
            )

    def pass_time(self) -> None:
        self.control("POST", "weather", {"kind": "clock_skew", "seconds": 900, "times": None})


class SugarCrmContract(ConnectorContract):
    """What differs from other CRMs."""

    def test_a_record_that_left_the_audience_is_told_with_its_new_one(self, world: World, connector: Connector) -> None:
        """SugarCRM has no audiences (who is on a list comes from the platform): no record is told with one."""
        assert connector.capabilities.audiences == frozenset()
        populate(world)
        assert {record.audiences for record in told(connector.read(world.query))} == {frozenset()}


class TestSugarCrm(SugarCrmContract):
    """Against its sandbox."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with SandboxServer(create_app(SandboxSettings(size=0))) as server:
            yield SugarCrmWorld(server.url)
