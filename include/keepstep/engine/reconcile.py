"""reconcile: settle what is in doubt, open and close sync errors, see how the two sides stand, and say so."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from keepstep.core.model import Phase
from keepstep.engine.doubts import settle_doubts
from keepstep.engine.frame import recall
from keepstep.engine.ground import Ground
from keepstep.engine.phases import report
from keepstep.engine.run import ParityReport, PhaseReport, RunContext, TaskContext
from keepstep.store import parity, runs
from keepstep.store.parity import Stand


def reconcile(ctx: RunContext) -> ParityReport:
    """Close a run: every row has a fate, every open problem is one sync error, every difference is counted.

    Raises AuthError or Unavailable where entries in doubt can't be read back.
    """
    frame = recall(ctx)

    def look(conn: Connection) -> tuple[Stand, int]:
        if not ctx.run.dry:
            parity.update_sync_errors(conn, ctx.file.name, ctx.run.id, ctx.now())
        return parity.stand(conn, frame.following(), _score_column(ctx)), 0

    return close_run(ctx, frame, look)


def close_run(ctx: TaskContext, ground: Ground, look: Callable[[Connection], tuple[Stand, int]]) -> ParityReport:
    """What ends a run of any kind.

    `look` opens and closes sync errors, in one transaction, and tells how the sides stand and how many still wait.
    Raises AuthError or Unavailable where entries in doubt can't be read back.
    """
    calls = ctx.crm.usage.calls, ctx.platform.usage.calls
    settled = settle_doubts(ctx, ground, resend=False)
    totals = _totals(ctx, (ctx.crm.usage.calls - calls[0], ctx.platform.usage.calls - calls[1]))
    with ctx.store.begin() as conn:
        stand, waiting = look(conn)
    found = ParityReport(
        run=ctx.run.id,
        followed=stand.followed,
        equal=stand.equal,
        differing=stand.differing,
        scores_differing=stand.scores_differing,
        tombstones=stand.tombstones,
        sync_errors=stand.sync_errors,
        in_doubt_settled=settled,
        totals=totals,
        waiting=waiting,
        statuses=stand.statuses,
        problems=_problems(totals),
    )
    with ctx.store.begin() as conn:
        runs.finish_run(conn, ctx.run.id, "failed" if found.problems else "finished", found.as_dict(), ctx.now())
    return found


def _score_column(ctx: RunContext) -> str:
    return next(rule.crm for rule in ctx.file.settings.field_rules() if rule.name == ctx.file.settings.score_field)


def _totals(ctx: TaskContext, spent: tuple[int, int]) -> PhaseReport:
    """A whole run's books; `spent` are calls to CRM and platform that no phase has on its account."""
    parts = [report(ctx, phase) for phase in Phase]

    def total(name: str) -> int:
        return sum(getattr(part, name) for part in parts)

    return PhaseReport(
        run=ctx.run.id,
        phase=Phase.PUSH,
        crm_calls=total("crm_calls") + spent[0],
        platform_calls=total("platform_calls") + spent[1],
        seconds=round(sum(part.seconds for part in parts), 3),
        epoch=parts[-1].epoch,
        read=total("read"),
        planned=total("planned"),
        applied=total("applied"),
        rejected=total("rejected"),
        held=total("held"),
        skipped=total("skipped"),
        conflicts=total("conflicts"),
        scored=total("scored"),
    )


def _problems(totals: PhaseReport) -> tuple[str, ...]:
    """Why this run must not be green."""
    problems = []
    if not totals.balances:
        problems.append(
            f"the books don't balance: {totals.planned} planned, but {totals.applied} applied, "
            f"{totals.rejected} rejected, {totals.held} held, {totals.skipped} skipped"
        )
    if totals.rejected:
        problems.append(f"{totals.rejected} rows were rejected: see the sync errors for who must do what")
    return tuple(problems)
