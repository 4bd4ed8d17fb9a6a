"""What a score means: points by type, ageing, caps, rounding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from keepstep.core.score import MAX_SCORE, Event, ScoreSheet, TypeRule, rounded, score

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_each_activity_earns_the_points_of_its_type() -> None:
    sheet = ScoreSheet("web", {"page_view": TypeRule(1), "form_submit": TypeRule(10), "unsubscribe": TypeRule(-5)})
    events = [
        Event("page_view", NOON),
        Event("page_view", NOON),
        Event("form_submit", NOON),
        Event("unsubscribe", NOON),
    ]
    assert score(events, sheet, NOON).exact == 1 + 1 + 10 - 5


def test_a_type_that_the_sheet_does_not_name_earns_nothing() -> None:
    assert score([Event("podcast", NOON)], ScoreSheet("web", {"page_view": TypeRule(1)}), NOON).exact == 0


def test_nobody_did_anything_is_zero() -> None:
    assert score([], ScoreSheet("web", {"page_view": TypeRule(1)}), NOON).value == 0


def test_what_happens_later_does_not_count_yet() -> None:
    sheet = ScoreSheet("web", {"page_view": TypeRule(1)})
    events = [Event("page_view", NOON), Event("page_view", NOON + timedelta(microseconds=1))]
    assert score(events, sheet, NOON).value == 1


def test_a_cap_bounds_its_own_type_only() -> None:
    sheet = ScoreSheet("web", {"page_view": TypeRule(1, cap=3), "form_submit": TypeRule(10)})
    events = [Event("page_view", NOON)] * 50 + [Event("form_submit", NOON)] * 2
    assert score(events, sheet, NOON).value == 3 + 20


def test_an_activity_counts_until_its_window_is_over() -> None:
    sheet = ScoreSheet("web", {"page_view": TypeRule(1)}, window_days=30)
    events = [Event("page_view", NOON)]
    assert score(events, sheet, NOON + 30 * DAY - timedelta(microseconds=1)).value == 1
    assert score(events, sheet, NOON + 30 * DAY).value == 0


def test_points_halve_with_each_half_life() -> None:
    sheet = ScoreSheet("web", {"form_submit": TypeRule(80)}, half_life_days=7)
    events = [Event("form_submit", NOON)]
    assert [score(events, sheet, NOON + 7 * weeks * DAY).value for weeks in range(9)] == [80, 40, 20, 10, 5, 3, 1, 1, 0]


def test_a_cap_bounds_what_is_left_after_ageing() -> None:
    sheet = ScoreSheet("web", {"form_submit": TypeRule(80, cap=30)}, half_life_days=7)
    events = [Event("form_submit", NOON)]
    assert [score(events, sheet, NOON + 7 * weeks * DAY).value for weeks in range(4)] == [30, 30, 20, 10]


@pytest.mark.parametrize(
    ("exact", "value"),
    [
        (0.49, 0),
        (0.5, 1),
        (1.5, 2),
        (2.5, 3),
        (-0.5, 0),
        (-0.51, -1),
        (-1.5, -1),
        (0.49999999999, 1),  # a half, but for the order in which float8 was added
        (1e300, MAX_SCORE),
        (-1e300, -MAX_SCORE),
    ],
)
def test_scores_are_rounded_half_up_within_an_integer_field(exact: float, value: int) -> None:
    assert rounded(exact) == value


def test_the_hash_names_what_a_sheet_computes_and_not_what_it_is_called() -> None:
    web = ScoreSheet("web", {"page_view": TypeRule(1), "form_submit": TypeRule(10, cap=20)}, window_days=30)
    same = ScoreSheet("renamed", {"form_submit": TypeRule(10.0, cap=20.0), "page_view": TypeRule(1)}, window_days=30.0)
    others = [
        ScoreSheet("web", {"page_view": TypeRule(2), "form_submit": TypeRule(10, cap=20)}, window_days=30),
        ScoreSheet("web", {"page_view": TypeRule(1), "form_submit": TypeRule(10)}, window_days=30),
        ScoreSheet("web", {"page_view": TypeRule(1), "form_submit": TypeRule(10, cap=20)}, window_days=31),
        ScoreSheet("web", {"page_view": TypeRule(1), "form_submit": TypeRule(10, cap=20)}, half_life_days=30),
    ]
    assert same.hash == web.hash
    assert len({web.hash, *(other.hash for other in others)}) == 5


def test_a_sheet_ages_in_one_way_only() -> None:
    with pytest.raises(ValueError, match="a window or a half-life, not both"):
        ScoreSheet("web", {"page_view": TypeRule(1)}, window_days=30, half_life_days=7)
