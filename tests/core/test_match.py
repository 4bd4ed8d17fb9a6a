"""Several records with one email: which of them is followed, and what becomes of the others."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepstep.core.match import Candidate, match, rank
from tests.core.cases import MONDAY, TUESDAY

NETSUITE = ("lead", "contact")
DYNAMICS = ("contact", "lead")


def ids(candidates: list[Candidate]) -> list[str]:
    return [one.id for one in candidates]


def test_a_contact_and_a_row_with_one_email_belong_together() -> None:
    contact, row = Candidate("contact", "C1"), Candidate("row", "R1")
    found = match([contact], [row], NETSUITE)
    assert found.links == ((contact, row),)
    assert found.duplicates == {}


def test_a_lead_and_a_contact_with_one_email_the_contact_is_followed_where_contacts_are_looked_up_first() -> None:
    lead, contact, row = Candidate("lead", "1", TUESDAY), Candidate("contact", "2", MONDAY), Candidate("row", "R1")
    found = match([lead, contact], [row], DYNAMICS)
    assert found.links == ((contact, row),)
    assert found.duplicates == {"lead:1": "contact:2"}


def test_netsuite_looks_up_leads_before_contacts() -> None:
    lead, contact, row = Candidate("lead", "2", MONDAY), Candidate("contact", "1", TUESDAY), Candidate("row", "R1")
    found = match([contact, lead], [row], NETSUITE)
    assert found.links == ((lead, row),)
    assert found.duplicates == {"contact:1": "lead:2"}


def test_an_object_that_the_order_doesn_t_name_comes_last() -> None:
    assert ids(rank([Candidate("vendor", "1"), Candidate("contact", "2"), Candidate("lead", "3")], NETSUITE)) == [
        "3",
        "2",
        "1",
    ]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Candidate("contact", "9", MONDAY, linked=True), Candidate("contact", "1", TUESDAY)),
        (Candidate("contact", "9", MONDAY, linked=True), Candidate("lead", "1", TUESDAY)),
        (Candidate("contact", "9", TUESDAY), Candidate("contact", "1", MONDAY)),
        (Candidate("contact", "9", MONDAY), Candidate("contact", "1", None)),
        (Candidate("contact", "9", MONDAY), Candidate("contact", "10", MONDAY)),  # ids count as numbers do
        (Candidate("contact", "1"), Candidate("contact", "2")),
    ],
)
def test_the_ranking_linked_then_object_then_latest_change_then_lowest_id(better: Candidate, worse: Candidate) -> None:
    assert rank([worse, better], NETSUITE) == [better, worse]
    assert rank([better, worse], NETSUITE) == [better, worse]


def test_first_returned_takes_the_first_that_came_of_the_first_object_but_keeps_a_link() -> None:
    second = Candidate("contact", "1", TUESDAY, returned=1)
    first = Candidate("contact", "9", MONDAY, returned=0)
    lead = Candidate("lead", "5", MONDAY, returned=2)
    linked = Candidate("contact", "7", MONDAY, linked=True, returned=3)
    assert ids(rank([second, first, lead], NETSUITE, first_returned=True)) == ["5", "9", "1"]
    assert ids(rank([second, first, lead, linked], NETSUITE, first_returned=True)) == ["7", "5", "9", "1"]


def test_two_rows_with_one_email_one_is_linked_the_other_is_its_duplicate() -> None:
    contact = Candidate("contact", "C1")
    old, new = Candidate("row", "R1", MONDAY), Candidate("row", "R2", TUESDAY)
    found = match([contact], [old, new], NETSUITE)
    assert found.links == ((contact, new),)
    assert found.duplicates == {"row:R1": "row:R2"}


def test_a_new_contact_with_the_email_of_a_linked_pair_is_a_duplicate_and_takes_nothing() -> None:
    linked = Candidate("contact", "C1", MONDAY, linked=True)
    newcomer = Candidate("contact", "C2", TUESDAY)
    row = Candidate("row", "R1", MONDAY, linked=True)
    found = match([newcomer, linked], [row], NETSUITE)
    assert found.links == ()
    assert found.duplicates == {"contact:C2": "contact:C1"}


def test_two_linked_records_with_one_email_both_stay_as_they_are() -> None:
    one, two = Candidate("contact", "C1", linked=True), Candidate("contact", "C2", linked=True)
    rows = [Candidate("row", "R1", linked=True), Candidate("row", "R2", linked=True)]
    found = match([one, two], rows, NETSUITE)
    assert found.links == ()
    assert found.duplicates == {}


def test_when_the_followed_one_is_deleted_the_sync_goes_on_with_another_of_them() -> None:
    """The deleted one is no candidate any more, and its row's link is dead."""
    second, third = Candidate("contact", "C2", MONDAY), Candidate("contact", "C3", MONDAY)
    row = Candidate("row", "R1", MONDAY)
    found = match([third, second], [row], NETSUITE)
    assert found.links == ((second, row),)
    assert found.duplicates == {"contact:C3": "contact:C2"}


