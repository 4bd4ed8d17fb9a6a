"""The in-memory CRM itself: the people who work in it, and what it does with the writes of a connector."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from keepstep.connectors.base import FieldInfo
from keepstep.connectors.memory.crm_document import STAGE_OF_AUDIENCE, CrmDocument
from keepstep.connectors.memory.side import Clock, Side
from keepstep.connectors.memory.table import Entry, changed, same
from keepstep.core.model import Applied, Kind, Outcome, Record, Rejected, Status, Value, Write

Refusal = tuple[str, str]  # the CRM's code, and what to do


class MemoryCrmState(Side[CrmDocument]):
    """A CRM with the objects contact, lead, customer and user, and what people do in it.

    With `path` it lives in that file, so that it outlives a process that is killed.
    """

    def __init__(self, now: Clock, path: Path | None = None) -> None:
        super().__init__(CrmDocument(), now, path)

    # -- what people do --------------------------------------------------------------------------------------------

    def add(self, object: str = "contact", *, external_id: str | None = None, **fields: Value) -> str:
        """Somebody makes a record. Returns its id."""
        with self.shelf.change() as document:
            return self._create(document, object, fields, external_id)

    def add_user(self, email: str, name: str | None = None, *, active: bool = True) -> str:
        """An administrator makes a user; an inactive one can own nothing new. Returns its id."""
        id = self.add("user", email=email, name=name)
        if not active:
            self.inactivate(id)
        return id

    def edit(self, record_id: str, **fields: Value) -> None:
        """Somebody changes these fields of a record; None clears."""
        with self.shelf.change() as document:
            self._update(document, document.object_of(record_id), record_id, fields)

    def set_audience(self, record_id: str, audience: str) -> None:
        """Somebody moves a contact to another selection, by its stage."""
        self.edit(record_id, stage=STAGE_OF_AUDIENCE[audience])

    def inactivate(self, record_id: str, status: Status = Status.INACTIVE) -> None:
        """Somebody sets a record's status."""
        with self.shelf.change() as document:
            self._touch(document, document.object_of(record_id), record_id, status=status)

    def activate(self, record_id: str) -> None:
        """Somebody makes an inactive record active again."""
        self.inactivate(record_id, Status.ACTIVE)

    def convert(self, lead_id: str, contact_id: str | None = None) -> str:
        """Somebody converts a lead. Returns the id of the contact that carries on.

        A new contact takes over the lead's fields and owner, and belongs to the customer of the lead's company's name,
        which is made where it isn't there; a contact that was there keeps its own values. Raises ValueError where the
        lead was converted before.
        """
        with self.shelf.change() as document:
            lead = document.tables["lead"].kept[lead_id]
            if lead.converted_to is not None:
                raise ValueError(f"lead {lead_id} is converted already")
            if contact_id is None:
                fields = {**lead.fields, "company": self._company(document, lead.fields.get("company"))}
                known = {n: v for n, v in fields.items() if n in document.schemas["contact"]}
                contact_id = self._create(document, "contact", known, None)
            else:
                self._touch(document, "contact", contact_id)
            self._touch(document, "lead", lead_id, status=Status.CONVERTED, converted_to=("contact", contact_id))
            return contact_id

    def delete(self, record_id: str) -> None:
        """Somebody deletes a record."""
        with self.shelf.change() as document:
            self._delete(document, document.object_of(record_id), record_id)

    def undelete(self, record_id: str) -> None:
        """Somebody takes a record out of the bin; it keeps its id."""
        with self.shelf.change() as document:
            table = next(table for table in document.tables.values() if record_id in table.bin)
            entry = table.bin[record_id].model_copy(update={"modified": self.now()})
            table.put(record_id, entry, document.tick())

    def merge(self, loser: str, survivor: str) -> None:
        """Somebody merges a record into another of its object; the survivor keeps its own values."""
        with self.shelf.change() as document:
            object = document.object_of(survivor)
            if loser == survivor or loser not in document.tables[object].kept:
                raise ValueError(f"only two different records of one object can be merged: {loser} and {survivor}")
            self._delete(document, object, loser, merged_into=survivor)
            self._touch(document, object, survivor)

    def add_field(self, object: str, field: FieldInfo) -> None:
        """An administrator makes a field."""
        with self.shelf.change() as document:
            document.schemas[object][field.name] = field

    def drop_field(self, object: str, name: str) -> None:
        """An administrator takes a field away, with its values."""
        with self.shelf.change() as document:
            del document.schemas[object][name]
            document.tables[object].drop_field(name)

    def forget_changes(self) -> None:
        """The CRM no longer remembers what changed until now: older cursors expire."""
        with self.shelf.change() as document:
            for table in document.tables.values():
                table.log.clear()
            document.forgotten = document.sequence

    # -- what tests look at ----------------------------------------------------------------------------------------

    def records(self, object: str = "contact") -> list[Record]:
        """Every record of an object, as it stands."""
        with self.shelf.look() as document:
            return [document.record(object, id) for id in document.tables[object].kept]

    def record(self, record_id: str) -> Record | None:
        """A record of whichever object, as it stands; None where it is gone."""
        with self.shelf.look() as document:
            found = next((o for o, table in document.tables.items() if record_id in table.kept), None)
            return None if found is None else document.record(found, record_id)

    # -- what writes do --------------------------------------------------------------------------------------------

    def perform(self, document: CrmDocument, write: Write) -> Outcome:
        """Carry out one write of a connector; REMOVE inactivates."""
        refusal = _fields_refused(document, write) or _record_refused(document, write)
        if refusal:
            return Rejected(write.operation_id, *refusal)
        if write.kind is Kind.CREATE:
            return Applied(write.operation_id, self._create(document, write.object, write.fields, write.external_id))
        record_id = str(write.record_id)
        if write.kind is Kind.UPDATE:
            self._update(document, write.object, record_id, write.fields)
        else:
            self.remove(document, write.object, record_id)
        return Applied(write.operation_id, record_id)

    def remove(self, document: CrmDocument, object: str, record_id: str) -> None:
        """What REMOVE means in this CRM."""
        self._touch(document, object, record_id, status=Status.INACTIVE)

    def _create(self, document: CrmDocument, object: str, fields: Mapping[str, Value], external_id: str | None) -> str:
        table = document.tables[object]
        there = table.external_ids.get(external_id) if external_id is not None else None
        if there is not None:
            self._update(document, object, there, fields)
            return there
        id = document.new_id()
        entry = Entry(fields=changed({}, fields), modified=self.now(), external_id=external_id)
        table.put(id, entry, document.tick())
        return id

    def _update(self, document: CrmDocument, object: str, id: str, fields: Mapping[str, Value]) -> None:
        before = document.tables[object].kept[id].fields
        after = changed(before, fields)
        self._touch(document, object, id, fields=after)
        if object == "customer" and after.get("stage") != before.get("stage"):
            for other, contact in list(document.tables["contact"].kept.items()):
                if contact.fields.get("company") == id:  # its people change their audience with it
                    self._touch(document, "contact", other)

    def _touch(self, document: CrmDocument, object: str, id: str, **change: object) -> None:
        table = document.tables[object]
        entry = table.kept[id].model_copy(update={**change, "modified": self.now()})
        table.put(id, entry, document.tick())

    def _delete(self, document: CrmDocument, object: str, id: str, merged_into: str | None = None) -> None:
        document.tables[object].drop(id, document.tick(), self.now(), merged_into)

    def _company(self, document: CrmDocument, name: Value) -> str | None:
        """The customer with this name, made where there is none."""
        if not same(name):
            return None
        for id, customer in document.tables["customer"].kept.items():
            if same(customer.fields.get("name")) == same(name):
                return id
        return self._create(document, "customer", {"name": name}, None)


