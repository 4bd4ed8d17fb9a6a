"""Writes sorted for their way out: what each becomes, and which may go at the same time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from keepstep.connectors.sugarcrm import wire
from keepstep.connectors.sugarcrm.fields import Catalog
from keepstep.core.model import Kind, OperationId, Value, Write


class Way(StrEnum):
    """The operation that a write becomes."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Row:
    """A write in the words of SugarCRM."""

    operation_id: OperationId
    way: Way
    object: str
    id: str | None  # None: a create without a key; twice makes two records
    values: Mapping[str, Value]
    catalog: Catalog

    @property
    def key(self) -> tuple[str, str]:
        """What must not stand twice in one call."""
        return self.object, self.id or f"new {self.operation_id}"


def row_of(write: Write, catalog: Catalog, unknown: str | None = None) -> Row:
    """Raises wire.UnwritableError."""
    if write.kind is Kind.REMOVE:
        return Row(write.operation_id, Way.DELETE, write.object, wire.record_id(write), {}, catalog)
    values = wire.values_of(write, catalog, unknown)
    if write.kind is Kind.UPDATE:
        return Row(write.operation_id, Way.UPDATE, write.object, wire.record_id(write), values, catalog)
    id = None if write.external_id is None else wire.id_of(write.external_id)
    return Row(write.operation_id, Way.CREATE, write.object, id, values, catalog)


def batches(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    """As few calls as can be: one way and one object a call."""
    groups: dict[tuple[Way, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.way, row.object), []).append(row)
    for group in groups.values():
        for start in range(0, len(group), size):
            yield group[start : start + size]
