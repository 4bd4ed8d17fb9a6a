"""REST v10, v11 and v11_N: Sugar 7 and later (Sugar Developer Guide, 8.0 to 14.2).

Deletions aren't told: a smaller count shows them, and a full listing then finds who it was. A create carries the id
that it wants; that this is honoured is believed, so an answer with another id is noticed, and from then on creates are
not called idempotent any more.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from keepstep.connectors.base import Capabilities, FetchBy, IdempotentBy, Json, RemoveMeans
from keepstep.connectors.calls import CallRefused, Effect, Reply, Request
from keepstep.connectors.sugarcrm import bulk, emails, errors, stamps, wire
from keepstep.connectors.sugarcrm.fields import ADDRESS, EMAIL, LEAD, OBJECTS, OPT_OUT, module_of
from keepstep.connectors.sugarcrm.protocol import BATCH, Ask, Members, Rows, by_id
from keepstep.connectors.sugarcrm.rows import Row, Way
from keepstep.connectors.sugarcrm.settings import MAX_PAGE, SugarCrmSettings
from keepstep.connectors.transport import Transport
from keepstep.core.errors import SettingsError, Unavailable
from keepstep.core.model import Applied, InDoubt, Outcome, Rejected

log = logging.getLogger(__name__)

CAPABILITIES: Final = Capabilities(
    objects=OBJECTS,
    announces_deletions=False,
    counts=True,
    conditional_writes=False,  # X-TIMESTAMP is only believed
    idempotent_create=IdempotentBy.EXTERNAL_ID,  # its id is made of it
    remove_means=RemoveMeans.DELETES,  # softly, but no API brings it back
    batch_size=BATCH,
    concurrency=2,
    page_size=MAX_PAGE,
)
_KEYS: Final = {FetchBy.ID: "id", FetchBy.EXTERNAL_ID: "id", FetchBy.NAME: "name"}
_EMAIL_KEY: Final = "email_addresses.email_address"
_NOT_CONVERTED: Final[Json] = {"$or": [{"converted": {"$equals": 0}}, {"converted": {"$is_null": ""}}]}
_NO_MORE: Final = (-1, "-1", None)  # as `next_offset`


@dataclass(slots=True)
class V11:
    """Speaks it."""

    transport: Transport
    settings: SugarCrmSettings
    capabilities: Capabilities = field(default=CAPABILITIES)

    def ping(self) -> None:
        """A page of one lead."""
        self.page(Ask("lead", ("id",), 1))

    def describe(self, object: str) -> Json:
        """From the metadata."""
        module = module_of(object)
        reply = self._call("GET", "/metadata", params={"type_filter": "modules", "module_filter": module})
        found: Json = reply.json
        for key in ("modules", module, "fields"):
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def page(self, ask: Ask) -> Rows:
        """By POST: long URLs fail."""
        fields = emails.told_by_array(ask.sources) if ask.object != ADDRESS else ask.sources
        body: dict[str, Json] = {
            "filter": _filter(ask),
            "fields": ",".join(fields),
            "order_by": "id:ASC",
            "max_num": ask.limit,
            "offset": 0,
        }
        reply = self._call("POST", f"/{module_of(ask.object)}/filter", json=body)
        told = reply.json if isinstance(reply.json, dict) else {}
        rows = [emails.flat(record) for record in _records(told, ask.object)]
        return Rows(rows, bool(rows) and told.get("next_offset") not in _NO_MORE, reply.asked_at)

    def members(self, list_id: str, object: str) -> Members:
        """By the list's link, a thousand ids a call."""
        module, ids, offset, asked_at = module_of(object), set[str](), 0, None
        path = f"/ProspectLists/{list_id}/link/{module.lower()}"
        while True:
            params = {"fields": "id", "order_by": "id:ASC", "max_num": str(MAX_PAGE), "offset": str(offset)}
            reply = self._call("GET", path, params=params, endpoint=f"/ProspectLists/{{id}}/link/{module.lower()}")
            told = reply.json if isinstance(reply.json, dict) else {}
            records = _records(told, object)
            asked_at = asked_at or reply.asked_at
            here = {str(record["id"]) for record in records}
            if here and here <= ids:
                raise Unavailable("SugarCRM repeats a page of members instead of going on")
            ids |= here
            if not here or told.get("next_offset") in _NO_MORE:
                return Members(frozenset(ids), asked_at)
            offset += len(records)

    def count(self, object: str) -> int:
        """How many there are. Raises CallRefused."""
        clauses: list[Json] = [_NOT_CONVERTED] if object == LEAD else []
        reply = self._call("POST", f"/{module_of(object)}/filter/count", json={"filter": clauses})
        found = reply.json.get("record_count") if isinstance(reply.json, dict) else None
        if not isinstance(found, int | str) or not str(found).isdigit():
            raise Unavailable(f"SugarCRM's answer is not a count of {module_of(object)}")
        return int(found)

    def send(self, rows: Sequence[Row]) -> list[Outcome]:
        """In one call of /bulk; one more before it where an opt-out is written, for what else the addresses hold."""
        module = module_of(rows[0].object)
        kept = self._addresses(rows)
        outcomes: dict[str, Outcome] = {}
        requests: list[tuple[Row, dict[str, Json]]] = []
        for row in rows:
            try:
                requests.append((row, bulk.request_of(row, module, self.settings.api_version, kept.get(row.id or ""))))
            except wire.UnwritableError as error:
                outcomes[row.operation_id] = errors.rejected(row.operation_id, error.code, error.field)
        if requests:
            outcomes |= self._bulk(requests)
        self._look_for_doubles(rows, outcomes)
        return [outcomes[row.operation_id] for row in rows]

    def url(self, object: str, record_id: str) -> str:
        """In Sugar's own pages."""
        return f"{self.settings.root}/#{module_of(object)}/{record_id}"

    def _bulk(self, requests: Sequence[tuple[Row, dict[str, Json]]]) -> dict[str, Outcome]:
        once = requests[0][0].way is Way.CREATE
        reply = self._call(
            "POST",
            "/bulk",
            json={"requests": [request for _, request in requests]},
            effect=Effect.ONCE if once else Effect.IDEMPOTENT,
            timeout_s=self.settings.batch_timeout_s,
        )
        told = reply.json if isinstance(reply.json, list) else []
        if len(told) != len(requests):  # they are told apart by their place alone
            return {row.operation_id: InDoubt(row.operation_id, "NO_RESULT") for row, _ in requests}
        results: dict[str, Outcome] = {}
        for (row, _), result in zip(requests, told, strict=True):
            outcome = results[row.operation_id] = bulk.outcome_of(row, result)
            if row.way is Way.CREATE and isinstance(outcome, Applied) and row.id not in (None, outcome.record_id):
                self._chooses_ids_itself()
        return results

    def _chooses_ids_itself(self) -> None:
        if self.capabilities.idempotent_create is not IdempotentBy.NOTHING:
            log.warning("SugarCRM gave a new record another id than asked for: a create can't safely be sent twice")
            self.capabilities = replace(self.capabilities, idempotent_create=IdempotentBy.NOTHING)

    def _addresses(self, rows: Sequence[Row]) -> Mapping[str, wire.Row]:
        """The records whose addresses a write must repeat: an array that is sent replaces all of them."""
        ids = [row.id for row in rows if row.id and row.way is Way.UPDATE and OPT_OUT in row.values]
        if not ids:
            return {}
        return by_id(self.page(Ask(rows[0].object, ("id", EMAIL), BATCH, by=FetchBy.ID, keys=tuple(ids))).rows)

    def _look_for_doubles(self, rows: Sequence[Row], outcomes: dict[str, Outcome]) -> None:
        """A create that was refused because its record is there already is done."""
        asked = {
            row.id: row
            for row in rows
            if row.id and row.way is Way.CREATE and isinstance(outcomes[row.operation_id], Rejected)
        }
        if not asked:
            return
        try:
            there = by_id(self.page(Ask(rows[0].object, ("id",), BATCH, by=FetchBy.ID, keys=tuple(asked))).rows)
        except (CallRefused, Unavailable):
            return
        for id in set(asked) & set(there):
            outcomes[asked[id].operation_id] = Applied(asked[id].operation_id, id)

    def _call(
        self, method: str, path: str, *, effect: Effect = Effect.READS, endpoint: str = "", **parts: Any
    ) -> Reply:
        root = f"/rest/v{self.settings.api_version}"
        try:
            return self.transport.send(Request(method, root + path, f"{method} {endpoint or path}", effect, **parts))
        except CallRefused as refused:
            if refused.verdict.code != errors.WRONG_VERSION:
                raise
            raise SettingsError(f"SugarCRM: {errors.rule_of(errors.WRONG_VERSION).what_to_do}") from None


def _records(told: Mapping[str, Json], object: str) -> list[Mapping[str, Json]]:
    """Of an answer, each with its id."""
    listed = told.get("records")
    records: list[Mapping[str, Json]] = []
    for record in listed if isinstance(listed, list) else [None]:
        if not isinstance(record, dict) or not record.get("id"):
            raise Unavailable(f"SugarCRM's answer is not a page of {module_of(object)}")
        records.append(record)
    return records


def _filter(ask: Ask) -> list[Json]:
    clauses: list[Json] = []
    if ask.since is not None:
        clauses.append({"date_modified": {"$gte": stamps.literal(ask.since)}})
    if ask.after:
        clauses.append({"id": {"$gt": ask.after}})
    if ask.by is not None:
        email = "email_address" if ask.object == ADDRESS else _EMAIL_KEY
        key = _KEYS.get(ask.by, email)
        clauses.append({key: {"$in": list(ask.keys)}})
    return clauses