def test_duplicates_with_no_row_yet_get_one_row_not_two() -> None:
    found = match([Candidate("contact", "C2"), Candidate("contact", "C1")], [], NETSUITE)
    assert found.links == ()
    assert found.duplicates == {"contact:C2": "contact:C1"}


def test_rows_that_no_contact_has_are_one_person_too() -> None:
    found = match([], [Candidate("row", "R2"), Candidate("row", "R1")], NETSUITE)
    assert found.links == ()
    assert found.duplicates == {"row:R2": "row:R1"}


def test_a_row_with_the_new_email_of_somebody_else_s_contact_gets_no_second_contact() -> None:
    """C1 is linked to a row with another email, because its own was changed in the CRM; R2 had that email before."""
    found = match([Candidate("contact", "C1", linked=True)], [Candidate("row", "R2")], NETSUITE)
    assert found.links == ()
    assert found.duplicates == {"row:R2": "contact:C1"}


def test_a_contact_with_the_old_email_of_a_linked_row_takes_the_row_from_nobody() -> None:
    """R1 is linked to a contact whose email was changed; a new contact came with the address that R1 still has."""
    found = match([Candidate("contact", "C2")], [Candidate("row", "R1", linked=True)], NETSUITE)
    assert found.links == ()
    assert found.duplicates == {"contact:C2": "row:R1"}


def test_nobody_with_that_email_is_nobody() -> None:
    assert match([], [], NETSUITE).links == ()
    assert match([], [], NETSUITE).duplicates == {}


def candidates(objects: list[str]) -> st.SearchStrategy[list[Candidate]]:
    one = st.builds(
        Candidate,
        object=st.sampled_from(objects),
        id=st.integers(1, 12).map(str),
        modified=st.sampled_from([None, MONDAY, TUESDAY]),
        linked=st.booleans(),
    )
    return st.lists(one, max_size=5, unique_by=lambda c: (c.object, c.id))


@given(candidates(["lead", "contact"]), candidates(["row"]), st.randoms(use_true_random=False))
def test_the_order_in_which_records_came_decides_nothing(
    crm: list[Candidate], rows: list[Candidate], chance: Random
) -> None:
    shuffled_crm, shuffled_rows = list(crm), list(rows)
    chance.shuffle(shuffled_crm)
    chance.shuffle(shuffled_rows)
    assert match(crm, rows, NETSUITE) == match(shuffled_crm, shuffled_rows, NETSUITE)


@given(candidates(["lead", "contact"]), candidates(["row"]))
def test_everybody_is_linked_a_duplicate_or_the_one_that_is_followed(
    crm: list[Candidate], rows: list[Candidate]
) -> None:
    found = match(crm, rows, NETSUITE)
    for crm_one, row in found.links:
        assert not crm_one.linked
        assert not row.linked
    names = {f"{one.object}:{one.id}" for one in [*crm, *rows]}
    linked = {f"{one.object}:{one.id}" for one in [*crm, *rows] if one.linked}
    assert set(found.duplicates) <= names - linked
    assert set(found.duplicates.values()) <= names - set(found.duplicates)
    free = names - linked - set(found.duplicates)
    assert len(free) <= 2  # at most one of each side, and those two are linked to each other
    assert len(found.links) == (len(free) == 2)
