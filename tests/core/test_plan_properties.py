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


@st.composite
def snapshots(draw: st.DrawFn, kind: str, record_id: str) -> Snapshot:
    values = draw(sides)
    email = values.get("email")
    return Snapshot(
        kind,
        record_id,
        values,
        email if isinstance(email, str) and "@" in email else None,
        draw(st.sampled_from(list(Status))),
        opted_out=draw(st.booleans()),
    )


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    crm_presence, platform_presence = draw(st.sampled_from(Presence)), draw(st.sampled_from(Presence))
    score = draw(scores)
    return Pair(
        key=draw(st.sampled_from(["link:1", "link:2", "crm:contact:1", "platform:1"])),
        generation=draw(st.integers(0, 5)),
        base=draw(bases),
        crm=None if crm_presence is Presence.ABSENT else draw(snapshots("contact", "C1")),
        crm_presence=crm_presence,
        platform=None if platform_presence is Presence.ABSENT else draw(snapshots("row", "R1")),
        platform_presence=platform_presence,
        tombstone=draw(st.booleans()),
        duplicate_of=draw(st.sampled_from([None, None, None, "contact:C9"])),
        score=None if score is None else SealedScore(EpochId(7), score),
        pushed_epoch=draw(st.sampled_from([None, EpochId(6), EpochId(8)])),
        email_taken=draw(st.booleans()),
    )


