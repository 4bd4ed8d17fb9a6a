"""An Act-On account of the sandbox's, on a free port, with what a test does to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from keepstep.connectors.act_on import ActOn, ActOnSettings
from keepstep.connectors.token_store import MemoryTokenStore
from keepstep.connectors.transport import Retries
from keepstep_sandbox import credentials
from keepstep_sandbox.act_on import ActOnSettings as SandboxSettings
from keepstep_sandbox.act_on import create_app
from keepstep_sandbox.server import SandboxServer

QUICK = Retries(attempts=3, first_wait_s=0.01, longest_wait_s=0.02, patience_s=1.0, read_timeout_s=10.0)
COLUMNS = ("E-mail Address", "First Name", "Last Name", "Company")


@dataclass(slots=True)
class Account:
    """The account, and how one connects to it."""

    url: str
    tokens: MemoryTokenStore = field(default_factory=MemoryTokenStore)

    def connector(
        self,
        *,
        tokens: MemoryTokenStore | None = None,
        own_file: bool = False,
        now: Callable[[], float] = time.time,
        **settings: Any,
    ) -> ActOn:
        """A connector with good credentials; quick, and with the account's kept token unless it has its `own_file`."""
        given: dict[str, Any] = {
            "user": credentials.ACT_ON_USER,
            "password": credentials.ACT_ON_PASSWORD,
            "client_id": credentials.ACT_ON_CLIENT_ID,
            "client_secret": credentials.ACT_ON_CLIENT_SECRET,
            "base_url": self.url,
            "requests_per_second": 0.0,
            "job_poll_s": 0.0,
            "retries": QUICK,
        }
        return ActOn(ActOnSettings(**(given | settings)), None if own_file else tokens or self.tokens, now=now)

    def control(self, method: str, path: str, body: object = None) -> Any:
        """A call to the sandbox's own control."""
        reply = requests.request(method, f"{self.url}/_control/{path}", json=body, timeout=10)
        reply.raise_for_status()
        return reply.json() if reply.content else None

    def make_list(self, name: str, columns: tuple[str, ...] = COLUMNS) -> str:
        """Somebody makes an empty list whose first column is the address. Returns its id."""
        specs = [{"heading": c} | ({"type": "EMAIL"} if n == 0 else {}) for n, c in enumerate(columns)]
        return str(self.control("POST", "act_on/lists", {"name": name, "columns": specs, "people": 0})["id"])

    def add_row(self, list_id: str, values: Mapping[str, object]) -> str:
        """Somebody adds a row. Returns its id."""
        return str(self.control("POST", f"act_on/lists/{list_id}/rows", {"values": dict(values)})["id"])

    def fill(self, list_id: str, people: int) -> list[str]:
        """Somebody adds rows for p0@example.test and so on."""
        return [
            self.add_row(list_id, {"E-mail Address": f"p{n}@example.test", "First Name": f"P{n}"})
            for n in range(people)
        ]

    def rows(self, list_id: str) -> dict[str, dict[str, str]]:
        """Every row as the account has it, blanks left out, by its id."""
        there = self.control("GET", f"act_on/lists/{list_id}")
        rows = [dict(zip(there["headers"], values, strict=True)) for values in there["rows"]]
        return {r["_contact_id_"]: {n: v for n, v in r.items() if v and n != "_contact_id_"} for r in rows}

    def move_clock(self, minutes: float) -> None:
        """Let time pass for the account."""
        now = parsedate_to_datetime(requests.get(f"{self.url}/api/1/list", timeout=10).headers["Date"])
        self.control("PUT", "act_on/clock", {"now": (now + timedelta(minutes=minutes)).isoformat()})

    def weather(self, **rule: object) -> None:
        """Trouble from now on."""
        self.control("POST", "weather", rule)

    def fair_weather(self) -> None:
        """No more trouble."""
        self.control("DELETE", "weather")

    def calls(self) -> dict[str, int]:
        """Calls by endpoint, as the account counted them."""
        return dict(self.control("GET", "requests")["counts"])


@contextmanager
def account(**settings: Any) -> Iterator[Account]:
    """An account with no people in it."""
    with SandboxServer(create_app(SandboxSettings(size=0, **settings))) as server:
        yield Account(server.url)
