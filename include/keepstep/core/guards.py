"""Reasons to show a plan to a person before it is applied."""

from __future__ import annotations

from dataclasses import dataclass

from keepstep.core.errors import Refusal


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one plan may do unseen; shares are of the rows that the sync follows, 0..1."""

    max_removed: float
    max_updated: float
    max_blanked: float
    min_rows: int  # shares are not looked at below this many rows; emptiness always is


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """A plan in figures."""

    followed: int  # pairs that the sync followed before this plan
    crm_present: int  # of these, still in the audience
    platform_present: int  # of these, still on the list
    removed: int = 0
    updated: int = 0  # rows in which a value is overwritten by another (filled blanks and scores don't count)
    blanked: int = 0  # rows in which a value is cleared, or a score falls to nothing


def check(figures: PlanFigures, limits: Limits) -> tuple[Refusal, ...]:
    """Why this plan must not be applied unseen; empty where it may."""
    refusals = []
    for code, present, name in (
        ("crm_empty", figures.crm_present, "the CRM's audience"),
        ("list_empty", figures.platform_present, "the platform's list"),
    ):
        if figures.followed and not present:
            refusals.append(
                Refusal(code, 0, 1, f"{name} is suddenly empty; the sync followed {figures.followed} people")
            )
    if figures.followed >= max(limits.min_rows, 1):
        for code, count, limit, what in (
            ("removed", figures.removed, limits.max_removed, "removes"),
            ("updated", figures.updated, limits.max_updated, "overwrites values of"),
            ("blanked", figures.blanked, limits.max_blanked, "clears values of"),
        ):
            share = count / figures.followed
            if share > limit:
                text = f"the plan {what} {count} of {figures.followed} people ({share:.1%}; the limit is {limit:.1%})"
                refusals.append(Refusal(f"max_{code}", share, limit, text))
    return tuple(refusals)
