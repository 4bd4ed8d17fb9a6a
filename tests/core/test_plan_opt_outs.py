"""An opt-out survives on every path: updates, new rows, new contacts, deletions and re-creations."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from keepstep.core.model import (
    Pair,
    Presence,
    Side,
    Snapshot,
    Value,
)
from tests.core.cases import (
    ADA,
    FIELDS,
    after,
    contact,
    pair,
    policy,
    pulled,
    pushed,
    row,
)


def test_an_opt_out_goes_to_the_other_side_whichever_side_it_was_said_on() -> None:
    said_in_crm = pair(contact({"opt_out": True}), row({"opt_out": False}), base={"opt_out": False})
    said_on_list = pair(contact({"opt_out": False}), row({"opt_out": True}), base={"opt_out": False})
    assert after(pulled(said_in_crm)) == {"opt_out": True}
    assert after(pushed(said_in_crm)) == {}
    assert after(pulled(said_on_list)) == {}
    assert after(pushed(said_on_list)) == {"opt_out": True}


def test_an_opt_out_that_no_field_of_its_side_tells_goes_to_the_other_side() -> None:
    suppressed = pair(contact({"opt_out": False}), row({"opt_out": False}, opted_out=True), base={"opt_out": False})
    assert after(pulled(suppressed)) == {}
    assert after(pushed(suppressed)) == {"opt_out": True}
    unsubscribed = pair(contact({}, opted_out=True), row({"opt_out": "no"}))
    assert after(pushed(unsubscribed)) == {}
    assert after(pulled(unsubscribed)) == {"opt_out": True}


@pytest.mark.parametrize("base", [{}, {"opt_out": False}, {"opt_out": True}])
def test_an_opt_out_that_no_field_tells_is_never_agreed_away(base: Mapping[str, Value]) -> None:
    one = pair(contact({"opt_out": False}), row({"opt_out": False}, opted_out=True), base=base)
    assert "opt_out" not in pulled(one).agreed
    assert "opt_out" not in pushed(one).agreed


def test_where_people_clear_both_sides_after_it_was_brought_over_it_is_not_brought_again() -> None:
    cleared = pair(contact({"opt_out": False}), row({"opt_out": False}, opted_out=True), base={"opt_out": True})
    assert after(pulled(cleared)) == {}
    assert after(pushed(cleared)) == {}


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
