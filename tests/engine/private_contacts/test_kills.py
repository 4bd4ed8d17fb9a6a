"""A worker that dies, a CRM that goes away, an answer that is lost: nothing is written twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from keepstep.connectors.base import Connector
from keepstep.core.errors import Unavailable
from keepstep.core.model import InDoubt, Outcome, Write
from keepstep.engine.private_contacts.applying import apply_companies
from keepstep.store.overview import overview
from keepstep.store.runs import Superseded
from tests.engine.private_contacts.office import Office


@dataclass
class Between:
    """The office's connector, with something that happens just before, or instead of, its answers."""

    office: Office
    dies_after: int | None = None  # outcomes; then the worker is killed
    sent: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.office.connector, name)

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Send, and tell the outcomes that are told before it dies."""
        self.sent += len(writes)
        for n, outcome in enumerate(list(self.office.connector.apply(writes))):
            if n == self.dies_after:
                raise KeyboardInterrupt
            yield outcome


def connector(between: Between) -> Connector:
    """It has all that a connector has."""
    return cast("Connector", between)


def test_a_worker_that_is_killed_after_its_writes_landed_writes_nothing_twice(office: Office) -> None:
    office.account("Acme")
    people = [office.contact(f"P{n}", "Acme") for n in range(4)]
    office.look()
    office.approve_all()
    killed = Between(office, dies_after=1)
    with pytest.raises(KeyboardInterrupt):
        apply_companies(office.task("the run", connector=connector(killed)))
    assert {row["state"] for row in office.journal()} == {"sent"}

    again = Between(office)
    report = office.apply(office.task("the run", connector=connector(again)))

    assert (report.planned, report.applied, again.sent) == (4, 4, 0)
    assert all(office.account_of(one) for one in people)
    assert office.listed() == {}


def test_a_worker_that_is_killed_before_its_writes_landed_leaves_them_to_the_next_run(office: Office) -> None:
    office.account("Acme")
    ann = office.contact("Ann", "Acme")
    office.look()
    office.approve_all()

    class Dead(Between):
        def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:  # noqa: ARG002
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_companies(office.task("first", connector=connector(Dead(office))))

    report = office.apply(office.task("second"))

    assert (report.planned, report.applied) == (1, 1)
    assert office.account_of(ann) is not None
    assert [row["state"] for row in office.journal()] == ["skipped", "applied"]


def test_a_write_whose_answer_is_lost_is_read_back_and_not_sent_again(office: Office) -> None:
    office.account("Acme")
    ann = office.contact("Ann", "Acme")
    office.look()
    office.approve_all()
    lost = {"kind": "lose_reply", "method": "PUT|POST|PATCH", "path": "/composite/", "times": 1}
    office.control("POST", "weather", lost, root="")

    report = office.apply()

    assert (report.planned, report.applied) == (1, 1)
    assert office.account_of(ann) is not None


@dataclass
class Silent(Between):
    """It answers for nothing so many times, and sends only after that."""

    silences: int = 1

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Tell nothing, or send."""
        self.silences -= 1
        if self.silences < 0:
            yield from super().apply(writes)
        else:
            yield from (InDoubt(write.operation_id, "TIMEOUT") for write in writes)


def test_a_write_that_was_not_answered_for_and_did_not_land_is_sent_once_more(office: Office) -> None:
    office.account("Acme")
    ann = office.contact("Ann", "Acme")
    office.look()
    office.approve_all()

    report = office.apply(office.task(connector=connector(Silent(office))))

    assert (report.planned, report.applied) == (1, 1)
    assert office.account_of(ann) is not None


def test_a_write_that_is_never_answered_for_is_held_and_settled_by_the_next_run(office: Office) -> None:
    office.account("Acme")
    ann = office.contact("Ann", "Acme")
    office.look()
    office.approve_all()

    report = office.apply(office.task(connector=connector(Silent(office, silences=9))))

    assert (report.planned, report.held) == (1, 1)
    assert office.account_of(ann) is None
    assert office.apply().applied == 1
    assert [row["state"] for row in office.journal()] == ["skipped", "applied"]


def test_the_same_run_plans_anew_what_a_dead_worker_left(office: Office) -> None:
    office.account("Acme")
    people = [office.contact(f"P{n}", "Acme") for n in range(3)]
    office.look()
    office.approve_all()

    class Dead(Between):
        def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:  # noqa: ARG002
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_companies(office.task("the run", connector=connector(Dead(office))))
    office.delete("contacts", people[0])

    report = office.apply(office.task("the run"))

    assert (report.planned, report.applied, report.skipped) == (4, 2, 2)
    assert all(office.account_of(one) for one in people[1:])


def test_a_crm_that_goes_away_leaves_the_rest_for_the_next_try(office: Office) -> None:
    office.account("Acme")
    ann = office.contact("Ann", "Acme")
    office.look()
    office.approve_all()

    class Away(Between):
        def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:  # noqa: ARG002
            raise Unavailable("away", 1.0)

    task = office.task("the run", connector=connector(Away(office)))
    with pytest.raises(Unavailable):
        apply_companies(task)
    assert overview(office.store)[task.run.sync].runs[0].state == "failed"
    assert [row["state"] for row in office.journal()] == ["planned"]

    assert office.apply(office.task("the run")).applied == 1
    assert office.account_of(ann) is not None


def test_a_worker_that_was_given_up_stops_before_it_sends(office: Office) -> None:
    office.account("Acme")
    ann = office.contact("Ann", "Acme")
    office.look()
    office.approve_all()

    class Late(Between):
        def fetch(self, *args: Any) -> Any:
            if self.sent == 0:
                self.sent = 1
                apply_companies(office.task("the run"))
            return self.office.connector.fetch(*args)

    office.edit("contacts", ann, Title="Boss")
    with pytest.raises(Superseded):
        apply_companies(office.task("the run", connector=connector(Late(office))))
    assert len(office.journal()) == 1
