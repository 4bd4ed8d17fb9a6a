"""What holds for every person, whatever happened to them on either side."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from keepstep.core.model import (
    Blanks,
    Decision,
    EpochId,
    FieldRule,
    FieldType,
    Kind,
    Pair,
    Phase,
    Presence,
    Rule,
    SealedScore,
    Side,
    Snapshot,
    Status,
    Value,
    Values,
)
from keepstep.core.plan import SyncPolicy, Way, plan
from tests.core.cases import ADA, after, decide, policy

TEXT = ("first_name", "company")
NAMES = ("email", *TEXT, "opt_out", "score")


def without_blanks(values: Values) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


texts = st.sampled_from([None, "a", "b", "c"])
emails = st.sampled_from([None, ADA, "augusta@example.com", "odd"])
yes_or_no = st.sampled_from([None, True, False])
scores = st.sampled_from([None, 0, 5, 6])
sides = st.fixed_dictionaries(
    {"email": emails, "first_name": texts, "company": texts, "opt_out": yes_or_no, "score": scores}
).map(without_blanks)
bases = st.none() | st.fixed_dictionaries(
    {}, optional={"email": emails, "first_name": texts, "company": texts, "opt_out": yes_or_no, "score": scores}
)


def snapshot(kind: str, record_id: str, values: dict[str, Value], status: Status, opted_out: bool) -> Snapshot:
    email = values.get("email")
    usable = email if isinstance(email, str) and "@" in email else None
    return Snapshot(kind, record_id, values, usable, status, opted_out=opted_out)


statuses, switches = st.sampled_from(Status), st.booleans()
contacts = st.builds(snapshot, st.just("contact"), st.just("C1"), sides, statuses, switches)
rows = st.builds(snapshot, st.just("row"), st.just("R1"), sides, statuses, switches)


def consistent(pair: Pair) -> Pair:
    """A side that was never seen has no record."""
    return replace(
        pair,
        crm=None if pair.crm_presence is Presence.ABSENT else pair.crm,
        platform=None if pair.platform_presence is Presence.ABSENT else pair.platform,
    )


sealed = scores.map(lambda score: None if score is None else SealedScore(EpochId(7), score))
anybody = st.builds(
    Pair,
    key=st.sampled_from(["link:1", "link:2", "crm:contact:1", "platform:1"]),
    generation=st.integers(0, 5),
    base=bases,
    crm=contacts,
    crm_presence=st.sampled_from(Presence),
    platform=rows,
    platform_presence=st.sampled_from(Presence),
    tombstone=switches,
    duplicate_of=st.sampled_from([None, None, None, "contact:C9"]),
    score=sealed,
    pushed_epoch=st.sampled_from([None, EpochId(6), EpochId(8)]),
    email_taken=switches,
).map(consistent)

EMAIL = FieldRule("email", "email", "email", FieldType.EMAIL)
OPT_OUT = FieldRule("opt_out", "opt_out", "opt_out", FieldType.BOOLEAN, Rule.OPT_OUT_WINS)
SCORE = FieldRule("score", "score", "score", FieldType.NUMBER, Rule.PLATFORM_WINS)
winners = st.sampled_from([Rule.CRM_WINS, Rule.PLATFORM_WINS, Rule.HOLD, Rule.NEWEST_WINS])
rooms = st.sampled_from([{}, {}, {Side.CRM: 0}, {Side.PLATFORM: 0}])


def text_field(name: str) -> st.SearchStrategy[FieldRule]:
    same = st.just(name)
    return st.builds(FieldRule, same, same, same, st.just(FieldType.TEXT), winners, st.sampled_from(Blanks), rooms)


ways = st.builds(Way, switches, st.frozensets(st.sampled_from(NAMES)), switches)
any_sync = st.builds(
    lambda texts, pull, push, company, inactive, again: policy(
        fields=(EMAIL, OPT_OUT, SCORE, *texts),
        pull=pull,
        push=push,
        company_field=company,
        inactive_syncs=inactive,
        recreate_deleted=again,
    ),
    st.tuples(*(text_field(name) for name in TEXT)),
    ways,
    ways,
    st.sampled_from([None, "company"]),
    switches,
    switches,
)


phases = st.sampled_from(Phase)


def written(pair: Pair, decision: Decision) -> Pair:
    """The pair as the store has it after these writes were applied and noted."""
    base = {**(pair.base or {}), **decision.agreed}
    for one in decision.operations:
        pair = _written(pair, one.side, one.kind, one.after)
        if one.phase is not Phase.MAINTAIN:
            base = {**base, **one.after}
    return replace(pair, base=base, generation=pair.generation + len(decision.operations))


def _written(pair: Pair, side: Side, kind: Kind, values: Values) -> Pair:
    old = pair.crm if side is Side.CRM else pair.platform
    kept = {} if kind is Kind.CREATE or old is None else dict(old.values)
    status = old.status if old and kind is Kind.UPDATE else Status.ACTIVE
    opted_out = bool(old and old.opted_out)
    name, record_id = ("contact", "C1") if side is Side.CRM else ("row", "R1")
    new = snapshot(name, record_id, without_blanks({**kept, **values}), status, opted_out)
    there = Presence.LEFT if kind is Kind.REMOVE else Presence.PRESENT
    if side is Side.CRM:
        return replace(pair, crm=new, crm_presence=there, tombstone=False)
    return replace(pair, platform=new, platform_presence=there)


@given(st.lists(anybody, max_size=4), phases, any_sync, st.randoms(use_true_random=False))
def test_a_plan_is_the_same_every_time_and_in_every_order(
    people: list[Pair], phase: Phase, rules: SyncPolicy, chance: Random
) -> None:
    shuffled = list(people)
    chance.shuffle(shuffled)
    first = sorted(map(repr, plan(people, phase, rules)))
    assert first == sorted(map(repr, plan(people, phase, rules)))
    assert first == sorted(map(repr, plan(shuffled, phase, rules)))


@given(anybody, phases, any_sync)
def test_a_decision_that_was_applied_leaves_nothing_to_do(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    one = written(one, decide(one, phase, rules))
    again = decide(one, phase, rules)
    assert again.operations == ()
    assert decide(written(one, again), phase, rules).agreed == {}


@given(anybody, any_sync)
def test_pull_and_push_don_t_write_against_each_other(one: Pair, rules: SyncPolicy) -> None:
    """What a pull has brought to the list, the push doesn't take back, and the next pull doesn't bring again."""
    one = written(one, decide(one, Phase.PULL, rules))
    one = written(one, decide(one, Phase.PUSH, rules))
    assert decide(one, Phase.PULL, rules).operations == ()
    assert decide(one, Phase.PUSH, rules).operations == ()


@given(anybody, phases, any_sync)
def test_one_row_has_one_fate_for_each_cause_and_one_write_at_most(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    decision = decide(one, phase, rules)
    assert len(decision.operations) <= 1
    fates = [(row.side, row.code) for row in decision.held] + [(row.side, row.code) for row in decision.skipped]
    assert len(fates) == len(set(fates))
    assert not (decision.operations and decision.skipped)


@given(anybody, phases, any_sync)
def test_every_write_says_why_of_the_whole_or_of_each_field(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    for operation in decide(one, phase, rules).operations:
        assert all(operation.why.values())
        assert set(operation.why) == (set(operation.after) if operation.kind is Kind.UPDATE else {""})
        assert operation.generation == one.generation


@given(anybody, phases, any_sync)
def test_an_update_changes_only_what_it_may(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    way = rules.pull if phase is Phase.PULL else rules.push
    for operation in decide(one, phase, rules).operations:
        if operation.kind is Kind.UPDATE and phase is not Phase.MAINTAIN:
            assert set(operation.after) <= way.update
            assert all(operation.before[name] != value for name, value in operation.after.items())


@given(anybody, phases, any_sync)
def test_nothing_is_written_with_its_option_off(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    way = rules.pull if phase is Phase.PULL else rules.push
    kinds = {operation.kind for operation in decide(one, phase, rules).operations}
    assert way.add or Kind.CREATE not in kinds
    assert way.remove or Kind.REMOVE not in kinds


@given(anybody, st.sampled_from([Phase.PULL, Phase.PUSH]), any_sync)
def test_no_write_blanks_a_value_unless_the_field_says_so(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    overwritten = {rule.name for rule in rules.fields if rule.blanks is Blanks.OVERWRITE}
    for operation in decide(one, phase, rules).operations:
        blanked = {name for name, value in operation.after.items() if value is None}
        assert blanked <= overwritten


@given(anybody, st.sampled_from([Phase.PULL, Phase.PUSH]), any_sync)
def test_no_write_loses_an_opt_out(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    known = [one.base or {}, *(side.values for side in (one.crm, one.platform) if side)]
    on_a_side = any(side and side.values.get("opt_out") is True for side in (one.crm, one.platform))
    flagged = any(side and side.opted_out for side in (one.crm, one.platform))
    for operation in decide(one, phase, rules).operations:
        if operation.kind is Kind.CREATE and (flagged or any(values.get("opt_out") is True for values in known)):
            assert operation.after["opt_out"] is True
        if operation.kind is Kind.UPDATE and on_a_side:
            assert operation.after.get("opt_out", True) is True


@given(anybody, st.sampled_from([Phase.PULL, Phase.PUSH]), any_sync)
def test_an_open_conflict_is_never_forgotten(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    """It is not in what is agreed nor in what is written, and so it is found again, against the same base."""
    decision = decide(one, phase, rules)
    waiting = {conflict for conflict in decision.conflicts if conflict.winner is None}
    names = {conflict.field for conflict in waiting}
    assert not names & set(decision.agreed)
    assert not names & set(after(decision))
    again = decide(written(one, decision), phase, rules)
    assert waiting <= set(again.conflicts)


@given(anybody, any_sync, st.integers(0, 5))
def test_the_id_of_a_write_is_new_with_each_generation(one: Pair, rules: SyncPolicy, later: int) -> None:
    for phase in Phase:
        for operation in decide(one, phase, rules).operations:
            (then,) = decide(replace(one, generation=one.generation + later), phase, rules).operations
            assert (then.id == operation.id) == (later == 0)


@given(anybody, any_sync)
def test_an_inactive_record_is_never_written_where_its_crm_says_so(one: Pair, rules: SyncPolicy) -> None:
    inactive = one.crm is not None and one.crm.status is Status.INACTIVE
    updates = [o for o in decide(one, Phase.PUSH, rules).operations if o.kind is Kind.UPDATE]
    assert not (inactive and not rules.inactive_syncs and updates)


@given(anybody, any_sync)
def test_a_score_older_than_the_last_one_pushed_never_goes_out(one: Pair, rules: SyncPolicy) -> None:
    stale = one.score is not None and one.pushed_epoch is not None and one.pushed_epoch > one.score.epoch
    updates = [o for o in decide(one, Phase.PUSH, rules).operations if o.kind is Kind.UPDATE]
    assert not (stale and updates)
