"""Score epochs and the fence: scores are published and sealed in one transaction, and only sealed ones are pushed.

An epoch is `open` while its scores are computed, `sealed` once they are final, `abandoned` where another one was opened
meanwhile. The table `score` holds what the newest sealed epoch of each sync says, never what an open one may say;
`keepstep.store.publish` fills it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, text

from keepstep.core.errors import FenceRefused
from keepstep.core.model import EpochId
from keepstep.store.database import Store


class EpochState(StrEnum):
    """How far an epoch is."""

    OPEN = "open"
    SEALED = "sealed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch as the store has it."""

    id: EpochId
    sync: str
    run_id: int
    through: datetime  # aware, UTC: the scores are final through this moment
    state: EpochState
    column_written: bool  # the platform list's score column has it
    members: int | None = None  # people on the list when it was sealed
    published: int | None = None  # of them, those whose score was new or differed from before

    @property
    def sealed(self) -> bool:
        """Its scores are final."""
        return self.state is EpochState.SEALED


@dataclass(frozen=True, slots=True)
class SealedEpoch:
    """An epoch that the fence lets through."""

    id: EpochId
    sync: str
    run_id: int
    through: datetime


_COLUMNS = "id, sync, run_id, through, state, column_written, members, published"
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(:sync, 1))"
_UNFINISHED = f"""
SELECT {_COLUMNS} FROM score_epoch
WHERE sync = :sync AND run_id = :run AND state = 'sealed' AND NOT column_written AND through >= :through
  AND NOT EXISTS (SELECT FROM score_epoch n WHERE n.sync = :sync AND n.state = 'sealed' AND n.id > score_epoch.id)
"""
_ABANDON = "UPDATE score_epoch SET state = 'abandoned' WHERE sync = :sync AND state = 'open'"
_OPEN = f"""
INSERT INTO score_epoch (sync, run_id, through, score_from, sheet_hash, opened_at)
VALUES (:sync, :run, :through, :score_from, :sheet_hash, :now) RETURNING {_COLUMNS}
"""


def open_epoch(
    conn: Connection, sync: str, run_id: int, through: datetime, *, sheet_hash: str | None, now: datetime
) -> Epoch:
    """The epoch to compute scores for: a new one, or this run's own that is sealed and not on the list yet.

    An epoch of this sync that is still open belongs to a task that died, or to one that is too late: it is abandoned
    and can't be sealed any more. A sealed one means: go on with writing the list's column, the scores are final.

    Args:
        conn: A connection in a transaction.
        sync: The sync's name.
        run_id: The run that computes.
        through: The scores will be final through this moment; aware.
        sheet_hash: `ScoreSheet.hash`; None where the platform's own score is taken.
        now: When this is done.
    """
    given = {"sync": sync, "run": run_id, "through": through, "sheet_hash": sheet_hash, "now": now}
    given["score_from"] = "platform" if sheet_hash is None else "sheet"
    lock_sync(conn, sync)
    unfinished = conn.execute(text(_UNFINISHED), given).mappings().one_or_none()
    if unfinished is not None:
        return _epoch(unfinished)
    conn.execute(text(_ABANDON), given)
    return _epoch(conn.execute(text(_OPEN), given).mappings().one())


def mark_column_written(conn: Connection, epoch: EpochId) -> None:
    """Note that the list's score column holds this epoch: a later task of the run opens a new one."""
    conn.execute(text("UPDATE score_epoch SET column_written = true WHERE id = :epoch"), {"epoch": epoch})


def must_be_open(conn: Connection, epoch: Epoch) -> None:
    """Hold the epoch open for this transaction. Raises FenceRefused where it is open no more."""
    lock_sync(conn, epoch.sync)
    state = conn.scalar(text("SELECT state FROM score_epoch WHERE id = :epoch"), {"epoch": epoch.id})
    if state != EpochState.OPEN:
        raise FenceRefused(
            f"score epoch {epoch.id} of {epoch.sync} is {state or 'unknown'}, not open: another run of this list's "
            "maintenance took over while this one was working, and its scores are the newer ones. Nothing was "
            "published here; if this run is still wanted, clear its task compute_behavior_score"
        )


