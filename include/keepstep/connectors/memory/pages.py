"""How an in-memory system answers a read: page by page, a listing by id or what changed since a cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from keepstep.connectors.base import Cursor, CursorExpired, Page
from keepstep.connectors.memory.table import Entry, Table
from keepstep.core.model import Record


@dataclass(frozen=True, slots=True)
class Place:
    """Where a read stands: in a listing (`after` is the number of the last id told), or in the log."""

    through: int | None = None  # changes up to this number are told; None: a listing that hasn't begun
    after: int | None = None

    @classmethod
    def of(cls, cursor: Cursor | None) -> Place:
        """The place that a cursor names. Raises CursorExpired where it is none of ours."""
        if cursor is None:
            return cls()
        through, after = cursor.get("through"), cursor.get("after")
        if not isinstance(through, int) or not isinstance(after, int | None):
            raise CursorExpired
        return cls(through, after)

    def cursor(self) -> Cursor:
        """The cursor that names this place."""
        return {"through": self.through} if self.after is None else {"through": self.through, "after": self.after}


@dataclass(frozen=True, slots=True)
class View:
    """What one read sees of a table."""

    object: str
    table: Table
    sequence: int  # the number of the last change that it sees
    tell: Callable[[str, Entry], Record]
    lists: Callable[[Entry], bool] = lambda _: True  # whether a record is in the selection
    forgotten: int = 0  # changes up to this number are no longer in the log
    announces: bool = True  # tells deletions

    def page(self, place: Place, size: int, overlap: int) -> tuple[Page, Place]:
        """The next page from this place on, and the place behind it. Raises CursorExpired."""
        if place.through is None:
            place = Place(self.sequence, after=0)
        if place.after is not None:
            return self._listing(place, place.after, size)
        return self._changes(place.through or 0, size, overlap)

    def _listing(self, place: Place, after: int, size: int) -> tuple[Page, Place]:
        ids = [id for id, entry in self.table.kept.items() if _number(id) > after and self.lists(entry)]
        ids.sort(key=_number)
        here, last = ids[:size], len(ids) <= size
        place = replace(place, after=None if last else _number(here[-1]))
        records = tuple(self.tell(id, self.table.kept[id]) for id in here)
        return Page(records, cursor=place.cursor(), full=True, last=last), place

    def _changes(self, through: int, size: int, overlap: int) -> tuple[Page, Place]:
        if through < self.forgotten:
            raise CursorExpired
        changes = self.table.since(through - overlap)
        here, last = changes[:size], len(changes) <= size
        place = Place(self.sequence if last else here[-1][1].sequence)
        deleted = [self.table.deletion(self.object, id) for id, change in here if change.deleted]
        page = Page(
            records=tuple(self.tell(id, self.table.kept[id]) for id, change in here if not change.deleted),
            deletions=tuple(deleted) if self.announces else (),
            cursor=place.cursor(),
            last=last,
        )
        return page, place


def _number(id: str) -> int:
    """Ids end in numbers, which grow."""
    return int(id.rpartition("-")[2])
