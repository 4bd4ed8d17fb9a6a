"""The sync files of the live stack: those that come with Keepstep, and lists of the tests' own beside them."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from tools.demo.settings import ROOT

# Name -> the file that it is like, and what differs. Each test that spoils something has a list to itself.
OWN: dict[str, tuple[str, dict[str, Any]]] = {
    "worker_killed": ("netsuite_customers", {}),
    "scheduler_killed": ("netsuite_customers", {}),
    "emptied_and_approved": ("netsuite_customers", {}),
    "emptied_and_rejected": ("netsuite_customers", {}),
    "never_maintained": ("netsuite_leads", {"maintenance": {"wait": "5s"}}),
}


def write(folder: Path, now: datetime) -> Path:
    """Put the files into `folder/syncs`, the score sheets beside them; the folder of the sync files.

    They are as they come, but for their times: these are moved away from `now`, so that no run of a schedule comes
    between those of the tests.
    """
    syncs = folder / "syncs"
    syncs.mkdir(parents=True)
    shutil.copytree(ROOT / "include" / "score_sheets", folder / "score_sheets")
    shipped = {path.stem: _shipped(path, now) for path in (ROOT / "include" / "syncs").glob("*.yaml")}
    for name, (like, differs) in OWN.items():
        shipped[name] = _own(name, shipped[like], differs)
    for name, keys in shipped.items():
        (syncs / f"{name}.yaml").write_text(yaml.safe_dump(keys, sort_keys=False), encoding="utf-8")
    return syncs


def _shipped(path: Path, now: datetime) -> dict[str, Any]:
    keys: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    if keys.get("kind") == "prospects":  # every two minutes, where the file says nothing
        keys["schedule"] = "0 0 * * *"
    for holder in (keys, keys.get("maintenance", {})):
        if "schedule" in holder:
            minute, hour, *days = holder["schedule"].split()
            holder["schedule"] = " ".join([minute, str((int(hour) + now.hour + 12) % 24), *days])
    return keys


def _own(name: str, like: dict[str, Any], differs: dict[str, Any]) -> dict[str, Any]:
    merged = {key: like[key] | value if isinstance(value, dict) else value for key, value in differs.items()}
    return like | merged | {"title": name, "platform": like["platform"] | {"list": name}}
