"""A list that a CRM's contacts and a platform keep in step: both sandboxes, a store, and the chain that a Dag runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from keepstep.config import SyncFile, load_score_sheet, load_sync
from keepstep.core.model import Phase
from keepstep.engine.maintain import compute_behavior_score
from keepstep.engine.open import open_run
from keepstep.engine.pull import pull_list
from keepstep.engine.push import push_score
from keepstep.engine.reconcile import reconcile
from keepstep.engine.run import ParityReport, RunContext
from keepstep.store.database import Store
from keepstep_sandbox.server import SandboxServer
from tests.engine.approving import approving
from tests.pairs.crms import SandboxedCrm
from tests.pairs.platforms import LIST, SandboxedPlatform

SHEET = load_score_sheet(Path(__file__).resolve().parents[2] / "include" / "score_sheets" / "default.yaml")


def now() -> datetime:
    """The clock that tasks have."""
    return datetime.now(UTC)


def write_sync(
    folder: Path, crm: type[SandboxedCrm], platform: type[SandboxedPlatform], marketing_list: str | None = None
) -> SyncFile:
    """The sync file of a pair; with the CRM's marketing list, of those on it alone."""
    opted_out = {**crm.list_fields()["opted_out"], "platform": platform.words["opted_out"]}
    score = platform.maintenance["score_field"]
    settings: dict[str, Any] = {
        "title": f"{crm.system} with {platform.system}",
        "crm": {"system": crm.system, "connection": "crm", "audience": crm.audience},
        "platform": {"system": platform.system, "connection": "platform", "list": LIST},
        "maintenance": dict(platform.maintenance),
        "fields": {**crm.list_fields(), "opted_out": opted_out, score: crm.score},
        "push": {"update": [score, "first_name", "opted_out"]},
        "limits": {"min_rows": 1000},
    }
    if marketing_list is not None:
        settings |= {"pull": {"remove": True}}
        settings["crm"] = {**settings["crm"], "marketing_list": marketing_list}
    path = folder / "everybody.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return load_sync(path)


@dataclass(slots=True)
class ListOffice:
    """One list over a pair; `run` does what a Dag run does, with connectors of its own."""

    crm: SandboxedCrm
    platform: SandboxedPlatform
    store: Store
    file: SyncFile
    runs: int = 0

    def run(self) -> ParityReport:
        """The whole chain."""
        self.runs += 1
        crm, platform = self.crm.connector(), self.platform.connector()
        ctx = RunContext(
            run=open_run(self.store, self.file, f"run-{self.runs}", now()),
            file=self.file,
            sheet=SHEET if "score_sheet" in self.platform.maintenance else None,
            store=self.store,
            crm=crm,
            platform=platform,
            activities=None,
            now=now,
        )
        try:
            approving(ctx, Phase.PULL, lambda: pull_list(ctx), yes=False)
            scored = compute_behavior_score(ctx)
            approving(ctx, Phase.PUSH, lambda: push_score(ctx, scored.epoch), yes=False)
            report = reconcile(ctx)
        finally:
            crm.close()
            platform.close()
        assert report.totals.balances
        return report

    def a_minute_passes(self) -> None:
        """By both systems' clocks."""
        for desk in (self.crm.desk, self.platform.desk):
            desk.a_minute_passes()

    def score(self, email: str) -> object:
        """The score that the CRM itself holds."""
        return self.crm.contact(email).fields.get("act_on_score")

    def names(self) -> Mapping[str, object]:
        """The first name of everybody on the list, by address."""
        return {email: row["first_name"] for email, row in self.platform.rows().items()}


@contextmanager
def list_office(
    store: Store,
    folder: Path,
    crm: type[SandboxedCrm],
    platform: type[SandboxedPlatform],
    marketing_list: str | None = None,
) -> Iterator[ListOffice]:
    """Two empty sandboxes, and a list between them."""
    with SandboxServer(crm.app()) as one, SandboxServer(platform.app()) as two:
        yield ListOffice(crm(one.url), platform(two.url), store, write_sync(folder, crm, platform, marketing_list))
