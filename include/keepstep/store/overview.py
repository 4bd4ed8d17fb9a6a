"""What the pages and task links show: runs, their balance and open errors, by reads alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, select

from keepstep.core.model import Phase, Side
from keepstep.store import journal
from keepstep.store.database import Store
from keepstep.store.tables import change, phase, run, sync, sync_error


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run: what it planned and what became of it."""

    id: int
    key: str
    state: str  # running | waiting | finished | failed
    dry: bool
    interval_end: datetime
    started_at: datetime
    ended_at: datetime | None
    planned: int = 0
    applied: int = 0
    rejected: int = 0
    held: int = 0
    skipped: int = 0

    @property
    def open(self) -> int:
        """Rows that have no fate yet."""
        return self.planned - self.applied - self.rejected - self.held - self.skipped

    @property
    def balances(self) -> bool:
        """Every planned row has a fate."""
        return self.open == 0


@dataclass(frozen=True, slots=True)
class SyncLine:
    """What the store knows of one sync."""

    name: str
    list_id: str | None = None
    runs: tuple[RunLine, ...] = ()  # the newest first
    errors: Mapping[str, int] = field(default_factory=dict)  # code -> open sync errors


@dataclass(frozen=True, slots=True)
class PlanCount:
    """So many operations of one kind in a plan."""

    side: str
    object: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Calls:
    """API calls that a run made so far, to each side."""

    crm: int
    platform: int


@dataclass(frozen=True, slots=True)
class Place:
    """A record that a link may lead to."""

    object: str
    record_id: str


def overview(store: Store, runs: int = 5) -> dict[str, SyncLine]:
    """Every sync that ever ran, by name, with its last `runs` runs and its open errors."""
    with store.begin() as connection:
        lists = {row.name: row.list_id for row in connection.execute(select(sync.c.name, sync.c.list_id))}
        lines = _runs(connection, runs)
        errors = _errors(connection)
    names = sorted(lists.keys() | lines.keys() | errors.keys())
    return {n: SyncLine(n, lists.get(n), tuple(lines.get(n, ())), errors.get(n, {})) for n in names}


def plan_counts(store: Store, run_id: int, of: Phase) -> tuple[PlanCount, ...]:
    """How many operations of each kind the plan of a phase has, the largest number first."""
    query = (
        select(change.c.side, change.c.object, change.c.kind, func.count().label("count"))
        .where(change.c.run_id == run_id, change.c.phase == of.value, change.c.kind != "none")
        .group_by(change.c.side, change.c.object, change.c.kind)
        .order_by(func.count().desc(), change.c.side, change.c.object, change.c.kind)
    )
    with store.begin() as connection:
        return tuple(PlanCount(row.side, row.object, row.kind, row[3]) for row in connection.execute(query))


def telling_record(store: Store, run_id: int, side: Side) -> Place | None:
    """A record of that side that this run was about: a rejected or held one if there is one, else a written one."""
    order = case((change.c.state == "rejected", 0), (change.c.state == "held", 1), else_=2)
    query = (
        select(change.c.object, change.c.record_id)
        .where(change.c.run_id == run_id, change.c.side == side.value, change.c.record_id.is_not(None))
        .order_by(order, change.c.id)
        .limit(1)
    )
    with store.begin() as connection:
        row = connection.execute(query).first()
    return Place(row.object, row.record_id) if row else None


def calls_made(store: Store, run_id: int) -> Calls:
    """What a run has spent, over all its tasks and their attempts."""
    query = select(
        func.coalesce(func.sum(phase.c.crm_calls), 0).label("crm"),
        func.coalesce(func.sum(phase.c.platform_calls), 0).label("platform"),
    ).where(phase.c.run_id == run_id)
    with store.begin() as connection:
        row = connection.execute(query).one()
    return Calls(int(row.crm), int(row.platform))


def list_id(store: Store, name: str) -> str | None:
    """The platform's id of a sync's list; None before the list was found or made."""
    with store.begin() as connection:
        found: str | None = connection.scalar(select(sync.c.list_id).where(sync.c.name == name))
        return found


def _runs(connection: Connection, runs: int) -> dict[str, list[RunLine]]:
    lines: dict[str, list[RunLine]] = {}
    for row in connection.execute(select(run).where(run.c.id.in_(_newest(runs))).order_by(run.c.id.desc())):
        lines.setdefault(row.sync, []).append(run_line(connection, row))
    return lines


def run_line(connection: Connection, row: Row[Any]) -> RunLine:
    """A row of the table of runs, with its figures."""
    return RunLine(
        id=row.id,
        key=row.key,
        state=row.state,
        dry=row.dry,
        interval_end=row.interval_end,
        started_at=row.started_at,
        ended_at=row.ended_at,
        **_figures(connection, row.id),
    )


def _figures(connection: Connection, run_id: int) -> dict[str, int]:
    """Counted in the journal itself, not taken from a report: this is what the balance is judged by."""
    found = journal.counts(connection, run_id, None)
    return {name: found[name] for name in ("planned", "applied", "rejected", "held", "skipped")}


def _newest(runs: int) -> Select[Any]:
    """The ids of the last runs of each sync."""
    place = func.row_number().over(partition_by=run.c.sync, order_by=run.c.id.desc())
    numbered = select(run.c.id, place.label("place")).subquery()
    return select(numbered.c.id).where(numbered.c.place <= runs)


def _errors(connection: Connection) -> dict[str, dict[str, int]]:
    query = (
        select(sync_error.c.sync, sync_error.c.code, func.count())
        .where(sync_error.c.closed_at.is_(None))
        .group_by(sync_error.c.sync, sync_error.c.code)
        .order_by(sync_error.c.sync, func.count().desc(), sync_error.c.code)
    )
    found: dict[str, dict[str, int]] = {}
    for name, code, count in connection.execute(query):
        found.setdefault(name, {})[code] = count
    return found
