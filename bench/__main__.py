"""`make bench`: every measure, printed and written to bench/results.json."""

from __future__ import annotations

import json
from pathlib import Path

from bench import prospects, scores, sync

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Measure, print, write."""
    measures = [*sync.measures(), *prospects.measures(), *scores.measures()]
    for one in measures:
        goal = "" if one["goal"] is None else f"  goal {one['goal']}{'' if one['met'] else '  NOT MET'}"
        print(f"{one['name']:<70} {one['value']:>12,.3f} {one['unit']}{goal}")
    RESULTS.write_text(json.dumps({"measures": measures}, indent=2) + "\n", encoding="utf-8")
    print(f"written to {RESULTS.parent.name}/{RESULTS.name}")


if __name__ == "__main__":
    main()
