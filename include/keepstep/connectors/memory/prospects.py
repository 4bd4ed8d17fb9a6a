"""The reference connector to prospects: deletions are announced, behaviour streams, creates go by email."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from keepstep.connectors.base import (
    Capabilities,
    Cursor,
    FetchBy,
    FieldInfo,
    IdempotentBy,
    Page,
    ReadQuery,
    RemoveMeans,
    Schema,
    Usage,
)
from keepstep.connectors.memory.pages import Place, View
from keepstep.connectors.memory.platform_document import PROSPECT, USER, Act, PlatformDocument
from keepstep.connectors.memory.prospect_side import ProspectSide
from keepstep.core.model import FieldType, Outcome, Record, Write

ACTIVITY = "activity"
FETCH_BATCH = 100  # keys a call
USER_FIELDS = {
    "email": FieldInfo("email", FieldType.EMAIL, writable=False),
    "name": FieldInfo("name", writable=False),
}
ACTIVITY_FIELDS = {
    "subject": FieldInfo("subject", FieldType.REFERENCE, writable=False),
    "type": FieldInfo("type", writable=False),
    "at": FieldInfo("at", FieldType.DATETIME, writable=False),
}


class MemoryProspectPlatform:
    """A connector to the prospects of a `MemoryPlatformState`.

    `page_size` is records a page; `overlap` is how many changes before its cursor an incremental read tells again.
    """

    name: ClassVar[str] = "memory_prospects"
    capabilities: ClassVar[Capabilities] = Capabilities(
        objects=frozenset({PROSPECT, USER, ACTIVITY}),
        announces_deletions=True,
        stale_reads=True,
        idempotent_create=IdempotentBy.EMAIL,
        remove_means=RemoveMeans.RECYCLES,
        streams_activities=True,
        batch_size=10,
    )

    def __init__(self, state: ProspectSide, *, page_size: int = 1000, overlap: int = 0) -> None:
        self.state = state
        self.usage = Usage()
        self._page_size = page_size
        self._overlap = overlap

    def check(self) -> None:
        """One call."""
        self.state.call(self.usage, "check")

    def schema(self, objects: Sequence[str], list_id: str | None = None) -> Schema:  # noqa: ARG002 # the protocol's
        """The fields as they are now."""
        self.state.call(self.usage, "schema")
        with self.state.shelf.look() as document:
            schemas = {PROSPECT: dict(document.prospect_fields), USER: USER_FIELDS, ACTIVITY: ACTIVITY_FIELDS}
        return {name: schemas[name] for name in objects}

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """A listing, or the log from the cursor on; a call a page. Behaviour has a log and nothing else."""
        place, overlap = Place.of(cursor), self._overlap
        stale = query.object == PROSPECT and self.state.answers_stale()
        while True:
            self.state.call(self.usage, "read")
            with self.state.shelf.look() as document:
                if query.object == ACTIVITY:
                    page, place = _behaviour(document, query, place, self._page_size, overlap)
                else:
                    page, place = _view(document, query, stale=stale).page(place, self._page_size, overlap)
            overlap = 0
            yield page
            if page.last:
                return

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """By id or by email; a call for 100 keys."""
        wanted = sorted(set(keys))
        stale = bool(wanted) and query.object == PROSPECT and self.state.answers_stale()
        for start in range(0, len(wanted), FETCH_BATCH):
            self.state.call(self.usage, "fetch")
            batch = wanted[start : start + FETCH_BATCH]
            with self.state.shelf.look() as document:
                view = _view(document, query, stale=stale)
                ids = batch if by is FetchBy.ID else view.table.with_email(batch)
                found = [view.tell(id, view.table.kept[id]) for id in dict.fromkeys(ids) if id in view.table.kept]
            yield from found

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Ten writes a call."""
        return self.state.deliver(self.usage, writes, self.capabilities.batch_size)

    def url(self, object: str, record_id: str, list_id: str | None = None) -> str:  # noqa: ARG002 # the protocol's
        """An address that leads nowhere, but names the record."""
        return f"memory://platform/{object}/{record_id}"

    def close(self) -> None:
        """Nothing to let go of."""


def _view(document: PlatformDocument, query: ReadQuery, *, stale: bool) -> View:
    table, sequence = document.tables[query.object], document.sequence
    if stale:
        table, sequence = table.as_before(document.lag.before), document.lag.sequence
    return View(query.object, table, sequence, lambda id, entry: entry.record(query.object, id, query.fields))


def _behaviour(
    document: PlatformDocument, query: ReadQuery, place: Place, size: int, overlap: int
) -> tuple[Page, Place]:
    """Everybody's behaviour after this place, or that of the query's subjects."""
    full = place.through is None or place.after is not None
    after = (place.through or 0) - overlap
    found = [
        (act.sequence, _activity(act, subject))
        for act in document.acts[bisect_right(document.acts, after, key=lambda act: act.sequence) :]
        if (subject := document.subject_of(act)) is not None and (not query.subjects or subject in query.subjects)
    ]
    here, last = found[:size], len(found) <= size
    through = document.sequence if last else here[-1][0]
    place = Place(through, after=through if full and not last else None)
    return Page(tuple(record for _, record in here), cursor=place.cursor(), full=full, last=last), place


def _activity(act: Act, subject: str) -> Record:
    fields = {"subject": subject, "type": act.type, "at": act.at.isoformat()}
    return Record(ACTIVITY, act.id, fields, act.email, modified=act.at)
