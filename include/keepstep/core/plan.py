"""What should be written to one side, for one person at a time, and why: decided in values, before anything is sent.

`pull` decides about the platform's list, `maintain` about its score column, `push` about the CRM. The same pair gives
the same decision, whatever came before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from keepstep.core.decide import digest, hold, hold_too_long, operation, score_reason, skip, there, too_long
from keepstep.core.fields import differing, opt_outs, opted_out, update
from keepstep.core.model import Decision, Held, Kind, Pair, Phase, Presence, Side, Status, Value, Values
from keepstep.core.sync_policy import SyncPolicy, Way

__all__ = ["SyncPolicy", "Way", "differing", "digest", "plan"]


def plan(pairs: Iterable[Pair], phase: Phase, policy: SyncPolicy) -> Iterator[tuple[Pair, Decision]]:
    """Decide about each pair; the order of the input doesn't change any decision."""
    decide = _PHASES[phase]
    for pair in pairs:
        yield pair, decide(pair, policy)


# -- pull: the CRM's people and values, to the list --------------------------------------------------------------------


def _pull(pair: Pair, policy: SyncPolicy) -> Decision:
    if pair.duplicate_of:
        why = f"{pair.duplicate_of} has the same email and is the one followed"
        return skip(pair, Side.PLATFORM, "duplicate", why)
    match pair.crm_presence, pair.platform_presence:
        case Presence.PRESENT, Presence.PRESENT:
            return update(pair, policy, Phase.PULL)
        case Presence.PRESENT, Presence.ABSENT:
            return _add_row(pair, policy)
        case Presence.PRESENT, (Presence.LEFT | Presence.DELETED):
            return skip(pair, Side.PLATFORM, "removed_by_hand", "somebody took this person off the list; it stays so")
        case ((Presence.LEFT | Presence.DELETED), Presence.PRESENT):
            return _remove_row(pair, policy)
        case _:
            return Decision()


def _add_row(pair: Pair, policy: SyncPolicy) -> Decision:
    not_added = _not_added(pair, policy)
    if not_added:
        return skip(pair, Side.PLATFORM, *not_added)
    known = there(pair.crm).values
    names = (rule.name for rule in policy.fields if rule.name != policy.score_field)
    after = {name: value for name in names if (value := known.get(name)) is not None} | opt_outs(pair, policy)
    return _create(pair, Phase.PULL, policy, after, "in the audience, and not on the list")


def _not_added(pair: Pair, policy: SyncPolicy) -> tuple[str, str] | None:
    crm = there(pair.crm)
    if not policy.pull.add:
        return "add_is_off", "pull.add is off in the sync file"
    if crm.email is None:
        return "no_email", "the CRM record has no email that can be used; it keys the list"
    if crm.opted_out:
        return "opted_out", "this person opted out in the CRM and is not put on a list"
    return None


def _remove_row(pair: Pair, policy: SyncPolicy) -> Decision:
    deleted = pair.crm_presence is Presence.DELETED
    code, why = ("deleted_in_crm", "deleted in the CRM") if deleted else ("left_audience", "no longer in the audience")
    if not policy.pull.remove:
        return skip(pair, Side.PLATFORM, code, f"{why}; pull.remove is off in the sync file")
    return _remove(pair, Phase.PULL, policy, there(pair.platform).values, why)


# -- maintain: the sealed score, to the list's score column (AO-9) -----------------------------------------------------


def _maintain(pair: Pair, policy: SyncPolicy) -> Decision:
    if pair.platform_presence is not Presence.PRESENT or pair.score is None or not policy.writes_score:
        return Decision()
    name = policy.score_field
    before = there(pair.platform).values.get(name)
    if before == pair.score.value:
        return Decision()
    done = operation(
        pair,
        Phase.MAINTAIN,
        Kind.UPDATE,
        policy,
        before={name: before},
        after={name: pair.score.value},
        why={name: score_reason(pair)},
    )
    return Decision(operations=(done,))


# -- push: scores, and the fields that the sync file names, to the CRM -------------------------------------------------


def _push(pair: Pair, policy: SyncPolicy) -> Decision:
    if pair.duplicate_of:
        return Decision()  # the pull has said so; the one that is followed gets the score
    match pair.crm_presence, pair.platform_presence:
        case Presence.PRESENT, Presence.PRESENT:
            return _update_record(pair, policy)
        case Presence.PRESENT, (Presence.LEFT | Presence.DELETED):
            return _remove_record(pair, policy)
        case Presence.LEFT, Presence.PRESENT:
            return _left(pair, policy)
        case ((Presence.DELETED | Presence.ABSENT), Presence.PRESENT):
            return _make_record(pair, policy)
        case _:
            return Decision()  # whoever isn't on the list is nothing to push


