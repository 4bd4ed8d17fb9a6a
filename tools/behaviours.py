"""docs/behaviours.md, row by row, with the passing tests that carry each row: `make behaviours`.

Results come from the last full test run; where there is none, the tests are run first.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SPECIFICATION = ROOT / "docs" / "behaviours.md"
RESULTS = ROOT / ".keepstep" / "behaviours.json"
ROW = re.compile(r"^\|\s*([A-Z]{2}-\d+)\s*\|", re.MULTILINE)


def known(specification: str) -> tuple[str, ...]:
    """The ids of the specification's rows, in its order."""
    return tuple(ROW.findall(specification))


def unknown(used: Iterable[str], ids: Iterable[str]) -> tuple[str, ...]:
    """The ids that tests carry and no row has."""
    return tuple(sorted(set(used) - set(ids)))


def proofs(ids: Iterable[str], results: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Each row's passing tests; none for a row with a failing test: what fails sometimes proves nothing."""
    found: dict[str, tuple[str, ...]] = {}
    for row in ids:
        carrying = {test: result["outcome"] for test, result in results.items() if row in result["behaviours"]}
        failing = any(outcome == "failed" for outcome in carrying.values())
        passed = sorted(test for test, outcome in carrying.items() if outcome == "passed")
        found[row] = () if failing else tuple(passed)
    return found


def table(found: Mapping[str, tuple[str, ...]]) -> str:
    """The rows and their tests as text, ending in `proved N of M`."""
    lines = []
    for row, tests in found.items():
        lines += [f"{row if not i else '':<6} {test}" for i, test in enumerate(tests or ("no passing test",))]
    proved = sum(bool(tests) for tests in found.values())
    return "\n".join([*lines, f"proved {proved} of {len(found)}"])


def main() -> int:
    """Print the table; 1 where tests carry ids that the specification doesn't have."""
    if not RESULTS.exists():
        from tools import run_tests  # noqa: PLC0415 (it ends with this module's table)

        return run_tests.main()
    return report()


def report() -> int:
    """Print the table of the results there are."""
    ids = known(SPECIFICATION.read_text(encoding="utf-8"))
    results: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    wrong = unknown((row for result in results.values() for row in result["behaviours"]), ids)
    if wrong:
        print(f"tests carry behaviours that docs/behaviours.md doesn't have: {', '.join(wrong)}", file=sys.stderr)
    print(table(proofs(ids, results)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
