"""The Export API: one export after another, each a snapshot as files of CSV."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.account_engagement.bodies import fields_of, json_body
from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.filters import Condition, Order, Relation, deleted_of
from keepstep_sandbox.account_engagement.import_file import write
from keepstep_sandbox.account_engagement.jobs import Progress, State, told
from keepstep_sandbox.account_engagement.query_service import base_url
from keepstep_sandbox.account_engagement.querying import Question, answer
from keepstep_sandbox.account_engagement.rendering import Selector
from keepstep_sandbox.account_engagement.schema import ACTIVITIES, MEMBERSHIPS, PROSPECTS
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.account_engagement.values import boolean, moment, whole
from keepstep_sandbox.account_engagement.view import View

MAX_FIELDS: Final = 150
MAX_WINDOW: Final = timedelta(days=366)
MIN_FILE, MAX_FILE = 10_000_000, 200_000_000  # bytes
NOT_EXPORTED: Final = frozenset({"grade", "notes"})
_OBJECTS: Final = {"prospect": PROSPECTS, "visitoractivity": ACTIVITIES, "listmembership": MEMBERSHIPS}
_PROCEDURES: Final = {"filter_by_created_at": "created", "filter_by_updated_at": "updated"}
_PROPERTIES: Final = frozenset(
    {"object", "fields", "procedure", "includeByteOrderMark", "maxFileSizeBytes", "legacyDateFormat"}
)
_AT_ONCE: Final = ("id", "status", "isExpired")


@dataclass(slots=True)
class _Export:
    """One export. `zone` is the user's at its making."""

    id: int
    by: int
    kind: str
    fields: Sequence[str]
    conditions: tuple[Condition, ...]
    body: Mapping[str, Any]
    zone: ZoneInfo
    max_bytes: int
    progress: Progress
    files: list[bytes] = field(default_factory=list)


