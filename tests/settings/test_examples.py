"""The examples run, and say what they are there to say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
PRODUCT = EXAMPLES.parent / "include"


def told_by(example: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / example)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PRODUCT)},
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_two_lists_are_brought_into_step() -> None:
    assert told_by("two_lists.py") == [
        "pull: update ada on the platform side, {'company': 'Apex'}: only the CRM changed it",
        "pull: create bob on the platform side, {'email': 'bob@example.com', 'company': 'Acme'}: "
        "in the audience, and not on the list",
        "push: update ada on the crm side, {'score': 25}: behaviour score of sealed epoch 1",
        "push: leave eve alone: no CRM record has this email, and push.add is off",
    ]


def test_a_conflict_is_decided_by_its_rule_and_no_conflict_needs_none() -> None:
    assert told_by("conflict.py") == [
        "crm_wins: Apex: both sides changed it; the field's rule is crm_wins",
        "platform_wins: Zenith: both sides changed it; the field's rule is platform_wins",
        "newest_wins: Zenith: both sides changed it; the platform's record was changed last",
        "hold: nobody's value, it waits: both sides changed it; the field's rule is to wait for a person",
        "platform_owned: Zenith: the platform owns this field",
        "whatever the rule: Zenith: only the platform changed it",
    ]


def test_every_example_has_a_test() -> None:
    tested = Path(__file__).read_text(encoding="utf-8")
    assert all(path.name in tested or path.name in ELSEWHERE for path in EXAMPLES.glob("*.py"))


ELSEWHERE = ("killed_and_resumed.py",)  # needs a store: run by the engine's tests
