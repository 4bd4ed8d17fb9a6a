"""Both sides are there: three snapshots of a person in, one decision out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from keepstep.core.model import (
    Blanks,
    Conflict,
    Decision,
    FieldType,
    Kind,
    Pair,
    Phase,
    Presence,
    Rule,
    Side,
    Snapshot,
    Value,
    Values,
)
from keepstep.core.plan import SyncPolicy, Way, differing, digest, plan
from tests.core.cases import (
    ADA,
    FIELDS,
    after,
    codes,
    contact,
    decide,
    pair,
    policy,
    pulled,
    pushed,
    row,
    rule,
    the_operation,
)

NOTHING = Decision()


def with_field(name: str, **changes: Any) -> SyncPolicy:
    """The usual sync, one field of it ruled differently."""
    return policy(fields=tuple(replace(one, **changes) if one.name == name else one for one in FIELDS))


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


# -- opt-outs ----------------------------------------------------------------------------------------------------------


def test_an_opt_out_goes_to_the_other_side_whichever_side_it_was_said_on() -> None:
    said_in_crm = pair(contact({"opt_out": True}), row({"opt_out": False}), base={"opt_out": False})
    said_on_list = pair(contact({"opt_out": False}), row({"opt_out": True}), base={"opt_out": False})
    assert after(pulled(said_in_crm)) == {"opt_out": True}
    assert after(pushed(said_in_crm)) == {}
    assert after(pulled(said_on_list)) == {}
    assert after(pushed(said_on_list)) == {"opt_out": True}


def test_whoever_opted_out_in_the_crm_is_not_put_on_a_list() -> None:
    (skipped,) = pulled(pair(contact({"email": ADA}, opted_out=True))).skipped
    assert skipped.code == "opted_out"
    assert skipped.why == "this person opted out in the CRM and is not put on a list"


@pytest.mark.parametrize(
    "one",
    [
        pair(platform=row({"email": ADA, "opt_out": True})),
        pair(platform=row({"email": ADA, "opt_out": "yes"})),
        pair(platform=row({"email": ADA, "opt_out": False}, opted_out=True)),
        pair(platform=row({"email": ADA}), base={"opt_out": True}),
        pair(platform=row({"email": ADA, "opt_out": False}), base={"opt_out": True}),
    ],
)
def test_a_contact_that_is_made_from_a_row_carries_the_opt_out_whoever_remembers_it(one: Pair) -> None:
    assert after(pushed(one))["opt_out"] in (True, "yes")


@pytest.mark.parametrize(
    "crm", [contact({"opt_out": True}), contact({}, opted_out=True), contact({"opt_out": False}, opted_out=True)]
)
def test_a_contact_that_is_made_again_carries_the_opt_out_of_the_deleted_one(crm: Snapshot) -> None:
    one = pair(crm, row({"email": ADA}), crm_presence=Presence.DELETED)
    decision = pushed(one, policy(recreate_deleted=True))
    assert after(decision) == {"email": ADA, "opt_out": True}


def test_a_row_that_is_made_again_carries_the_opt_out_that_the_base_knew() -> None:
    one = pair(contact({"email": ADA, "opt_out": False}), base={"opt_out": True})
    assert after(pulled(one)) == {"email": ADA, "opt_out": True}


def test_nobody_who_opted_out_is_made_in_a_crm_that_would_not_know() -> None:
    rules = policy(fields=tuple(one for one in FIELDS if one.name != "opt_out"))
    (skipped,) = pushed(pair(platform=row({"email": ADA}, opted_out=True)), rules).skipped
    assert skipped.code == "opted_out"
    assert skipped.side is Side.CRM


# -- rows that can't be written ----------------------------------------------------------------------------------------


def test_a_contact_without_an_email_is_no_row() -> None:
    (skipped,) = pulled(pair(contact({"first_name": "Ada"}, email=None))).skipped
    assert skipped.code == "no_email"


def test_a_row_without_an_email_is_no_contact_and_waits() -> None:
    (held,) = pushed(pair(platform=row({"first_name": "Ada"}, email=None))).held
    assert (held.code, held.side) == ("no_email", Side.CRM)
    assert held.what_to_do == "the row has no email that can be used: correct it on the list"


def test_a_row_without_a_company_waits_where_a_new_contact_needs_one() -> None:
    one = pair(platform=row({"email": ADA}))
    (held,) = pushed(one, policy(company_field="company")).held
    assert held.code == "no_company"
    assert held.what_to_do == "a new lead needs a company: fill the row's company on the list"
    filled = pair(platform=row({"email": ADA, "company": "Acme"}))
    assert after(pushed(filled, policy(company_field="company"))) == {"email": ADA, "company": "Acme"}


def test_a_value_that_is_too_long_waits_and_the_other_fields_go() -> None:
    rules = with_field("company", max_length={Side.PLATFORM: 4})
    one = pair(
        contact({"first_name": "Augusta", "company": "Acme & Sons"}),
        row({"first_name": "Ada", "company": "Acme"}),
        base={"first_name": "Ada", "company": "Acme"},
    )
    decision = pulled(one, rules)
    assert codes(decision) == ["update", "too_long"]
    operation = the_operation(decision)
    assert operation.after == {"first_name": "Augusta"}
    assert operation.before == {"first_name": "Ada"}
    assert operation.why == {"first_name": "only the CRM changed it"}
    (held,) = decision.held
    assert held.what_to_do == "the platform has no room for the value of company: shorten it or widen it"


@pytest.mark.parametrize(("value", "expected"), [("1234", ["update"]), ("12345", ["too_long"]), (12345, ["update"])])
def test_a_limit_counts_the_characters_of_text_and_lets_its_own_number_through(
    value: Value, expected: list[str]
) -> None:
    rules = with_field("company", max_length={Side.PLATFORM: 4})
    assert (
        codes(pulled(pair(contact({"company": value}), row({"company": "a"}), base={"company": "a"}), rules))
        == expected
    )


def test_a_limit_of_one_side_doesn_t_bind_the_other() -> None:
    rules = with_field("company", max_length={Side.CRM: 4})
    one = pair(contact({"company": "Acme & Sons"}), row({"company": "A"}), base={"company": "A"})
    assert codes(pulled(one, rules)) == ["update"]


def test_a_new_row_or_contact_whose_values_are_too_long_waits_as_a_whole() -> None:
    rules = policy(fields=(rule("email", FieldType.EMAIL, max_length={Side.CRM: 9, Side.PLATFORM: 9}), FIELDS[-1]))
    assert codes(pulled(pair(contact({"email": ADA})), rules)) == ["too_long"]
    assert codes(pushed(pair(platform=row({"email": ADA})), rules)) == ["too_long"]


# -- the email is the key ----------------------------------------------------------------------------------------------

NEW = "augusta@example.com"


def test_a_contact_s_new_email_follows_where_it_may() -> None:
    one = pair(contact({"email": NEW}, email=NEW), row({"email": ADA}), base={"email": ADA})
    operation = the_operation(pulled(one))
    assert operation.after == {"email": NEW}
    assert operation.email == ADA  # the row is found by the address that it still has


def test_a_new_email_that_belongs_to_another_row_waits_and_the_other_fields_go() -> None:
    one = pair(
        contact({"email": NEW, "company": "Apex"}, email=NEW),
        row({"email": ADA, "company": "Acme"}),
        base={"email": ADA, "company": "Acme"},
        email_taken=True,
    )
    decision = pulled(one)
    assert codes(decision) == ["update", "email_taken"]
    assert after(decision) == {"company": "Apex"}
    (held,) = decision.held
    assert (held.object, held.record_id) == ("row", "R1")


def test_an_email_that_is_taken_on_the_list_doesn_t_stop_the_list_s_own_new_email() -> None:
    one = pair(contact({"email": ADA}), row({"email": NEW}, email=NEW), base={"email": ADA}, email_taken=True)
    assert after(pushed(one)) == {"email": NEW}


@pytest.mark.parametrize("odd", ["not an address", "ada@", "a@b@c"])
def test_what_is_no_address_doesn_t_replace_one(odd: str) -> None:
    in_crm = pair(contact({"email": odd}, email=None), row({"email": ADA}), base={"email": ADA})
    on_list = pair(contact({"email": ADA}), row({"email": odd}, email=None), base={"email": ADA})
    assert codes(pulled(in_crm)) == ["bad_email"]
    assert codes(pushed(on_list)) == ["bad_email"]
    assert pushed(on_list).held[0].what_to_do == "the platform's email is not one that can be used: correct it there"


# -- scores ------------------------------------------------------------------------------------------------------------


def test_the_sealed_score_goes_to_the_list_s_column_and_to_the_crm() -> None:
    one = pair(contact({"score": 3}), row({"score": 5}), base={"score": 3}, score=40, epoch=7)
    to_list = the_operation(decide(one, Phase.MAINTAIN))
    assert (to_list.side, to_list.kind, to_list.record_id) == (Side.PLATFORM, Kind.UPDATE, "R1")
    assert (to_list.before, to_list.after) == ({"score": 5}, {"score": 40})
    assert to_list.why == {"score": "behaviour score of sealed epoch 7"}
    to_crm = the_operation(pushed(one))
    assert (to_crm.side, to_crm.kind, to_crm.record_id) == (Side.CRM, Kind.UPDATE, "C1")
    assert (to_crm.before, to_crm.after) == ({"score": 3}, {"score": 40})
    assert to_crm.why == {"score": "behaviour score of sealed epoch 7"}
    assert to_list.epoch == to_crm.epoch == 7


def test_a_pull_never_touches_the_score_and_carries_no_epoch() -> None:
    one = pair(
        contact({"score": 3, "company": "B"}), row({"score": 5, "company": "A"}), base={"company": "A"}, score=40
    )
    rules = policy(pull=Way(add=True, update=frozenset({"company", "score"}), remove=True))
    operation = the_operation(pulled(one, rules))
    assert operation.after == {"company": "B"}
    assert operation.epoch is None


def test_a_score_that_is_there_already_is_not_written_again() -> None:
    known = pair(contact({"score": 40}), row({"score": 40}), base={"score": 40}, score=40)
    assert decide(known, Phase.MAINTAIN) == NOTHING
    assert codes(pushed(known)) == []
    assert "score" not in pushed(known).agreed
    unknown = pair(contact({"score": 40}), row({"score": 40}), base={"score": 3}, score=40)
    assert pushed(unknown).agreed["score"] == 40


def test_a_score_of_nothing_is_a_score() -> None:
    one = pair(contact({"score": 3}), row({"score": 3}), base={"score": 3}, score=0)
    assert after(decide(one, Phase.MAINTAIN)) == {"score": 0}
    assert after(pushed(one)) == {"score": 0}


def test_whoever_has_no_sealed_score_keeps_what_is_there() -> None:
    one = pair(contact({"score": 3}), row({"score": 5}), base={})
    assert decide(one, Phase.MAINTAIN) == NOTHING
    assert codes(pushed(one)) == []


@pytest.mark.parametrize(("pushed_epoch", "expected"), [(None, ["update"]), (6, ["update"]), (7, ["update"])])
def test_a_score_of_the_last_pushed_epoch_or_a_newer_one_may_go(pushed_epoch: int | None, expected: list[str]) -> None:
    one = pair(contact({"score": 3}), row(), base={}, score=40, epoch=7, pushed_epoch=pushed_epoch)
    assert codes(pushed(one)) == expected


def test_a_score_of_an_older_epoch_is_refused() -> None:
    one = pair(contact({"score": 50}), row(), base={"score": 50}, score=40, epoch=7, pushed_epoch=8)
    decision = pushed(one)
    assert codes(decision) == ["stale_epoch"]
    (held,) = decision.held
    assert held.what_to_do == (
        "score epoch 8 was written to this record already, 7 is older: run the sync again, it computes the scores anew"
    )


def test_a_record_without_a_score_is_not_stale() -> None:
    one = pair(contact({"company": "A"}), row({"company": "B"}), base={"company": "A"}, pushed_epoch=8)
    assert after(pushed(one)) == {"company": "B"}


# -- names -------------------------------------------------------------------------------------------------------------


def test_a_score_that_goes_5_6_5_6_is_four_operations() -> None:
    ids = []
    current = 6
    for generation, wanted in enumerate([5, 6, 5, 6]):
        one = pair(contact({"score": current}), row(), base={}, score=wanted, generation=generation)
        ids.append(the_operation(pushed(one)).id)
        current = wanted
    assert len(set(ids)) == 4


def test_the_same_write_planned_twice_is_one_operation() -> None:
    one = pair(contact({"score": 5}), row(), base={}, score=6)
    assert the_operation(pushed(one)).id == the_operation(pushed(one)).id


def test_a_create_has_one_external_key_for_each_life_of_the_record() -> None:
    first = the_operation(pushed(pair(platform=row({"email": ADA}), generation=0)))
    again = the_operation(pushed(pair(platform=row({"email": ADA, "company": "Acme"}), generation=0)))
    next_life = the_operation(pushed(pair(platform=row({"email": ADA}), generation=1)))
    assert first.external_id == again.external_id
    assert first.id != again.id
    assert next_life.external_id != first.external_id


def test_a_digest_names_its_content_the_same_on_every_machine() -> None:
    assert digest(["link:1", 3, {"b": 1, "a": 2}]) == digest(["link:1", 3, {"a": 2, "b": 1}])
    assert digest(["link:1", 3, {"a": 2}]) == "1f3485382e325a7f30115920349c40e2"


def test_the_plan_gives_each_pair_its_own_decision_in_the_order_it_came() -> None:
    quiet = pair(contact({"company": "A"}), row({"company": "A"}), base={"company": "A"})
    busy = replace(quiet, key="link:2", crm=contact({"company": "B"}))
    found = [(one.key, codes(decision)) for one, decision in plan([busy, quiet], Phase.PULL, policy())]
    assert found == [("link:2", ["update"]), ("link:1", [])]


def test_the_fields_in_which_two_sides_differ_the_score_left_out() -> None:
    one = pair(contact({"company": "A", "first_name": "Ada", "score": 1}), row({"company": "B", "score": 2}))
    assert differing(one, policy()) == ("first_name", "company")
    assert differing(pair(contact({"company": "A"})), policy()) == ()
    assert differing(pair(platform=row({"company": "A"})), policy()) == ()
