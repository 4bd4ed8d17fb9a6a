"""Two lists of people, brought into step: what a pull and a push would write, and why. Nothing is sent.

Run it: .venv/bin/python examples/two_lists.py
"""

from __future__ import annotations

from collections.abc import Iterator

from keepstep.core.model import EpochId, FieldRule, FieldType, Pair, Phase, Presence, SealedScore, Snapshot
from keepstep.core.plan import SyncPolicy, Way, plan

SYNC = SyncPolicy(
    fields=(
        FieldRule("email", "email", "E-mail Address", FieldType.EMAIL),
        FieldRule("company", "company", "Company"),
        FieldRule("score", "custentity_score", "Score", FieldType.NUMBER),
    ),
    score_field="score",
    pull=Way(add=True, update=frozenset({"company"}), remove=False),
    push=Way(add=False, update=frozenset({"score"}), remove=False),
    crm_object="contact",
    row_object="row",
)

ADA, BOB, EVE = "ada@example.com", "bob@example.com", "eve@example.com"
HERE = Presence.PRESENT

PEOPLE = (
    # On both lists: her company changed in the CRM, her score on the platform.
    Pair(
        key="ada",
        base={"email": ADA, "company": "Acme", "score": 10},
        crm=Snapshot("contact", "C1", {"email": ADA, "company": "Apex", "score": 10}, ADA),
        crm_presence=HERE,
        platform=Snapshot("row", "R1", {"email": ADA, "company": "Acme"}, ADA),
        platform_presence=HERE,
        score=SealedScore(EpochId(1), 25),
    ),
    # New in the CRM.
    Pair("bob", crm=Snapshot("contact", "C2", {"email": BOB, "company": "Acme"}, BOB), crm_presence=HERE),
    # Only on the list, and this sync makes nobody in the CRM.
    Pair("eve", platform=Snapshot("row", "R3", {"email": EVE}, EVE), platform_presence=HERE),
)


def story() -> Iterator[str]:
    """A line for each write and each row that is left alone."""
    for phase in (Phase.PULL, Phase.PUSH):
        for pair, decision in plan(PEOPLE, phase, SYNC):
            for write in decision.operations:
                reasons = "; ".join(write.why.values())
                yield f"{phase}: {write.kind} {pair.key} on the {write.side} side, {dict(write.after)}: {reasons}"
            for row in decision.skipped:
                yield f"{phase}: leave {pair.key} alone: {row.why}"


if __name__ == "__main__":
    print("\n".join(story()))  # noqa: T201 - an example talks to the terminal
