"""Writes to NetSuite: single-record calls, several at once, each with its own outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from keepstep.connectors.base import FetchBy, Json
from keepstep.connectors.calls import CallRefused, Effect, Expects, LostReply, Reply, Request
from keepstep.connectors.netsuite import errors, queries, wire
from keepstep.connectors.netsuite.account import Account
from keepstep.connectors.netsuite.fields import RECORD_TYPES, Catalog
from keepstep.connectors.parallel import in_parallel
from keepstep.core.errors import KeepstepError
from keepstep.core.model import Applied, InDoubt, Kind, Outcome, Rejected, Write

# A name that NetSuite doesn't know is refused instead of dropped (Oracle: SuiteTalk REST Web Services).
_STRICT: Mapping[str, str] = {"X-NetSuite-PropertyNameValidation": "error"}
_WHAT_TO_DO = {
    "NOT_AN_ID": "a reference is written as the internal id of the record it refers to: look it up first",
    "NOT_A_STAGE": "a company's stage is lead, prospect or customer: correct create_at_stage",
    "NO_STATUS_FOR_STAGE": "NetSuite has no active status of that stage: make one, or name one in the connection",
    "READ_ONLY": "employees are never written: please report it",
    "NO_RECORD": "an update or removal needs the record's id: please report it",
}


@dataclass(frozen=True, slots=True)
class Writer:
    """Sends the writes of one account.

    Updates and removals are PATCH with the given fields alone; creates with an external id are PUT to that id, so that
    sending one twice makes one record. Both are safe to send again; a create without an external id (POST) isn't.
    """

    account: Account

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """An outcome for each write, as they come in. Raises as `Connector.apply` says."""
        if not writes:
            return
        catalogs: dict[str, Catalog] = {
            object: self.account.catalog(object)
            for object in sorted({write.object for write in writes if wire.needs_catalog(write)})
        }
        statuses = self.account.statuses(wire.stages_of(writes))

        def send(write: Write) -> Outcome:
            return self._send(write, catalogs.get(write.object, {}), statuses)

        outcomes: Iterator[Outcome] = in_parallel(send, writes, self.account.settings.concurrency)
        yield from outcomes

    def _send(self, write: Write, catalog: Catalog, statuses: Mapping[str, str]) -> Outcome:
        try:
            request = self._request(write, catalog, statuses)
        except wire.UnwritableError as error:
            return Rejected(write.operation_id, error.code, f"{_WHAT_TO_DO[error.code]} (field {error.field})")
        try:
            return self._applied(write, self._once_more_if_changed(request))
        except CallRefused as refused:
            return errors.rejected(write.operation_id, refused.status, refused.verdict)
        except LostReply as lost:
            return InDoubt(write.operation_id, lost.code)

    def _request(self, write: Write, catalog: Catalog, statuses: Mapping[str, str]) -> Request:
        object, record, settings = write.object, RECORD_TYPES[write.object], self.account.settings
        if write.kind is Kind.CREATE:
            body: Json = wire.new_body(write, catalog, statuses, settings.subsidiary, settings.unknown)
            if write.external_id is None:
                return _write("POST", wire.record_path(object), f"POST {record}", Effect.ONCE, body)
            path = wire.external_path(object, write.external_id)
            return _write("PUT", path, f"PUT {record}/eid", Effect.IDEMPOTENT, body)
        if write.record_id is None:
            raise wire.UnwritableError("NO_RECORD", "id")
        path = wire.record_path(object, write.record_id)
        removes = write.kind is Kind.REMOVE
        body = {"isInactive": True} if removes else wire.body_of(write, catalog, statuses, settings.unknown)
        return _write("PATCH", path, f"PATCH {record}/id", Effect.IDEMPOTENT, body)

    def _once_more_if_changed(self, request: Request) -> Reply:
        """NetSuite loads, changes and saves; who saves in between makes it fail, and a second try starts afresh."""
        try:
            return self.account.transport.send(request)
        except CallRefused as refused:
            if refused.verdict.code != errors.CHANGED:
                raise
        return self.account.transport.send(request)

    def _applied(self, write: Write, reply: Reply) -> Outcome:
        if write.record_id is not None:
            return Applied(write.operation_id, write.record_id)
        record_id = wire.id_in_location(reply.headers.get("Location", "")) or self._id_by_external_id(write)
        if record_id is None:
            return InDoubt(write.operation_id, "NO_LOCATION")
        return Applied(write.operation_id, record_id)

    def _id_by_external_id(self, write: Write) -> str | None:
        """One look-up; what goes wrong with it leaves the write in doubt, for it was done."""
        if write.external_id is None:
            return None
        query = queries.lookup(write.object, (), None, FetchBy.EXTERNAL_ID, [write.external_id], 0)
        try:
            found = self.account.page_after(query, 0).rows
        except KeepstepError:
            return None
        return str(found[0]["id"]) if len(found) == 1 else None


def _write(method: str, path: str, endpoint: str, effect: Effect, body: Json) -> Request:
    return Request(method, path, endpoint, effect, json=body, headers=_STRICT, expects=Expects.ANYTHING)
