"""What people did: the activities, and how score and last activity of a prospect follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.schema import ACTIVITIES, ASSETS, PROSPECTS
from keepstep_sandbox.account_engagement.scoring import (
    BOUNCED,
    PASSIVE,
    RESUBSCRIBED,
    SUCCESS,
    TYPES,
    UNSUBSCRIBED,
    rule_of,
)
from keepstep_sandbox.account_engagement.table import Row
from keepstep_sandbox.account_engagement.unit import BusinessUnit

_FORMS: Final = frozenset({"formId", "formHandlerId", "landingPageId"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that somebody did.

    Attributes:
        prospect: who; None for a visitor whom nobody knows yet.
        type: a number of TYPES.
        assets: ids by the names of their fields.
        at: when; None = now.
        points: what it earns, None = by the rules.
        hard: of a bounce: the address is dead.
    """

    prospect: int | None
    type: int
    assets: Mapping[str, int] = field(default_factory=dict)
    details: str = ""
    at: datetime | None = None
    points: int | None = None
    hard: bool = False
    campaign: int | None = None


class Activities:
    """See the module."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit

    def record(self, deed: Deed) -> int:
        """Note what somebody did; give the activity's id.

        Raises:
            ValueError: no such type or asset.
            PardotError: no such prospect (109), or one in the recycle bin, which only a form's success takes out.
        """
        if unknown := set(deed.assets) - set(ASSETS):
            raise ValueError(f"no such asset: {min(unknown)}; there is {', '.join(ASSETS)}")
        if deed.type < 1:
            raise ValueError(f"no such type: {deed.type}; there is {', '.join(map(str, TYPES))}")
        now = self._unit.now()
        at = deed.at or now
        if deed.prospect is not None:
            self._move(self._found(deed), deed, at)
        row_id = self._unit.new_id(ACTIVITIES)
        kind = next((ASSETS[asset] for asset in deed.assets), TYPES.get(deed.type, "Unknown"))
        row: Row = {"id": row_id, "prospectId": deed.prospect, "type": deed.type, "typeName": kind, **deed.assets}
        row |= {"details": deed.details, "campaignId": deed.campaign, "createdAt": at, "updatedAt": now}
        self._unit.put(ACTIVITIES, row)
        return row_id

    def rescore(self, rules: Mapping[str, int]) -> int:
        """Change the scoring rules, which changes all scores that they ever gave; tell how many prospects it moved.

        Raises:
            ValueError: no such rule.
        """
        points = self._unit.points
        if unknown := set(rules) - set(points):
            raise ValueError(f"no such rule: {min(unknown)}; there is {', '.join(points)}")
        moved: dict[int, int] = {}
        for row in self._unit.tables[ACTIVITIES].rows():
            rule = rule_of(row["type"], _assets(row))
            if rule in rules and "prospectId" in row:
                difference = rules[rule] - points[rule]
                moved[row["prospectId"]] = moved.get(row["prospectId"], 0) + difference
        points.update(rules)
        changed = {prospect: difference for prospect, difference in moved.items() if difference}
        for prospect, difference in changed.items():
            row = self._unit.row(PROSPECTS, prospect)
            self._unit.put(PROSPECTS, {**row, **self._scored(row, difference), "updatedAt": self._unit.now()})
        return len(changed)

    def _found(self, deed: Deed) -> Row:
        row = self._unit.row(PROSPECTS, deed.prospect or 0)
        if not row.get("isDeleted", False):
            return row
        if deed.type == SUCCESS and _FORMS & deed.assets.keys():
            return {name: value for name, value in row.items() if name != "isDeleted"}
        raise PardotError(219)

    def _move(self, row: Row, deed: Deed, at: datetime) -> None:
        """Let score, last activity and the rest of a prospect follow."""
        rule = rule_of(deed.type, frozenset(deed.assets))
        points = self._unit.points[rule] if deed.points is None else deed.points
        changes: dict[str, Any] = self._scored(row, points) if points else {}
        if deed.type not in PASSIVE:
            changes["lastActivityAt"] = max(at, row.get("lastActivityAt", at))
            changes["firstActivityAt"] = min(at, row.get("firstActivityAt", at))
            changes["recentInteraction"] = deed.details or TYPES.get(deed.type, "Unknown")
        if deed.type in (UNSUBSCRIBED, RESUBSCRIBED):
            changes["optedOut"] = deed.type == UNSUBSCRIBED
        if deed.type == BOUNCED:
            changes |= {"emailBouncedAt": at, "emailBouncedReason": deed.details, "isEmailHardBounced": deed.hard}
        was = self._unit.row(PROSPECTS, row["id"])
        if changes and (self._unit.settings.activity_moves_updated or was.get("isDeleted", False)):
            changes["updatedAt"] = self._unit.now()
        self._unit.put(PROSPECTS, {**row, **changes})

    def _scored(self, row: Row, points: int) -> Row:
        return {"score": row.get("score", 0) + points}


def _assets(row: Row) -> frozenset[str]:
    return frozenset(asset for asset in ASSETS if asset in row)
