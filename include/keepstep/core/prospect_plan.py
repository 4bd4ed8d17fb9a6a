"""What should be written to one side for one prospect, both ways, and why; the same pair gives the same decision.

Laws:
1. An unassigned prospect makes nothing in the CRM (SY-9, NS-4).
2. What was deleted in the CRM is not made again, unless the file, a rule or a person says so (SY-14, SY-17, NS-3).
3. Nobody's opt-out is lost by a create, on whichever side.
4. An owner is a user of both systems, or nobody: where one of them doesn't know the user, nothing is guessed (EX-3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from keepstep.core.decide import hold, hold_too_long, operation, skip, there, too_long
from keepstep.core.fields import opt_outs, opted_out, update, values_of
from keepstep.core.merge import Clash, Take, merge
from keepstep.core.model import (
    Decision,
    FieldRule,
    Held,
    Kind,
    Operation,
    Pair,
    Phase,
    Presence,
    Side,
    Status,
    Value,
    Values,
)
from keepstep.core.prospect_policy import CRM_ID, OWNER, OnEmailChange, OwnerFallback, ProspectPolicy
from keepstep.core.sync_policy import SyncPolicy

MARKER = "[["  # no id begins so: Account Engagement writes its own words there, crm_deleted or crm_ignore_prospect


def plan_prospects(pairs: Iterable[Pair], phase: Phase, policy: ProspectPolicy) -> Iterator[tuple[Pair, Decision]]:
    """Decide about each pair; the order of the input doesn't change any decision."""
    decide = _PHASES[phase]
    for pair in pairs:
        yield pair, decide(pair, policy)


# -- the CRM's people and values, to the platform ----------------------------------------------------------------------


def _pull(pair: Pair, policy: ProspectPolicy) -> Decision:
    left_alone = _left_alone(pair, policy)
    if left_alone:
        return skip(pair, Side.PLATFORM, *left_alone)
    match pair.crm_presence, pair.platform_presence:
        case Presence.PRESENT, Presence.PRESENT:
            return _merged(pair, policy, Phase.PULL)
        case Presence.PRESENT, Presence.ABSENT:
            return _add_prospect(pair, policy)
        case Presence.PRESENT, Presence.DELETED:
            return skip(pair, Side.PLATFORM, "removed_by_hand", "somebody deleted this prospect; it stays so")
        case Presence.DELETED, Presence.PRESENT:
            return _mark_deleted(pair, policy)
        case _:
            return Decision()


def _left_alone(pair: Pair, policy: ProspectPolicy) -> tuple[str, str] | None:
    """Code and reason where neither side is to be written."""
    if pair.duplicate_of:
        return "duplicate", f"{pair.duplicate_of} has the same email and is the one followed"
    said = pair.platform.values.get(CRM_ID) if pair.platform else None
    if isinstance(said, str) and said.startswith(MARKER) and said != policy.mark_deleted:
        return "ignored", "CRM syncing is switched off for this prospect in the platform"
    return None


def _add_prospect(pair: Pair, policy: ProspectPolicy) -> Decision:
    crm, rules = there(pair.crm), policy.of(pair)
    if not rules.pull.add or pair.set_aside or crm.status is not Status.ACTIVE or crm.email is None:
        return Decision()  # no row: most of a CRM's people are nobody that the platform knows
    carried = opt_outs(pair, rules)
    if opted_out(pair) and not carried:
        return skip(pair, Side.PLATFORM, "opted_out", "this person opted out in the CRM, and no field could say so")
    names = [rule.name for rule in rules.fields if rule.name in rules.pull.update]
    after = {name: value for name in names if (value := crm.values.get(name)) is not None} | carried
    return _create(pair, Phase.PULL, rules, after, policy, "a new record in the CRM, and no prospect has this email")


def _mark_deleted(pair: Pair, policy: ProspectPolicy) -> Decision:
    if not _stays_deleted(pair, policy):
        return Decision()
    why = "its CRM record was deleted or merged away"
    if policy.bin_deleted:
        return _one(operation(pair, Phase.PULL, Kind.REMOVE, policy.of(pair), before={}, after={}, why={"": why}))
    said = there(pair.platform).values.get(CRM_ID)
    if policy.mark_deleted is None or said == policy.mark_deleted:
        return skip(pair, Side.PLATFORM, "deleted_in_crm", why)
    done = operation(
        pair,
        Phase.PULL,
        Kind.UPDATE,
        policy.of(pair),
        before={CRM_ID: said},
        after={CRM_ID: policy.mark_deleted},
        why={CRM_ID: why},
    )
    return _one(done)


def _stays_deleted(pair: Pair, policy: ProspectPolicy) -> bool:
    """Whether this person's CRM record was deleted and must not be made again."""
    if policy.recreate_deleted or not policy.detect_deletes:
        return False
    said = pair.platform.values.get(CRM_ID) if pair.platform else None
    marked = policy.mark_deleted is not None and said == policy.mark_deleted
    return pair.tombstone or (marked and not pair.released)


# -- the platform's people and values, to the CRM ----------------------------------------------------------------------


def _push(pair: Pair, policy: ProspectPolicy) -> Decision:
    if _left_alone(pair, policy):
        return Decision()  # the pull has said so
    match pair.crm_presence, pair.platform_presence:
        case Presence.PRESENT, Presence.PRESENT:
            return _update_record(pair, policy)
        case Presence.LEFT, Presence.PRESENT:
            return skip(
                pair, Side.CRM, "converted", "its lead was converted, and the contact belongs to another prospect"
            )
        case ((Presence.DELETED | Presence.ABSENT), Presence.PRESENT):
            return _make_record(pair, policy)
        case _:
            return Decision()


