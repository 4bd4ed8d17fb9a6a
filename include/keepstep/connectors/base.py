"""What every connector is: it reads, and does what each write says; it never decides.

A connector is one package with `wire.py` (pure: JSON or CSV to records and back, the error table) and `connector.py`
(sends). Every connector passes `tests/contract/suite.py` against its sandbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from keepstep.core.model import Deletion, FieldType, Outcome, Record, Write

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class IdempotentBy(StrEnum):
    """The key by which a create that is sent twice makes one record only."""

    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    NOTHING = "nothing"


class RemoveMeans(StrEnum):
    """What a `Kind.REMOVE` write does to the record."""

    DELETES = "deletes"
    RECYCLES = "recycles"  # can be undeleted for some days
    INACTIVATES = "inactivates"
    LEAVES_LIST = "leaves_list"  # the row of this list goes; the person's history and opt-outs stay


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a system's API can do; each flag is proved by the contract suite."""

    objects: frozenset[str]
    audiences: frozenset[str] = frozenset()  # CRM-defined selections that `ReadQuery.audience` may name
    incremental: bool = True  # `read` with a cursor costs what changed, not what there is
    announces_deletions: bool = False
    announces_merges: bool = False  # a deletion tells the surviving record
    counts: bool = False  # `count` is cheap: a vanished record shows as a smaller number
    stale_reads: bool = False  # a read may answer with what was there before a write that was answered already
    conditional_writes: bool = False  # a write can be refused because the record changed since
    idempotent_create: IdempotentBy = IdempotentBy.NOTHING
    remove_means: RemoveMeans = RemoveMeans.DELETES
    reads_activities: bool = False  # one contact a call
    streams_activities: bool = False  # everybody's, incrementally: `read` of "activity" with a cursor, no subjects
    batch_size: int = 1  # writes that go in one call at the most
    concurrency: int = 1  # calls under way at once
    page_size: int = 1000


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field of an object as the system describes it."""

    name: str
    type: FieldType = FieldType.TEXT
    label: str = ""
    writable: bool = True
    max_length: int | None = None  # characters


Schema = Mapping[str, Mapping[str, FieldInfo]]  # object -> field name -> field


@dataclass(frozen=True, slots=True)
class ListInfo:
    """A list of the platform."""

    id: str
    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """Which records to read.

    CRM: `object` and `audience` (None: all). Platform: object "row" with `list_id`; object "prospect" (every person of
    the account, where prospects sync as such); object "opt_out" (the account's suppression list); object "activity":
    with `subjects`, the ids of rows whose behaviour is asked for (where `reads_activities`), or without, with a cursor,
    everybody's (where `streams_activities`); each Record then has the fields "subject" (the id of the row or prospect),
    "type", "at" (ISO 8601, UTC) and the email.

    Either side: object "user", the people who own records there: id, email, field "name", `Status.INACTIVE` for those
    who can own nothing any more.
    """

    object: str
    fields: tuple[str, ...] = ()  # by the system's own names
    audience: str | None = None
    list_id: str | None = None
    subjects: tuple[str, ...] = ()
    since: datetime | None = None  # "activity" without a cursor: what is older need not be told


Cursor = Mapping[str, Json]  # opaque to all but the connector that made it; JSON, so that it can be stored


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a read.

    `cursor` is the place to go on from once this page is stored: in the middle of a full listing it resumes that
    listing; on the last page it is the watermark for the next incremental read. Incremental reads overlap, so a record
    may be told again: the reader de-duplicates by content. In an incremental read of an audience, a changed record
    that is no longer in the audience is told too, with its `audiences` as they are now.
    """

    records: tuple[Record, ...]
    deletions: tuple[Deletion, ...] = ()
    cursor: Cursor | None = None
    full: bool = False  # part of a full listing: what the whole listing doesn't name isn't in the selection
    last: bool = False


class FetchBy(StrEnum):
    """The key of a read-back."""

    ID = "id"
    EMAIL = "email"
    EXTERNAL_ID = "external_id"
    NAME = "name"  # companies: case and outer blanks don't count


@dataclass(slots=True)
class Usage:
    """Calls made by one connector since it was made; `left` is what the other side says remains, where it says so."""

    calls: int = 0
    retries: int = 0
    left: int | None = None
    waited_s: float = 0.0  # for answers; of calls that were under way together, each one's
    by_endpoint: dict[str, int] = field(default_factory=dict)


class Connector(Protocol):
    """One system, seen through one account."""

    name: ClassVar[str]
    usage: Usage

    @property
    def capabilities(self) -> Capabilities:
        """What can be done over this connection."""

    def check(self) -> None:
        """Sign in and make one cheap call. Raises AuthError or Unavailable."""

    def schema(self, objects: Sequence[str], list_id: str | None = None) -> Schema:
        """The fields of these objects; for object "row", the columns of that list."""

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """Everything (no cursor), or what changed since that cursor, page by page; at least one page.

        Raises AuthError or Unavailable; CursorExpired where the cursor can't be used any more.
        """

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """Read back these records; keys without a record are just not answered.

        By id, records outside the query's audience are answered too, with their `audiences` as they are now.
        """

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Send these writes, in as few calls as the API allows; yield one outcome for each, in any order.

        A row that the system refuses is a `Rejected`; a row whose answer was lost is an `InDoubt`. Raises AuthError or
        Unavailable only before anything of the batch was sent, or for writes it has not sent: it stops there.
        """

    def url(self, object: str, record_id: str, list_id: str | None = None) -> str:
        """Where a person sees this record in the system's own pages."""

    def close(self) -> None:
        """Let go of connections."""


class Counts(Protocol):
    """What `Capabilities.counts` promises."""

    def count(self, of: str, /) -> int:
        """The number of records there are now: on the list with this id, or of this object but for converted ones."""


class ListPlatform(Connector, Counts, Protocol):
    """A platform whose people are kept on lists."""

    def find_list(self, name: str) -> ListInfo | None:
        """The list with this name; None where there is none. Raises SettingsError where several have it."""

    def create_list(self, name: str, columns: Sequence[str], email_column: str) -> ListInfo:
        """Make an empty list with these columns."""


class CursorExpired(Exception):
    """The system doesn't remember back to this cursor: read everything again."""
