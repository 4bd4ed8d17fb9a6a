"""The Brightwell connector: pages by id, one call a write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar, Final
from urllib.parse import quote

from keepstep.connectors.base import (
    Capabilities,
    Cursor,
    CursorExpired,
    FetchBy,
    IdempotentBy,
    Page,
    ReadQuery,
    RemoveMeans,
    Schema,
    Usage,
)
from keepstep.connectors.brightwell import wire
from keepstep.connectors.brightwell.cursor import Part, Place
from keepstep.connectors.brightwell.settings import MAX_PAGE, BrightwellSettings
from keepstep.connectors.budget import Budget
from keepstep.connectors.calls import CallRefused, LostReply, Reply, Request
from keepstep.connectors.oauth import BearerAuth, Token, utc_now
from keepstep.connectors.parallel import prefetch
from keepstep.connectors.transport import Retries, Transport
from keepstep.core.errors import Bug, SettingsError, Unavailable
from keepstep.core.model import Applied, InDoubt, Kind, Outcome, Record, Write

SYSTEM: Final = "Brightwell CRM"
CAPABILITIES: Final = Capabilities(
    objects=wire.OBJECTS,
    announces_deletions=True,
    announces_merges=True,
    idempotent_create=IdempotentBy.EXTERNAL_ID,
    remove_means=RemoveMeans.DELETES,
    page_size=MAX_PAGE,
)
_SEARCHED: Final = 100  # values a call
_NEVER: Final = datetime.max.replace(tzinfo=UTC)  # when a key expires


class BrightwellConnector:
    """One site.

    `budget` is what a run may spend; `now` is the wall clock (aware, UTC), used where the server doesn't tell its own;
    `sleep` waits between attempts.
    """

    name: ClassVar[str] = "brightwell"

    def __init__(
        self,
        settings: BrightwellSettings,
        *,
        budget: Budget | None = None,
        retries: Retries | None = None,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self.capabilities = CAPABILITIES
        self.usage = Usage()
        self._now = now
        self._calls = Transport(
            SYSTEM,
            settings.url,
            BearerAuth(lambda: Token(settings.token, _NEVER)),
            wire.classify,
            budget or Budget(sleep=sleep),
            self.usage,
            retries or Retries(),
            sleep=sleep,
            verify=settings.verify,
        )

    def check(self) -> None:
        """One cheap call. Raises AuthError, Unavailable or SettingsError."""
        self._ask(Request("GET", "/api/me", "GET me"))

    def schema(self, objects: Sequence[str], list_id: str | None = None) -> Schema:  # noqa: ARG002 # the protocol's
        """The fields as the site describes them."""
        calls = {object: Request("GET", f"/api/{object}/fields", f"GET {object}/fields") for object in objects}
        found = {object: map(wire.field_of, self._rows(call)) for object, call in calls.items()}
        return {object: {field.name: field for field in fields} for object, fields in found.items()}

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """See `Connector.read`. Nothing changed: two calls, for what was saved and what was deleted."""
        if query.audience is not None or query.object not in wire.OBJECTS:
            raise Bug(f"Brightwell CRM: no {query.object!r} here, or of no audience {query.audience!r}")
        place = Place(query.object, query.fields) if cursor is None else Place.of(cursor, query)
        return prefetch(self._pages(place))

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """See `Connector.fetch`. By id, email or external id; accounts by name."""
        wanted = sorted({key.strip() for key in keys} - {""})
        for start in range(0, len(wanted), _SEARCHED):
            some = wanted[start : start + _SEARCHED]
            for row in self._rows(wire.search_call(query.object, by.value, some)):
                yield wire.record_of(query.object, row, query.fields)

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """See `Connector.apply`. One call a write; a removal deletes for good."""
        calls = [(write, wire.write_call(write)) for write in writes]
        return (self._outcome(write, call) for write, call in calls)

    def url(self, object: str, record_id: str, list_id: str | None = None) -> str:  # noqa: ARG002 # the protocol's
        """The record's page."""
        return f"{self.settings.url.rstrip('/')}/{object}s/{quote(record_id, safe='')}"

    def close(self) -> None:
        """Let go of connections."""
        self._calls.close()

    def _pages(self, place: Place) -> Iterator[Page]:
        last = False
        while not last:
            part, reply = place.part, self._ask(wire.page_call(place, self.settings))
            rows, more = self._rows_of(reply), isinstance(reply.json, dict) and reply.json.get("more") is True
            place = replace(place, began_at=place.began_at or reply.asked_at or self._now())
            if more and (not rows or str(rows[-1]["id"]) <= place.after):
                raise Unavailable(f"{SYSTEM} repeats a page instead of going on")
            last = place.ends and not more
            place = replace(place, after=str(rows[-1]["id"])) if more else place.next()
            yield self._page(part, rows, place, last=last)

    def _page(self, part: Part, rows: list[wire.Row], then: Place, *, last: bool) -> Page:
        if part is Part.DELETIONS:
            gone = tuple(wire.deletion_of(then.object, row) for row in rows)
            return Page((), gone, then.cursor(), last=last)
        records = tuple(wire.record_of(then.object, row, then.fields) for row in rows)
        return Page(records, cursor=then.cursor(), full=part is Part.LISTING, last=last)

    def _outcome(self, write: Write, call: Request) -> Outcome:
        try:
            reply = self._calls.send(call)
        except LostReply as lost:
            return InDoubt(write.operation_id, lost.code)
        except CallRefused as refused:
            if write.kind is Kind.REMOVE and refused.verdict.code == wire.NOT_FOUND:
                return Applied(write.operation_id, str(write.record_id))  # as asked: one sent twice meets itself
            return wire.refused(write, refused.verdict)
        row = reply.json if isinstance(reply.json, dict) else {}
        record_id = write.record_id or row.get("id")
        if record_id is None:
            return InDoubt(write.operation_id, "NO_ID")
        return Applied(write.operation_id, str(record_id))

    def _rows(self, call: Request) -> list[wire.Row]:
        return self._rows_of(self._ask(call))

    def _rows_of(self, reply: Reply) -> list[wire.Row]:
        rows = wire.rows_of(reply.json)
        if rows is None:
            raise Unavailable(f"{SYSTEM}'s answer is not a page of rows")
        return rows

    def _ask(self, call: Request) -> Reply:
        """Send what reads. Raises CursorExpired where deletions were forgotten, SettingsError where it is refused."""
        try:
            return self._calls.send(call)
        except CallRefused as refused:
            if refused.verdict.code == wire.TOO_OLD:
                raise CursorExpired from None
            raise SettingsError(f"{SYSTEM} refuses {call.endpoint}: {refused.verdict.code}") from None
