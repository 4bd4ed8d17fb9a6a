"""Where the users' files lie."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk.configuration import conf

ROOT = Path(__file__).resolve().parents[2]


def syncs_folder() -> Path:
    """The folder of sync files: `[keepstep] syncs_folder` in Airflow's configuration, else include/syncs."""
    return Path(conf.get("keepstep", "syncs_folder", fallback=str(ROOT / "include" / "syncs")))


def score_sheet(name: str) -> Path:
    """The file of a score sheet: in the folder score_sheets beside the folder of the sync files."""
    return syncs_folder().parent / "score_sheets" / f"{name}.yaml"
