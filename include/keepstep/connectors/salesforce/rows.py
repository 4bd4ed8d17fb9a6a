"""Writes sorted for their way out: which call takes each, and which may go at the same time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from keepstep.connectors.base import Json
from keepstep.connectors.salesforce import wire
from keepstep.connectors.salesforce.settings import SalesforceSettings
from keepstep.core.model import Kind, Write


class Way(StrEnum):
    """The operation that a write becomes."""

    CREATE = "create"  # twice makes two records
    UPSERT = "upsert"  # by external id: twice makes one
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Row:
    """A write in the words of Salesforce."""

    write: Write
    way: Way
    body: dict[str, Json]

    @property
    def key(self) -> tuple[str, str]:
        """What must not stand twice in one call: the record, by its id or its external id."""
        if self.way is Way.CREATE:
            return self.way, self.write.operation_id
        return self.write.object, str(self.body.get("id") or self.write.external_id)


def row_of(write: Write, settings: SalesforceSettings) -> Row:
    """Raises UnwritableError."""
    if write.kind is Kind.REMOVE:
        return Row(write, Way.DELETE, {"id": wire.record_id(write)})
    body = wire.body_of(write, settings)
    if write.kind is Kind.UPDATE:
        return Row(write, Way.UPDATE, body)
    keyed = write.external_id is not None and settings.external_id_field is not None
    return Row(write, Way.UPSERT if keyed else Way.CREATE, body)


def batches(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    """As few calls as can be: an operation a call, `size` rows a call; an upsert takes one object, the others mix them.

    Objects stand together: Salesforce cuts a collection where the object changes, ten times at the most.
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.write.object):
        kind = (row.way, row.write.object) if row.way is Way.UPSERT else (row.way,)
        groups.setdefault(kind, []).append(row)
    for group in groups.values():
        for start in range(0, len(group), size):
            yield group[start : start + size]
