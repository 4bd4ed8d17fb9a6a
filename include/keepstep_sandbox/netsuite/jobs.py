"""Asynchronous jobs: batches and single calls that are answered later, a poll at a time."""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.netsuite.account import Account
from keepstep_sandbox.netsuite.errors import NetSuiteError, invalid_request, nonexistent_id
from keepstep_sandbox.netsuite.gate import Gate
from keepstep_sandbox.netsuite.operations import SINGULAR, Operation, outcome
from keepstep_sandbox.netsuite.suiteql_service import COLLECTION

JOB_PATH: Final = "/services/rest/async/v1/job"
MAX_ITEMS: Final = 100
KEY_HEADER: Final = "X-NetSuite-Idempotency-Key"


@dataclass(slots=True)
class Job:
    """A job: the replies of its items, and how often it was asked for."""

    outcomes: list[Response]
    started: str
    polls: int = 0

    def progress(self, job_polls: int) -> str:
        """Tell how far it is; it is asked for once more by being told."""
        if self.polls > job_polls:
            return "succeeded"  # the job has; its items may have failed
        return "pending" if self.polls * 2 <= job_polls else "processing"


class Jobs:
    """Takes jobs in and tells how they stand."""

    def __init__(self, account: Account, gate: Gate) -> None:
        self._account = account
        self._gate = gate
        self._jobs: dict[str, Job] = {}
        self._keys: set[str] = set()

    def clear(self) -> None:
        """Forget all jobs and idempotency keys."""
        self._jobs.clear()
        self._keys.clear()

    def submit(self, request: Request, operations: list[Operation]) -> Response:
        """Take a job in. Its items are done at once, each on its own; only the telling takes its time.

        Raises:
            NetSuiteError: too many items, or a key that was used.
        """
        if not 1 <= len(operations) <= MAX_ITEMS:
            raise invalid_request(f"A batch has 1 to {MAX_ITEMS} records.")
        key = request.headers.get(KEY_HEADER)
        if key is not None and key in self._keys:
            raise NetSuiteError(409, "", "The idempotency key has been used already.", {"o:errorHeader": KEY_HEADER})
        if key is not None:
            self._keys.add(key)
        number = str(self._account.next_id())
        outcomes = [outcome(self._account, operation) for operation in operations]
        self._jobs[number] = Job(outcomes, self._stamp())
        headers = {"Location": f"{JOB_PATH}/{number}", "Preference-Applied": "respond-async"}  # a relative Location
        return Response(status_code=202, headers=headers)

    async def job(self, request: Request) -> Response:
        """Tell how a job stands; each look brings it further."""
        job = self._find(request)
        job.polls += 1
        progress = job.progress(self._account.settings.job_polls)
        links = [{"rel": "self", "href": f"{_base(request)}{JOB_PATH}/{request.path_params['job']}/task/"}]
        told = {
            "completed": progress == "succeeded",
            "id": request.path_params["job"],
            "progress": progress,
            "task": {"links": links},
        }
        return _json(told)

    async def tasks(self, request: Request) -> Response:
        """List a job's tasks, one an item, in the order of the items."""
        job = self._find(request)
        base = f"{_base(request)}{JOB_PATH}/{request.path_params['job']}/task"
        items = [
            {"links": [{"rel": "self", "href": f"{base}/{n}"}], "id": str(n)} for n in range(1, len(job.outcomes) + 1)
        ]
        told = {
            "links": [],
            "count": len(items),
            "hasMore": False,
            "items": items,
            "offset": 0,
            "totalResults": len(items),
        }
        return _json(told, COLLECTION)

    async def task(self, request: Request) -> Response:
        """Tell how one task stands."""
        job, _ = self._find(request), self._outcome(request)
        progress = job.progress(self._account.settings.job_polls)
        told: dict[str, Any] = {"completed": progress == "succeeded", "startTime": job.started, "progress": progress}
        if progress == "succeeded":
            told["endTime"] = self._stamp()
        return _json({**told, "id": request.path_params["task"]})

    async def result(self, request: Request) -> Response:
        """Give one task's own reply: its status is the item's outcome."""
        if self._find(request).progress(self._account.settings.job_polls) != "succeeded":
            raise invalid_request("The task is not completed yet.", **{"o:urlPath": "result"})
        kept = self._outcome(request)
        headers = {"Location": kept.headers["location"]} if "location" in kept.headers else {}
        return Response(bytes(kept.body), kept.status_code, headers, kept.headers.get("content-type"))

    def _find(self, request: Request) -> Job:
        self._gate.admit(request)
        job = self._jobs.get(request.path_params["job"])
        if job is None:
            raise nonexistent_id()
        return job

    def _outcome(self, request: Request) -> Response:
        outcomes = self._find_outcomes(request)
        number = request.path_params["task"]
        if not number.isdecimal() or not 1 <= int(number) <= len(outcomes):
            raise nonexistent_id()
        return outcomes[int(number) - 1]

    def _find_outcomes(self, request: Request) -> list[Response]:
        return self._jobs[request.path_params["job"]].outcomes

    def _stamp(self) -> str:
        return self._account.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _json(told: dict[str, Any], media_type: str = SINGULAR) -> Response:
    return Response(orjson.dumps(told), media_type=media_type)
