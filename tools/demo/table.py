"""What the runs of a round did, a row a sync, as the store tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row
from rich import box
from rich.table import Table

FIGURES = """
SELECT r.sync, sum(phases.pulled)::int AS pulled, sum(phases.scored)::int AS scored, sum(phases.calls)::int AS calls,
       sum(phases.seconds)::float8 AS seconds, sum(changes.planned)::int AS planned,
       sum(changes.applied)::int AS applied, sum(changes.rejected)::int AS rejected, sum(changes.held)::int AS held,
       sum(changes.skipped)::int AS skipped
FROM run r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.read) FILTER (WHERE p.phase = 'pull'), 0) AS pulled, coalesce(sum(p.scored), 0) AS scored,
           coalesce(sum(p.crm_calls + p.platform_calls), 0) AS calls, coalesce(sum(p.seconds), 0) AS seconds
    FROM phase p WHERE p.run_id = r.id) AS phases
CROSS JOIN LATERAL (
    SELECT count(*) AS planned, count(*) FILTER (WHERE c.state = 'applied') AS applied,
           count(*) FILTER (WHERE c.state = 'rejected') AS rejected, count(*) FILTER (WHERE c.state = 'held') AS held,
           count(*) FILTER (WHERE c.state = 'skipped') AS skipped
    FROM change c WHERE c.run_id = r.id) AS changes
WHERE r.key = ANY(%s) GROUP BY r.sync ORDER BY min(r.id)
"""


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one sync in one round; with a maintenance Dag of its own, of both runs together."""

    sync: str
    pulled: int = 0
    scored: int = 0
    calls: int = 0
    seconds: float = 0.0
    planned: int = 0
    applied: int = 0
    rejected: int = 0
    held: int = 0
    skipped: int = 0

    @property
    def balances(self) -> bool:
        """Every planned row has a fate."""
        return self.planned == self.applied + self.rejected + self.held + self.skipped


def figures(store_url: str, keys: Iterable[str]) -> list[Line]:
    """The lines of the runs with these keys (Dag run ids), from the store's tables and not from what tasks say."""
    with psycopg.connect(store_url) as connection, connection.cursor(row_factory=class_row(Line)) as cursor:
        return cursor.execute(FIGURES, (list(keys),)).fetchall()


def table(lines: Sequence[Line], titles: Mapping[str, str], equal: Mapping[str, bool], title: str) -> Table:
    """A table for the terminal."""
    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    drawn.add_column("sync", no_wrap=True)
    names = ("pulled", "scored", "planned", "applied", "rejected", "held", "skipped")
    for name in (*names, "API calls", "seconds"):
        drawn.add_column(name, justify="right", no_wrap=True)
    drawn.add_column("balance")
    drawn.add_column("scores")
    for line in lines:
        drawn.add_row(
            titles.get(line.sync, line.sync),
            *(f"{getattr(line, name)}" for name in names),
            f"{line.calls}",
            f"{line.seconds:.1f}",
            "ok" if line.balances else "OPEN",
            "equal" if equal.get(line.sync) else "DIFFER",
        )
    return drawn
