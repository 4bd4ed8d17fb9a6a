"""A prospect and its CRM record in few words: what a case doesn't name is plain and alike everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keepstep.core.model import (
    Decision,
    FieldType,
    Operation,
    Pair,
    Phase,
    Presence,
    Rule,
    Side,
    Snapshot,
    Status,
    Values,
)
from keepstep.core.prospect_plan import plan_prospects
from keepstep.core.prospect_policy import ProspectPolicy
from keepstep.core.sync_policy import SyncPolicy, Way
from tests.core.cases import ADA, MONDAY, rule

ANN, BOB = "ann@sales.example", "bob@sales.example"  # users of both systems
BOTH = {Side.CRM: "005A", Side.PLATFORM: "7"}
MARKER = "[[crm_deleted]]"

FIELDS = (
    rule("email", FieldType.EMAIL),
    rule("first_name"),
    rule("score", FieldType.NUMBER, Rule.PLATFORM_OWNED),
    rule("opted_out", FieldType.BOOLEAN, Rule.OPT_OUT_WINS),
    rule("owner"),
    rule("crm_id", wins=Rule.CRM_OWNED),
)
NAMES = frozenset(one.name for one in FIELDS)


def rules(object_name: str, **changes: Any) -> SyncPolicy:
    """How a prospect is merged with a record of this object."""
    given: dict[str, Any] = {
        "fields": FIELDS,
        "score_field": "",
        "pull": Way(add=True, update=NAMES - {"score"}, remove=False),
        "push": Way(add=True, update=NAMES - {"crm_id"}, remove=False),
        "crm_object": object_name,
        "row_object": "prospect",
        "create_fields": NAMES - {"crm_id"},
    }
    return SyncPolicy(**{**given, **changes})


def policy(changes: Mapping[str, Any] | None = None, **options: Any) -> ProspectPolicy:
    """A sync that may do everything, both ways, unless the case says otherwise; `changes` of the rules of merging."""
    by_object = {name: rules(name, **(changes or {})) for name in ("lead", "contact")}
    given: dict[str, Any] = {"create_as": "lead", "inactive_syncs": True, "mark_deleted": MARKER}
    return ProspectPolicy(by_object=by_object, **{**given, **options})


def lead(
    values: Values | None = None,
    *,
    email: str | None = ADA,
    status: Status = Status.ACTIVE,
    owner: str | None = ANN,
    opted_out: bool = False,
) -> Snapshot:
    """The CRM's record of a person."""
    told = {"email": email, "owner": owner, "crm_id": "00Q1", **(values or {})}
    return Snapshot("lead", "00Q1", _there(told), email, status, MONDAY, "005A" if owner else None, opted_out)


def prospect(
    values: Values | None = None,
    *,
    email: str | None = ADA,
    owner: str | None = ANN,
    crm_id: str | None = "00Q1",
    opted_out: bool = False,
) -> Snapshot:
    """The platform's prospect; assigned unless the case says otherwise."""
    told = {"email": email, "owner": owner, "crm_id": crm_id, **(values or {})}
    return Snapshot("prospect", "55", _there(told), email, Status.ACTIVE, MONDAY, "7" if owner else None, opted_out)


def _there(values: Values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def pair(
    crm: Snapshot | None = None, platform: Snapshot | None = None, base: Values | None = None, **told: Any
) -> Pair:
    """Both sides and their base; a side that is given is present, one that isn't is absent."""
    given: dict[str, Any] = {
        "key": "link:1",
        "generation": 3,
        "crm_presence": Presence.PRESENT if crm else Presence.ABSENT,
        "platform_presence": Presence.PRESENT if platform else Presence.ABSENT,
        "owner_ids": BOTH,
    }
    return Pair(crm=crm, platform=platform, base=base, **{**given, **told})


def agreed(**values: Any) -> dict[str, Any]:
    """The base of a pair that was synced before."""
    return {"email": ADA, "owner": ANN, "crm_id": "00Q1", **values}


def pulled(one: Pair, how: ProspectPolicy | None = None) -> Decision:
    """What the pull decides about this pair."""
    return _decide(one, Phase.PULL, how)


def pushed(one: Pair, how: ProspectPolicy | None = None) -> Decision:
    """What the push decides about this pair."""
    return _decide(one, Phase.PUSH, how)


def _decide(one: Pair, phase: Phase, how: ProspectPolicy | None) -> Decision:
    [(_, decision)] = plan_prospects([one], phase, how or policy())
    return decision


def only(decision: Decision) -> Operation:
    """The one operation of a decision that holds and skips nothing."""
    [operation] = decision.operations
    assert not decision.held
    assert not decision.skipped
    return operation


def codes(decision: Decision) -> list[str]:
    """What was decided, in one word each."""
    words = [operation.kind.value for operation in decision.operations]
    return words + [held.code for held in decision.held] + [skipped.code for skipped in decision.skipped]
