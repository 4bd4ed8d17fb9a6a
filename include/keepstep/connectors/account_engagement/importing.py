"""Writes by the Import API: a dozen calls for any number of rows (Account Engagement API v5).

An import is made, filled, begun and waited for. Until it is begun nothing was written; from then on what isn't told
for certain is in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from keepstep.connectors.account_engagement import errors, import_file, wire
from keepstep.connectors.account_engagement.fields import ROW
from keepstep.connectors.account_engagement.import_file import Shape
from keepstep.connectors.account_engagement.reading import PROSPECTS, chunks
from keepstep.connectors.account_engagement.unit import ROOT, Unit
from keepstep.connectors.base import Json
from keepstep.connectors.calls import CallRefused, Effect, Expects, LostReply
from keepstep.core.errors import AuthError, KeepstepError, Unavailable
from keepstep.core.model import Applied, InDoubt, Kind, Outcome, Write

IMPORTS: Final = "/imports"
_LABEL: Final = f"{IMPORTS}/{{id}}"
PARTS: Final = ("file", "importFile")  # of the form with a batch: v5's, as believed, and v4's
_STATE: Final = "id,status,createdCount,updatedCount,errorCount,errorRef"
_ENDED: Final = frozenset({"Complete", "Failed", "Canceled"})
_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 15.0
_STALE_S: Final = 60.0  # for so long reads may not know what was written
_Part = tuple[bytes, list[Write]]


@dataclass(frozen=True, slots=True)
class Importer:
    """Sends writes of one shape, all to different prospects."""

    unit: Unit

    def send(self, shape: Shape, writes: Sequence[Write], singly: list[Write]) -> Iterator[Outcome]:
        """An outcome for each write, but for those which are added to `singly`: they must go one by one.

        Raises AuthError or Unavailable only for writes that were not sent.
        """
        names = import_file.columns(shape, writes)
        for parts in import_file.batches(shape, writes):
            some = [write for _, part in parts for write in part]
            try:
                id = self._filled(import_file.description(shape, names), parts)
            except AuthError:  # the role may not import, perhaps; if it is more than that, a single call will say so
                singly += some
                continue
            except CallRefused as refused:  # the whole of it, and nothing was written
                code = refused.verdict.code
                if code in errors.NO_MORE_IMPORTS:
                    singly += some
                else:
                    yield from (errors.rejected(write.operation_id, code) for write in some)
                continue
            yield from self._outcomes(shape, id, some, singly)

    def _filled(self, body: dict[str, Json], parts: Sequence[_Part]) -> str:
        """An import that was not begun yet. Raises CallRefused, AuthError or Unavailable."""
        # One that is made twice because an answer was lost stays empty, and is gone after a day.
        asked = {"fields": "id,status,batchesRef"}
        reply = self.unit.send("POST", IMPORTS, Effect.READS, params=asked, json=body)
        told = reply.json if isinstance(reply.json, dict) else {}
        if not isinstance(told.get("id"), int):
            raise Unavailable("Account Engagement made an import and didn't tell its id; nothing of it was saved")
        id = str(told["id"])
        where = _own_path(told.get("batchesRef"), f"{IMPORTS}/{id}/batches")
        try:
            for content, _ in parts:
                self._upload(where, content)
        except LostReply:
            self._cancel(id)
            raise Unavailable("Account Engagement didn't take a batch of an import; nothing of it was saved") from None
        except (CallRefused, KeepstepError):
            self._cancel(id)
            raise
        return id

    def _upload(self, path: str, content: bytes) -> None:
        known = self.unit.import_part
        for name in PARTS if known is None else (known,):
            files = {name: ("batch.csv", content, "text/csv")}
            label = f"{_LABEL}/batches"
            try:
                self.unit.send("POST", path, Effect.ONCE, label=label, files=files, expects=Expects.ANYTHING)
            except CallRefused as refused:
                if refused.verdict.code not in errors.NO_FILE or name == PARTS[-1]:
                    raise
            else:
                self.unit.import_part = name
                return

    def _outcomes(self, shape: Shape, id: str, writes: Sequence[Write], singly: list[Write]) -> Iterator[Outcome]:
        try:
            self._begin(id)
            state = self._ended(id)
            left = import_file.by_key(writes)
            outcomes: list[Outcome] = []
            for key, code in self._refused(shape, id, state, left).items():
                write = left.pop(key)
                outcome = _refusal(shape, write, code)
                if outcome is None:
                    singly.append(write)
                else:
                    outcomes.append(outcome)
            all_told = state.get("status") == "Complete" and _errors(state) == len(writes) - len(left)
            outcomes += self._done(shape, list(left.values())) if all_told else _doubtful(left.values(), "NO_RESULT")
        except (CallRefused, LostReply, KeepstepError):  # it was begun, or may have been: only a read-back tells
            answered = {write.operation_id for write in singly}
            yield from _doubtful([write for write in writes if write.operation_id not in answered], "IMPORT_LOST")
        else:
            yield from outcomes

    def _begin(self, id: str) -> None:
        """Let it run. A refusal may mean that an earlier try, whose answer was lost, did: its state will tell."""
        body: Json = {"status": "Ready"}
        try:
            self.unit.send(
                "PATCH",
                f"{IMPORTS}/{id}",
                Effect.IDEMPOTENT,
                label=_LABEL,
                params={"fields": "id,status"},
                json=body,
                expects=Expects.JSON_OR_NOTHING,
            )
        except (CallRefused, LostReply):
            if self._state(id).get("status") == "Open":
                self._cancel(id)

    def _ended(self, id: str) -> Mapping[str, Json]:
        """How it ended. Raises Unavailable where that takes too long: what it did by then stays done."""
        waited, pause = 0.0, _FIRST_WAIT_S
        while True:
            state = self._state(id)
            if state.get("status") in _ENDED:
                return state
            if waited >= self.unit.settings.import_wait_s:
                self._cancel(id)
                raise Unavailable("Account Engagement's import takes longer than the connection allows")
            self.unit.transport.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, _LONGEST_WAIT_S)

    def _state(self, id: str) -> Mapping[str, Json]:
        reply = self.unit.send("GET", f"{IMPORTS}/{id}", label=_LABEL, params={"fields": _STATE})
        return reply.json if isinstance(reply.json, dict) else {}

    def _cancel(self, id: str) -> None:
        body: Json = {"status": "Canceled"}
        path = f"{IMPORTS}/{id}"
        try:
            self.unit.send("PATCH", path, Effect.READS, label=_LABEL, json=body, expects=Expects.ANYTHING)
        except (CallRefused, KeepstepError):
            return  # it dies of itself

    def _refused(self, shape: Shape, id: str, state: Mapping[str, Json], keys: Mapping[str, Write]) -> dict[str, str]:
        if _errors(state) == 0:
            return {}
        path = _own_path(state.get("errorRef"), f"{IMPORTS}/{id}/errors")
        headers = {"Accept": "text/csv"}
        reply = self.unit.send("GET", path, label=f"{_LABEL}/errors", headers=headers, expects=Expects.FILE)
        with reply.file as file:
            return import_file.refused(file.read(), shape, keys)

    # -- ids -------------------------------------------------------------------------------------------------------

    def _done(self, shape: Shape, writes: Sequence[Write]) -> list[Outcome]:
        """What was taken; creates are read back for their ids, and once more where a read was too old to know them."""
        if shape.kind is not Kind.CREATE:
            return [Applied(write.operation_id, str(write.record_id)) for write in writes]
        outcomes: list[Outcome] = []
        left = import_file.by_key(writes)
        try:
            for again in (True, False):
                for email, ids in self._ids(list(left)).items():
                    outcomes.append(_created(left.pop(email), ids))
                if left and again:
                    self.unit.transport.sleep(_STALE_S)
        except (CallRefused, KeepstepError):  # they are there, and their ids are told by the next read-back
            pass
        return outcomes + _doubtful(left.values(), "NOT_READABLE")

    def _ids(self, emails: Sequence[str]) -> dict[str, list[str]]:
        """The prospects that have each of these addresses, spelled just so."""
        found: dict[str, list[str]] = {}
        wanted = set(emails)
        for some in chunks(sorted(email for email in emails if "," not in email)):
            for rows, _, _ in self.unit.pages(PROSPECTS, ("id", "email"), {"emailList": ",".join(some)}):
                for row in rows:
                    if row.get("email") in wanted:
                        found.setdefault(str(row["email"]), []).append(str(row["id"]))
        return found


def _own_path(url: Json, usual: str) -> str:
    """The path below the API's root that an answer names; its host is not asked, or it would get our token."""
    path = urlsplit(url).path if isinstance(url, str) else ""
    return path.removeprefix(ROOT) if path.startswith(f"{ROOT}/") else usual


def _errors(state: Mapping[str, Json]) -> int:
    """How many rows were refused; -1 where it isn't told."""
    value = state.get("errorCount")
    return value if isinstance(value, int) else -1


def _refusal(shape: Shape, write: Write, code: str) -> Outcome | None:
    """What a refused row means; None where it may go all the same if it is sent alone."""
    if shape.kind is Kind.REMOVE and code in errors.NOT_FOUND | errors.BINNED:
        return Applied(write.operation_id, str(write.record_id))
    if shape.kind is Kind.CREATE and code in errors.BINNED | errors.EMAIL_TAKEN:
        return None
    return errors.rejected(write.operation_id, code, of_list=shape.object == ROW)


def _created(write: Write, ids: Sequence[str]) -> Outcome:
    """Where several have the address nobody tells which one an import took."""
    if len(ids) > 1:
        return InDoubt(write.operation_id, "SEVERAL")
    id = ids[0] if write.object != ROW else wire.row_id(str(write.list_id), ids[0])
    return Applied(write.operation_id, id)


def _doubtful(writes: Iterable[Write], code: str) -> list[Outcome]:
    return [InDoubt(write.operation_id, code) for write in writes]
