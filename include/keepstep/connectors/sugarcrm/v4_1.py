"""Legacy v4_1: SugarCRM CE 6 and SuiteCRM (recorded from SuiteCRM 7.13).

Its answers to writes are an echo of what was sent, not of what was stored. So each batch is read back in one call; what
was echoed and not stored is repaired where there is a way (`repair.py`), and told as it is where there is none.
Deletions are told: a question can ask for deleted rows too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from keepstep.connectors.base import Capabilities, FetchBy, IdempotentBy, Json, RemoveMeans
from keepstep.connectors.calls import CallRefused, Effect, LostReply, Reply, Request
from keepstep.connectors.sugarcrm import errors, sql, wire
from keepstep.connectors.sugarcrm.entries import named, row_of_entry, with_addresses
from keepstep.connectors.sugarcrm.fields import OBJECTS, OPT_OUT, module_of
from keepstep.connectors.sugarcrm.login import HERE, form
from keepstep.connectors.sugarcrm.protocol import BATCH, Ask, Members, Rows, by_id
from keepstep.connectors.sugarcrm.repair import Repair
from keepstep.connectors.sugarcrm.rows import Row, Way
from keepstep.connectors.sugarcrm.settings import MAX_PAGE, SugarCrmSettings
from keepstep.connectors.transport import Transport
from keepstep.core.errors import Bug, KeepstepError, Unavailable
from keepstep.core.model import Applied, InDoubt, Outcome, Rejected, Value

T = TypeVar("T")

CAPABILITIES: Final = Capabilities(
    objects=OBJECTS,
    announces_deletions=True,
    announces_merges=False,  # the loser is deleted, the survivor isn't told
    conditional_writes=False,
    idempotent_create=IdempotentBy.EXTERNAL_ID,  # its id is made of it, and sent with `new_with_id`
    remove_means=RemoveMeans.DELETES,  # softly, but no API brings it back
    batch_size=BATCH,
    concurrency=2,
    page_size=MAX_PAGE,
)
PATH: Final = "/service/v4_1/rest.php"
_LINK: Final[Json] = [{"name": "email_addresses", "value": ["id", "email_address", "opt_out"]}]


@dataclass(slots=True)
class V4_1:
    """Speaks it."""

    transport: Transport
    settings: SugarCrmSettings
    capabilities: Capabilities = CAPABILITIES

    def ping(self) -> None:
        """Who are we?"""
        self._call("get_user_id")

    def describe(self, object: str) -> Json:
        """Links are told apart, and left out."""
        reply = self._call("get_module_fields", module_of(object), [])
        return reply.json.get("module_fields") if isinstance(reply.json, dict) else None

    def page(self, ask: Ask) -> Rows:
        """Bare column names only can stand in an order: a prefixed one is dropped without a word."""
        module = module_of(ask.object)
        links = _LINK if ask.addresses else []
        fields: list[Json] = list(ask.sources)
        deleted = int(ask.deleted)
        reply = self._call("get_entry_list", module, sql.condition(ask), "id ASC", 0, fields, links, ask.limit, deleted)
        rows = _rows(reply, module)
        count, total = len(rows), _whole(reply.json, "total_count")
        # `next_offset` never says that it was the last page.
        return Rows(rows, count > 0 and (count >= ask.limit or total > count), reply.asked_at)

    def members(self, list_id: str, object: str) -> Members:
        """All of them in one call: no answer tells how many there are, so a cut list would look like a whole one."""
        link = module_of(object).lower()
        timeout_s = self.settings.batch_timeout_s
        reply = self._call("get_relationships", "ProspectLists", list_id, link, "", ["id"], [], 0, timeout_s=timeout_s)
        ids = frozenset(str(row["id"]) for row in _rows(reply, module_of(object)))
        return Members(ids, reply.asked_at)

    def count(self, object: str) -> int:
        """Nobody asks: deletions are told here."""
        raise Bug(f"SugarCRM: v4_1 tells deletions, and its {object}s are never counted")

    def send(self, rows: Sequence[Row]) -> list[Outcome]:
        """Write, and read back what was written."""
        ways: Mapping[Way, Callable[[Sequence[Row]], list[Outcome]]] = {
            Way.CREATE: self._create,
            Way.UPDATE: self._update,
            Way.DELETE: self._delete,
        }
        try:
            return ways[rows[0].way](rows)
        except CallRefused as refused:
            if len(rows) > 1 or refused.verdict.code != errors.EMPTY_500 or rows[0].id is None:
                raise
            # It broke off, maybe after the save.
            found = self._removed(rows) if rows[0].way is Way.DELETE else self._settled(rows, [rows[0].id])
            if isinstance(found[0], Rejected):
                raise
            return found

    def url(self, object: str, record_id: str) -> str:
        """In SuiteCRM's own pages."""
        return f"{self.settings.root}/index.php?module={module_of(object)}&action=DetailView&record={record_id}"

    def entries(self, object: str, ids: Sequence[str], fields: Sequence[str], *, addresses: bool = False) -> Rows:
        """These records as they are now, without those that are gone."""
        module = module_of(object)
        reply = self._call("get_entries", module, list(ids), list(fields), _LINK if addresses else [])
        return Rows(_rows(reply, module), more=False, asked_at=reply.asked_at)

    def save(self, object: str, lists: Sequence[Mapping[str, Json]], effect: Effect) -> list[str] | None:
        """Save records; their ids in the same order, None where the answer doesn't tell as many."""
        pairs: list[Json] = [named(values) for values in lists]
        timeout_s = self.settings.batch_timeout_s
        reply = self._call("set_entries", module_of(object), pairs, effect=effect, timeout_s=timeout_s)
        ids = reply.json.get("ids") if isinstance(reply.json, dict) else None
        return [str(id) for id in ids] if isinstance(ids, list) and len(ids) == len(lists) else None

    def _create(self, rows: Sequence[Row]) -> list[Outcome]:
        """What a second create with the same id does isn't known, so it's asked before which of them are there."""
        keyed = tuple(row.id for row in rows if row.id is not None)
        there = self._there(rows[0].object, keyed) if keyed else {}
        known = {row.operation_id: _met(row, there[row.id]) for row in rows if row.id in there}
        new = [row for row in rows if row.operation_id not in known]
        made = self._made(new) if new else []
        outcomes = known | {outcome.operation_id: outcome for outcome in made}
        return [outcomes[row.operation_id] for row in rows]

    def _there(self, object: str, ids: tuple[str, ...]) -> dict[str | None, wire.Row]:
        ask = Ask(object, ("id", "deleted"), BATCH, by=FetchBy.ID, keys=ids, deleted=True)
        return {str(row["id"]): row for row in self.page(ask).rows}

    def _made(self, rows: Sequence[Row]) -> list[Outcome]:
        try:
            ids = self.save(rows[0].object, [_new(row) for row in rows], Effect.ONCE)
        except CallRefused as refused:
            if refused.verdict.may_have_landed and any(row.id is None for row in rows):
                raise LostReply("POST set_entries", refused.verdict.code) from None  # twice would make two of these
            raise
        return _lost(rows, "NO_RESULT") if ids is None else self._settled(rows, ids)

    def _update(self, rows: Sequence[Row]) -> list[Outcome]:
        """An opt-out isn't sent with the rest: it is echoed and not stored. The repair writes it where it is kept."""
        lists = [{"id": row.id, **_spelled(row, leave_out=OPT_OUT)} for row in rows if set(row.values) - {OPT_OUT}]
        if lists and self.save(rows[0].object, lists, Effect.IDEMPOTENT) is None:
            return _lost(rows, "NO_RESULT")
        return self._settled(rows, [str(row.id) for row in rows])

    def _delete(self, rows: Sequence[Row]) -> list[Outcome]:
        lists: list[Mapping[str, Json]] = [{"id": row.id, "deleted": 1} for row in rows]
        saved = self.save(rows[0].object, lists, Effect.IDEMPOTENT)
        return _lost(rows, "NO_RESULT") if saved is None else self._removed(rows)

    def _removed(self, rows: Sequence[Row]) -> list[Outcome]:
        """What became of rows that were deleted."""
        ids = [str(row.id) for row in rows]
        left = self._read_back(lambda: by_id(self.entries(rows[0].object, ids, ["id"]).rows))
        if left is None:
            return _lost(rows, "NOT_READ_BACK")
        return [
            errors.rejected(row.operation_id, errors.NOT_STORED, "deleted")
            if row.id in left
            else Applied(row.operation_id, str(row.id))
            for row in rows
        ]

    def _settled(self, rows: Sequence[Row], ids: Sequence[str]) -> list[Outcome]:
        """What became of rows that were saved under these ids."""
        repair = Repair(self, rows[0].object)
        found = self._read_back(lambda: repair.outcomes(list(zip(rows, ids, strict=True))))
        return _lost(rows, "NOT_READ_BACK") if found is None else found

    def _read_back(self, work: Callable[[], T]) -> T | None:
        """The rows are saved: trouble from now on is a doubt about them, not the end of the batch."""
        try:
            return work()
        except (CallRefused, LostReply, KeepstepError):
            return None

    def _call(
        self, method: str, *arguments: Json, effect: Effect = Effect.READS, timeout_s: float | None = None
    ) -> Reply:
        body = form(method, HERE, *arguments)
        return self.transport.send(Request("POST", PATH, f"POST {method}", effect, form=body, timeout_s=timeout_s))


