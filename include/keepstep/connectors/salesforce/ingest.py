"""Writes by a Bulk ingest job: four to six calls for any number of rows (Bulk API 2.0).

A job's own figures say how its rows fared; the lists of results are fetched only where they tell more.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, CallRefused, Effect, Expects, LostReply, Verdict
from keepstep.connectors.salesforce import errors, jobs, wire
from keepstep.connectors.salesforce.fields import type_of
from keepstep.connectors.salesforce.jobs import JobState
from keepstep.connectors.salesforce.org import Org
from keepstep.connectors.salesforce.rows import Row, Way
from keepstep.core.errors import KeepstepError, Unavailable
from keepstep.core.model import Applied, InDoubt, Outcome, Rejected

CLEARED: Final = "#N/A"  # what clears a field; an empty cell leaves it alone
MAX_BYTES: Final = 100_000_000  # a job takes 150 MB, counted in base64
_KIND: Final = "ingest"
_ODD = re.compile(r"[\x00]")
_UNPROCESSED: Final = Verdict(Action.ROW, errors.UNPROCESSED)
_FAULTY: Final = Verdict(Action.ROW, errors.JOB_FAILED)
_FAILED: Final = "failedResults"
_SAVED: Final = "successfulResults"
_UNTOUCHED: Final = "unprocessedrecords"


def fits(row: Row) -> bool:
    """Whether a job can take the row: its result can be told by a key, and no value means something else in CSV."""
    cells = [value for name, value in row.body.items() if name != "attributes"]
    clean = not any(isinstance(cell, str) and (cell == CLEARED or _ODD.search(cell)) for cell in cells)
    return row.way is not Way.CREATE and clean


def csv_parts(rows: Sequence[Row], limit: int = MAX_BYTES) -> Iterator[tuple[bytes, list[Row]]]:
    """The rows as CSV, in as many parts as the limit asks for; a field that a row doesn't name is left alone."""
    names = sorted({name for row in rows for name in row.body} - {"attributes"})
    head = _line(["Id" if name == "id" else name for name in names])
    lines, part, size = [head], list[Row](), len(head)
    for row in rows:
        line = _line([_cell(row.body[name]) if name in row.body else "" for name in names])
        if part and size + len(line) > limit:
            yield b"".join(lines), part
            lines, part, size = [head], [], len(head)
        lines.append(line)
        part.append(row)
        size += len(line)
    if part:
        yield b"".join(lines), part


