"""A person on both sides, in few words: what a case doesn't name is plain and alike everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from keepstep.core.model import (
    Blanks,
    Decision,
    EpochId,
    FieldRule,
    FieldType,
    Operation,
    Pair,
    Phase,
    Presence,
    Rule,
    SealedScore,
    Side,
    Snapshot,
    Status,
    Value,
    Values,
)
from keepstep.core.plan import SyncPolicy, Way, plan

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, 9, tzinfo=UTC)

ADA = "ada@example.com"
ALL = frozenset({"email", "first_name", "company", "opt_out", "score"})


def rule(
    name: str,
    kind: FieldType = FieldType.TEXT,
    wins: Rule = Rule.CRM_WINS,
    blanks: Blanks = Blanks.KEEP,
    max_length: Mapping[Side, int] | None = None,
) -> FieldRule:
    """A field that both systems call by our name."""
    return FieldRule(name, name, name, kind, wins, blanks, max_length or {})


FIELDS = (
    rule("email", FieldType.EMAIL),
    rule("first_name"),
    rule("company"),
    rule("opt_out", FieldType.BOOLEAN, Rule.OPT_OUT_WINS),
    rule("score", FieldType.NUMBER, Rule.PLATFORM_WINS),
)


def policy(
    *,
    fields: tuple[FieldRule, ...] = FIELDS,
    pull: Way | None = None,
    push: Way | None = None,
    company_field: str | None = None,
    inactive_syncs: bool = False,
    recreate_deleted: bool = False,
) -> SyncPolicy:
    """A sync that may do everything, both ways, unless the case says otherwise."""
    names = frozenset(one.name for one in fields)
    return SyncPolicy(
        fields=fields,
        score_field="score",
        pull=pull or Way(add=True, update=names - {"score"}, remove=True),
        push=push or Way(add=True, update=names, remove=True),
        crm_object="contact",
        row_object="row",
        create_fields=names - {"score", "opt_out"},
        company_field=company_field,
        inactive_syncs=inactive_syncs,
        recreate_deleted=recreate_deleted,
    )


def contact(
    values: Values | None = None,
    *,
    email: str | None = ADA,
    status: Status = Status.ACTIVE,
    modified: datetime | None = MONDAY,
    opted_out: bool = False,
) -> Snapshot:
    """The CRM's record of a person."""
    return Snapshot("contact", "C1", values or {}, email, status, modified, None, opted_out)


def row(
    values: Values | None = None,
    *,
    email: str | None = ADA,
    modified: datetime | None = MONDAY,
    opted_out: bool = False,
) -> Snapshot:
    """The person's row on the platform's list."""
    return Snapshot("row", "R1", values or {}, email, Status.ACTIVE, modified, None, opted_out)


def pair(
    crm: Snapshot | None = None,
    platform: Snapshot | None = None,
    base: Values | None = None,
    *,
    crm_presence: Presence | None = None,
    platform_presence: Presence | None = None,
    score: int | None = None,
    epoch: int = 7,
    pushed_epoch: int | None = None,
    generation: int = 3,
    tombstone: bool = False,
    duplicate_of: str | None = None,
    email_taken: bool = False,
) -> Pair:
    """Both sides and their base; a side that is given is present, one that isn't is absent."""
    return Pair(
        key="link:1",
        generation=generation,
        base=base,
        crm=crm,
        crm_presence=crm_presence or (Presence.PRESENT if crm else Presence.ABSENT),
        platform=platform,
        platform_presence=platform_presence or (Presence.PRESENT if platform else Presence.ABSENT),
        tombstone=tombstone,
        duplicate_of=duplicate_of,
        score=None if score is None else SealedScore(EpochId(epoch), score),
        pushed_epoch=None if pushed_epoch is None else EpochId(pushed_epoch),
        email_taken=email_taken,
    )


def decide(one: Pair, phase: Phase, rules: SyncPolicy | None = None) -> Decision:
    """What the plan says about this pair alone."""
    ((_, decision),) = plan([one], phase, rules or policy())
    return decision


def pulled(one: Pair, rules: SyncPolicy | None = None) -> Decision:
    """What a pull would do."""
    return decide(one, Phase.PULL, rules)


def pushed(one: Pair, rules: SyncPolicy | None = None) -> Decision:
    """What a push would do."""
    return decide(one, Phase.PUSH, rules)


def the_operation(decision: Decision) -> Operation:
    """The one write that was decided."""
    (operation,) = decision.operations
    return operation


def after(decision: Decision) -> dict[str, Value]:
    """What the decision writes; nothing where it writes nothing."""
    return {name: value for one in decision.operations for name, value in one.after.items()}


def codes(decision: Decision) -> list[str]:
    """Every fate of the decision in a word: the operations' kinds, then why rows wait or are left alone."""
    kinds = [one.kind.value for one in decision.operations]
    return [*kinds, *(one.code for one in decision.held), *(one.code for one in decision.skipped)]


def with_field(name: str, **changes: Any) -> SyncPolicy:
    """The usual sync, one field of it ruled differently."""
    return policy(fields=tuple(replace(one, **changes) if one.name == name else one for one in FIELDS))
