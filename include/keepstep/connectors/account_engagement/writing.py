"""Writes prospects and the members of lists: a call each, some at once; an upsert makes a create safe to send twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from keepstep.connectors.account_engagement import errors, import_file, wire
from keepstep.connectors.account_engagement.fields import PROSPECT, ROW
from keepstep.connectors.account_engagement.import_file import Shape
from keepstep.connectors.account_engagement.importing import Importer
from keepstep.connectors.account_engagement.reading import MEMBERS, PROSPECTS
from keepstep.connectors.account_engagement.unit import Unit
from keepstep.connectors.base import Json
from keepstep.connectors.calls import CallRefused, Effect, Expects, LostReply, Reply
from keepstep.connectors.parallel import in_parallel
from keepstep.core.errors import Bug
from keepstep.core.model import Applied, InDoubt, Kind, Outcome, Rejected, Write

_TRIES = 3  # where somebody else saves the same prospect
_WAIT_S = 0.5


@dataclass(frozen=True, slots=True)
class Writer:
    """Sends the writes of one business unit."""

    unit: Unit

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """An outcome for each write, as they come in; writes to one prospect go one after the other."""
        for write in writes:
            if write.object not in (PROSPECT, ROW):
                raise Bug(f"Account Engagement: a write to {write.object!r} was planned")
        return self._outcomes(writes)

    def _outcomes(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        rest: list[Write] = []
        closed = {list_id: self._closed(list_id) for list_id in sorted(set(map(_list_changed, writes)) - {""})}
        for write in writes:
            code = closed.get(_list_changed(write))
            if code is None:
                rest.append(write)
            else:
                yield errors.rejected(write.operation_id, code, of_list=True)
        while rest:
            now, rest = _distinct(rest)
            yield from self._wave(now)

    def _closed(self, list_id: str) -> str | None:
        """Why nobody can be put on the list or taken off it; None where that can be done."""
        try:
            return errors.DYNAMIC_LIST if self.unit.is_dynamic(list_id) else None
        except CallRefused:
            return errors.NO_LIST

    def _wave(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Many of one shape by an import, the others a call each."""
        shapes: dict[Shape, list[Write]] = {}
        singly: list[Write] = []
        least = self.unit.settings.import_from
        for write in writes:
            apt = len(writes) >= least and import_file.fits(write, self.unit.schema())
            (shapes.setdefault(import_file.shape_of(write), []) if apt else singly).append(write)
        for shape, some in shapes.items():
            if len(some) < least:
                singly += some
            else:
                yield from Importer(self.unit).send(shape, some, singly)
        outcomes: Iterator[Outcome] = in_parallel(self._one, singly, self.unit.settings.concurrency)
        yield from outcomes

    def _one(self, write: Write) -> Outcome:
        for tries in range(1, _TRIES + 1):
            try:
                return self._sent(write)
            except LostReply as lost:
                return InDoubt(write.operation_id, lost.code)
            except CallRefused as refused:
                code = refused.verdict.code
                if code != errors.CONFLICT or tries == _TRIES:
                    return errors.rejected(write.operation_id, code)
                self.unit.transport.sleep(_WAIT_S * tries)
        raise AssertionError  # the last try returns

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
        email = wire.email_of(write)
        if not email:
            return Rejected(write.operation_id, "4", "a prospect needs an email: give the person one")
        told = self._upserted(email, {**person, "email": email})
        if "id" not in told:  # it is there, and this user can't read it back (yet)
            return InDoubt(write.operation_id, "NOT_READABLE")
        if write.object == PROSPECT:
            return Applied(write.operation_id, str(told["id"]), wire.moment(told.get("updatedAt")))
        return self._joined(write, str(told["id"]))

    def _upserted(self, email: str, person: dict[str, Json]) -> Mapping[str, Json]:
        """The prospect with this address, made or changed."""
        body: dict[str, Json] = {"matchEmail": email, "prospect": person, "fields": ["id", "updatedAt"]}
        path = f"{PROSPECTS}/do/upsertLatestByEmail"
        try:
            return _told(self.unit.send("POST", path, Effect.IDEMPOTENT, json=body, expects=Expects.JSON_OR_NOTHING))
        except CallRefused as refused:
            if refused.verdict.code not in errors.EMAIL_TAKEN:
                raise
            # Where an address is one prospect's only, it may be there in another spelling, which isn't matched.
            ids = self._spelled_otherwise(email)
            if len(ids) != 1:
                raise
            return _told(self._patch(ids[0], {name: v for name, v in person.items() if name != "email"}))

    def _spelled_otherwise(self, email: str) -> list[str]:
        asked = {"emailList": ",".join(wire.spellings(email))}
        return [str(row["id"]) for rows, _, _ in self.unit.pages(PROSPECTS, ("id",), asked) for row in rows]

    def _joined(self, write: Write, prospect_id: str) -> Outcome:
        list_id = str(write.list_id)
        body: dict[str, Json] = {"listId": int(list_id), "prospectId": int(prospect_id)}
        asked = {"fields": "id"}
        try:
            self.unit.send("POST", MEMBERS, Effect.IDEMPOTENT, params=asked, json=body, expects=Expects.JSON_OR_NOTHING)
        except CallRefused as refused:
            code = refused.verdict.code
            if code == errors.CONFLICT:
                raise
            if code != errors.ALREADY_MEMBER:
                return errors.rejected(write.operation_id, code, of_list=True)
        return Applied(write.operation_id, wire.row_id(list_id, prospect_id))

    def _update(self, write: Write) -> Outcome:
        reply = self._patch(wire.prospect_of(str(write.record_id)), wire.body_of(write))
        # The stamp is the prospect's; a row's is the later one of prospect and membership.
        stamp = wire.moment(_told(reply).get("updatedAt")) if write.object == PROSPECT else None
        return Applied(write.operation_id, str(write.record_id), stamp)

    def _patch(self, id: str, body: dict[str, Json]) -> Reply:
        return self.unit.send(
            "PATCH",
            f"{PROSPECTS}/{id}",
            Effect.IDEMPOTENT,
            label=f"{PROSPECTS}/{{id}}",
            params={"fields": "id,updatedAt"},
            json=body,
            expects=Expects.JSON_OR_NOTHING,
        )

    def _remove(self, write: Write) -> Outcome:
        done = Applied(write.operation_id, str(write.record_id))
        id = wire.prospect_of(str(write.record_id))
        if write.object == PROSPECT:
            self._delete(f"{PROSPECTS}/{id}", f"{PROSPECTS}/{{id}}")
            return done
        found = {"listId": str(write.list_id), "prospectIdList": id}
        try:
            for rows, _, _ in self.unit.pages(MEMBERS, ("id",), found):
                for row in rows:
                    self._delete(f"{MEMBERS}/{row['id']}", f"{MEMBERS}/{{id}}")
        except CallRefused as refused:
            if refused.verdict.code == errors.CONFLICT:
                raise
            return errors.rejected(write.operation_id, refused.verdict.code, of_list=True)
        return done

    def _delete(self, path: str, label: str) -> None:
        try:
            self.unit.send("DELETE", path, Effect.IDEMPOTENT, label=label, expects=Expects.ANYTHING)
        except CallRefused as refused:
            if refused.verdict.code not in errors.NOT_FOUND | errors.BINNED:  # gone is what it was to be
                raise


def _distinct(writes: Sequence[Write]) -> tuple[list[Write], list[Write]]:
    """Those that may go in any order, each to another prospect, and those that must wait for one of them."""
    seen: set[str] = set()
    now: list[Write] = []
    later: list[Write] = []
    for write in writes:
        new = f"new {(wire.email_of(write) or '').lower()}"
        key = wire.prospect_of(write.record_id) if write.record_id else new
        (later if key in seen else now).append(write)
        seen.add(key)
    return now, later


def _list_changed(write: Write) -> str:
    """The list whose members it changes; none for an update."""
    return "" if write.object != ROW or write.kind is Kind.UPDATE else str(write.list_id)


def _told(reply: Reply) -> Mapping[str, Json]:
    return reply.json if isinstance(reply.json, dict) else {}
