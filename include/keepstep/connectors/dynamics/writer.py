"""Writes to Dataverse: spelled, sorted into calls, each row with its own outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from keepstep.connectors.dynamics import wire
from keepstep.connectors.dynamics.environment import SYSTEM, Environment
from keepstep.connectors.dynamics.fields import PEOPLE, Catalog, Choices, Told
from keepstep.connectors.dynamics.rows import Row, batches, row_of
from keepstep.connectors.dynamics.sending import Sending
from keepstep.connectors.parallel import in_parallel
from keepstep.connectors.waves import waves
from keepstep.core.errors import Bug
from keepstep.core.model import Outcome, Rejected, Write

WHAT_TO_DO: Mapping[str, str] = MappingProxyType(
    {
        "NO_RECORD": "an update or removal needs the row's id: please report it",
        "NOT_AN_ID": "an id of Dynamics 365 is a GUID: correct the link",
        "NOT_A_FIELD": "a column of this name can't be written: correct the sync's file",
        "NOT_A_REFERENCE": "the value must be the id of a row (a GUID): look it up first",
        "UNKNOWN_LABEL": "the choice has no such label: add it in Dynamics 365, or correct it here",
    }
)


@dataclass(frozen=True, slots=True)
class Writer:
    """Sends the writes of one environment."""

    env: Environment
    sending: Sending

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """An outcome for each write, as they come in. Raises as `Connector.apply` says.

        Accounts and users are never written: raises Bug before anything is sent.
        """
        for write in writes:
            if write.object not in PEOPLE:
                raise Bug(f"{SYSTEM}: a write to {write.object!r} was planned; only leads and contacts are written")
        return self._outcomes(writes)

    def _outcomes(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        catalogs = {object: self.env.catalog(object) for object in sorted(wire.needs_catalog(writes))}
        rows: list[Row] = []
        for write in writes:
            catalog: Catalog = catalogs.get(write.object, {})
            try:
                rows.append(row_of(write, catalog, self._choices(write, catalog)))
            except wire.UnwritableError as error:
                field = f" (field {error.field})" if error.field else ""
                yield Rejected(write.operation_id, error.code, f"{WHAT_TO_DO[error.code]}{field}")
        for wave in waves(rows):
            calls = batches(wave, self.env.settings.batch_rows, frozenset(self.sending.alone))
            for outcomes in in_parallel(self.sending.send, calls, self.env.settings.concurrency):
                yield from outcomes

    def _choices(self, write: Write, catalog: Catalog) -> Choices:
        """Asked for where a label is written."""
        labelled = any(
            value not in (None, "") and (known := catalog.get(name)) is not None and known.told is Told.CHOICE
            for name, value in write.fields.items()
        )
        return self.env.choices(write.object) if labelled else {}
