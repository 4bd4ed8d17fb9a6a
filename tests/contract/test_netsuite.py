"""The NetSuite connector keeps the contract."""

# ruff: noqa: D102 # `World` says what its methods do
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import requests

from keepstep.connectors.base import FetchBy, ReadQuery
from keepstep.connectors.netsuite import NetSuiteConnector, NetSuiteSettings, TokenBased
from keepstep.connectors.transport import Retries
from keepstep.core.model import Value
from keepstep_sandbox import credentials
from keepstep_sandbox.netsuite import NetSuiteSettings as SandboxSettings
from keepstep_sandbox.netsuite import create_app
from keepstep_sandbox.server import SandboxServer
from tests.contract.suite import ConnectorContract
from tests.contract.world import Words, World

QUICK = Retries(attempts=3, first_wait_s=0.01, longest_wait_s=0.02, patience_s=1.0, read_timeout_s=10.0)
FIELDS = ("email", "firstName", "lastName")


class NetSuiteWorld(World):
    """A sandboxed account with one Customer; the selection is that company's contacts."""

    words = Words("contact", "email", "firstName", "lastName", unknown="custentity_no_such_field")
    query = ReadQuery("contact", FIELDS, audience="affiliated_with_customers")
    fetch_keys = frozenset({FetchBy.ID, FetchBy.EMAIL})
    lost_create_key = FetchBy.EXTERNAL_ID

    def __init__(self, url: str) -> None:
        self.url = url
        self.company = str(self.control("POST", "netsuite/customers", {"companyName": "Acme"})["id"])
        self.control("POST", f"netsuite/customers/{self.company}/stage", {"stage": "Customer"})

    def control(self, method: str, path: str, body: object = None) -> Any:
        reply = requests.request(method, f"{self.url}/_control/{path}", json=body, timeout=10)
        reply.raise_for_status()
        return reply.json() if reply.content else None

    def connector(self, token_secret: str = credentials.NETSUITE_TOKEN_SECRET) -> NetSuiteConnector:
        auth = TokenBased(
            credentials.NETSUITE_CONSUMER_KEY,
            credentials.NETSUITE_CONSUMER_SECRET,
            credentials.NETSUITE_TOKEN_ID,
            token_secret,
        )
        settings = NetSuiteSettings(
            credentials.NETSUITE_ACCOUNT,
            auth,
            base_url=self.url,
            time_zone="America/Los_Angeles",
            page_size=self.page_size,
        )
        return NetSuiteConnector(settings, retries=QUICK)

    def stranger(self) -> NetSuiteConnector:
        return self.connector("wrong")

    def add(self, fields: Mapping[str, Value]) -> str:
        return str(self.control("POST", "netsuite/contacts", {**fields, "company": self.company})["id"])

    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        self.control("PATCH", f"netsuite/contacts/{record_id}", dict(fields))

    def delete(self, record_id: str) -> None:
        self.control("DELETE", f"netsuite/contacts/{record_id}")

    def merge(self, loser: str, survivor: str) -> None:
        self.control("POST", "netsuite/contacts/merge", {"master": survivor, "others": [loser]})

    def leave_audience(self, record_id: str) -> None:
        self.edit(record_id, {"company": None})

    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        there = {str(contact["id"]): contact for contact in self._people()}
        return there.get(record_id)

    def emails(self) -> Sequence[str]:
        return [contact["email"] for contact in self._people()]

    def _people(self) -> list[dict[str, Any]]:
        fields = ",".join(("id", "isInactive", *FIELDS))
        found = self.control("GET", f"netsuite/contacts?fields={fields}&limit=1000")["items"]
        return [contact for contact in found if not contact.get("isInactive")]

    def reject(self, record_id: str) -> Mapping[str, Value]:
        self.control("PUT", f"netsuite/contacts/{record_id}/fault", {"detail": "No.", "code": "USER_ERROR"})
        return {"firstName": "Refused"}

    def lose_replies(self, lost: bool) -> None:
        self.control("DELETE", "weather")
        if lost:
            rule = {"kind": "lose_reply", "method": "PUT|POST|PATCH", "path": "/record/v1/contact", "times": None}
            self.control("POST", "weather", rule)

    def unavailable(self, gone: bool) -> None:
        self.control("DELETE", "weather")
        if gone:
            self.control("POST", "weather", {"kind": "status", "path": "/services/", "status": 503, "times": None})

    def pass_time(self) -> None:
        self.control("POST", "weather", {"kind": "clock_skew", "seconds": 900, "times": None})


class TestNetSuite(ConnectorContract):
    """Against its sandbox."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        app = create_app(SandboxSettings(size=0, unique_contact_names=False, timestamp_window_s=3600))
        with SandboxServer(app) as server:
            yield NetSuiteWorld(server.url)
