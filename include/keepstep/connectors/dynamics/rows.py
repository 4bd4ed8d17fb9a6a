"""Writes sorted for their way out: which call takes each, and which may go at the same time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from keepstep.connectors.base import Json
from keepstep.connectors.dynamics import wire
from keepstep.connectors.dynamics.fields import Catalog, Choices, table_of
from keepstep.connectors.dynamics.multipart import Part
from keepstep.core.model import Kind, Write


class Way(StrEnum):
    """The call that takes rows."""

    TOGETHER = "together"  # UpdateMultiple: all of them, or none
    SINGLY = "singly"  # $batch: each with its own fate


@dataclass(frozen=True, slots=True)
class Row:
    """A write in the words of Dataverse."""

    write: Write
    id: str  # of the row; a create's is made of its external id, so that sending it twice makes one
    body: dict[str, Json] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """What must not stand twice in one call."""
        return self.write.object, self.id

    def part(self, data: str) -> Part:
        """As a request of a batch. An update never makes a row, and a create never changes one."""
        path = f"{data}/{table_of(self.write.object).set}({self.id})"
        if self.write.kind is Kind.REMOVE:
            return Part("DELETE", path)
        only = "If-Match" if self.write.kind is Kind.UPDATE else "If-None-Match"
        return Part("PATCH", path, self.body, {only: "*"})

    def target(self) -> dict[str, Json]:
        """As a target of UpdateMultiple."""
        table = table_of(self.write.object)
        return {"@odata.type": f"Microsoft.Dynamics.CRM.{table.logical}", table.key: self.id, **self.body}


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one call; `tries` counts the calls that met a deadlock before."""

    way: Way
    rows: Sequence[Row]
    tries: int = 0

    def smaller(self, way: Way | None = None) -> list[Batch]:
        """In halves, one try later."""
        half = (len(self.rows) + 1) // 2
        parts = (self.rows[:half], self.rows[half:])
        return [Batch(way or self.way, some, self.tries + 1) for some in parts if some]


def row_of(write: Write, catalog: Catalog, choices: Choices) -> Row:
    """Raises UnwritableError."""
    if write.kind is Kind.REMOVE:
        return Row(write, wire.record_id(write))
    return Row(write, wire.record_id(write), wire.body_of(write, catalog, choices))


def batches(rows: Sequence[Row], size: int, alone: Iterable[str] = ()) -> Iterator[Batch]:
    """As few calls as can be: updates of one table together, all the rest in batches that mix tables.

    `alone` are objects whose table doesn't take UpdateMultiple.
    """
    updates: dict[str, list[Row]] = {}
    others: list[Row] = []
    for row in rows:
        together = row.write.kind is Kind.UPDATE and row.write.object not in alone
        (updates.setdefault(row.write.object, []) if together else others).append(row)
    for group in updates.values():
        for some in _cut(group, size):
            if len(some) > 1:
                yield Batch(Way.TOGETHER, some)
            else:
                others += some
    for some in _cut(others, size):
        yield Batch(Way.SINGLY, some)


def _cut(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
