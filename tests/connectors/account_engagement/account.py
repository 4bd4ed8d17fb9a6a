"""An Account Engagement business unit of the sandbox's, on a free port, with what a test does to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from keepstep.connectors.account_engagement import AccountEngagementConnector, AccountEngagementSettings
from keepstep.connectors.base import Cursor, Page
from keepstep.connectors.budget import Budget
from keepstep.connectors.salesforce import ClientCredentials
from keepstep.connectors.transport import Retries
from keepstep.core.model import Kind, OperationId, Outcome, Record, Value, Write
from keepstep_sandbox import credentials
from keepstep_sandbox.account_engagement import AccountEngagementSettings as SandboxSettings
from keepstep_sandbox.account_engagement import create_app
from keepstep_sandbox.server import SandboxServer

QUICK = Retries(attempts=3, first_wait_s=0.01, longest_wait_s=0.02, patience_s=1.0, read_timeout_s=10.0)
MINUTES = 60.0


@dataclass(slots=True)
class Account:
    """The unit, the people who work in it, and how one connects to it."""

    url: str
    _connectors: list[AccountEngagementConnector] = field(default_factory=list)
    _ahead_s: float = 0.0

    def connector(
        self,
        secret: str = credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET,
        *,
        budget: Budget | None = None,
        sleep: Callable[[float], None] = lambda _: None,
        **settings: Any,
    ) -> AccountEngagementConnector:
        """A fresh connector, with good credentials unless told otherwise."""
        auth = ClientCredentials(credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID, secret)
        given = {"login_url": self.url, "base_url": self.url, **settings}
        made = AccountEngagementConnector(
            AccountEngagementSettings(auth, credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT, **given),
            budget=budget,
            retries=QUICK,
            sleep=sleep,
        )
        self._connectors.append(made)
        return made

    def close(self) -> None:
        """Let go of the connectors."""
        for connector in self._connectors:
            connector.close()

    def control(self, method: str, path: str, body: object = None) -> Any:
        """A call to the sandbox's own control."""
        reply = requests.request(method, f"{self.url}/_control/{path}", json=body, timeout=10)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def people(self, method: str, path: str, body: object = None) -> Any:
        """What people do in the unit."""
        return self.control(method, f"account_engagement/{path}", body)

    def set(self, **settings: object) -> None:
        """The administrator changes settings."""
        self.people("PUT", "settings", settings)

    def all(self, records: str) -> list[dict[str, Any]]:
        """Every record of a kind as it is, those in the recycle bin too."""
        found: list[dict[str, Any]] = self.people("GET", f"{records}?limit=100000")["items"]
        return found

    def prospect(self, email: str | None = "ana@roe.example", **fields: Value) -> str:
        """Somebody makes a prospect. Returns its id."""
        return str(self.people("POST", "prospects", {"email": email, **fields})["id"])

    def prospects(self) -> dict[str, dict[str, Any]]:
        """The living ones by id, blanks left out."""
        living = (row for row in self.all("prospects") if not row["isDeleted"])
        return {str(row["id"]): {name: v for name, v in row.items() if v is not None} for row in living}

    def list(self, name: str, *, dynamic: bool = False) -> str:
        """Somebody makes a list. Returns its id."""
        return str(self.people("POST", "lists", {"name": name, "dynamic": dynamic})["id"])

    def join(self, prospect: str, list_id: str) -> str:
        """Somebody puts a prospect on a list. Returns the row's id."""
        self.people("POST", f"prospects/{prospect}/lists/{list_id}")
        return f"{list_id}:{prospect}"

    def leave(self, row_id: str) -> None:
        """Somebody takes a prospect off a list."""
        list_id, prospect = row_id.split(":")
        self.people("DELETE", f"prospects/{prospect}/lists/{list_id}")

    def members(self, list_id: str) -> dict[str, dict[str, Any]]:
        """The living prospects on a list, by the ids of their rows."""
        living = self.prospects()
        there = [row for row in self.all("memberships") if str(row["listId"]) == list_id and not row["isDeleted"]]
        ids = [str(row["prospectId"]) for row in there]
        return {f"{list_id}:{id}": living[id] for id in ids if id in living}

    def act(self, prospect: str, kind: int, asset: str | None = None) -> None:
        """A prospect does something."""
        self.people("POST", f"prospects/{prospect}/act", {"type": kind, **({"asset": asset} if asset else {})})

    def pass_time(self, seconds: float = 15 * MINUTES) -> None:
        """Let time pass for the unit."""
        self._ahead_s += seconds
        self.fair_weather()

    def weather(self, **rule: object) -> None:
        """Trouble from now on."""
        self.control("POST", "weather", rule)

    def fair_weather(self) -> None:
        """No more trouble; the clock stays where it is."""
        self.control("DELETE", "weather")
        if self._ahead_s:
            self.weather(kind="clock_skew", seconds=self._ahead_s, times=None)

    def lose_replies(self, lost: bool, path: str = "/api/v5/") -> None:
        """From now on writes arrive and their answers don't; or all is well again."""
        self.fair_weather()
        if lost:
            self.weather(kind="lose_reply", method="POST|PATCH|DELETE", path=path, times=None)


@contextmanager
def account(**settings: Any) -> Iterator[Account]:
    """A unit with its users and lists and no prospect."""
    with SandboxServer(create_app(SandboxSettings(size=0, **settings))) as server:
        there = Account(server.url)
        try:
            yield there
        finally:
            there.close()


def write(kind: Kind, record_id: str | None = None, list_id: str | None = None, **fields: Value) -> Write:
    """A write to a prospect, or with a list to a row of it."""
    email = fields.get("email") if kind is Kind.CREATE else None
    return Write(
        OperationId(f"{kind}-{record_id or email}"),
        kind,
        "row" if list_id else "prospect",
        fields,
        record_id,
        list_id,
        email=str(email) if email else None,
    )


def records(pages: Iterable[Page]) -> dict[str, Record]:
    """Every record of a read, by its id."""
    return {record.id: record for page in pages for record in page.records}


def gone(pages: Iterable[Page]) -> list[str]:
    """Whom a read tells to be gone."""
    return [deletion.id for page in pages for deletion in page.deletions]


def mark(pages: Iterable[Page]) -> Cursor:
    """The watermark after a whole read."""
    *_, last = pages
    assert last.cursor is not None
    return last.cursor


def only(connector: AccountEngagementConnector, one: Write) -> Outcome:
    """The outcome of one write."""
    [outcome] = connector.apply([one])
    return outcome


def applied(connector: AccountEngagementConnector, writes: Iterable[Write]) -> dict[OperationId, Outcome]:
    """The outcomes, of which each write has one."""
    given = list(writes)
    outcomes = list(connector.apply(given))
    assert sorted(o.operation_id for o in outcomes) == sorted(w.operation_id for w in given)
    return {outcome.operation_id: outcome for outcome in outcomes}


def updates(ids: Iterable[object], **fields: Any) -> list[Write]:
    """An update of each of these prospects."""
    return [write(Kind.UPDATE, str(id), **fields) for id in ids]
