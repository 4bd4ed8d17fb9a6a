"""The reference CRM connector: announces deletions and merges, and its cursor is the number of the last change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, assert_never

from keepstep.connectors.base import (
    Capabilities,
    Cursor,
    FetchBy,
    IdempotentBy,
    Page,
    ReadQuery,
    RemoveMeans,
    Schema,
    Usage,
)
from keepstep.connectors.memory.crm_document import STAGE_OF_AUDIENCE, CrmDocument
from keepstep.connectors.memory.crm_side import DeletingMemoryCrmState, MemoryCrmState
from keepstep.connectors.memory.pages import Place, View
from keepstep.connectors.memory.table import same
from keepstep.core.model import Outcome, Record, Write

FETCH_BATCH = 100  # keys a call


class MemoryCrm:
    """A connector to a `MemoryCrmState`.

    `page_size` is records a page; `overlap` is how many changes before its cursor an incremental read tells again, as
    systems do whose stamps are too coarse for an exact cursor.
    """

    name: ClassVar[str] = "memory_crm"
    capabilities: ClassVar[Capabilities] = Capabilities(
        objects=frozenset({"contact", "lead", "customer", "user"}),
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
        place, overlap = Place.of(cursor), self._overlap
        while True:
            self.state.call(self.usage, "read")
            with self.state.shelf.look() as document:
                page, place = self._view(document, query).page(place, self._page_size, overlap)
            overlap = 0
            yield page
            if page.last:
                return

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """By id, email, external id or name; a call for 100 keys."""
        wanted = sorted({same(key) for key in keys})
        for start in range(0, len(wanted), FETCH_BATCH):
            self.state.call(self.usage, "fetch")
            batch = wanted[start : start + FETCH_BATCH]
            with self.state.shelf.look() as document:
                view = self._view(document, query)
                found = [
                    view.tell(id, entry)
                    for id in _with_key(document, query.object, by, batch)
                    if view.lists(entry := view.table.kept[id]) or by is FetchBy.ID
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

    def _view(self, document: CrmDocument, query: ReadQuery) -> View:
        return View(
            object=query.object,
            table=document.tables[query.object],
            sequence=document.sequence,
            tell=lambda id, entry: document.tell(query.object, id, entry, query.fields),
            lists=lambda entry: query.audience in (None, document.audience(query.object, entry)),
            forgotten=document.forgotten,
            announces=self.capabilities.announces_deletions,
        )


def _with_key(document: CrmDocument, object: str, by: FetchBy, keys: Sequence[str]) -> list[str]:
    """The ids of the records with one of these keys."""
    table = document.tables[object]
    match by:
        case FetchBy.ID:
            return [key for key in keys if key in table.kept]
        case FetchBy.EMAIL:
            return table.with_email(keys)
        case FetchBy.EXTERNAL_ID:
            wanted = set(keys)
            return [id for external, id in table.external_ids.items() if same(external) in wanted]
        case FetchBy.NAME:
            wanted = set(keys)
            return [id for id, entry in table.kept.items() if same(entry.fields.get("name")) in wanted]
        case _:
            assert_never(by)


class DeletingMemoryCrm(MemoryCrm):
    """The same, where REMOVE deletes."""

    capabilities: ClassVar[Capabilities] = replace(MemoryCrm.capabilities, remove_means=RemoveMeans.DELETES)

    def __init__(self, state: DeletingMemoryCrmState, *, page_size: int = 1000, overlap: int = 0) -> None:
        super().__init__(state, page_size=page_size, overlap=overlap)


class SilentMemoryCrm(MemoryCrm):
    """The same, where a deletion or a merge shows only by who is absent from a full listing and from a fetch."""

    capabilities: ClassVar[Capabilities] = replace(
        MemoryCrm.capabilities, announces_deletions=False, announces_merges=False
    )
