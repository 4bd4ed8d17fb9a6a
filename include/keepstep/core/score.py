"""Behaviour scores: points by activity type, with caps, and with a window or a half-life.

`score` is what a score means, said plainly over all of one person's activities. The store computes the same in SQL
from what was added since the last time; tests hold the two against each other.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

# Rounding is half up, with a slack: sums of float8 in another order must not fall on the other side of a half.
HALF_UP = 0.5 + 1e-9  # points
MAX_SCORE = 2_147_483_647  # what an integer field holds, in PostgreSQL and in the CRMs


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

    def __post_init__(self) -> None:
        if self.window_days and self.half_life_days:
            raise ValueError("a score sheet has a window or a half-life, not both")

    @property
    def window(self) -> timedelta | None:
        """How long an activity counts; None: for good."""
        return timedelta(days=self.window_days) if self.window_days else None

    @property
    def half_life(self) -> timedelta | None:
        """The time in which an activity's points halve; None: they don't."""
        return timedelta(days=self.half_life_days) if self.half_life_days else None

    @property
    def hash(self) -> str:
        """Names what the sheet computes, whatever its name and the order of its types (64 hexadecimal digits)."""
        content = {
            "rules": {kind: [float(rule.points), rule.cap and float(rule.cap)] for kind, rule in self.rules.items()},
            "window": self.window_days and float(self.window_days),
            "half_life": self.half_life_days and float(self.half_life_days),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Event:
    """An activity, as far as its points go."""

    type: str
    occurred_at: datetime  # aware


@dataclass(frozen=True, slots=True)
class Score:
    """One person's score at one moment."""

    exact: float
    value: int  # `exact`, rounded half up: what is published and pushed


def score(events: Iterable[Event], sheet: ScoreSheet, as_of: datetime) -> Score:
    """Add up one person's activities as they count at `as_of`; later ones don't count yet.

    An activity counts until its window is over, that moment excluded. A cap bounds what a type adds after ageing.
    """
    amounts: defaultdict[str, float] = defaultdict(float)
    for event in events:
        age = as_of - event.occurred_at
        if event.type in sheet.rules and age >= timedelta() and (sheet.window is None or age < sheet.window):
            amounts[event.type] += sheet.rules[event.type].points * _remaining(age, sheet.half_life)
    exact = math.fsum(_capped(amount, sheet.rules[kind].cap) for kind, amount in amounts.items())
    return Score(exact, rounded(exact))


def rounded(exact: float) -> int:
    """The score as it is published: rounded half up (0.5 to 1, -0.5 to 0), within what an integer field holds."""
    return math.floor(min(max(exact, -MAX_SCORE), MAX_SCORE) + HALF_UP)


def _remaining(age: timedelta, half_life: timedelta | None) -> float:
    """The share of an activity's points that is left at that age, 0..1."""
    return 1.0 if half_life is None else 2.0 ** -(age / half_life)


def _capped(amount: float, cap: float | None) -> float:
    return amount if cap is None else min(amount, cap)
