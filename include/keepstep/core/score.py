"""Behaviour scores: points by activity type, with caps, and with a window or a half-life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TypeRule:
    """What one activity of a type is worth."""

    points: float
    cap: float | None = None  # the most that this type may add to one prospect's score; None: no cap


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """A score sheet; at most one of `window_days` and `half_life_days` is set."""

    name: str
    rules: Mapping[str, TypeRule]  # activity type -> its rule; types not named here are counted and reported
    window_days: float | None = None  # older activities don't count
    half_life_days: float | None = None  # an activity's points halve in this time
