"""A sandboxed SugarCRM for the connector's tests: its people, its weather, and what is asked of it."""

from __future__ import annotations

from typing import Any

import requests

from keepstep.connectors.base import Cursor, Page, ReadQuery
from keepstep.connectors.sugarcrm import SugarCrmConnector, SugarCrmSettings
from keepstep.connectors.token_store import TokenStore
from keepstep.connectors.transport import Retries
from keepstep.core.model import Kind, OperationId, Outcome, Record, Value, Write
from keepstep_sandbox import credentials

FIELDS = ("email1", "first_name", "last_name", "title", "account_name", "email_opt_out", "act_on_score_c")
LEADS = ReadQuery("lead", FIELDS)
CONTACTS = ReadQuery("contact", ("email1", "account_id", "accounts.name"))


class Sugar:
    """A sandboxed SugarCRM, the people who work in it, and connectors to it."""

    def __init__(self, url: str, api: str) -> None:
        self.url = url
        self.api = api
        self.connectors: list[SugarCrmConnector] = []

    def control(self, method: str, path: str, body: object = None) -> Any:
        """What a person, or the weather, does."""
        reply = requests.request(method, f"{self.url}/_control/{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def change(self, **settings: Any) -> None:
        """Another kind of SugarCRM."""
        self.control("PUT", "sugarcrm/settings", settings)

    def connector(self, tokens: TokenStore | None = None, **options: Any) -> SugarCrmConnector:
        """A fresh connector. A minute is a moment."""
        given = {
            "url": self.url,
            "username": credentials.SUGARCRM_USER,
            "password": credentials.SUGARCRM_PASSWORD,
            "api": self.api,
            **options,
        }
        retries = Retries(attempts=3, first_wait_s=0.001, read_timeout_s=5)
        connector = SugarCrmConnector(SugarCrmSettings(**given), tokens, retries=retries, sleep=lambda _: None)
        self.connectors.append(connector)
        return connector

    def person(self, records: str = "leads", **fields: Value) -> str:
        """Somebody makes a record."""
        return str(self.control("POST", f"sugarcrm/{records}", {"last_name": "Ode", **fields})["id"])

    def truth(self, id: str, records: str = "leads") -> dict[str, Any]:
        """The record as it is."""
        there: dict[str, Any] = self.control("GET", f"sugarcrm/{records}/{id}")
        return there

    def one(self, write: Write, **options: Any) -> Outcome:
        """The outcome of one write."""
        [outcome] = self.connector(**options).apply([write])
        return outcome


def records(pages: list[Page]) -> dict[str, Record]:
    return {record.id: record for page in pages for record in page.records}


def marked(sugar: Sugar, query: ReadQuery = LEADS) -> Cursor:
    """The watermark of a listing that is made a day later; then another day goes by."""
    later(sugar, days=1)
    *_, last = sugar.connector().read(query)
    later(sugar, days=2)
    return last.cursor or {}


def later(sugar: Sugar, days: int) -> None:
    sugar.control("DELETE", "weather")
    sugar.control("POST", "weather", {"kind": "clock_skew", "seconds": days * 86_400, "times": None})


def changed(sugar: Sugar, cursor: Cursor, query: ReadQuery = LEADS) -> list[Page]:
    return list(sugar.connector().read(query, cursor))


def update(id: str, object: str = "lead", **fields: Value) -> Write:
    return Write(OperationId(f"update-{id}"), Kind.UPDATE, object, fields, id)


def create(key: str | None, **fields: Value) -> Write:
    return Write(OperationId(f"create-{key}"), Kind.CREATE, "lead", fields, external_id=key)
