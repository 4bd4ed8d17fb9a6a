"""The in-memory platform's prospects: the people who work with them, and what it does with a connector's writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from keepstep.connectors.base import FieldInfo, Usage
from keepstep.connectors.memory.platform_document import PROSPECT, USER, Act, PlatformDocument
from keepstep.connectors.memory.side import Clock, Side
from keepstep.connectors.memory.table import Entry, changed, same
from keepstep.core.model import Applied, Kind, Outcome, Record, Rejected, Status, Value, Write


class ProspectSide(Side[PlatformDocument]):
    """An account's prospects and users. No two prospects have one email, unless `allow_several_per_email` was called.

    With `path` it lives in that file.
    """

    def __init__(self, now: Clock, path: Path | None = None) -> None:
        super().__init__(PlatformDocument(), now, path)

    # -- what people do --------------------------------------------------------------------------------------------

    def add_user(self, email: str, name: str | None = None, *, active: bool = True) -> str:
        """An administrator makes a user; to an inactive one nothing new can be assigned. Returns the id."""
        with self.shelf.change() as document:
            id = document.new_id("u")
            fields = changed({}, {"email": email, "name": name})
            status = Status.ACTIVE if active else Status.INACTIVE
            document.tables[USER].put(id, Entry(fields=fields, modified=self.now(), status=status), document.tick())
            return id

    def inactivate_user(self, user_id: str, status: Status = Status.INACTIVE) -> None:
        """An administrator sets a user's status."""
        with self.shelf.change() as document:
            users = document.tables[USER]
            entry = users.kept[user_id].model_copy(update={"status": status, "modified": self.now()})
            users.put(user_id, entry, document.tick())

    def add_prospect(self, email: str | None, owner: str | None = None, **fields: Value) -> str:
        """Somebody adds a prospect, or changes the one who has this email already. Returns the id."""
        given = {"email": email, **fields} if owner is None else {"email": email, **fields, "owner": owner}
        with self.shelf.change() as document:
            there = None if document.several_per_email else _first(document, email)
            return self._create(document, given) if there is None else self._change(document, there, given)

    def edit_prospect(self, prospect_id: str, **fields: Value) -> None:
        """Somebody changes these fields; None clears. Raises ValueError where another prospect has the email."""
        with self.shelf.change() as document:
            if _taken(document, prospect_id, fields.get("email")):
                raise ValueError("another prospect has this email")
            self._change(document, prospect_id, fields)

    def assign(self, prospect_id: str, user_id: str | None) -> None:
        """Somebody assigns a prospect to a user, or to nobody."""
        self.edit_prospect(prospect_id, owner=user_id)

    def opt_out_prospect(self, prospect_id: str) -> None:
        """A prospect unsubscribes."""
        self.edit_prospect(prospect_id, opted_out=True)

    def act_prospect(self, prospect_id: str, kind: str, score: int = 0, at: datetime | None = None) -> None:
        """A prospect opens, clicks, fills in, which moves the score by so much; `at` None: now."""
        with self.shelf.change() as document:
            fields = document.prospects.kept[prospect_id].fields
            if score:
                self._change(document, prospect_id, {"score": _points(fields.get("score")) + score})
            email, sequence = fields.get("email"), document.tick()
            act = Act(
                id=f"act-{sequence}",
                email=None if email is None else str(email),
                type=kind,
                at=at or self.now(),
                sequence=sequence,
                subject=prospect_id,
            )
            document.acts.append(act)

    def delete_prospect(self, prospect_id: str) -> None:
        """Somebody puts a prospect into the recycle bin."""
        with self.shelf.change() as document:
            document.prospects.drop(prospect_id, document.tick(), self.now())

    def undelete_prospect(self, prospect_id: str) -> None:
        """Somebody takes a prospect out of the recycle bin. Raises ValueError where another has the email by now."""
        with self.shelf.change() as document:
            entry = document.prospects.bin[prospect_id]
            if _taken(document, prospect_id, entry.fields.get("email")):
                raise ValueError("another prospect has this email")
            entry = entry.model_copy(update={"modified": self.now()})
            document.prospects.put(prospect_id, entry, document.tick())

    def merge_prospects(self, loser: str, survivor: str) -> None:
        """Somebody merges two prospects; the survivor keeps its own values, and nothing names it."""
        with self.shelf.change() as document:
            self._change(document, survivor, {})
            document.prospects.drop(loser, document.tick(), self.now())

    def add_field(self, object: str, field: FieldInfo) -> None:
        """An administrator makes a column of the prospects."""
        if object != PROSPECT:
            raise ValueError("only prospects take new columns here; a list takes them by add_column")
        with self.shelf.change() as document:
            document.prospect_fields[field.name] = field

    def allow_several_per_email(self) -> None:
        """An administrator lets several prospects have one email; a connector's create still updates the first."""
        with self.shelf.change() as document:
            document.several_per_email = True

    # -- the trouble that a test may ask for -----------------------------------------------------------------------

    def answer_stale(self, reads: int) -> None:
        """Let so many reads and fetches of prospects answer as if the last `apply` hadn't come yet.

        Of each prospect that it wrote to they tell what was before. Further applies until then are hidden as well;
        reads that have nothing to hide don't count.
        """
        with self.shelf.change() as document:
            document.lag.reads, document.lag.hides = reads, False

    # -- what tests look at ----------------------------------------------------------------------------------------

    def prospects(self) -> list[Record]:
        """Every prospect that isn't in the recycle bin, as it stands."""
        with self.shelf.look() as document:
            return [entry.record(PROSPECT, id) for id, entry in document.prospects.kept.items()]

    def prospect(self, prospect_id: str) -> Record | None:
        """A prospect as it stands; None where it is in the recycle bin."""
        with self.shelf.look() as document:
            entry = document.prospects.kept.get(prospect_id)
            return entry.record(PROSPECT, prospect_id) if entry else None

    # -- what connectors do ----------------------------------------------------------------------------------------

    def deliver(self, usage: Usage, writes: Sequence[Write], batch_size: int) -> Iterator[Outcome]:
        """Carry out these writes; what prospects were before them is kept for `answer_stale`."""
        if any(write.object == PROSPECT for write in writes):
            with self.shelf.change() as document:
                document.lag.deliver(document.sequence)
        return super().deliver(usage, writes, batch_size)

    def answers_stale(self) -> bool:
        """Whether the read of prospects that begins now is a stale one, which it uses up."""
        with self.shelf.look() as document:
            stale = bool(document.lag.reads and document.lag.before)
        if stale:
            with self.shelf.change() as document:
                document.lag.reads -= 1
        return stale

    def perform_prospect(self, document: PlatformDocument, write: Write) -> Outcome:
        """Carry out one write of a connector; a create of an email that is there updates its first prospect."""
        refusal = _fields_refused(document, write)
        if write.kind is Kind.CREATE:
            fields = {"email": write.email, **write.fields}
            id = _first(document, fields["email"])
            if not same(fields["email"]):
                refusal = ("no_email", "give the person an email address")
        else:
            fields, id = dict(write.fields), str(write.record_id)
            refusal = _prospect_refused(document, id, fields) or refusal
        if refusal:
            return Rejected(write.operation_id, *refusal)
        if id is not None:
            document.lag.note(id, document.prospects.kept[id])
        if write.kind is Kind.REMOVE:
            document.prospects.drop(str(id), document.tick(), self.now())
            return Applied(write.operation_id, str(id))
        return Applied(write.operation_id, self._written(document, id, fields))

    def _written(self, document: PlatformDocument, id: str | None, fields: Mapping[str, Value]) -> str:
        if id is not None:
            return self._change(document, id, fields)
        made = self._create(document, fields)
        document.lag.note(made, None)
        return made

    def _create(self, document: PlatformDocument, fields: Mapping[str, Value]) -> str:
        id = document.new_id("p")
        document.prospects.put(id, Entry(fields=changed({}, fields), modified=self.now()), document.tick())
        return id

    def _change(self, document: PlatformDocument, id: str, fields: Mapping[str, Value]) -> str:
        entry = document.prospects.kept[id]
        after = {"fields": changed(entry.fields, fields), "modified": self.now()}
        document.prospects.put(id, entry.model_copy(update=after), document.tick())
        return id


