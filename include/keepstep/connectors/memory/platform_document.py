"""All that the in-memory marketing platform keeps: lists, suppressions, prospects, users, behaviour."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from keepstep.connectors.base import FieldInfo, ListInfo
from keepstep.connectors.memory.side import ScriptedDocument
from keepstep.connectors.memory.table import Entry, Table, same
from keepstep.core.model import FieldType, Record, Value

PROSPECT = "prospect"
USER = "user"
PROSPECT_FIELDS = {
    info.name: info
    for info in (
        FieldInfo("email", FieldType.EMAIL),
        FieldInfo("first_name"),
        FieldInfo("last_name"),
        FieldInfo("title"),
        FieldInfo("phone"),
        FieldInfo("company"),
        FieldInfo("lead_source"),
        FieldInfo("score", FieldType.NUMBER),
        FieldInfo("grade"),
        FieldInfo("opted_out", FieldType.BOOLEAN),
        FieldInfo("crm_id"),
        FieldInfo("owner", FieldType.REFERENCE),  # the assigned user
    )
}


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
    email: str | None
    type: str
    at: datetime
    sequence: int
    subject: str | None = None  # the prospect; None: whoever has the address


class Lag(BaseModel):
    """How reads of prospects lag behind the writes of connectors."""

    reads: int = 0  # so many still answer with what was before
    hides: bool = False  # a delivery came since `reads` was set: what came before it stays hidden
    sequence: int = 0  # the number of the last change that such a read sees
    before: dict[str, Entry | None] = Field(default_factory=dict)  # what the delivery's prospects were; None: not there

    def deliver(self, sequence: int) -> None:
        """A connector begins to write."""
        if not (self.reads and self.hides):
            self.sequence, self.before = sequence, {}
        self.hides = self.reads > 0

    def note(self, id: str, entry: Entry | None) -> None:
        """A connector changes this prospect, which was so."""
        self.before.setdefault(id, entry)


class PlatformDocument(ScriptedDocument):
    """All that the platform keeps."""

    lists: dict[str, MemoryList] = Field(default_factory=dict)
    opt_outs: list[OptOut] = Field(default_factory=list)
    acts: list[Act] = Field(default_factory=list)
    tables: dict[str, Table] = Field(default_factory=lambda: {PROSPECT: Table(), USER: Table()})
    prospect_fields: dict[str, FieldInfo] = Field(default_factory=lambda: dict(PROSPECT_FIELDS))
    next_person: int = 1
    several_per_email: bool = False  # of prospects
    lag: Lag = Field(default_factory=Lag)

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

    @property
    def prospects(self) -> Table:
        """Every person of the account."""
        return self.tables[PROSPECT]

    def subject_of(self, act: Act) -> str | None:
        """The prospect who did it; None where nobody of the account has the address."""
        if act.subject is not None:
            return act.subject
        return next(iter(self.prospects.with_email([act.email])), None)

    def new_id(self, letter: str) -> str:
        """An id that nobody had before."""
        self.next_person += 1
        return f"{letter}-{self.next_person - 1}"

    def row_by_email(self, list_id: str, email: str) -> str | None:
        """The first row of the list with this address."""
        kept = self.lists[list_id]
        for id, row in kept.rows.items():
            if same(row.fields.get(kept.email_column)) == same(email) != "":
                return id
        return None


def _text(value: Value) -> str | None:
    return None if value is None else str(value)
