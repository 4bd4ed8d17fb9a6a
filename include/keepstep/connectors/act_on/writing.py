"""Writes to Act-On lists: a call a row while they are few, an upload where they are many.

Laws: an upload keys on the address, and two rows of a list may have the same one: a row is only uploaded where its
address stands on one row alone, and that is the row meant. Rows in which a field must be cleared, or whose address
changes, go one by one, because an upload can do neither. After an upload every row is read back: Act-On's job only
counts.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from keepstep.connectors.act_on import uploads, wire
from keepstep.connectors.act_on.client import DELETE_BATCH, Client
from keepstep.connectors.act_on.reading import Reader
from keepstep.connectors.act_on.refusals import NEXT_RUN, UNKNOWN_COLUMN, UNKNOWN_ROW, what_to_do
from keepstep.connectors.act_on.uploads import Mode
from keepstep.connectors.act_on.wire import folded
from keepstep.connectors.calls import CallRefused, LostReply
from keepstep.connectors.parallel import in_parallel
from keepstep.core.errors import KeepstepError
from keepstep.core.model import Applied, InDoubt, Kind, Outcome, Record, Rejected, Values, Write

UPLOAD_CALLS = 6  # what an upload takes besides its listing: columns, file, some polls, reading back
CLOCK_GRAIN_MS = 5_000  # HTTP's Date has whole seconds, and the job may begin before the answer is written
REFUSED = "correct the person's data (its address first): Act-On refused the row in an upload and doesn't say why"


@dataclass(frozen=True, slots=True)
class _Row:
    """What is kept of a row that was read back: whole rows of a large upload would be the most of its memory."""

    id: str
    same: bool  # it has what the write wanted


@dataclass(slots=True)
class Writer:
    """Writes with one client; times in seconds."""

    client: Client
    reader: Reader
    workers: int
    small_write_limit: int  # rows up to which they go one by one
    job_poll_s: float
    job_limit_s: float
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """One outcome for each."""
        for list_id in sorted({str(w.list_id) for w in writes}):
            mine = [w for w in writes if str(w.list_id) == list_id]
            removals = [w for w in mine if w.kind is Kind.REMOVE]
            batches = [removals[n : n + DELETE_BATCH] for n in range(0, len(removals), DELETE_BATCH)]
            for outcomes in in_parallel(partial(self._remove, list_id), batches, self.workers):
                yield from outcomes
            yield from self._change(list_id, [w for w in mine if w.kind is not Kind.REMOVE])

    # -- one by one ------------------------------------------------------------------------------------------------

    def _remove(self, list_id: str, batch: list[Write]) -> list[Outcome]:
        try:
            stayed, count = self.client.delete(list_id, [str(w.record_id) for w in batch])
        except (CallRefused, LostReply) as trouble:
            return [_trouble(write, trouble) for write in batch]
        if count != len(stayed):  # Act-On doesn't name the rows that stayed: reading back tells
            return [InDoubt(w.operation_id, "NOT_NAMED") for w in batch]
        return [
            Rejected(w.operation_id, "NOT_DELETED", what_to_do(UNKNOWN_ROW)) if w.record_id in stayed else _applied(w)
            for w in batch
        ]

    def _singly(self, list_id: str, writes: Sequence[Write]) -> Iterator[Outcome]:
        # Two creates of one address at once could both find none there: an address is one piece of work, in order.
        pieces: dict[str, list[Write]] = {}
        for write in writes:
            email = write.kind is Kind.CREATE and folded(_email(self._head(list_id), write))
            pieces.setdefault(f"create {email}" if email else write.operation_id, []).append(write)
        work = list(pieces.values())
        for outcomes in in_parallel(lambda piece: [self._one(list_id, w) for w in piece], work, self.workers):
            yield from outcomes

    def _one(self, list_id: str, write: Write) -> Outcome:
        try:
            if write.kind is Kind.UPDATE:
                self.client.update(list_id, str(write.record_id), write.fields)
                return _applied(write)
            email = _email(self._head(list_id), write)
            if not email:
                return Rejected(write.operation_id, "NO_EMAIL", "give the person an e-mail address")
            fields = {self._head(list_id).email_column: email, **_values(write)}
            id = self.client.upsert(list_id, email, fields)
            return _applied(write, id) if id else InDoubt(write.operation_id, "NO_ID")
        except (CallRefused, LostReply) as trouble:
            return _trouble(write, trouble)

    # -- many at once ----------------------------------------------------------------------------------------------

    def _change(self, list_id: str, writes: list[Write]) -> Iterator[Outcome]:
        if len(writes) > self.small_write_limit:
            head = self.client.head(list_id, fresh=True).head
            unknown = [w for w in writes if set(w.fields) - set(head.columns)]
            for write in unknown:  # one of them would refuse the whole file
                yield Rejected(write.operation_id, UNKNOWN_COLUMN, what_to_do(UNKNOWN_COLUMN))
            writes = [w for w in writes if not set(w.fields) - set(head.columns)]
            for mode, bulk in self._bulks(list_id, head, writes):
                if mode is Mode.UPSERT:
                    self.reader.forget(list_id)
                yield from self._upload(list_id, head, mode, bulk)
                sent = {w.operation_id for w in bulk.values()}
                writes = [w for w in writes if w.operation_id not in sent]
        if self.reader.keeps(list_id) and any(_email(self._head(list_id), w) for w in writes):
            self.reader.forget(list_id)
        yield from self._singly(list_id, writes)

    def _bulks(self, list_id: str, head: wire.Head, writes: list[Write]) -> list[tuple[Mode, dict[str, Write]]]:
        """The writes that an upload does to the right row and to no other, by their addresses."""
        creates = [(_email(head, w), w) for w in writes if w.kind is Kind.CREATE]
        updates: list[tuple[str, Write]] = []
        doubled: set[str] = set()
        plain = [w for w in writes if w.kind is Kind.UPDATE and None not in w.fields.values()]
        if len(plain) > self.reader.pages(list_id) + UPLOAD_CALLS:  # else the listing costs more than it saves
            emails, doubled = self._standing(list_id, {str(w.record_id) for w in plain}, {e for e, _ in creates})
            updates = [(emails.get(str(w.record_id), ""), w) for w in plain]
        often = Counter(folded(email) for email, _ in (*creates, *updates))
        bulks = []
        for mode, pairs in ((Mode.UPSERT, creates), (Mode.UPDATE_ONLY, updates)):
            fit = {e: w for e, w in pairs if e and often[folded(e)] == 1 and folded(e) not in doubled}
            kept = {e: w for e, w in fit.items() if folded(_email(head, w) or e) == folded(e)}
            if len(kept) > self.small_write_limit:
                bulks.append((mode, kept))
        return bulks

    def _standing(self, list_id: str, ids: set[str], created: set[str]) -> tuple[dict[str, str], set[str]]:
        """The addresses of these rows; and which of them, or of those to be created, stand on two rows of the list."""
        listed = self.reader.addresses(list_id)
        emails = {id: email for id, email in listed.of(ids).items() if email}
        return emails, listed.stand_on_several_rows(folded(email) for email in (*emails.values(), *created))

    def _upload(self, list_id: str, head: wire.Head, mode: Mode, bulk: dict[str, Write]) -> Iterator[Outcome]:
        rows = ({**_values(write), head.email_column: email} for email, write in bulk.items())
        try:
            job_id, sent_ms = self.client.upload(list_id, head, mode, uploads.file_of(head, rows))
        except (CallRefused, LostReply) as trouble:
            yield from (_trouble(write, trouble) for write in bulk.values())
            return
        try:
            outcomes = self._settled(list_id, bulk, job_id, sent_ms)
        except KeepstepError:  # it was sent: what it did is read back later, whatever stopped us from asking now
            yield from (InDoubt(w.operation_id, "JOB_NOT_FOLLOWED") for w in bulk.values())
            raise
        yield from outcomes

    def _settled(self, list_id: str, bulk: dict[str, Write], job_id: str, sent_ms: int) -> list[Outcome]:
        job = self._wait(job_id)
        if job is None:
            return [InDoubt(w.operation_id, "JOB_TOO_SLOW") for w in bulk.values()]
        wanted = frozenset(folded(email) for email in bulk)
        refused: frozenset[str] = frozenset()
        if job.refused and job.refused_file:
            refused = uploads.refused_addresses(self.client.refused_rows(job.refused_file), wanted)
        trusted = job.refused <= len(refused)  # else some row failed that nobody named: its values tell
        rows = self._read_back(list_id, {e: w for e, w in bulk.items() if folded(e) not in refused}, sent_ms)
        return [
            Rejected(w.operation_id, "UPLOAD_REFUSED", REFUSED)
            if folded(email) in refused
            else _judged(w, rows.get(folded(email)), trusted=trusted)
            for email, w in bulk.items()
        ]

    def _read_back(self, list_id: str, bulk: dict[str, Write], sent_ms: int) -> dict[str, _Row]:
        """The rows of these addresses: among the ones just modified, else looked up (a no-op may move no stamp)."""
        writes = {folded(email): write for email, write in bulk.items()}
        recent = self.reader.scan(list_id, max(0, sent_ms - CLOCK_GRAIN_MS))
        rows = {key: _row(writes[key], row) for row in recent if (key := folded(row.email)) in writes}
        missing = frozenset(email for email in bulk if folded(email) not in rows)
        if missing:
            found = self.reader.by_email(list_id, missing)
            rows |= {key: _row(writes[key], row) for row in found if (key := folded(row.email)) in writes}
        return rows

    def _wait(self, job_id: str) -> uploads.Job | None:
        deadline = self.clock() + self.job_limit_s
        while not (job := self.client.job(job_id)).done:
            if self.clock() >= deadline:
                return None
            self.sleep(self.job_poll_s)
        return job

    def _head(self, list_id: str) -> wire.Head:
        return self.client.head(list_id).head


def _email(head: wire.Head, write: Write) -> str:
    """The address that the write gives the row; blank where it gives none."""
    return wire.cell(write.fields.get(head.email_column)) or (write.email or "" if write.kind is Kind.CREATE else "")


def _values(write: Write) -> Values:
    return {name: value for name, value in write.fields.items() if value is not None}


def _row(write: Write, row: Record) -> _Row:
    same = all(wire.cell(row.fields.get(name)) == wire.cell(value) for name, value in _values(write).items())
    return _Row(row.id, same)


def _judged(write: Write, row: _Row | None, *, trusted: bool) -> Outcome:
    """What an upload did for this write, by the row as it stands."""
    if row is None or (write.kind is Kind.UPDATE and row.id != write.record_id):
        return Rejected(write.operation_id, "NOT_TAKEN", NEXT_RUN, retry=True)
    if trusted or row.same:
        return _applied(write, row.id)
    return Rejected(write.operation_id, "NOT_TAKEN", NEXT_RUN, retry=True)


def _applied(write: Write, record_id: str | None = None) -> Applied:
    return Applied(write.operation_id, record_id or str(write.record_id))


def _trouble(write: Write, trouble: CallRefused | LostReply) -> Outcome:
    if isinstance(trouble, LostReply):
        return InDoubt(write.operation_id, trouble.code)
    return Rejected(write.operation_id, trouble.verdict.code, what_to_do(trouble.verdict.code))
