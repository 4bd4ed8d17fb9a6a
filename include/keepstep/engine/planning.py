"""From dirty pairs to a plan in the journal, in chunks; then the guards have their say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from keepstep.core import guards
from keepstep.core.errors import Refusal
from keepstep.core.model import Decision, EpochId, Pair, Phase
from keepstep.core.plan import differing, plan
from keepstep.engine.companies import resolve_companies
from keepstep.engine.frame import Frame
from keepstep.engine.run import RunContext
from keepstep.store import matching, outcomes, pairs, plans, runs, statistics

CHUNK = 1000  # pairs that are decided and written to the journal together

Decided = tuple[Pair, Decision]


def make_plan(ctx: RunContext, frame: Frame, phase: Phase, epoch: EpochId | None = None) -> tuple[Refusal, ...]:
    """Decide about every dirty pair and write it down; nothing is sent. Returns why a person must look first, if so."""
    address = frame.address(ctx.run.id, phase)
    with ctx.store.begin() as conn:
        plans.supersede_older(conn, address, ctx.now())
        plans.drop_unsent(conn, address, ctx.now())
        if phase is Phase.PULL:
            matching.link_matches(conn, frame.following())
    done = 0
    with ctx.store.begin() as reading:
        found = pairs.dirty_pairs(reading, frame.following(), epoch)
        for chunk in _chunks(plan(found, phase, frame.policy)):
            with ctx.store.begin() as conn:
                plans.record(conn, address, chunk, ctx.now())
                outcomes.agree(conn, [(pair.key, decision.agreed) for pair, decision in chunk if decision.agreed])
                if phase is Phase.PUSH:
                    outcomes.differ(conn, [(pair.key, differing(pair, frame.policy)) for pair, _ in chunk])
            done += len(chunk)
            ctx.progress(f"plan {phase.value}", done, None)
    if phase is Phase.PUSH and frame.company_rule is not None:
        resolve_companies(ctx, frame)
    refused = _check(ctx, frame, phase) if done and phase is not Phase.MAINTAIN else ()
    with ctx.store.begin() as conn:
        statistics.refresh(conn, done, "change", "link", "sighting")
        runs.planned(conn, ctx.run.id, phase, () if ctx.run.dry else refused, ctx.now())
    return refused


def _chunks(decided: Iterable[Decided]) -> Iterator[list[Decided]]:
    them = iter(decided)
    while chunk := list(islice(them, CHUNK)):
        yield chunk


def _check(ctx: RunContext, frame: Frame, phase: Phase) -> tuple[Refusal, ...]:
    address = frame.address(ctx.run.id, phase)
    with ctx.store.begin() as conn:
        followed, crm_present, platform_present = pairs.followed(conn, frame.following())
        removed, updated, blanked = plans.figures(conn, address, frame.policy.score_field)
    if phase is Phase.PUSH:
        # Emptiness was the pull's matter: it was refused there, or a person has said yes to it.
        crm_present, platform_present = max(crm_present, 1), max(platform_present, 1)
    figures = guards.PlanFigures(followed, crm_present, platform_present, removed, updated, blanked)
    return guards.check(figures, frame.limits)
