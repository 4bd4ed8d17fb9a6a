"""A pytest plugin: notes which behaviours of docs/behaviours.md were proved by passing tests.

It writes only where the variable KEEPSTEP_BEHAVIOURS names a file (`make test` does): a run of a few tests must not
pass for a full one. Several pytest runs over different tests add up in one file.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tools.behaviours import SPECIFICATION, known, unknown

VARIABLE = "KEEPSTEP_BEHAVIOURS"
PROPERTY = "behaviour"


def pytest_configure(config: pytest.Config) -> None:
    """Collect results in this process unless it is a worker of another: workers report to their controller."""
    where = os.environ.get(VARIABLE)
    if where and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Results(Path(where)), "keepstep-behaviours")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test's marks travel as properties of its report, also from a worker to its controller."""
    ids = known(SPECIFICATION.read_text(encoding="utf-8"))
    for item in items:
        carried = [str(behaviour) for mark in item.iter_markers("behaviour") for behaviour in mark.args]
        if wrong := unknown(carried, ids):
            raise pytest.UsageError(f"{item.nodeid} carries {', '.join(wrong)}, not in docs/behaviours.md")
        item.user_properties.extend((PROPERTY, behaviour) for behaviour in carried)


class Results:
    """Outcomes by test, kept until the end of the session."""

    def __init__(self, path: Path) -> None:
        """Results go to this file, beside what is in it."""
        self.path = path
        self.tests: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test passed if its call passed and neither set-up nor tear-down failed."""
        entry = self.tests.setdefault(report.nodeid, {"behaviours": [], "outcome": "skipped"})
        entry["behaviours"] = sorted({str(value) for name, value in report.user_properties if name == PROPERTY})
        if report.failed:
            entry["outcome"] = "failed"
        elif report.when == "call" and report.passed and entry["outcome"] != "failed":
            entry["outcome"] = "passed"

    def pytest_sessionfinish(self) -> None:
        """Add this session's outcomes to the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        before: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else {}
        self.path.write_text(json.dumps(before | self.tests, indent=1, sort_keys=True), encoding="utf-8")
