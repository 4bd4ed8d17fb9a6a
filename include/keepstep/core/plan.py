"""What should be written to one side, for one person at a time, and why: decided in values, before anything is sent.

`pull` decides about the platform's list, `maintain` about its score column, `push` about the CRM. The same pair gives
the same decision, whatever came before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from keepstep.core.merge import Agree, Clash, Take, Values3, merge
from keepstep.core.model import (
    Conflict,
    Decision,
    FieldRule,
    Held,
    Kind,
    Operation,
    OperationId,
    Pair,
    Phase,
    Presence,
    Side,
    Skipped,
    Snapshot,
    Status,
    Value,
    Values,
)

THERE = frozenset({Presence.PRESENT, Presence.LEFT})
GONE = frozenset({Presence.LEFT, Presence.DELETED})


@dataclass(frozen=True, slots=True)
class Way:
    """What may be done to one side (AO-5)."""

    add: bool
    update: frozenset[str]  # names of fields
    remove: bool


@dataclass(frozen=True, slots=True)
class SyncPolicy:
    """The rules of one sync, as `plan` needs them."""

    fields: tuple[FieldRule, ...]
    score_field: str
    pull: Way
    push: Way
    crm_object: str  # what a push creates
    row_object: str  # what a pull creates
    create_fields: frozenset[str] = frozenset()  # what a new CRM record may be given
    company_field: str | None = None  # a person is created under a company with this field's value; None: needs none
    inactive_syncs: bool = False
    recreate_deleted: bool = False


def plan(pairs: Iterable[Pair], phase: Phase, policy: SyncPolicy) -> Iterator[tuple[Pair, Decision]]:
    """Decide about each pair; the order of the input doesn't change any decision."""
    decide = _PHASES[phase]
    for pair in pairs:
        yield pair, decide(pair, policy)


def _pull(pair: Pair, policy: SyncPolicy) -> Decision:
    """Bring the CRM's people and values to the list."""
    if pair.duplicate_of:
        return _skip(
            pair, Side.PLATFORM, "duplicate", f"{pair.duplicate_of} has the same email and is the one followed"
        )
    match pair.crm_presence, pair.platform_presence:
        case Presence.PRESENT, Presence.PRESENT:
            return _merged(pair, policy, Phase.PULL)
        case Presence.PRESENT, Presence.ABSENT:
            return _add_row(pair, policy)
        case Presence.PRESENT, (Presence.LEFT | Presence.DELETED):
            return _skip(pair, Side.PLATFORM, "removed_by_hand", "somebody took this person off the list; it stays so")
        case ((Presence.LEFT | Presence.DELETED), Presence.PRESENT):
            return _remove_row(pair, policy)
        case _:
            return Decision()


def _add_row(pair: Pair, policy: SyncPolicy) -> Decision:
    crm = _sure(pair.crm)
    if not policy.pull.add:
        return _skip(pair, Side.PLATFORM, "add_is_off", "pull.add is off in the sync file")
    if crm.email is None:
        return _skip(pair, Side.PLATFORM, "no_email", "the CRM record has no email that can be used; it keys the list")
    if crm.opted_out:
        return _skip(pair, Side.PLATFORM, "opted_out", "this person opted out in the CRM and is not put on a list")
    after = {
        rule.name: value
        for rule in policy.fields
        if rule.name != policy.score_field and (value := crm.values.get(rule.name)) is not None
    }
    too_long = _too_long(pair, policy, Side.PLATFORM, after)
    if too_long:
        return Decision(held=(too_long,))
    why = {"": "in the audience, and not on the list"}
    return Decision(operations=(_operation(pair, Phase.PULL, Side.PLATFORM, Kind.CREATE, policy, {}, after, why),))


def _remove_row(pair: Pair, policy: SyncPolicy) -> Decision:
    deleted = pair.crm_presence is Presence.DELETED
    code, why = ("deleted_in_crm", "deleted in the CRM") if deleted else ("left_audience", "no longer in the audience")
    if not policy.pull.remove:
        return _skip(pair, Side.PLATFORM, code, f"{why}; pull.remove is off in the sync file")
    before = _sure(pair.platform).values
    return Decision(
        operations=(_operation(pair, Phase.PULL, Side.PLATFORM, Kind.REMOVE, policy, before, {}, {"": why}),)
    )


def _maintain(pair: Pair, policy: SyncPolicy) -> Decision:
    """Write the sealed score into the list's score column (AO-9)."""
    if pair.platform_presence is not Presence.PRESENT or pair.score is None:
        return Decision()
    before = _sure(pair.platform).values.get(policy.score_field)
    if before == pair.score.value:
        return Decision()
    return Decision(
        operations=(
            _operation(
                pair,
                Phase.MAINTAIN,
                Side.PLATFORM,
                Kind.UPDATE,
                policy,
                {policy.score_field: before},
                {policy.score_field: pair.score.value},
                {policy.score_field: _score_reason(pair)},
            ),
        )
    )


