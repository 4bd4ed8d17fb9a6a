"""Entries in doubt: sent, and never answered for. They are read back before anything is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from keepstep.connectors.base import Connector, FetchBy, IdempotentBy, ReadQuery
from keepstep.core.doubt import landed
from keepstep.core.mapping import to_ours
from keepstep.core.model import Record, Side, Status
from keepstep.core.normalize import normalize_email
from keepstep.engine.ground import Ground
from keepstep.engine.run import TaskContext
from keepstep.store import journal, outcomes, plans
from keepstep.store.journal import Change
from keepstep.store.outcomes import Settled
from keepstep.store.staging import Scope


def settle_doubts(ctx: TaskContext, ground: Ground, *, resend: bool = True) -> int:
    """Read back every write of this sync that has no outcome; note it as applied, or let it be sent again.

    With `resend` off, in the task that sends nothing, what did not land is held for the next run instead.
    Raises AuthError or Unavailable: the entries stay in doubt, and nothing may be sent before they are settled.
    Returns how many were settled.
    """
    settled = 0
    while True:
        with ctx.store.begin() as conn:
            doubtful = journal.in_doubt(conn, ctx.file.name)
        if not doubtful:
            return settled
        for (side, object_name), group in groupby(
            sorted(doubtful, key=lambda c: (c.side, c.object, c.id)), key=lambda c: (c.side, c.object)
        ):
            _settle(ctx, ground, ctx.crm if side is Side.CRM else ctx.platform, object_name, list(group), resend)
        settled += len(doubtful)


def _settle(
    ctx: TaskContext,
    ground: Ground,
    connector: Connector,
    object_name: str,
    changes: Sequence[Change],
    resend: bool,
) -> None:
    scope = ground.scope(changes[0].side, object_name)
    found = _read_back(ground.query(changes[0].side, object_name), connector, changes)
    applied: list[Settled] = []
    again: list[int] = []
    for change in changes:
        record = found.get(change.id)
        if _landed(scope, change, record):
            applied.append(_settled(scope, change, record))
        else:
            again.append(change.id)
    with ctx.store.begin() as conn:
        outcomes.settle(conn, ground.ends(), applied, ctx.now())
        if resend:
            journal.plan_again(conn, again)
        else:
            journal.close(conn, "held", [{"id": one, **_NOT_LANDED} for one in again], ctx.now())
        plans.supersede_older(conn, ground.address(ctx.run.id, changes[0].phase), ctx.now())


_NOT_LANDED = {"code": "not_landed", "what_to_do": "it did not reach the other system; the next run sends it again"}


def _landed(scope: Scope | None, change: Change, record: Record | None) -> bool:
    if record is None:
        return landed(change.kind, change.after, None, Status(change.status))
    if scope is None:
        return True  # a company under its own key
    # A reference is written as an id, and read in another form: it is not compared.
    after = {name: value for name, value in change.after.items() if name not in change.refers}
    return landed(change.kind, after, to_ours(scope.rules, change.side, record.fields), record.status)


def _settled(scope: Scope | None, change: Change, record: Record | None) -> Settled:
    if record is None:
        return Settled(change.id, str(change.record_id), {}, 0)
    mark = scope.mark(record.fields, record.status.value, change.opted_out, record.owner) if scope else 0
    return Settled(change.id, record.id, dict(record.fields), mark, record.owner, record.modified)


def _read_back(query: ReadQuery, connector: Connector, changes: Sequence[Change]) -> dict[int, Record]:
    known = {change.id: change.record_id for change in changes if change.record_id is not None}
    by_id = {record.id: record for record in connector.fetch(query, FetchBy.ID, sorted(set(known.values())))}
    found = {change_id: by_id[record_id] for change_id, record_id in known.items() if record_id in by_id}
    return {**found, **_made(connector, query, [change for change in changes if change.record_id is None])}


def _made(connector: Connector, query: ReadQuery, changes: Sequence[Change]) -> dict[int, Record]:
    """Read back creates, by the key that makes them safe to repeat."""
    if connector.capabilities.idempotent_create is IdempotentBy.EXTERNAL_ID:
        keys = {change.id: change.external_id for change in changes if change.external_id}
        records = connector.fetch(query, FetchBy.EXTERNAL_ID, sorted(set(keys.values())))
        found = {record.external_id: record for record in records}
    else:  # without a key of its own, whoever is there with this address is taken for it: better than one twice
        keys = {change.id: change.email for change in changes if change.email}
        records = connector.fetch(query, FetchBy.EMAIL, sorted(set(keys.values())))
        found = {normalize_email(record.email): record for record in records}
    return {change_id: found[key] for change_id, key in keys.items() if key in found}
