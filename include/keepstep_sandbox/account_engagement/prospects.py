"""What may be done to prospects, by the API, by imports, by people in the user interface."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.schema import (
    ACCOUNTS,
    ACTIVITIES,
    CAMPAIGNS,
    MEMBERSHIPS,
    PROSPECTS,
    USERS,
)
from keepstep_sandbox.account_engagement.table import Row
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.account_engagement.values import accepted, email

MAX_MERGED: Final = 3  # prospects in one merge, the one that stays among them
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_CRM_ID: Final = re.compile(r"(?:00Q|003)[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?|\[\[[^\[\]]*\]\]")
_KINDS: Final = {"00Q": "salesforceLeadId", "003": "salesforceContactId"}
_TARGETS: Final = {"campaignId": (CAMPAIGNS, 38), "prospectAccountId": (ACCOUNTS, 61)}


class Prospects:
    """See the module. `by` is the user who does it."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit

    def create(self, values: Mapping[str, object], by: int) -> Row:
        """Make a prospect.

        Raises:
            PardotError: a value is refused, or somebody has that address where only one may.
        """
        if not values.get("email"):
            raise PardotError(153, "email")
        stored = self._checked(values)
        self._single(stored["email"], set())
        if stored.get("assignedToId") is not None:
            stored["firstAssignedAt"] = self._unit.now()
        return self._unit.insert(PROSPECTS, {"score": 0, **stored}, by)

    def update(self, row_id: int, values: Mapping[str, object], by: int) -> Row:
        """Change the fields given, and no others.

        Raises:
            PardotError: there's no such prospect, it's in the recycle bin, or a value is refused.
        """
        row = self._unit.row(PROSPECTS, row_id)
        if row.get("isDeleted", False):
            raise PardotError(219)
        self._meet_fault(row_id)
        return self._unit.change(PROSPECTS, row, self._changed(row, values), by)

    def delete(self, row_id: int, by: int) -> Row:
        """Move a prospect to the recycle bin; its activities and memberships stay.

        Raises:
            PardotError: there's none that isn't there already (109).
        """
        row = self._unit.row(PROSPECTS, row_id)
        if row.get("isDeleted", False):
            raise PardotError(109)
        self._meet_fault(row_id)
        return self._unit.change(PROSPECTS, row, {"isDeleted": True}, by)

    def undelete(self, row_id: int, by: int) -> Row:
        """Take a prospect out of the recycle bin.

        Raises:
            PardotError: it isn't there (109), or somebody else has the address by now.
        """
        row = self._unit.row(PROSPECTS, row_id)
        if not row.get("isDeleted", False):
            raise PardotError(109)
        self._single(row["email"], {row_id})
        return self._unit.change(PROSPECTS, row, {"isDeleted": None}, by)

    def latest(self, address: str, *, deleted: bool) -> Row | None:
        """Give the prospect with an address, as it is written, whose last activity is the latest."""
        found = [self._unit.row(PROSPECTS, i) for i in self._unit.tables[PROSPECTS].find("email", address)]
        chosen = [row for row in found if row.get("isDeleted", False) is deleted]
        return max(chosen, key=lambda row: (row.get("lastActivityAt", _NEVER), row["id"]), default=None)

    def undelete_latest(self, address: str, by: int) -> Row:
        """Take the latest prospect with an address out of the recycle bin.

        Raises:
            PardotError: none is there (109).
        """
        row = self.latest(address, deleted=True)
        if row is None:
            raise PardotError(109)
        return self.undelete(row["id"], by)

    def upsert_latest(
        self, address: str, values: Mapping[str, object], by: int, *, search_bin: bool
    ) -> tuple[Row, bool]:
        """Change the latest prospect with an address, or make one; tell whether it was made.

        With `search_bin`, if all that match are in the recycle bin, the latest of them comes back; where an address
        belongs to one prospect alone, it always does.

        Raises:
            PardotError: a value is refused.
        """
        row = self.latest(address, deleted=False)
        if row is None and (search_bin or not self._unit.settings.ampsea):
            row = self.latest(address, deleted=True)
        if row is None:
            return self.create({"email": address, **values}, by), True
        if row.get("isDeleted", False):
            self._changed(row, values)  # nothing comes back for values that are refused
            self.undelete(row["id"], by)
        return self.update(row["id"], values, by), False

    def erase(self, row_id: int) -> None:
        """Delete a prospect for good, in the bin or not, with memberships and activities; over the API it's unknown."""
        self._unit.row(PROSPECTS, row_id)
        for kind in (MEMBERSHIPS, ACTIVITIES):
            for other in list(self._unit.tables[kind].find("prospectId", row_id)):
                self._unit.erase(kind, other)
        self._unit.erase(PROSPECTS, row_id)

    def merge(self, master: int, others: Sequence[int], values: Mapping[str, object], by: int) -> Row:
        """Merge prospects in the user interface: activities, lists and scores are joined, the losers erased.

        Raises:
            PardotError: one isn't there, or too many are to be merged.
        """
        if not others or master in others or len({master, *others}) > MAX_MERGED:
            raise PardotError(154, "a merge takes two or three different prospects")
        losers = [self._unit.row(PROSPECTS, other) for other in others]
        kept = self._unit.row(PROSPECTS, master)
        changes = self._changed(kept, values, besides={master, *others})
        changes["score"] = kept.get("score", 0) + sum(row.get("score", 0) for row in losers)
        seen = [row["lastActivityAt"] for row in (kept, *losers) if "lastActivityAt" in row]
        for loser in losers:
            self._join(loser["id"], master, by)
            self.erase(loser["id"])
        return self._unit.change(PROSPECTS, kept, {**changes, "lastActivityAt": max(seen, default=None)}, by)

    def _join(self, loser: int, master: int, by: int) -> None:
        on = {row["listId"]: row for row in self._of(MEMBERSHIPS, master)}
        for row in self._of(MEMBERSHIPS, loser):
            former = on.get(row["listId"])
            if former is None:
                self._unit.change(MEMBERSHIPS, row, {"prospectId": master}, by)
            elif former.get("isDeleted", False) and not row.get("isDeleted", False):
                self._unit.change(MEMBERSHIPS, former, {"isDeleted": None, "optedOut": row.get("optedOut")}, by)
        for row in self._of(ACTIVITIES, loser):
            self._unit.put(ACTIVITIES, {**row, "prospectId": master, "updatedAt": self._unit.now()})

    def _of(self, kind: str, prospect: int) -> list[Row]:
        return [self._unit.row(kind, i) for i in sorted(self._unit.tables[kind].find("prospectId", prospect))]

    def _changed(self, row: Row, values: Mapping[str, object], *, besides: set[int] | None = None) -> Row:
        stored = self._checked(values)
        if "email" in stored:
            self._single(stored["email"], besides or {row["id"]})
        if stored.get("assignedToId") is not None and "firstAssignedAt" not in row:
            stored["firstAssignedAt"] = self._unit.now()
        return stored

    def _single(self, address: str, besides: set[int]) -> None:
        """Refuse an address that another prospect has, where several may not share one."""
        if self._unit.settings.ampsea:
            return
        others = self._unit.tables[PROSPECTS].find("email", address) - besides
        if others:
            raise PardotError(self._unit.settings.duplicate_email_code)

    def _checked(self, values: Mapping[str, object]) -> Row:
        """Give what is stored where a client writes these values."""
        kind = self._unit.schema[PROSPECTS]
        if "userId" in values and "salesforceOwnerId" in values:
            raise PardotError(125)
        stored: Row = {}
        for name, value in values.items():
            field = kind.field(name)
            if not field.writable:
                raise PardotError(180, name)
            stored |= self._stored(name, email(value) if name == "email" else accepted(field, value))
        return stored

    def _stored(self, name: str, value: Any) -> Row:
        if name in _TARGETS and value is not None:
            target, code = _TARGETS[name]
            if self._unit.tables[target].get(value) is None:
                raise PardotError(code)
        if name == "salesforceId":
            return _crm_ids(value)
        if name in ("userId", "salesforceOwnerId"):
            return {"assignedToId": None if value is None else self._user("id" if name == "userId" else "CRM", value)}
        return {name: value}

    def _user(self, by: str, value: Any) -> int:
        users: Iterable[int] = self._unit.tables[USERS].find("salesforceId", value) if by == "CRM" else (value,)
        for user in users:
            row = self._unit.tables[USERS].get(user)
            if row is not None and not row.get("isDeleted", False):
                return user
        raise PardotError(10)

    def _meet_fault(self, row_id: int) -> None:
        fault = self._unit.faults.get(row_id)
        if fault is None:
            return
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                del self._unit.faults[row_id]
        raise PardotError(fault.code, fault.detail)


def _crm_ids(value: str | None) -> Row:
    """Give all that the CRM id stands in; a marker such as `[[crm_deleted]]` takes its place as a text."""
    if value is not None and _CRM_ID.fullmatch(value) is None:
        raise PardotError(77)
    own = _KINDS.get((value or "")[:3])
    return {"salesforceId": value, **{name: value if name == own else None for name in _KINDS.values()}}