def _push(pair: Pair, policy: SyncPolicy) -> Decision:
    """Bring scores, and the fields that the sync file names, to the CRM."""
    if pair.duplicate_of:
        return Decision()  # the pull has said so; the one that is followed gets the score
    if pair.platform_presence in GONE:
        return _remove_record(pair, policy)
    match pair.crm_presence:
        case Presence.PRESENT:
            return _update_record(pair, policy)
        case Presence.LEFT:
            return _left(pair, policy)
        case Presence.DELETED:
            return _create_record(pair, policy) if policy.recreate_deleted else _deleted(pair)
        case Presence.ABSENT if pair.platform_presence is Presence.PRESENT:
            return _deleted(pair) if pair.tombstone and not policy.recreate_deleted else _create_record(pair, policy)
        case _:
            return Decision()


def _update_record(pair: Pair, policy: SyncPolicy) -> Decision:
    if pair.platform_presence is not Presence.PRESENT:
        return Decision()
    if pair.score and pair.pushed_epoch is not None and pair.score.epoch < pair.pushed_epoch:
        return _hold(
            pair,
            "stale_epoch",
            f"score epoch {pair.pushed_epoch} was written to this record already, {pair.score.epoch} is older: "
            "run the sync again, it computes the scores anew",
        )
    decision = _merged(pair, policy, Phase.PUSH)
    crm = _sure(pair.crm)
    if decision.operations and crm.status is Status.INACTIVE and not policy.inactive_syncs:
        return _hold(
            pair, "inactive", "the CRM record is inactive: reactivate it there, or take the person off the list"
        )
    return decision


def _left(pair: Pair, policy: SyncPolicy) -> Decision:
    crm = _sure(pair.crm)
    if crm.status is Status.INACTIVE and not policy.inactive_syncs:
        if pair.score is not None and crm.values.get(policy.score_field) != pair.score.value:
            return _hold(
                pair, "inactive", "the CRM record is inactive: reactivate it there, or take the person off the list"
            )
        return Decision()
    return _skip(pair, Side.CRM, "left_audience", "no longer in the audience that this list follows")


def _deleted(pair: Pair) -> Decision:
    return _skip(pair, Side.CRM, "deleted_in_crm", "deleted in the CRM, and stays deleted (on_deleted: stop)")


def _create_record(pair: Pair, policy: SyncPolicy) -> Decision:
    row = _sure(pair.platform)
    if not policy.push.add:
        return _skip(pair, Side.CRM, "no_crm_record", "no CRM record has this email, and push.add is off")
    if row.email is None:
        return _hold(pair, "no_email", "the row has no email that can be used: correct it on the list")
    if policy.company_field and row.values.get(policy.company_field) is None:
        return _hold(pair, "no_company", "a new lead needs a company: fill the row's company on the list")
    after = {name: value for name, value in row.values.items() if name in policy.create_fields and value is not None}
    if pair.score is not None and policy.score_field in policy.push.update:
        after[policy.score_field] = pair.score.value
    too_long = _too_long(pair, policy, Side.CRM, after)
    if too_long:
        return Decision(held=(too_long,))
    why = {"": "on the list, and no CRM record has this email"}
    return Decision(operations=(_operation(pair, Phase.PUSH, Side.CRM, Kind.CREATE, policy, {}, after, why),))


def _remove_record(pair: Pair, policy: SyncPolicy) -> Decision:
    if pair.crm_presence is not Presence.PRESENT or not policy.push.remove:
        return Decision()
    why = {"": "taken off the list, and push.remove is on"}
    before = _sure(pair.crm).values
    return Decision(operations=(_operation(pair, Phase.PUSH, Side.CRM, Kind.REMOVE, policy, before, {}, why),))


# -- both sides there: field by field ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Draft:
    """One side's update while its fields are being merged."""

    before: dict[str, Value] = field(default_factory=dict)
    after: dict[str, Value] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    agreed: dict[str, Value] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)


def _merged(pair: Pair, policy: SyncPolicy, phase: Phase) -> Decision:
    side = Side.PLATFORM if phase is Phase.PULL else Side.CRM
    way = policy.pull if phase is Phase.PULL else policy.push
    draft = _Draft()
    for rule in policy.fields:
        if rule.name == policy.score_field:
            if phase is Phase.PUSH and rule.name in way.update:
                _score(pair, policy, draft)
        else:
            _field(pair, rule, side, rule.name in way.update, draft)
    too_long = _too_long(pair, policy, side, draft.after)
    if too_long:
        draft.held.append(too_long)
        for name in [rule.name for rule in policy.fields if _over(rule, side, draft.after.get(rule.name))]:
            del draft.after[name]
    operations: tuple[Operation, ...] = ()
    if draft.after:
        before = {name: draft.before[name] for name in draft.after}
        why = {name: draft.why[name] for name in draft.after}
        operations = (_operation(pair, phase, side, Kind.UPDATE, policy, before, draft.after, why),)
    return Decision(operations, tuple(draft.conflicts), tuple(draft.held), (), draft.agreed)