def _update_record(pair: Pair, policy: ProspectPolicy) -> Decision:
    if policy.on_email_change is OnEmailChange.NEW_RECORD and _has_new_address(pair, policy):
        return _make_record(pair, policy)
    decision = _merged(pair, policy, Phase.PUSH)
    if decision.operations and there(pair.crm).status is Status.INACTIVE and not policy.inactive_syncs:
        what_to_do = "the CRM record is inactive: reactivate it there, or unassign the prospect"
        return replace(decision, operations=(), held=(*decision.held, hold(pair, Side.CRM, "inactive", what_to_do)))
    return decision


def _has_new_address(pair: Pair, policy: ProspectPolicy) -> bool:
    rule = next(rule for rule in policy.of(pair).fields if rule.name == "email")
    values = values_of(pair, rule.name)
    merged = merge(rule, values)
    return values.known and isinstance(merged, Take) and merged.side is Side.PLATFORM


def _make_record(pair: Pair, policy: ProspectPolicy) -> Decision:
    row, rules = there(pair.platform), policy.new
    if row.values.get(OWNER) is None:
        return skip(pair, Side.CRM, "unassigned", "an unassigned prospect makes no CRM record")
    if _stays_deleted(pair, policy):
        return skip(pair, Side.CRM, "deleted_in_crm", "deleted in the CRM, and stays deleted (on_deleted: stop)")
    if not rules.push.add:
        return skip(pair, Side.CRM, "no_crm_record", "no CRM record has this email, and push.add is off")
    if row.email is None:
        return _held(hold(pair, Side.CRM, "no_email", "the prospect has no email that can be used: correct it"))
    carried = opt_outs(pair, rules)
    if opted_out(pair) and not carried:
        return skip(pair, Side.CRM, "opted_out", "this person opted out, and no field of a new record could say so")
    after = {name: value for name, value in row.values.items() if name in rules.create_fields and value is not None}
    return _create(pair, Phase.PUSH, rules, after | carried, policy, "assigned, and no CRM record has this email")


# -- both ways ---------------------------------------------------------------------------------------------------------


def _merged(pair: Pair, policy: ProspectPolicy, phase: Phase) -> Decision:
    """The fields one by one; the owner only where the side that is written knows the user."""
    rules = policy.of(pair)
    side = Side.PLATFORM if phase is Phase.PULL else Side.CRM
    if side in pair.owner_ids:
        decision = update(pair, rules, phase)
        return replace(decision, operations=tuple(_referring(pair, one) for one in decision.operations))
    decision = update(pair, _without_owner(rules, phase), phase)
    if not _owner_wanted(pair, rules, phase):
        return decision
    if side is Side.PLATFORM:
        why = "the CRM's owner is no user of the platform: the prospect stays as it is assigned"
        return replace(decision, skipped=(*decision.skipped, *skip(pair, side, "owner_not_in_platform", why).skipped))
    if policy.owner_fallback is OwnerFallback.CONNECTOR_USER:
        return decision  # a record that is there has an owner already
    return replace(decision, held=(*decision.held, _owner_unknown(pair)))


def _without_owner(rules: SyncPolicy, phase: Phase) -> SyncPolicy:
    if phase is Phase.PULL:
        return replace(rules, pull=replace(rules.pull, update=rules.pull.update - {OWNER}))
    return replace(rules, push=replace(rules.push, update=rules.push.update - {OWNER}))


def _owner_wanted(pair: Pair, rules: SyncPolicy, phase: Phase) -> bool:
    """Whether the owner would be written if the side that is written knew the user."""
    way, side = (rules.pull, Side.CRM) if phase is Phase.PULL else (rules.push, Side.PLATFORM)
    rule = _owner_rule(rules)
    if rule is None or OWNER not in way.update:
        return False
    merged = merge(rule, values_of(pair, OWNER))
    winner = merged.side if isinstance(merged, Take) else merged.winner if isinstance(merged, Clash) else None
    return winner is side


def _owner_rule(rules: SyncPolicy) -> FieldRule | None:
    return next((rule for rule in rules.fields if rule.name == OWNER), None)


def _owner_unknown(pair: Pair) -> Held:
    user = there(pair.platform).owner
    what_to_do = (
        f"the CRM has no active user with the address of the platform's user {user}: make or activate one there, "
        "assign the prospect to somebody else, or set owner_fallback: connector_user"
    )
    return hold(pair, Side.CRM, "owner_unknown", what_to_do)


def _create(pair: Pair, phase: Phase, rules: SyncPolicy, after: Values, policy: ProspectPolicy, why: str) -> Decision:
    side = Side.CRM if phase is Phase.PUSH else Side.PLATFORM
    fields: dict[str, Value] = dict(after)
    if OWNER in fields and side not in pair.owner_ids:
        if side is Side.CRM and policy.owner_fallback is OwnerFallback.HOLD:
            return _held(_owner_unknown(pair))
        del fields[OWNER]  # of the connector's own user, or of nobody
    long = too_long(rules.fields, side, fields)
    if long:
        return _held(hold_too_long(pair, side, long))
    done = operation(pair, phase, Kind.CREATE, rules, before={}, after=fields, why={"": why})
    return _one(_referring(pair, done))


def _referring(pair: Pair, done: Operation) -> Operation:
    """The operation with the id of the user who is to be the owner, on the side that is written."""
    return replace(done, refers={OWNER: pair.owner_ids[done.side]}) if done.after.get(OWNER) else done


def _one(done: Operation) -> Decision:
    return Decision(operations=(done,))


def _held(row: Held) -> Decision:
    return Decision(held=(row,))


_PHASES: Mapping[Phase, Callable[[Pair, ProspectPolicy], Decision]] = MappingProxyType(
    {Phase.PULL: _pull, Phase.PUSH: _push}
)
