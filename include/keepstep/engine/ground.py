"""What sending and settling need to know of a sync, whichever kind it is."""

from __future__ import annotations

from typing import Protocol

from keepstep.connectors.base import ReadQuery
from keepstep.core.model import Phase, Side
from keepstep.store.journal import Address
from keepstep.store.outcomes import Ends
from keepstep.store.staging import Scope


class Ground(Protocol):
    """A sync, resolved: what doesn't change while a run goes on."""

    def address(self, run_id: int, phase: Phase) -> Address:
        """Where a task's changes go."""

    def ends(self) -> Ends:
        """For the settling of outcomes."""

    def written(self, side: Side) -> tuple[str, ...]:
        """The objects of that side that a run may write, in the order in which one needs the other."""

    def scope(self, side: Side, object: str) -> Scope | None:
        """How a person's records of this object are kept and compared; None for what is no person (a company)."""

    def query(self, side: Side, object: str) -> ReadQuery:
        """How records of this object are asked for."""

    def reference(self, side: Side, name: str) -> str:
        """The system's name of the field that refers to another record (a company, an owner)."""

    @property
    def needed(self) -> str:
        """Our name of the field that waits for a record which the same plan makes; empty: there is none."""
