"""The reference platform connector: rows vanish without a word, and show only in a full listing and in `count`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from keepstep.connectors.base import (
    Capabilities,
    Cursor,
    CursorExpired,
    FetchBy,
    FieldInfo,
    IdempotentBy,
    ListInfo,
    Page,
    ReadQuery,
    RemoveMeans,
    Schema,
    Usage,
)
from keepstep.connectors.memory.platform_document import OptOut, PlatformDocument
from keepstep.connectors.memory.platform_side import MemoryPlatformState
from keepstep.connectors.memory.table import same
from keepstep.core.errors import SettingsError
from keepstep.core.model import FieldType, Outcome, Record, Write

FETCH_BATCH = 100  # keys a call


class MemoryPlatform:
    """A connector to a `MemoryPlatformState`; `page_size` is records a page."""

    name: ClassVar[str] = "memory_platform"
    capabilities: ClassVar[Capabilities] = Capabilities(
        objects=frozenset({"row", "opt_out", "activity"}),
        counts=True,
        idempotent_create=IdempotentBy.EMAIL,
        remove_means=RemoveMeans.LEAVES_LIST,
        reads_activities=True,
        batch_size=10,
    )

    def __init__(self, state: MemoryPlatformState, *, page_size: int = 1000) -> None:
        self.state = state
        self.usage = Usage()
        self._page_size = page_size

    def check(self) -> None:
        """One call."""
        self.state.call(self.usage, "check")

    def schema(self, objects: Sequence[str], list_id: str | None = None) -> Schema:
        """The columns of the list; opt-outs and activities have fields of their own."""
        self.state.call(self.usage, "schema")
        schemas: dict[str, dict[str, FieldInfo]] = {
            "opt_out": {"email": FieldInfo("email", FieldType.EMAIL, writable=False)},
            "activity": {
                "subject": FieldInfo("subject", FieldType.REFERENCE, writable=False),
                "type": FieldInfo("type", writable=False),
                "at": FieldInfo("at", FieldType.DATETIME, writable=False),
            },
        }
        if list_id is not None:
            with self.state.shelf.look() as document:
                kept = document.lists[list_id]
            schemas["row"] = {
                name: FieldInfo(name, FieldType.EMAIL if name == kept.email_column else FieldType.TEXT)
                for name in kept.columns
            }
        return {name: schemas[name] for name in objects}

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """What has a change number above the cursor's, in the order of these numbers; a call a page."""
        full = cursor is None or cursor.get("full") is True
        after = _number(cursor, "after")
        while True:
            self.state.call(self.usage, "read")
            with self.state.shelf.look() as document:
                found = sorted(_numbered(document, query, after), key=lambda pair: pair[0])
                newest = document.sequence
            here, last = found[: self._page_size], len(found) <= self._page_size
            after = newest if last else here[-1][0]
            place: Cursor = {"after": after, "full": True} if full and not last else {"after": after}
            yield Page(tuple(record for _, record in here), cursor=place, full=full, last=last)
            if last:
                return

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """Rows by id or by email; a call for 100 keys."""
        wanted = sorted(set(keys) if by is FetchBy.ID else {same(key) for key in keys})
        for start in range(0, len(wanted), FETCH_BATCH):
            self.state.call(self.usage, "fetch")
            batch = set(wanted[start : start + FETCH_BATCH])
            with self.state.shelf.look() as document:
                rows = [record for _, record in _numbered(document, query, 0)]
            yield from (r for r in rows if (r.id if by is FetchBy.ID else same(r.email)) in batch)

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Ten writes a call."""
        return self.state.deliver(self.usage, writes, self.capabilities.batch_size)

    def url(self, object: str, record_id: str, list_id: str | None = None) -> str:
        """An address that leads nowhere, but names the record."""
        return f"memory://platform/{list_id}/{object}/{record_id}"

    def close(self) -> None:
        """Nothing to let go of."""

    # -- lists -----------------------------------------------------------------------------------------------------

    def find_list(self, name: str) -> ListInfo | None:
        """By its exact name."""
        self.state.call(self.usage, "lists")
        with self.state.shelf.look() as document:
            found = [document.info(id) for id, kept in document.lists.items() if kept.name == name]
        if len(found) > 1:
            raise SettingsError(f"{len(found)} lists have the name {name!r}: rename all but one")
        return found[0] if found else None

    def create_list(self, name: str, columns: Sequence[str], email_column: str) -> ListInfo:
        """Make an empty list. Raises SettingsError where the email column isn't one of the columns."""
        if email_column not in columns:
            raise SettingsError(f"the list {name!r} has no column {email_column!r}: map the email to it")
        self.state.call(self.usage, "lists")
        return self.state.make_list(name, columns, email_column)

    def count(self, list_id: str) -> int:
        """One call."""
        self.state.call(self.usage, "count")
        with self.state.shelf.look() as document:
            return len(document.lists[list_id].rows)


def _number(cursor: Cursor | None, key: str) -> int:
    number = 0 if cursor is None else cursor.get(key, 0)
    if not isinstance(number, int):
        raise CursorExpired
    return number


def _numbered(document: PlatformDocument, query: ReadQuery, after: int) -> list[tuple[int, Record]]:
    """What the query asks for, each with the number of its last change, which is above `after`."""
    if query.object == "row":
        list_id = str(query.list_id)
        rows = document.lists[list_id].rows
        changed = [id for id, row in rows.items() if row.sequence > after]
        return [(rows[id].sequence, document.record(list_id, id, query.fields)) for id in changed]
    if query.object == "opt_out":
        return [(out.sequence, _opt_out(out)) for out in document.opt_outs if out.sequence > after]
    return [pair for subject in query.subjects for pair in _behaviour(document, query, subject, after)]


def _opt_out(out: OptOut) -> Record:
    email = out.email
    return Record("opt_out", same(email), {"email": email}, email, modified=out.at, opted_out=True)


def _behaviour(document: PlatformDocument, query: ReadQuery, subject: str, after: int) -> list[tuple[int, Record]]:
    """What the person of this row did."""
    row = document.lists[str(query.list_id)].rows.get(subject)
    if row is None:
        return []
    email = same(row.fields.get(document.lists[str(query.list_id)].email_column))
    if not email:
        return []
    return [
        (
            a.sequence,
            Record(
                object="activity",
                id=a.id,
                fields={"subject": subject, "type": a.type, "at": a.at.isoformat()},
                email=a.email,
                modified=a.at,
            ),
        )
        for a in document.acts
        if a.sequence > after and same(a.email) == email
    ]
