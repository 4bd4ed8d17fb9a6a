"""Bulk API 2.0 query: jobs whose results are CSV pages with a locator."""

from dataclasses import dataclass

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.salesforce import ids
from keepstep_sandbox.salesforce.bodies import json_body
from keepstep_sandbox.salesforce.bulk_jobs import DELIMITERS, ENDED, LINE_ENDINGS, Job, State, listed
from keepstep_sandbox.salesforce.errors import SalesforceError, bad_request, not_found
from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.rendering import to_page
from keepstep_sandbox.salesforce.soql.engine import Answer, run


@dataclass(slots=True)
class _QueryJob:
    """A job, its query, and the answer once it's done."""

    job: Job
    text: str
    answer: Answer | None = None


class BulkQuery:
    """Answers `/jobs/query`."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._jobs: dict[str, _QueryJob] = {}
        self._count = 0
        org.on_reset.append(self._jobs.clear)

    async def create(self, request: Request) -> Response:
        """Answer `POST /jobs/query`; the query is checked at once."""
        body = await json_body(request)
        operation, text = body.get("operation"), body.get("query")
        if operation not in ("query", "queryAll") or not isinstance(text, str):
            raise bad_request("INVALIDJOB", "operation must be query or queryAll, with a query")
        delimiter, ending = str(body.get("columnDelimiter", "COMMA")), str(body.get("lineEnding", "LF"))
        if delimiter not in DELIMITERS or ending not in LINE_ENDINGS:
            raise bad_request("INVALIDJOB", "columnDelimiter or lineEnding isn't known")
        answer = run(self._org, text, deleted=operation == "queryAll")
        if answer.counted:
            raise bad_request("API_ERROR", "Implementation restriction: aggregate queries aren't supported")
        self._count += 1
        job = Job(
            id=ids.make("750", 100_000 + self._count),
            operation=operation,
            kind=answer.kind,
            delimiter=delimiter,
            line_ending=ending,
            user=request.state.user,
            created=self._org.now(),
            version=str(request.path_params["version"]),
            state=State.UPLOAD_COMPLETE,
        )
        self._jobs[job.id] = _QueryJob(job, text)
        return _json(job.told())

    async def jobs(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Answer `GET /jobs/query`."""
        return _json(listed([{**one.job.told(), "jobType": "V2Query"} for one in self._jobs.values()]))

    async def job(self, request: Request) -> Response:
        """Answer `GET /jobs/query/ID`."""
        found = self._found(request)
        job = found.job
        if job.advance(self._org):
            found.answer = run(self._org, found.text, deleted=job.operation == "queryAll")
            job.processed = len(found.answer.rows)
            job.state = State.COMPLETE
        return _json({**job.told(), "jobType": "V2Query", **job.figures()})

    async def abort(self, request: Request) -> Response:
        """Answer `PATCH /jobs/query/ID`."""
        job = self._found(request).job
        if (await json_body(request)).get("state") != "Aborted" or job.state in ENDED:
            raise bad_request("INVALIDJOBSTATE", "the job can't be brought to that state")
        job.state = State.ABORTED
        return _json(job.told())

    async def delete(self, request: Request) -> Response:
        """Answer `DELETE /jobs/query/ID`."""
        del self._jobs[self._found(request).job.id]
        return Response(status_code=204)

    async def results(self, request: Request) -> Response:
        """Answer `GET /jobs/query/ID/results?maxRecords=&locator=`; the last page's locator is the word `null`."""
        found = self._found(request)
        if found.answer is None:
            raise bad_request("INVALIDJOBSTATE", "the job isn't complete")
        if str(request.path_params["version"]) != found.job.version:
            raise SalesforceError(409, "VERSION_MISMATCH", "results are given by the job's own API version only")
        query = request.query_params
        first = _locator(query.get("locator", ""))
        size = query.get("maxRecords", str(self._org.settings.bulk_page))
        if not size.isdecimal() or int(size) == 0:
            raise bad_request("INVALID_VALUE", "maxRecords must be a whole number above 0")
        rows = found.answer.rows[first : first + int(size)]
        end = first + len(rows)
        headers = {
            "Sforce-NumberOfRecords": str(len(rows)),
            "Sforce-Locator": _written(end) if end < len(found.answer.rows) else "null",
        }
        text = to_page(found.answer, rows, DELIMITERS[found.job.delimiter], LINE_ENDINGS[found.job.line_ending])
        return Response(text, media_type="text/csv", headers=headers)

    def _found(self, request: Request) -> _QueryJob:
        found = self._jobs.get(ids.normal(str(request.path_params["job"])) or "")
        if found is None:
            raise not_found()
        return found


def _written(place: int) -> str:
    return f"MTAw{place:x}"


def _locator(text: str) -> int:
    if not text:
        return 0
    try:
        return int(text.removeprefix("MTAw"), 16)
    except ValueError as error:
        raise bad_request("INVALID_QUERY_LOCATOR", "invalid locator") from error


def _json(told: object) -> Response:
    return Response(orjson.dumps(told), media_type="application/json")
