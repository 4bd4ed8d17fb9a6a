"""The reference CRM connector: announces deletions and merges, and its cursor is the number of the last change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

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
from keepstep.connectors.memory.crm_side import (
    STAGE_OF_AUDIENCE,
    Change,
    CrmDocument,
    DeletingMemoryCrmState,
    Entry,
    MemoryCrmState,
)
from keepstep.core.model import Deletion, Outcome, Record, Value, Write

FETCH_BATCH = 100  # keys a call


class MemoryCrm:
    """A connector to a `MemoryCrmState`.

    `page_size` is records a page; `overlap` is how many changes before its cursor an incremental read tells again, as
    systems do whose stamps are too coarse for an exact cursor.
    """

    name: ClassVar[str] = "memory_crm"
    capabilities: ClassVar[Capabilities] = Capabilities(
        objects=frozenset({"contact", "customer"}),
        audiences=frozenset(STAGE_OF_AUDIENCE),
        announces_deletions=True,
        announces_merges=True,
        idempotent_create=IdempotentBy.EXTERNAL_ID,
        remove_means=RemoveMeans.INACTIVATES,
        batch_size=10,
    )

    def __init__(self, state: MemoryCrmState, *, page_size: int = 1000, overlap: int = 0) -> None:
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
            return {name: dict(document.schemas[name]) for name in objects}

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """A listing by id, or the log from the cursor on; a call a page."""
        place = _Place.of(cursor)
        overlap = self._overlap
        while True:
            self.state.call(self.usage, "read")
            with self.state.shelf.look() as document:
                page, place = self._page(document, query, place, overlap)
            overlap = 0
            yield page
            if page.last:
                return

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """By id, email, external id or name; a call for 100 keys."""
        wanted = sorted({_same(key) for key in keys})
        for start in range(0, len(wanted), FETCH_BATCH):
            self.state.call(self.usage, "fetch")
            batch = set(wanted[start : start + FETCH_BATCH])
            with self.state.shelf.look() as document:
                found = [
                    document.record(id, query.fields)
                    for id, entry in document.entries.items()
                    if entry.object == query.object
                    and _same(_key(id, entry, by)) in batch
                    and (by is FetchBy.ID or query.audience in (None, document.audience(entry)))
                ]
            yield from found

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Ten writes a call."""
        return self.state.deliver(self.usage, writes, self.capabilities.batch_size)

    def url(self, object: str, record_id: str, list_id: str | None = None) -> str:  # noqa: ARG002 # the protocol's
        """An address that leads nowhere, but names the record."""
        return f"memory://crm/{object}/{record_id}"

    def close(self) -> None:
        """Nothing to let go of."""

    def _page(self, document: CrmDocument, query: ReadQuery, place: _Place, overlap: int) -> tuple[Page, _Place]:
        if place.through is None:
            place = _Place(through=document.sequence, after=0)
        if place.after is not None:
            return self._listing(document, query, place)
        return self._changes(document, query, place.through or 0, overlap)

    def _listing(self, document: CrmDocument, query: ReadQuery, place: _Place) -> tuple[Page, _Place]:
        after = place.after or 0
        ids = [
            id
            for id, entry in document.entries.items()
            if int(id) > after and entry.object == query.object and query.audience in (None, document.audience(entry))
        ]
        ids.sort(key=int)
        here, last = ids[: self._page_size], len(ids) <= self._page_size
        place = replace(place, after=None if last else int(here[-1]))
        records = tuple(document.record(id, query.fields) for id in here)
        return Page(records, cursor=place.cursor(), full=True, last=last), place

    def _changes(self, document: CrmDocument, query: ReadQuery, through: int, overlap: int) -> tuple[Page, _Place]:
        if through < document.forgotten:
            raise CursorExpired
        log = [c for c in document.log if c.sequence > through - overlap and c.object == query.object]
        here, last = log[: self._page_size], len(log) <= self._page_size
        place = _Place(through=document.sequence if last else here[-1].sequence, after=None)
        page = Page(
            records=tuple(document.record(id, query.fields) for id in _living(document, here)),
            deletions=tuple(Deletion(c.object, c.id, c.at, c.merged_into) for c in here if c.deleted),
            cursor=place.cursor(),
            last=last,
        )
        return page, place


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a read stands: in a listing (`after` is the last id told), or in the log."""

    through: int | None  # changes up to this number are told; None: a listing that hasn't begun
    after: int | None

    @classmethod
    def of(cls, cursor: Cursor | None) -> _Place:
        if cursor is None:
            return cls(None, None)
        through, after = cursor["through"], cursor.get("after")
        if not isinstance(through, int) or not isinstance(after, int | None):
            raise CursorExpired
        return cls(through, after)

    def cursor(self) -> Cursor:
        return {"through": self.through} if self.after is None else {"through": self.through, "after": self.after}


def _living(document: CrmDocument, changes: Iterable[Change]) -> list[str]:
    """The records of these changes that are still there, each once."""
    return list(dict.fromkeys(c.id for c in changes if not c.deleted and c.id in document.entries))


def _key(id: str, entry: Entry, by: FetchBy) -> Value:
    keys: dict[FetchBy, Value] = {
        FetchBy.ID: id,
        FetchBy.EMAIL: entry.fields.get("email"),
        FetchBy.EXTERNAL_ID: entry.external_id,
        FetchBy.NAME: entry.fields.get("name"),
    }
    return keys[by]


def _same(key: Value) -> str:
    """Case and outer blanks don't tell keys apart."""
    return "" if key is None else str(key).strip().casefold()


class DeletingMemoryCrm(MemoryCrm):
    """The same, where REMOVE deletes."""

    capabilities: ClassVar[Capabilities] = replace(MemoryCrm.capabilities, remove_means=RemoveMeans.DELETES)

    def __init__(self, state: DeletingMemoryCrmState, *, page_size: int = 1000, overlap: int = 0) -> None:
        super().__init__(state, page_size=page_size, overlap=overlap)
