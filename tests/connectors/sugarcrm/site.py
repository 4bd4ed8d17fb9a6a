"""A few lines of SugarCRM, by v11: what the connector's tests ask of it, and trouble on demand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson

from keepstep.connectors.budget import Budget
from keepstep.connectors.sugarcrm import SugarCrmConnector, SugarCrmSettings
from keepstep.connectors.token_store import TokenStore
from keepstep.connectors.transport import Retries
from keepstep.core.model import Kind, OperationId, Value, Write
from tests.connectors.stub import Answer, Call, Stub, stub

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
DATE = "Sun, 01 Mar 2026 10:00:00 GMT"
STAMP = "2026-03-01T05:00:00-04:00"  # 09:00 UTC, as a user in New York is told
ROOT = "/rest/v11_20"
FIELDS: dict[str, dict[str, Any]] = {
    "id": {"type": "id"},
    "first_name": {"type": "varchar", "len": 20},
    "last_name": {"type": "varchar", "len": "100"},
    "title": {"type": "varchar", "len": 100, "vname": "Title:"},
    "email": {"type": "email"},
    "assigned_user_id": {"type": "id"},
    "converted": {"type": "bool"},
    "do_not_call": {"type": "bool"},
    "act_on_score_c": {"type": "int", "len": 11},
    "seen_c": {"type": "datetime"},
    "sum_c": {"type": "decimal", "calculated": True},
    "account_name": {"type": "varchar", "len": 255},
    "accounts": {"type": "link"},
    "date_modified": {"type": "datetime"},
}
Row = dict[str, Any]
TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "$gte": lambda there, value: there >= value,
    "$gt": lambda there, value: there > value,
    "$in": lambda there, value: there in value,
}
Trouble = Callable[[Call], Answer | None]


def lead_id(number: int) -> str:
    """The id of that lead, in the order of its number."""
    return f"{number:08x}-0000-4000-8000-000000000000"


def address(email: str, **marks: Any) -> Row:
    """A primary address, as v11 tells it."""
    return {"email_address": email, "primary_address": True, "opt_out": False, "invalid_email": False, **marks}


def lead(number: int, **fields: Any) -> Row:
    """A living lead."""
    usual = {"id": lead_id(number), "date_modified": STAMP, "email": [address(f"p{number}@a.test")], "deleted": False}
    return {"last_name": "Ode", "assigned_user_id": "u1", "converted": False, **usual, **fields}


@dataclass(slots=True)
class Site:
    """Leads and addresses in, answers out; `trouble` answers first where it has something to say."""

    leads: list[Row] = field(default_factory=list)
    addresses: list[Row] = field(default_factory=list)
    trouble: Trouble = lambda _: None
    inner: Callable[[Row], Row | None] = lambda _: None  # trouble with a call inside a bulk call
    signed_in: int = 0
    ends: list[int] = field(default_factory=list)  # how often the last answer was the last

    def answer(self, call: Call) -> Answer:
        """As the server does."""
        trouble = self.trouble(call)
        if trouble is not None:
            return trouble
        path = urlsplit(call.path).path.removeprefix(ROOT)
        body = json.loads(call.body) if call.body else {}
        if path == "/oauth2/token":
            self.signed_in += 1
            token = {"access_token": f"T{self.signed_in}", "refresh_token": f"R{self.signed_in}", "expires_in": 3600}
            return told(token)
        if call.headers.get("OAuth-Token") != f"T{self.signed_in}":
            return refused(401, "invalid_grant")
        if path == "/metadata":
            return told({"modules": {"Leads": {"fields": FIELDS}, "Contacts": {"fields": FIELDS}}})
        if path == "/bulk":
            return told([self._one(request) for request in body["requests"]])
        rows = self.addresses if "EmailAddresses" in path else self.leads
        return self._page([row for row in rows if self._fits(row, body["filter"])], body["max_num"])

    def _page(self, rows: list[Row], limit: int) -> Answer:
        page = sorted(rows, key=lambda row: row["id"])[:limit]
        return told({"next_offset": limit if len(rows) > limit else -1, "records": page})

    def _fits(self, row: Row, clauses: list[Row]) -> bool:
        for clause in clauses:
            [(name, wanted)] = clause.items()
            [(operator, value)] = wanted.items()
            emails = [one["email_address"] for one in row.get("email", [])]
            there = emails if name.startswith("email_addresses.") else [row[name]]
            if name == "date_modified":
                there, value = [datetime.fromisoformat(there[0])], datetime.fromisoformat(value)
            if not any(TESTS[operator](one, value) for one in there):
                return False
        return True

    def _one(self, request: Row) -> Row:
        trouble = self.inner(request)
        if trouble is not None:
            return trouble
        data = json.loads(request.get("data", "{}"))
        id = request["url"].split("/")[3] if request["url"].count("/") > 2 else data.get("id", "made-by-sugar")
        there = next((row for row in self.leads if row["id"] == id), None)
        if request["method"] == "POST" and there is None:
            self.leads.append(there := {"id": id, "deleted": False, "date_modified": STAMP, "email": []})
        elif request["method"] == "POST":
            return wrong(422, "invalid_parameter")
        if there is None:
            return wrong(404, "not_found")
        if request["method"] == "DELETE":
            self.leads.remove(there)
            return {"contents": {"id": id}, "headers": [], "status": 200}
        if "email1" in data:
            there["email"] = [address(data["email1"])] if data.pop("email1") else []
        there.update(data)
        return {"contents": there, "headers": [], "status": 200}


def told(body: Any, status: int = 200) -> Answer:
    """An answer in JSON."""
    return Answer(status, orjson.dumps(body), {"Date": DATE})


def refused(status: int, label: str) -> Answer:
    """A refusal whose sentence names a person."""
    return told({"error": label, "error_message": "Ann's value"}, status)


def wrong(status: int, label: str) -> Row:
    """A refusal inside a bulk reply."""
    return {"contents": {"error": label, "error_message": "Ann's value"}, "headers": [], "status": status}


class Answering(Protocol):
    """A site of either protocol."""

    def answer(self, call: Call) -> Answer:
        """As the server does."""


@contextmanager
def connected(
    site: Answering, budget: Budget | None = None, tokens: TokenStore | None = None, **options: Any
) -> Iterator[tuple[SugarCrmConnector, Stub]]:
    """A connector to it. Nothing really waits."""
    with stub(site.answer) as server:
        settings = SugarCrmSettings(**{"url": server.url, "username": "sync.bot", "password": "pw", **options})
        connector = SugarCrmConnector(
            settings,
            tokens,
            budget=budget,
            retries=Retries(attempts=3, read_timeout_s=5),
            now=lambda: NOW,
            sleep=lambda _: None,
        )
        try:
            yield connector, server
        finally:
            connector.close()


def calls(server: Stub) -> list[str]:
    """What was asked, without signing in and describing."""
    told_of = [f"{call.method} {urlsplit(call.path).path.removeprefix(ROOT)}" for call in server.calls]
    return [call for call in told_of if not call.endswith(("/oauth2/token", "/metadata"))]


def sent(call: Call) -> list[Row]:
    """The calls inside a bulk call, with their data read."""
    requests: list[Row] = json.loads(call.body)["requests"]
    return [{**request, "data": json.loads(request.get("data", "null"))} for request in requests]


def update(number: int, kind: Kind = Kind.UPDATE, **fields: Value) -> Write:
    """A write to the lead of that number."""
    return Write(OperationId(f"op{number}"), kind, "lead", fields, lead_id(number))


def create(number: int, external_id: str | None = "key", **fields: Value) -> Write:
    """A new lead."""
    return Write(OperationId(f"op{number}"), Kind.CREATE, "lead", fields, external_id=external_id)


def outcomes(connector: SugarCrmConnector, *writes: Write) -> Mapping[str, Any]:
    """What became of each."""
    return {outcome.operation_id: outcome for outcome in connector.apply(writes)}
