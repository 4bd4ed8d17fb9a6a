"""What a score sheet may say: typed, validated and frozen."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator

from keepstep.core.score import ScoreSheet, TypeRule
from keepstep.setting_values import Age, Strict, Wrong

Points = Annotated[float, Field(allow_inf_nan=False)]


class PointsRule(Strict):
    """What one activity of a type is worth, and the most that all of them are."""

    points: Points
    cap: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


def _worth_form(value: object) -> str | None:
    if isinstance(value, dict | PointsRule):
        return "PointsRule"
    return "float" if isinstance(value, int | float) and not isinstance(value, bool) else None


Worth = Annotated[
    Annotated[Points, Tag("float")] | Annotated[PointsRule, Tag("PointsRule")],
    Discriminator(
        _worth_form,
        custom_error_type="worth_form",
        custom_error_message="an activity is worth a number of points, or {points: a number, cap: the most they add}",
    ),
]


class ScoreSheetSettings(Strict):
    """One score sheet."""

    title: str = "Default"
    points: dict[str, Worth] = Field(min_length=1, description="Activity type: points, or {points, cap}.")
    window: Age | None = None
    half_life: Age | None = None

    @model_validator(mode="after")
    def _one_way_to_age(self) -> Self:
        if self.window and self.half_life:
            raise Wrong("a score sheet has a window or a half_life, not both", "half_life")
        return self

    def sheet(self, name: str) -> ScoreSheet:
        """The sheet as the core knows it."""
        day = 86400
        return ScoreSheet(
            name=name,
            rules={
                kind: TypeRule(given.points, given.cap) if isinstance(given, PointsRule) else TypeRule(given)
                for kind, given in self.points.items()
            },
            window_days=self.window.total_seconds() / day if self.window else None,
            half_life_days=self.half_life.total_seconds() / day if self.half_life else None,
        )
