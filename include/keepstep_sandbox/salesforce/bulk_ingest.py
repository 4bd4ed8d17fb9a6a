"""Bulk API 2.0 ingest: a job takes one CSV, works through it, and tells what became of each row."""

from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.salesforce import ids
from keepstep_sandbox.salesforce.bodies import json_body
from keepstep_sandbox.salesforce.bulk_jobs import DELIMITERS, ENDED, LINE_ENDINGS, Job, State, listed
from keepstep_sandbox.salesforce.csv_file import FileProblem, Table, parse, write
from keepstep_sandbox.salesforce.errors import SalesforceError, bad_request, not_found, refuse
from keepstep_sandbox.salesforce.gate import Gate
from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.record_service import SeveralMatch, upsert
from keepstep_sandbox.salesforce.records import Caller, Records

OPERATIONS: Final = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
CLEAR: Final = "#N/A"
Done = tuple[str, str, tuple[str, ...]]  # id, created or error, the row's own cells


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What lets the next job fail as a whole, after so many rows; the others stay unprocessed."""

    after: int
    message: str = "InternalServerError : the batch failed after 10 retries"


@dataclass(slots=True)
class _IngestJob:
    """A job, its file, and what became of the rows."""

    job: Job
    caller: Caller
    external_id: str = ""
    content: bytes | None = None
    header: tuple[str, ...] = ()
    succeeded: list[Done] = field(default_factory=list)
    failed: list[Done] = field(default_factory=list)
    unprocessed: list[tuple[str, ...]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        told = self.job.told()
        if self.external_id:
            told["externalIdFieldName"] = self.external_id
        if self.job.state is State.OPEN:
            told["contentUrl"] = f"services/data/v{self.job.version}.0/jobs/ingest/{self.job.id}/batches"
        return told


class BulkIngest:
    """Answers `/jobs/ingest`."""

    def __init__(self, org: Org, gate: Gate) -> None:
        self._org = org
        self._gate = gate
        self._records = Records(org)
        self._jobs: dict[str, _IngestJob] = {}
        self._count = 0
        self.breakdown: Breakdown | None = None
        org.on_reset.append(self._start_over)

    async def create(self, request: Request) -> Response:
        """Answer `POST /jobs/ingest`."""
        body = await json_body(request)
        kind = self._org.schema.kind(str(body.get("object", "")))
        operation = body.get("operation")
        delimiter, ending = str(body.get("columnDelimiter", "COMMA")), str(body.get("lineEnding", "LF"))
        if operation not in OPERATIONS or delimiter not in DELIMITERS or ending not in LINE_ENDINGS:
            raise bad_request("INVALIDJOB", "operation, columnDelimiter or lineEnding isn't known")
        external_id = str(body.get("externalIdFieldName", "")) if operation == "upsert" else ""
        if operation == "upsert":
            self._org.schema.field(kind, external_id)
        self._count += 1
        made = Job(
            id=ids.make("750", self._count),
            operation=str(operation),
            kind=kind,
            delimiter=delimiter,
            line_ending=ending,
            user=request.state.user,
            created=self._org.now(),
            version=str(request.path_params["version"]),
            state=State.OPEN,
        )
        self._jobs[made.id] = _IngestJob(made, self._gate.caller(request), external_id)
        return _json(self._jobs[made.id].told())

    async def jobs(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Answer `GET /jobs/ingest`."""
        return _json(listed([{**one.told(), "jobType": "V2Ingest"} for one in self._jobs.values()]))

    async def upload(self, request: Request) -> Response:
        """Answer `PUT .../batches`: one file a job."""
        found = self._found(request)
        if found.job.state is not State.OPEN or found.content is not None:
            raise bad_request("INVALIDJOBSTATE", "the job takes one upload, while it is open")
        if "csv" not in request.headers.get("content-type", ""):
            raise SalesforceError(415, "UNSUPPORTED_MEDIA_TYPE", "The Content-Type must be text/csv")
        found.content = await request.body()
        return Response(status_code=201)

    async def close(self, request: Request) -> Response:
        """Answer `PATCH /jobs/ingest/ID`: UploadComplete or Aborted."""
        found = self._found(request)
        wanted = (await json_body(request)).get("state")
        if wanted == "Aborted" and found.job.state not in ENDED:
            found.job.state = State.ABORTED
        elif wanted == "UploadComplete" and found.job.state is State.OPEN:
            found.job.state = State.UPLOAD_COMPLETE
        else:
            raise bad_request("INVALIDJOBSTATE", "the job can't be brought to that state")
        return _json(found.told())

    async def job(self, request: Request) -> Response:
        """Answer `GET /jobs/ingest/ID`."""
        found = self._found(request)
        job = found.job
        if job.advance(self._org):
            self._work(found)
        more = {"jobType": "V2Ingest", "numberRecordsFailed": job.failed, **job.figures()}
        more |= {"apiActiveProcessingTime": job.polls * 50, "apexProcessingTime": 0}
        if job.message:
            more["errorMessage"] = job.message
        return _json({**found.told(), **more})

    async def delete(self, request: Request) -> Response:
        """Answer `DELETE /jobs/ingest/ID`: only what has ended."""
        found = self._found(request)
        if found.job.state not in ENDED:
            raise bad_request("INVALIDJOBSTATE", "only a job that has ended can be deleted")
        del self._jobs[found.job.id]
        return Response(status_code=204)

    async def results(self, request: Request) -> Response:
        """Answer `GET .../successfulResults`, `failedResults` or `unprocessedrecords`; not in the file's order."""
        found = self._found(request)
        delimiter = DELIMITERS[found.job.delimiter]
        match str(request.path_params["which"]).lower():
            case "successfulresults":
                header, rows = ("sf__Id", "sf__Created", *found.header), [(i, c, *r) for i, c, r in found.succeeded]
            case "failedresults":
                header, rows = ("sf__Id", "sf__Error", *found.header), [(i, e, *r) for i, e, r in found.failed]
            case "unprocessedrecords":
                header, rows = found.header, list(found.unprocessed)
            case _:
                raise not_found()
        return Response(write(header, rows[::-1], delimiter), media_type="text/csv")

    def _work(self, found: _IngestJob) -> None:
        job = found.job
        try:
            table = parse(found.content or b"", DELIMITERS[job.delimiter], LINE_ENDINGS[job.line_ending])
            found.header = table.header
            self._check_columns(found, table)
        except FileProblem as problem:
            job.state, job.message = State.FAILED, str(problem)
            return
        breakdown, self.breakdown = self.breakdown, None
        end = len(table.rows) if breakdown is None else breakdown.after
        for cells in table.rows[:end]:
            self._row(found, cells)
        found.unprocessed = table.rows[end:]
        job.processed, job.failed = len(found.succeeded) + len(found.failed), len(found.failed)
        job.state = State.COMPLETE if breakdown is None else State.FAILED
        job.message = "" if breakdown is None else breakdown.message

    def _check_columns(self, found: _IngestJob, table: Table) -> None:
        for name in table.header:
            if self._org.schema.find(found.job.kind, name) is None:
                found.unprocessed = table.rows
                raise FileProblem(f"InvalidBatch : Field name not found : {name}")

    def _row(self, found: _IngestJob, cells: tuple[str, ...]) -> None:
        # An empty cell leaves the field alone, #N/A clears it.
        given = {name: cell for name, cell in zip(found.header, cells, strict=False) if cell != ""}
        values = {name: None if cell == CLEAR else cell for name, cell in given.items()}
        try:
            record_id, created = self._apply(found, values)
        except SalesforceError as refusal:
            own = next((str(value) for name, value in values.items() if name.lower() == "id"), "")
            found.failed.append((own, refusal.text(), cells))
        except SeveralMatch:
            message = f"DUPLICATE_EXTERNAL_ID:{found.external_id}: more than one record found:--"
            found.failed.append(("", message, cells))
        else:
            found.succeeded.append((record_id, str(created).lower(), cells))

    def _apply(self, found: _IngestJob, values: dict[str, Any]) -> tuple[str, bool]:
        job, caller = found.job, found.caller
        if job.operation == "insert":
            return self._records.create(caller, job.kind, values, csv=True), True
        by = found.external_id or "Id"
        rest = {name: value for name, value in values.items() if name.lower() != by.lower()}
        key = next((value for name, value in values.items() if name.lower() == by.lower()), None)
        if not key:
            raise refuse("MISSING_ARGUMENT", f"{by} not specified")
        if job.operation == "upsert":
            return upsert(self._records, self._org, caller, job.kind, by, str(key), rest, csv=True)
        record_id = ids.normal(str(key))
        if record_id is None:
            raise refuse("MALFORMED_ID", f"Record ID: id value of incorrect type: {key}", "Id")
        if job.operation == "update":
            self._records.update(caller, job.kind, record_id, rest, csv=True)
        else:
            self._records.delete(caller, job.kind, record_id, hard=job.operation == "hardDelete")
        return record_id, False

    def _found(self, request: Request) -> _IngestJob:
        found = self._jobs.get(ids.normal(str(request.path_params["job"])) or "")
        if found is None:
            raise not_found()
        return found

    def _start_over(self) -> None:
        self._jobs.clear()
        self.breakdown = None


def _json(told: object) -> Response:
    return Response(orjson.dumps(told), media_type="application/json")
