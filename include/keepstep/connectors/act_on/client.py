"""Act-On's calls: one method a call, values in and out; nothing here decides what to read or write."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TypeVar, cast

from keepstep.connectors.act_on import uploads, wire
from keepstep.connectors.act_on.refusals import UNKNOWN_LIST, what_to_do
from keepstep.connectors.base import Json
from keepstep.connectors.calls import CallRefused, Effect, Expects, LostReply, Reply, Request
from keepstep.connectors.transport import Transport
from keepstep.core.errors import SettingsError, Unavailable
from keepstep.core.model import Record, Values

LISTS = "/api/1/list"
DELETE_BATCH = 100  # ids a call (documented)
_GONE = (400, 404)  # a missing row is a 400 (documented)

T = TypeVar("T")


@dataclass(slots=True)
class Client:
    """The calls of /api/1 that Keepstep uses."""

    transport: Transport
    page_size: int  # rows a call; Act-On gives 1000 at the most (documented)
    now: Callable[[], float] = time.time  # seconds since 1970, where a reply has no Date
    _heads: dict[str, wire.Grid] = field(default_factory=dict)
    _heard_ms: int = 0

    # -- reading ---------------------------------------------------------------------------------------------------

    def rows(self, list_id: str, offset: int, count: int, modified_after: int | None) -> tuple[wire.Grid, int]:
        """A page of a list's rows with their dates, and the server's time (ms) when it answered.

        `modified_after` is in the account's own unit of time, see `stamps`.
        """
        params = {"count": str(count), "offset": str(offset), "datequalifiers": "true"}
        if modified_after is not None:
            params["modafter"] = str(modified_after)
        reply = self._read(f"{LISTS}/{list_id}", "GET list/{id}", params)
        return self.shaped(wire.grid, reply.json), self.server_ms(reply)

    def head(self, list_id: str, *, fresh: bool = False) -> wire.Grid:
        """The list's columns and the number of its rows, in one call; known ones without a call unless `fresh`."""
        if fresh or list_id not in self._heads:
            reply = self._read(f"{LISTS}/{list_id}", "GET list/{id}", {"count": "1", "offset": "0"})
            self._heads[list_id] = self.shaped(wire.grid, reply.json)
            self._heard_ms = self.server_ms(reply)
        return self._heads[list_id]

    def server_time(self, list_id: str) -> int:
        """A moment by the server's clock (ms) that has passed: when the list's head was read."""
        self.head(list_id)
        return self._heard_ms

    def row(self, list_id: str, row_id: str) -> Record | None:
        """One row by its id; None where it is gone, which Act-On says by a 400."""
        head = self.head(list_id)
        request = Request("GET", f"{LISTS}/{list_id}/record/{row_id}", "GET list/{id}/record/{id}")
        reply = self._unless_gone(request)
        if reply is None:
            return None
        return self.shaped(lambda body: wire.single(body, row_id, head.headers, head.head.email_column), reply.json)

    def look_up(self, list_id: str, email: str) -> Record | None:
        """The first row with this address; None where there is none."""
        column = self.head(list_id).head.email_column
        request = Request("GET", f"{LISTS}/lookup/{list_id}", "GET list/lookup/{id}", params={"email": email})
        reply = self._unless_gone(request)
        return None if reply is None else self.shaped(lambda body: wire.looked_up(body, column), reply.json)

    def facts(self, list_id: str, row_id: str) -> Reply | None:
        """Everything that the person of a row did; None where the row is gone."""
        path = f"{LISTS}/{list_id}/record/{row_id}/facts"
        return self._unless_gone(Request("GET", path, "GET list/{id}/record/{id}/facts"))

    def opt_outs(self, offset: int, created_after: int | None) -> tuple[tuple[Record, ...], int]:
        """A page of the suppression list, and the server's time (ms)."""
        params = {"count": str(self.page_size), "offset": str(offset)}
        if created_after is not None:
            params["createdafter"] = str(created_after)
        reply = self._read(f"{LISTS}/optout", "GET list/optout", params)
        return self.shaped(wire.opt_outs, reply.json), self.server_ms(reply)

    def lists(self, offset: int) -> tuple[tuple[wire.Listed, ...], int]:
        """A page of the account's contact lists, and how many there are."""
        params = {"listingtype": "contact_list", "count": "1000", "offset": str(offset)}
        reply = self._read(LISTS, "GET list", params)
        return self.shaped(wire.listed, reply.json)

    # -- writing; each may raise CallRefused or LostReply ----------------------------------------------------------

    def upsert(self, list_id: str, email: str, fields: Values) -> str | None:
        """Update the first row with this address, or add one; its id, where the answer has it."""
        request = Request(
            "PUT",
            f"{LISTS}/{list_id}/record",
            "PUT list/{id}/record",
            Effect.IDEMPOTENT,
            params={"email": email},
            json=_cells(fields),
        )
        return self._told(wire.record_id, self.transport.send(request), request)

    def update(self, list_id: str, row_id: str, fields: Values) -> None:
        """Change these fields of one row; a blank clears."""
        path = f"{LISTS}/{list_id}/record/{row_id}"
        request = Request("PUT", path, "PUT list/{id}/record/{id}", Effect.IDEMPOTENT, json=_cells(fields))
        self.transport.send(request)

    def delete(self, list_id: str, row_ids: list[str]) -> tuple[frozenset[str], int]:
        """Delete rows; the ids that stayed, and the number of rows that did, which Act-On counts apart."""
        request = Request(
            "DELETE",
            f"{LISTS}/{list_id}/record",
            "DELETE list/{id}/record",
            Effect.ONCE,  # a second try would call the rows that went with the first one failed
            params={"contactids": ",".join(row_ids)},
        )
        return self._told(wire.undeleted, self.transport.send(request), request)

    def upload(self, list_id: str, head: wire.Head, mode: uploads.Mode, file: uploads.File) -> tuple[str, int]:
        """Merge a file into a list; the job that does it, and the server's time (ms)."""
        request = Request(
            "PUT",
            f"{LISTS}/{list_id}",
            "PUT list/{id}",
            Effect.IDEMPOTENT,  # rows are merged by their address: twice changes nothing more
            form=uploads.merge_form(list_id, head, mode),
            files={"file": file},
        )
        reply = self.transport.send(request)
        return self._told(uploads.job_id, reply, request), self.server_ms(reply)

    def job(self, job_id: str) -> uploads.Job:
        """How an upload job stands."""
        return self.shaped(uploads.job, self._read(f"{LISTS}/{job_id}/status", "GET list/{job}/status", {}).json)

    def refused_rows(self, file: str) -> bytes:
        """The CSV of the rows that a job refused."""
        request = Request(
            "GET",
            f"{LISTS}/rejectedUploadRecords",
            "GET list/rejectedUploadRecords",
            params={"filename": file},
            headers={"Accept": "text/csv, */*"},
            expects=Expects.FILE,
        )
        with self.transport.send(request).file as refused:
            return refused.read()

    def create_list(self, name: str, columns: list[str], email_column: str) -> str:
        """Make an empty list; its id."""
        form = uploads.new_list_form(name, columns, email_column)
        # Act-On wants multipart, and here no file: a part without a file name is a plain form field (RFC 7578, 4.2).
        field = cast("uploads.File", (None, form.pop("listname").encode(), None))
        request = Request("POST", LISTS, "POST list", Effect.ONCE, form=form, files={"listname": field})
        reply = self.transport.send(request)
        return self._told(lambda body: str(wire.mapping(body)["listId"]), reply, request)

    # -- what all share --------------------------------------------------------------------------------------------

    def server_ms(self, reply: Reply) -> int:
        """When the server answered, by its own clock."""
        try:
            return int(parsedate_to_datetime(reply.headers.get("Date", "")).timestamp() * 1000)
        except ValueError:
            return int(self.now() * 1000)

    def _read(self, path: str, endpoint: str, params: Mapping[str, str]) -> Reply:
        try:
            return self.transport.send(Request("GET", path, endpoint, params=params))
        except CallRefused as refused:
            raise _settings(refused) from None

    def _unless_gone(self, request: Request) -> Reply | None:
        try:
            return self.transport.send(request)
        except CallRefused as refused:
            if refused.verdict.code != UNKNOWN_LIST and refused.status in _GONE:
                return None
            raise _settings(refused) from None

    @staticmethod
    def _told(read: Callable[[Json], T], reply: Reply, request: Request) -> T:
        """What a write answered; an answer of another shape is as good as none."""
        try:
            return read(reply.json)
        except (wire.UnexpectedShape, KeyError):
            raise LostReply(request.endpoint, "UNEXPECTED_REPLY") from None

    @staticmethod
    def shaped(read: Callable[[Json], T], body: Json) -> T:
        """What a read answered. Raises Unavailable where the reply is of another shape."""
        try:
            return read(body)
        except (wire.UnexpectedShape, KeyError):
            raise Unavailable("Act-On's reply is not of the documented shape; if it stays so, report it") from None


def _settings(refused: CallRefused) -> SettingsError:
    code = refused.verdict.code
    return SettingsError(f"Act-On refused a read ({code}, HTTP {refused.status}): {what_to_do(code)}")


def _cells(fields: Values) -> dict[str, Json]:
    return {name: wire.cell(value) for name, value in fields.items()}
