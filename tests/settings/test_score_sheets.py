"""Score sheets as files: what they mean, and what is said about wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepstep.config import load_score_sheet
from keepstep.core.errors import SettingsError
from keepstep.core.score import TypeRule
from tests.settings.files import write


def sheet(folder: Path, text: str) -> Path:
    return write(folder, text, "web.yaml")


def test_a_score_sheet_is_points_by_type(tmp_path: Path) -> None:
    found = load_score_sheet(
        sheet(tmp_path, "points: {page view: 1, form: {points: 10, cap: 30}, left: -5}\nwindow: 36h\n")
    )
    assert found.name == "web"
    assert found.rules == {"page view": TypeRule(1), "form": TypeRule(10, 30), "left": TypeRule(-5)}
    assert (found.window_days, found.half_life_days) == (1.5, None)
    assert load_score_sheet(sheet(tmp_path, "points: {a: 1}\nhalf_life: 90d\n")).half_life_days == 90


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("points: {}", "web.yaml, line 1: points: Dictionary should have at least 1 item after validation, not 0"),
        ("title: Web", "web.yaml, line 1: points: this key is missing"),
        (
            "points:\n  form: many",
            "web.yaml, line 2: points.form: an activity is worth a number of points, or "
            "{points: a number, cap: the most they add}",
        ),
        (
            "points:\n  form: true",
            "web.yaml, line 2: points.form: an activity is worth a number of points, or "
            "{points: a number, cap: the most they add}",
        ),
        ("points:\n  form: .inf", "web.yaml, line 2: points.form: Input should be a finite number"),
        ("points:\n  form: {points: .nan}", "web.yaml, line 2: points.form.points: Input should be a finite number"),
        (
            "points:\n  form: {points: 1, cap: 0}",
            "web.yaml, line 2: points.form.cap: Input should be greater than 0",
        ),
        (
            "points:\n  form: {points: 1, max: 5}",
            "web.yaml, line 2: points.form.max: there is no such key; allowed here: cap, points",
        ),
        (
            "points: {a: 1}\nwindow: 30d\nhalf_life: 7d",
            "web.yaml, line 3: half_life: a score sheet has a window or a half_life, not both",
        ),
        (
            "points: {a: 1}\nhalf_life: 0d",
            "web.yaml, line 2: half_life: no time at all is no span to age in: leave the key out",
        ),
        (
            "points: {a: 1}\nwindow: 0s",
            "web.yaml, line 2: window: no time at all is no span to age in: leave the key out",
        ),
    ],
)
def test_a_wrong_score_sheet_is_told_in_the_same_way(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_score_sheet(sheet(tmp_path, text))
    assert str(error.value) == told


def test_a_score_sheet_that_isn_t_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no score sheet web; the score sheets in .* are: none"):
        load_score_sheet(tmp_path / "web.yaml")
    write(tmp_path, "points: {a: 1}", "shop.yaml")
    with pytest.raises(SettingsError, match="are: shop"):
        load_score_sheet(tmp_path / "web.yaml")
