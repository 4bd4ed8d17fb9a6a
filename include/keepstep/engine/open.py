"""Opening a run."""

from __future__ import annotations

from datetime import datetime

from keepstep.common_settings import CommonSettings
from keepstep.config import SettingsFile
from keepstep.engine.run import Run
from keepstep.store import runs
from keepstep.store.database import Store


def open_run(
    store: Store, file: SettingsFile[CommonSettings], key: str, interval_end: datetime, *, dry: bool = False
) -> Run:
    """Open the run with this key, or find it again; what it was opened with stays.

    Args:
        store: The store, migrated.
        file: The sync file as it is now; the run keeps its text and hash.
        key: Names the run for good: the Dag run's id.
        interval_end: Scores must be final through this moment (aware).
        dry: Plan everything, write nothing.
    """
    with store.begin() as conn:
        settings = (file.hash, file.text, file.settings.title)
        run_id, end, was_dry = runs.open_run(conn, file.name, key, settings, interval_end, dry)
    return Run(run_id, file.name, key, end, was_dry)
