"""The in-memory CRM itself: its records, its log of changes, and the people who work in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, Field

from keepstep.connectors.base import FieldInfo
from keepstep.connectors.memory.side import Clock, ScriptedDocument, Side
from keepstep.core.model import Applied, FieldType, Kind, Outcome, Record, Rejected, Status, Value, Write

AUDIENCE_OF_STAGE: Mapping[Value, str] = {
    "customer": "affiliated_with_customers",
    "prospect": "affiliated_with_prospects",
    "lead": "affiliated_with_leads",
    None: "unaffiliated",
}
STAGE_OF_AUDIENCE = {audience: stage for stage, audience in AUDIENCE_OF_STAGE.items()}


def _fields(*infos: FieldInfo) -> dict[str, FieldInfo]:
    return {info.name: info for info in infos}


CONTACT_FIELDS = _fields(
    FieldInfo("email", FieldType.EMAIL, max_length=254),
    FieldInfo("first_name", max_length=32),
    FieldInfo("last_name", max_length=32),
    FieldInfo("title"),
    FieldInfo("phone"),
    FieldInfo("company", FieldType.REFERENCE),
    FieldInfo("lead_source"),
    FieldInfo("act_on_score", FieldType.NUMBER),
    FieldInfo("opted_out", FieldType.BOOLEAN),
    FieldInfo("owner", FieldType.REFERENCE),
    FieldInfo("stage"),  # customer, prospect, lead or blank; blank with a company: the company's
)
CUSTOMER_FIELDS = _fields(FieldInfo("name", max_length=83), FieldInfo("stage"))


class Entry(BaseModel):
    """A record as it stands."""

    object: str
    fields: dict[str, Value]
    modified: datetime
    status: Status = Status.ACTIVE
    external_id: str | None = None


class Change(BaseModel):
    """One line of the log: a record came, changed or (with `deleted`) went."""

    sequence: int
    object: str
    id: str
    at: datetime
    deleted: bool = False
    merged_into: str | None = None


class CrmDocument(ScriptedDocument):
    """All that the CRM keeps."""

    schemas: dict[str, dict[str, FieldInfo]]
    entries: dict[str, Entry] = Field(default_factory=dict)  # by id, in the order in which they came
    bin: dict[str, Entry] = Field(default_factory=dict)  # deleted, can be undeleted
    log: list[Change] = Field(default_factory=list)
    next_id: int = 1
    forgotten: int = 0  # changes up to this number are no longer in the log

    def audience(self, entry: Entry) -> str | None:
        """The selection that a contact is in; companies are in none."""
        if entry.object != "contact":
            return None
        company = self.entries.get(str(entry.fields.get("company")))
        stage = entry.fields.get("stage") or (company.fields.get("stage") if company else None)
        return AUDIENCE_OF_STAGE.get(stage)

    def record(self, id: str, fields: tuple[str, ...]) -> Record:
        """The record as the connector tells it; no `fields`: all of them."""
        entry = self.entries[id]
        audience = self.audience(entry)
        email, owner = entry.fields.get("email"), entry.fields.get("owner")
        return Record(
            object=entry.object,
            id=id,
            fields={n: v for n, v in entry.fields.items() if v is not None and (not fields or n in fields)},
            email=None if email is None else str(email),
            status=entry.status,
            modified=entry.modified,
            audiences=frozenset({audience} if audience else ()),
            owner=None if owner is None else str(owner),
            external_id=entry.external_id,
            opted_out=entry.fields.get("opted_out") is True,
        )


class MemoryCrmState(Side[CrmDocument]):
    """A CRM with the objects contact and customer, and what people do in it.

    With `path` it lives in that file, so that it outlives a process that is killed.
    """

    def __init__(self, now: Clock, path: Path | None = None) -> None:
        schemas = {"contact": dict(CONTACT_FIELDS), "customer": dict(CUSTOMER_FIELDS)}
        super().__init__(CrmDocument(schemas=schemas), now, path)

    # -- what people do --------------------------------------------------------------------------------------------

    def add(self, object: str = "contact", *, external_id: str | None = None, **fields: Value) -> str:
        """Somebody makes a record. Returns its id."""
        with self.shelf.change() as document:
            return self._create(document, object, fields, external_id)

    def edit(self, record_id: str, **fields: Value) -> None:
        """Somebody changes these fields of a record; None clears."""
        with self.shelf.change() as document:
            self._update(document, record_id, fields)

    def set_audience(self, record_id: str, audience: str) -> None:
        """Somebody moves a contact to another selection, by its stage."""
        self.edit(record_id, stage=STAGE_OF_AUDIENCE[audience])

    def inactivate(self, record_id: str, status: Status = Status.INACTIVE) -> None:
        """Somebody sets a record's status."""
        with self.shelf.change() as document:
            document.entries[record_id].status = status
            self._log(document, record_id)

    def activate(self, record_id: str) -> None:
        """Somebody makes an inactive record active again."""
        self.inactivate(record_id, Status.ACTIVE)

    def delete(self, record_id: str) -> None:
        """Somebody deletes a record."""
        with self.shelf.change() as document:
            self._delete(document, record_id)

    def undelete(self, record_id: str) -> None:
        """Somebody takes a record out of the bin; it keeps its id."""
        with self.shelf.change() as document:
            document.entries[record_id] = document.bin.pop(record_id)
            self._log(document, record_id)

    def merge(self, loser: str, survivor: str) -> None:
        """Somebody merges a record into another; the survivor keeps its own values."""
        with self.shelf.change() as document:
            self._delete(document, loser, merged_into=survivor)
            self._log(document, survivor)

    def add_field(self, object: str, field: FieldInfo) -> None:
        """An administrator makes a field."""
        with self.shelf.change() as document:
            document.schemas[object][field.name] = field

    def drop_field(self, object: str, name: str) -> None:
        """An administrator takes a field away, with its values."""
        with self.shelf.change() as document:
            del document.schemas[object][name]
            for entry in document.entries.values():
                entry.fields.pop(name, None)

    def forget_changes(self) -> None:
        """The CRM no longer remembers what changed until now: older cursors expire."""
        with self.shelf.change() as document:
            document.log.clear()
            document.forgotten = document.sequence

    # -- what tests look at ----------------------------------------------------------------------------------------

    def records(self, object: str = "contact") -> list[Record]:
        """Every record of an object, as it stands."""
        with self.shelf.look() as document:
            return [document.record(id, ()) for id, e in document.entries.items() if e.object == object]

    # -- what writes do --------------------------------------------------------------------------------------------

    def perform(self, document: CrmDocument, write: Write) -> Outcome:
        """Carry out one write of a connector; REMOVE inactivates."""
        refusal = self._refusal(document, write)
        if refusal:
            return Rejected(write.operation_id, *refusal)
        if write.kind is Kind.CREATE:
            return Applied(write.operation_id, self._create(document, write.object, write.fields, write.external_id))
        record_id = str(write.record_id)
        if write.kind is Kind.UPDATE:
            self._update(document, record_id, write.fields)
        else:
            self.remove(document, record_id)
        return Applied(write.operation_id, record_id)

    def remove(self, document: CrmDocument, record_id: str) -> None:
        """What REMOVE means in this CRM."""
        document.entries[record_id].status = Status.INACTIVE
        self._log(document, record_id)

    @staticmethod
    def _refusal(document: CrmDocument, write: Write) -> tuple[str, str] | None:
        """Why the CRM refuses this write: its code, and what to do."""
        schema = document.schemas[write.object]
        for name, value in write.fields.items():
            if name not in schema:
                return "unknown_field", f"make the field {name} in the CRM"
            limit = schema[name].max_length
            if limit is not None and isinstance(value, str) and len(value) > limit:
                return "too_long", f"shorten the value of {name} to {limit} characters"
        if write.kind is Kind.CREATE:
            return None
        entry = document.entries.get(str(write.record_id))
        if entry is None:
            return "not_found", "the record is gone; nothing is to be done"
        if entry.status is not Status.ACTIVE:
            return "inactive", "make the record active in the CRM"
        return None

    def _create(self, document: CrmDocument, object: str, fields: Mapping[str, Value], external_id: str | None) -> str:
        if external_id is not None:
            for id, entry in document.entries.items():
                if entry.object == object and entry.external_id == external_id:
                    self._update(document, id, fields)
                    return id
        id = str(document.next_id)
        document.next_id += 1
        kept = {name: value for name, value in fields.items() if value is not None}
        document.entries[id] = Entry(object=object, fields=kept, modified=self.now(), external_id=external_id)
        self._log(document, id)
        return id

    def _update(self, document: CrmDocument, id: str, fields: Mapping[str, Value]) -> None:
        entry = document.entries[id]
        before = entry.fields.get("stage")
        entry.fields = {n: v for n, v in {**entry.fields, **fields}.items() if v is not None}
        self._log(document, id)
        if entry.object == "customer" and entry.fields.get("stage") != before:
            for other, contact in document.entries.items():
                if contact.fields.get("company") == id:  # its people change their audience with it
                    self._log(document, other)

    def _delete(self, document: CrmDocument, id: str, merged_into: str | None = None) -> None:
        entry = document.bin[id] = document.entries.pop(id)
        document.log.append(
            Change(
                sequence=document.tick(),
                object=entry.object,
                id=id,
                at=self.now(),
                deleted=True,
                merged_into=merged_into,
            )
        )

    def _log(self, document: CrmDocument, id: str) -> None:
        entry = document.entries[id]
        entry.modified = self.now()
        document.log.append(Change(sequence=document.tick(), object=entry.object, id=id, at=entry.modified))


class DeletingMemoryCrmState(MemoryCrmState):
    """The same CRM, where REMOVE deletes."""

    def remove(self, document: CrmDocument, record_id: str) -> None:
        """Delete it."""
        self._delete(document, record_id)
