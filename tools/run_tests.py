"""Every test there is, in the fewest pytest runs, then the table of behaviours: `make test`.

Airflow's tests run apart: Airflow warns about itself when it is imported, keeps state in module globals, and starts
processes of its own; elsewhere a warning is an error. There too two workers share the tests, each with an Airflow of
its own, but a file's tests stay together and in their order.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass

from tools import behaviour_results, behaviours

NO_TESTS = 5  # pytest's exit status where it collected nothing


@dataclass(frozen=True, slots=True)
class Part:
    """One pytest run."""

    title: str
    arguments: tuple[str, ...]


PARTS = (
    # the core decides about people: its own tests go through every branch of it
    Part("core", ("tests/core", "--cov", "--cov-report=term:skip-covered", "--cov-fail-under=100")),
    Part(
        "store, engine, connectors, sandboxes, pairs, house",
        (
            "tests",
            "--ignore=tests/core",
            "--ignore=tests/airflow",
            "--ignore=tests/airflow_live",
            "--ignore=tests/clients",
            "-n2",
            "--durations=15",
        ),
    ),
    # one process with servers that all its tests talk to: no workers
    Part("public clients of the real systems", ("tests/clients",)),
    Part("Airflow", ("tests/airflow", "-n2", "--dist=loadfile", "-p", "no:randomly")),
    Part("Airflow with all its servers", ("tests/airflow_live", "-p", "no:randomly")),
)


def main() -> int:
    """Run all parts, whatever the first ones say; 0 only where every one of them passed."""
    behaviours.RESULTS.unlink(missing_ok=True)
    environment = os.environ | {behaviour_results.VARIABLE: str(behaviours.RESULTS)}
    closing = []
    for part in PARTS:
        print(f"== {part.title}", flush=True)
        started = time.monotonic()
        status = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *part.arguments], cwd=behaviours.ROOT, env=environment, check=False
        ).returncode
        ok = status in (0, NO_TESTS)
        closing.append((ok, f"{part.title}: {'passed' if ok else 'FAILED'} in {time.monotonic() - started:.0f} s"))
    print("\n".join(text for _, text in closing))
    known = behaviours.report() if behaviours.RESULTS.exists() else 1
    return 0 if known == 0 and all(ok for ok, _ in closing) else 1


if __name__ == "__main__":
    sys.exit(main())
