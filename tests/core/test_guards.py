"""A plan that would do too much harm waits for a person; the text says how much, of how many, against which limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepstep.core.errors import Refusal
from keepstep.core.guards import Limits, PlanFigures, check

LIMITS = Limits(max_removed=0.05, max_updated=0.5, max_blanked=0.1, min_rows=20)


def figures(
    followed: int = 100,
    crm_present: int | None = None,
    platform_present: int | None = None,
    removed: int = 0,
    updated: int = 0,
    blanked: int = 0,
) -> PlanFigures:
    crm = followed if crm_present is None else crm_present
    platform = followed if platform_present is None else platform_present
    return PlanFigures(followed, crm, platform, removed, updated, blanked)


def test_a_plan_within_its_limits_may_go() -> None:
    assert check(figures(removed=5, updated=50, blanked=10), LIMITS) == ()


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (
            figures(removed=6),
            Refusal("max_removed", 0.06, 0.05, "the plan removes 6 of 100 people (6.0%; the limit is 5.0%)"),
        ),
        (
            figures(updated=51),
            Refusal(
                "max_updated", 0.51, 0.5, "the plan overwrites values of 51 of 100 people (51.0%; the limit is 50.0%)"
            ),
        ),
        (
            figures(blanked=11),
            Refusal("max_blanked", 0.11, 0.1, "the plan clears values of 11 of 100 people (11.0%; the limit is 10.0%)"),
        ),
        (
            figures(crm_present=0),
            Refusal("crm_empty", 0, 1, "the CRM's audience is suddenly empty; the sync followed 100 people"),
        ),
        (
            figures(platform_present=0),
            Refusal("list_empty", 0, 1, "the platform's list is suddenly empty; the sync followed 100 people"),
        ),
    ],
)
def test_each_limit_refuses_by_name_figure_and_limit(plan: PlanFigures, expected: Refusal) -> None:
    assert check(plan, LIMITS) == (expected,)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    everything = figures(crm_present=0, platform_present=0, removed=100, updated=100, blanked=100)
    found = [refusal.code for refusal in check(everything, LIMITS)]
    assert found == ["crm_empty", "list_empty", "max_removed", "max_updated", "max_blanked"]


def test_shares_of_a_small_list_are_not_looked_at() -> None:
    assert check(figures(followed=19, removed=10), LIMITS) == ()


def test_shares_are_looked_at_from_the_very_row_that_the_limit_names() -> None:
    assert [refusal.code for refusal in check(figures(followed=20, removed=10), LIMITS)] == ["max_removed"]


def test_emptiness_is_looked_at_on_the_smallest_list() -> None:
    assert [refusal.code for refusal in check(figures(followed=1, crm_present=0), LIMITS)] == ["crm_empty"]


def test_a_first_sync_follows_nobody_yet_and_is_never_refused() -> None:
    limits = Limits(max_removed=0, max_updated=0, max_blanked=0, min_rows=0)
    assert check(figures(followed=0, removed=1, updated=1, blanked=1), limits) == ()


@given(st.integers(1, 1000), st.integers(0, 1000), st.floats(0, 1))
def test_a_limit_is_passed_exactly_where_the_share_is_greater(followed: int, removed: int, limit: float) -> None:
    limits = Limits(max_removed=limit, max_updated=1, max_blanked=1, min_rows=0)
    refused = bool(check(figures(followed=followed, removed=min(removed, followed)), limits))
    assert refused == (min(removed, followed) / followed > limit)