# -- the fence ---------------------------------------------------------------------------------------------------------


def covering_epoch(store: Store, sync: str, interval_end: datetime) -> EpochId | None:
    """The newest sealed epoch of this sync, if its scores are final through that moment."""
    with store.begin() as conn:
        newest = _newest_sealed(conn, sync)
    return newest.id if newest is not None and newest.through >= interval_end else None


def verify(
    conn: Connection, epoch: int | None, *, sync: str, run_id: int | None, interval_end: datetime
) -> SealedEpoch:
    """Let a push through, or say why not and who must do what: a stale score never passes.

    Args:
        conn: A connection in a transaction.
        epoch: What the maintenance handed over along the edge; None where it handed over nothing.
        sync: The sync that wants to push.
        run_id: The run that must have sealed the epoch; None where the maintenance has a schedule of its own. Then a
            newer sealed epoch of the same sync, which covers whatever an older one covers, is taken in its place.
        interval_end: The scores have to be final through this moment.

    Raises:
        FenceRefused: With a sentence for the person who has to act.
    """
    if epoch is None:
        raise FenceRefused(
            f"{sync}: push_score was handed no score epoch. The maintenance (compute_behavior_score) did not finish, "
            "or was marked success by hand: clear compute_behavior_score and let it run; nothing was pushed"
        )
    found = _find(conn, epoch)
    if found is None:
        raise FenceRefused(
            f"{sync}: there is no score epoch {epoch} in this store. Clear compute_behavior_score, and don't hand ids "
            "over by hand; nothing was pushed"
        )
    newest = _newest_sealed(conn, sync) or found
    chosen = newest if run_id is None and found.sync == sync and found.sealed else found
    reason = _refusal(chosen, newest, sync, run_id, interval_end)
    if reason is not None:
        raise FenceRefused(f"{sync}: {reason}; nothing was pushed")
    return SealedEpoch(chosen.id, chosen.sync, chosen.run_id, chosen.through)


def _refusal(found: Epoch, newest: Epoch, sync: str, run_id: int | None, interval_end: datetime) -> str | None:
    """Why this epoch may not be pushed; None where it may."""
    again = "clear this run's compute_behavior_score and let it run"
    if found.sync != sync:
        return f"score epoch {found.id} is of another list, {found.sync}: {again}"
    if not found.sealed:
        return f"score epoch {found.id} is {found.state}, its scores are not final: {again}"
    if run_id is not None and found.run_id != run_id:
        return f"score epoch {found.id} was sealed by run {found.run_id}, not by this one ({run_id}): {again}"
    if found.through < interval_end:
        return (
            f"score epoch {found.id} is final through {found.through:%Y-%m-%d %H:%M:%S%z} only, this run needs "
            f"{interval_end:%Y-%m-%d %H:%M:%S%z}: let the list's maintenance run first"
        )
    if newest.id != found.id:
        return (
            f"score epoch {found.id} was superseded by {newest.id} of run {newest.run_id}: let that run push, "
            f"or {again}"
        )
    return None


def _find(conn: Connection, epoch: int) -> Epoch | None:
    row = (
        conn.execute(text(f"SELECT {_COLUMNS} FROM score_epoch WHERE id = :id"), {"id": epoch}).mappings().one_or_none()
    )
    return None if row is None else _epoch(row)


def _newest_sealed(conn: Connection, sync: str) -> Epoch | None:
    statement = f"SELECT {_COLUMNS} FROM score_epoch WHERE sync = :sync AND state = 'sealed' ORDER BY id DESC LIMIT 1"
    row = conn.execute(text(statement), {"sync": sync}).mappings().one_or_none()
    return None if row is None else _epoch(row)


def lock_sync(conn: Connection, sync: str) -> None:
    """Keep every other epoch of this sync from opening or sealing until the transaction ends."""
    conn.execute(text(_ONE_AT_A_TIME), {"sync": sync})


def _epoch(row: RowMapping) -> Epoch:
    return Epoch(
        id=EpochId(row["id"]),
        sync=row["sync"],
        run_id=row["run_id"],
        through=row["through"],
        state=EpochState(row["state"]),
        column_written=row["column_written"],
        members=row["members"],
        published=row["published"],
    )
