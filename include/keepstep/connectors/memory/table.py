"""One object's records as an in-memory system keeps them, with a bin and a log of what changed.

Law: an `Entry` is never changed, only replaced, so that whoever holds one still has the record as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from keepstep.core.model import Deletion, Record, Status, Value


def same(key: Value) -> str:
    """What is compared of a key: case and outer blanks don't count."""
    return "" if key is None else str(key).strip().casefold()


class Entry(BaseModel):
    """A record as it stands; blank fields are left out."""

    model_config = ConfigDict(frozen=True)

    fields: dict[str, Value]
    modified: datetime
    status: Status = Status.ACTIVE
    external_id: str | None = None
    converted_to: tuple[str, str] | None = None

    def record(
        self, object: str, id: str, fields: tuple[str, ...] = (), audiences: frozenset[str] = frozenset()
    ) -> Record:
        """The record as a connector tells it; no `fields`: all of them."""
        return Record(
            object=object,
            id=id,
            fields={n: v for n, v in self.fields.items() if not fields or n in fields},
            email=_text(self.fields.get("email")),
            status=self.status,
            modified=self.modified,
            audiences=audiences,
            owner=_text(self.fields.get("owner")),
            external_id=self.external_id,
            opted_out=self.fields.get("opted_out") is True,
            converted_to=self.converted_to,
        )


class Change(BaseModel):
    """The last change of a record: it came, changed or (with `deleted`) went."""

    model_config = ConfigDict(frozen=True)

    sequence: int
    at: datetime
    deleted: bool = False
    merged_into: str | None = None


class Table(BaseModel):
    """The records of one object."""

    kept: dict[str, Entry] = Field(default_factory=dict)  # by id
    bin: dict[str, Entry] = Field(default_factory=dict)  # deleted, can be undeleted
    log: dict[str, Change] = Field(default_factory=dict)  # by id, the newest change at the end
    emails: dict[str, list[str]] = Field(default_factory=dict)  # address as compared -> ids of who is kept
    external_ids: dict[str, str] = Field(default_factory=dict)  # -> id of who is kept

    def put(self, id: str, entry: Entry, sequence: int) -> None:
        """Keep this record, in place of what was there; it leaves the bin."""
        old = self.kept.get(id)
        if old is None or old.fields.get("email") != entry.fields.get("email"):
            self._unlist(id, old)
            if email := same(entry.fields.get("email")):
                self.emails.setdefault(email, []).append(id)
        if entry.external_id is not None:
            self.external_ids.setdefault(entry.external_id, id)
        self.kept[id] = entry
        self.bin.pop(id, None)
        self._note(id, Change(sequence=sequence, at=entry.modified))

    def drop(self, id: str, sequence: int, at: datetime, merged_into: str | None = None) -> None:
        """Put this record into the bin."""
        entry = self.bin[id] = self.kept.pop(id)
        self._unlist(id, entry)
        if entry.external_id is not None and self.external_ids.get(entry.external_id) == id:
            del self.external_ids[entry.external_id]
        self._note(id, Change(sequence=sequence, at=at, deleted=True, merged_into=merged_into))

    def drop_field(self, name: str) -> None:
        """Take the values of a field away; no record counts as changed."""
        for id, entry in self.kept.items():
            if name in entry.fields:
                rest = {n: v for n, v in entry.fields.items() if n != name}
                self.kept[id] = entry.model_copy(update={"fields": rest})
        if name == "email":
            self.emails.clear()

    def since(self, sequence: int) -> list[tuple[str, Change]]:
        """What changed after that number, the oldest change first."""
        found = []
        for id in reversed(self.log):
            if self.log[id].sequence <= sequence:
                break
            found.append((id, self.log[id]))
        return found[::-1]

    def deletion(self, object: str, id: str) -> Deletion:
        """The news of this deletion; of a chain of merges, the record at its end is named as the survivor."""
        change = self.log[id]
        survivor = change.merged_into
        while survivor is not None and survivor not in self.kept:
            later = self.log.get(survivor)
            if later is None or later.merged_into is None:
                break
            survivor = later.merged_into
        return Deletion(object, id, change.at, survivor)

    def with_email(self, emails: Iterable[Value]) -> list[str]:
        """The ids of those who have one of these addresses."""
        return [id for email in emails for id in self.emails.get(same(email), ())]

    def as_before(self, before: dict[str, Entry | None]) -> Table:
        """What this table was while these records still stood so; None: the record wasn't there."""
        kept = {id: entry for id, entry in self.kept.items() if id not in before}
        kept |= {id: entry for id, entry in before.items() if entry is not None}
        emails: dict[str, list[str]] = {}
        for id, entry in kept.items():
            emails.setdefault(same(entry.fields.get("email")), []).append(id)
        log = {id: change for id, change in self.log.items() if id not in before}
        return Table.model_construct(kept=kept, bin=self.bin, log=log, emails=emails, external_ids={})

    def _note(self, id: str, change: Change) -> None:
        self.log.pop(id, None)  # so that it goes to the end
        self.log[id] = change

    def _unlist(self, id: str, entry: Entry | None) -> None:
        email = same(entry.fields.get("email")) if entry else ""
        if email:
            self.emails[email].remove(id)
            if not self.emails[email]:
                del self.emails[email]


def changed(fields: Mapping[str, Value], by: Mapping[str, Value]) -> dict[str, Value]:
    """These fields after a change of some; None clears."""
    return {name: value for name, value in {**fields, **by}.items() if value is not None}


def _text(value: Value) -> str | None:
    return None if value is None else str(value)