def _field(pair: Pair, rule: FieldRule, side: Side, writable: bool, draft: _Draft) -> None:
    crm, platform = _sure(pair.crm), _sure(pair.platform)
    base = pair.base or {}
    name = rule.name
    values = Values3(
        crm=crm.values.get(name),
        platform=platform.values.get(name),
        base=base.get(name),
        known=name in base,
        crm_modified=crm.modified,
        platform_modified=platform.modified,
    )
    merged = merge(rule, values)
    if isinstance(merged, Agree):
        if not values.known or values.base != merged.value:
            draft.agreed[name] = merged.value
        return
    if isinstance(merged, Clash):
        draft.conflicts.append(
            Conflict(pair.key, name, values.crm, values.platform, values.base, merged.winner, merged.why)
        )
    winner = merged.side if isinstance(merged, Take) else merged.winner
    if winner is side.other and writable:
        _write(pair, name, values.on(side), merged, draft)


def _write(pair: Pair, name: str, before: Value, merged: Take | Clash, draft: _Draft) -> None:
    if name == "email" and pair.email_taken:
        draft.held.append(
            Held(
                pair.key,
                Side.PLATFORM,
                "email_taken",
                "the CRM record's new email belongs to another row of the list: merge the two people by hand",
            )
        )
        return
    draft.before[name] = before
    draft.after[name] = merged.value
    draft.why[name] = merged.why


def _score(pair: Pair, policy: SyncPolicy, draft: _Draft) -> None:
    """The score is the platform's: the sealed value replaces whatever the CRM holds."""
    name = policy.score_field
    if pair.score is None:
        return
    current = _sure(pair.crm).values.get(name)
    if current == pair.score.value:
        if (pair.base or {}).get(name) != current:
            draft.agreed[name] = current
        return
    draft.before[name] = current
    draft.after[name] = pair.score.value
    draft.why[name] = _score_reason(pair)


def _score_reason(pair: Pair) -> str:
    return f"behaviour score of sealed epoch {pair.score.epoch}" if pair.score else ""


# -- small parts -------------------------------------------------------------------------------------------------------


def _sure(snapshot: Snapshot | None) -> Snapshot:
    if snapshot is None:
        raise ValueError("a side that is there must have a snapshot")
    return snapshot


def _over(rule: FieldRule, side: Side, value: Value) -> bool:
    limit = rule.max_length.get(side)
    return limit is not None and isinstance(value, str) and len(value) > limit


def _too_long(pair: Pair, policy: SyncPolicy, side: Side, after: Values) -> Held | None:
    names = [rule.name for rule in policy.fields if _over(rule, side, after.get(rule.name))]
    if not names:
        return None
    return Held(
        pair.key,
        side,
        "too_long",
        f"the {side} has no room for the value of {', '.join(names)}: shorten it or widen it",
    )


def _skip(pair: Pair, side: Side, code: str, why: str) -> Decision:
    target = pair.platform if side is Side.PLATFORM else pair.crm
    return Decision(
        skipped=(
            Skipped(pair.key, side, code, why, target.object if target else None, target.record_id if target else None),
        )
    )


def _hold(pair: Pair, code: str, what_to_do: str) -> Decision:
    crm = pair.crm
    return Decision(
        held=(Held(pair.key, Side.CRM, code, what_to_do, crm.object if crm else None, crm.record_id if crm else None),)
    )


def _operation(
    pair: Pair,
    phase: Phase,
    side: Side,
    kind: Kind,
    policy: SyncPolicy,
    before: Values,
    after: Values,
    why: Mapping[str, str],
) -> Operation:
    target = pair.platform if side is Side.PLATFORM else pair.crm
    source = pair.crm if side is Side.PLATFORM else pair.platform
    record_id = None if kind is Kind.CREATE else _sure(target).record_id
    named = policy.row_object if side is Side.PLATFORM else policy.crm_object
    object_name = target.object if target and kind is not Kind.CREATE else named
    email = (target.email if target and kind is not Kind.CREATE else None) or (source.email if source else None)
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
        # One person, one key for each life of the record: a create that is sent again, by whatever run, finds the first.
        external_id=f"keepstep-{digest([pair.key, pair.generation])[:24]}" if kind is Kind.CREATE else None,
        epoch=pair.score.epoch if pair.score and phase is not Phase.PULL else None,
    )


def differing(pair: Pair, policy: SyncPolicy) -> tuple[str, ...]:
    """The fields, the score left out, in which the two sides of a pair hold different values."""
    if pair.crm is None or pair.platform is None:
        return ()
    crm, platform = pair.crm.values, pair.platform.values
    names = (rule.name for rule in policy.fields if rule.name != policy.score_field)
    return tuple(name for name in names if crm.get(name) != platform.get(name))


def digest(content: object) -> str:
    """A name for this content: 32 hexadecimal digits, the same on every machine."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:32]


_PHASES: Mapping[Phase, Callable[[Pair, SyncPolicy], Decision]] = {
    Phase.PULL: _pull,
    Phase.MAINTAIN: _maintain,
    Phase.PUSH: _push,
}
