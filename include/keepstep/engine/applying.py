"""Applying a plan: claim, send, note; a batch at a time, so that a kill loses at most the knowledge of one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from keepstep.connectors.base import Connector
from keepstep.core.errors import AuthError, Unavailable
from keepstep.core.mapping import to_theirs
from keepstep.core.model import Applied, InDoubt, Kind, OperationId, Outcome, Phase, Rejected, Side, Value, Write
from keepstep.core.prospect_policy import OWNER
from keepstep.engine.doubts import settle_doubts
from keepstep.engine.ground import Ground
from keepstep.engine.run import TaskContext
from keepstep.store import journal, outcomes, runs
from keepstep.store.journal import Change
from keepstep.store.outcomes import Settled

AT_ONCE = 5_000  # claimed rows at the most: what a kill leaves in doubt, and what is in memory
AT_LEAST = 500  # also where each is a call of its own: claiming costs too
NOTED_AT_ONCE = 1000  # outcomes that are committed together


def apply_plan(ctx: TaskContext, ground: Ground, phase: Phase, attempt: int) -> None:
    """Send what is planned, companies before their people; every row has a fate afterwards.

    Raises:
        AuthError: The system doesn't let us in; the rest stays planned.
        Unavailable: It is not there, or the run's budget is used up; the rest stays planned.
    """
    side = Side.CRM if phase is Phase.PUSH else Side.PLATFORM
    for object_name in ground.written(side):
        _apply_object(ctx, ground, phase, side, object_name, attempt)
    settle_doubts(ctx, ground)  # what was answered by nothing is read back, and sent again where it did not land
    for object_name in ground.written(side):
        _apply_object(ctx, ground, phase, side, object_name, attempt)
    with ctx.store.begin() as conn:
        journal.hold_doubtful(conn, ground.address(ctx.run.id, phase))
        journal.hold_stale(conn, ground.address(ctx.run.id, phase), ctx.now())
        journal.hold_unclaimed(conn, ground.address(ctx.run.id, phase), ctx.now())


def _apply_object(ctx: TaskContext, ground: Ground, phase: Phase, side: Side, object_name: str, attempt: int) -> None:
    connector: Connector = ctx.crm if side is Side.CRM else ctx.platform
    address = ground.address(ctx.run.id, phase)
    batch = min(AT_ONCE, max(connector.capabilities.batch_size * connector.capabilities.concurrency, AT_LEAST))
    sent = 0
    while True:
        with ctx.store.begin() as conn:
            runs.still_mine(conn, ctx.run.id, phase, attempt)
            changes = journal.claim(conn, address, side, object_name, batch, ctx.now(), ground.needed)
        if not changes:
            return
        _send(ctx, ground, connector, changes)
        sent += len(changes)
        del changes  # or two batches would be in memory while the next one is claimed
        ctx.progress(f"apply {phase.value}", sent, None)


def _send(ctx: TaskContext, ground: Ground, connector: Connector, changes: Sequence[Change]) -> None:
    """Send one claimed batch and note every outcome; rows that were not sent are planned again."""
    by_id = {OperationId(change.operation_id): change for change in changes}
    open_ids = set(by_id)
    noted: list[Outcome] = []
    try:
        for outcome in connector.apply([write_of(ground, change) for change in changes]):
            open_ids.discard(outcome.operation_id)
            noted.append(outcome)
            if len(noted) >= NOTED_AT_ONCE:
                note(ctx, ground, by_id, noted)
                noted = []
    except (AuthError, Unavailable):
        # The connector's promise: what it has not answered for when it raises, it has not sent.
        note(ctx, ground, by_id, noted)
        with ctx.store.begin() as conn:
            journal.plan_again(conn, [by_id[one].id for one in open_ids])
        raise
    note(ctx, ground, by_id, noted)


def write_of(ground: Ground, change: Change) -> Write:
    """A journal entry as its connector wants it: fields by the system's names, references by id."""
    scope = ground.scope(change.side, change.object)
    fields: dict[str, Value] = to_theirs(scope.rules, change.side, change.after) if scope else dict(change.after)
    for name, record_id in change.refers.items():
        fields[ground.reference(change.side, name)] = record_id
    return Write(
        operation_id=OperationId(change.operation_id),
        kind=change.kind,
        object=change.object,
        fields={} if change.kind is Kind.REMOVE else fields,
        record_id=change.record_id,
        list_id=change.list_id,
        email=change.email,
        external_id=change.external_id,
    )


def note(ctx: TaskContext, ground: Ground, by_id: Mapping[OperationId, Change], noted: Sequence[Outcome]) -> None:
    """Commit what became of these writes; those in doubt stay as sent until they are read back."""
    applied: list[Settled] = []
    rejected: list[dict[str, object]] = []
    for outcome in noted:
        change = by_id[outcome.operation_id]
        match outcome:
            case Applied():
                applied.append(settled(ground, change, outcome))
            case Rejected():
                rejected.append({"id": change.id, "code": outcome.code, "what_to_do": outcome.what_to_do})
            case InDoubt():
                pass
            case _:
                assert_never(outcome)
    with ctx.store.begin() as conn:
        outcomes.settle(conn, ground.ends(), applied, ctx.now())
        journal.close(conn, "rejected", rejected, ctx.now())


def settled(ground: Ground, change: Change, outcome: Applied) -> Settled:
    """The target of an applied change as it stands now: what was there, and what we wrote over it."""
    scope = ground.scope(change.side, change.object)
    written = to_theirs(scope.rules, change.side, change.after) if scope else dict(change.after)
    fields = {name: value for name, value in {**change.current, **written}.items() if value is not None}
    owner = change.refers.get(OWNER)
    mark = scope.mark(fields, change.status, change.opted_out, owner or change.owner) if scope else 0
    return Settled(change.id, outcome.record_id, fields, mark, owner, outcome.modified)
