"""The in-memory marketing platform itself: its lists, and the people who work with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from keepstep.connectors.base import ListInfo
from keepstep.connectors.memory.platform_document import PROSPECT, Act, MemoryList, OptOut, PlatformDocument, Row
from keepstep.connectors.memory.prospect_side import ProspectSide
from keepstep.connectors.memory.table import changed, same
from keepstep.core.model import Applied, Kind, Outcome, Record, Rejected, Value, Write


class MemoryPlatformState(ProspectSide):
    """A platform with lists and with prospects, and what people do in it. With `path` it lives in that file."""

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
            return self._add(document, list_id, fields)

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
        if write.object == PROSPECT:
            return self.perform_prospect(document, write)
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
        email = same(fields[column])
        if not email:
            return Rejected(write.operation_id, "no_email", "give the person an email address")
        there = document.row_by_email(list_id, email)
        if there is None:
            return Applied(write.operation_id, self._add(document, list_id, fields))
        self._update(document, list_id, there, fields)
        return Applied(write.operation_id, there)

    def _add(self, document: PlatformDocument, list_id: str, fields: Mapping[str, Value]) -> str:
        kept = document.lists[list_id]
        id = f"{list_id}:{kept.next_row}"
        kept.next_row += 1
        kept.rows[id] = Row(fields={}, modified=self.now(), sequence=0)
        self._update(document, list_id, id, fields)
        return id

    def _update(self, document: PlatformDocument, list_id: str, row_id: str, fields: Mapping[str, Value]) -> None:
        row = document.lists[list_id].rows[row_id]
        row.fields = changed(row.fields, fields)
        row.modified, row.sequence = self.now(), document.tick()
