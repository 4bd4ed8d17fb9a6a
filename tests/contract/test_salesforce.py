"""The Salesforce connector keeps the contract."""

# ruff: noqa: D102 # `World` says what its methods do
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import requests

from keepstep.connectors.base import Connector, FetchBy, ReadQuery
from keepstep.connectors.salesforce import ClientCredentials, SalesforceConnector, SalesforceSettings
from keepstep.connectors.transport import Retries
from keepstep.core.model import Value
from keepstep_sandbox import credentials
from keepstep_sandbox.salesforce import SalesforceSettings as SandboxSettings
from keepstep_sandbox.salesforce import create_app
from keepstep_sandbox.server import SandboxServer
from tests.contract.suite import ConnectorContract
from tests.contract.words import populate, told
from tests.contract.world import Words, World

QUICK = Retries(attempts=3, first_wait_s=0.01, longest_wait_s=0.02, patience_s=1.0, read_timeout_s=10.0)
FIELDS = ("Email", "FirstName", "Title")
KEY = "Keepstep_Key__c"


class SalesforceWorld(World):
    """A sandboxed org; the selection is its leads."""

    words = Words("lead", "Email", "FirstName", "Title", unknown="No_Such_Field__c")
    query = ReadQuery("lead", FIELDS)
    fetch_keys = frozenset({FetchBy.ID, FetchBy.EMAIL, FetchBy.EXTERNAL_ID})
    lost_create_key = FetchBy.EXTERNAL_ID
    quiet_calls = 1

    def __init__(self, url: str) -> None:
        self.url = url
        self.control("POST", "salesforce/fields", {"object": "Lead", "name": KEY, "external_id": True})

    def control(self, method: str, path: str, body: object = None) -> Any:
        reply = requests.request(method, f"{self.url}/_control/{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def connector(self, secret: str = credentials.SALESFORCE_CLIENT_SECRET) -> SalesforceConnector:
        auth = ClientCredentials(credentials.SALESFORCE_CLIENT_ID, secret)
        settings = SalesforceSettings(auth, self.url, page_size=self.page_size, external_id_field=KEY, log_every_s=3600)
        return SalesforceConnector(settings, retries=QUICK)

    def stranger(self) -> SalesforceConnector:
        return self.connector("wrong")

    def add(self, fields: Mapping[str, Value]) -> str:
        body = {"LastName": "Ode", "Company": "Acme", **fields}
        return str(self.control("POST", "salesforce/leads", body)["id"])

    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        self.control("PATCH", f"salesforce/leads/{record_id}", dict(fields))

    def delete(self, record_id: str) -> None:
        self.control("DELETE", f"salesforce/leads/{record_id}")

    def merge(self, loser: str, survivor: str) -> None:
        self.control("POST", "salesforce/leads/merge", {"master": survivor, "others": [loser]})

    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        there = {str(lead["Id"]): lead for lead in self._leads()}
        return there.get(record_id)

    def emails(self) -> Sequence[str]:
        return [lead["Email"] for lead in self._leads()]

    def _leads(self) -> list[dict[str, Any]]:
        found = self.control("GET", "salesforce/leads?limit=1000")["items"]
        return [lead for lead in found if not lead.get("IsDeleted")]

    def reject(self, record_id: str) -> Mapping[str, Value]:  # noqa: ARG002 # it refuses this of every lead
        return {"Email": "no address"}

    def lose_replies(self, lost: bool) -> None:
        self.control("DELETE", "weather")
        if lost:
            rule = {"kind": "lose_reply", "method": "PUT|POST|PATCH", "path": "/composite/", "times": None}
            self.control("POST", "weather", rule)

    def unavailable(self, gone: bool) -> None:
        self.control("DELETE", "weather")
        if gone:
            self.control("POST", "weather", {"kind": "status", "path": "/services/", "status": 503, "times": None})

    def pass_time(self) -> None:
        self.control("POST", "weather", {"kind": "clock_skew", "seconds": 900, "times": None})


class TestSalesforce(ConnectorContract):
    """Against its sandbox."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with SandboxServer(create_app(SandboxSettings(size=0))) as server:
            yield SalesforceWorld(server.url)

    def test_a_record_that_left_the_audience_is_told_with_its_new_one(self, world: World, connector: Connector) -> None:
        """Salesforce has no audiences (who is on a list comes from the platform): no record is told with one."""
        assert connector.capabilities.audiences == frozenset()
        populate(world)
        assert {record.audiences for record in told(connector.read(world.query))} == {frozenset()}
