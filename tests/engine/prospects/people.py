"""The people of a random history: what they do on either side, and what the history has to know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from keepstep.core.model import Record, Side
from tests.engine.prospects.histories import History

EMAILS = tuple(f"{name}@acme.example" for name in ("ada", "bea", "cleo", "dora"))


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom somebody picks, and what for."""

    which: int
    name: str
    email: str
    owner: str | None


@dataclass(slots=True)
class People:
    """Whoever works on both sides; where there is nobody to pick, nothing happens."""

    ON_THE_PLATFORM: ClassVar[tuple[str, ...]] = (
        "add_prospect",
        "edit_prospect",
        "edit_prospect",
        "assign",
        "readdress_prospect",
        "opt_out_prospect",
        "submit_form",
        "bin_prospect",
        "unbin_prospect",
    )
    IN_THE_CRM: ClassVar[tuple[str, ...]] = (
        "make_record",
        "edit_record",
        "edit_record",
        "readdress_record",
        "hand_over",
        "opt_out_record",
        "delete_record",
        "delete_record",
        "undelete_record",
        "merge_records",
        "convert",
    )
    ON_BOTH_SIDES: ClassVar[tuple[str, ...]] = ("edit_both", "delete_and_edit", "opt_out_and_delete")

    history: History
    gone: list[str] = field(default_factory=list)
    binned: list[str] = field(default_factory=list)

    # -- on the platform -------------------------------------------------------------------------------------------

    def prospect(self, which: int) -> Record | None:
        """One of those who are there."""
        there = list(self.history.office.prospects().values())
        return there[which % len(there)] if there else None

    def add_prospect(self, choice: Choice) -> None:
        """A new prospect; who is there already stays as it is."""
        if self.history.whose(choice.email) is None:
            self.history.office.platform.add_prospect(choice.email, owner=self._user(choice.owner))

    def _user(self, name: str | None) -> str | None:
        office = self.history.office
        return {"ann": office.ann, "bob": office.bob}[name]["platform"] if name else None

    def edit_prospect(self, choice: Choice) -> None:
        """A field gets a new value."""
        prospect, value = self.prospect(choice.which), self.history.value()
        if prospect is None:
            return
        if self.history.record_of(prospect.id) is None and self.with_email(prospect.email):
            self.history.disturbed.add(prospect.id)
        self.history.office.platform.edit_prospect(prospect.id, **{choice.name: value})
        self.history.edited(prospect.id, choice.name, Side.PLATFORM, value)

    def assign(self, choice: Choice) -> None:
        """To somebody, or to nobody."""
        prospect = self.prospect(choice.which)
        if prospect is not None:
            self.history.office.platform.assign(prospect.id, self._user(choice.owner))

    def readdress_prospect(self, choice: Choice) -> None:
        """A new address, unless another has it."""
        prospect = self.prospect(choice.which)
        if prospect is None or self.history.whose(choice.email) is not None:
            return
        self.history.office.platform.edit_prospect(prospect.id, email=choice.email)
        self.history.disturbed.add(prospect.id)
        if self.with_email(choice.email):
            self.history.deleted.discard(prospect.id)

    def opt_out_prospect(self, choice: Choice) -> None:
        """Unsubscribes."""
        prospect = self.prospect(choice.which)
        if prospect is not None:
            self.history.office.platform.opt_out_prospect(prospect.id)
            self.history.opted_out.add(prospect.id)

    def submit_form(self, choice: Choice) -> None:
        """Shows intent."""
        prospect = self.prospect(choice.which)
        if prospect is not None:
            self.history.office.platform.act_prospect(prospect.id, "form_submitted", score=50)

    def bin_prospect(self, choice: Choice) -> None:
        """Into the recycle bin."""
        prospect = self.prospect(choice.which)
        if prospect is not None:
            self.history.office.platform.delete_prospect(prospect.id)
            self.binned.append(prospect.id)

    def unbin_prospect(self, choice: Choice) -> None:  # noqa: ARG002 # the last one that went in
        """Out of it again, unless another has the address by now."""
        if self.binned:
            prospect_id = self.binned.pop()
            try:
                self.history.office.platform.undelete_prospect(prospect_id)
            except ValueError:
                return
            self.history.disturbed.add(prospect_id)

    # -- in the CRM ------------------------------------------------------------------------------------------------

    def record(self, which: int) -> Record:
        """One of those who are there; the caller knows that there are some."""
        there = self.history.records()
        return there[which % len(there)]

    def with_email(self, email: str | None) -> list[Record]:
        """Whoever has this address."""
        return [record for record in self.history.records() if email and record.email == email]

    def make_record(self, choice: Choice) -> None:
        """A lead or a contact."""
        kind = "lead" if choice.which % 2 else "contact"
        self.history.office.crm.add(kind, email=choice.email, owner=self.history.office.ann["crm"])
        self._has_a_record_now(choice.email)

    def _has_a_record_now(self, email: str | None) -> None:
        prospect = self.history.whose(email)
        if prospect is not None:
            self.history.disturbed.add(prospect)
            self.history.deleted.discard(prospect)

    def edit_record(self, choice: Choice) -> None:
        """A field gets a new value."""
        if self.history.records():
            self._edit(self.record(choice.which), choice.name)

    def _edit(self, record: Record, name: str) -> None:
        value = self.history.value()
        self.history.office.crm.edit(record.id, **{name: value})
        tied, owner = self.history.prospect_of(record), self.history.whose(record.email)
        if tied is not None:
            self.history.edited(tied, name, Side.CRM, value)
        if owner is not None and tied != owner:
            self.history.disturbed.add(owner)  # the sync doesn't follow it (yet): whose word is last is open

    def readdress_record(self, choice: Choice) -> None:
        """A new address, also one that others have."""
        if not self.history.records():
            return
        record = self.record(choice.which)
        self.history.office.crm.edit(record.id, email=choice.email)
        tied = self.history.prospect_of(record)
        self.history.disturbed |= {tied} if tied else set()
        self._has_a_record_now(choice.email)

    def hand_over(self, choice: Choice) -> None:
        """Another owner."""
        if self.history.records():
            office = self.history.office
            owner = (office.bob if choice.owner == "bob" else office.ann)["crm"]
            office.crm.edit(self.record(choice.which).id, owner=owner)

    def opt_out_record(self, choice: Choice) -> None:
        """The person says no to somebody in sales."""
        if not self.history.records():
            return
        record = self.record(choice.which)
        self.history.office.crm.edit(record.id, opted_out=True)
        tied = self.history.prospect_of(record)
        if tied is not None and tied in self.history.office.prospects():
            self.history.unseen.add(tied)

    def delete_record(self, choice: Choice) -> None:
        """Into the bin."""
        if self.history.records():
            self._delete(self.record(choice.which))

    def _delete(self, record: Record) -> None:
        tied = self.history.prospect_of(record)
        self.history.office.crm.delete(record.id)
        self.gone.append(record.id)
        if tied is not None:
            self.history.lost(tied)
            prospect = self.history.office.prospects().get(tied)
            if not self.with_email(prospect.email if prospect else None):
                self.history.deleted.add(tied)

    def undelete_record(self, choice: Choice) -> None:  # noqa: ARG002 # the last one that went in
        """Out of the bin."""
        if not self.gone:
            return
        record_id = self.gone.pop()
        self.history.office.crm.undelete(record_id)
        record = next((r for r in self.history.records() if r.id == record_id), None)
        if record is not None:
            tied = self.history.prospect_of(record)
            if tied is not None:
                self.history.disturbed.add(tied)
                self.history.deleted.discard(tied)
            self._has_a_record_now(record.email)

    def merge_records(self, choice: Choice) -> None:
        """One into another of its kind."""
        if not self.history.records():
            return
        loser, survivor = self.record(choice.which), self.record(choice.which + 1)
        if loser.object != survivor.object or loser.id == survivor.id:
            return
        for record in (loser, survivor):
            tied = self.history.prospect_of(record)
            if tied is not None:
                self.history.lost(tied)
        self.history.office.crm.merge(loser.id, survivor.id)
        self._has_a_record_now(survivor.email)

    def convert(self, choice: Choice) -> None:
        """A lead becomes a contact."""
        if not self.history.records():
            return
        lead = self.record(choice.which)
        if lead.object == "lead":
            tied = self.history.prospect_of(lead)
            self.history.disturbed |= {tied} if tied else set()
            self.history.office.crm.convert(lead.id)
            self._has_a_record_now(lead.email)

    # -- on both sides, between two runs ---------------------------------------------------------------------------

    def _pair(self, choice: Choice) -> tuple[Record, Record] | None:
        prospect = self.prospect(choice.which)
        record = self.history.record_of(prospect.id) if prospect else None
        return (prospect, record) if prospect and record else None

    def edit_both(self, choice: Choice) -> None:
        """A conflict."""
        self.edit_prospect(choice)
        pair = self._pair(choice)
        if pair:
            self._edit(pair[1], choice.name)

    def delete_and_edit(self, choice: Choice) -> None:
        """A record is deleted, and its prospect is changed as if nothing had been."""
        pair = self._pair(choice)
        if pair:
            self._delete(pair[1])
            self.edit_prospect(choice)

    def opt_out_and_delete(self, choice: Choice) -> None:
        """Somebody unsubscribes, is deleted in the CRM, and is made there anew."""
        pair = self._pair(choice)
        if pair and pair[0].email:
            self.opt_out_prospect(choice)
            self._delete(pair[1])
            self.make_record(Choice(choice.which, choice.name, pair[0].email, choice.owner))
