"""The system behind a memory connector: its data, and the trouble that a test has asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from keepstep.connectors.base import Usage
from keepstep.connectors.memory.shelf import Shelf
from keepstep.core.errors import AuthError, Unavailable
from keepstep.core.model import InDoubt, Outcome, Rejected, Write

Clock = Callable[[], datetime]  # aware, UTC


class Rejection(BaseModel):
    """A refusal that waits for the write that it is meant for."""

    key: str  # a record id, an email or an external id
    code: str
    retry: bool
    times: int | None  # None: until `release`


class LostReply(BaseModel):
    """A reply that gets lost on its way."""

    after: int  # writes that are still answered before it
    landed: bool  # whether the write itself arrives


class Script(BaseModel):
    """The trouble to come."""

    rejections: list[Rejection] = []
    lost_replies: list[LostReply] = []
    unavailable: int = 0  # calls
    retry_after_s: float | None = None
    locked_out: bool = False

    def rejection(self, write: Write) -> Rejected | None:
        """The refusal that this write meets, used up once where it is counted."""
        keys = {write.record_id, write.email, write.external_id} - {None}
        met = next((r for r in self.rejections if r.key in keys), None)
        if met is None:
            return None
        if met.times is not None:
            met.times -= 1
            if met.times == 0:
                self.rejections.remove(met)
        return Rejected(write.operation_id, met.code, "do what the script of this test says", retry=met.retry)

    def lost(self) -> LostReply | None:
        """The loss that the write at hand meets; counts down those that are meant for later ones."""
        due = next((loss for loss in self.lost_replies if loss.after == 0), None)
        self.lost_replies = [
            LostReply(after=loss.after - 1, landed=loss.landed) for loss in self.lost_replies if loss.after > 0
        ]
        return due


class ScriptedDocument(BaseModel):
    """What both memory systems keep."""

    script: Script = Script()
    sequence: int = 0  # grows by one with each change; cursors are made of it

    def tick(self) -> int:
        """The number of a new change."""
        self.sequence += 1
        return self.sequence


Document = TypeVar("Document", bound=ScriptedDocument)


class Side(ABC, Generic[Document]):
    """A system that connectors of several processes may share; `now` stamps what changes in it."""

    def __init__(self, empty: Document, now: Clock, path: Path | None) -> None:
        self.shelf = Shelf(empty, path)
        self.now = now

    def dump(self, path: Path) -> None:
        """Write all of it as JSON."""
        self.shelf.dump(path)

    def load(self, path: Path) -> None:
        """Take over what `dump` wrote."""
        self.shelf.load(path)

    # -- the trouble that a test may ask for -----------------------------------------------------------------------

    def reject_next(self, key: str, code: str, *, retry: bool = False, times: int | None = 1) -> None:
        """Refuse the next writes to this record id, email or external id; `times` None: until `release`."""
        with self.shelf.change() as document:
            document.script.rejections.append(Rejection(key=key, code=code, retry=retry, times=times))

    def release(self, key: str) -> None:
        """Take back the refusals that wait for this key."""
        with self.shelf.change() as document:
            script = document.script
            script.rejections = [r for r in script.rejections if r.key != key]

    def lose_reply_after(self, answered: int, *, landed: bool = True) -> None:
        """Answer so many writes more, then lose one reply; `landed` says whether that write still arrives."""
        with self.shelf.change() as document:
            document.script.lost_replies.append(LostReply(after=answered, landed=landed))

    def unavailable_next(self, calls: int, retry_after_s: float | None = None) -> None:
        """Refuse so many calls with Unavailable."""
        with self.shelf.change() as document:
            document.script.unavailable = calls
            document.script.retry_after_s = retry_after_s

    def lock_out(self, locked: bool = True) -> None:
        """Refuse the credentials, or take them again."""
        with self.shelf.change() as document:
            document.script.locked_out = locked

    # -- what the connectors call ----------------------------------------------------------------------------------

    def call(self, usage: Usage, endpoint: str) -> None:
        """Count a call, and let it meet its trouble. Raises AuthError or Unavailable."""
        usage.calls += 1
        usage.by_endpoint[endpoint] = usage.by_endpoint.get(endpoint, 0) + 1
        with self.shelf.look() as document:
            script = document.script
        if script.locked_out:
            raise AuthError("the in-memory system refuses these credentials")
        if script.unavailable:
            with self.shelf.change() as document:
                document.script.unavailable -= 1
            raise Unavailable("the in-memory system is not there", script.retry_after_s)

    def deliver(self, usage: Usage, writes: Sequence[Write], batch_size: int) -> Iterator[Outcome]:
        """Carry out these writes, a call a batch; each is on the shelf before its outcome is told."""
        rest = iter(writes)
        while batch := list(islice(rest, batch_size)):
            self.call(usage, "write")
            for write in batch:
                yield self._land(write)

    def _land(self, write: Write) -> Outcome:
        with self.shelf.change() as document:
            rejected = document.script.rejection(write)
            if rejected:
                return rejected
            loss = document.script.lost()
            if loss and not loss.landed:
                return InDoubt(write.operation_id, "reply_lost")
            outcome = self.perform(document, write)
            return InDoubt(write.operation_id, "reply_lost") if loss else outcome

    @abstractmethod
    def perform(self, document: Document, write: Write) -> Outcome:
        """Carry out one write."""
