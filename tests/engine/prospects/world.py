"""A small world for the prospect sync: a CRM with leads and contacts, a platform with prospects, users of both."""

# ruff: noqa: D102 # the methods of people say what they do

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import yaml
from sqlalchemy import text

from keepstep.config import ProspectFile, load_prospect_sync
from keepstep.connectors.base import Connector
from keepstep.connectors.memory import MemoryCrm, MemoryCrmState, MemoryPlatformState, MemoryProspectPlatform
from keepstep.core.model import Phase, Record, Value, Values
from keepstep.engine.open import open_run
from keepstep.engine.prospects.tasks import pull_prospects, push_prospects, reconcile_prospects
from keepstep.engine.run import ParityReport, ProspectContext
from keepstep.store.database import Store
from tests.engine.approving import approving
from tests.engine.world import Clock

SYNC: dict[str, Any] = {
    "title": "Prospects",
    "kind": "prospects",
    "crm": {"system": "memory_crm", "connection": "crm"},
    "platform": {"system": "memory_prospects", "connection": "platform"},
    "fields": {
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "company": "company",
        "score": "act_on_score",
    },
    "limits": {"min_rows": 1000},
}
ANN, BOB = "ann@sales.example", "bob@sales.example"


def write_prospect_sync(folder: Path, /, replace: Mapping[str, Any] | None = None, **changes: Any) -> ProspectFile:
    """A sync file like SYNC but for these keys; a mapping is merged one level deep, or replaced."""
    known = {**SYNC, **(replace or {})}
    settings = {key: dict(value) if isinstance(value, dict) else value for key, value in known.items()}
    for key, value in changes.items():
        settings[key] = {**settings.get(key, {}), **value} if isinstance(value, dict) else value
    path = folder / "prospects.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return load_prospect_sync(path)


class CrmPeople(Protocol):
    """Those who work in the CRM; fields by our names."""

    def add(self, object: str = ..., *, email: str | None = ..., owner: str | None = ...) -> str: ...
    def add_user(self, email: str) -> str: ...
    def edit(self, record_id: str, **fields: Value) -> None: ...
    def delete(self, record_id: str) -> None: ...
    def undelete(self, record_id: str) -> None: ...
    def merge(self, loser: str, survivor: str) -> None: ...
    def convert(self, lead_id: str) -> str: ...
    def records(self, object: str = ...) -> list[Record]: ...


class PlatformPeople(Protocol):
    """Those who work on the platform; fields by our names."""

    def add_prospect(self, email: str | None, owner: str | None = ..., **fields: Value) -> str: ...
    def add_user(self, email: str) -> str: ...
    def edit_prospect(self, prospect_id: str, **fields: Value) -> None: ...
    def assign(self, prospect_id: str, user_id: str | None) -> None: ...
    def opt_out_prospect(self, prospect_id: str) -> None: ...
    def act_prospect(self, prospect_id: str, kind: str, score: int = ...) -> None: ...
    def undelete_prospect(self, prospect_id: str) -> None: ...
    def allow_several_per_email(self) -> None: ...
    def prospects(self) -> list[Record]: ...