def _update_record(pair: Pair, policy: SyncPolicy) -> Decision:
    if pair.score and pair.pushed_epoch is not None and pair.score.epoch < pair.pushed_epoch:
        what_to_do = (
            f"score epoch {pair.pushed_epoch} was written to this record already, {pair.score.epoch} is older: "
            "run the sync again, it computes the scores anew"
        )
        return Decision(held=(hold(pair, Side.CRM, "stale_epoch", what_to_do),))
    decision = update(pair, policy, Phase.PUSH)
    if decision.operations and _refuses(pair, policy):
        return replace(decision, operations=(), held=(*decision.held, _inactive(pair)))
    return decision


def _refuses(pair: Pair, policy: SyncPolicy) -> bool:
    """An inactive record is never written, and so never reactivated, where its CRM's policy says so (NS-1, NS-2)."""
    return there(pair.crm).status is Status.INACTIVE and not policy.inactive_syncs


def _inactive(pair: Pair) -> Held:
    what_to_do = "the CRM record is inactive: reactivate it there, or take the person off the list"
    return hold(pair, Side.CRM, "inactive", what_to_do)


def _left(pair: Pair, policy: SyncPolicy) -> Decision:
    if not _refuses(pair, policy):
        return skip(pair, Side.CRM, "left_audience", "no longer in the audience that this list follows")
    # An inactive record is in no audience; that its score can't be written is an error all the same (NS-1).
    name = policy.score_field
    wanted = pair.score is not None and name in policy.push.update
    if wanted and pair.score and there(pair.crm).values.get(name) != pair.score.value:
        return Decision(held=(_inactive(pair),))
    return Decision()


def _make_record(pair: Pair, policy: SyncPolicy) -> Decision:
    deleted = pair.crm_presence is Presence.DELETED or pair.tombstone
    if deleted and not policy.recreate_deleted:
        why = "deleted in the CRM, and stays deleted (on_deleted: stop)"
        return skip(pair, Side.CRM, "deleted_in_crm", why)
    if not policy.push.add:
        return skip(pair, Side.CRM, "no_crm_record", "no CRM record has this email, and push.add is off")
    carried = opt_outs(pair, policy)
    if opted_out(pair) and not carried:
        why = "this person opted out, and the sync file maps no opt-out field by which a new CRM record would know"
        return skip(pair, Side.CRM, "opted_out", why)
    row = there(pair.platform)
    if row.email is None:
        return Decision(held=(hold(pair, Side.CRM, "no_email", _NO_EMAIL),))
    if policy.company_field and row.values.get(policy.company_field) is None:
        return Decision(held=(hold(pair, Side.CRM, "no_company", _NO_COMPANY),))
    after: dict[str, Value] = {
        name: value for name, value in row.values.items() if name in policy.create_fields and value is not None
    }
    if pair.score is not None and policy.score_field in policy.push.update:
        after[policy.score_field] = pair.score.value
    return _create(pair, Phase.PUSH, policy, after | carried, "on the list, and no CRM record has this email")


_NO_EMAIL = "the row has no email that can be used: correct it on the list"
_NO_COMPANY = "a new lead needs a company: fill the row's company on the list"


def _remove_record(pair: Pair, policy: SyncPolicy) -> Decision:
    if not policy.push.remove:
        return Decision()
    return _remove(pair, Phase.PUSH, policy, there(pair.crm).values, "taken off the list, and push.remove is on")


# -- both ways ---------------------------------------------------------------------------------------------------------


def _create(pair: Pair, phase: Phase, policy: SyncPolicy, after: dict[str, Value], why: str) -> Decision:
    side = Side.CRM if phase is Phase.PUSH else Side.PLATFORM
    long = too_long(policy.fields, side, after)
    if long:
        return Decision(held=(hold_too_long(pair, side, long),))
    done = operation(pair, phase, Kind.CREATE, policy, before={}, after=after, why={"": why})
    return Decision(operations=(done,))


def _remove(pair: Pair, phase: Phase, policy: SyncPolicy, before: Values, why: str) -> Decision:
    done = operation(pair, phase, Kind.REMOVE, policy, before=before, after={}, why={"": why})
    return Decision(operations=(done,))


_PHASES: Mapping[Phase, Callable[[Pair, SyncPolicy], Decision]] = {
    Phase.PULL: _pull,
    Phase.MAINTAIN: _maintain,
    Phase.PUSH: _push,
}
