"""Random histories over a prospect sync: both sides converge, and nobody is lost, doubled, raised or re-subscribed."""

# ruff: noqa: D102 # a rule's name is its sentence
from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from keepstep.config import ProspectFile
from keepstep.core.model import Record, Side
from keepstep.store.database import Store
from keepstep.store.metadata import metadata
from tests.engine.prospects.histories import FIELDS, History
from tests.engine.prospects.world import Office, write_prospect_sync

SEEDS = (1, 2, 3)
EXAMPLES = int(os.environ.get("HISTORIES", "12"))  # of each seed
STEPS = 24

EMAILS = st.sampled_from([f"{name}@acme.example" for name in ("ada", "bea", "cleo", "dora")])
WHICH = st.integers(0, 9)
NAMES = st.sampled_from(FIELDS)
OWNERS = st.sampled_from(["ann", "bob", None])


class Histories(RuleBasedStateMachine):
    """People and weather on both sides of one sync."""

    store: ClassVar[Store]
    file: ClassVar[ProspectFile]

    @initialize()
    def an_empty_office(self) -> None:
        with self.store.begin() as conn:
            names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
            conn.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        self.office = Office(self.store, self.file)
        self.history = History(self.office)
        self.gone: list[str] = []
        self.binned: list[str] = []

    # -- the platform's people ---------------------------------------------------------------------------------

    def a_prospect(self, which: int) -> Record:
        there = list(self.office.prospects().values())
        return there[which % len(there)]

    def owner(self, name: str | None) -> str | None:
        return getattr(self.office, name)["platform"] if name else None

    def some_prospects(self) -> bool:
        return bool(self.office.prospects())

    def some_records(self) -> bool:
        return bool(self.history.records())

    @rule(email=EMAILS, owner=OWNERS)
    def somebody_adds_a_prospect(self, email: str, owner: str | None) -> None:
        known = self.history.whose(email)
        if known is None:
            self.office.platform.add_prospect(email, owner=self.owner(owner))

    @precondition(some_prospects)
    @rule(which=WHICH, name=NAMES)
    def somebody_edits_a_prospect(self, which: int, name: str) -> None:
        prospect, value = self.a_prospect(which), self.history.value()
        if self.history.record_of(prospect.id) is None and self.with_email(prospect.email):
            self.history.disturbed.add(prospect.id)
        self.office.platform.edit_prospect(prospect.id, **{name: value})
        self.history.edited(prospect.id, name, Side.PLATFORM, value)

    @precondition(some_prospects)
    @rule(which=WHICH, owner=OWNERS)
    def somebody_assigns_a_prospect(self, which: int, owner: str | None) -> None:
        self.office.platform.assign(self.a_prospect(which).id, self.owner(owner))

    @precondition(some_prospects)
    @rule(which=WHICH, email=EMAILS)
    def a_prospect_has_another_address(self, which: int, email: str) -> None:
        prospect = self.a_prospect(which)
        if self.history.whose(email) is None:
            self.office.platform.edit_prospect(prospect.id, email=email)
            self.history.disturbed.add(prospect.id)
            if self.with_email(email):
                self.history.deleted.discard(prospect.id)

    @precondition(some_prospects)
    @rule(which=WHICH)
    def a_prospect_unsubscribes(self, which: int) -> None:
        prospect = self.a_prospect(which)
        self.office.platform.opt_out_prospect(prospect.id)
        self.history.opted_out.add(prospect.id)

    @precondition(some_prospects)
    @rule(which=WHICH)
    def a_prospect_submits_a_form(self, which: int) -> None:
        self.office.platform.act_prospect(self.a_prospect(which).id, "form_submitted", score=50)

    @precondition(some_prospects)
    @rule(which=WHICH)
    def somebody_deletes_a_prospect(self, which: int) -> None:
        prospect = self.a_prospect(which)
        self.office.platform.delete_prospect(prospect.id)
        self.binned.append(prospect.id)

    @precondition(lambda self: bool(self.binned))
    @rule()
    def somebody_takes_a_prospect_out_of_the_bin(self) -> None:
        prospect = self.binned.pop()
        try:
            self.office.platform.undelete_prospect(prospect)
        except ValueError:
            return  # another has the address by now
        self.history.disturbed.add(prospect)

    # -- the CRM's people ----------------------------------------------------------------------------------------

    def a_record(self, which: int) -> Record:
        there = self.history.records()
        return there[which % len(there)]

    def with_email(self, email: str | None) -> list[Record]:
        return [record for record in self.history.records() if record.email == email]

    @rule(email=EMAILS, kind=st.sampled_from(["lead", "contact"]))
    def somebody_makes_a_record(self, email: str, kind: str) -> None:
        self.office.crm.add(kind, email=email, owner=self.office.ann["crm"])
        self.has_a_record_now(email)

    def has_a_record_now(self, email: str | None) -> None:
        prospect = self.history.whose(email)
        if prospect is not None:
            self.history.disturbed.add(prospect)
            self.history.deleted.discard(prospect)

    @precondition(some_records)
    @rule(which=WHICH, name=NAMES)
    def somebody_edits_a_record(self, which: int, name: str) -> None:
        record, value = self.a_record(which), self.history.value()
        self.office.crm.edit(record.id, **{name: value})
        tied = self.history.prospect_of(record)
        if tied is not None:
            self.history.edited(tied, name, Side.CRM, value)
        self.untied(record)

    def untied(self, record: Record) -> None:
        """What is done to a record that the sync doesn't follow (yet) leaves open whose word is last."""
        owner = self.history.whose(record.email)
        if owner is not None and self.history.prospect_of(record) != owner:
            self.history.disturbed.add(owner)

    @precondition(some_records)
    @rule(which=WHICH, email=EMAILS)
    def a_record_has_another_address(self, which: int, email: str) -> None:
        record = self.a_record(which)
        self.office.crm.edit(record.id, email=email)
        tied = self.history.prospect_of(record)
        self.history.disturbed |= {tied} if tied else set()
        self.has_a_record_now(email)

    @precondition(some_records)
    @rule(which=WHICH, owner=st.sampled_from(["ann", "bob"]))
    def a_record_has_another_owner(self, which: int, owner: str) -> None:
        self.office.crm.edit(self.a_record(which).id, owner=getattr(self.office, owner)["crm"])

    @precondition(some_records)
    @rule(which=WHICH)
    def a_record_s_person_opts_out(self, which: int) -> None:
        record = self.a_record(which)
        self.office.crm.edit(record.id, opted_out=True)
        tied = self.history.prospect_of(record)
        if tied is not None and tied in self.office.prospects():
            self.history.unseen.add(tied)

    @precondition(some_records)
    @rule(which=WHICH)
    def somebody_deletes_a_record(self, which: int) -> None:
        record = self.a_record(which)
        tied = self.history.prospect_of(record)
        self.office.crm.delete(record.id)
        self.gone.append(record.id)
        if tied is not None:
            self.history.lost(tied)
            if not self.with_email(self.office.prospects()[tied].email if tied in self.office.prospects() else None):
                self.history.deleted.add(tied)

    @precondition(lambda self: bool(self.gone))
    @rule()
    def somebody_undeletes_a_record(self) -> None:
        record_id = self.gone.pop()
        self.office.crm.undelete(record_id)
        record = next((r for r in self.history.records() if r.id == record_id), None)
        if record is not None:
            tied = self.history.prospect_of(record)
            if tied is not None:
                self.history.disturbed.add(tied)
                self.history.deleted.discard(tied)
            self.has_a_record_now(record.email)

    @precondition(some_records)
    @rule(which=WHICH, other=WHICH)
    def somebody_merges_two_records(self, which: int, other: int) -> None:
        loser, survivor = self.a_record(which), self.a_record(other)
        if loser.object != survivor.object or loser.id == survivor.id:
            return
        for record in (loser, survivor):
            tied = self.history.prospect_of(record)
            if tied is not None:
                self.history.lost(tied)
        self.office.crm.merge(loser.id, survivor.id)
        self.has_a_record_now(survivor.email)

    @precondition(some_records)
    @rule(which=WHICH)
    def somebody_converts_a_lead(self, which: int) -> None:
        lead = self.a_record(which)
        if lead.object == "lead":
            tied = self.history.prospect_of(lead)
            self.history.disturbed |= {tied} if tied else set()
            self.office.crm.convert(lead.id)
            self.has_a_record_now(lead.email)

    # -- weather and the sync --------------------------------------------------------------------------------------

    @rule(answered=st.integers(0, 3), landed=st.booleans(), in_crm=st.booleans())
    def an_answer_is_lost(self, answered: int, landed: bool, in_crm: bool) -> None:
        side = self.office.crm if in_crm else self.office.platform
        side.lose_reply_after(answered, landed=landed)

    @rule(calls=st.integers(1, 4), in_crm=st.booleans())
    def a_system_is_gone(self, calls: int, in_crm: bool) -> None:
        (self.office.crm if in_crm else self.office.platform).unavailable_next(calls)

    @rule(reads=st.integers(1, 4))
    def the_platform_answers_late(self, reads: int) -> None:
        self.office.platform.answer_stale(reads=reads)

    @precondition(some_records)
    @rule(which=WHICH)
    def the_crm_refuses_a_record(self, which: int) -> None:
        self.office.crm.reject_next(self.a_record(which).id, "VALIDATION")

    @rule()
    def a_run(self) -> None:
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
