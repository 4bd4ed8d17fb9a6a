"""Reports and scores as pandas frames, in pieces: for CSV files, notebooks and mail; never a whole list in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

ROWS = 10_000  # rows of a piece

_JOURNAL = """
SELECT c.id, c.run_id, c.phase, c.side, c.kind, c.object, c.record_id, c.state, c.code, c.what_to_do, c.epoch_id,
    c.attempts, c.planned_at, c.sent_at, c.done_at, c.before, c.after, c.why
FROM change c WHERE c.run_id = :run ORDER BY c.id
"""
_SCORES = """
SELECT s.prospect_id, s.email, s.value, s.exact, s.epoch_id, e.through, e.sealed_at
FROM score s JOIN score_epoch e ON e.id = s.epoch_id WHERE s.sync = :sync ORDER BY s.value DESC, s.prospect_id
"""
_BALANCE = """
SELECT r.id AS run, r.sync, r.key, r.state, r.started_at, c.phase, c.state AS fate, count(*) AS rows
FROM run r JOIN change c ON c.run_id = r.id WHERE r.sync = :sync
GROUP BY r.id, c.phase, c.state ORDER BY r.id DESC, c.phase, c.state
"""


def journal_frames(conn: Connection, run_id: int) -> Iterator[pd.DataFrame]:
    """A run's journal, piece by piece, in the order in which it was planned; before, after and why are mappings.

    Holds people's data.
    """
    return _frames(conn, _JOURNAL, {"run": run_id})


def score_frames(conn: Connection, sync: str) -> Iterator[pd.DataFrame]:
    """A list's sealed scores, highest first, piece by piece, each with the epoch that set it.

    Holds people's addresses.
    """
    return _frames(conn, _SCORES, {"sync": sync})


def balance_frame(conn: Connection, sync: str) -> pd.DataFrame:
    """A row for each run and task of a sync, a column for each fate, and whether the books balance. Counts only."""
    pieces = list(_frames(conn, _BALANCE, {"sync": sync}))
    if not pieces:
        return pd.DataFrame(columns=["run", "key", "phase", "planned", "balances"])
    found = pd.concat(pieces, ignore_index=True)
    table = found.pivot_table(
        index=["run", "key", "phase"], columns="fate", values="rows", aggfunc="sum", fill_value=0
    ).sort_index(ascending=[False, True, True])
    table["planned"] = table.sum(axis=1)
    fates = [fate for fate in ("applied", "rejected", "held", "skipped") if fate in table.columns]
    table["balances"] = table[fates].sum(axis=1) == table["planned"]
    return table.reset_index()


def write_csv(pieces: Iterator[pd.DataFrame], path: Path) -> int:
    """Write all pieces into one CSV file, as they come. Returns the number of rows."""
    rows = 0
    for piece in pieces:
        piece.to_csv(path, mode="a" if rows else "w", header=not rows, index=False)
        rows += len(piece)
    if not rows:
        path.write_text("", encoding="utf-8")
    return rows


def _frames(conn: Connection, statement: str, values: Mapping[str, Any]) -> Iterator[pd.DataFrame]:
    streamed = conn.execution_options(stream_results=True)
    return pd.read_sql_query(text(statement), streamed, params=dict(values), chunksize=ROWS)
