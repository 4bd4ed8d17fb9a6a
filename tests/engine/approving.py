"""A person who says yes to a plan that was refused."""

from __future__ import annotations

from collections.abc import Callable

from keepstep.core.errors import Refused
from keepstep.core.model import Phase
from keepstep.engine.approval import approve
from keepstep.engine.run import PhaseReport, TaskContext


def approving(ctx: TaskContext, phase: Phase, task: Callable[[], PhaseReport], *, yes: bool) -> PhaseReport:
    """Do a task; where it is refused and `yes`, approve its plan and do it again."""
    try:
        return task()
    except Refused:
        if not yes:
            raise
        approve(ctx.store, ctx.run, phase, "ada")
        return task()
