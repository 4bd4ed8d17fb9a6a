"""push_score: bring the scores of a sealed epoch, and the fields that the sync file names, to the CRM."""

from __future__ import annotations

from keepstep.core.errors import Refusal
from keepstep.core.model import EpochId, Phase
from keepstep.engine.frame import Frame, recall
from keepstep.engine.phases import Findings, run_phase
from keepstep.engine.planning import make_plan
from keepstep.engine.run import PhaseReport, RunContext
from keepstep.store import pairs
from keepstep.store.epochs import verify


def push_score(ctx: RunContext, epoch: int | None) -> PhaseReport:
    """Push what a sealed epoch published; nothing is sent before the epoch was found to be this run's to push.

    Args:
        ctx: The run.
        epoch: The id that `compute_behavior_score` handed over along the edge; None where it handed over nothing.

    Raises:
        FenceRefused: There is no such epoch, it isn't sealed, isn't this list's, or doesn't cover this run's interval.
        Refused: The plan would do more than the sync's limits allow.
        AuthError: A system doesn't let us in.
        Unavailable: A system isn't there, or the run's call budget is used up.
    """
    sealed = verify_epoch(ctx, epoch)
    findings = Findings(epoch=sealed)

    def make(frame: Frame) -> tuple[Refusal, ...]:
        return make_plan(ctx, frame, Phase.PUSH, sealed)

    report = run_phase(ctx, Phase.PUSH, recall, findings, make)
    if not ctx.run.dry:
        with ctx.store.begin() as conn:
            pairs.settle_clean(conn, ctx.file.name, ctx.run.id)
    return report


def verify_epoch(ctx: RunContext, epoch: int | None) -> EpochId:
    """The fence (design: scores are final before they are pushed)."""
    own_dag = ctx.file.settings.maintenance.schedule is not None
    with ctx.store.begin() as conn:
        sealed = verify(
            conn,
            epoch,
            sync=ctx.file.name,
            run_id=None if own_dag else ctx.run.id,
            interval_end=ctx.run.interval_end,
        )
    return sealed.id
