"""The NetSuite connector keeps the contract with leads: customers who are people, at any stage."""

# ruff: noqa: D102 # `World` says what its methods do
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from keepstep.connectors.base import Connector, FetchBy, ReadQuery
from keepstep.core.model import Value
from keepstep_sandbox.netsuite import NetSuiteSettings as SandboxSettings
from keepstep_sandbox.netsuite import create_app
from keepstep_sandbox.server import SandboxServer
from tests.contract.suite import ConnectorContract
from tests.contract.test_netsuite import NetSuiteWorld
from tests.contract.words import populate, told
from tests.contract.world import Words, World

FIELDS = ("email", "firstName", "title")


class LeadsWorld(NetSuiteWorld):
    """A sandboxed account with a company that is nobody's business; the selection is its leads, at all stages."""

    words = Words("lead", "email", "firstName", "title", unknown="custentity_no_such_field")
    query = ReadQuery("lead", FIELDS)
    fetch_keys = frozenset({FetchBy.ID, FetchBy.EMAIL, FetchBy.EXTERNAL_ID})

    def add(self, fields: Mapping[str, Value]) -> str:
        made = str(self.control("POST", "netsuite/leads", {"lastName": "Ode", **fields})["id"])
        stage = ("Lead", "Prospect", "Customer")[int(made) % 3]
        self.control("POST", f"netsuite/leads/{made}/stage", {"stage": stage})
        return made

    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        self.control("PATCH", f"netsuite/leads/{record_id}", dict(fields))

    def delete(self, record_id: str) -> None:
        self.control("DELETE", f"netsuite/leads/{record_id}")

    def merge(self, loser: str, survivor: str) -> None:
        self.control("POST", "netsuite/leads/merge", {"master": survivor, "others": [loser]})

    def _people(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "netsuite/leads?limit=1000")["items"]
        return [lead for lead in found if not lead["isInactive"]]

    def reject(self, record_id: str) -> Mapping[str, Value]:
        self.control("PUT", f"netsuite/leads/{record_id}/fault", {"detail": "No.", "code": "USER_ERROR"})
        return {"firstName": "Refused"}

    def lose_replies(self, lost: bool) -> None:
        self.control("DELETE", "weather")
        if lost:
            rule = {"kind": "lose_reply", "method": "PUT|POST|PATCH", "path": "/record/v1/customer", "times": None}
            self.control("POST", "weather", rule)


class TestNetSuiteLeads(ConnectorContract):
    """Against its sandbox."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with SandboxServer(create_app(SandboxSettings(size=0, timestamp_window_s=3600))) as server:
            yield LeadsWorld(server.url)

    def test_a_record_that_left_the_audience_is_told_with_its_new_one(self, world: World, connector: Connector) -> None:
        """Leads are whole, whatever their stage: none is told with an audience, and none leaves by growing."""
        ids = populate(world)
        assert {record.id: record.audiences for record in told(connector.read(world.query))} == dict.fromkeys(
            ids, frozenset()
        )
