"""Which writes may go at the same time. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Protocol, TypeVar


class Keyed(Protocol):
    """Something that is written."""

    @property
    def key(self) -> Hashable:
        """The record that it is about."""


Row = TypeVar("Row", bound=Keyed)


def waves(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows that may go in any order; two writes to one record are in different waves, in the order they came."""
    found: list[list[Row]] = []
    seen: dict[Hashable, int] = {}
    for row in rows:
        number = seen.get(row.key, 0)
        seen[row.key] = number + 1
        if number == len(found):
            found.append([])
        found[number].append(row)
    return found