def _fields_refused(document: CrmDocument, write: Write) -> Refusal | None:
    """Why the CRM refuses what this write says."""
    schema = document.schemas[write.object]
    for name, value in write.fields.items():
        if name not in schema:
            return "unknown_field", f"make the field {name} in the CRM"
        if not schema[name].writable:
            return "read_only", f"leave the field {name} to the CRM's administrator"
        limit = schema[name].max_length
        if limit is not None and isinstance(value, str) and len(value) > limit:
            return "too_long", f"shorten the value of {name} to {limit} characters"
    return _owner_refused(document, write.fields.get("owner"))


def _owner_refused(document: CrmDocument, owner: Value) -> Refusal | None:
    if owner is None:
        return None
    user = document.tables["user"].kept.get(str(owner))
    if user is None or user.status is not Status.ACTIVE:
        return "INACTIVE_OWNER", "give the record an owner who is an active user of the CRM"
    return None


def _record_refused(document: CrmDocument, write: Write) -> Refusal | None:
    """Why the CRM refuses a write to this record."""
    table = document.tables[write.object]
    if write.kind is Kind.CREATE:
        id = table.external_ids.get(str(write.external_id)) if write.external_id is not None else None
        converted = id is not None and table.kept[id].status is Status.CONVERTED
        return _CONVERTED if converted else None
    if str(write.record_id) in table.bin:
        return "DELETED", "the record is in the bin; nothing is to be done"
    entry = table.kept.get(str(write.record_id))
    if entry is None:
        return "not_found", "the record is gone; nothing is to be done"
    if entry.status is Status.CONVERTED:
        return _CONVERTED
    return None if entry.status is Status.ACTIVE else ("inactive", "make the record active in the CRM")


_CONVERTED = ("CONVERTED", "write to the contact that this lead was converted to")


class DeletingMemoryCrmState(MemoryCrmState):
    """The same CRM, where REMOVE deletes."""

    def remove(self, document: CrmDocument, object: str, record_id: str) -> None:
        """Delete it."""
        self._delete(document, object, record_id)
