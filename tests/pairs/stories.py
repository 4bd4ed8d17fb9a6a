# ruff: noqa: D102 # a deed's name says it
"""One story of people on both sides, drawn from a seed, told to any pair of systems; and what they agree on at its end.

Deeds name a person by a number, never a record by its id, so that the same story can happen in every CRM.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from keepstep.core.model import Record, Status
from tests.engine.prospects.world import AnyOffice

STEPS = 18
NAMES = ("ada", "bea", "cleo", "dora")
Agreed = Mapping[str, tuple[object, ...]]


@dataclass(slots=True)
class Story:
    """What happens to four people; each value that somebody writes is unlike every other one."""

    office: AnyOffice
    chance: random.Random
    converts: bool = True  # off: nobody converts a lead
    moves_shared: bool = True  # off: nobody changes an address that a converted lead still has, too
    prospects: dict[str, str] = field(default_factory=dict)  # a person's name -> the prospect's id
    moves: int = 0
    numbers: int = 0

    DEEDS: ClassVar[tuple[str, ...]] = (
        "edit_prospect",
        "edit_prospect",
        "edit_record",
        "edit_record",
        "edit_both",
        "assign",
        "hand_over",
        "opt_out_prospect",
        "opt_out_record",
        "move_prospect",
        "move_record",
        "delete_record",
        "make_record",
        "convert",
        "submit_form",
    )

    def tell(self) -> None:
        """Four people, three of them assigned, one of whom the CRM knows; then so many deeds with runs between them."""
        for name in NAMES:
            owner = None if name == "dora" else self.office.ann["platform"]
            self.prospects[name] = self.office.platform.add_prospect(self._address(name), owner=owner)
        self.office.lead(self._address("cleo"), owner=self.office.bob)
        self.office.run()
        for step in range(STEPS):
            deed, name = self.chance.choice(self.DEEDS), self.chance.choice(NAMES)
            getattr(self, deed)(name)
            if step % 3 == 2:
                self.office.run()
        for _ in range(4):
            self.office.clock.pass_(hours=7)
            last = self.office.run()
        assert (last.totals.applied, last.totals.rejected) == (0, 0), "it doesn't come to rest"
        assert last.totals.balances

    def agreed(self) -> Agreed:
        """What stands on both sides at the end, by person."""
        return {name: self._state(self.office.prospects()[id]) for name, id in self.prospects.items()}

    def _state(self, prospect: Record) -> tuple[object, ...]:
        record = self.record_of(prospect.id)
        owners = {self.office.ann["crm"]: "ann", self.office.bob["crm"]: "bob"}
        owners |= {self.office.ann["platform"]: "ann", self.office.bob["platform"]: "bob"}
        sides = [prospect] if record is None else [prospect, record]
        told = [
            (
                one.email,
                one.fields.get("first_name"),
                one.fields.get("last_name"),
                one.opted_out,
                owners.get(str(one.owner)),
            )
            for one in sides
        ]
        return (record.object if record else "no record", *told)

    def record_of(self, prospect_id: str) -> Record | None:
        """The CRM record that the sync ties this prospect to."""
        tied = self.office.select("SELECT crm_object, crm_id FROM link WHERE prospect_id = :id", id=prospect_id)
        for row in tied:
            for record in self.office.people(row["crm_object"]):
                if record.id == row["crm_id"] and record.status is not Status.CONVERTED:
                    return record
        return None

    # -- deeds -------------------------------------------------------------------------------------------------------

    def _address(self, name: str) -> str:
        return f"{name}@acme.example"

    def _value(self) -> str:
        self.numbers += 1
        return f"V{self.numbers}"

    def _field(self) -> str:
        return self.chance.choice(["first_name", "last_name"])

    def _record(self, name: str) -> Record | None:
        return self.record_of(self.prospects[name])

    def edit_prospect(self, name: str) -> None:
        self.office.platform.edit_prospect(self.prospects[name], **{self._field(): self._value()})

    def edit_record(self, name: str) -> None:
        record, which, value = self._record(name), self._field(), self._value()
        if record:
            self.office.crm.edit(record.id, **{which: value})

    def edit_both(self, name: str) -> None:
        record, which = self._record(name), self._field()
        self.office.platform.edit_prospect(self.prospects[name], **{which: self._value()})
        value = self._value()
        if record:
            self.office.crm.edit(record.id, **{which: value})

    def assign(self, name: str) -> None:
        user = self.chance.choice([self.office.ann, self.office.bob])
        self.office.platform.assign(self.prospects[name], user["platform"])

    def hand_over(self, name: str) -> None:
        user, record = self.chance.choice([self.office.ann, self.office.bob]), self._record(name)
        if record:
            self.office.crm.edit(record.id, owner=user["crm"])

    def opt_out_prospect(self, name: str) -> None:
        self.office.platform.opt_out_prospect(self.prospects[name])

    def opt_out_record(self, name: str) -> None:
        record = self._record(name)
        if record:
            self.office.crm.edit(record.id, opted_out=True)

    def move_prospect(self, name: str) -> None:
        self.moves += 1
        record = self._record(name)
        if record and record.object == "contact" and not self.moves_shared:
            return
        self.office.platform.edit_prospect(self.prospects[name], email=f"{name}{self.moves}@new.example")

    def move_record(self, name: str) -> None:
        record = self._record(name)
        self.moves += 1
        if record:
            self.office.crm.edit(record.id, email=f"{name}{self.moves}@crm.example")

    def delete_record(self, name: str) -> None:
        record = self._record(name)
        if record:
            self.office.crm.delete(record.id)

    def make_record(self, name: str) -> None:
        email = self.office.prospects()[self.prospects[name]].email
        if self._record(name) is None:
            self.office.lead(email, owner=self.office.bob)

    def convert(self, name: str) -> None:
        record = self._record(name)
        if record and record.object == "lead" and self.converts:
            self.office.crm.convert(record.id)

    def submit_form(self, name: str) -> None:
        self.office.platform.act_prospect(self.prospects[name], "form_submitted", score=50)
