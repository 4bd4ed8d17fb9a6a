"""Writes to Salesforce: collections for some, Bulk jobs for many, each row with its own outcome."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from keepstep.connectors.parallel import in_parallel
from keepstep.connectors.salesforce import composite, errors, ingest, wire
from keepstep.connectors.salesforce.composite import Collections
from keepstep.connectors.salesforce.fields import PEOPLE
from keepstep.connectors.salesforce.ingest import Ingest
from keepstep.connectors.salesforce.org import Org
from keepstep.connectors.salesforce.rows import Row, batches, row_of
from keepstep.connectors.waves import waves
from keepstep.core.errors import Bug
from keepstep.core.model import Outcome, Rejected, Write

_LOCK_TRIES = 3  # a lock lasts for as long as somebody else's save
_LOCK_WAIT_S = 1.0
_WHAT_TO_DO = {
    "NO_RECORD": "an update or removal needs the record's id: please report it",
    "NOT_AN_ID": "an id of Salesforce has 15 or 18 letters and digits: correct the link",
    "NOT_A_FIELD": "a field of this name can't be written: correct the sync's file",
}


@dataclass(frozen=True, slots=True)
class Writer:
    """Sends the writes of one org."""

    org: Org

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """An outcome for each write, as they come in. Raises as `Connector.apply` says.

        Accounts and users are never written (SF-3): raises Bug before anything is sent.
        """
        for write in writes:
            if write.object not in PEOPLE:
                raise Bug(f"Salesforce: a write to {write.object!r} was planned; only leads and contacts are written")
        return self._outcomes(writes)

    def _outcomes(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        rows: list[Row] = []
        for write in writes:
            try:
                rows.append(row_of(write, self.org.settings))
            except wire.UnwritableError as error:
                field = f" (field {error.field})" if error.field else ""
                yield Rejected(write.operation_id, error.code, f"{_WHAT_TO_DO[error.code]}{field}")
        for wave in waves(rows):
            yield from self._unlocked(wave)

    def _unlocked(self, rows: Sequence[Row]) -> Iterator[Outcome]:
        """Rows that somebody else holds are sent again a little later."""
        by_id = {row.write.operation_id: row for row in rows}
        for left in reversed(range(_LOCK_TRIES)):
            locked: list[Row] = []
            for outcome in self._sent(rows):
                held = isinstance(outcome, Rejected) and outcome.code == errors.LOCKED
                if held and left:
                    locked.append(by_id[outcome.operation_id])
                else:
                    yield outcome
            if not locked:
                return
            tries = _LOCK_TRIES - left
            self.org.sleep(_LOCK_WAIT_S * tries * (0.5 + random.random()))  # noqa: S311 # jitter, no secret
            rows = locked

    def _sent(self, rows: Sequence[Row]) -> Iterator[Outcome]:
        few: list[Row] = []
        for _, same in groupby(sorted(rows, key=_sort), key=_sort):
            group = list(same)
            many = [row for row in group if ingest.fits(row)]
            if len(many) < self.org.settings.bulk_write_from:
                few += group
                continue
            few += [row for row in group if not ingest.fits(row)]
            yield from Ingest(self.org).send(many)
        calls = in_parallel(Collections(self.org).send, batches(few, composite.SIZE), self.org.settings.concurrency)
        for outcomes in calls:
            yield from outcomes


def _sort(row: Row) -> tuple[str, str]:
    return row.way, row.write.object
