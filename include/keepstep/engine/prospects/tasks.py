"""The three tasks of a prospect sync: pull_prospects, push_prospects, reconcile."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from keepstep.core.errors import BudgetSpent, Refusal
from keepstep.core.model import Phase
from keepstep.engine.phases import Findings, report, run_phase
from keepstep.engine.prospects.frame import ProspectFrame, resolve
from keepstep.engine.prospects.planning import make_plan, take
from keepstep.engine.prospects.reading import read_changes
from keepstep.engine.reconcile import close_run
from keepstep.engine.run import ParityReport, PhaseReport, ProspectContext
from keepstep.store import journal, parity, queue, runs
from keepstep.store.parity import Stand

Planner = Callable[[ProspectFrame], tuple[Refusal, ...]]


def pull_prospects(ctx: ProspectContext) -> PhaseReport:
    """Read what changed on both sides, take the next from the queue, and bring the CRM's values to the platform.

    Raises:
        SettingsError: A field that the sync file names isn't there; says who must make it, and where.
        Refused: The plan would remove or overwrite more than the sync's limits allow, or a side is suddenly empty.
        AuthError: A system doesn't let us in.
        Unavailable: A system isn't there.
    """
    findings = Findings()

    def make(frame: ProspectFrame) -> tuple[Refusal, ...]:
        findings.read = read_changes(ctx, frame)
        take(ctx, frame)
        return make_plan(ctx, frame, Phase.PULL)

    return _within_budget(ctx, Phase.PULL, findings, make)


def push_prospects(ctx: ProspectContext) -> PhaseReport:
    """Bring the platform's values, and newly assigned prospects, to the CRM: of those that the pull has taken.

    Raises as `pull_prospects`.
    """
    return _within_budget(ctx, Phase.PUSH, Findings(), lambda frame: make_plan(ctx, frame, Phase.PUSH))


def _within_budget(ctx: ProspectContext, phase: Phase, findings: Findings, make: Planner) -> PhaseReport:
    """Where no calls are left, what was done stays done, the rest waits in the queue, and the run ends in order."""
    try:
        return run_phase(ctx, phase, resolve, findings, make)
    except BudgetSpent as spent:
        frame = resolve(ctx)
        with ctx.store.begin() as conn:
            left = journal.leave_for_later(conn, frame.address(ctx.run.id, phase), str(spent), ctx.now())
            findings.notes.append(f"{left} planned writes wait for API calls: {spent}")
            runs.finish_phase(conn, ctx.run.id, phase, ctx.now(), findings.notes, None, 0)
            runs.set_state(conn, ctx.run.id, "running")
        return report(ctx, phase, findings.notes)


def reconcile_prospects(ctx: ProspectContext) -> ParityReport:
    """Close a run: every row has a fate, every open problem is one sync error, who is done leaves the queue.

    Raises AuthError or Unavailable where entries in doubt can't be read back.
    """
    frame = resolve(ctx)

    def look(conn: Connection) -> tuple[Stand, int]:
        if not ctx.run.dry:
            queue.settle_taken(conn, ctx.file.name, ctx.run.id, ctx.now())
            parity.update_prospect_errors(conn, frame.place, ctx.run.id, ctx.now())
            queue.wait_for_another_try(conn, ctx.file.name, ctx.run.id, ctx.now())
        return parity.stand(conn, frame.following(ctx.run.id), ""), queue.length(conn, frame.place)

    return close_run(ctx, frame, look)
