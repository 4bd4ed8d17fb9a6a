"""get-updated and get-deleted: the ids that changed or went between two moments."""

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keepstep_sandbox.salesforce.errors import bad_request
from keepstep_sandbox.salesforce.org import DAY, Org
from keepstep_sandbox.salesforce.record_service import RecordService
from keepstep_sandbox.salesforce.table import STAMP
from keepstep_sandbox.salesforce.values import moment, to_json
from keepstep_sandbox.salesforce.view import View

MAX_IDS = 600_000


class Replication:
    """Answers the two resources."""

    def __init__(self, org: Org, records: RecordService) -> None:
        self._org = org
        self._records = records

    async def updated(self, request: Request) -> Response:
        """Answer `GET /sobjects/T/updated`: created, changed and undeleted ids."""
        kind, (start, end) = self._records.kind(request), self._span(request)
        if start < self._org.now() - self._org.settings.updated_days * DAY:
            raise bad_request("INVALID_REPLICATION_DATE", "startDate cannot be more than 30 days ago")
        ids = self._between(kind, start, end, deleted=False)
        return JSONResponse({"ids": [i for i, _ in ids], "latestDateCovered": self._covered(start, end)})

    async def deleted(self, request: Request) -> Response:
        """Answer `GET /sobjects/T/deleted`: ids with their moments; losers of merges don't stand out."""
        kind, (start, end) = self._records.kind(request), self._span(request)
        reach = self._org.earliest_deletion()
        found = self._between(kind, max(start, reach), end, deleted=True)
        gone = self._org.deletions
        found += [(one.id, one.when) for one in gone if one.kind == kind and max(start, reach) <= one.when < end]
        told = {
            "deletedRecords": [{"id": i, "deletedDate": to_json(when)} for i, when in found],
            "earliestDateAvailable": to_json(reach),
            "latestDateCovered": self._covered(start, end),
        }
        return JSONResponse(told)

    def _between(self, kind: str, start: datetime, end: datetime, *, deleted: bool) -> list[tuple[str, datetime]]:
        rows = View(self._org, deleted=deleted).rows(kind, self._org.tables[kind].stamped(start, end))
        found = [
            (row["Id"], row[STAMP])
            for row in rows
            if row.get("IsDeleted", False) is deleted and start <= row[STAMP] < end
        ]
        if len(found) > MAX_IDS:
            raise bad_request("EXCEEDED_ID_LIMIT", "too many ids; ask for a shorter time")
        return found

    def _covered(self, start: datetime, end: datetime) -> object:
        """Tell up to when the answer is complete; never before the start, never after now."""
        behind = self._org.now().replace(second=0) - timedelta(seconds=self._org.settings.replication_lag_s)
        return to_json(max(start, min(end, behind)))

    def _span(self, request: Request) -> tuple[datetime, datetime]:
        try:
            start, end = (
                moment(request.query_params[name]).replace(second=0) for name in ("start", "end")
            )  # seconds don't count
        except KeyError as error:
            raise bad_request("MISSING_ARGUMENT", f"{error.args[0]} is required") from error
        except ValueError as error:
            raise bad_request("INVALID_REPLICATION_DATE", "start and end are ISO 8601 with an offset") from error
        if start >= end:
            raise bad_request("INVALID_REPLICATION_DATE", "startDate must be at least one minute before endDate")
        return start, end
