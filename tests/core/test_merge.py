"""One field, three values: what both sides hold and what they last agreed on."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepstep.core.merge import OWNED, Agree, Clash, Leave, Merged, Take, Values3, merge
from keepstep.core.model import Blanks, FieldRule, FieldType, Rule, Side, Value
from tests.core.cases import MONDAY, TUESDAY, rule

NEVER = "never agreed"


def values(crm: Value, platform: Value, base: Value) -> Values3:
    if base == NEVER:
        return Values3(crm, platform, None, known=False)
    return Values3(crm, platform, base, known=True)


def verdict(merged: Merged) -> str:
    match merged:
        case Agree():
            return "agree"
        case Take():
            return f"take {merged.side}"
        case Clash():
            return f"clash, {merged.winner} wins" if merged.winner else "clash, waits"
        case Leave():
            return "leave"
        case _:
            assert_never(merged)


@pytest.mark.parametrize(
    ("crm", "platform", "base", "expected"),
    [
        # nobody changed it, or both alike
        ("a", "a", "a", "agree"),
        ("b", "b", "a", "agree"),
        ("b", "b", NEVER, "agree"),
        (None, None, "a", "agree"),
        (None, None, NEVER, "agree"),
        # one side changed it
        ("b", "a", "a", "take crm"),
        ("a", "b", "a", "take platform"),
        ("b", None, None, "take crm"),
        (None, "b", None, "take platform"),
        # a blank never overwrites a value, whoever made it
        (None, "a", "a", "take platform"),
        ("a", None, "a", "take crm"),
        (None, "b", "a", "take platform"),
        ("b", None, "a", "take crm"),
        # a first sync: a value beats a blank, two values are decided by the rule
        (None, "a", NEVER, "take platform"),
        ("a", None, NEVER, "take crm"),
        ("a", "b", NEVER, "clash, crm wins"),
        # both changed it, to different values
        ("b", "c", "a", "clash, crm wins"),
        ("b", "c", None, "clash, crm wins"),
        # a false and a nothing are values, not blanks
        (False, True, False, "take platform"),
        (0, 5, 5, "take crm"),
    ],
)
def test_the_truth_table_of_a_field_whose_crm_wins(crm: Value, platform: Value, base: Value, expected: str) -> None:
    assert verdict(merge(rule("x"), values(crm, platform, base))) == expected


@pytest.mark.parametrize(
    ("crm", "platform", "base", "expected"),
    [
        (None, "a", "a", "take crm"),  # the CRM cleared it
        ("a", None, "a", "take platform"),  # the platform cleared it
        (None, "b", "a", "clash, crm wins"),  # one cleared it, the other changed it
        ("b", None, "a", "clash, crm wins"),
        ("b", None, None, "take crm"),
        (None, "a", NEVER, "take platform"),  # a first sync: nobody cleared anything
        ("a", None, NEVER, "take crm"),
    ],
)
def test_a_field_whose_blanks_overwrite(crm: Value, platform: Value, base: Value, expected: str) -> None:
    merged = merge(rule("x", blanks=Blanks.OVERWRITE), values(crm, platform, base))
    assert verdict(merged) == expected


def test_the_value_of_a_take_is_that_side_s_and_says_why() -> None:
    assert merge(rule("x"), values("new", "old", "old")) == Take(Side.CRM, "new", "only the CRM changed it")
    assert merge(rule("x"), values("old", "new", "old")) == Take(Side.PLATFORM, "new", "only the platform changed it")
    assert merge(rule("x"), values(None, "old", "old")) == Take(
        Side.PLATFORM, "old", "the crm has a blank, and a blank never overwrites a value"
    )


@pytest.mark.parametrize(
    ("wins", "expected"),
    [
        (Rule.CRM_WINS, Clash(Side.CRM, "b", "both sides changed it; the field's rule is crm_wins")),
        (Rule.PLATFORM_WINS, Clash(Side.PLATFORM, "c", "both sides changed it; the field's rule is platform_wins")),
        (Rule.HOLD, Clash(None, None, "both sides changed it; the field's rule is to wait for a person")),
    ],
)
def test_a_real_conflict_is_decided_by_the_field_s_rule(wins: Rule, expected: Clash) -> None:
    assert merge(rule("x", wins=wins), values("b", "c", "a")) == expected


def test_a_first_sync_says_that_the_sides_never_agreed() -> None:
    merged = merge(rule("x"), values("b", "c", NEVER))
    assert merged == Clash(Side.CRM, "b", "the two sides differ, and never agreed before; the field's rule is crm_wins")


@pytest.mark.parametrize(
    ("crm_modified", "platform_modified", "winner", "why"),
    [
        (MONDAY, TUESDAY, Side.PLATFORM, "the platform's record was changed last"),
        (TUESDAY, MONDAY, Side.CRM, "the CRM's record was not changed earlier than the platform's"),
        (MONDAY, MONDAY, Side.CRM, "the CRM's record was not changed earlier than the platform's"),
        (None, TUESDAY, Side.CRM, "the field's rule is newest_wins, a side has no time of change: the CRM wins"),
        (MONDAY, None, Side.CRM, "the field's rule is newest_wins, a side has no time of change: the CRM wins"),
    ],
)
def test_newest_wins_asks_which_record_changed_last_and_falls_back_to_the_crm(
    crm_modified: datetime | None, platform_modified: datetime | None, winner: Side, why: str
) -> None:
    three = Values3("b", "c", "a", True, crm_modified, platform_modified)
    merged = merge(rule("x", wins=Rule.NEWEST_WINS), three)
    assert isinstance(merged, Clash)
    assert merged.winner is winner
    assert merged.why == f"both sides changed it; {why}"


OPT_OUT = rule("opt_out", FieldType.BOOLEAN, Rule.OPT_OUT_WINS)


@pytest.mark.parametrize(
    ("crm", "platform", "base", "expected"),
    [
        (True, False, False, "take crm"),
        (False, True, False, "take platform"),
        (False, True, True, "take platform"),  # the CRM took it back: the platform still says it
        (True, False, True, "take crm"),
        (True, None, None, "take crm"),
        (None, True, NEVER, "take platform"),
        (False, True, NEVER, "take platform"),
        (True, True, False, "agree"),
        (False, None, NEVER, "take crm"),
        (None, False, NEVER, "take platform"),
        ("yes", "no", "no", "take crm"),  # a system that keeps a checkbox as text
        ("no", "yes", "no", "take platform"),
        (0, 1, 0, "take platform"),
        (1, 0, 0, "take crm"),
        ("Yes", True, False, "agree"),
        ("never write to me", False, False, "clash, waits"),
        (False, "never write to me", False, "clash, waits"),
    ],
)
def test_an_opt_out_on_either_side_always_survives(crm: Value, platform: Value, base: Value, expected: str) -> None:
    assert verdict(merge(OPT_OUT, values(crm, platform, base))) == expected


SOME = st.sampled_from([None, "a", "b", "c"])
BASES = st.sampled_from([NEVER, None, "a", "b", "c"])
RULES = st.sampled_from([Rule.CRM_WINS, Rule.PLATFORM_WINS, Rule.HOLD])
ORDINARY = st.sampled_from([one for one in Rule if one not in (Rule.OPT_OUT_WINS, *OWNED)])
BLANKS = st.sampled_from(list(Blanks))


def mirrored(merged: Merged) -> tuple[object, ...]:
    match merged:
        case Agree(value):
            return ("agree", value)
        case Take(side, value):
            return ("take", side.other, value)
        case Clash(winner, value):
            return ("clash", winner.other if winner else None, value)
        case Leave():
            return ("leave",)
        case _:
            assert_never(merged)


def plainly(merged: Merged) -> tuple[object, ...]:
    match merged:
        case Agree(value):
            return ("agree", value)
        case Take(side, value):
            return ("take", side, value)
        case Clash(winner, value):
            return ("clash", winner, value)
        case Leave():
            return ("leave",)
        case _:
            assert_never(merged)


@pytest.mark.parametrize("wins", list(OWNED))
@given(SOME, SOME, BASES, BLANKS)
def test_what_a_side_owns_is_never_written_there(
    wins: Rule, crm: Value, platform: Value, base: Value, blanks: Blanks
) -> None:
    sides = values(crm, platform, base)
    merged = merge(rule("x", wins=wins, blanks=blanks), sides)
    if isinstance(merged, Take):
        assert merged.side is OWNED[wins]
    else:
        same = crm == platform
        assert same or (isinstance(merged, Leave) and sides.on(OWNED[wins]) is None and blanks is Blanks.KEEP)


@given(SOME, SOME, BASES, RULES, BLANKS)
def test_merge_doesn_t_care_which_side_is_which(
    crm: Value, platform: Value, base: Value, wins: Rule, b: Blanks
) -> None:
    other = {Rule.CRM_WINS: Rule.PLATFORM_WINS, Rule.PLATFORM_WINS: Rule.CRM_WINS, Rule.HOLD: Rule.HOLD}[wins]
    one = merge(rule("x", wins=wins, blanks=b), values(crm, platform, base))
    turned = merge(rule("x", wins=other, blanks=b), values(platform, crm, base))
    assert plainly(one) == mirrored(turned)


@given(SOME, SOME, BASES, ORDINARY)
def test_a_blank_never_overwrites_a_value_unless_told(crm: Value, platform: Value, base: Value, wins: Rule) -> None:
    merged = merge(rule("x", wins=wins), values(crm, platform, base))
    if isinstance(merged, Take | Clash) and None in (crm, platform):
        assert isinstance(merged, Take)
        assert merged.value is not None


@given(SOME, SOME, ORDINARY, BLANKS)
def test_a_first_sync_clears_nothing(crm: Value, platform: Value, wins: Rule, blanks: Blanks) -> None:
    merged = merge(rule("x", wins=wins, blanks=blanks), values(crm, platform, NEVER))
    assert not (isinstance(merged, Take | Clash) and merged.value is None and None in (crm, platform))


@given(SOME, SOME, BASES, ORDINARY, BLANKS)
def test_what_was_taken_is_agreed_the_next_time(
    crm: Value, platform: Value, base: Value, wins: Rule, blanks: Blanks
) -> None:
    how = rule("x", wins=wins, blanks=blanks)
    merged = merge(how, values(crm, platform, base))
    if isinstance(merged, Agree | Leave) or (isinstance(merged, Clash) and merged.winner is None):
        return
    assert merge(how, values(merged.value, merged.value, merged.value)) == Agree(merged.value)


@given(
    st.sampled_from([True, False, None, 1, 0, "yes", "no"]),
    st.sampled_from([True, False, None, 1, 0, "yes", "no"]),
    st.sampled_from([True, False, None, NEVER]),
    BLANKS,
)
def test_no_merge_loses_an_opt_out(crm: Value, platform: Value, base: Value, blanks: Blanks) -> None:
    how = FieldRule("opt_out", "a", "b", FieldType.BOOLEAN, Rule.OPT_OUT_WINS, blanks)
    said = {True, "yes"}  # and 1, which is equal to True
    merged = merge(how, values(crm, platform, base))
    if crm in said or platform in said:
        assert isinstance(merged, Agree | Take)
        assert merged.value in said
