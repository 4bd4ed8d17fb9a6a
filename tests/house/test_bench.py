"""`make bench` at a size that tells nothing but that it runs, and what its figures are called."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = {"SIZES": "200", "PROSPECTS": "20", "EVENTS": "1000"}  # one size each: nothing is compared


@pytest.mark.slow
def test_every_measure_is_taken_and_those_that_count_are_exact_at_any_size(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", str(results)],
        cwd=ROOT,
        env=os.environ | TINY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    measures = {one["name"]: one for one in json.loads(results.read_text())["measures"]}
    assert {frozenset(one) for one in measures.values()} == {
        frozenset({"name", "value", "unit", "goal", "moonshot", "met"})
    }
    assert measures["sync no change, 200 contacts: crm_calls"]["value"] == 3
    assert measures["sync no change, 200 contacts: platform_calls"]["value"] == 6
    assert measures["prospects, 20: calls of a run without change"]["value"] == 6
    assert measures["prospects, 20: assigned and in the CRM after one run"]["met"]
    committed = json.loads((ROOT / "bench/results.json").read_text())["measures"]
    assert _without_sizes(measures) <= _without_sizes(one["name"] for one in committed), "results.json is an older one"


def _without_sizes(names: Iterable[str]) -> set[str]:
    return {re.sub(r"[0-9][0-9,]*", "", name) for name in names}
