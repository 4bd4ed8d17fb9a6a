"""A list sync, measured: a first import, a run with 1 % changed, a run with no change, at two sizes of the list.

At each size there is also a run with as many changes as 1 % of the longest list has: what a run takes is to follow its
changes, not the list.

Both systems are the sandbox in a process of its own, the run is the engine's four tasks in another. Seconds include the
sandbox's work on the same machine, so that only ratios carry over. The CRM's calls are the same on any machine; a slow
one makes fewer to Act-On, whose rows are read back with all that changed in the seconds before an upload.
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
from sqlalchemy import text

from keepstep.store.database import Store
from tools import postgres

SIZES = tuple(int(size) for size in os.environ.get("SIZES", "10000,100000").split(","))
SHARE = 0.30  # of the sandbox's people, those who are contacts of customers
CHANGED = 0.01
MAX_MB = 100.0  # goal 6 of performance: peak memory above imports at the larger size
MAX_GROWTH = 1.1  # the same goal: of that peak, from the smaller size to the larger
MAX_QUIET_GROWTH = 1.5  # goal 8: of the seconds of a run without a change
SYNC: dict[str, Any] = {
    "title": "People",
    "crm": {"system": "netsuite", "connection": "netsuite", "audience": "affiliated_with_customers"},
    "platform": {"system": "act_on", "connection": "act_on", "list": "People"},
    "activities": {"source": "sql", "connection": "events", "query": "see one_run :since :until"},
    "fields": {
        "email": "email",
        "first_name": "firstName",
        "last_name": "lastName",
        "title": "title",
        "phone": "phone",
        "company": "company",
    },
    "limits": {"api_calls": 1000000},
}
Measure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one size is measured."""

    store: str
    crm: str
    platform: str
    folder: Path

    def run(self, key: str) -> dict[str, Any]:
        """One run, in a process of its own."""
        command = [sys.executable, "-m", "bench.one_run", self.store, self.crm, self.platform, str(self.folder), key]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        assert told["scores_differing"] == 0, told
        assert told["problems"] == [], told
        return told

    def people_change(self, count: int, name: str) -> None:
        """So many contacts get another first name, and as many people do something that counts."""
        url = f"{self.crm}/_control/netsuite/contacts"
        with Store.open(self.store) as store, store.begin() as conn:
            mine = conn.execute(text("SELECT id, email FROM crm_record ORDER BY length(id), id")).all()
            for row in mine[:: max(1, len(mine) // count)][:count]:
                change = {"firstName": f"{name} {row.id}"}  # two of one name at one company would be refused
                requests.patch(f"{url}/{row.id}", json=change, timeout=30).raise_for_status()
                conn.execute(
                    text("INSERT INTO bench_event VALUES (:email, 'form_submitted', now(), now())"),
                    {"email": row.email},
                )


@contextmanager
def place(size: int) -> Iterator[Place]:
    """A store and both systems, with a list of so many people."""
    with tempfile.TemporaryDirectory(prefix="keepstep-bench-") as name:
        folder = Path(name)
        (folder / "people.yaml").write_text(yaml.safe_dump(SYNC), encoding="utf-8")
        server = postgres.start(folder / "pg", settings=postgres.THROWAWAY)
        people = str(round(size / SHARE))
        systems = subprocess.Popen(
            [sys.executable, "-m", "bench.systems", people], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert systems.stdout is not None
            crm, platform = systems.stdout.readline().split()
            with Store.open(server.url("postgres")) as store, store.begin() as conn:
                conn.execute(
                    text(
                        "CREATE TABLE bench_event (email text, type text, occurred_at timestamptz,"
                        " recorded_at timestamptz)"
                    )
                )
            yield Place(server.url("postgres"), crm, platform, folder)
        finally:
            systems.communicate()
            server.stop()


def measures(say: Callable[[str], None] = print) -> list[Measure]:
    """Every figure, with its goal where there is one."""
    runs: dict[int, dict[str, dict[str, Any]]] = {}
    for size in SIZES:
        with place(size) as here:
            runs[size] = _runs(here, size)
        for what, told in runs[size].items():
            say(
                f"{size:>7} {what:<15} {told['followed']:>7} people {told['seconds']:8.2f} s {told['mb']:7.1f} MB"
                f" {told['crm_calls']:>6} CRM calls {told['platform_calls']:>5} platform calls"
                f" {told['applied']:>6} written  {told['phases']}"
            )
    return [*_plain(runs), *_compared(runs)]


def _runs(here: Place, size: int) -> dict[str, dict[str, Any]]:
    first = here.run("first")
    echo = here.run("echo")  # reads back what the first run wrote
    share = round(first["followed"] * CHANGED)
    here.people_change(share, "Changed")
    changed = here.run("changed")
    here.run("echo of it")
    quiet = here.run("quiet")
    here.people_change(share * max(SIZES) // size, "Again")
    many = here.run("many changed")
    return {"first import": first, "1 % changed": changed, "many changed": many, "no change": quiet, "echo": echo}


def _plain(runs: dict[int, dict[str, dict[str, Any]]]) -> Iterator[Measure]:
    for size, kinds in runs.items():
        for what, told in kinds.items():
            for name, unit in (("seconds", "s"), ("mb", "MB"), ("crm_calls", "calls"), ("platform_calls", "calls")):
                yield measure(f"sync {what}, {size} contacts: {name}", told[name], unit)


def _compared(runs: dict[int, dict[str, dict[str, Any]]]) -> Iterator[Measure]:
    small, large = min(runs), max(runs)
    if small == large:
        return
    for what in ("first import", "many changed", "no change"):  # as many changes on both lists
        ratio = runs[large][what]["mb"] / max(runs[small][what]["mb"], 1.0)
        met = ratio <= MAX_GROWTH
        yield measure(f"sync {what}: MB {large} / {small}", ratio, "ratio", MAX_GROWTH, 1.02, met)
    peak = max(told["mb"] for told in runs[large].values())
    yield measure(f"sync: peak memory above imports at {large}", peak, "MB", MAX_MB, 64.0, peak <= MAX_MB)
    quiet = {size: kinds["no change"] for size, kinds in runs.items()}
    calls = {size: told["crm_calls"] + told["platform_calls"] for size, told in quiet.items()}
    same = calls[large] == calls[small]
    yield measure("sync no change: more calls on the longer list", calls[large] - calls[small], "calls", 0, 0, same)
    for size, told in quiet.items():
        yield measure(f"sync no change, {size} contacts: seconds not spent in calls", told["own_seconds"], "s")
    ratio = quiet[large]["own_seconds"] / quiet[small]["own_seconds"]
    name = f"sync no change: seconds not spent in calls, {large} / {small}"
    yield measure(name, ratio, "ratio", MAX_QUIET_GROWTH, 1.1, ratio <= MAX_QUIET_GROWTH)


def measure(
    name: str,
    value: float,
    unit: str,
    goal: float | None = None,
    moonshot: float | None = None,
    met: bool | None = None,
) -> Measure:
    """A figure, with its goal where there is one."""
    return {"name": name, "value": round(value, 3), "unit": unit, "goal": goal, "moonshot": moonshot, "met": met}


if __name__ == "__main__":
    measures()