@dataclass(frozen=True, slots=True)
class Ingest:
    """Sends rows of one operation on one object, all with different keys."""

    org: Org

    def send(self, rows: Sequence[Row]) -> Iterator[Outcome]:
        """An outcome for each row. Raises AuthError or Unavailable only for rows that were not sent."""
        for content, part in csv_parts(rows):
            id = self._upload(content, part[0])
            if isinstance(id, Verdict):
                yield from (errors.rejected(row.write.operation_id, id) for row in part)
            else:
                yield from self._outcomes(id, part)

    def _upload(self, content: bytes, like: Row) -> str | Verdict:
        """The job with its rows, not begun yet; or why Salesforce doesn't take it."""
        body: dict[str, Json] = {"object": type_of(like.write.object), "operation": like.way.value}
        body |= {"contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA"}
        if like.way is Way.UPSERT:
            body["externalIdFieldName"] = self.org.settings.external_id_field
        try:
            id = jobs.make(self.org, _KIND, body)
        except CallRefused as refused:
            return refused.verdict
        try:
            self._put(id, content)
        except (CallRefused, LostReply, KeepstepError):
            jobs.abort(self.org, _KIND, id)
            raise Unavailable("Salesforce didn't take the upload of a Bulk job; nothing of it was saved") from None
        return id

    def _put(self, id: str, content: bytes) -> None:
        self.org.send(
            "PUT",
            f"/jobs/{_KIND}/{id}/batches",
            Effect.ONCE,  # a job takes one upload
            label=f"/jobs/{_KIND}/id/batches",
            content=content,
            headers={"Content-Type": "text/csv; charset=UTF-8"},
            expects=Expects.ANYTHING,
        )

    def _outcomes(self, id: str, rows: Sequence[Row]) -> Iterator[Outcome]:
        try:
            self._close(id)
            state = jobs.wait(self.org, _KIND, id)
            results = self._results(id, state, rows)
        except jobs.JobUnfinishedError:
            jobs.abort(self.org, _KIND, id)
            yield from (InDoubt(row.write.operation_id, "JOB_UNFINISHED") for row in rows)
        except (CallRefused, LostReply, KeepstepError):  # it was closed, or may have been: only a read-back tells
            yield from (InDoubt(row.write.operation_id, "JOB_LOST") for row in rows)
        else:
            yield from results

    def _close(self, id: str) -> None:
        """Let it begin. A refusal may mean that an earlier try, whose answer was lost, did: its state will tell."""
        body: Json = {"state": "UploadComplete"}
        path, label = f"/jobs/{_KIND}/{id}", f"/jobs/{_KIND}/id"
        try:
            self.org.send("PATCH", path, Effect.IDEMPOTENT, label=label, json=body)
        except (CallRefused, LostReply):
            if jobs.state_of(self.org, _KIND, id).state == "Open":
                jobs.abort(self.org, _KIND, id)

    def _results(self, id: str, state: JobState, rows: Sequence[Row]) -> list[Outcome]:
        if state.state == "Failed" and state.processed <= 0:
            return [errors.rejected(row.write.operation_id, _FAULTY) for row in rows]
        through = state.complete and state.processed == len(rows)
        if through and state.failed == 0 and rows[0].way is not Way.UPSERT:
            return [Applied(row.write.operation_id, str(row.body["id"])) for row in rows]
        left = {_key(row): row for row in rows}
        outcomes: list[Outcome] = []
        lists = [_FAILED] * (state.failed != 0) + [_SAVED] * (state.failed != len(rows) or not through)
        for name in [*lists, *([] if through else [_UNTOUCHED])]:
            for told in self._list(id, name, rows[0]):
                row = left.pop(_key_in(told, rows[0], self.org.settings.external_id_field), None)
                if row is not None:
                    outcomes.append(_outcome(row, name, told))
        return outcomes + [InDoubt(row.write.operation_id, "NO_RESULT") for row in left.values()]

    def _list(self, id: str, name: str, like: Row) -> Iterator[dict[str, Json]]:
        path, label = f"/jobs/{_KIND}/{id}/{name}", f"/jobs/{_KIND}/id/{name}"
        reply = self.org.send("GET", path, label=label, headers={"Accept": "text/csv"}, expects=Expects.FILE)
        columns = [column for column in ("sf__Id", "sf__Created") if name == _SAVED]
        columns += [column for column in ("sf__Id", "sf__Error") if name == _FAILED]
        return jobs.csv_rows(reply, columns or [_key_column(like, self.org.settings.external_id_field)])


def _outcome(row: Row, name: str, told: dict[str, Json]) -> Outcome:
    id = row.write.operation_id
    if name == _SAVED:
        record = wire.id_of(str(told.get("sf__Id"))) or row.body.get("id")
        return Applied(id, str(record)) if record else InDoubt(id, "NO_ID")
    if name == _UNTOUCHED:
        return errors.rejected(id, _UNPROCESSED)
    refused: Rejected = errors.bulk_refusal(id, str(told.get("sf__Error")))
    if row.way is Way.DELETE and refused.code == errors.DELETED:
        return Applied(id, str(row.body["id"]))
    return refused


def _key(row: Row) -> str:
    return str(row.write.external_id if row.way is Way.UPSERT else row.body["id"])


def _key_column(like: Row, external_id_field: str | None) -> str:
    return str(external_id_field) if like.way is Way.UPSERT else "Id"


def _key_in(told: dict[str, Json], like: Row, external_id_field: str | None) -> str:
    value = str(told.get(_key_column(like, external_id_field)))
    return value if like.way is Way.UPSERT else wire.id_of(value) or value


def _cell(value: Json) -> str:
    if value is None:
        return CLEARED
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
