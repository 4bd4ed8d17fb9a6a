"""A person's word on a plan that was refused."""

from __future__ import annotations

from datetime import UTC, datetime

from keepstep.core.model import Phase
from keepstep.engine.run import Run
from keepstep.store import runs
from keepstep.store.database import Store


def approve(store: Store, run: Run, phase: Phase, by: str) -> None:
    """Let this task go on with the very plan that was refused; call the task again afterwards.

    Args:
        store: The store.
        run: The run whose plan it is.
        phase: The task that raised Refused.
        by: Who says so, as Airflow knows them; kept with the run.
    """
    with store.begin() as conn:
        runs.approve(conn, run.id, phase, by, datetime.now(UTC))
