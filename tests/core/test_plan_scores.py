"""Scores go one way, from a sealed epoch; and the names by which writes are told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keepstep.core.model import (
    Decision,
    Kind,
    Phase,
    Side,
)
from keepstep.core.plan import Way, differing, digest, plan
from tests.core.cases import (
    ADA,
    after,
    codes,
    contact,
    decide,
    pair,
    policy,
    pulled,
    pushed,
    row,
    the_operation,
)

NOTHING = Decision()


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
