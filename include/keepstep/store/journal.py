"""The journal: each planned write, committed as sent before its call and with its outcome after it.

States: planned -> sent -> applied | rejected, or straight to held | skipped. A row that is still `sent` when a task
starts is in doubt: it is read back before anything is sent again. `planned` rows were never sent and may be dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from keepstep.core.model import Kind, Phase, Side, Values


@dataclass(frozen=True, slots=True)
class Change:
    """A journal entry that is about to be sent, or that is in doubt."""

    id: int
    run_id: int
    operation_id: str
    phase: Phase
    side: Side
    kind: Kind
    object: str
    record_id: str | None
    crm_key: str | None
    prospect_id: str | None
    generation: int
    email: str | None
    list_id: str | None
    external_id: str | None
    before: Values
    after: Values
    refers: Mapping[str, str]  # field -> id of the record that it refers to
    epoch_id: int | None
    current: Values  # the target as last read, by its system's own names; empty for a create
    status: str
    opted_out: bool
    owner: str | None  # who owns the target, as last read


@dataclass(frozen=True, slots=True)
class Address:
    """Where a run's changes go: what every row of the journal says beside the decision."""

    run_id: int
    sync: str
    phase: Phase
    connections: Mapping[Side, str]
    list_id: str


_CLAIM = """
WITH mine AS (
    SELECT c.id FROM change c
    LEFT JOIN change n ON n.run_id = c.run_id AND n.operation_id = c.needs
    WHERE c.run_id = :run AND c.phase = :phase AND c.side = :side AND c.state = 'planned' AND c.object = :object
      AND (c.needs IS NULL OR n.state = 'applied')
      AND NOT EXISTS (SELECT FROM change o WHERE o.state = 'sent' AND o.connection = c.connection
          AND o.object = c.object AND o.record_id = c.record_id)
      AND NOT EXISTS (SELECT FROM link l WHERE c.epoch_id IS NOT NULL AND c.side = 'crm'
          AND l.crm_connection = c.connection AND l.crm_object = c.object AND l.crm_id = c.record_id
          AND l.pushed_epoch > c.epoch_id)
    ORDER BY c.id LIMIT :n FOR UPDATE OF c SKIP LOCKED
)
UPDATE change c SET state = 'sent', attempts = c.attempts + 1, sent_at = :now,
    refers = CASE WHEN c.needs IS NULL THEN c.refers ELSE jsonb_build_object(CAST(:field AS text), (
        SELECT n.record_id FROM change n WHERE n.run_id = c.run_id AND n.operation_id = c.needs)) END
FROM mine WHERE c.id = mine.id
"""


_READ = """
SELECT c.id, c.run_id, c.operation_id, c.phase, c.side, c.kind, c.object, c.record_id, c.crm_key, c.prospect_id,
    c.generation, c.email, c.list_id, c.external_id, c.before, c.after, c.refers, c.epoch_id,
    coalesce(r.fields, p.fields, '{}') AS current, coalesce(r.status, p.status, 'active') AS status,
    coalesce(r.opted_out, p.opted_out, false) AS opted_out, coalesce(r.owner, p.owner) AS owner
FROM change c
LEFT JOIN crm_record r ON c.side = 'crm' AND r.connection = c.connection AND r.object = c.object AND r.id = c.record_id
LEFT JOIN prospect p ON c.side = 'platform' AND p.connection = c.connection AND p.id = c.record_id
"""


def claim(
    conn: Connection, address: Address, side: Side, object_name: str, limit: int, now: datetime, reference: str
) -> list[Change]:
    """Take the next planned writes and commit them as sent: after this, they must be settled before any other.

    No two workers take one row, and a record that another sync is writing to right now is left for later. The fencing
    token: a score of an older epoch than the one that was last written to its record is never taken. `reference` names
    the field of a row that waits for the record of another operation.
    """
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtext(:lock))"), {"lock": address.connections[side]})
    rows = conn.execute(
        text(_CLAIM + " RETURNING c.id"),
        {
            "run": address.run_id,
            "phase": address.phase.value,
            "side": side.value,
            "object": object_name,
            "n": limit,
            "now": now,
            "field": reference,
        },
    )
    ids = [row.id for row in rows]
    return _changes(conn, "WHERE c.id = ANY(:ids) ORDER BY c.id", {"ids": ids}) if ids else []


def in_doubt(conn: Connection, sync: str, limit: int = 1000) -> list[Change]:
    """Writes of this sync that were sent and whose outcome was never noted, by whatever run."""
    return _changes(
        conn, "WHERE c.sync = :sync AND c.state = 'sent' ORDER BY c.id LIMIT :n", {"sync": sync, "n": limit}
    )


