"""Writes by sObject collections: 200 rows a call, each row with its own outcome (REST API Developer Guide)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, CallRefused, Effect, LostReply, Reply, Verdict
from keepstep.connectors.salesforce import errors
from keepstep.connectors.salesforce.fields import type_of
from keepstep.connectors.salesforce.org import Org
from keepstep.connectors.salesforce.rows import Row, Way
from keepstep.core.errors import KeepstepError
from keepstep.core.model import Applied, InDoubt, Outcome

SIZE: Final = 200
_SPLITS: Final = 24  # calls beyond the first that may be spent on finding the rows that make Salesforce refuse a call
_PATH: Final = "/composite/sobjects"
_METHOD: Final = {Way.CREATE: "POST", Way.UPDATE: "PATCH"}
_NOT_SENT: Final = Verdict(Action.ROW, errors.UNPROCESSED)


@dataclass(frozen=True, slots=True)
class Collections:
    """Sends batches of one operation."""

    org: Org

    def send(self, rows: Sequence[Row]) -> list[Outcome]:
        """An outcome for each row. Raises AuthError or Unavailable only where none of them was saved.

        A call that is refused as a whole (a value that isn't even of its field's kind) is cut in halves until the rows
        that are to blame stand alone: one bad row doesn't keep 199 others out.
        """
        waiting, done, calls = deque([rows]), list[Outcome](), 0
        while waiting:
            some = waiting.popleft()
            try:
                done += self._call(some)
            except CallRefused as refused:
                if len(some) > 1 and calls < _SPLITS:
                    waiting.extend((some[: len(some) // 2], some[len(some) // 2 :]))
                else:
                    verdict = refused.verdict if len(some) == 1 else _NOT_SENT
                    done += [errors.rejected(row.write.operation_id, verdict) for row in some]
            except KeepstepError:
                if not done:
                    raise
                left = [row for group in (some, *waiting) for row in group]
                return done + [errors.rejected(row.write.operation_id, _NOT_SENT) for row in left]
            calls += 1
        return done

    def _call(self, rows: Sequence[Row]) -> list[Outcome]:
        try:
            reply = self._reply(rows)
        except LostReply as lost:
            return [InDoubt(row.write.operation_id, lost.code) for row in rows]
        told = reply.json if isinstance(reply.json, list) else []
        if len(told) != len(rows):  # they are told apart by their place alone
            return [InDoubt(row.write.operation_id, "NO_RESULT") for row in rows]
        return [_outcome(row, result) for row, result in zip(rows, told, strict=True)]

    def _reply(self, rows: Sequence[Row]) -> Reply:
        way, settings = rows[0].way, self.org.settings
        headers = {"Sforce-Duplicate-Rule-Header": "allowSave=true"} if settings.allow_duplicates else {}
        if way is Way.DELETE:
            params = {"ids": ",".join(str(row.body["id"]) for row in rows), "allOrNone": "false"}
            return self.org.send("DELETE", _PATH, Effect.IDEMPOTENT, params=params)
        body: Json = {"allOrNone": False, "records": [row.body for row in rows]}
        if way is Way.UPSERT:
            path = f"{_PATH}/{type_of(rows[0].write.object)}/{settings.external_id_field}"
            return self.org.send("PATCH", path, Effect.IDEMPOTENT, json=body, headers=headers)
        effect = Effect.ONCE if way is Way.CREATE else Effect.IDEMPOTENT
        return self.org.send(_METHOD[way], _PATH, effect, json=body, headers=headers)


def _outcome(row: Row, result: Json) -> Outcome:
    id, operation = row.write.operation_id, row.way
    if not isinstance(result, dict):
        return InDoubt(id, "NO_RESULT")
    if result.get("success") is True:
        record = result.get("id") or row.body.get("id")
        return Applied(id, str(record)) if record else InDoubt(id, "NO_ID")
    refused = errors.row_refusal(id, result.get("errors"))
    if operation is Way.DELETE and refused.code == errors.DELETED:
        return Applied(id, str(row.body["id"]))  # as asked; a delete that is sent twice meets itself
    return refused
