"""The values that Keepstep reads, decides about and writes: frozen data, nothing else.

Words: a *prospect* is a person in the marketing platform (for Act-On a row of one list, for Account Engagement a
prospect). A *CRM record* is a contact, lead or customer. A *link* ties one prospect to one CRM record, and its
*base* holds the value of each field that both sides last agreed on.

Field names: a `Record` and a `Write` speak the system's own names (``firstName``, ``First Name``); everything between
them (`Snapshot`, `Pair`, `Operation`) speaks the names that the sync file gives to fields (``first_name``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

Value = str | int | float | bool | None  # None is the one blank: "" never gets past `normalize`
Values = Mapping[str, Value]
OperationId = NewType("OperationId", str)
EpochId = NewType("EpochId", int)


class Side(StrEnum):
    """The two sides of a sync."""

    CRM = "crm"
    PLATFORM = "platform"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.PLATFORM if self is Side.CRM else Side.CRM


class Phase(StrEnum):
    """The task of the chain that plans and applies an operation."""

    PULL = "pull"
    MAINTAIN = "maintain"
    PUSH = "push"


class Kind(StrEnum):
    """What an operation does to its target."""

    CREATE = "create"
    UPDATE = "update"
    REMOVE = "remove"


class Status(StrEnum):
    """The state of a record in its own system."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DISQUALIFIED = "disqualified"
    CONVERTED = "converted"


class Presence(StrEnum):
    """Where a record stands with regard to the selection (audience or list) that a sync follows."""

    PRESENT = "present"  # it is there, and in the selection
    LEFT = "left"  # it is there, but left the selection (a contact whose company became a Customer, say)
    DELETED = "deleted"  # it was there and is gone, or was merged into another
    ABSENT = "absent"  # none was ever seen


class FieldType(StrEnum):
    """What a field holds; decides how its values are normalized before they are compared."""

    TEXT = "text"
    EMAIL = "email"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"  # yyyy-mm-dd
    DATETIME = "datetime"  # ISO 8601, UTC
    REFERENCE = "reference"  # the id of another record


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a connector read it, in the words of its own system."""

    object: str  # the connector's object name: "contact", "lead", "row", "prospect", "user", "opt_out", "activity"
    id: str
    fields: Values = field(default_factory=dict)  # by the system's own field names; absent and None mean blank
    email: str | None = None  # as the system spells it
    status: Status = Status.ACTIVE
    modified: datetime | None = None  # aware, UTC
    audiences: frozenset[str] = frozenset()  # every audience of the connector that it is in right now
    owner: str | None = None  # the id of the owning user in that system
    external_id: str | None = None
    opted_out: bool = False
    converted_to: tuple[str, str] | None = None  # object and id of the record that carries on (SF-2)


@dataclass(frozen=True, slots=True)
class Deletion:
    """The news that a record is gone: deleted, or merged into another."""

    object: str
    id: str
    at: datetime | None = None  # aware, UTC; None where the system doesn't say
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One write, addressed and spelled for its system: all that a connector needs to send it."""

    operation_id: OperationId
    kind: Kind
    object: str
    fields: Values  # by the system's own field names; None clears the field
    record_id: str | None = None  # None for a create
    list_id: str | None = None  # platform rows: the list they belong to
    email: str | None = None  # the natural key where the system has one
    external_id: str | None = None  # the key that makes a create safe to send twice


@dataclass(frozen=True, slots=True)
class Applied:
    """The system has it."""

    operation_id: OperationId
    record_id: str
    modified: datetime | None = None  # the record's stamp after it, where the answer tells: older reads are no news


