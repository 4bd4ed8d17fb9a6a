"""Writing companies to contacts: approved ones, and clear ones above the upper threshold; nothing else is written.

A batch at a time: the contacts and companies are read back and what changed meanwhile is refused, the intents are
committed as sent, the writes go out, their outcomes are committed. After a kill, what was sent and not answered for is
read back before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, assert_never

from sqlalchemy import Connection

from keepstep.connectors.base import FetchBy
from keepstep.core.errors import AuthError, Unavailable
from keepstep.core.model import (
    Applied,
    Decision,
    InDoubt,
    Kind,
    Operation,
    OperationId,
    Outcome,
    Pair,
    Phase,
    Record,
    Rejected,
    Side,
    Skipped,
    Write,
)
from keepstep.core.plan import digest
from keepstep.engine.private_contacts.task import PrivateTask, working
from keepstep.store import journal, plans, private_proposals, private_reading, runs
from keepstep.store.journal import Change
from keepstep.store.private_proposals import OpenProposal

AT_ONCE = 500  # contacts that are read back, and then written, together

# Why a proposal isn't written although it was to be: the code, and what to do.
_REFUSED: Mapping[str, str] = {
    "contact_gone": "the contact is not in the CRM any more, or this connection may not see it: nothing to do",
    "not_private": "the contact belongs to a company already: nothing to do",
    "company_gone": "the company is not in the CRM any more: choose another one",
}


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What was written: counts only. planned = applied + rejected + held + skipped."""

    run: int
    planned: int
    applied: int
    rejected: int
    held: int
    skipped: int
    crm_calls: int

    def as_dict(self) -> dict[str, Any]:
        """For XCom."""
        return asdict(self)

    @property
    def balances(self) -> bool:
        """Every planned row has a fate."""
        return self.planned == self.applied + self.rejected + self.held + self.skipped


def apply_companies(task: PrivateTask) -> ApplyReport:
    """Write what is due.

    Raises AuthError or Unavailable; what was done until then stays done, the next call goes on from there.
    """
    calls = task.crm.usage.calls
    with working(task, Phase.PUSH) as attempt:
        settle_doubts(task)
        with task.store.begin() as conn:
            private_proposals.plan_anew(conn, task.run.id, task.now())
            plans.supersede_older(conn, task.address, task.now())
        after = ""
        while batch := _due(task, after):
            _plan(task, batch, attempt)
            _send_planned(task, attempt)
            after = batch[-1].contact
            task.progress("write companies", len(batch), None)
        if settle_doubts(task):  # what was not answered for and did not land is sent once more
            _send_planned(task, attempt)
        with task.store.begin() as conn:
            journal.hold_doubtful(conn, task.address)
            journal.hold_unclaimed(conn, task.address, task.now())
    with task.store.begin() as conn:
        counts = journal.counts(conn, task.run.id, Phase.PUSH)
    fates = {name: counts[name] for name in ("planned", "applied", "rejected", "held", "skipped")}
    report = ApplyReport(task.run.id, **fates, crm_calls=task.crm.usage.calls - calls)
    with task.store.begin() as conn:
        runs.finish_run(conn, task.run.id, "finished", report.as_dict(), task.now())
    return report


def settle_doubts(task: PrivateTask) -> int:
    """Read back what was sent and never answered for: it is there, or it may be sent again. Returns how many."""
    settled = 0
    while True:
        with task.store.begin() as conn:
            doubtful = journal.in_doubt(conn, task.run.sync)
        if not doubtful:
            return settled
        people = _fetch(task, task.people.object, [str(change.record_id) for change in doubtful])
        field = task.reference.field
        there = {id: record.fields.get(field) for id, record in people.items()}
        landed = [change for change in doubtful if there.get(str(change.record_id)) == change.after[field]]
        again = {change.id for change in doubtful} - {change.id for change in landed}
        with task.store.begin() as conn:
            _settle(task, conn, landed)
            journal.plan_again(conn, sorted(again))
        settled += len(doubtful)


def _due(task: PrivateTask, after: str) -> list[OpenProposal]:
    threshold = task.file.settings.thresholds.apply_from
    with task.store.begin() as conn:
        return private_proposals.due(conn, task.run.sync, threshold, after, AT_ONCE)


def _plan(task: PrivateTask, batch: Sequence[OpenProposal], attempt: int) -> None:
    """Read back, decide, and put what was decided into the journal."""
    people = _fetch(task, task.people.object, [one.contact for one in batch])
    companies = _fetch(task, task.companies.object, [one.company for one in batch])
    refusals = {
        (one.contact, one.company): code
        for one in batch
        if (code := _refusal(task, people.get(one.contact), companies.get(one.company))) is not None
    }
    decided = [(_pair(one), _decision(task, one, refusals.get((one.contact, one.company)))) for one in batch]
    told = {pair: (code, _REFUSED[code]) for pair, code in refusals.items()}
    with task.store.begin() as conn:
        runs.still_mine(conn, task.run.id, Phase.PUSH, attempt)
        plans.record(conn, task.address, decided, task.now())
        if task.run.dry:
            plans.skip_planned(conn, task.address, task.now())
        else:
            private_proposals.refuse(conn, task.run.sync, task.run.id, told, task.now())


