"""Entries in doubt: sent, and never answered for. They are read back before anything is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from keepstep.connectors.base import Connector, FetchBy, IdempotentBy, ReadQuery
from keepstep.core.doubt import landed
from keepstep.core.mapping import fingerprint, to_ours
from keepstep.core.model import Record, Side, Status, Values
from keepstep.core.normalize import normalize_email
from keepstep.engine.frame import Frame
from keepstep.engine.run import RunContext
from keepstep.store import journal, outcomes, plans
from keepstep.store.journal import Change
from keepstep.store.outcomes import Settled


def settle_doubts(ctx: RunContext, frame: Frame, *, resend: bool = True) -> int:
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
            _settle(ctx, frame, ctx.crm if side is Side.CRM else ctx.platform, object_name, list(group), resend)
        settled += len(doubtful)


def _settle(
    ctx: RunContext,
    frame: Frame,
    connector: Connector,
    object_name: str,
    changes: Sequence[Change],
    resend: bool,
) -> None:
    found = _read_back(frame, connector, object_name, changes)
    applied: list[Settled] = []
    again: list[int] = []
    for change in changes:
        record = found.get(change.id)
        ours = to_ours(frame.rules, change.side, record.fields) if record else None
        if _landed(frame, change, record, ours):
            fields = dict(record.fields) if record else {}
            mark = fingerprint(ours or {}, record.status.value if record else change.status, change.opted_out)
            applied.append(Settled(change.id, record.id if record else str(change.record_id), fields, mark))
        else:
            again.append(change.id)
    with ctx.store.begin() as conn:
        outcomes.settle(conn, frame.ends(), applied, ctx.now())
        if resend:
            journal.plan_again(conn, again)
        else:
            journal.close(conn, "held", [{"id": one, **_NOT_LANDED} for one in again], ctx.now())
        plans.supersede_older(conn, frame.address(ctx.run.id, changes[0].phase), ctx.now())


_NOT_LANDED = {"code": "not_landed", "what_to_do": "it did not reach the other system; the next run sends it again"}


def _landed(frame: Frame, change: Change, record: Record | None, ours: Values | None) -> bool:
    if record is None:
        return landed(change.kind, change.after, None, Status(change.status))
    if change.object not in (frame.policy.crm_object, frame.policy.row_object):
        return True  # a company under its own key
    # A reference is written as an id and read as a name: it is not compared.
    after = {name: value for name, value in change.after.items() if name not in change.refers}
    return landed(change.kind, after, ours, record.status)


def _read_back(frame: Frame, connector: Connector, object_name: str, changes: Sequence[Change]) -> dict[int, Record]:
    query = frame.query(changes[0].side)
    if object_name != query.object:
        query = ReadQuery(object=object_name, fields=(str(frame.company_name_field),))
    known = {change.id: change.record_id for change in changes if change.record_id is not None}
    by_id = {record.id: record for record in connector.fetch(query, FetchBy.ID, sorted(set(known.values())))}
    found = {change_id: by_id[record_id] for change_id, record_id in known.items() if record_id in by_id}
    return {**found, **_made(connector, query, [change for change in changes if change.record_id is None])}


def _made(connector: Connector, query: ReadQuery, changes: Sequence[Change]) -> dict[int, Record]:
    """Read back creates, by the key that makes them safe to repeat."""
    if connector.capabilities.idempotent_create is IdempotentBy.EMAIL:
        keys = {change.id: change.email for change in changes if change.email}
        records = connector.fetch(query, FetchBy.EMAIL, sorted(set(keys.values())))
        found = {normalize_email(record.email): record for record in records}
    else:
        keys = {change.id: change.external_id for change in changes if change.external_id}
        records = connector.fetch(query, FetchBy.EXTERNAL_ID, sorted(set(keys.values())))
        found = {record.external_id: record for record in records}
    return {change_id: found[key] for change_id, key in keys.items() if key in found}
