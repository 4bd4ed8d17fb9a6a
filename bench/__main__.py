"""`make bench`: every measure, printed and written to bench/results.json, or to the file that is named."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench import prospects, scores, sync

RESULTS = Path(__file__).parent / "results.json"


def main(results: Path) -> None:
    """Measure, print, write."""
    measures = [*sync.measures(), *prospects.measures(), *scores.measures()]
    for one in measures:
        goal = "" if one["goal"] is None else f"  goal {one['goal']}{'' if one['met'] else '  NOT MET'}"
        print(f"{one['name']:<70} {one['value']:>12,.3f} {one['unit']}{goal}")
    results.write_text(json.dumps({"measures": measures}, indent=2) + "\n", encoding="utf-8")
    print(f"written to {results}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else RESULTS)
