"""The in-memory marketing platform itself: lists, suppressions, behaviour, and the people who work in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, Field

from keepstep.connectors.base import ListInfo
from keepstep.connectors.memory.side import Clock, ScriptedDocument, Side
from keepstep.core.model import Applied, Kind, Outcome, Record, Rejected, Value, Write


class Row(BaseModel):
    """One person on one list."""

    fields: dict[str, Value]
    modified: datetime
    sequence: int  # of its last change


class MemoryList(BaseModel):
    """A list: rows with these columns; two rows with one email are legal."""

    name: str
    columns: list[str]
    email_column: str
    rows: dict[str, Row] = {}
    next_row: int = 1


class OptOut(BaseModel):
    """An address of the suppression list."""

    email: str
    at: datetime
    sequence: int


class Act(BaseModel):
    """Something a person did."""

    id: str
    email: str
    type: str
    at: datetime
    sequence: int


class PlatformDocument(ScriptedDocument):
    """All that the platform keeps."""

    lists: dict[str, MemoryList] = Field(default_factory=dict)
    opt_outs: list[OptOut] = Field(default_factory=list)
    acts: list[Act] = Field(default_factory=list)

    def info(self, list_id: str) -> ListInfo:
        """What the connector tells of a list."""
        kept = self.lists[list_id]
        return ListInfo(list_id, kept.name, tuple(kept.columns))

    def record(self, list_id: str, row_id: str, fields: tuple[str, ...]) -> Record:
        """A row as the connector tells it; no `fields`: every column."""
        kept = self.lists[list_id]
        row = kept.rows[row_id]
        return Record(
            object="row",
            id=row_id,
            fields={n: v for n, v in row.fields.items() if v is not None and (not fields or n in fields)},
            email=_text(row.fields.get(kept.email_column)),
            modified=row.modified,
        )

    def row_by_email(self, list_id: str, email: str) -> str | None:
        """The first row of the list with this address."""
        kept = self.lists[list_id]
        for id, row in kept.rows.items():
            if same_email(row.fields.get(kept.email_column)) == same_email(email) != "":
                return id
        return None


def same_email(email: Value) -> str:
    """What this platform compares of an address: case and outer blanks don't count."""
    return "" if email is None else str(email).strip().casefold()


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


class MemoryPlatformState(Side[PlatformDocument]):
    """A platform with lists, and what people do in it. With `path` it lives in that file."""

    def __init__(self, now: Clock, path: Path | None = None) -> None:
        super().__init__(PlatformDocument(), now, path)

    # -- what people do --------------------------------------------------------------------------------------------

    def make_list(self, name: str, columns: Sequence[str], email_column: str = "email") -> ListInfo:
        """Somebody makes a list; names may be doubled."""
        with self.shelf.change() as document:
            id = f"list-{len(document.lists) + 1}"
            document.lists[id] = MemoryList(name=name, columns=list(columns), email_column=email_column)
            return document.info(id)

    def add_row(self, list_id: str, fields: Mapping[str, Value]) -> str:
        """Somebody adds a row, also where the address is on the list already. Returns its id."""
        with self.shelf.change() as document:
            return self._create(document, list_id, fields)

    def edit_row(self, list_id: str, row_id: str, fields: Mapping[str, Value]) -> None:
        """Somebody changes these columns of a row; None clears."""
        with self.shelf.change() as document:
            self._update(document, list_id, row_id, fields)

    def delete_row(self, list_id: str, row_id: str) -> None:
        """Somebody deletes a row; nothing announces it."""
        with self.shelf.change() as document:
            del document.lists[list_id].rows[row_id]

    def opt_out(self, email: str) -> None:
        """Somebody unsubscribes."""
        with self.shelf.change() as document:
            document.opt_outs.append(OptOut(email=email, at=self.now(), sequence=document.tick()))

    def act(self, email: str, type: str, at: datetime | None = None) -> None:
        """Somebody opens, clicks, fills in; `at` None: now."""
        with self.shelf.change() as document:
            sequence = document.tick()
            document.acts.append(
                Act(id=f"act-{sequence}", email=email, type=type, at=at or self.now(), sequence=sequence)
            )

    def add_column(self, list_id: str, name: str) -> None:
        """Somebody adds a column to a list."""
        with self.shelf.change() as document:
            document.lists[list_id].columns.append(name)

    # -- what tests look at ----------------------------------------------------------------------------------------

    def rows(self, list_id: str) -> list[Record]:
        """Every row of a list, as it stands."""
        with self.shelf.look() as document:
            return [document.record(list_id, id, ()) for id in document.lists[list_id].rows]

    # -- what writes do --------------------------------------------------------------------------------------------

    def perform(self, document: PlatformDocument, write: Write) -> Outcome:
        """Carry out one write of a connector; a create of an address that is on the list updates its first row."""
        list_id = str(write.list_id)
        if list_id not in document.lists:
            return Rejected(write.operation_id, "unknown_list", "make the list again, or name another")
        unknown = sorted(set(write.fields) - set(document.lists[list_id].columns))
        if unknown:
            return Rejected(write.operation_id, "unknown_column", f"add the column {unknown[0]} to the list")
        if write.kind is Kind.CREATE:
            return self._upsert(document, list_id, write)
        row_id = str(write.record_id)
        if row_id not in document.lists[list_id].rows:
            return Rejected(write.operation_id, "not_found", "the row is gone; nothing is to be done")
        if write.kind is Kind.UPDATE:
            self._update(document, list_id, row_id, write.fields)
        else:
            del document.lists[list_id].rows[row_id]
        return Applied(write.operation_id, row_id)

    def _upsert(self, document: PlatformDocument, list_id: str, write: Write) -> Outcome:
        column = document.lists[list_id].email_column
        fields = {column: write.email, **write.fields}
        email = same_email(fields[column])
        if not email:
            return Rejected(write.operation_id, "no_email", "give the person an email address")
        there = document.row_by_email(list_id, email)
        if there is None:
            return Applied(write.operation_id, self._create(document, list_id, fields))
        self._update(document, list_id, there, fields)
        return Applied(write.operation_id, there)

    def _create(self, document: PlatformDocument, list_id: str, fields: Mapping[str, Value]) -> str:
        kept = document.lists[list_id]
        id = f"{list_id}:{kept.next_row}"
        kept.next_row += 1
        kept.rows[id] = Row(fields={}, modified=self.now(), sequence=0)
        self._update(document, list_id, id, fields)
        return id

    def _update(self, document: PlatformDocument, list_id: str, row_id: str, fields: Mapping[str, Value]) -> None:
        row = document.lists[list_id].rows[row_id]
        row.fields = {n: v for n, v in {**row.fields, **fields}.items() if v is not None}
        row.modified, row.sequence = self.now(), document.tick()
