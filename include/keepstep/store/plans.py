"""A plan in the journal: written in chunks by COPY, made anew where it was not finished, and told in figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from keepstep.core.model import Decision, Held, Operation, Pair, Side, Skipped
from keepstep.core.plan import digest
from keepstep.store.bulk import append_rows
from keepstep.store.journal import Address

_COLUMNS = (
    "run_id, operation_id, sync, phase, side, connection, kind, object, record_id, pair, crm_key, prospect_id,"
    " generation, email, list_id, external_id, before, after, why, epoch_id, refers, state, code, what_to_do, done_at"
)


# JSON is handed over as text: told its type, the driver would encode it once more.
_TYPES = ["int8", *["text"] * 11, "int4", *["text"] * 6, "int8", *["text"] * 4, "timestamptz"]


_STAGE = f"""
CREATE TEMP TABLE IF NOT EXISTS planned ON COMMIT DELETE ROWS AS SELECT {_COLUMNS} FROM change WITH NO DATA
"""


_INSERT = f"""
INSERT INTO change ({_COLUMNS}) SELECT {_COLUMNS} FROM planned ORDER BY pair, operation_id
ON CONFLICT (run_id, operation_id) DO UPDATE SET
    state = excluded.state, code = excluded.code, what_to_do = excluded.what_to_do, done_at = excluded.done_at
WHERE change.state = 'skipped' AND change.code = 'superseded'
"""


def drop_unsent(conn: Connection, address: Address, now: datetime) -> None:
    """Forget what this run planned in this phase and never sent, and close what was refused: it is planned anew."""
    values = {"run": address.run_id, "phase": address.phase.value, "now": now}
    conn.execute(
        text(
            "DELETE FROM change WHERE run_id = :run AND phase = :phase AND state IN ('planned', 'held', 'skipped')"
            " AND attempts = 0"
        ),
        values,
    )
    conn.execute(
        text(
            "UPDATE change SET state = 'skipped', code = 'superseded', what_to_do = 'the task was run again',"
            " done_at = :now WHERE run_id = :run AND phase = :phase AND state IN ('planned', 'held', 'rejected')"
        ),
        values,
    )


def supersede_older(conn: Connection, address: Address, now: datetime) -> None:
    """Close what an earlier run of this sync planned and never sent."""
    conn.execute(
        text(
            "UPDATE change SET state = 'skipped', code = 'superseded', what_to_do = 'a later run planned anew',"
            " done_at = :now WHERE sync = :sync AND run_id <> :run AND state = 'planned'"
        ),
        {"sync": address.sync, "run": address.run_id, "now": now},
    )


def record(conn: Connection, address: Address, decided: Iterable[tuple[Pair, Decision]], now: datetime) -> int:
    """Write a chunk of a plan into the journal. Returns its number of rows."""
    conn.execute(text(_STAGE))
    conflicts: list[dict[str, Any]] = []

    def entries() -> Iterator[tuple[object, ...]]:
        for pair, decision in decided:
            yield from _entries(address, pair, decision, now)
            conflicts.extend(_conflicts(address, decision))

    rows = append_rows(conn, f"planned ({_COLUMNS})", _TYPES, entries())
    conn.execute(text(_INSERT))
    conn.execute(text("TRUNCATE planned"))
    if conflicts:
        conn.execute(text(_CONFLICT), conflicts)
    return rows


def _entries(address: Address, pair: Pair, decision: Decision, now: datetime) -> Iterator[tuple[object, ...]]:
    crm_key = f"{pair.crm.object}:{pair.crm.record_id}" if pair.crm else None
    prospect_id = pair.platform.record_id if pair.platform else None
    for operation in decision.operations:
        yield (
            *_head(address, operation.id, operation.side, operation.kind.value, operation.object, operation.record_id),
            *(pair.key, crm_key, prospect_id, operation.generation, operation.email),
            address.list_id if operation.side is Side.PLATFORM else None,
            operation.external_id,
            _json(operation.before),
            _json(operation.after),
            _json(operation.why),
            *(operation.epoch, _json(operation.refers) if operation.refers else None, "planned", None, None, None),
        )
    fates: tuple[Held | Skipped, ...] = (*decision.held, *decision.skipped)
    for fate in fates:
        held = isinstance(fate, Held)
        why = fate.what_to_do if isinstance(fate, Held) else fate.why
        mark = digest([pair.key, address.phase, fate.side, fate.code, pair.generation])
        yield (
            *_head(address, mark, fate.side, "none", fate.object or "row", fate.record_id),
            *(pair.key, crm_key, prospect_id, pair.generation, None, None, None, None, None),
            _json({"": why}),
            *(None, None, "held" if held else "skipped", fate.code, why, now),
        )


def _head(
    address: Address, operation_id: str, side: Side, kind: str, object_name: str, record_id: str | None
) -> tuple[object, ...]:
    return (
        *(address.run_id, operation_id, address.sync, address.phase.value, side.value, address.connections[side]),
        *(kind, object_name, record_id),
    )


def _json(values: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(values)).decode()


_CONFLICT = """
INSERT INTO conflict (run_id, pair, field, phase, crm, platform, base, winner, why)
VALUES (:run, :pair, :field, :phase, CAST(:crm AS jsonb), CAST(:platform AS jsonb), CAST(:base AS jsonb), :winner, :why)
ON CONFLICT (run_id, pair, field, phase) DO NOTHING
"""


def _conflicts(address: Address, decision: Decision) -> Iterator[dict[str, Any]]:
    for one in decision.conflicts:
        yield {
            "run": address.run_id,
            "pair": one.pair,
            "field": one.field,
            "phase": address.phase.value,
            "crm": orjson.dumps(one.crm).decode(),
            "platform": orjson.dumps(one.platform).decode(),
            "base": orjson.dumps(one.base).decode(),
            "winner": one.winner.value if one.winner else None,
            "why": one.why,
        }


def entry(address: Address, operation: Operation, state: str, code: str | None = None) -> dict[str, Any]:
    """A journal row for an operation that no pair stands behind (a company that people need)."""
    return {
        "run_id": address.run_id,
        "operation_id": operation.id,
        "sync": address.sync,
        "phase": address.phase.value,
        "side": operation.side.value,
        "connection": address.connections[operation.side],
        "kind": operation.kind.value,
        "object": operation.object,
        "pair": operation.pair,
        "external_id": operation.external_id,
        "before": {},
        "after": dict(operation.after),
        "why": dict(operation.why),
        "state": state,
        "code": code,
    }


def skip_planned(conn: Connection, address: Address, now: datetime) -> None:
    """Close a dry run's plan: it was looked at, and nothing of it is sent."""
    conn.execute(
        text(
            "UPDATE change SET state = 'skipped', code = 'dry_run', what_to_do = 'a dry run writes nothing',"
            " done_at = :now WHERE run_id = :run AND phase = :phase AND state = 'planned'"
        ),
        {"run": address.run_id, "phase": address.phase.value, "now": now},
    )


