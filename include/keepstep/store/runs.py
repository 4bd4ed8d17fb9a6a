"""Runs and their tasks: opened once by key, taken up again after a kill, fenced against a worker that was given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from keepstep.core.errors import Bug, Refusal
from keepstep.core.model import Phase


class Superseded(Bug):
    """Another worker took this task over: this one must stop without sending anything more."""


@dataclass(frozen=True, slots=True)
class PhaseState:
    """How far a task of a run is."""

    attempt: int
    planned: bool  # the plan is complete
    done: bool
    refused: bool
    approved: bool


def open_run(
    conn: Connection, sync: str, key: str, settings: tuple[str, str, str], interval_end: datetime, dry: bool
) -> tuple[int, datetime, bool]:
    """Open a run, or find it again by its key. `settings` are hash, text and title of the sync file.

    Returns:
        Its id, and the interval's end and dryness that it was opened with.
    """
    values = {
        "sync": sync,
        "key": key,
        "hash": settings[0],
        "text": settings[1],
        "title": settings[2],
        "end": interval_end,
        "dry": dry,
    }
    conn.execute(text("INSERT INTO settings (hash, text) VALUES (:hash, :text) ON CONFLICT (hash) DO NOTHING"), values)
    conn.execute(
        text(
            "INSERT INTO sync (name, settings_hash, title) VALUES (:sync, :hash, :title) ON CONFLICT (name) DO UPDATE"
            " SET settings_hash = excluded.settings_hash, title = excluded.title, loaded_at = now()"
        ),
        values,
    )
    conn.execute(
        text(
            "INSERT INTO run (sync, key, interval_end, dry, settings_hash) VALUES (:sync, :key, :end, :dry, :hash)"
            " ON CONFLICT (sync, key) DO NOTHING"
        ),
        values,
    )
    row = conn.execute(text("SELECT id, interval_end, dry FROM run WHERE sync = :sync AND key = :key"), values).one()
    return row.id, row.interval_end, row.dry


def begin_phase(conn: Connection, run_id: int, phase: Phase) -> PhaseState:
    """Take this task over: a worker that had it before is superseded from now on."""
    row = conn.execute(
        text(
            "INSERT INTO phase (run_id, phase, attempt) VALUES (:run, :phase, 1)"
            " ON CONFLICT (run_id, phase) DO UPDATE SET attempt = phase.attempt + 1"
            " RETURNING attempt, planned_at, done_at, refusals, approved_at"
        ),
        {"run": run_id, "phase": phase.value},
    ).one()
    return PhaseState(
        attempt=row.attempt,
        planned=row.planned_at is not None,
        done=row.done_at is not None,
        refused=row.refusals is not None,
        approved=row.approved_at is not None,
    )


def still_mine(conn: Connection, run_id: int, phase: Phase, attempt: int) -> None:
    """Raises Superseded where another worker took this task over; else keeps it from doing so in this transaction."""
    now = conn.execute(
        text("SELECT attempt FROM phase WHERE run_id = :run AND phase = :phase FOR SHARE"),
        {"run": run_id, "phase": phase.value},
    ).scalar_one()
    if now != attempt:
        raise Superseded(f"run {run_id}: another worker took over {phase.value}; this one stops")


def replan(conn: Connection, run_id: int, phase: Phase) -> None:
    """This task is done from the beginning: what it planned, was refused and was approved for no longer counts."""
    conn.execute(
        text(
            "UPDATE phase SET planned_at = NULL, done_at = NULL, refusals = NULL, approved_by = NULL,"
            " approved_at = NULL, notes = '[]' WHERE run_id = :run AND phase = :phase"
        ),
        {"run": run_id, "phase": phase.value},
    )


def planned(conn: Connection, run_id: int, phase: Phase, refusals: Sequence[Refusal], now: datetime) -> None:
    """The plan is complete; with refusals, it waits for a person."""
    conn.execute(
        text(
            "UPDATE phase SET planned_at = :now, refusals = CAST(:refusals AS jsonb)"
            " WHERE run_id = :run AND phase = :phase"
        ),
        {
            "run": run_id,
            "phase": phase.value,
            "now": now,
            "refusals": orjson.dumps([asdict(one) for one in refusals]).decode() if refusals else None,
        },
    )


def refusals(conn: Connection, run_id: int, phase: Phase) -> tuple[Refusal, ...]:
    """Why this plan waits for a person."""
    found = conn.execute(
        text("SELECT refusals FROM phase WHERE run_id = :run AND phase = :phase"),
        {"run": run_id, "phase": phase.value},
    ).scalar_one_or_none()
    return tuple(Refusal(**one) for one in found or ())


def approve(conn: Connection, run_id: int, phase: Phase, by: str, now: datetime) -> None:
    """Somebody looked at this plan and says: apply it."""
    conn.execute(
        text(
            "UPDATE phase SET approved_by = :by, approved_at = :now"
            " WHERE run_id = :run AND phase = :phase AND planned_at IS NOT NULL"
        ),
        {"run": run_id, "phase": phase.value, "by": by, "now": now},
    )


def add_costs(conn: Connection, run_id: int, phase: Phase, costs: dict[str, Any]) -> None:
    """Add to what this task has read and cost: read, crm_calls, platform_calls, seconds."""
    conn.execute(
        text(
            "UPDATE phase SET read = read + :read, crm_calls = crm_calls + :crm_calls,"
            " platform_calls = platform_calls + :platform_calls, seconds = seconds + :seconds"
            " WHERE run_id = :run AND phase = :phase"
        ),
        {"run": run_id, "phase": phase.value, **costs},
    )


def add_usage(conn: Connection, connection: str, calls: int, left: int | None, now: datetime) -> None:
    """Add to the calls made over a connection that day (UTC); `left` is what remains, where the other side tells."""
    conn.execute(
        text(
            'INSERT INTO api_usage AS day (connection, day, calls, "left") VALUES (:connection, :day, :calls, :left)'
            " ON CONFLICT (connection, day) DO UPDATE SET calls = day.calls + excluded.calls,"
            ' "left" = coalesce(excluded."left", day."left")'
        ),
        {"connection": connection, "day": now.astimezone(UTC).date(), "calls": calls, "left": left},
    )


def finish_phase(
    conn: Connection, run_id: int, phase: Phase, now: datetime, notes: Sequence[str], epoch: int | None, scored: int
) -> None:
    """This task is done."""
    conn.execute(
        text(
            "UPDATE phase SET done_at = :now, notes = CAST(:notes AS jsonb), epoch_id = :epoch, scored = :scored"
            " WHERE run_id = :run AND phase = :phase"
        ),
        {
            "run": run_id,
            "phase": phase.value,
            "now": now,
            "notes": orjson.dumps(list(notes)).decode(),
            "epoch": epoch,
            "scored": scored,
        },
    )


def set_state(conn: Connection, run_id: int, state: str) -> None:
    """How the run stands: running, waiting (for a person's approval), failed (a task ended by an error), finished."""
    conn.execute(text("UPDATE run SET state = :state WHERE id = :run"), {"run": run_id, "state": state})


def finish_run(conn: Connection, run_id: int, state: str, report: dict[str, Any], now: datetime) -> None:
    """This run is over: finished, or failed; its report stays."""
    conn.execute(
        text("UPDATE run SET state = :state, report = CAST(:report AS jsonb), ended_at = :now WHERE id = :run"),
        {"run": run_id, "state": state, "now": now, "report": orjson.dumps(report, default=str).decode()},
    )


_PHASE_ROW = """
SELECT coalesce(sum(read), 0) AS read, coalesce(sum(crm_calls), 0) AS crm_calls,
    coalesce(sum(platform_calls), 0) AS platform_calls, coalesce(sum(seconds), 0) AS seconds,
    max(epoch_id) AS epoch, coalesce(sum(scored), 0) AS scored
FROM phase WHERE run_id = :run AND (CAST(:phase AS text) IS NULL OR phase = :phase)
"""


def costs(conn: Connection, run_id: int, phase: Phase | None) -> dict[str, Any]:
    """What one task, or the whole run, has read and cost so far."""
    row = conn.execute(text(_PHASE_ROW), {"run": run_id, "phase": phase.value if phase else None}).mappings().one()
    whole = ("read", "crm_calls", "platform_calls", "scored")
    return {name: int(value) if name in whole else value for name, value in row.items()}
