"""The parts that every decision is put together from: an operation, a row that waits, a row that is left alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from keepstep.core.model import (
    Decision,
    FieldRule,
    Held,
    Kind,
    Operation,
    OperationId,
    Pair,
    Phase,
    Side,
    Skipped,
    Snapshot,
    Value,
    Values,
)
from keepstep.core.sync_policy import SyncPolicy


def there(snapshot: Snapshot | None) -> Snapshot:
    """The snapshot of a side that is there. Raises ValueError: the pair says so, and has no snapshot."""
    if snapshot is None:
        raise ValueError("a side that is there must have a snapshot")
    return snapshot


def on(pair: Pair, side: Side) -> Snapshot | None:
    """The pair's record on that side."""
    return pair.crm if side is Side.CRM else pair.platform


def skip(pair: Pair, side: Side, code: str, why: str) -> Decision:
    """The row of that side was looked at and is deliberately left alone."""
    target = on(pair, side)
    row = Skipped(pair.key, side, code, why, target.object if target else None, target.record_id if target else None)
    return Decision(skipped=(row,))


def hold(pair: Pair, side: Side, code: str, what_to_do: str) -> Held:
    """The row of that side should be written, and waits for somebody to act."""
    target = on(pair, side)
    return Held(
        pair.key, side, code, what_to_do, target.object if target else None, target.record_id if target else None
    )


def too_long(rules: tuple[FieldRule, ...], side: Side, after: Values) -> list[str]:
    """The names of the fields whose value has more characters than that side has room for."""
    return [rule.name for rule in rules if _over(rule.max_length.get(side), after.get(rule.name))]


def _over(limit: int | None, value: Value) -> bool:
    return limit is not None and isinstance(value, str) and len(value) > limit


def hold_too_long(pair: Pair, side: Side, names: list[str]) -> Held:
    """What to do about values that have no room."""
    return hold(
        pair, side, "too_long", f"the {side} has no room for the value of {', '.join(names)}: shorten it or widen it"
    )


def score_reason(pair: Pair) -> str:
    """Where the pair's score comes from."""
    return f"behaviour score of sealed epoch {pair.score.epoch}" if pair.score else ""


def operation(
    pair: Pair,
    phase: Phase,
    kind: Kind,
    policy: SyncPolicy,
    *,
    before: Values,
    after: Values,
    why: Mapping[str, str],
) -> Operation:
    """A write to the side that this phase writes, named by its content and the generation of the pair's base."""
    side = Side.CRM if phase is Phase.PUSH else Side.PLATFORM
    target, source = on(pair, side), on(pair, side.other)
    creates = kind is Kind.CREATE
    new_object = policy.row_object if side is Side.PLATFORM else policy.crm_object
    object_name = new_object if creates else there(target).object
    record_id = None if creates else there(target).record_id
    email = (None if creates else there(target).email) or (source.email if source else None)
    # Without the generation, a score that goes 5, 6, 5, 6 would have its second 6 taken for the first.
    content = [pair.key, phase, side, kind, object_name, record_id, sorted(after.items()), pair.generation]
    return Operation(
        id=OperationId(digest(content)),
        pair=pair.key,
        phase=phase,
        side=side,
        kind=kind,
        object=object_name,
        record_id=record_id,
        email=email,
        before=dict(before),
        after=dict(after),
        why=dict(why),
        generation=pair.generation,
        # One person, one key for each life of the record: a create that is sent again, by whatever run, finds it.
        external_id=f"keepstep-{digest([pair.key, pair.generation])[:24]}" if creates else None,
        epoch=pair.score.epoch if pair.score and phase is not Phase.PULL else None,
    )


def digest(content: object) -> str:
    """A name for this content: 32 hexadecimal digits, the same on every machine."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:32]
