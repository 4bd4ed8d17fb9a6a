"""Applies the rows of an import: each stands alone, and one that is refused holds up none of the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.import_file import LIST_COLUMNS, MATCHES, MAX_LISTS, Column, Table
from keepstep_sandbox.account_engagement.lists import Memberships
from keepstep_sandbox.account_engagement.prospects import Prospects
from keepstep_sandbox.account_engagement.schema import PROSPECTS
from keepstep_sandbox.account_engagement.table import Row
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.account_engagement.values import whole

_OWNERS = frozenset({"userId", "salesforceOwnerId"})


@dataclass(slots=True)
class Outcome:
    """How the rows fared; of those that failed the cells, the code and the message."""

    created: int = 0
    updated: int = 0
    failed: list[tuple[str, ...]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Options:
    """How an import works."""

    delete: bool = False
    create_on_no_match: bool = True
    restore_deleted: bool = False
    columns: Mapping[str, Column] = field(default_factory=dict)


class ImportRows:
    """Made for one import. `by` is the user who started it."""

    def __init__(self, unit: BusinessUnit, options: Options, by: int) -> None:
        self._unit = unit
        self._options = options
        self._by = by
        self._prospects, self._memberships = Prospects(unit), Memberships(unit)

    def apply(self, table: Table, outcome: Outcome) -> None:
        """Work through a batch."""
        for cells in table.rows:
            try:
                if self._row(dict(zip(table.header, cells, strict=True))):
                    outcome.created += 1
                else:
                    outcome.updated += 1
            except PardotError as refusal:
                outcome.failed.append((*cells, str(refusal.code), refusal.message))

    def _row(self, cells: Mapping[str, str]) -> bool:
        """Apply one row; tell whether it made a prospect."""
        (match,) = (name for name in cells if name in MATCHES)
        row = self._matched(match, cells[match].strip())
        if self._options.delete:
            self._prospects.delete(_there(row)["id"], self._by)
            return False
        values = {name: text for name, text in cells.items() if name not in (*MATCHES, *LIST_COLUMNS)}
        if row is None:
            return self._create(match, cells, values)
        if row.get("isDeleted", False):
            if not self._options.restore_deleted:
                raise PardotError(219)
            self._prospects.undelete(row["id"], self._by)
        changes = {name: text for name, text in values.items() if self._taken(name, text)}
        if changes:
            self._prospects.update(row["id"], changes, self._by)
        self._to_lists(row["id"], cells)
        return False

    def _create(self, match: str, cells: Mapping[str, str], values: dict[str, str]) -> bool:
        given = cells[match].strip()
        if given and not self._options.create_on_no_match:
            raise PardotError(109)
        if given and match == "matchId":
            raise PardotError(3)
        known = {"matchEmail": "email", "matchSalesforceId": "salesforceId"}
        if given:
            values = {known[match]: given, **{name: text for name, text in values.items() if text}}
        made = self._prospects.create({name: text for name, text in values.items() if text.strip()}, self._by)
        self._to_lists(made["id"], cells)
        return True

    def _matched(self, match: str, text: str) -> Row | None:
        """Find the prospect of a row: a live one before one in the recycle bin, then the latest."""
        if not text:
            return None
        if match == "matchEmail":
            return self._prospects.latest(text, deleted=False) or self._prospects.latest(text, deleted=True)
        table = self._unit.tables[PROSPECTS]
        if match == "matchId":
            return table.get(whole(text, 3))
        found = [self._unit.row(PROSPECTS, row_id) for row_id in sorted(table.find("salesforceId", text))]
        return min(found, key=lambda row: row.get("isDeleted", False), default=None)

    def _taken(self, name: str, text: str) -> bool:
        """Tell whether a cell changes a prospect that is there; nobody is unassigned by an empty one."""
        column = self._options.columns.get(name, Column(name))
        if not column.overwrite:
            return False
        return bool(text.strip()) or (column.null_overwrite and name not in _OWNERS)

    def _to_lists(self, prospect: int, cells: Mapping[str, str]) -> None:
        for list_id in _lists(cells.get("addToList", "")):
            try:
                self._memberships.create({"listId": list_id, "prospectId": prospect}, self._by)
            except PardotError as refusal:
                if refusal.code != 58:  # who is on the list already stays there
                    raise
        for list_id in _lists(cells.get("removeFromList", "")):
            membership = self._memberships.of(list_id, prospect)
            if membership is not None and not membership.get("isDeleted", False):
                self._memberships.delete(membership["id"], self._by)


def _there(row: Row | None) -> Row:
    if row is None:
        raise PardotError(109)
    return row


def _lists(text: str) -> Sequence[int]:
    """Read the ids of lists in a cell, apart by semicolons, commas or blanks."""
    words: list[Any] = text.replace(";", " ").replace(",", " ").split()
    if len(words) > MAX_LISTS:
        raise PardotError(55, f"at most {MAX_LISTS} lists a row")
    return [whole(word, 55) for word in words]
