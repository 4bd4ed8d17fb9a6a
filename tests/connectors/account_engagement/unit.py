"""A few lines of Account Engagement: what the connector's tests ask of it, and trouble on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from keepstep.connectors.account_engagement import AccountEngagementConnector, AccountEngagementSettings
from keepstep.connectors.budget import Budget
from keepstep.connectors.salesforce import ClientCredentials
from keepstep.connectors.transport import Retries
from tests.connectors.stub import Answer, Call, Stub, stub

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
DATE = "Sun, 01 Mar 2026 10:00:00 GMT"
STAMP = "2026-03-01T01:00:00-08:00"  # an hour before, in the API user's zone
BUSINESS_UNIT = "0Uvxx0000004C92CAE"
ROOT = "/api/v5"
Row = dict[str, Any]
Trouble = Callable[[Call], Answer | None]


def told(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, orjson.dumps(body), {"Content-Type": "application/json", "Date": DATE, **named})


def page(*rows: Row, more: bool = False) -> Answer:
    """A page of a query."""
    token = "eyJvcmRlckJ5Ijoi" if more else None
    return told({"nextPageToken": token, "nextPageUrl": token, "values": list(rows)})


def refused(code: int, status: int = 400) -> Answer:
    """An error; its text names a person, as the vendor's may."""
    return told({"code": code, "message": "Ann Ode's value"}, status)


def person(number: int, **fields: Any) -> Row:
    """A living prospect."""
    usual = {"id": number, "email": f"p{number}@a.test", "assignedToId": None, "optedOut": False}
    return {**usual, "isDeleted": False, "updatedAt": STAMP, **fields}


def asked(call: Call) -> dict[str, str]:
    """The parameters of a call."""
    return {name: values[0] for name, values in parse_qs(urlsplit(call.path).query).items()}


def path_of(call: Call) -> str:
    """Its path below the API's root."""
    return urlsplit(call.path).path.removeprefix(ROOT)


def calls(server: Stub) -> list[str]:
    """Method and path of every call but the sign-ins."""
    return [f"{call.method} {path_of(call)}" for call in server.calls if "/oauth2/" not in call.path]


@dataclass
class Unit:
    """A unit in which `trouble` answers, where it has an answer; others get an empty page, or what was written back."""

    trouble: Trouble = lambda _: None
    tokens: Sequence[str] = ("T1", "T2", "T3")
    given: list[str] = field(default_factory=list)

    def answer(self, call: Call) -> Answer:
        """As Account Engagement would."""
        said = self.trouble(call)
        if said is not None:
            return said
        if call.path.startswith("/services/oauth2/token"):
            self.given.append(self.tokens[len(self.given)])
            return told({"access_token": self.given[-1], "instance_url": "https://acme.my.salesforce.example"})
        if call.method == "GET":
            return page()
        return Answer(204, b"", {"Date": DATE}) if call.method == "DELETE" else told({"id": 7, "updatedAt": STAMP})


@contextmanager
def connected(
    unit: Unit | Trouble | None = None,
    *,
    budget: Budget | None = None,
    waits: list[float] | None = None,
    **settings: Any,
) -> Iterator[tuple[AccountEngagementConnector, Stub]]:
    """A connector to such a unit; what it waits is noted and not waited."""
    if not isinstance(unit, Unit):
        unit = Unit(unit or (lambda _: None))
    with stub(unit.answer) as server:
        given = {"login_url": server.url, "base_url": server.url, **settings}
        connector = AccountEngagementConnector(
            AccountEngagementSettings(ClientCredentials("id", "secret"), BUSINESS_UNIT, **given),
            budget=budget,
            retries=Retries(attempts=3, first_wait_s=0.001, patience_s=1.0, read_timeout_s=5.0),
            now=lambda: NOW,
            sleep=(waits if waits is not None else []).append,
        )
        try:
            yield connector, server
        finally:
            connector.close()
