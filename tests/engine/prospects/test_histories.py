"""Random histories over a prospect sync: both sides converge, and nobody is lost, doubled, raised or re-subscribed."""

# ruff: noqa: D102 # a rule's name is its sentence
from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import text

from keepstep.config import ProspectFile
from keepstep.store.database import Store
from keepstep.store.metadata import metadata
from tests.engine.prospects.histories import FIELDS, History
from tests.engine.prospects.people import EMAILS, Choice, People
from tests.engine.prospects.world import Office, write_prospect_sync

SEEDS = (1, 2, 3)
EXAMPLES = int(os.environ.get("HISTORIES", "8"))  # of each seed
STEPS = 24

A_MAIL = st.sampled_from(EMAILS)
WHICH = st.integers(0, 9)
NAMES = st.sampled_from(FIELDS)
OWNERS = st.sampled_from(["ann", "bob", None])


class Histories(RuleBasedStateMachine):
    """People and weather on both sides of one sync."""

    store: ClassVar[Store]
    file: ClassVar[ProspectFile]

    @initialize()
    def an_office_with_three_people(self) -> None:
        with self.store.begin() as conn:
            names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
            conn.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        self.office = Office(self.store, self.file)
        self.people = People(History(self.office))
        self.history = self.people.history
        for email in EMAILS[:2]:
            self.office.platform.add_prospect(email, owner=self.office.ann["platform"])
        self.office.platform.add_prospect(EMAILS[2])
        self.office.crm.add("lead", email=EMAILS[2], owner=self.office.bob["crm"])
        self.history.run()

    @rule(act=st.sampled_from(People.ON_THE_PLATFORM), which=WHICH, name=NAMES, email=A_MAIL, owner=OWNERS)
    def somebody_works_on_the_platform(self, act: str, which: int, name: str, email: str, owner: str | None) -> None:
        getattr(self.people, act)(Choice(which, name, email, owner))

    @rule(act=st.sampled_from(People.IN_THE_CRM), which=WHICH, name=NAMES, email=A_MAIL, owner=OWNERS)
    def somebody_works_in_the_crm(self, act: str, which: int, name: str, email: str, owner: str | None) -> None:
        getattr(self.people, act)(Choice(which, name, email, owner))

    @rule(act=st.sampled_from(People.ON_BOTH_SIDES), which=WHICH, name=NAMES, email=A_MAIL, owner=OWNERS)
    def somebody_works_on_both_sides(self, act: str, which: int, name: str, email: str, owner: str | None) -> None:
        getattr(self.people, act)(Choice(which, name, email, owner))

    @rule(what=st.sampled_from(["lost", "gone", "late", "refused"]), in_crm=st.booleans(), n=st.integers(0, 4))
    def bad_weather(self, what: str, in_crm: bool, n: int) -> None:
        side = self.office.crm if in_crm else self.office.platform
        match what:
            case "lost":
                side.lose_reply_after(n // 2, landed=n % 2 == 0)
            case "gone":
                side.unavailable_next(n + 1)
            case "late":
                self.office.platform.answer_stale(reads=n + 1)
            case _ if self.history.records():
                self.office.crm.reject_next(self.people.record(n).id, "VALIDATION")

    @rule()
    def a_run(self) -> None:
        self.history.run()

    @rule()
    def another_run(self) -> None:
        self.history.run()

    @rule()
    def a_run_after_a_while(self) -> None:
        self.office.clock.pass_(hours=7)
        self.history.run()

    @rule(at=st.integers(1, 90))
    def a_worker_dies(self, at: int) -> None:
        self.history.die(at)

    def teardown(self) -> None:
        if hasattr(self, "history"):
            self.history.quiet()
            self.history.check()


@pytest.fixture
def histories(store: Store, tmp_path: Path) -> type[Histories]:
    """The machine over a store of its own."""
    Histories.store = store
    Histories.file = write_prospect_sync(tmp_path)
    return Histories


@pytest.mark.slow
@pytest.mark.parametrize("number", SEEDS)
def test_both_sides_converge_and_nobody_is_lost_doubled_raised_or_subscribed(
    histories: type[Histories], number: int
) -> None:
    how = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(histories), settings=how)
