"""A small world for the engine's tests: a CRM and a platform in memory, a store, a sync, and a clock that stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import text

from keepstep.config import SyncFile, load_sync
from keepstep.connectors.memory import MemoryCrm, MemoryCrmState, MemoryPlatform, MemoryPlatformState
from keepstep.core.model import Phase, Value
from keepstep.core.score import ScoreSheet, TypeRule
from keepstep.engine.maintain import compute_behavior_score
from keepstep.engine.open import open_run
from keepstep.engine.pull import pull_list
from keepstep.engine.push import push_score
from keepstep.engine.reconcile import reconcile
from keepstep.engine.run import ParityReport, Run, RunContext
from keepstep.store.database import Store
from tests.engine.approving import approving

START = datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
SHEET = ScoreSheet("default", {"form_submitted": TypeRule(15), "message_clicked": TypeRule(5, cap=10)})
SYNC: dict[str, Any] = {
    "title": "Customers",
    "crm": {"system": "memory_crm", "connection": "crm", "audience": "affiliated_with_customers"},
    "platform": {"system": "memory_platform", "connection": "platform", "list": "Customers"},
    "schedule": "0 0 * * *",
    "fields": {
        "email": {"crm": "email", "platform": "email"},
        "first_name": {"crm": "first_name", "platform": "first_name"},
        "last_name": {"crm": "last_name", "platform": "last_name"},
        "act_on_score": {"crm": "act_on_score", "platform": "act_on_score"},
    },
    "limits": {"min_rows": 1000},
}


@dataclass(slots=True)
class Clock:
    """Time that moves when a test says so, and a little with each look, so that nothing happens at once."""

    at: datetime = START

    def __call__(self) -> datetime:
        """The time now."""
        self.at += timedelta(milliseconds=1)
        return self.at

    def pass_(self, **span: int) -> None:
        """Let time pass."""
        self.at += timedelta(**span)


def write_sync(folder: Path, /, **changes: Any) -> SyncFile:
    """A sync file like SYNC but for these keys; a mapping is merged one level deep."""
    settings = {key: dict(value) if isinstance(value, dict) else value for key, value in SYNC.items()}
    for key, value in changes.items():
        settings[key] = {**settings.get(key, {}), **value} if isinstance(value, dict) else value
    path = folder / "customers.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return load_sync(path)


@dataclass(slots=True)
class World:
    """Both systems, the store and the sync; `run` does what a Dag run does."""

    store: Store
    file: SyncFile
    clock: Clock = field(default_factory=Clock)
    crm: MemoryCrmState = field(init=False)
    platform: MemoryPlatformState = field(init=False)
    folder: Path | None = None  # both systems live in files here, and outlive a killed process
    runs: int = 0

    def __post_init__(self) -> None:
        """Make both systems: empty, or as their files have them."""
        self.crm = MemoryCrmState(self.clock, self.folder / "crm.json" if self.folder else None)
        self.platform = MemoryPlatformState(self.clock, self.folder / "platform.json" if self.folder else None)

    # -- what tests do ---------------------------------------------------------------------------------------------

    def person(self, email: str | None, stage: str = "customer", **fields: Value) -> str:
        """Somebody makes a contact in the CRM. Returns its id."""
        record_id = self.crm.add(email=email, stage=stage)
        if fields:
            self.crm.edit(record_id, **fields)
        return record_id

    def context(self, key: str | None = None, *, dry: bool = False, file: SyncFile | None = None) -> RunContext:
        """What a task of a run is given; without a key, of a new run."""
        if key is None:
            self.runs += 1
            key = f"run-{self.runs}"
            self.clock.pass_(days=1)
        sync = file or self.file
        run = open_run(self.store, sync, key, self.clock.at, dry=dry)
        return RunContext(
            run=run,
            file=sync,
            sheet=SHEET,
            store=self.store,
            crm=MemoryCrm(self.crm),
            platform=MemoryPlatform(self.platform),
            activities=None,
            now=self.clock,
        )

    def run(
        self, key: str | None = None, *, dry: bool = False, yes: bool = False, file: SyncFile | None = None
    ) -> ParityReport:
        """The whole chain, as a Dag run does it; `yes` approves whatever is refused."""
        ctx = self.context(key, dry=dry, file=file)
        approving(ctx, Phase.PULL, lambda: pull_list(ctx), yes=yes)
        scored = compute_behavior_score(ctx)
        approving(ctx, Phase.PUSH, lambda: push_score(ctx, scored.epoch), yes=yes)
        return reconcile(ctx)

    # -- what tests look at ----------------------------------------------------------------------------------------

    @property
    def list_id(self) -> str:
        """The id of the sync's list."""
        found = MemoryPlatform(self.platform).find_list(self.file.settings.platform.list)
        assert found is not None
        return found.id

    def rows(self) -> dict[str, Mapping[str, Value]]:
        """The list's rows by email; two with one email are told by a # and a number."""
        rows: dict[str, Mapping[str, Value]] = {}
        for record in self.platform.rows(self.list_id):
            email = str(record.email)
            rows[email if email not in rows else f"{email}#{len(rows)}"] = record.fields
        return rows

    def row_id(self, email: str) -> str:
        """The id of the row with this email."""
        return next(r.id for r in self.platform.rows(self.list_id) if r.email == email)

    def contact(self, record_id: str) -> Mapping[str, Value]:
        """A contact's fields as the CRM has them."""
        return next(r.fields for r in self.crm.records() if r.id == record_id)

    def journal(self, run: Run | int, **where: str) -> list[Mapping[str, Any]]:
        """A run's journal entries with these values."""
        run_id = run if isinstance(run, int) else run.id
        with self.store.begin() as conn:
            rows = conn.execute(
                text("SELECT * FROM change WHERE run_id = :run ORDER BY id"), {"run": run_id}
            ).mappings()
            return [dict(row) for row in rows if all(row[name] == value for name, value in where.items())]

    def select(self, statement: str, **values: Any) -> list[Mapping[str, Any]]:
        """Rows of the store."""
        with self.store.begin() as conn:
            return [dict(row) for row in conn.execute(text(statement), values).mappings()]
