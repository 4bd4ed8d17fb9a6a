"""Random histories of two systems and the people in them, and what must hold at their end.

People edit, assign, delete, undelete, merge and convert on both sides; addresses change; the systems refuse, forget
answers, answer late and are gone; workers die. Every value that somebody writes is unlike every other one, so that it
can be told whose edit survived.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from keepstep.connectors.memory.side import Script
from keepstep.core.errors import Unavailable
from keepstep.core.model import Record, Side, Status
from tests.engine.prospects.deaths import dying
from tests.engine.prospects.world import Office

FIELDS = ("first_name", "last_name")
OBJECTS = ("lead", "contact")


def by_us(record: Record) -> bool:
    """Whether the sync made it."""
    return (record.external_id or "").startswith("keepstep")


@dataclass(slots=True)
class Edit:
    """Somebody wrote this value; `window` numbers the time between two whole runs."""

    side: Side
    value: str
    window: int


@dataclass(slots=True)
class History:
    """What happened, as far as the end must agree with it."""

    office: Office
    edits: dict[tuple[str, str], list[Edit]] = field(default_factory=lambda: defaultdict(list))  # prospect, field
    opted_out: set[str] = field(default_factory=set)  # prospects that said so, or whose record did
    unseen: set[str] = field(default_factory=set)  # prospects whose record said so since the last whole run
    deleted: set[str] = field(default_factory=set)  # prospects whose record somebody deleted
    disturbed: set[str] = field(default_factory=set)  # prospects whose record changed: whose word is last can't be told
    ours: set[str] = field(default_factory=set)  # records that the sync made, as of the last look
    window: int = 0
    whole: bool = True  # nothing went wrong since the window began
    numbers: count[int] = field(default_factory=count)

    def value(self) -> str:
        """A value that nobody wrote before."""
        return f"v{next(self.numbers)}"

    def edited(self, prospect_id: str, name: str, side: Side, value: str) -> None:
        """Somebody wrote this value."""
        self.edits[prospect_id, name].append(Edit(side, value, self.window))

    def lost(self, prospect_id: str) -> None:
        """The record of this prospect went: what was said there since the last run may never have been seen."""
        self.disturbed.add(prospect_id)
        self.unseen.discard(prospect_id)

    # -- who is who ------------------------------------------------------------------------------------------------

    def record_of(self, prospect_id: str) -> Record | None:
        """The CRM record that the sync ties this prospect to, if it is there."""
        rows = self.office.select(
            "SELECT crm_object, crm_id FROM link WHERE prospect_id = :id AND list_id = ''", id=prospect_id
        )
        for row in rows:
            for record in self.office.people(row["crm_object"]):
                if record.id == row["crm_id"] and record.status is not Status.CONVERTED:
                    return record
        return None

    def records(self) -> list[Record]:
        """Everybody in the CRM who is no user; converted leads left out."""
        found = [record for name in OBJECTS for record in self.office.people(name)]
        return [record for record in found if record.status is not Status.CONVERTED]

    def prospect_of(self, record: Record) -> str | None:
        """The prospect that a record is tied to."""
        rows = self.office.select(
            "SELECT prospect_id FROM link WHERE crm_object = :object AND crm_id = :id AND list_id = ''",
            object=record.object,
            id=record.id,
        )
        return rows[0]["prospect_id"] if rows else None

    def whose(self, email: str | None) -> str | None:
        """The prospect with this address, whether it is tied or will be."""
        return next((id for id, p in self.office.prospects().items() if email and p.email == email), None)

    # -- the sync --------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """A run; where a system is gone, it fails, and a later one goes on."""
        try:
            report = self.office.run()
        except Unavailable:
            self.whole = False
            return
        assert report.totals.balances
        if report.waiting or report.totals.rejected or report.totals.held:
            self.whole = False
        self._note_what_was_made()
        if self.whole:
            self.window += 1
            self.opted_out |= self.unseen
            self.unseen.clear()
        self.whole = not report.waiting

    def die(self, at: int) -> None:
        """A run whose worker dies; the next one knows of it only what the store knows."""
        with dying(at), suppress(Unavailable):
            self.office.run()
        self.whole = False
        self._note_what_was_made()

    def _note_what_was_made(self) -> None:
        made = {
            r.id for name in OBJECTS for r in self.office.people(name) if (r.external_id or "").startswith("keepstep")
        }
        for id in made - self.ours:
            tied = self.office.select("SELECT prospect_id FROM link WHERE crm_id = :id AND list_id = ''", id=id)
            for row in tied:
                assert row["prospect_id"] not in self.deleted, "a deleted record was made again"
        self.ours |= made

    def quiet(self) -> None:
        """All is well again, and two runs follow."""
        for side in (self.office.crm, self.office.platform):
            with side.shelf.change() as document:
                document.script = Script()
        self.office.platform.answer_stale(reads=0)
        for _ in range(2):
            self.office.clock.at += timedelta(days=1)
            self.office.run()
            self._note_what_was_made()

    # -- the end ---------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """What must hold once all was quiet for two runs."""
        self.office.clock.at += timedelta(days=1)
        last = self.office.run()
        sent = last.totals.applied + last.totals.rejected
        assert sent == 0, f"still {sent} writes after two quiet runs: {self._journal(last.run)}"
        self._nobody_twice()
        for prospect_id, prospect in self.office.prospects().items():
            record = self.record_of(prospect_id)
            assert prospect_id not in self.opted_out or prospect.opted_out, "an opt-out was lost on the platform"
            if record is None:
                continue
            assert prospect_id not in self.opted_out or record.opted_out, "an opt-out was lost in the CRM"
            self._agree(prospect, record)

    def _agree(self, prospect: Record, record: Record) -> None:
        blocked = self.office.select(
            "SELECT code FROM sync_error e JOIN link l ON e.pair = 'link:' || l.id"
            " WHERE l.prospect_id = :id AND e.closed_at IS NULL",
            id=prospect.id,
        )
        if not blocked:
            assert prospect.email == record.email
        for name in FIELDS:
            ours, theirs = prospect.fields.get(name), record.fields.get(name)
            assert ours == theirs, f"{name} differs: {ours} on the platform, {theirs} in the CRM"
            self._last_word(prospect.id, name, ours)

    def _last_word(self, prospect_id: str, name: str, value: object) -> None:
        edits = self.edits.get((prospect_id, name), [])
        if not edits or prospect_id in self.disturbed:
            return
        latest = max(edit.window for edit in edits)
        by_side = {edit.side: edit.value for edit in edits if edit.window == latest}
        assert value in by_side.values(), f"an edit of {name} was lost: {by_side} was written last, {value} is there"
        if set(by_side) == set(Side):
            listed = self.office.select("SELECT count(*) AS n FROM conflict WHERE field = :name", name=name)
            assert listed[0]["n"] or value == by_side[Side.PLATFORM], f"a conflict of {name} is listed nowhere"

    def _nobody_twice(self) -> None:
        alive = {record.id for record in self.records() if by_us(record)}
        made = self.office.select(
            "SELECT prospect_id, record_id FROM change WHERE side = 'crm' AND kind = 'create' AND state = 'applied'"
        )
        records = Counter(row["prospect_id"] for row in made if row["record_id"] in alive)
        assert all(n == 1 for n in records.values()), "the sync made two records of one prospect"
        there = self.office.prospects()
        made = self.office.select(
            "SELECT crm_key, record_id FROM change WHERE side = 'platform' AND kind = 'create' AND state = 'applied'"
        )
        people = Counter(row["crm_key"] for row in made if row["record_id"] in there)
        assert all(n == 1 for n in people.values()), "the sync made two prospects of one record"

    def _journal(self, run: int) -> object:
        return self.office.select(
            "SELECT phase, side, kind, object, after, why, state, code FROM change WHERE run_id = :run", run=run
        )
