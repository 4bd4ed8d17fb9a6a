"""The sandbox's people and weather, over its control API: Keepstep has no part in what is told here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from tests.airflow_live.until import until
from tools.demo.processes import Processes

TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One system's control API."""

    url: str
    processes: Processes

    def call(self, method: str, path: str, json: object = None) -> Any:
        """One call; its answer, None where there is nothing to say."""
        reply = requests.request(method, f"{self.url}/_control/{path}", json=json, timeout=TIMEOUT_S)
        reply.raise_for_status()
        return reply.json() if reply.content else None

    def strike(self, **rule: object) -> int:
        """Let the weather strike by this rule; its number."""
        return int(self.call("POST", "weather", rule)["id"])

    def wait_for_strike(self, rule: int) -> None:
        """Wait until a request was struck: from now on it is on its way."""

        def struck() -> bool | None:
            return any(one["id"] == rule and one["struck"] for one in self.call("GET", "weather")["rules"]) or None

        until(f"the weather to strike {self.url}", struck, self.processes)

    def clear(self) -> None:
        """Fair weather."""
        self.call("DELETE", "weather")


@dataclass(frozen=True, slots=True)
class NetSuite(Sandbox):
    """The CRM."""

    def contacts(self) -> dict[str, dict[str, Any]]:
        """All contacts, whole, by id."""
        return {one["id"]: one for one in self.call("GET", "netsuite/contacts")["items"]}

    def state(self) -> dict[str, Any]:
        """Everything that a sync could write."""
        return {"contacts": self.contacts(), "customers": self.call("GET", "netsuite/customers")["items"]}


@dataclass(frozen=True, slots=True)
class ActOn(Sandbox):
    """The marketing platform."""

    def lists(self) -> dict[str, str]:
        """The lists' ids by their names."""
        return {one["name"]: one["id"] for one in self.call("GET", "act_on/lists")}

    def rows(self, name: str) -> list[dict[str, str]]:
        """A list's rows by their columns' headings."""
        told = self.call("GET", f"act_on/lists/{self.lists()[name]}")
        return [dict(zip(told["headers"], row, strict=True)) for row in told["rows"]]

    def empty(self, name: str) -> None:
        """Somebody deletes all rows of a list."""
        self.call("DELETE", f"act_on/lists/{self.lists()[name]}/rows")

    def act(self, email: str) -> None:
        """A person submits a form."""
        self.call("POST", "act_on/activities", {"email": email, "verb": "fs"})

    def state(self) -> dict[str, Any]:
        """Everything that a sync could write."""
        return {name: self.rows(name) for name in self.lists()}
