"""A worker that dies in the middle of a run, in this very process: at its n-th step it is heard of no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from keepstep.connectors.memory.side import Side
from keepstep.core.model import Outcome, Write
from keepstep.store.database import Store


class Killed(BaseException):
    """Nothing in a dead process catches anything."""


@dataclass(slots=True)
class Death:
    """Comes at the n-th step; a step is before and after each commit, and before and after each write that lands."""

    at: int
    steps: int = 0

    def step(self) -> None:
        """One more."""
        self.steps += 1
        if self.steps >= self.at:
            raise Killed


@contextmanager
def dying(at: int) -> Iterator[None]:
    """Whoever works in here dies at that step, if there are so many; the dead write nothing more."""
    death, begin, land = Death(at), Store.begin, Side._land

    @contextmanager
    def begin_and_step(self: Store) -> Iterator[Connection]:
        with begin(self) as conn:
            yield conn
            death.step()
        death.step()

    def land_and_step(self: Side[Any], write: Write) -> Outcome:
        death.step()
        outcome = land(self, write)
        death.step()
        return outcome

    Store.begin = begin_and_step  # type: ignore[method-assign]
    Side._land = land_and_step  # type: ignore[method-assign]
    try:
        yield
    except Killed:
        pass
    finally:
        Store.begin = begin  # type: ignore[method-assign]
        Side._land = land  # type: ignore[method-assign]
