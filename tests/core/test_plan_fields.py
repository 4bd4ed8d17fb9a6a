"""Both sides are there: three snapshots of a person in, one decision out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keepstep.core.model import (
    Blanks,
    Conflict,
    Decision,
    FieldType,
    Kind,
    Rule,
    Side,
    Value,
    Values,
)
from keepstep.core.plan import Way
from tests.core.cases import (
    ADA,
    FIELDS,
    after,
    codes,
    contact,
    pair,
    policy,
    pulled,
    pushed,
    row,
    the_operation,
    with_field,
)

NOTHING = Decision()


def test_sides_that_agree_with_their_base_need_nothing() -> None:
    both: Values = {"email": ADA, "first_name": "Ada", "company": "Acme", "opt_out": False}
    one = pair(contact(both), row(both), base=both)
    assert pulled(one) == NOTHING
    assert pushed(one) == NOTHING


def test_an_edit_in_the_crm_goes_to_the_list_and_nowhere_else() -> None:
    one = pair(contact({"first_name": "Augusta"}), row({"first_name": "Ada"}), base={"first_name": "Ada"})
    operation = the_operation(pulled(one))
    assert operation.side is Side.PLATFORM
    assert operation.kind is Kind.UPDATE
    assert operation.record_id == "R1"
    assert operation.before == {"first_name": "Ada"}
    assert operation.after == {"first_name": "Augusta"}
    assert operation.why == {"first_name": "only the CRM changed it"}
    assert operation.external_id is None
    assert pushed(one).operations == ()


def test_an_edit_on_the_list_goes_to_the_crm_and_nowhere_else() -> None:
    one = pair(contact({"first_name": "Ada"}), row({"first_name": "Augusta"}), base={"first_name": "Ada"})
    assert pulled(one).operations == ()
    operation = the_operation(pushed(one))
    assert operation.side is Side.CRM
    assert operation.record_id == "C1"
    assert operation.after == {"first_name": "Augusta"}
    assert operation.why == {"first_name": "only the platform changed it"}


def test_edits_of_different_fields_pass_each_other_without_a_conflict() -> None:
    one = pair(
        contact({"first_name": "Augusta", "company": "Acme"}),
        row({"first_name": "Ada", "company": "Apex"}),
        base={"first_name": "Ada", "company": "Acme"},
    )
    assert after(pulled(one)) == {"first_name": "Augusta"}
    assert after(pushed(one)) == {"company": "Apex"}
    assert pulled(one).conflicts == pushed(one).conflicts == ()


@pytest.mark.behaviour("AO-5")
def test_only_the_chosen_fields_are_updated() -> None:
    one = pair(
        contact({"first_name": "B", "company": "B"}),
        row({"first_name": "A", "company": "A"}),
        base={"first_name": "A", "company": "A"},
    )
    assert after(pulled(one, policy(pull=Way(True, frozenset({"company"}), True)))) == {"company": "B"}
    assert after(pulled(one, policy(pull=Way(True, frozenset(), True)))) == {}


@pytest.mark.behaviour("AO-5")
def test_only_the_chosen_fields_are_pushed() -> None:
    one = pair(
        contact({"first_name": "A", "company": "A"}),
        row({"first_name": "B", "company": "B"}),
        base={"first_name": "A", "company": "A"},
        score=40,
    )
    assert after(pushed(one, policy(push=Way(False, frozenset({"company"}), False)))) == {"company": "B"}
    assert after(pushed(one, policy(push=Way(False, frozenset({"score"}), False)))) == {"score": 40}
    assert after(pushed(one, policy(push=Way(False, frozenset(), False)))) == {}


def test_a_field_that_may_not_be_written_back_stays_as_it_is_on_both_sides() -> None:
    """Somebody edits the list, and the sync pushes scores only: the CRM's old value must not undo the edit."""
    one = pair(contact({"first_name": "Ada"}), row({"first_name": "Augusta"}), base={"first_name": "Ada"})
    score_only = policy(push=Way(add=False, update=frozenset({"score"}), remove=False))
    assert pulled(one, score_only).operations == pushed(one, score_only).operations == ()
    assert "first_name" not in pulled(one, score_only).agreed


# -- blanks ------------------------------------------------------------------------------------------------------------


def test_a_first_sync_fills_each_side_s_blanks_from_the_other() -> None:
    one = pair(contact({"first_name": "Ada"}), row({"company": "Acme"}), base=None)
    assert after(pulled(one)) == {"first_name": "Ada"}
    assert after(pushed(one)) == {"company": "Acme"}


