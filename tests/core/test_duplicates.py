"""Which people without a company are the same person."""

from __future__ import annotations

from random import Random

import pytest

from keepstep.core.duplicates import Group, Known, SameBy, group, name_key

ANN = "ann|lee|acme"


@pytest.mark.behaviour("SF-7")
def test_one_email_makes_a_group_then_one_name_and_company_does() -> None:
    people = [
        Known("1", "ann@acme.com", ANN),
        Known("2", "ann@acme.com"),
        Known("3", "a.lee@acme.com", ANN),
        Known("4", "bob@acme.com", "bob|ray|acme"),
        Known("5", None, "cy|orr|globex"),
        Known("6", None, "cy|orr|globex"),
        Known("7"),
        Known("8"),
    ]
    expected = (
        Group(("1", "2", "3"), {"1": SameBy.EMAIL, "2": SameBy.EMAIL, "3": SameBy.NAME}),
        Group(("5", "6"), {"5": SameBy.NAME, "6": SameBy.NAME}),
    )
    assert group(people) == expected
    for seed in range(10):
        Random(seed).shuffle(people)
        assert group(people) == expected


def test_groups_that_share_a_person_are_one_group_named_by_its_lowest_id() -> None:
    people = [
        Known("10", "a@a.com", "x"),
        Known("9", "b@a.com", "y"),
        Known("2", "a@a.com", "y"),
        Known("11", "b@a.com"),
    ]
    (found,) = group(people)
    assert found.ids == ("2", "9", "10", "11")


def test_a_long_chain_is_one_group() -> None:
    people = [Known(str(n), f"{n // 2}@a.com", f"name {(n + 1) // 2}") for n in range(100)]
    (found,) = group(people)
    assert len(found.ids) == 100


def test_a_name_tells_somebody_only_together_with_a_company() -> None:
    assert name_key(" Ann ", "LEE", "Acme Inc.") == name_key("ann", "Lee", "ACME") == ANN
    assert name_key("Ann", "Lee", None) is None
    assert name_key("Ann", "Lee", "n/a") is None
    assert name_key(None, "Lee", "Acme") is None
    assert name_key("Ann", "", "Acme") is None
    assert name_key("Ann", "[[Unknown]]", "Acme") is None
