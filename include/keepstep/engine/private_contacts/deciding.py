"""A person's word on proposals: which to write, which never to show again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from keepstep.engine.private_contacts.task import PrivateTask
from keepstep.store import private_proposals, runs
from keepstep.store.private_proposals import OpenProposal, State

ASKED_AT_ONCE = 100  # proposals in one question; a person reads no more, and the next run asks about the others


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of an answer."""

    approved: int
    rejected: int
    unclear: tuple[int, ...] = ()  # chosen for one contact twice, or both approved and rejected: they stay open


def to_ask(task: PrivateTask) -> tuple[OpenProposal, ...]:
    """The best open proposals; the same ones until somebody decides or things change."""
    threshold = task.file.settings.thresholds.apply_from
    with task.store.begin() as conn:
        return tuple(private_proposals.to_ask(conn, task.run.sync, threshold, ASKED_AT_ONCE))


def decide(task: PrivateTask, approved: Collection[int], rejected: Collection[int], by: str) -> Decided:
    """Note what a person chose among the open proposals, and who it was; nothing is written to the CRM yet."""
    with task.store.begin() as conn:
        contacts = private_proposals.contacts_of(conn, task.run.sync, [*approved, *rejected])
        wanted = Counter(contact for id, contact in contacts.items() if id in approved)
        unclear = {id for id in contacts if id in approved and (id in rejected or wanted[contacts[id]] > 1)}
        sync, now = task.run.sync, task.now()
        yes = private_proposals.decide(conn, sync, sorted(set(approved) - unclear), State.APPROVED, by, now)
        no = private_proposals.decide(conn, sync, sorted(set(rejected) - unclear), State.REJECTED, by, now)
    return Decided(yes, no, tuple(sorted(unclear)))


def wait(task: PrivateTask) -> None:
    """The run waits for a person."""
    _set(task, "waiting")


def give_up(task: PrivateTask) -> None:
    """Nobody approved: the run is over, every proposal stays as it was."""
    _set(task, "failed")


def _set(task: PrivateTask, state: str) -> None:
    with task.store.begin() as conn:
        runs.set_state(conn, task.run.id, state)