@dataclass(frozen=True, slots=True)
class Rejected:
    """The system refused this one row; the rest of the batch goes on."""

    operation_id: OperationId
    code: str  # the system's own code, or ours where it gives none
    what_to_do: str  # who must do what; carries no person's data
    retry: bool = False  # a later run may succeed without anybody acting (a lock, a race)


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It was sent and no answer came: it must be read back before anything is sent again."""

    operation_id: OperationId
    code: str


Outcome = Applied | Rejected | InDoubt


class Rule(StrEnum):
    """Who wins when both sides changed a field to different values."""

    CRM_WINS = "crm_wins"
    PLATFORM_WINS = "platform_wins"
    NEWEST_WINS = "newest_wins"
    HOLD = "hold"
    OPT_OUT_WINS = "opt_out_wins"  # a boolean that means "do not contact": true on either side wins, always
    CRM_OWNED = "crm_owned"  # no conflict: whatever the platform holds, the CRM's value stands
    PLATFORM_OWNED = "platform_owned"  # no conflict: whatever the CRM holds, the platform's value stands (SY-2, EX-5)


class Blanks(StrEnum):
    """What a blank may do to a value on the other side."""

    KEEP = "keep"
    OVERWRITE = "overwrite"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field of a sync is mapped, compared and merged."""

    name: str  # the sync file's name of it
    crm: str
    platform: str
    type: FieldType = FieldType.TEXT
    rule: Rule = Rule.CRM_WINS
    blanks: Blanks = Blanks.KEEP
    max_length: Mapping[Side, int] = field(default_factory=dict)  # characters; no entry: no limit known

    def on(self, side: Side) -> str:
        """The field's name in the system of that side."""
        return self.crm if side is Side.CRM else self.platform


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One side of a pair as it stands now, in the sync file's field names and normalized values."""

    object: str
    record_id: str
    values: Values
    email: str | None = None  # normalized; None where it has none that can be used
    status: Status = Status.ACTIVE
    modified: datetime | None = None
    owner: str | None = None
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class SealedScore:
    """A prospect's score out of a sealed epoch."""

    epoch: EpochId
    value: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A prospect and a CRM record that are the same person, or one of them alone: what `plan` decides about.

    `key` names the pair for good: it orders the plan and enters the ids of its operations.
    """

    key: str
    generation: int = 0  # grows by one with each applied write of this link
    base: Values | None = None  # what both sides last agreed on; None: never synced
    crm: Snapshot | None = None
    crm_presence: Presence = Presence.ABSENT
    platform: Snapshot | None = None
    platform_presence: Presence = Presence.ABSENT
    tombstone: bool = False  # a CRM record of this person was deleted, and nobody released it
    duplicate_of: str | None = None  # another record of this side with the same email is the one that is followed
    score: SealedScore | None = None
    pushed_epoch: EpochId | None = None  # the newest epoch that was written to this CRM record
    email_taken: bool = False  # another prospect has the CRM record's email already (EX-8)
    owner_ids: Mapping[Side, str] = field(default_factory=dict)  # on that side: the user who owns the other's record
    released: bool = False  # a deletion of this person's CRM record was released: it may be made again (SY-15, SY-17)
    set_aside: bool = False  # a CRM record that was there before the sync began: it becomes no prospect by itself


@dataclass(frozen=True, slots=True)
class Operation:
    """One planned write and why; its id is a hash of its content and the generation of its base."""

    id: OperationId
    pair: str
    phase: Phase
    side: Side  # the side that is written
    kind: Kind
    object: str
    record_id: str | None
    email: str | None
    before: Values
    after: Values
    why: Mapping[str, str]  # field -> reason; "" -> the reason for the whole
    generation: int
    external_id: str | None = None
    epoch: EpochId | None = None
    refers: Mapping[str, str] = field(default_factory=dict)  # field -> id of the record that its value stands for


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed a field to different values; `winner` is None where it waits for a person."""

    pair: str
    field: str
    crm: Value
    platform: Value
    base: Value
    winner: Side | None
    why: str


@dataclass(frozen=True, slots=True)
class Held:
    """A row that should be written and waits for somebody to act: an open sync error."""

    pair: str
    side: Side
    code: str
    what_to_do: str
    object: str | None = None
    record_id: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that was looked at and deliberately not written."""

    pair: str
    side: Side
    code: str
    why: str
    object: str | None = None
    record_id: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """All that was decided about one pair."""

    operations: tuple[Operation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    held: tuple[Held, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    agreed: Values = field(
        default_factory=dict
    )  # fields that both sides hold alike already: the base takes them without a write
