"""Endpoints that take files: a new list, a merge into a list, the job's status, the refused rows."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from keepstep_sandbox.act_on.account import Account
from keepstep_sandbox.act_on.bodies import Upload, upload_of
from keepstep_sandbox.act_on.columns import EMAIL, Column
from keepstep_sandbox.act_on.errors import ApiError
from keepstep_sandbox.act_on.gate import guarded
from keepstep_sandbox.act_on.jobs import rejected_file
from keepstep_sandbox.act_on.marketing_list import MarketingList
from keepstep_sandbox.act_on.merging import Merge, Tally, merge
from keepstep_sandbox.act_on.parameters import required
from keepstep_sandbox.act_on.replies import answer, csv_answer
from keepstep_sandbox.act_on.upload_file import check_file, read_rows
from keepstep_sandbox.act_on.upload_specs import (
    FileColumn,
    MergeMode,
    MergeSpec,
    check_same_columns,
    read_merge_spec,
    read_upload_specs,
)


class UploadEndpoints:
    """The endpoints; `account` gives the present account."""

    def __init__(self, account: Callable[[], Account]) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Give the routes."""
        return [
            Route("/api/1/list", guarded(self._account, self.create), methods=["POST"]),
            Route("/api/1/list/rejectedUploadRecords", guarded(self._account, self.rejected), methods=["GET"]),
            Route("/api/1/list/{list_id}", guarded(self._account, self.merge), methods=["PUT"]),
            Route("/api/1/list/{job_id}/status", guarded(self._account, self.status), methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Make a list: empty and at once without a file, by a job with one."""
        account, upload = self._account(), await upload_of(request)
        name = upload.fields.get("listname", "").strip()
        if not name:
            raise ApiError(10121, "Required parameter is missing: listname")
        columns = read_upload_specs(upload.fields.get("uploadspecs", ""))
        rows = _rows(account, upload, columns) if upload.data is not None else None
        target = account.add_list(name, [each.column for each in columns])
        target.folder = upload.fields.get("foldername") or target.folder
        if rows is None:
            return answer({"status": "success", "message": "List created", "listId": target.id})
        how = _how(account, MergeMode.APPEND, _key(EMAIL, target.columns), put_empty=False)
        return _accepted(account, target, rows, how)

    async def merge(self, request: Request) -> Response:
        """Merge a file into a list, by a job."""
        account, upload = self._account(), await upload_of(request)
        account.find_list(request.path_params["list_id"])
        if upload.data is None:
            raise ApiError(10003)
        columns = read_upload_specs(upload.fields.get("uploadspecs", ""))
        spec = read_merge_spec(upload.fields.get("mergespecs", ""))
        target = _destination(account, spec, request.path_params["list_id"])
        check_same_columns([each.column for each in columns], target.columns)
        rows = _rows(account, upload, columns)
        key = _key(spec.key_heading, [each.column for each in columns])
        put_empty = upload.fields.get("putEmptyValues", "N") == "Y"
        return _accepted(account, target, rows, _how(account, spec.mode, key, put_empty=put_empty))

    async def status(self, request: Request) -> Response:
        """Tell how far a job is."""
        return answer(self._account().jobs.poll(request.path_params["job_id"]))

    async def rejected(self, request: Request) -> Response:
        """Give the refused rows of an upload as CSV, with the reason last."""
        account = self._account()
        job = account.jobs.rejected_of(required(request, "filename"))
        headings = account.find_list(job.list_id).headings
        refused = job.tally.rejected if job.tally else []
        reply = csv_answer([*headings, "Reason"], ([*row, reason] for row, reason in refused))
        reply.headers["Content-Disposition"] = f'attachment; filename="{rejected_file(job)}"'
        return reply


def _rows(account: Account, upload: Upload, columns: list[FileColumn]) -> list[list[str]]:
    data = upload.data or b""
    check_file(upload.filename, len(data), account.settings.max_upload_bytes)
    return read_rows(data, upload.fields, columns)


def _destination(account: Account, spec: MergeSpec, list_id: str) -> MarketingList:
    if spec.list_id != list_id:
        raise ApiError(10025)
    return account.find_list(list_id)


def _key(heading: str, columns: list[Column]) -> int:
    """Find the merge key's position by its heading, or by EMAIL, the e-mail column's type."""
    for place, column in enumerate(columns):
        if column.heading == heading:
            return place
    for place, column in enumerate(columns):
        if heading == EMAIL and column.type == EMAIL:
            return place
    raise ApiError(10088)


def _how(account: Account, mode: MergeMode, key: int, *, put_empty: bool) -> Merge:
    settings = account.settings
    return Merge(mode, key, put_empty, settings.merge_matches, settings.touch_unchanged)


def _accepted(account: Account, target: MarketingList, rows: list[list[str]], how: Merge) -> Response:
    def work() -> Tally | None:
        # The list may have been deleted, or its columns changed, between the upload and the job's end.
        if account.lists.get(target.id) is not target or any(len(row) != len(target.columns) for row in rows):
            return None
        return merge(target, rows, how, account.now_ms(), objection=lambda row: account.objection(target, row))

    job_id = account.jobs.start(target.id, work)
    return answer({"status": "success", "message": "Upload completed", "jobId": job_id})
