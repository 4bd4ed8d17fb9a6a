"""A worker that dies in the middle of a run, in this very process: at its n-th step it is heard of no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.engine.killing import stepping


class Killed(BaseException):
    """Nothing in a dead process catches anything."""


@dataclass(slots=True)
class Death:
    """Comes at the n-th step; the dead write nothing more."""

    at: int
    steps: int = 0

    def step(self) -> None:
        """One more."""
        self.steps += 1
        if self.steps >= self.at:
            raise Killed


@contextmanager
def dying(at: int) -> Iterator[None]:
    """Whoever works in here dies at that step, if there are so many."""
    with suppress(Killed), stepping(Death(at).step):
        yield
