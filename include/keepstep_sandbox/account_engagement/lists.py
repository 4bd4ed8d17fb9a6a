"""What may be done to lists and who is on them; a dynamic list's members come and go by its rules alone."""

from collections.abc import Mapping

from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.schema import CAMPAIGNS, FOLDERS, LISTS, MEMBERSHIPS, PROSPECTS
from keepstep_sandbox.account_engagement.table import Row
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.account_engagement.values import accepted

DYNAMIC = "members of a dynamic list are chosen by its rules"


class Lists:
    """Makes and changes lists. `by` is the user who does it."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit

    def create(self, values: Mapping[str, object], by: int, *, dynamic: bool = False) -> Row:
        """Make a list; over the API always a static one.

        Raises:
            PardotError: it has no name, or a value is refused.
        """
        if not values.get("name"):
            raise PardotError(153, "name")
        stored = _checked(self._unit, LISTS, values, new=True)
        return self._unit.insert(LISTS, {"title": stored["name"], **stored, "isDynamic": dynamic}, by)

    def update(self, row_id: int, values: Mapping[str, object], by: int) -> Row:
        """Change a list.

        Raises:
            PardotError: it isn't there, is deleted, or a value is refused.
        """
        row = _live(self._unit, LISTS, row_id)
        if "name" in values and not values["name"]:
            raise PardotError(153, "name")
        return self._unit.change(LISTS, row, _checked(self._unit, LISTS, values, new=False), by)

    def delete(self, row_id: int, by: int) -> Row:
        """Move a list to the recycle bin.

        Raises:
            PardotError: there's none that isn't there already (109).
        """
        row = _live(self._unit, LISTS, row_id, code=109)
        return self._unit.change(LISTS, row, {"isDeleted": True}, by)


class Memberships:
    """Puts prospects on lists and takes them off. `inside` is what the unit's own rules do, on dynamic lists too."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit

    def create(self, values: Mapping[str, object], by: int, *, inside: bool = False) -> Row:
        """Put a prospect on a list.

        Raises:
            PardotError: the list (55) or prospect (3) isn't there, the list is dynamic, or they're together (58).
        """
        for name in ("listId", "prospectId"):
            if values.get(name) is None:
                raise PardotError(153, name)
        stored = _checked(self._unit, MEMBERSHIPS, values, new=True)
        self._check_pair(stored["listId"], stored["prospectId"], inside=inside)
        former = self.of(stored["listId"], stored["prospectId"])
        if former is not None and not former.get("isDeleted", False):
            raise PardotError(58)
        if former is not None and self._unit.settings.revives_memberships:
            return self._unit.change(MEMBERSHIPS, former, {"optedOut": None, **stored, "isDeleted": None}, by)
        return self._unit.insert(MEMBERSHIPS, stored, by)

    def update(self, row_id: int, values: Mapping[str, object], by: int) -> Row:
        """Change a membership: whether its prospect has opted out of the list.

        Raises:
            PardotError: it isn't there, is removed, or a value is refused.
        """
        row = _live(self._unit, MEMBERSHIPS, row_id)
        return self._unit.change(MEMBERSHIPS, row, _checked(self._unit, MEMBERSHIPS, values, new=False), by)

    def delete(self, row_id: int, by: int, *, inside: bool = False) -> Row:
        """Take a prospect off a list; the membership stays as a deleted one.

        Raises:
            PardotError: there's none that isn't removed already (109), or the list is dynamic.
        """
        row = _live(self._unit, MEMBERSHIPS, row_id, code=109)
        of = self._unit.tables[LISTS].get(row["listId"])
        if of is not None and of.get("isDynamic", False) and not inside:
            raise PardotError(self._unit.settings.dynamic_list_code, DYNAMIC)
        return self._unit.change(MEMBERSHIPS, row, {"isDeleted": True}, by)

    def of(self, list_id: int, prospect_id: int) -> Row | None:
        """Give the membership of a prospect in a list, the present one rather than a former one."""
        table = self._unit.tables[MEMBERSHIPS]
        rows = [self._unit.row(MEMBERSHIPS, i) for i in table.find("prospectId", prospect_id)]
        pair = [row for row in rows if row["listId"] == list_id]
        return max(pair, key=lambda row: (not row.get("isDeleted", False), row["id"]), default=None)

    def _check_pair(self, list_id: int, prospect_id: int, *, inside: bool) -> None:
        found = self._unit.tables[LISTS].get(list_id)
        if found is None or found.get("isDeleted", False):
            raise PardotError(55)
        prospect = self._unit.tables[PROSPECTS].get(prospect_id)
        if prospect is None:
            raise PardotError(3)
        if prospect.get("isDeleted", False):
            raise PardotError(219)
        if found.get("isDynamic", False) and not inside:
            raise PardotError(self._unit.settings.dynamic_list_code, DYNAMIC)


def _live(unit: BusinessUnit, kind: str, row_id: int, *, code: int = 219) -> Row:
    row = unit.row(kind, row_id)
    if row.get("isDeleted", False):
        raise PardotError(code)
    return row


def _checked(unit: BusinessUnit, kind: str, values: Mapping[str, object], *, new: bool) -> Row:
    """Give what is stored where a client writes these values."""
    stored: Row = {}
    for name, value in values.items():
        field = unit.schema[kind].field(name)
        if not field.writable or (field.create_only and not new):
            raise PardotError(180, name)
        stored[name] = accepted(field, value)
    for name, target in (("campaignId", CAMPAIGNS), ("folderId", FOLDERS)):
        if stored.get(name) is not None and unit.tables[target].get(stored[name]) is None:
            raise PardotError(38 if target == CAMPAIGNS else 16, name)
    return stored
