"""A warehouse for the demo: a table of product events about the sandbox's people, drawn from its seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg

from keepstep_sandbox.people import population
from tools.demo.settings import Settings
from tools.postgres import Postgres

DATABASE = "warehouse"
TYPES = ("signed_in", "searched", "price_list_opened", "trial_started", "quote_requested", "newsletter_read")
WEIGHTS = (50, 30, 8, 2, 1, 9)  # the last type has no points in the score sheet: the report says so
ACTIVE_SHARE = 0.3  # of the people, 0..1
DAYS = 120  # within the score sheet's window, so that nothing falls out of it between two rounds
TABLE = """
CREATE TABLE IF NOT EXISTS product_event (
    id bigint PRIMARY KEY, email text NOT NULL, type text NOT NULL,
    occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL)
"""


def fill(server: Postgres, settings: Settings) -> int:
    """Make the table and its events if there are none yet; how many there are."""
    server.ensure_database(DATABASE)
    with psycopg.connect(server.url(DATABASE, "postgresql")) as connection:
        connection.execute(TABLE)
        count = connection.execute("SELECT count(*) FROM product_event").fetchone()
        if count and count[0]:
            return int(count[0])
        with connection.cursor().copy("COPY product_event FROM STDIN") as copy:
            written = 0
            for row in _events(settings, datetime.now(UTC)):
                copy.write_row(row)
                written += 1
        return written


def _events(settings: Settings, now: datetime) -> Iterator[tuple[int, str, str, datetime, datetime]]:
    draw = random.Random(f"{settings.seed}/warehouse")  # noqa: S311 (a draw that has to repeat, not a secret)
    number = 0
    for person in population(settings.seed, settings.size).persons:
        if not person.email or draw.random() > ACTIVE_SHARE:
            continue
        for _ in range(draw.randint(1, 12)):
            number += 1
            at = now - timedelta(seconds=draw.randrange(60, DAYS * 86_400))
            yield number, person.email, draw.choices(TYPES, WEIGHTS)[0], at, at
