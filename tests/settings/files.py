"""Sync files as somebody writes them: a right one to break, and the smallest there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepstep.config import SyncFile, load_sync
from keepstep.core.errors import SettingsError

SMALLEST = """\
title: Customers
crm: {system: netsuite, connection: netsuite_default, audience: unaffiliated}
platform: {system: act_on, connection: act_on_default, list: Customers}
fields: {email: email, first_name: firstName, lead_source: leadSource}
"""


RIGHT = """\
title: NetSuite customers
crm:
  system: netsuite
  connection: netsuite_default
  audience: affiliated_with_customers
platform:
  system: act_on
  connection: act_on_default
  list: NetSuite customers
schedule: "0 0 * * *"
maintenance:
  score_field: act_on_score
fields:
  email: email
  first_name: firstName
  company: company
pull:
  update: [first_name, company]
push:
  update: [act_on_score]
limits:
  max_removed: 5%
"""


def write(folder: Path, text: str, name: str = "customers.yaml") -> Path:
    """Put the text into a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def settled(folder: Path, text: str) -> SyncFile:
    """The text as a sync file that is right."""
    return load_sync(write(folder, text))


def wrong(folder: Path, text: str) -> str:
    """What is said about the text as a sync file."""
    with pytest.raises(SettingsError) as told:
        load_sync(write(folder, text))
    return str(told.value)