@dataclass(slots=True)
class AnyOffice(ABC):
    """Both systems, the store and the sync; `run` does what a Dag run does."""

    store: Store
    file: ProspectFile
    clock: Clock = field(default_factory=Clock)
    crm: CrmPeople = field(init=False)
    platform: PlatformPeople = field(init=False)
    ann: Mapping[str, str] = field(init=False)  # her ids in both systems
    bob: Mapping[str, str] = field(init=False)
    runs: int = 0
    calls: tuple[int, int] = (0, 0)  # to CRM and platform, in the last run

    @abstractmethod
    def user(self, email: str) -> Mapping[str, str]:
        """Somebody works in both systems: the ids there."""

    @abstractmethod
    def connectors(self) -> tuple[Connector, Connector]:
        """Fresh ones, to CRM and platform."""

    def a_minute_passes(self) -> None:
        """By all clocks."""
        self.clock.pass_(minutes=1)

    # -- what tests do ---------------------------------------------------------------------------------------------

    def prospect(self, email: str, *, owner: Mapping[str, str] | None = None, **fields: Value) -> str:
        """A new prospect. Returns its id."""
        return self.platform.add_prospect(email, owner=owner["platform"] if owner else None, **fields)

    def lead(self, email: str | None, *, owner: Mapping[str, str] | None = None, **fields: Value) -> str:
        """A new lead. Returns its id."""
        return self._record("lead", email, owner, fields)

    def contact(self, email: str | None, *, owner: Mapping[str, str] | None = None, **fields: Value) -> str:
        """A new contact. Returns its id."""
        return self._record("contact", email, owner, fields)

    def _record(self, object: str, email: str | None, owner: Mapping[str, str] | None, fields: Values) -> str:
        record_id = self.crm.add(object, email=email, owner=(owner or self.ann)["crm"])
        if fields:
            self.crm.edit(record_id, **fields)
        return record_id

    def context(self, key: str | None = None, *, dry: bool = False) -> ProspectContext:
        """What a task of a run is given; without a key, of a new run."""
        if key is None:
            self.runs += 1
            key = f"run-{self.runs}"
            self.clock.pass_(minutes=2)
        crm, platform = self.connectors()
        return ProspectContext(
            run=open_run(self.store, self.file, key, self.clock.at, dry=dry),
            file=self.file,
            store=self.store,
            crm=crm,
            platform=platform,
            now=self.clock,
        )

    def run(self, key: str | None = None, *, dry: bool = False, yes: bool = False) -> ParityReport:
        """The whole chain, as a Dag run does it; `yes` approves whatever is refused."""
        ctx = self.context(key, dry=dry)
        approving(ctx, Phase.PULL, lambda: pull_prospects(ctx), yes=yes)
        approving(ctx, Phase.PUSH, lambda: push_prospects(ctx), yes=yes)
        report = reconcile_prospects(ctx)
        self.calls = ctx.crm.usage.calls, ctx.platform.usage.calls
        return report

    def settle(self, runs: int = 2) -> None:
        """Quiet runs, after which both sides agree."""
        for _ in range(runs):
            self.run()

    # -- what tests look at ----------------------------------------------------------------------------------------

    def people(self, object: str = "lead") -> list[Record]:
        """The CRM's records of an object."""
        return self.crm.records(object)

    def prospects(self) -> dict[str, Record]:
        """The platform's prospects by id, the bin left out."""
        return {record.id: record for record in self.platform.prospects()}

    def select(self, statement: str, **values: Any) -> list[Mapping[str, Any]]:
        """Rows of the store."""
        with self.store.begin() as conn:
            return [dict(row) for row in conn.execute(text(statement), values).mappings()]

    def codes(self, report: ParityReport) -> list[str]:
        """What a run's journal says of rows that were held, rejected or skipped."""
        rows = self.select(
            "SELECT code FROM change WHERE run_id = :run AND state IN ('held', 'rejected', 'skipped') ORDER BY id",
            run=report.run,
        )
        return [row["code"] for row in rows]


@dataclass(slots=True)
class Office(AnyOffice):
    """Both systems in memory."""

    folder: Path | None = None  # both systems live in files here, and outlive a killed process
    crm: MemoryCrmState = field(init=False)
    platform: MemoryPlatformState = field(init=False)

    def __post_init__(self) -> None:
        """Make both systems, with the users Ann and Bob in both."""
        self.crm = MemoryCrmState(self.clock, self.folder / "crm.json" if self.folder else None)
        self.platform = MemoryPlatformState(self.clock, self.folder / "platform.json" if self.folder else None)
        self.ann = self.user(ANN)
        self.bob = self.user(BOB)

    def connectors(self) -> tuple[Connector, Connector]:
        """To both memories."""
        return MemoryCrm(self.crm), MemoryProspectPlatform(self.platform)

    def user(self, email: str) -> Mapping[str, str]:
        """Somebody works in both systems: the ids there."""
        known = {r.email: r.id for r in self.crm.records("user")}
        with self.platform.shelf.look() as document:
            platform = {entry.fields["email"]: id for id, entry in document.tables["user"].kept.items()}
        return {
            "crm": known.get(email) or self.crm.add_user(email),
            "platform": platform.get(email) or self.platform.add_user(email),
        }
