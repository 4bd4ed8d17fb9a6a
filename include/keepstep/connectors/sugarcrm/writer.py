"""Writes to SugarCRM in batches, each row with its own outcome."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from keepstep.connectors.calls import CallRefused, LostReply
from keepstep.connectors.parallel import in_parallel
from keepstep.connectors.sugarcrm import errors, wire
from keepstep.connectors.sugarcrm.fields import PEOPLE
from keepstep.connectors.sugarcrm.protocol import BATCH, SPLITS, Speaker
from keepstep.connectors.sugarcrm.reader import Reader
from keepstep.connectors.sugarcrm.rows import Row, batches, row_of
from keepstep.connectors.sugarcrm.settings import SugarCrmSettings
from keepstep.connectors.waves import waves
from keepstep.core.errors import Bug, KeepstepError
from keepstep.core.model import InDoubt, Outcome, Write

_MAX_SPLITS: Final = 24  # calls beyond the first that may be spent on finding the rows that make SugarCRM refuse a call


@dataclass(frozen=True, slots=True)
class Writer:
    """Sends the writes over one protocol."""

    speaker: Speaker
    reader: Reader
    settings: SugarCrmSettings

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """An outcome for each write, as they come in. Raises as `Connector.apply` says.

        Accounts and users are never written: raises Bug before anything is sent.
        """
        for write in writes:
            if write.object not in PEOPLE:
                raise Bug(f"SugarCRM: a write to {write.object!r} was planned; only leads and contacts are written")
        return self._outcomes(writes)

    def _outcomes(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        rows: list[Row] = []
        for write in writes:
            try:
                rows.append(row_of(write, self.reader.catalog(write.object), self.settings.unknown))
            except wire.UnwritableError as error:
                yield errors.rejected(write.operation_id, error.code, error.field)
        for wave in waves(rows):
            for outcomes in in_parallel(self._batch, batches(wave, BATCH), self.settings.concurrency):
                yield from outcomes

    def _batch(self, rows: Sequence[Row]) -> list[Outcome]:
        """Raises AuthError or Unavailable only where none of them was saved.

        A call that is refused as a whole (one row makes it too large, or makes SugarCRM break off) is cut in halves
        until the rows that are to blame stand alone.
        """
        waiting, done, calls = deque([rows]), list[Outcome](), 0
        while waiting:
            some = waiting.popleft()
            try:
                done += self.speaker.send(some)
            except LostReply as lost:
                done += [InDoubt(row.operation_id, lost.code) for row in some]
            except CallRefused as refused:
                code = refused.verdict.code
                if len(some) > 1 and code in SPLITS and calls < _MAX_SPLITS:
                    waiting.extend((some[: len(some) // 2], some[len(some) // 2 :]))
                else:
                    unsent = errors.UNSENT if len(some) > 1 and code in SPLITS else code
                    done += [errors.rejected(row.operation_id, unsent) for row in some]
            except KeepstepError:
                if not done:
                    raise
                left = [row for group in (some, *waiting) for row in group]
                return done + [errors.rejected(row.operation_id, errors.UNSENT) for row in left]
            calls += 1
        return done
