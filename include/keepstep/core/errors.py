"""Errors that end more than one row, told apart by who must act.

KeepstepError
├── AuthError        the user: credentials, rights
├── SettingsError    the user: a file, a missing field in a CRM
├── Unavailable      nobody: wait and try again (carries how long)
│   └── BudgetSpent  nobody: what is left goes on when there are calls again
├── Refused          a person: approve, or change the limits
└── Bug              us
"""

from __future__ import annotations

from dataclasses import dataclass


class KeepstepError(Exception):
    """Something that ends a task; its text names no person."""


class AuthError(KeepstepError):
    """The other system doesn't let us in, or not to this: the user must act; trying again is of no use."""


class SettingsError(KeepstepError):
    """A sync file, a connection or a CRM's set-up is wrong; the text says which, where, and what is allowed."""


class Unavailable(KeepstepError):
    """The other system asks us to wait, or is not there: the same call may succeed later."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BudgetSpent(Unavailable):
    """The calls that this run may make are made, or no more remain of the account's quota than its others need."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason not to apply a plan before a person has looked at it."""

    code: str
    figure: float
    limit: float
    text: str


class Refused(KeepstepError):
    """The plan would do more than the sync's limits allow: a person must approve it."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        super().__init__("; ".join(r.text for r in refusals))
        self.refusals = refusals


class FenceRefused(KeepstepError):
    """The push was not handed a sealed score epoch that covers its own interval; nothing was sent."""


class Bug(KeepstepError):
    """A law of our own was broken: please report it."""
