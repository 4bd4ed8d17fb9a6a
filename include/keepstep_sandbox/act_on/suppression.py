"""Addresses that must not be mailed: the three account-wide lists, and the opt-outs by subscription category."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from keepstep_sandbox.act_on.columns import fold


class Suppressed(StrEnum):
    """The account-wide lists, by the last word of their path."""

    OPT_OUT = "optout"
    HARD_BOUNCE = "hardbounce"
    SPAM_COMPLAINT = "spamcomplaint"


@dataclass(frozen=True, slots=True)
class Entry:
    """An address on such a list: since when (ms since 1970), and by what (a form, an upload, a message)."""

    email: str
    since_ms: int
    origin: str


@dataclass(slots=True)
class Suppression:
    """All that is suppressed in an account; keyed by address, whatever lists the person is on."""

    lists: dict[Suppressed, dict[str, Entry]] = field(default_factory=lambda: {kind: {} for kind in Suppressed})
    categories: dict[str, dict[str, Entry]] = field(default_factory=dict)

    def add(self, kind: Suppressed, email: str, now_ms: int, origin: str) -> None:
        """Put an address on a list; one that is there keeps its entry."""
        if fold(email):
            self.lists[kind].setdefault(fold(email), Entry(fold(email), now_ms, origin))

    def remove(self, kind: Suppressed, email: str) -> None:
        """Take an address off a list; fine if it wasn't there."""
        self.lists[kind].pop(fold(email), None)

    def holds(self, kind: Suppressed, email: str) -> bool:
        """Tell whether an address is on a list."""
        return fold(email) in self.lists[kind]

    def set_category(self, category: str, email: str, now_ms: int, *, opted_out: bool) -> None:
        """Opt an address out of a subscription category, or in again.

        Raises:
            KeyError: there is no such category.
        """
        members = self.categories[category]
        if opted_out:
            members.setdefault(fold(email), Entry(fold(email), now_ms, "subscription"))
        else:
            members.pop(fold(email), None)


def seed_suppression(suppression: Suppression, seed: int, emails: Iterable[str], until_ms: int) -> None:
    """Let a few of the people have opted out (1.5 %), bounced (0.8 %) or complained (0.2 %), some time in the past."""
    bounds = ((15, Suppressed.OPT_OUT), (23, Suppressed.HARD_BOUNCE), (25, Suppressed.SPAM_COMPLAINT))
    for email in emails:
        draw = zlib.crc32(f"{seed}/suppressed/{fold(email)}".encode())
        kind = next((kind for bound, kind in bounds if draw % 1000 < bound), None)
        if kind is not None:
            suppression.add(kind, email, until_ms - draw % 15_000_000_000, "seeded")
