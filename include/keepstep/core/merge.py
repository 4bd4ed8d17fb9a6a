"""Three-way merge of one field: what both sides hold, against what they last agreed on.

Laws:
1. Only a field that both sides changed, to different values, is a conflict.
2. A blank never overwrites a value, unless the field says so and the two sides agreed on a value before.
3. An opt-out on either side survives, whatever else is said.
4. Without a base (a first sync) a value beats a blank, and two different values are decided by the field's rule.
5. A field that one side owns is never written there; its blank leaves the other side alone unless the field says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from keepstep.core.model import Blanks, FieldRule, FieldType, Rule, Side, Value
from keepstep.core.normalize import normalize_value


@dataclass(frozen=True, slots=True)
class Agree:
    """Both sides hold this value."""

    value: Value


@dataclass(frozen=True, slots=True)
class Take:
    """This side's value is the one; the other side is to be changed."""

    side: Side
    value: Value
    why: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Both sides changed it, to different values; `winner` is None where it waits for a person."""

    winner: Side | None
    value: Value  # the winner's; None where there is no winner
    why: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The sides differ and nothing is to be done about it."""


Merged = Agree | Take | Clash | Leave

OWNED: Mapping[Rule, Side] = MappingProxyType({Rule.CRM_OWNED: Side.CRM, Rule.PLATFORM_OWNED: Side.PLATFORM})


@dataclass(frozen=True, slots=True)
class Values3:
    """A field on both sides and in the base; `known` is False where the two sides never agreed on this field."""

    crm: Value
    platform: Value
    base: Value
    known: bool
    crm_modified: datetime | None = None
    platform_modified: datetime | None = None

    def on(self, side: Side) -> Value:
        """The value on that side."""
        return self.crm if side is Side.CRM else self.platform


def merge(rule: FieldRule, values: Values3) -> Merged:
    """Compare both sides with what they last agreed on; decide, never write."""
    if values.crm == values.platform:
        return Agree(values.crm)
    if rule.rule is Rule.OPT_OUT_WINS:
        return _opt_out(values)
    if rule.rule in OWNED:
        return _owned(rule, OWNED[rule.rule], values)
    return _three_way(rule, values)


def _three_way(rule: FieldRule, values: Values3) -> Merged:
    if None in (values.crm, values.platform) and (rule.blanks is Blanks.KEEP or not values.known):
        side = Side.PLATFORM if values.crm is None else Side.CRM
        return Take(side, values.on(side), f"the {side.other} has a blank, and a blank never overwrites a value")
    if values.known and values.crm == values.base:
        return Take(Side.PLATFORM, values.platform, "only the platform changed it")
    if values.known and values.platform == values.base:
        return Take(Side.CRM, values.crm, "only the CRM changed it")
    return _clash(rule, values)


def _owned(rule: FieldRule, owner: Side, values: Values3) -> Merged:
    value = values.on(owner)
    if value is None and rule.blanks is Blanks.KEEP:
        return Leave()
    return Take(owner, value, f"the {owner} owns this field")


def _opt_out(values: Values3) -> Merged:
    # Some systems keep a checkbox as text or as 1 and 0: read as what it means, or "yes" would lose against "no".
    crm, platform = (normalize_value(one, FieldType.BOOLEAN) for one in (values.crm, values.platform))
    if crm == platform:
        return Agree(values.crm)
    if True in (crm, platform):
        side = Side.CRM if crm is True else Side.PLATFORM
        return Take(side, values.on(side), "an opt-out always survives")
    if not {crm, platform} <= {None, False}:
        return Clash(None, None, "what one side holds is neither yes nor no, and may be an opt-out")
    side = Side.PLATFORM if values.crm is None else Side.CRM
    return Take(side, values.on(side), f"the {side.other} has a blank")


def _clash(rule: FieldRule, values: Values3) -> Clash:
    how = "both sides changed it" if values.known else "the two sides differ, and never agreed before"
    if rule.rule is Rule.HOLD:
        return Clash(None, None, f"{how}; the field's rule is to wait for a person")
    if rule.rule is Rule.NEWEST_WINS:
        side, why = _newest(values)
    else:
        side = Side.PLATFORM if rule.rule is Rule.PLATFORM_WINS else Side.CRM
        why = f"the field's rule is {rule.rule.value}"
    return Clash(side, values.on(side), f"{how}; {why}")


def _newest(values: Values3) -> tuple[Side, str]:
    crm, platform = values.crm_modified, values.platform_modified
    if crm is None or platform is None:
        return Side.CRM, "the field's rule is newest_wins, a side has no time of change: the CRM wins"
    if platform > crm:
        return Side.PLATFORM, "the platform's record was changed last"
    return Side.CRM, "the CRM's record was not changed earlier than the platform's"
