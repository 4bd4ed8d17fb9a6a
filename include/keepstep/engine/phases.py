"""What every task of the chain does around its own matter: take over, settle doubts, plan, wait, apply, report.

A task that is called again goes on where it was: in-doubt writes are read back first; a complete plan that nobody has
to approve, or that somebody approved, is applied further; anything else is planned anew from how things stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from keepstep.core.errors import KeepstepError, Refusal, Refused
from keepstep.core.model import EpochId, Phase
from keepstep.engine.applying import apply_plan
from keepstep.engine.doubts import settle_doubts
from keepstep.engine.ground import Ground
from keepstep.engine.run import PhaseReport, TaskContext
from keepstep.store import journal, plans, runs, statistics

Context = TypeVar("Context", bound=TaskContext)
Resolved = TypeVar("Resolved", bound=Ground)


@dataclass(slots=True)
class Findings:
    """What a task learns while it runs, for its report."""

    read: int = 0
    epoch: EpochId | None = None
    scored: int = 0
    notes: list[str] = field(default_factory=list)


def run_phase(
    ctx: Context,
    phase: Phase,
    resolve: Callable[[Context], Resolved],
    findings: Findings,
    make: Callable[[Resolved], tuple[Refusal, ...]],
) -> PhaseReport:
    """Do one task of the chain.

    Args:
        ctx: The run.
        phase: Which task.
        resolve: Resolves the sync; what it costs belongs to the task.
        findings: Filled by `make` as it goes.
        make: Reads what is to be read and makes the plan; returns why a person must look at it first.

    Raises:
        Refused: The plan waits for a person; call `approve`, then the task again.
        AuthError: see Unavailable.
        Unavailable: What was done until then stays done; call the task again.
    """
    with ctx.store.begin() as conn:
        state = runs.begin_phase(conn, ctx.run.id, phase)
        runs.set_state(conn, ctx.run.id, "running")
    with _state(ctx), _costs(ctx, phase, findings):
        frame = resolve(ctx)
        doubts = settle_doubts(ctx, frame)
        if doubts:
            findings.notes.append(f"{doubts} writes in doubt were read back and settled")
        if state.done or not state.planned or (state.refused and not state.approved):
            with ctx.store.begin() as conn:
                runs.replan(conn, ctx.run.id, phase)
            refusals = make(frame)
            if refusals and not ctx.run.dry:
                raise Refused(refusals)
            findings.notes.extend(refusal.text for refusal in refusals)
        if ctx.run.dry:
            with ctx.store.begin() as conn:
                plans.skip_planned(conn, frame.address(ctx.run.id, phase), ctx.now())
        else:
            apply_plan(ctx, frame, phase, state.attempt)
            with ctx.store.begin() as conn:
                applied = journal.counts(conn, ctx.run.id, phase)["applied"]
                statistics.refresh(conn, applied, "change", "link", "sighting", "prospect", "crm_record")
    with ctx.store.begin() as conn:
        runs.finish_phase(conn, ctx.run.id, phase, ctx.now(), findings.notes, findings.epoch, findings.scored)
    return report(ctx, phase, findings.notes)


@contextmanager
def _state(ctx: TaskContext) -> Iterator[None]:
    """Note how a task that doesn't end well leaves its run."""
    try:
        yield
    except KeepstepError as wrong:
        with ctx.store.begin() as conn:
            runs.set_state(conn, ctx.run.id, "waiting" if isinstance(wrong, Refused) else "failed")
        raise


@contextmanager
def _costs(ctx: TaskContext, phase: Phase, findings: Findings) -> Iterator[None]:
    """Add what this call reads and costs to the task's account, also where it ends by an error."""
    began = ctx.now()
    crm, platform = ctx.crm.usage.calls, ctx.platform.usage.calls
    try:
        yield
    finally:
        crm, platform = ctx.crm.usage.calls - crm, ctx.platform.usage.calls - platform
        seconds = (ctx.now() - began).total_seconds()
        costs = {"read": findings.read, "crm_calls": crm, "platform_calls": platform, "seconds": seconds}
        settings = ctx.file.settings
        with ctx.store.begin() as conn:
            runs.add_costs(conn, ctx.run.id, phase, costs)
            runs.add_usage(conn, settings.crm.connection, crm, ctx.crm.usage.left, ctx.now())
            runs.add_usage(conn, settings.platform.connection, platform, ctx.platform.usage.left, ctx.now())


def report(ctx: TaskContext, phase: Phase, notes: Sequence[str] = ()) -> PhaseReport:
    """A task's report, from the journal."""
    with ctx.store.begin() as conn:
        counts = journal.counts(conn, ctx.run.id, phase)
        costs = runs.costs(conn, ctx.run.id, phase)
        conflicts = journal.count_conflicts(conn, ctx.run.id, phase)
    return PhaseReport(
        run=ctx.run.id,
        phase=phase,
        read=costs["read"],
        planned=counts["planned"],
        applied=counts["applied"],
        rejected=counts["rejected"],
        held=counts["held"],
        skipped=counts["skipped"],
        conflicts=conflicts,
        crm_calls=costs["crm_calls"],
        platform_calls=costs["platform_calls"],
        seconds=round(costs["seconds"], 3),
        epoch=EpochId(costs["epoch"]) if costs["epoch"] is not None else None,
        scored=costs["scored"],
        notes=tuple(notes),
    )
