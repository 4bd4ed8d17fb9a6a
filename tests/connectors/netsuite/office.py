"""A sandboxed NetSuite account, the people who work in it, connectors to it, and the writes that the tests send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import requests

from keepstep.connectors.base import Cursor, Page, ReadQuery
from keepstep.connectors.netsuite import ClientCredentials, NetSuiteConnector, NetSuiteSettings, TokenBased
from keepstep.connectors.transport import Retries
from keepstep.core.model import Kind, OperationId, Outcome, Record, Value, Write
from keepstep_sandbox import credentials
from keepstep_sandbox.netsuite import NetSuiteSettings as SandboxSettings
from keepstep_sandbox.netsuite import create_app
from keepstep_sandbox.server import SandboxServer

TBA = TokenBased(
    credentials.NETSUITE_CONSUMER_KEY,
    credentials.NETSUITE_CONSUMER_SECRET,
    credentials.NETSUITE_TOKEN_ID,
    credentials.NETSUITE_TOKEN_SECRET,
)


class NetSuite:
    """A sandboxed account, the people who work in it, and connectors to it."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("unique_contact_names", False)
        self.server = SandboxServer(create_app(SandboxSettings(size=0, **options)))
        self.connectors: list[NetSuiteConnector] = []

    def control(self, method: str, path: str, body: object = None) -> Any:
        """What a person, or the weather, does."""
        reply = requests.request(method, f"{self.server.url}/_control/{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def connector(self, auth: TokenBased | ClientCredentials = TBA, **options: Any) -> NetSuiteConnector:
        """A fresh connector."""
        settings = NetSuiteSettings(credentials.NETSUITE_ACCOUNT, auth, base_url=self.server.url, **options)
        connector = NetSuiteConnector(settings, retries=Retries(attempts=4, first_wait_s=0.001, read_timeout_s=5))
        self.connectors.append(connector)
        return connector

    def company(self, name: str, stage: str = "Customer") -> str:
        """A company at a stage."""
        id = str(self.control("POST", "netsuite/customers", {"companyName": name})["id"])
        self.stage(id, stage)
        return id

    def stage(self, company: str, stage: str) -> None:
        """A company gets to another stage."""
        self.control("POST", f"netsuite/customers/{company}/stage", {"stage": stage})

    def contact(self, first_name: str, **fields: Value) -> str:
        """A contact with an address made of its name."""
        body = {"firstName": first_name, "lastName": "Ode", "email": f"{first_name.lower()}@a.test", **fields}
        return str(self.control("POST", "netsuite/contacts", body)["id"])

    def lead(self, first_name: str, **fields: Value) -> str:
        """An individual at the stage Lead, with an address made of its name."""
        body = {"firstName": first_name, "lastName": "Ode", "email": f"{first_name.lower()}@a.test", **fields}
        return str(self.control("POST", "netsuite/leads", body)["id"])

    def weather(self, **rule: object) -> None:
        """From now on."""
        self.control("POST", "weather", rule)


Account = Callable[..., NetSuite]


def told(pages: Iterator[Page]) -> dict[str, Record]:
    return {record.id: record for page in pages for record in page.records}


def watermark(connector: NetSuiteConnector, query: ReadQuery, cursor: Cursor | None = None) -> Cursor:
    *_, last = connector.read(query, cursor)
    assert last.cursor is not None
    return last.cursor


def update(record_id: str, fields: dict[str, Value], object: str = "contact") -> Write:
    return Write(OperationId(f"update-{record_id}"), Kind.UPDATE, object, fields, record_id)


def create(object: str, external_id: str, fields: dict[str, Value]) -> Write:
    return Write(OperationId(f"create-{external_id}"), Kind.CREATE, object, fields, external_id=external_id)


def only(outcomes: Iterator[Outcome]) -> Outcome:
    [outcome] = outcomes
    return outcome