def _changes(conn: Connection, where: str, values: Mapping[str, Any]) -> list[Change]:
    return [
        Change(
            id=row["id"],
            run_id=row["run_id"],
            operation_id=row["operation_id"],
            phase=Phase(row["phase"]),
            side=Side(row["side"]),
            kind=Kind(row["kind"]),
            object=row["object"],
            record_id=row["record_id"],
            crm_key=row["crm_key"],
            prospect_id=row["prospect_id"],
            generation=row["generation"],
            email=row["email"],
            list_id=row["list_id"],
            external_id=row["external_id"],
            before=row["before"] or {},
            after=row["after"] or {},
            refers=row["refers"] or {},
            epoch_id=row["epoch_id"],
            current=row["current"],
            status=row["status"],
            opted_out=row["opted_out"],
            owner=row["owner"],
        )
        for row in conn.execute(text(f"{_READ} {where}"), values, execution_options={"yield_per": 500}).mappings()
    ]


def plan_again(conn: Connection, change_ids: Sequence[int]) -> None:
    """These were not sent, or did not land: they may be sent again."""
    conn.execute(
        text("UPDATE change SET state = 'planned', code = NULL, sent_at = NULL WHERE id = ANY(:ids)"),
        {"ids": list(change_ids)},
    )


def close(conn: Connection, state: str, fates: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Note the fate of rows that end without having been applied; each fate has id, code and what_to_do."""
    if fates:
        conn.execute(
            text(
                "UPDATE change SET state = :state, code = :code, what_to_do = :what_to_do, done_at = :now"
                " WHERE id = :id"
            ),
            [{"state": state, "now": now, **fate} for fate in fates],
        )


def hold_stale(conn: Connection, address: Address, now: datetime) -> None:
    """The fencing token: hold planned scores of an older epoch than the one that was last written to their record."""
    conn.execute(
        text(
            "UPDATE change c SET state = 'held', code = 'stale_epoch', done_at = :now,"
            " what_to_do = 'a newer score epoch was written to this record already: run the sync again'"
            " FROM link l WHERE c.run_id = :run AND c.phase = :phase AND c.state = 'planned' AND c.side = 'crm'"
            " AND c.epoch_id IS NOT NULL AND l.crm_connection = c.connection"
            " AND l.crm_object = c.object AND l.crm_id = c.record_id"
            " AND l.pushed_epoch > c.epoch_id"
        ),
        {"run": address.run_id, "phase": address.phase.value, "now": now},
    )


def hold_doubtful(conn: Connection, address: Address) -> None:
    """Leave what got no answer twice for the next run, which reads it back first; until then it counts as held."""
    conn.execute(
        text(
            "UPDATE change SET code = 'in_doubt', what_to_do = 'no answer came; the next run reads it back first'"
            " WHERE run_id = :run AND phase = :phase AND state = 'sent'"
        ),
        {"run": address.run_id, "phase": address.phase.value},
    )


def hold_unclaimed(conn: Connection, address: Address, now: datetime) -> None:
    """Hold what is left over when nothing more can be claimed, and say why."""
    conn.execute(
        text(
            "UPDATE change c SET state = 'held', done_at = :now,"
            " code = CASE WHEN c.needs IS NULL THEN 'busy' ELSE 'company_not_made' END,"
            " what_to_do = CASE WHEN c.needs IS NULL"
            " THEN 'another sync is writing to this record; the next run tries again'"
            " ELSE 'its company could not be made: see that row' END"
            " WHERE c.run_id = :run AND c.phase = :phase AND c.state = 'planned'"
        ),
        {"run": address.run_id, "phase": address.phase.value, "now": now},
    )


def count_conflicts(conn: Connection, run_id: int, phase: Phase) -> int:
    """Fields that both sides changed differently, as this task found them."""
    found = conn.execute(
        text("SELECT count(*) FROM conflict WHERE run_id = :run AND phase = :phase"),
        {"run": run_id, "phase": phase.value},
    ).scalar_one()
    return int(found)


def leave_for_later(conn: Connection, address: Address, why: str, now: datetime) -> int:
    """Close what is planned and can't be sent now: no calls are left. The pairs stay where they wait.

    Returns how many.
    """
    return conn.execute(
        text(
            "UPDATE change SET state = 'skipped', code = 'api_budget', what_to_do = :why, done_at = :now"
            " WHERE run_id = :run AND phase = :phase AND state = 'planned'"
        ),
        {"run": address.run_id, "phase": address.phase.value, "why": why, "now": now},
    ).rowcount


_COUNT = """
SELECT count(*) AS planned,
    count(*) FILTER (WHERE state = 'applied') AS applied, count(*) FILTER (WHERE state = 'rejected') AS rejected,
    count(*) FILTER (WHERE state = 'held' OR (state = 'sent' AND code = 'in_doubt')) AS held,
    count(*) FILTER (WHERE state = 'skipped') AS skipped,
    count(*) FILTER (WHERE state = 'planned' OR (state = 'sent' AND code IS NULL)) AS open
FROM change WHERE run_id = :run AND (CAST(:phase AS text) IS NULL OR phase = :phase)
"""


def counts(conn: Connection, run_id: int, phase: Phase | None) -> dict[str, int]:
    """How many rows of a run (of one phase, or of all) are in which state; `open` ones have no fate yet."""
    row = conn.execute(text(_COUNT), {"run": run_id, "phase": phase.value if phase else None}).mappings().one()
    return dict(row)
