"""Writes prospects and the members of lists: a call each, some at once; an upsert makes a create safe to send twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from keepstep.connectors.account_engagement import errors, wire
from keepstep.connectors.account_engagement.fields import PROSPECT, ROW
from keepstep.connectors.account_engagement.reading import MEMBERS, PROSPECTS
from keepstep.connectors.account_engagement.unit import Unit
from keepstep.connectors.base import Json
from keepstep.connectors.calls import CallRefused, Effect, Expects, LostReply, Reply
from keepstep.connectors.parallel import in_parallel
from keepstep.core.errors import Bug
from keepstep.core.model import Applied, InDoubt, Kind, Outcome, Rejected, Write

_BACK = "id,updatedAt"


@dataclass(frozen=True, slots=True)
class Writer:
    """Sends the writes of one business unit."""

    unit: Unit

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """An outcome for each write, as they come in; writes to one prospect go one after the other."""
        for write in writes:
            if write.object not in (PROSPECT, ROW):
                raise Bug(f"Account Engagement: a write to {write.object!r} was planned")
        rest = list(writes)
        while rest:
            seen: set[str] = set()
            now: list[Write] = []
            later: list[Write] = []
            for write in rest:
                key = wire.prospect_of(write.record_id) if write.record_id else f"new {str(write.email).lower()}"
                (later if key in seen else now).append(write)
                seen.add(key)
            outcomes: Iterator[Outcome] = in_parallel(self._one, now, self.unit.settings.concurrency)
            yield from outcomes
            rest = later

    def _one(self, write: Write) -> Outcome:
        try:
            return self._sent(write)
        except CallRefused as refused:
            return errors.rejected(write.operation_id, refused.verdict.code)
        except LostReply as lost:
            return InDoubt(write.operation_id, lost.code)

    def _sent(self, write: Write) -> Outcome:
        match write.kind:
            case Kind.CREATE:
                return self._create(write)
            case Kind.UPDATE:
                return self._update(write)
            case Kind.REMOVE:
                return self._remove(write)
            case _:
                assert_never(write.kind)

    def _create(self, write: Write) -> Outcome:
        person = wire.body_of(write)
        email = write.email or person.get("email")
        if not email:
            return Rejected(write.operation_id, "4", "a prospect needs an email: give the person one")
        person.setdefault("email", email)
        body: dict[str, Json] = {"matchEmail": email, "prospect": person, "fields": ["id", "updatedAt"]}
        reply = self.unit.send(
            "POST",
            f"{PROSPECTS}/do/upsertLatestByEmail",
            Effect.IDEMPOTENT,
            json=body,
            expects=Expects.JSON_OR_NOTHING,
        )
        told = _told(reply)
        if "id" not in told:  # it is there, and this user can't read it back (yet)
            return InDoubt(write.operation_id, "NOT_READABLE")
        if write.object == PROSPECT:
            return Applied(write.operation_id, str(told["id"]), wire.moment(told.get("updatedAt")))
        self._join(str(write.list_id), str(told["id"]))
        return Applied(write.operation_id, wire.row_id(str(write.list_id), told["id"]))

    def _join(self, list_id: str, prospect_id: str) -> None:
        body: dict[str, Json] = {"listId": int(list_id), "prospectId": int(prospect_id)}
        try:
            self.unit.send(
                "POST",
                MEMBERS,
                Effect.IDEMPOTENT,
                params={"fields": "id"},
                json=body,
                expects=Expects.JSON_OR_NOTHING,
            )
        except CallRefused as refused:
            if refused.verdict.code != errors.ALREADY_MEMBER:
                raise

    def _update(self, write: Write) -> Outcome:
        id = wire.prospect_of(str(write.record_id))
        reply = self.unit.send(
            "PATCH",
            f"{PROSPECTS}/{id}",
            Effect.IDEMPOTENT,
            label=f"{PROSPECTS}/{{id}}",
            params={"fields": _BACK},
            json=wire.body_of(write),
            expects=Expects.JSON_OR_NOTHING,
        )
        # The stamp is the prospect's; a row's is the later one of prospect and membership.
        stamp = wire.moment(_told(reply).get("updatedAt")) if write.object == PROSPECT else None
        return Applied(write.operation_id, str(write.record_id), stamp)

    def _remove(self, write: Write) -> Outcome:
        id = wire.prospect_of(str(write.record_id))
        if write.object == PROSPECT:
            self._delete(f"{PROSPECTS}/{id}", f"{PROSPECTS}/{{id}}")
            return Applied(write.operation_id, str(write.record_id))
        found = {"listId": str(write.list_id), "prospectIdList": id}
        for rows, _, _ in self.unit.pages(MEMBERS, ("id",), found):
            for row in rows:
                self._delete(f"{MEMBERS}/{row['id']}", f"{MEMBERS}/{{id}}")
        return Applied(write.operation_id, str(write.record_id))

    def _delete(self, path: str, label: str) -> None:
        try:
            self.unit.send("DELETE", path, Effect.IDEMPOTENT, label=label, expects=Expects.ANYTHING)
        except CallRefused as refused:
            if refused.verdict.code not in errors.NOT_FOUND:  # gone is what it was to be
                raise


def _told(reply: Reply) -> Mapping[str, Json]:
    return reply.json if isinstance(reply.json, dict) else {}