def _refusal(task: PrivateTask, person: Record | None, company: Record | None) -> str | None:
    if person is None:
        return "contact_gone"
    if person.fields.get(task.reference.field):
        return "not_private"
    return "company_gone" if company is None else None


def _pair(one: OpenProposal) -> Pair:
    return Pair(key=f"private:{one.contact}", generation=one.generation)


def _decision(task: PrivateTask, one: OpenProposal, refused: str | None) -> Decision:
    pair, object_name = _pair(one), task.people.object
    if refused is not None:
        skipped = Skipped(pair.key, Side.CRM, refused, _REFUSED[refused], object_name, one.contact)
        return Decision(skipped=(skipped,))
    field = task.reference.field
    operation = Operation(
        id=OperationId(digest([pair.key, one.company, one.generation])),
        pair=pair.key,
        phase=Phase.PUSH,
        side=Side.CRM,
        kind=Kind.UPDATE,
        object=object_name,
        record_id=one.contact,
        email=None,
        before={field: None},
        after={field: one.company},
        why={field: f"proposal {one.id}, score {one.score:.3f}: {'; '.join(one.reasons)}"},
        generation=one.generation,
    )
    return Decision(operations=(operation,))


def _send_planned(task: PrivateTask, attempt: int) -> None:
    while True:
        with task.store.begin() as conn:
            runs.still_mine(conn, task.run.id, Phase.PUSH, attempt)
            changes = journal.claim(
                conn, task.address, Side.CRM, task.people.object, AT_ONCE, task.now(), task.reference.field
            )
        if not changes:
            return
        _send(task, {OperationId(change.operation_id): change for change in changes})


def _send(task: PrivateTask, changes: Mapping[OperationId, Change]) -> None:
    unsent = dict(changes)
    outcomes: list[Outcome] = []
    try:
        for outcome in task.crm.apply([_write(task, change) for change in changes.values()]):
            unsent.pop(outcome.operation_id, None)
            outcomes.append(outcome)
    except (AuthError, Unavailable):
        # The connector's promise: what it has not answered for when it raises, it has not sent.
        _note(task, changes, outcomes)
        with task.store.begin() as conn:
            journal.plan_again(conn, [change.id for change in unsent.values()])
        raise
    _note(task, changes, outcomes)


def _write(task: PrivateTask, change: Change) -> Write:
    """One field of one person: there is no way to say anything else."""
    field = task.reference.field
    fields = {field: change.after[field]}
    return Write(OperationId(change.operation_id), Kind.UPDATE, task.people.object, fields, change.record_id)


def _note(task: PrivateTask, changes: Mapping[OperationId, Change], outcomes: Sequence[Outcome]) -> None:
    """Commit what became of these writes; those in doubt stay as sent until they are read back."""
    applied: list[Change] = []
    closed: list[dict[str, object]] = []
    refused: dict[tuple[str, str], tuple[str, str]] = {}
    for outcome in outcomes:
        change = changes[outcome.operation_id]
        match outcome:
            case Applied():
                applied.append(change)
            case Rejected():
                closed.append({"id": change.id, "code": outcome.code, "what_to_do": outcome.what_to_do})
                if not outcome.retry:  # else it stays approved, and the next run tries it again
                    refused[_names(task, change)] = (outcome.code, outcome.what_to_do)
            case InDoubt():
                pass
            case _:
                assert_never(outcome)
    with task.store.begin() as conn:
        _settle(task, conn, applied)
        journal.close(conn, "rejected", closed, task.now())
        private_proposals.refuse(conn, task.run.sync, task.run.id, refused, task.now())


def _settle(task: PrivateTask, conn: Connection, applied: Sequence[Change]) -> None:
    """These contacts are no longer private: by our own write, before the next read says so."""
    pairs = [_names(task, change) for change in applied]
    private_proposals.note_applied(conn, [change.id for change in applied], task.now())
    private_proposals.settle(conn, task.run.sync, task.run.id, pairs, task.now())
    private_reading.joined(conn, task.run.sync, dict(pairs))


def _names(task: PrivateTask, change: Change) -> tuple[str, str]:
    return str(change.record_id), str(change.after[task.reference.field])


def _fetch(task: PrivateTask, object_name: str, ids: Sequence[str]) -> dict[str, Record]:
    query = task.people if object_name == task.people.object else task.companies
    return {record.id: record for record in task.crm.fetch(query, FetchBy.ID, sorted(set(ids)))}
