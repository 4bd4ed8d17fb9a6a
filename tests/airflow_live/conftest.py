"""One Airflow with everything around it for all tests of this folder; a failure shows the ends of the logs."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.airflow_live.checks import in_step
from tests.airflow_live.dag_run import DagRun
from tests.airflow_live.stack import Live, ends_of_logs, new_folder, running

LOGS = pytest.StashKey[Path]()
LIMIT_S = 600  # for one test, and for the start of everything before the first


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that is in here takes its time."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(LIMIT_S))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Why it failed usually stands in a component's log, and that is gone when pytest ends."""
    report = yield
    logs: Any = item.session.stash.get(LOGS, None)
    if report.failed and logs is not None:
        report.sections.extend((f"the end of {name}", text) for name, text in ends_of_logs(logs))
    return report


@pytest.fixture(scope="session")
def live(request: pytest.FixtureRequest) -> Iterator[Live]:
    """Airflow, PostgreSQL and the sandbox, running."""
    with new_folder() as folder:
        request.session.stash[LOGS] = folder / "logs"
        with running(folder) as stack:
            yield stack


@pytest.fixture(scope="session")
def customers(live: Live) -> DagRun:
    """The first run of netsuite_customers, ended; nothing came in its way."""
    run = live.run("netsuite_customers")
    line = in_step(live, run, "NetSuite customers")  # looked at now: other tests give these people other scores
    assert line.pulled > 0
    assert line.applied == line.planned > 0
    return run
