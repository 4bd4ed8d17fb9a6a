"""What a rescore costs: all activities against the new ones only, and whether that grows with the history.

`python -m bench.scores` adds up 1,000,000 activities; EVENTS=10000000 is the size of the goal.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from keepstep.core.score import ScoreSheet, TypeRule
from keepstep.store.activities import source_id
from keepstep.store.database import Store
from keepstep.store.scores import refresh
from tools import postgres

EVENTS = 1_000_000
SHARE = 200  # one new activity to so many old ones: 50,000 to 10 million
PER_PERSON = 50  # 10 million activities of 200,000 people, as performance goal 11 has it
GROWTH = 10  # times the history
TRIES = 3
PAIRS = 7
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TYPES = 8
SHEET = ScoreSheet(
    "bench", {f"type {number}": TypeRule(number + 1.0, cap=50.0) for number in range(TYPES)}, half_life_days=30
)

_EVENTS = """
INSERT INTO activity (source_id, key, email, type, occurred_at)
SELECT :source, md5(:salt || n)::uuid,
    'person' || (hashint8(n * 7919 + :first) & 2147483647) % :people || '@example.com',
    'type ' || n % :types, CAST(:until AS timestamptz) - make_interval(secs => (n % 86400) * :spread)
FROM generate_series(CAST(1 AS bigint), :count) AS n
"""


def fill(conn: Connection, source: str, count: int, people: int, until: datetime, days: float, salt: str) -> None:
    """Put so many activities of so many people into the store, evenly over that many days."""
    given = {
        "source": source_id(conn, source),
        "salt": salt,
        "first": len(salt),
        "people": people,
        "types": TYPES,
        "until": until,
        "spread": float(days),
        "count": count,
    }
    conn.execute(text(_EVENTS), given)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def full(store: Store, source: str) -> float:
    """Seconds of a rescore of every activity of a source."""
    with store.begin() as conn:
        conn.execute(text("DELETE FROM score_scope"))  # no source has any sums
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE score_current, activity"))

    def work() -> None:
        with store.begin() as conn:
            refresh(conn, source, SHEET, NOON)

    return seconds(work)


def incremental(store: Store, source: str, new: int, people: int, attempt: int) -> float:
    """Seconds of a rescore that takes in new activities, an hour after the one before."""
    until = NOON + (attempt + 1) * timedelta(hours=1)
    with store.begin() as conn:
        fill(conn, source, new, people, until, 1 / 24, f"{source} {attempt} ")

    def work() -> None:
        with store.begin() as conn:
            refresh(conn, source, SHEET, until)

    return seconds(work)


def measure(store: Store, events: int, people: int) -> tuple[float, float, float]:
    """Seconds of a full rescore, seconds of an incremental one, and how the latter grows with the history.

    Medians; the incremental rescores over a short and a long history take turns, so that noise meets both.
    """
    for source, count in (("short", events // GROWTH), ("long", events)):
        with store.begin() as conn:
            fill(conn, source, count, people, NOON, 365, f"{source} old ")
    new = events // SHARE
    whole = statistics.median(full(store, "long") for _ in range(TRIES))
    incremental(store, "short", new, people, 0)  # the first one adds up the whole history
    incremental(store, "long", new, people, 0)  # and this one warms the indexes
    pairs = [
        (incremental(store, "short", new, people, attempt), incremental(store, "long", new, people, attempt))
        for attempt in range(1, PAIRS + 1)
    ]
    short, long = (statistics.median(times) for times in zip(*pairs, strict=True))
    return whole, long, long / short


def idle(store: Store, source: str, people: int) -> float:
    """The share of people that a refresh looks at, an hour on, while nothing happens."""
    with store.begin() as conn:
        as_of = NOON + (PAIRS + 2) * timedelta(hours=1)
        refresh(conn, source, SHEET, as_of)
        return refresh(conn, source, SHEET, as_of + timedelta(minutes=10)).looked_at / people


def measures(events: int | None = None) -> list[dict[str, object]]:
    """The figures for bench/results.json, against performance goals 12 and 15."""
    events = events or int(os.environ.get("EVENTS", EVENTS))
    people = max(events // PER_PERSON, 1)
    with tempfile.TemporaryDirectory(prefix="keepstep-bench-") as home:
        server = postgres.start(Path(home) / "pg", settings={"shared_buffers": "512MB", "work_mem": "256MB"})
        try:
            server.ensure_database("scores")
            with Store.open(server.url("scores")) as store:
                whole, part, growth = measure(store, events, people)
                waking = idle(store, "long", people)
        finally:
            server.stop()
    return [
        _row(f"full rescore of {events:,} activities", whole, "s", None, None, None),
        _row(f"incremental rescore of {events // SHARE:,} activities over {events:,}", part, "s", None, None, None),
        _row("full rescore : incremental rescore", whole / part, "x", 10, 50, whole / part >= 10),
        _row("incremental rescore, history x 10", growth, "x", 1.2, 1.05, growth <= 1.2),
        _row("people looked at in ten idle minutes, of all", waking, "share", 0.05, 0.01, waking <= 0.05),
    ]


def _row(
    name: str, value: float, unit: str, goal: float | None, moonshot: float | None, met: bool | None
) -> dict[str, object]:
    return {"name": name, "value": round(value, 4), "unit": unit, "goal": goal, "moonshot": moonshot, "met": met}


if __name__ == "__main__":
    for row in measures():
        print(f"{row['name']}: {row['value']} {row['unit']} (goal {row['goal']}, met {row['met']})")
