"""Who is taken from the queue, and what is planned for them: written to the journal; then the guards have their say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Connection

from keepstep.core import guards
from keepstep.core.errors import Refusal
from keepstep.core.model import Decision, Pair, Phase
from keepstep.core.plan import differing
from keepstep.core.prospect_plan import plan_prospects
from keepstep.engine.prospects.frame import ProspectFrame
from keepstep.engine.run import ProspectContext
from keepstep.store import matching, outcomes, pairs, plans, queue, releases, runs, statistics

CHUNK = 1000  # pairs that are decided and written to the journal together
CALLS_EACH = 2  # calls that one prospect costs a system, at the most and about: where the file sets no number


def take(ctx: ProspectContext, frame: ProspectFrame) -> int:
    """Find out who is who in the queue, and take the next of them for this run. Returns how many sightings that is."""
    settings = ctx.file.settings
    follow, place = frame.following(ctx.run.id), frame.place
    with ctx.store.begin() as conn:
        plans.supersede_older(conn, frame.address(ctx.run.id, Phase.PULL), ctx.now())
        matching.go_over(conn, follow, settings.on_email_change)
        if settings.id_field is not None:
            made = matching.link_by_crm_id(conn, follow, settings.id_field)
            statistics.refresh(conn, made, "link")
        if settings.match_by == "email":
            made = matching.link_matches(conn, follow)
            statistics.refresh(conn, made, "link", "sighting")
        queue.drop_strangers(conn, place, add=settings.pull.add)
        _release(conn, ctx, frame)
        limit = settings.limits.prospects or settings.limits.api_calls // CALLS_EACH
        taken = queue.take(conn, place, ctx.run.id, limit, ctx.now())
        statistics.refresh(conn, taken, "sighting", "link")
    return taken


def _release(conn: Connection, ctx: ProspectContext, frame: ProspectFrame) -> None:
    resume = ctx.file.settings.resume_deleted
    by_name = {rule.name: rule.platform for rule in frame.all_rules}
    fields = {by_name[name]: value for name, value in resume.fields.items()}
    releases.release_by_rule(conn, frame.place, resume.activities, fields, ctx.now())


def make_plan(ctx: ProspectContext, frame: ProspectFrame, phase: Phase) -> tuple[Refusal, ...]:
    """Decide about every pair that was taken, and write it down; nothing is sent. Returns why a person must look."""
    address = frame.address(ctx.run.id, phase)
    with ctx.store.begin() as conn:
        plans.drop_unsent(conn, address, ctx.now())
    done = 0
    with ctx.store.begin() as reading:
        decided = plan_prospects(pairs.dirty_pairs(reading, frame.following(ctx.run.id)), phase, frame.policy)
        for chunk in _chunks(decided):
            with ctx.store.begin() as conn:
                plans.record(conn, address, chunk, ctx.now())
                outcomes.agree(conn, [(pair.key, decision.agreed) for pair, decision in chunk if decision.agreed])
                if phase is Phase.PUSH:
                    outcomes.differ(conn, [(pair.key, _differing(frame, pair)) for pair, _ in chunk])
            done += len(chunk)
            ctx.progress(f"plan {phase.value}", done, None)
    refused = _check(ctx, frame, phase) if done else ()
    with ctx.store.begin() as conn:
        statistics.refresh(conn, done, "change", "link", "sighting")
        runs.planned(conn, ctx.run.id, phase, () if ctx.run.dry else refused, ctx.now())
    return refused


def _differing(frame: ProspectFrame, pair: Pair) -> tuple[str, ...]:
    return differing(pair, frame.policy.of(pair))


def _chunks(decided: Iterator[tuple[Pair, Decision]]) -> Iterator[list[tuple[Pair, Decision]]]:
    while chunk := list(islice(decided, CHUNK)):
        yield chunk


def _check(ctx: ProspectContext, frame: ProspectFrame, phase: Phase) -> tuple[Refusal, ...]:
    address = frame.address(ctx.run.id, phase)
    with ctx.store.begin() as conn:
        followed, crm_present, platform_present = pairs.followed(conn, frame.following(ctx.run.id))
        removed, updated, blanked = plans.figures(conn, address, "", frame.policy.mark_deleted)
    if phase is Phase.PUSH or followed < frame.limits.min_rows:
        # Emptiness was the pull's matter: it was refused there, or a person has said yes to it. And the last of a
        # handful of people may well be deleted.
        crm_present, platform_present = max(crm_present, 1), max(platform_present, 1)
    figures = guards.PlanFigures(followed, crm_present, platform_present, removed, updated, blanked)
    return guards.check(figures, frame.limits)