def test_a_field_that_a_side_misses_keeps_the_other_s_value_the_base_is_not_taken_for_a_change() -> None:
    """A side that doesn't tell a field has not cleared it."""
    one = pair(contact({}), row({"first_name": "Ada"}), base={"first_name": "Ada"})
    assert pulled(one).operations == ()
    assert after(pushed(one)) == {"first_name": "Ada"}


@pytest.mark.parametrize(
    ("crm", "platform", "pull", "push"),
    [
        ({}, {"company": "Acme"}, {"company": None}, {}),
        ({"company": "Acme"}, {}, {}, {"company": None}),
    ],
)
def test_a_blank_overwrites_where_the_field_says_so(crm: Values, platform: Values, pull: Values, push: Values) -> None:
    rules = with_field("company", blanks=Blanks.OVERWRITE)
    one = pair(contact(crm), row(platform), base={"company": "Acme"})
    assert after(pulled(one, rules)) == pull
    assert after(pushed(one, rules)) == push


# -- conflicts ---------------------------------------------------------------------------------------------------------


def test_a_conflict_is_decided_by_the_rule_and_reported_with_all_three_values() -> None:
    one = pair(contact({"company": "Acme"}), row({"company": "Apex"}), base={"company": "Old"})
    decision = pulled(one)
    assert after(decision) == {"company": "Acme"}
    why = "both sides changed it; the field's rule is crm_wins"
    assert decision.conflicts == (Conflict("link:1", "company", "Acme", "Apex", "Old", Side.CRM, why),)
    assert pushed(one).operations == ()
    assert "company" not in decision.agreed


def test_a_conflict_that_the_platform_wins_goes_to_the_crm() -> None:
    rules = with_field("company", rule=Rule.PLATFORM_WINS)
    one = pair(contact({"company": "Acme"}), row({"company": "Apex"}), base={"company": "Old"})
    assert pulled(one, rules).operations == ()
    assert after(pushed(one, rules)) == {"company": "Apex"}


def test_a_conflict_on_hold_writes_nothing_keeps_its_base_and_waits_for_a_person() -> None:
    rules = with_field("company", rule=Rule.HOLD)
    one = pair(contact({"company": "Acme"}), row({"company": "Apex"}), base={"company": "Old"})
    decision = pulled(one, rules)
    assert codes(decision) == ["conflict"]
    assert "company" not in decision.agreed
    (conflict,) = decision.conflicts
    assert conflict.winner is None
    (held,) = decision.held
    assert held.what_to_do == ("the sides differ in company, and the sync file says to wait: make both alike by hand")
    assert (held.object, held.record_id) == ("contact", "C1")
    # The push sees the same conflict, and doesn't make a second open error of it.
    assert codes(pushed(one, rules)) == []
    assert pushed(one, rules).conflicts == decision.conflicts


def test_two_fields_on_hold_are_one_open_error_that_names_both() -> None:
    fields = tuple(replace(one, rule=Rule.HOLD) if one.type is FieldType.TEXT else one for one in FIELDS)
    one = pair(
        contact({"first_name": "A", "company": "A"}),
        row({"first_name": "B", "company": "B"}),
        base={"first_name": "C", "company": "C"},
    )
    decision = pulled(one, policy(fields=fields))
    assert [conflict.field for conflict in decision.conflicts] == ["first_name", "company"]
    (held,) = decision.held
    assert "first_name, company" in held.what_to_do


def test_the_other_fields_are_written_while_one_waits() -> None:
    rules = with_field("company", rule=Rule.HOLD)
    one = pair(
        contact({"first_name": "Augusta", "company": "Acme"}),
        row({"first_name": "Ada", "company": "Apex"}),
        base={"first_name": "Ada", "company": "Old"},
    )
    assert codes(pulled(one, rules)) == ["update", "conflict"]
    assert after(pulled(one, rules)) == {"first_name": "Augusta"}


# -- what both sides hold alike ----------------------------------------------------------------------------------------


def test_a_value_that_both_sides_took_on_is_agreed_without_a_write() -> None:
    one = pair(
        contact({"company": "Acme"}),
        row({"company": "Acme"}),
        base={"company": "Old", "first_name": None, "email": None, "opt_out": None},
    )
    assert pulled(one) == replace(NOTHING, agreed={"company": "Acme"})


def test_a_first_sync_agrees_on_what_is_alike_blanks_included() -> None:
    one = pair(contact({"company": "Acme"}), row({"company": "Acme"}), base=None)
    agreed: dict[str, Value] = {"email": None, "first_name": None, "company": "Acme", "opt_out": None}
    assert pulled(one) == replace(NOTHING, agreed=agreed)