def _first(document: PlatformDocument, email: Value) -> str | None:
    return next(iter(document.prospects.with_email([email])), None)


def _taken(document: PlatformDocument, id: str, email: Value) -> bool:
    """Whether another prospect has this email, where that is one too many."""
    return not document.several_per_email and _first(document, email) not in (None, id)


def _points(value: Value) -> int | float:
    return value if isinstance(value, int | float) else 0


def _fields_refused(document: PlatformDocument, write: Write) -> tuple[str, str] | None:
    """Why the platform refuses what this write says: its code, and what to do."""
    unknown = sorted(set(write.fields) - set(document.prospect_fields))
    if unknown:
        return "unknown_field", f"add the field {unknown[0]} to the prospects"
    owner = write.fields.get("owner")
    user = document.tables[USER].kept.get(str(owner))
    if owner is not None and (user is None or user.status is not Status.ACTIVE):
        return "unknown_user", "assign the prospect to an active user of the platform"
    return None


def _prospect_refused(document: PlatformDocument, id: str, fields: Mapping[str, Value]) -> tuple[str, str] | None:
    """Why the platform refuses a write to this prospect."""
    if id in document.prospects.bin:
        return "DELETED", "the prospect is in the recycle bin; nothing is to be done"
    if id not in document.prospects.kept:
        return "not_found", "the prospect is gone; nothing is to be done"
    if _taken(document, id, fields.get("email")):
        return "email_taken", "another prospect has this email: merge the two, or correct one"
    return None
