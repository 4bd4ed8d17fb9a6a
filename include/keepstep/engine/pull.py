"""pull_list: read what changed on both sides, and bring the CRM's people and values to the platform's list."""

from __future__ import annotations

from keepstep.core.errors import Refusal
from keepstep.core.model import Phase
from keepstep.engine.frame import Frame, resolve
from keepstep.engine.phases import Findings, run_phase
from keepstep.engine.planning import make_plan
from keepstep.engine.reading import read_both
from keepstep.engine.run import PhaseReport, RunContext


def pull_list(ctx: RunContext) -> PhaseReport:
    """Bring the list up to date with the CRM, by the pull options of the sync file.

    Raises:
        SettingsError: A field or column that the sync file names isn't there; says who must make it, and where.
        Refused: The plan would remove or overwrite more than the sync's limits allow, or a side is suddenly empty.
        AuthError: A system doesn't let us in.
        Unavailable: A system isn't there, or the run's call budget is used up.
    """
    findings = Findings()

    def make(frame: Frame) -> tuple[Refusal, ...]:
        findings.read = read_both(ctx, frame)
        return make_plan(ctx, frame, Phase.PULL)

    return run_phase(ctx, Phase.PULL, resolve, findings, make)
