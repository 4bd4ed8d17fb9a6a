"""Sends batches: UpdateMultiple, which is all or nothing, and $batch, which tells each row's fate.

Laws: an update never makes a row (`If-Match: *`), a create never changes one (`If-None-Match: *`) and has an id of our
own, so every call may be sent twice. Rows that met a deadlock or a timeout were rolled back, and are sent again, fewer
at once. A call without a usable answer leaves its rows in doubt.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, CallRefused, Effect, Expects, LostReply, Reply, Verdict
from keepstep.connectors.dynamics import errors, odata, wire
from keepstep.connectors.dynamics.environment import Environment
from keepstep.connectors.dynamics.fields import MERGED, table_of
from keepstep.connectors.dynamics.multipart import body_of, replies_of
from keepstep.connectors.dynamics.rows import Batch, Row, Way
from keepstep.core.errors import KeepstepError
from keepstep.core.model import Applied, InDoubt, Kind, Outcome

_TRIES: Final = 4  # calls that a row may take part in, one after another
_WAIT_S: Final = 1.0  # a deadlock lasts for as long as somebody else's save
_TIMEOUT_S: Final = 300.0  # for the answer to a thousand rows; one operation ends after two minutes
_NOT_SENT: Final = Verdict(Action.ROW, errors.UNPROCESSED)
_MISSING, _METHOD, _PRECONDITION = 404, 405, 412


@dataclass(slots=True)
class _Call:
    """What became of one call's rows."""

    done: list[Outcome] = field(default_factory=list)
    again: list[Batch] = field(default_factory=list)


@dataclass(slots=True)
class Sending:
    """Sends to one environment, and learns which tables don't take UpdateMultiple."""

    env: Environment
    alone: set[str] = field(default_factory=set)

    def send(self, batch: Batch) -> list[Outcome]:
        """An outcome for each row. Raises AuthError or Unavailable only where none of them was sent."""
        waiting, done = deque([batch]), list[Outcome]()
        while waiting:
            some = waiting.popleft()
            if some.tries:
                self.env.sleep(_WAIT_S * some.tries * (0.5 + random.random()))  # noqa: S311 # jitter, no secret
            try:
                call = self._together(some) if some.way is Way.TOGETHER else self._singly(some)
            except KeepstepError:
                if not done:
                    raise
                left = [row for one in (some, *waiting) for row in one.rows]
                return done + [errors.rejected(row.write.operation_id, _NOT_SENT) for row in left]
            done += call.done
            waiting.extend(call.again)
        return done

    def _together(self, batch: Batch) -> _Call:
        object = batch.rows[0].write.object
        targets: list[Json] = [row.target() for row in batch.rows]
        action = f"{table_of(object).set}/Microsoft.Dynamics.CRM.UpdateMultiple"
        try:
            self._write(f"{self.env.settings.data}/{action}", action, json={"Targets": targets})
        except LostReply as lost:
            return _Call([InDoubt(row.write.operation_id, lost.code) for row in batch.rows])
        except CallRefused as refused:
            if refused.verdict.code in errors.SPLIT:
                last = batch.tries + 1 >= _TRIES - 1
                return _Call(again=batch.smaller(Way.SINGLY if last or len(batch.rows) <= 2 else None))  # noqa: PLR2004
            if refused.status in (_MISSING, _METHOD) and refused.verdict.code != errors.GONE:
                self.alone.add(object)  # not every table takes it
            return _Call(again=[Batch(Way.SINGLY, batch.rows)])
        return _Call([Applied(row.write.operation_id, row.id) for row in batch.rows])

    def _singly(self, batch: Batch) -> _Call:
        kind, content = body_of([row.part(self.env.settings.data) for row in batch.rows])
        headers = {"Content-Type": kind, "Prefer": "odata.continue-on-error"}
        path = f"{self.env.settings.data}/$batch"
        try:
            reply = self._write(path, "$batch", content=content, headers=headers)
        except LostReply as lost:
            return _Call([InDoubt(row.write.operation_id, lost.code) for row in batch.rows])
        except CallRefused as refused:
            if len(batch.rows) > 1 and batch.tries + 1 < _TRIES:
                return _Call(again=batch.smaller())
            return _Call([errors.rejected(r.write.operation_id, refused.verdict, refused.status) for r in batch.rows])
        replies = replies_of(reply)
        lost_rows = batch.rows[len(replies) :]
        call = _Call([InDoubt(row.write.operation_id, "NO_RESULT") for row in lost_rows])
        self._sort(batch, list(zip(batch.rows, replies, strict=False)), call)
        return call

    def _sort(self, batch: Batch, answered: Sequence[tuple[Row, Reply]], call: _Call) -> None:
        """Each row by its own answer."""
        again: list[Row] = []
        there: list[tuple[Row, Verdict]] = []
        for row, reply in answered:
            verdict = errors.classify(reply)
            if verdict is None or (row.write.kind is Kind.REMOVE and reply.status == _MISSING):
                call.done.append(Applied(row.write.operation_id, row.id))  # a delete that is sent twice meets itself
            elif verdict.action is Action.WAIT or verdict.code in errors.SPLIT:
                if batch.tries + 1 < _TRIES:
                    again.append(row)
                else:
                    call.done.append(_tired(row, verdict, reply.status))
            elif row.write.kind is Kind.CREATE and reply.status == _PRECONDITION:
                there.append((row, verdict))
            else:
                call.done.append(errors.rejected(row.write.operation_id, verdict, reply.status))
        if again:
            call.again += Batch(Way.SINGLY, again, batch.tries).smaller()
        call.done += self._read_back(there)

    def _read_back(self, there: Sequence[tuple[Row, Verdict]]) -> list[Outcome]:
        """Creates that were refused: the row is there from an earlier try, or another one stands in its way."""
        try:
            found = self._found([row for row, _ in there])
        except (KeepstepError, CallRefused):
            return [InDoubt(row.write.operation_id, verdict.code) for row, verdict in there]
        outcomes: list[Outcome] = []
        for row, verdict in there:
            id = row.write.operation_id
            if row.key not in found:
                outcomes.append(errors.rejected(id, verdict))
            elif found[row.key]:
                outcomes.append(errors.rejected(id, Verdict(Action.ROW, errors.MERGED)))
            else:
                outcomes.append(Applied(id, row.id))
        return outcomes

    def _found(self, rows: Sequence[Row]) -> Mapping[tuple[str, str], bool]:
        """Those of them that are there, and whether they were merged."""
        found: dict[tuple[str, str], bool] = {}
        for object in sorted({row.write.object for row in rows}):
            ids = sorted({row.id for row in rows if row.write.object == object})
            table = table_of(object)
            for path in odata.lookups(self.env.settings.data, table.set, (table.key, *MERGED), table.key, ids):
                answer = self.env.page(object, path, "look-up", odata.prefer(self.env.settings.page_size))
                found |= {(object, str(row[table.key]).lower()): wire.is_merged(row) for row in answer.rows}
        return found

    def _write(self, path: str, label: str, **parts: object) -> Reply:
        return self.env.send(
            "POST", path, label, Effect.IDEMPOTENT, expects=Expects.ANYTHING, timeout_s=_TIMEOUT_S, **parts
        )


def _tired(row: Row, verdict: Verdict, status: int) -> Outcome:
    if verdict.may_have_landed:
        return InDoubt(row.write.operation_id, verdict.code)
    return errors.rejected(row.write.operation_id, verdict, max(status, 500))
