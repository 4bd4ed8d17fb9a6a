"""The table of behaviours tells what is proved and what isn't."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tools.behaviours import ROOT, known, proofs, table, unknown

SPECIFICATION = """
| id | behaviour | ours |
|---|---|---|
| AO-1 | Four lists | same |
| AO-2 | Fields | same |
| NS-10 | Later | same |
"""


def result(outcome: str, *behaviours: str) -> Mapping[str, object]:
    return {"outcome": outcome, "behaviours": list(behaviours)}


def test_a_row_is_proved_by_its_passing_tests_and_by_no_other() -> None:
    results = {
        "test_lists": result("passed", "AO-1"),
        "test_lists_again": result("passed", "AO-1"),
        "test_skipped": result("skipped", "AO-2"),
        "test_of_nothing": result("passed"),
    }

    found = proofs(known(SPECIFICATION), results)

    assert table(found).splitlines() == [
        "AO-1   test_lists",
        "       test_lists_again",
        "AO-2   no passing test",
        "NS-10  no passing test",
        "proved 1 of 3",
    ]


def test_a_row_with_a_failing_test_is_not_proved_by_another_that_passes() -> None:
    results = {"good": result("passed", "AO-1"), "bad": result("failed", "AO-1")}
    assert proofs(["AO-1"], results) == {"AO-1": ()}


def test_a_mark_that_no_row_has_is_named() -> None:
    assert unknown(["AO-1", "AO-99"], known(SPECIFICATION)) == ("AO-99",)


def test_the_specification_in_docs_has_every_row_once() -> None:
    ids = known((ROOT / "docs" / "behaviours.md").read_text(encoding="utf-8"))
    assert len(ids) == len(set(ids))
    assert {"SY-1", "NS-1", "DY-1", "AO-13", "SF-7", "EX-11"} <= set(ids)


def test_marks_travel_from_two_workers_into_one_file_and_a_second_run_adds_to_it(tmp_path: Path) -> None:
    where = tmp_path / "results.json"
    (tmp_path / "test_first.py").write_text(
        "import pytest\n"
        "@pytest.mark.behaviour('AO-1')\n"
        "def test_one(): pass\n"
        "@pytest.mark.behaviour('AO-2')\n"
        "def test_two(): assert False\n"
    )
    (tmp_path / "test_second.py").write_text(
        "import pytest\n@pytest.mark.behaviour('AO-3', 'AO-4')\ndef test_three(): pass\n"
    )

    assert run_pytest(tmp_path, where, "test_first.py", "-n", "2") == 1
    assert run_pytest(tmp_path, where, "test_second.py") == 0

    assert json.loads(where.read_text(encoding="utf-8")) == {
        "test_first.py::test_one": {"behaviours": ["AO-1"], "outcome": "passed"},
        "test_first.py::test_two": {"behaviours": ["AO-2"], "outcome": "failed"},
        "test_second.py::test_three": {"behaviours": ["AO-3", "AO-4"], "outcome": "passed"},
    }


def test_a_test_with_an_unknown_mark_is_not_even_collected(tmp_path: Path) -> None:
    (tmp_path / "test_odd.py").write_text("import pytest\n@pytest.mark.behaviour('XX-9')\ndef test_odd(): pass\n")
    assert run_pytest(tmp_path, tmp_path / "results.json", "test_odd.py") == pytest.ExitCode.USAGE_ERROR


def run_pytest(folder: Path, results: Path, *arguments: str) -> int:
    """A pytest run of its own, outside this project, with the plugin that notes behaviours."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tools.behaviour_results", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=os.environ | {"KEEPSTEP_BEHAVIOURS": str(results), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        timeout=120,
    ).returncode
