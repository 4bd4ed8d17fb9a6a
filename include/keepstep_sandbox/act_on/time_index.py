"""Row numbers in the order of a stamp, so that a question for what changed costs what changed."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

FOREVER_MS: Final = 2**62


@dataclass(frozen=True, slots=True)
class Span:
    """Moments from `low` up to, and without, `high`; ms since 1970."""

    low: int = -FOREVER_MS
    high: int = FOREVER_MS

    @property
    def open(self) -> bool:
        """Whether every moment lies in it."""
        return (self.low, self.high) == (-FOREVER_MS, FOREVER_MS)

    def __contains__(self, moment_ms: int) -> bool:
        return self.low <= moment_ms < self.high


EVER: Final = Span()


class TimeIndex:
    """A sorted list of (stamp, row number); adding the latest is O(1), finding is O(log n)."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, int]] = []

    def add(self, stamp_ms: int, number: int) -> None:
        """Enter a row; stamps usually grow, so this is usually an append."""
        entry = (stamp_ms, number)
        if not self._entries or self._entries[-1] < entry:
            self._entries.append(entry)
        else:
            insort(self._entries, entry)

    def remove(self, stamp_ms: int, number: int) -> None:
        """Take a row out that was entered with exactly this stamp."""
        place = bisect_left(self._entries, (stamp_ms, number))
        del self._entries[place]

    def rebuild(self, entries: Iterable[tuple[int, int]]) -> None:
        """Start anew; cheaper than many single changes."""
        self._entries = sorted(entries)

    def within(self, span: Span) -> Sequence[int]:
        """Give the numbers of the rows stamped within a span, oldest first."""
        start = bisect_left(self._entries, (span.low, -1))
        stop = bisect_left(self._entries, (span.high, -1))
        return [number for _, number in self._entries[start:stop]]

    def slice(self, offset: int, count: int) -> Sequence[int]:
        """Give the numbers of a page of all rows, oldest first."""
        return [number for _, number in self._entries[offset : offset + count]]
