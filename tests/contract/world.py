"""The other side of a connector, as the contract suite plays it: people, trouble, and a look at the truth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keepstep.connectors.base import Connector, FetchBy, ListPlatform, ReadQuery
from keepstep.core.model import Value


@dataclass(frozen=True, slots=True)
class Words:
    """The system's own names for what the suite reads and writes."""

    object: str
    email: str  # the field with the address
    first: str  # two text fields that may be written and cleared
    second: str
    unknown: str = "no_such_field"


class World(ABC):
    """A system with one selection of people in it, and nobody else; `page_size` is small, so that pages are many."""

    words: Words
    query: ReadQuery  # the whole selection, every field
    list_id: str | None = None
    page_size: int = 3
    quiet_calls: int = 2  # what an incremental read may cost when nothing changed, sign-in left out
    fetch_keys: frozenset[FetchBy] = frozenset({FetchBy.ID, FetchBy.EMAIL})
    lost_create_key: FetchBy = FetchBy.EMAIL  # how a create whose answer was lost is read back

    @abstractmethod
    def connector(self) -> Connector:
        """A fresh connector with good credentials, as another process would have it."""

    @abstractmethod
    def stranger(self) -> Connector:
        """A connector with credentials that the system refuses."""

    @abstractmethod
    def add(self, fields: Mapping[str, Value]) -> str:
        """Somebody adds a person to the selection. Returns the record's id."""

    @abstractmethod
    def edit(self, record_id: str, fields: Mapping[str, Value]) -> None:
        """Somebody edits a record, some time after the last read."""

    @abstractmethod
    def delete(self, record_id: str) -> None:
        """Somebody deletes a record."""

    @abstractmethod
    def truth(self, record_id: str) -> Mapping[str, Value] | None:
        """The record's fields as the system has them, blanks left out; None where it is gone or inactive."""

    @abstractmethod
    def emails(self) -> Sequence[str]:
        """The address of every record, doubles included."""

    @abstractmethod
    def reject(self, record_id: str) -> Mapping[str, Value]:
        """Make the system refuse the next update of this record alone; the fields to write so that it does."""

    @abstractmethod
    def lose_replies(self, lost: bool) -> None:
        """From now on, writes arrive and their answers don't; or all is well again."""

    @abstractmethod
    def unavailable(self, gone: bool) -> None:
        """From now on, every call is refused as the system does when it is down; or all is well again."""

    def pass_time(self) -> None:  # noqa: B027 # worlds that know no clock have nothing to do
        """Let more time pass than incremental reads overlap."""

    def merge(self, loser: str, survivor: str) -> None:
        """Somebody merges two records; only where deletions are announced."""
        raise NotImplementedError

    def leave_audience(self, record_id: str) -> None:
        """Somebody moves a record out of the selection; only where the connector has audiences."""
        raise NotImplementedError


class ListWorld(World):
    """A platform with one list; its connector is a `ListPlatform`."""

    list_name: str

    @abstractmethod
    def connector(self) -> ListPlatform:
        """A fresh connector with good credentials."""

    @abstractmethod
    def double_list(self) -> str:
        """Somebody makes two lists with one name. Returns it."""

    @abstractmethod
    def opt_out(self, email: str) -> None:
        """Somebody unsubscribes."""

    @abstractmethod
    def act(self, email: str, kind: str) -> None:
        """Somebody does something that the connector's activities call `kind`."""

    def act_kind(self) -> str:
        """A kind of activity that `act` can play."""
        return "form_submitted"
