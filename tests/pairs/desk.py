"""A sandbox's control API, as the people on the other side use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.bad_days.systems import System


@dataclass(frozen=True, slots=True)
class Desk(System):
    """One sandbox."""

    def a_minute_passes(self) -> None:
        """By the system's clock: what is done then has another stamp than what was done before."""
        self.weather("clock_skew", seconds=60, times=None)

    def all(self, records: str) -> list[dict[str, Any]]:
        """Everybody of a kind."""
        found: list[dict[str, Any]] = self.ask("GET", f"{records}?limit=10000")["items"]
        return found