class Exports:
    """Answers `/api/v5/exports`."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit
        self._exports: dict[int, _Export] = {}
        unit.on_reset.append(self._exports.clear)

    async def create(self, request: Request) -> Response:
        """Answer `POST /api/v5/exports`."""
        body = await json_body(request)
        if unknown := body.keys() - _PROPERTIES:
            raise PardotError(154, min(unknown))
        for name in ("object", "fields", "procedure"):
            if name not in body:
                raise PardotError(153, name)
        kind = _OBJECTS.get(str(body["object"]).lower())
        if kind is None:
            raise PardotError(154, "object")
        now = self._unit.now()
        made = _Export(
            id=len(self._exports) + 1,
            by=request.state.user,
            kind=kind,
            fields=self._fields(kind, body["fields"]),
            conditions=self._conditions(kind, body["procedure"]),
            body=body,
            zone=ZoneInfo(self._unit.settings.time_zone),
            max_bytes=_max_bytes(body.get("maxFileSizeBytes", MAX_FILE)),
            progress=Progress(State.WAITING, now, now),
        )
        self._exports[made.id] = made
        return self._told(request, made, fields_of(request, required=False) or _AT_ONCE, 201)

    async def read(self, request: Request) -> Response:
        """Answer `GET /api/v5/exports/{id}`; whoever asks, it's the oldest export that gets on."""
        names = fields_of(request, required=True)
        found = self._found(request)
        running = (one for one in self._exports.values() if one.progress.state in (State.WAITING, State.PROCESSING))
        first = next(running, None)
        if first is not None:
            first.progress.advance(self._unit.settings.job_polls, self._unit.now(), lambda: self._work(first))
        return self._told(request, found, names)

    async def results(self, request: Request) -> Response:
        """Answer an address of `resultRefs`."""
        found = self._found(request)
        if found.progress.state is not State.COMPLETE or found.progress.expired(self._unit.now()):
            raise PardotError(178)
        number = whole(request.path_params["number"], 16)
        if not 1 <= number <= len(found.files):
            raise PardotError(109)
        return Response(found.files[number - 1], media_type="text/csv")

    def _fields(self, kind: str, names: object) -> list[str]:
        if not isinstance(names, list) or not names or len(names) > MAX_FIELDS:
            raise PardotError(154, f"fields must be 1 to {MAX_FIELDS} names")
        selector = Selector(self._unit)
        for name in names:
            if not isinstance(name, str):
                raise PardotError(154, "fields")
            selector.read(kind, name)
            if kind == PROSPECTS and name in NOT_EXPORTED:
                raise PardotError(180, name)
        return names

    def _conditions(self, kind: str, procedure: object) -> tuple[Condition, ...]:
        if not isinstance(procedure, dict) or procedure.get("name") not in _PROCEDURES:
            raise PardotError(174)
        stamp = _PROCEDURES[procedure["name"]]
        given = procedure.get("arguments") or {}
        if not isinstance(given, dict):
            raise PardotError(177)
        # How arguments are spelled in v5 no source tells: both ways are taken.
        arguments = {re.sub(r"_(\w)", lambda found: found[1].upper(), name): value for name, value in given.items()}
        more = {"prospectOnly", "type"} if kind == ACTIVITIES else {"deleted"}
        if unknown := arguments.keys() - {f"{stamp}After", f"{stamp}Before"} - more:
            raise PardotError(175, min(unknown))
        if f"{stamp}After" not in arguments:
            raise PardotError(176, f"{stamp}After")
        after, before = _moment(arguments[f"{stamp}After"]), _moment(arguments.get(f"{stamp}Before"))
        if not timedelta(0) <= (before or self._unit.now()) - after <= MAX_WINDOW:
            raise PardotError(177, "the time must be at most a year")
        found = [Condition(f"{stamp}At", Relation.MORE, after)]
        if before is not None:
            found.append(Condition(f"{stamp}At", Relation.LESS, before))
        return (*found, *self._of_object(kind, arguments))

    def _of_object(self, kind: str, arguments: Mapping[str, object]) -> list[Condition]:
        if kind != ACTIVITIES:
            return deleted_of(self._unit.schema[kind], str(arguments.get("deleted", "false")).lower())
        found = []
        if boolean(arguments.get("prospectOnly", False)):
            found.append(Condition("prospectId", Relation.MORE, 0))
        if (types := arguments.get("type")) is not None:
            listed = types if isinstance(types, list) else [types]
            found.append(Condition("type", Relation.ANY_OF, frozenset(whole(one, 177) for one in listed)))
        return found

    def _work(self, found: _Export) -> None:
        """Take the snapshot; the rows of a file come in no order that anybody may rely on."""
        legacy = bool(found.body.get("legacyDateFormat", False))
        selector = Selector(self._unit, time=lambda when: _written(when, found.zone, legacy=legacy))
        try:
            readers = [selector.read(found.kind, name) for name in found.fields]
        except PardotError:  # a custom field was dropped meanwhile
            found.progress.state = State.FAILED
            return
        view = View(self._unit)
        order = Order((("id", True),))
        rows = answer(view, Question(found.kind, found.conditions, order, len(view.table(found.kind))))
        lines = [write([_cell(read(row, view)) for read in readers], []) for row in rows]
        mark = b"\xef\xbb\xbf" if found.body.get("includeByteOrderMark") else b""
        found.files = _files(mark + write(found.fields, []).encode(), lines, found.max_bytes)

    def _told(self, request: Request, found: _Export, names: Sequence[str], status: int = 200) -> Response:
        expired, url = found.progress.expired(self._unit.now()), f"{base_url(request)}/api/v5/exports/{found.id}"
        ready = found.progress.state is State.COMPLETE and not expired
        refs = [f"{url}/results/{number}" for number in range(1, len(found.files) + 1)] if ready else None
        values = {
            **{name: found.body.get(name) for name in ("object", "fields", "procedure")},
            "id": found.id,
            "status": found.progress.state.value,
            "isExpired": expired,
            "resultRefs": refs,
            "createdAt": found.progress.created,
            "updatedAt": found.progress.updated,
            "createdById": found.by,
            "updatedById": found.by,
        }
        return told(values, names, self._unit.settings.time_zone, status)

    def _found(self, request: Request) -> _Export:
        found = self._exports.get(whole(request.path_params["id"], 16))
        if found is None:
            raise PardotError(109)
        return found


def _moment(value: object) -> Any:
    """Read a procedure's moment; None stays None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise PardotError(177)
    try:
        return moment(value)
    except PardotError as error:
        raise PardotError(177, value) from error


def _max_bytes(value: object) -> int:
    size = whole(value, 154)
    if size < MIN_FILE:
        raise PardotError(231)
    if size > MAX_FILE:
        raise PardotError(232)
    return size


def _written(when: datetime, zone: ZoneInfo, *, legacy: bool) -> str:
    local = when.astimezone(zone)
    return local.strftime("%Y-%m-%d %H:%M:%S") if legacy else local.isoformat()


def _cell(value: Any) -> str:
    """Write a value as a cell: null is empty, several values stand apart by semicolons."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ";".join(value) if isinstance(value, list) else str(value)


def _files(header: bytes, lines: Sequence[str], max_bytes: int) -> list[bytes]:
    """Split lines into files, each with the header; without lines there's one that has nothing else."""
    files, size = [[header]], len(header)
    for line in lines:
        raw = line.encode()
        if size + len(raw) > max_bytes and len(files[-1]) > 1:
            files.append([header])
            size = len(header)
        files[-1].append(raw)
        size += len(raw)
    return [b"".join(parts) for parts in files]