_FIGURES = """
SELECT count(*) FILTER (WHERE kind = 'remove' OR c.after ->> 'crm_id' = CAST(:marker AS text)) AS removed,
    count(*) FILTER (WHERE kind = 'update' AND EXISTS (
        SELECT FROM jsonb_each(c.before) b WHERE b.key <> :score AND b.value <> 'null'
          AND c.after -> b.key <> 'null')) AS updated,
    count(*) FILTER (WHERE kind = 'update' AND EXISTS (
        SELECT FROM jsonb_each(c.before) b
        WHERE (b.value <> 'null' AND c.after -> b.key = 'null')
           OR (b.key = :score AND b.value NOT IN ('null', '0') AND c.after -> b.key = '0'))) AS blanked
FROM change c WHERE run_id = :run AND phase = :phase AND state = 'planned'
"""


def figures(
    conn: Connection, address: Address, score_field: str, deleted_marker: str | None = None
) -> tuple[int, int, int]:
    """Of what is planned: rows removed, rows with a value overwritten, rows with a value cleared or a score zeroed.

    A prospect that is marked as deleted in the CRM (`deleted_marker` in its field with the CRM's id) is a removed one.
    """
    given = {"run": address.run_id, "phase": address.phase.value, "score": score_field, "marker": deleted_marker}
    row = conn.execute(text(_FIGURES), given).one()
    return row.removed, row.updated, row.blanked
