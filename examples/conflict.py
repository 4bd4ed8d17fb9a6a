"""One field, changed on both sides to different values: what each rule makes of it, and what is no conflict at all.

Run it: .venv/bin/python examples/conflict.py
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from keepstep.core.merge import Agree, Clash, Leave, Take, Values3, merge
from keepstep.core.model import FieldRule, Rule

# Both sides agreed on Acme once. Since then somebody changed it in the CRM, and somebody else on the list, later.
BOTH_CHANGED = Values3(
    crm="Apex",
    platform="Zenith",
    base="Acme",
    known=True,
    crm_modified=datetime(2026, 3, 2, 9, tzinfo=UTC),
    platform_modified=datetime(2026, 3, 2, 10, tzinfo=UTC),
)
ONE_CHANGED = Values3(crm="Acme", platform="Zenith", base="Acme", known=True)


def verdict(rule: Rule, values: Values3) -> str:
    """What becomes of the field, and why."""
    match merge(FieldRule("company", "company", "Company", rule=rule), values):
        case Agree(value):
            return f"both hold {value}"
        case Take(_, value, why):
            return f"{value}: {why}"
        case Clash(None, _, why):
            return f"nobody's value, it waits: {why}"
        case Clash(_, value, why):
            return f"{value}: {why}"
        case Leave():
            return "left as it is: its owner has a blank"


def story() -> Iterator[str]:
    """A line for each rule, then the case that needs none."""
    for rule in (Rule.CRM_WINS, Rule.PLATFORM_WINS, Rule.NEWEST_WINS, Rule.HOLD, Rule.PLATFORM_OWNED):
        yield f"{rule}: {verdict(rule, BOTH_CHANGED)}"
    yield f"whatever the rule: {verdict(Rule.CRM_WINS, ONE_CHANGED)}"


if __name__ == "__main__":
    print("\n".join(story()))  # noqa: T201 - an example talks to the terminal
