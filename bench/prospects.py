"""A prospect sync, measured: a first run over everybody, a new assignment, and a run without a change.

Both systems are sandboxes with the same people, in a process of their own. The goals: a run without a change fits in
20 s of the two minutes at 100,000 prospects, with a handful of calls, and somebody who was assigned is in the CRM after
one run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml

from bench.sync import MAX_GROWTH, Measure, measure
from tools import postgres

SIZES = tuple(int(size) for size in os.environ.get("PROSPECTS", "10000,100000").split(","))
MAX_SECONDS = 20.0
MAX_CALLS = 10
OFTEN, SELDOM = 6, 12  # minutes: more than any read reaches back; more than what goes between two looks at deletions
SYNC: dict[str, Any] = {
    "title": "Prospects",
    "kind": "prospects",
    "crm": {"system": "salesforce", "connection": "salesforce"},
    "platform": {"system": "account_engagement", "connection": "account_engagement"},
    "fields": {"email": "Email", "first_name": "FirstName", "last_name": "LastName", "title": "Title"},
    "limits": {"prospects": None, "api_calls": 1000000, "max_updated": "100%"},
}
NEWCOMER = "newcomer@bench.example.com"


@dataclass(slots=True)
class Place:
    """Where one size is measured."""

    store: str
    crm: str
    platform: str
    file: Path
    minutes: int = 0  # by which all clocks are ahead

    def run(self, key: str) -> dict[str, Any]:
        """One run, in a process of its own."""
        given = (self.store, self.crm, self.platform, str(self.file), key, str(self.minutes))
        command = [sys.executable, "-m", "bench.prospect_run", *given]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told

    def time_passes(self, minutes: int) -> None:
        """By all clocks, so that a run doesn't read again what the run before it wrote."""
        self.minutes += minutes
        for system in (self.crm, self.platform):
            self._call("DELETE", system, "weather")
            self._call("POST", system, "weather", {"kind": "clock_skew", "seconds": self.minutes * 60, "times": None})

    def somebody_is_assigned(self) -> None:
        """A new prospect, assigned to a seller."""
        users = self._call("GET", self.platform, "account_engagement/users?limit=100")["items"]
        seller = next(user["id"] for user in users if str(user["email"]).startswith("sam."))
        made = self._call("POST", self.platform, "account_engagement/prospects", {"email": NEWCOMER})["id"]
        self._call("POST", self.platform, f"account_engagement/prospects/{made}/assign", {"user": seller})

    def in_crm(self) -> bool:
        """Whether that prospect is there."""
        leads = self._call("GET", self.crm, "salesforce/leads?limit=1000000")["items"]
        return any(lead.get("Email") == NEWCOMER for lead in leads)

    def _call(self, method: str, url: str, path: str, body: object = None) -> Any:
        reply = requests.request(method, f"{url}/_control/{path}", json=body, timeout=300)
        reply.raise_for_status()
        return reply.json() if reply.content else None


@contextmanager
def place(size: int) -> Iterator[Place]:
    """A store and both systems, with so many prospects."""
    with tempfile.TemporaryDirectory(prefix="keepstep-bench-") as name:
        file = Path(name) / "prospects.yaml"
        file.write_text(yaml.safe_dump(SYNC), encoding="utf-8")
        server = postgres.start(Path(name) / "pg", settings=postgres.THROWAWAY)
        command = [sys.executable, "-m", "bench.systems", str(size), "prospects"]
        systems = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert systems.stdout is not None
            crm, platform = systems.stdout.readline().split()
            yield Place(server.url("postgres"), crm, platform, file)
        finally:
            systems.communicate()
            server.stop()


def measures(say: Callable[[str], None] = print) -> list[Measure]:
    """Every figure, with its goal where there is one."""
    found: list[Measure] = []
    peaks: dict[int, float] = {}
    for size in SIZES:
        with place(size) as here:
            runs = {"first run": here.run("first"), "echo": here.run("echo")}
            here.somebody_is_assigned()
            runs["somebody assigned"] = here.run("assigned")
            there = here.in_crm()
            here.time_passes(SELDOM)
            here.run("told")
            here.time_passes(OFTEN)
            runs["no change"] = here.run("quiet")
        for what, told in runs.items():
            say(
                f"{size:>7} {what:<18} {told['followed']:>7} pairs {told['seconds']:8.2f} s {told['mb']:7.1f} MB"
                f" {told['crm_calls']:>6} CRM calls {told['platform_calls']:>5} platform calls"
                f" {told['applied']:>6} written  {told['phases']}"
            )
            found += _plain(size, what, told)
        peaks[size] = max(told["mb"] for told in runs.values())
        quiet = runs["no change"]
        calls = quiet["crm_calls"] + quiet["platform_calls"]
        name = f"prospects, {size}"
        found.append(measure(f"{name}: assigned and in the CRM after one run", float(there), "yes", 1, 1, there))
        met = quiet["seconds"] <= MAX_SECONDS
        found.append(measure(f"{name}: seconds of a run without change", quiet["seconds"], "s", MAX_SECONDS, 5, met))
        found.append(
            measure(f"{name}: calls of a run without change", calls, "calls", MAX_CALLS, 6, calls <= MAX_CALLS)
        )
    small, large = min(peaks), max(peaks)
    if small != large:
        ratio = peaks[large] / peaks[small]
        found.append(
            measure(f"prospects: peak MB {large} / {small}", ratio, "ratio", MAX_GROWTH, 1.02, ratio <= MAX_GROWTH)
        )
    return found


def _plain(size: int, what: str, told: dict[str, Any]) -> Iterator[Measure]:
    for name, unit in (("seconds", "s"), ("mb", "MB"), ("crm_calls", "calls"), ("platform_calls", "calls")):
        yield measure(f"prospects {what}, {size}: {name}", told[name], unit)


if __name__ == "__main__":
    for one in measures():
        if one["goal"] is not None:
            print(one)
