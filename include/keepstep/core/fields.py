"""Both sides are there: their fields one by one, into one update of the side that is written.

Laws:
1. A field that waits for a person is neither written nor agreed: its base stays, and the next run reports it again.
2. A side's own values are never written to that side.
3. The email is the key by which people are found: what is no address, or somebody else's, doesn't replace it.
4. The score is the platform's: the sealed value replaces whatever the CRM holds.
5. An opt-out that a system keeps apart from the mapped field (a list of suppressed addresses) is brought to the other
   side once; where people then clear the field on both sides, that is their word, and it is not brought again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from keepstep.core.decide import hold, hold_too_long, on, operation, score_reason, there, too_long
from keepstep.core.merge import Agree, Clash, Leave, Take, Values3, merge
from keepstep.core.model import (
    Conflict,
    Decision,
    FieldRule,
    FieldType,
    Held,
    Kind,
    Operation,
    Pair,
    Phase,
    Rule,
    Side,
    Value,
)
from keepstep.core.normalize import normalize_value
from keepstep.core.sync_policy import SyncPolicy


@dataclass(slots=True)
class _Draft:
    """One side's update while its fields are being merged."""

    side: Side  # the side that is written
    before: dict[str, Value] = field(default_factory=dict)
    after: dict[str, Value] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    agreed: dict[str, Value] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # fields that wait for a person

    def write(self, name: str, before: Value, after: Value, why: str) -> None:
        self.before[name], self.after[name], self.why[name] = before, after, why


def update(pair: Pair, policy: SyncPolicy, phase: Phase) -> Decision:
    """Compare both sides field by field with what they last agreed on; one update of the phase's side at the most."""
    way = policy.pull if phase is Phase.PULL else policy.push
    draft = _Draft(Side.PLATFORM if phase is Phase.PULL else Side.CRM)
    for rule in policy.fields:
        writable = rule.name in way.update
        if rule.name != policy.score_field:
            _field(pair, rule, writable, draft)
        elif phase is Phase.PUSH and writable:
            _score(pair, rule.name, draft)
    if draft.waiting and phase is Phase.PULL:  # once a run is enough
        draft.held.append(_open_conflict(pair, draft.waiting))
    long = too_long(policy.fields, draft.side, draft.after)
    if long:
        draft.held.append(hold_too_long(pair, draft.side, long))
    operations = _operations(pair, policy, phase, draft, [name for name in draft.after if name not in long])
    return Decision(operations, tuple(draft.conflicts), tuple(draft.held), (), draft.agreed)


def _operations(pair: Pair, policy: SyncPolicy, phase: Phase, draft: _Draft, names: list[str]) -> tuple[Operation, ...]:
    if not names:
        return ()
    before = {name: draft.before[name] for name in names}
    after = {name: draft.after[name] for name in names}
    why = {name: draft.why[name] for name in names}
    return (operation(pair, phase, Kind.UPDATE, policy, before=before, after=after, why=why),)


def _field(pair: Pair, rule: FieldRule, writable: bool, draft: _Draft) -> None:
    values = _told(pair, rule, draft.side.other)
    merged = merge(rule, values)
    unsaid = rule.rule is Rule.OPT_OUT_WINS and opted_out(pair) and not (_yes(values.crm) or _yes(values.platform))
    if isinstance(merged, Agree):
        if not unsaid and (not values.known or values.base != merged.value):
            draft.agreed[rule.name] = merged.value
        return
    if isinstance(merged, Leave) or (unsaid and isinstance(merged, Take)):  # nobody opted out is told "no"
        return
    if isinstance(merged, Clash):
        draft.conflicts.append(
            Conflict(pair.key, rule.name, values.crm, values.platform, values.base, merged.winner, merged.why)
        )
        if merged.winner is None:
            draft.waiting.append(rule.name)
    winner = merged.side if isinstance(merged, Take) else merged.winner
    if winner is draft.side.other and writable:
        _write(pair, rule.name, values.on(draft.side), merged, draft)


def _told(pair: Pair, rule: FieldRule, source: Side) -> Values3:
    """A field's values, with the opt-out that `source` knows of otherwise than by this field (law 5)."""
    values = values_of(pair, rule.name)
    if rule.rule is not Rule.OPT_OUT_WINS or not there(on(pair, source)).opted_out:
        return values
    if _yes(values.base) or _yes(values.on(source)):
        return values
    return replace(values, crm=True) if source is Side.CRM else replace(values, platform=True)


def _yes(value: Value) -> bool:
    return normalize_value(value, FieldType.BOOLEAN) is True


def values_of(pair: Pair, name: str) -> Values3:
    """A field of a pair with both sides, as `merge` takes it."""
    crm, platform, base = there(pair.crm), there(pair.platform), pair.base or {}
    return Values3(
        crm=crm.values.get(name),
        platform=platform.values.get(name),
        base=base.get(name),
        known=name in base,
        crm_modified=crm.modified,
        platform_modified=platform.modified,
    )


def _open_conflict(pair: Pair, names: list[str]) -> Held:
    crm = there(pair.crm)
    what_to_do = f"the sides differ in {', '.join(names)}, and the sync file says to wait: make both alike by hand"
    return Held(pair.key, Side.PLATFORM, "conflict", what_to_do, crm.object, crm.record_id)


def _write(pair: Pair, name: str, before: Value, merged: Take | Clash, draft: _Draft) -> None:
    blocked = _email_blocked(pair, draft.side) if name == "email" else None
    if blocked:
        draft.held.append(blocked)
    else:
        draft.write(name, before, merged.value, merged.why)


def _email_blocked(pair: Pair, side: Side) -> Held | None:
    source = on(pair, side.other)
    if there(source).email is None:
        return hold(pair, side, "bad_email", f"the {side.other}'s email is not one that can be used: correct it there")
    if side is Side.PLATFORM and pair.email_taken:
        what_to_do = "the CRM record's new email belongs to another row of the list: merge the two people by hand"
        return hold(pair, side, "email_taken", what_to_do)
    return None


def _score(pair: Pair, name: str, draft: _Draft) -> None:
    if pair.score is None:
        return
    current = there(pair.crm).values.get(name)
    if current != pair.score.value:
        draft.write(name, current, pair.score.value, score_reason(pair))
    elif (pair.base or {}).get(name) != current:
        draft.agreed[name] = current


def opt_outs(pair: Pair, policy: SyncPolicy) -> dict[str, Value]:
    """The opt-out fields that a new record of this person must carry, whoever knows of it: a side or the base."""
    carried: dict[str, Value] = {}
    known = [pair.base or {}, *(one.values for one in (pair.crm, pair.platform) if one)]
    for name in (rule.name for rule in policy.fields if rule.rule is Rule.OPT_OUT_WINS):
        said = [v for values in known if _yes(v := values.get(name))]
        if said or opted_out(pair):
            carried[name] = said[0] if said else True
    return carried


def opted_out(pair: Pair) -> bool:
    """Whether either system says that this person is not to be contacted, in whatever way it says so."""
    return any(one.opted_out for one in (pair.crm, pair.platform) if one)


def differing(pair: Pair, policy: SyncPolicy) -> tuple[str, ...]:
    """The fields, the score left out, in which the two sides of a pair hold different values."""
    if pair.crm is None or pair.platform is None:
        return ()
    crm, platform = pair.crm.values, pair.platform.values
    names = (rule.name for rule in policy.fields if rule.name != policy.score_field)
    return tuple(name for name in names if crm.get(name) != platform.get(name))