def _rows(reply: Reply, module: str) -> list[wire.Row]:
    told = reply.json if isinstance(reply.json, dict) else {}
    entries, links = told.get("entry_list"), told.get("relationship_list")
    if not isinstance(entries, list):
        raise Unavailable(f"SugarCRM's answer is not a list of {module}")
    rows = [row_of_entry(entry) for entry in entries]
    linked = with_addresses(rows, links) if isinstance(links, list) and links else rows
    return [row for row in linked if row is not None]


def _whole(body: Json, key: str) -> int:
    """A number, which may be told as text."""
    told = str(body.get(key)) if isinstance(body, dict) else ""
    return int(told) if told.isdecimal() else 0


def _met(row: Row, there: wire.Row) -> Applied | Rejected:
    """A create whose record is there: it was sent before."""
    if wire.is_deleted(there):
        return errors.rejected(row.operation_id, errors.TAKEN)
    return Applied(row.operation_id, str(row.id))


def _new(row: Row) -> Mapping[str, Json]:
    keyed: dict[str, Json] = {} if row.id is None else {"new_with_id": True, "id": row.id}
    return keyed | _spelled(row)


def _spelled(row: Row, leave_out: str = "") -> dict[str, Json]:
    """Blanks are empty text: null would leave the old value."""
    return {name: _told(value) for name, value in row.values.items() if name != leave_out}


def _told(value: Value) -> Json:
    if isinstance(value, bool):
        return int(value)
    return "" if value is None else value


def _lost(rows: Sequence[Row], code: str) -> list[Outcome]:
    return [InDoubt(row.operation_id, code) for row in rows]