@st.composite
def policies(draw: st.DrawFn) -> SyncPolicy:
    def way() -> Way:
        return Way(draw(st.booleans()), draw(st.frozensets(st.sampled_from(NAMES))), draw(st.booleans()))

    fields = [
        FieldRule("email", "email", "email", FieldType.EMAIL),
        FieldRule("opt_out", "opt_out", "opt_out", FieldType.BOOLEAN, Rule.OPT_OUT_WINS),
        FieldRule("score", "score", "score", FieldType.NUMBER, Rule.PLATFORM_WINS),
    ]
    for name in TEXT:
        rules = st.sampled_from([Rule.CRM_WINS, Rule.PLATFORM_WINS, Rule.HOLD, Rule.NEWEST_WINS])
        room = draw(st.sampled_from([{}, {Side.CRM: 0}, {Side.PLATFORM: 0}]))
        fields.append(
            FieldRule(name, name, name, FieldType.TEXT, draw(rules), draw(st.sampled_from(list(Blanks))), room)
        )
    return policy(
        fields=tuple(fields),
        pull=way(),
        push=way(),
        company_field=draw(st.sampled_from([None, "company"])),
        inactive_syncs=draw(st.booleans()),
        recreate_deleted=draw(st.booleans()),
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
    new_values = without_blanks({**kept, **values})
    email = new_values.get("email")
    snapshot = Snapshot(
        "contact" if side is Side.CRM else "row",
        "C1" if side is Side.CRM else "R1",
        new_values,
        email if isinstance(email, str) and "@" in email else None,
        old.status if old and kind is Kind.UPDATE else Status.ACTIVE,
        opted_out=bool(old and old.opted_out),
    )
    there = Presence.LEFT if kind is Kind.REMOVE else Presence.PRESENT
    if side is Side.CRM:
        return replace(pair, crm=snapshot, crm_presence=there, tombstone=False)
    return replace(pair, platform=snapshot, platform_presence=there)


@given(st.lists(pairs(), max_size=4), phases, policies(), st.randoms(use_true_random=False))
def test_a_plan_is_the_same_every_time_and_in_every_order(
    people: list[Pair], phase: Phase, rules: SyncPolicy, chance: Random
) -> None:
    shuffled = list(people)
    chance.shuffle(shuffled)
    first = sorted(map(repr, plan(people, phase, rules)))
    assert first == sorted(map(repr, plan(people, phase, rules)))
    assert first == sorted(map(repr, plan(shuffled, phase, rules)))


@given(pairs(), phases, policies())
def test_a_decision_that_was_applied_leaves_nothing_to_do(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    one = written(one, decide(one, phase, rules))
    again = decide(one, phase, rules)
    assert again.operations == ()
    assert decide(written(one, again), phase, rules).agreed == {}


@given(pairs(), policies())
def test_pull_and_push_don_t_write_against_each_other(one: Pair, rules: SyncPolicy) -> None:
    """What a pull has brought to the list, the push doesn't take back, and the next pull doesn't bring again."""
    one = written(one, decide(one, Phase.PULL, rules))
    one = written(one, decide(one, Phase.PUSH, rules))
    assert decide(one, Phase.PULL, rules).operations == ()
    assert decide(one, Phase.PUSH, rules).operations == ()


@given(pairs(), phases, policies())
def test_one_row_has_one_fate_for_each_cause_and_one_write_at_most(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    decision = decide(one, phase, rules)
    assert len(decision.operations) <= 1
    fates = [(row.side, row.code) for row in decision.held] + [(row.side, row.code) for row in decision.skipped]
    assert len(fates) == len(set(fates))
    assert not (decision.operations and decision.skipped)


@given(pairs(), phases, policies())
def test_every_write_says_why_of_the_whole_or_of_each_field(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    for operation in decide(one, phase, rules).operations:
        assert all(operation.why.values())
        assert set(operation.why) == (set(operation.after) if operation.kind is Kind.UPDATE else {""})
        assert operation.generation == one.generation


@given(pairs(), phases, policies())
def test_an_update_changes_only_what_it_may(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    way = rules.pull if phase is Phase.PULL else rules.push
    for operation in decide(one, phase, rules).operations:
        if operation.kind is Kind.UPDATE and phase is not Phase.MAINTAIN:
            assert set(operation.after) <= way.update
            assert all(operation.before[name] != value for name, value in operation.after.items())


@given(pairs(), phases, policies())
def test_nothing_is_written_with_its_option_off(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    way = rules.pull if phase is Phase.PULL else rules.push
    kinds = {operation.kind for operation in decide(one, phase, rules).operations}
    assert way.add or Kind.CREATE not in kinds
    assert way.remove or Kind.REMOVE not in kinds


@given(pairs(), st.sampled_from([Phase.PULL, Phase.PUSH]), policies())
def test_no_write_blanks_a_value_unless_the_field_says_so(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    overwritten = {rule.name for rule in rules.fields if rule.blanks is Blanks.OVERWRITE}
    for operation in decide(one, phase, rules).operations:
        blanked = {name for name, value in operation.after.items() if value is None}
        assert blanked <= overwritten


@given(pairs(), st.sampled_from([Phase.PULL, Phase.PUSH]), policies())
def test_no_write_loses_an_opt_out(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    known = [one.base or {}, *(side.values for side in (one.crm, one.platform) if side)]
    on_a_side = any(side and side.values.get("opt_out") is True for side in (one.crm, one.platform))
    flagged = any(side and side.opted_out for side in (one.crm, one.platform))
    for operation in decide(one, phase, rules).operations:
        if operation.kind is Kind.CREATE and (flagged or any(values.get("opt_out") is True for values in known)):
            assert operation.after["opt_out"] is True
        if operation.kind is Kind.UPDATE and on_a_side:
            assert operation.after.get("opt_out", True) is True


@given(pairs(), st.sampled_from([Phase.PULL, Phase.PUSH]), policies())
def test_an_open_conflict_is_never_forgotten(one: Pair, phase: Phase, rules: SyncPolicy) -> None:
    """It is not in what is agreed nor in what is written, and so it is found again, against the same base."""
    decision = decide(one, phase, rules)
    waiting = {conflict for conflict in decision.conflicts if conflict.winner is None}
    names = {conflict.field for conflict in waiting}
    assert not names & set(decision.agreed)
    assert not names & set(after(decision))
    again = decide(written(one, decision), phase, rules)
    assert waiting <= set(again.conflicts)


@given(pairs(), policies(), st.integers(0, 5))
def test_the_id_of_a_write_is_new_with_each_generation(one: Pair, rules: SyncPolicy, later: int) -> None:
    for phase in Phase:
        for operation in decide(one, phase, rules).operations:
            (then,) = decide(replace(one, generation=one.generation + later), phase, rules).operations
            assert (then.id == operation.id) == (later == 0)


@given(pairs(), policies())
def test_an_inactive_record_is_never_written_where_its_crm_says_so(one: Pair, rules: SyncPolicy) -> None:
    inactive = one.crm is not None and one.crm.status is Status.INACTIVE
    updates = [o for o in decide(one, Phase.PUSH, rules).operations if o.kind is Kind.UPDATE]
    assert not (inactive and not rules.inactive_syncs and updates)


@given(pairs(), policies())
def test_a_score_older_than_the_last_one_pushed_never_goes_out(one: Pair, rules: SyncPolicy) -> None:
    stale = one.score is not None and one.pushed_epoch is not None and one.pushed_epoch > one.score.epoch
    updates = [o for o in decide(one, Phase.PUSH, rules).operations if o.kind is Kind.UPDATE]
    assert not (stale and updates)
