"""The unit in which an account takes moments: Act-On's own documents disagree, and a wrong one finds nothing, silently.

Law: nothing is read incrementally before a row whose stamp is known was found by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

from keepstep.connectors.base import Cursor
from keepstep.core.model import Record


class Unit(StrEnum):
    """What a number that means a moment counts since 1970."""

    MILLISECONDS = "ms"  # says the page of the call
    SECONDS = "s"  # the OpenAPI's "Unix timestamp" may mean that

    def of(self, moment_ms: int) -> int:
        """The moment in this unit, rounded down."""
        return moment_ms if self is Unit.MILLISECONDS else moment_ms // 1000


class Stamps:
    """The account's unit, once it is proved."""

    def __init__(self) -> None:
        self.unit: Unit | None = None

    def recall(self, cursor: Cursor | None) -> None:
        """Take over what an earlier read proved."""
        kept = (cursor or {}).get("unit")
        if self.unit is None and isinstance(kept, str) and kept in tuple(Unit):
            self.unit = Unit(kept)

    def prove(self, known: Iterable[Record], finds: Callable[[int], bool]) -> Unit | None:
        """Ask for what changed since just before a known change, in each unit; None: there is none to ask for."""
        stamps = [int(record.modified.timestamp() * 1000) for record in known if record.modified is not None]
        if stamps and self.unit is None:
            self.unit = next((unit for unit in Unit if finds(unit.of(max(stamps)) - 1)), None)
        return self.unit

    def kept(self) -> Cursor:
        """What a cursor remembers of it."""
        return {} if self.unit is None else {"unit": self.unit.value}
