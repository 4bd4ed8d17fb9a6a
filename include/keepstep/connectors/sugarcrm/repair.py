"""Reads back what v4_1 says it saved, and repairs what it echoes without storing it: opt-outs, and emails.

An opt-out is written at the address, where it is kept; that opts out everybody who has it. An email is changed by
renaming its address, which renames it for everybody: so only where nobody else has it, and nobody has the new one,
whose own opt-out would be lost otherwise. Nor is an opt-out lifted from an address that a record has just got.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from keepstep.connectors.base import FetchBy, Json
from keepstep.connectors.calls import Effect
from keepstep.connectors.sugarcrm import errors, wire
from keepstep.connectors.sugarcrm.entries import ADDRESSES
from keepstep.connectors.sugarcrm.fields import ADDRESS, EMAIL, HOLDERS, OPT_OUT
from keepstep.connectors.sugarcrm.protocol import BATCH, Ask, Rows, by_id
from keepstep.connectors.sugarcrm.rows import Row
from keepstep.core.model import Applied, Outcome

Saved = tuple[Row, str]  # and the id that it was saved under
_AT_THE_ADDRESS = frozenset({EMAIL, OPT_OUT})


class Desk(Protocol):
    """What a repair needs of the protocol."""

    def page(self, ask: Ask) -> Rows:
        """One page of rows."""

    def entries(self, object: str, ids: Sequence[str], fields: Sequence[str], *, addresses: bool = False) -> Rows:
        """These records as they are now."""

    def save(self, object: str, lists: Sequence[Mapping[str, Json]], effect: Effect) -> list[str] | None:
        """Save records."""


@dataclass(frozen=True, slots=True)
class Repair:
    """Of the rows of one object that were just saved."""

    desk: Desk
    object: str

    def outcomes(self, saved: Sequence[Saved]) -> list[Outcome]:
        """What each record holds now decides; one call, and a few more where an email or an opt-out is missing."""
        there = self._there(saved)
        wrong = {id: _wrong(row, there.get(id)) for row, id in saved}
        reasons = self._repaired([one for one in saved if wrong[one[1]] & _AT_THE_ADDRESS], there)
        if reasons:
            touched = [one for one in saved if one[1] in reasons]
            there = {**there, **self._there(touched)}
            wrong |= {id: _wrong(row, there.get(id)) for row, id in touched}
        return [_outcome(row, id, there.get(id), wrong[id], reasons.get(id, "")) for row, id in saved]

    def _there(self, saved: Sequence[Saved]) -> Mapping[str, wire.Row]:
        fields = sorted({"id", EMAIL, OPT_OUT}.union(*(row.values for row, _ in saved)))
        about = any(_AT_THE_ADDRESS & set(row.values) for row, _ in saved)
        return by_id(self.desk.entries(self.object, [id for _, id in saved], fields, addresses=about).rows)

    def _repaired(self, saved: Sequence[Saved], there: Mapping[str, wire.Row]) -> dict[str, str]:
        """Write at the addresses; for each record why its email or opt-out may still be wrong, "" where it needn't."""
        reasons = self._renamed([one for one in saved if EMAIL in _wrong(one[0], there[one[1]])], there)
        opt_outs: dict[str, bool] = {}
        for row, id in saved:
            reasons.setdefault(id, "")
            if OPT_OUT not in _wrong(row, there[id]) or reasons[id]:
                continue
            address, opts_out = _address(there[id]), wire.is_true(row.values[OPT_OUT])
            if address is None:
                reasons[id] = errors.NO_EMAIL
            elif not opts_out and EMAIL in row.values and EMAIL not in _wrong(row, there[id]):
                reasons[id] = errors.STAYS_OUT
            else:
                opt_outs[address] = opts_out or opt_outs.get(address, False)  # of two who share it, an opt-out wins
        if opt_outs:
            lists: list[Mapping[str, Json]] = [{"id": id, "opt_out": int(out)} for id, out in opt_outs.items()]
            self.desk.save(ADDRESS, lists, Effect.IDEMPOTENT)
        return reasons

    def _renamed(self, saved: Sequence[Saved], there: Mapping[str, wire.Row]) -> dict[str, str]:
        reasons = {id: errors.EMAIL_NOT_STORED for _, id in saved}
        able = [one for one in saved if one[0].values[EMAIL] and _address(there[one[1]])]
        if not able:
            return reasons
        old = {id: str(there[id][EMAIL]) for _, id in able}
        new = {id: str(row.values[EMAIL]).strip() for row, id in able}
        holders, taken = self._holders(old.values()), self._taken(new.values())
        taken |= {email for email, count in Counter(email.casefold() for email in new.values()).items() if count > 1}
        lists: list[Mapping[str, Json]] = []
        for _, id in able:
            if holders[old[id].casefold()] != {id} or new[id].casefold() in taken:
                reasons[id] = errors.EMAIL_SHARED
                continue
            reasons[id] = ""
            capitals = new[id].upper()
            lists.append({"id": _address(there[id]), "email_address": new[id], "email_address_caps": capitals})
        if lists:
            self.desk.save(ADDRESS, lists, Effect.IDEMPOTENT)
        return reasons

    def _holders(self, emails: Iterable[str]) -> Mapping[str, set[str]]:
        """Who has each of these addresses, of every module that has any."""
        keys = tuple(emails)
        found: dict[str, set[str]] = {email.casefold(): set() for email in keys}
        for object in HOLDERS:
            ask = Ask(object, ("id", EMAIL), BATCH * 10, by=FetchBy.EMAIL, keys=keys, addresses=True)
            page = self.desk.page(ask)
            for holder in found.values() if page.more else ():
                holder.add("more than could be told")
            for row in page.rows:
                for email in {str(row.get(EMAIL)), *(str(a.get("email_address")) for a in _addresses(row))}:
                    found.setdefault(email.casefold(), set()).add(str(row["id"]))
        return found

    def _taken(self, emails: Iterable[str]) -> set[str]:
        """Those of these that are somebody's address already, or were once."""
        ask = Ask(ADDRESS, ("id", "email_address"), BATCH * 10, by=FetchBy.EMAIL, keys=tuple(emails))
        return {str(row.get("email_address")).casefold() for row in self.desk.page(ask).rows}


def _wrong(row: Row, there: wire.Row | None) -> frozenset[str]:
    return frozenset() if there is None else frozenset(wire.differing(row.values, there, row.catalog))


def _address(there: wire.Row) -> str | None:
    """The id of the record's primary address."""
    email = str(there.get(EMAIL) or "").casefold()
    found = (a for a in _addresses(there) if email and str(a.get("email_address")).casefold() == email)
    return next((str(address["id"]) for address in found if address.get("id")), None)


def _addresses(there: wire.Row) -> list[dict[str, Json]]:
    told = there.get(ADDRESSES)
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _outcome(row: Row, id: str, there: wire.Row | None, wrong: frozenset[str], reason: str) -> Outcome:
    if there is None:
        return errors.rejected(row.operation_id, errors.GONE)
    if not wrong:
        return Applied(row.operation_id, id)
    about = sorted(wrong & _AT_THE_ADDRESS) if reason else sorted(wrong)
    return errors.rejected(row.operation_id, reason or errors.NOT_STORED, about[0] if about else sorted(wrong)[0])
