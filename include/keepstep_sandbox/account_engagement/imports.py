"""The Import API: an import is made, gets its batches, is set ready, and done while it's asked about."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.account_engagement.bodies import fields_of, files_of, json_body
from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.import_file import (
    ERROR_COLUMNS,
    Column,
    Table,
    check_header,
    columns_of,
    parse,
    write,
)
from keepstep_sandbox.account_engagement.import_rows import ImportRows, Options, Outcome
from keepstep_sandbox.account_engagement.jobs import Progress, State, told
from keepstep_sandbox.account_engagement.query_service import base_url
from keepstep_sandbox.account_engagement.schema import PROSPECTS
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.account_engagement.values import whole

MAX_BATCHES: Final = 10
MAX_BATCHES_A_DAY: Final = 1000
_PROPERTIES: Final = frozenset({"operation", "object", "createOnNoMatch", "restoreDeleted", "fields"})
_AT_ONCE: Final = ("id", "status", "isExpired", "batchesRef")


@dataclass(slots=True)
class _Import:
    """One import."""

    id: int
    by: int
    body: Mapping[str, Any]
    options: Options
    columns: list[Column]
    progress: Progress
    batches: list[Table] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


class Imports:
    """Answers `/api/v5/imports`."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit
        self._imports: dict[int, _Import] = {}
        self._batches: Counter[date] = Counter()
        unit.on_reset.append(self._forget)

    async def create(self, request: Request) -> Response:
        """Answer `POST /api/v5/imports`."""
        body = await json_body(request)
        if unknown := body.keys() - _PROPERTIES:
            raise PardotError(154, min(unknown))
        for name in ("operation", "object"):
            if name not in body:
                raise PardotError(153, name)
        operation = str(body["operation"]).lower()
        if operation not in ("upsert", "delete") or str(body["object"]).lower() != "prospect":
            raise PardotError(154, "operation or object")
        columns = columns_of(body.get("fields", []))
        now = self._unit.now()
        made = _Import(
            id=len(self._imports) + 1,
            by=request.state.user,
            body=body,
            options=Options(
                delete=operation == "delete",
                create_on_no_match=_flag(body, "createOnNoMatch", usual=True),
                restore_deleted=_flag(body, "restoreDeleted", usual=False),
                columns={column.field: column for column in columns},
            ),
            columns=columns,
            progress=Progress(State.OPEN, now, now),
        )
        self._imports[made.id] = made
        return self._told(request, made, fields_of(request, required=False) or _AT_ONCE, 201)

    async def add_batch(self, request: Request) -> Response:
        """Answer `POST /api/v5/imports/{id}/batches`."""
        found = self._open(request, 161)
        if request.path_params["tail"] != self._unit.settings.import_batches_path:
            raise PardotError(198)
        files = await files_of(request)
        if not files:
            raise PardotError(162)
        if len(files) > 1:
            raise PardotError(163)
        if files[0].part != self._unit.settings.import_part:
            raise PardotError(158)
        if len(found.batches) >= MAX_BATCHES:
            raise PardotError(160)
        if self._batches[self._unit.now().date()] >= MAX_BATCHES_A_DAY:
            raise PardotError(164)
        table = parse(files[0].content)
        check_header(table.header, found.columns, self._unit.schema[PROSPECTS].fields)
        if found.batches and found.batches[0].header != table.header:
            raise PardotError(227)
        found.batches.append(table)
        self._batches[self._unit.now().date()] += 1
        return Response(status_code=204)

    async def update(self, request: Request) -> Response:
        """Answer `PATCH /api/v5/imports/{id}`: an import is set ready, or given up."""
        found = self._open(request, 155)
        status = (await json_body(request)).get("status")
        if status == "Ready":
            if not found.batches:
                raise PardotError(156)
            found.progress.state = State.WAITING
        elif status == "Canceled":
            found.progress.state = State.CANCELED
        else:
            raise PardotError(154, "status")
        found.progress.updated = self._unit.now()
        return self._told(request, found, fields_of(request, required=False) or ("id", "status", "isExpired"))

    async def read(self, request: Request) -> Response:
        """Answer `GET /api/v5/imports/{id}`."""
        names = fields_of(request, required=True)
        found = self._found(request)
        found.progress.advance(self._unit.settings.job_polls, self._unit.now(), lambda: self._work(found))
        return self._told(request, found, names)

    async def errors(self, request: Request) -> Response:
        """Answer the address in `errorRef`: the rows that failed, and why."""
        found = self._found(request)
        expired = found.progress.expired(self._unit.now())
        if found.progress.state is not State.COMPLETE or expired or not found.outcome.failed:
            raise PardotError(161)
        text = write((*found.batches[0].header, *ERROR_COLUMNS), found.outcome.failed)
        return Response(text, media_type="text/csv")

    def _work(self, found: _Import) -> None:
        rows = ImportRows(self._unit, found.options, found.by)
        for batch in reversed(found.batches):  # nobody may rely on the order of batches
            rows.apply(batch, found.outcome)

    def _told(self, request: Request, found: _Import, names: Any, status: int = 200) -> Response:
        progress, outcome = found.progress, found.outcome
        expired, url = progress.expired(self._unit.now()), f"{base_url(request)}/api/v5/imports/{found.id}"
        complete, open_ = progress.state is State.COMPLETE, progress.state is State.OPEN
        values = {
            "id": found.id,
            "status": progress.state.value,
            "isExpired": expired,
            "operation": found.body["operation"],
            "object": found.body["object"],
            "createOnNoMatch": found.options.create_on_no_match,
            "restoreDeleted": found.options.restore_deleted,
            "batchesRef": f"{url}/{self._unit.settings.import_batches_path}" if open_ and not expired else None,
            "createdCount": outcome.created if complete else None,
            "updatedCount": outcome.updated if complete else None,
            "errorCount": len(outcome.failed) if complete else None,
            "errorRef": f"{url}/errors" if complete and outcome.failed and not expired else None,
            "createdAt": progress.created,
            "updatedAt": progress.updated,
            "createdById": found.by,
            "updatedById": found.by,
        }
        return told(values, names, self._unit.settings.time_zone, status)

    def _open(self, request: Request, code: int) -> _Import:
        found = self._found(request)
        if found.progress.state is not State.OPEN or found.progress.expired(self._unit.now()):
            raise PardotError(code)
        return found

    def _found(self, request: Request) -> _Import:
        found = self._imports.get(whole(request.path_params["id"], 16))
        if found is None:
            raise PardotError(109)
        return found

    def _forget(self) -> None:
        self._imports.clear()
        self._batches.clear()


def _flag(body: Mapping[str, Any], name: str, *, usual: bool) -> bool:
    found = body.get(name, usual)
    if not isinstance(found, bool):
        raise PardotError(154, name)
    return found
