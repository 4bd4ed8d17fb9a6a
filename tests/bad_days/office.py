"""An office that keeps a NetSuite audience and an Act-On list in step: both sandboxes, a store, and its daily run."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from keepstep.config import SyncFile, load_score_sheet, load_sync
from keepstep.connectors.act_on import ActOn, ActOnSettings
from keepstep.connectors.budget import Budget
from keepstep.connectors.netsuite import ClientCredentials, NetSuiteConnector, NetSuiteSettings, TokenBased
from keepstep.connectors.token_store import MemoryTokenStore
from keepstep.connectors.transport import Retries
from keepstep.core.errors import KeepstepError
from keepstep.core.model import Phase
from keepstep.engine.maintain import compute_behavior_score
from keepstep.engine.open import open_run
from keepstep.engine.pull import pull_list
from keepstep.engine.push import push_score
from keepstep.engine.reconcile import reconcile
from keepstep.engine.run import ParityReport, PhaseReport, RunContext
from keepstep.store.database import Store
from keepstep_sandbox import credentials
from tests.bad_days.systems import SCORE_IN_CRM, ActOnPeople, NetSuite
from tests.engine.approving import approving

SHEET = load_score_sheet(Path(__file__).resolve().parents[2] / "include" / "score_sheets" / "default.yaml")
LIST = "Customers"
LAST_NAME = "Quillfeather"  # of everybody who is hired here: a word that no text has by chance
SYNC: Mapping[str, Any] = {
    "title": "Customers",
    "crm": {"system": "netsuite", "connection": "crm", "audience": "affiliated_with_customers"},
    "platform": {"system": "act_on", "connection": "platform", "list": LIST},
    "schedule": "0 0 * * *",
    "fields": {"email": "email", "first_name": "firstName", "last_name": "lastName", "company": "company"},
}
PATIENCE = Retries(attempts=3, first_wait_s=0.001, longest_wait_s=0.002, patience_s=120.0, read_timeout_s=20.0)


def write_sync(folder: Path, name: str, **changes: Any) -> SyncFile:
    """A sync file like SYNC but for these keys; a mapping is merged one level deep."""
    settings = {key: dict(value) if isinstance(value, Mapping) else value for key, value in SYNC.items()}
    for key, value in changes.items():
        settings[key] = {**settings.get(key, {}), **value} if isinstance(value, Mapping) else value
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return load_sync(path)


def nap(seconds: float) -> None:
    """Wait as connectors are asked to, but a hundredth of a second at the most."""
    time.sleep(min(seconds, 0.01))


def wall_clock() -> datetime:
    """The clock that tasks have."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Wires:
    """How the connectors are set up: what a bad day changes about them."""

    netsuite: dict[str, Any] = field(default_factory=lambda: {"time_zone": "America/Los_Angeles", "page_size": 5})
    act_on: dict[str, Any] = field(default_factory=lambda: {"page_size": 6})
    crm_calls: int | None = None  # a run's budget
    retries: Retries = PATIENCE
    wrap: Callable[[RunContext], RunContext] = lambda ctx: ctx  # puts something between a task and its surroundings


@dataclass(slots=True)
class Office:
    """Both systems, the store, the sync; `run` does what a Dag run does, each task with connectors of its own."""

    netsuite: NetSuite
    act_on: ActOnPeople
    store: Store
    folder: Path
    sync: SyncFile
    customer: str  # a company at the stage Customer
    wires: Wires = field(default_factory=Wires)
    tokens: MemoryTokenStore = field(default_factory=MemoryTokenStore)
    texts: list[str] = field(default_factory=list)  # of errors that ended a task, as a task's log shows them
    runs: int = 0

    # -- the daily run ---------------------------------------------------------------------------------------------

    def another_sync(self, name: str, **changes: Any) -> SyncFile:
        """A second sync over the same connections."""
        return write_sync(self.folder, name, **changes)

    def change_sync(self, **changes: Any) -> None:
        """Somebody edits the sync file."""
        self.sync = write_sync(self.folder, "customers", **changes)

    def hire(self, email: str | None, first: str, **fields: Any) -> str:
        """Somebody enters a contact of the customer. Returns its id."""
        return self.netsuite.hire(self.customer, email, first, LAST_NAME, **fields)

    def an_hour_passes(self) -> None:
        """By both systems' clocks: what was written so far is older than what a read overlaps."""
        self.netsuite.settings(timestamp_window_s=24 * 3600)
        self.netsuite.weather("clock_skew", seconds=3600, times=None)
        self.act_on.weather("clock_skew", seconds=3600, times=None)

    def new_key(self) -> str:
        """The key of a run of tomorrow."""
        self.runs += 1
        return f"run-{self.runs}"

    def run(self, key: str | None = None, *, yes: bool = False, sync: SyncFile | None = None) -> ParityReport:
        """The whole chain; with a known key, a run whose tasks were cleared. `yes` approves what is refused."""
        key = key or self.new_key()
        self.pull(key, yes=yes, sync=sync)
        self.push(key, self.score(key, sync=sync).epoch, yes=yes, sync=sync)
        return self.reconcile(key, sync=sync)

    def pull(self, key: str, *, yes: bool = False, sync: SyncFile | None = None) -> PhaseReport:
        """The task pull_list."""
        with self.task(key, sync) as ctx:
            return approving(ctx, Phase.PULL, lambda: pull_list(ctx), yes=yes)

    def score(self, key: str, *, sync: SyncFile | None = None) -> PhaseReport:
        """The task compute_behavior_score."""
        with self.task(key, sync) as ctx:
            return compute_behavior_score(ctx)

    def push(self, key: str, epoch: int | None, *, yes: bool = False, sync: SyncFile | None = None) -> PhaseReport:
        """The task push_score."""
        with self.task(key, sync) as ctx:
            return approving(ctx, Phase.PUSH, lambda: push_score(ctx, epoch), yes=yes)

    def reconcile(self, key: str, *, sync: SyncFile | None = None) -> ParityReport:
        """The task reconcile."""
        with self.task(key, sync) as ctx:
            return reconcile(ctx)

    @contextmanager
    def task(self, key: str, sync: SyncFile | None = None) -> Iterator[RunContext]:
        """What a task is given."""
        file = sync or self.sync
        with ExitStack() as stack:
            crm = self.crm()
            stack.callback(crm.close)
            platform = self.platform()
            stack.callback(platform.close)
            run = open_run(self.store, file, key, wall_clock())
            yield self.wires.wrap(
                RunContext(
                    run=run,
                    file=file,
                    sheet=SHEET,
                    store=self.store,
                    crm=crm,
                    platform=platform,
                    activities=None,
                    now=wall_clock,
                )
            )

    def crm(self) -> NetSuiteConnector:
        """A connector to NetSuite."""
        auth = self.wires.netsuite.get("auth") or TokenBased(
            credentials.NETSUITE_CONSUMER_KEY,
            credentials.NETSUITE_CONSUMER_SECRET,
            credentials.NETSUITE_TOKEN_ID,
            credentials.NETSUITE_TOKEN_SECRET,
        )
        given = {"base_url": self.netsuite.url, **self.wires.netsuite, "auth": auth}
        settings = NetSuiteSettings(credentials.NETSUITE_ACCOUNT, **given)
        budget = Budget(self.wires.crm_calls, sleep=nap)
        return NetSuiteConnector(settings, budget=budget, retries=self.wires.retries, sleep=nap)

    def platform(self) -> ActOn:
        """A connector to Act-On."""
        given = {
            "user": credentials.ACT_ON_USER,
            "password": credentials.ACT_ON_PASSWORD,
            "client_id": credentials.ACT_ON_CLIENT_ID,
            "client_secret": credentials.ACT_ON_CLIENT_SECRET,
            "requests_per_second": 1_000_000,
            "retries": self.wires.retries,
            **self.wires.act_on,
        }
        return ActOn(ActOnSettings(base_url=self.act_on.url, **given), self.tokens, sleep=nap)

    def oauth2(self) -> ClientCredentials:
        """NetSuite's OAuth 2.0 credentials, whose access tokens expire."""
        key = self.netsuite.ask("GET", "key")
        return ClientCredentials(key["client_id"], key["certificate_id"], key["private_key"], key["algorithm"])

    # -- what went wrong -------------------------------------------------------------------------------------------

    @contextmanager
    def fails(self, kind: type[KeepstepError], *words: str) -> Iterator[None]:
        """What is done in here ends in this error, whose text has these words; the text is looked through later."""
        with pytest.raises(kind) as wrong:
            yield
        self.texts.append("".join(traceback.format_exception(wrong.value)))
        missing = [word for word in words if word not in str(wrong.value)]
        assert not missing, f"{wrong.value} doesn't say {missing}"

    def secrets(self) -> Iterator[str]:
        """What no text may hold: everybody's address, the name of those who were hired, and our passwords."""
        yield LAST_NAME
        yield from (contact["email"] for contact in self.netsuite.contacts().values() if contact["email"])
        yield from (credentials.ACT_ON_PASSWORD, credentials.NETSUITE_TOKEN_SECRET, credentials.ACT_ON_CLIENT_SECRET)
        yield str(self.store.url.password)

    # -- what tests look at ----------------------------------------------------------------------------------------

    def select(self, statement: str, **values: Any) -> list[Mapping[str, Any]]:
        """Rows of the store."""
        with self.store.begin() as conn:
            return [dict(row) for row in conn.execute(text(statement), values).mappings()]

    def journal(self, report: ParityReport | PhaseReport, **where: str | None) -> list[Mapping[str, Any]]:
        """A run's journal entries with these values."""
        rows = self.select("SELECT * FROM change WHERE run_id = :run ORDER BY id", run=report.run)
        return [row for row in rows if all(row[name] == value for name, value in where.items())]

    def sealed_and_held(self, sync: SyncFile | None = None) -> dict[str, tuple[int, int | None]]:
        """The sealed score and the one that NetSuite itself holds, by contact, of all pairs that are followed."""
        rows = self.select(_SEALED, sync=(sync or self.sync).name)
        held = self.netsuite.contacts()
        return {row["crm_id"]: (row["value"], held[row["crm_id"]][SCORE_IN_CRM]) for row in rows}

    def is_in_step(
        self, report: ParityReport, *, sync: SyncFile | None = None, doubled: tuple[str, ...] = ()
    ) -> ParityReport:
        """The run balances, scores are equal, nobody is on the list twice, and a further run writes nothing.

        `doubled`: addresses that people put on the list twice. Returns the further run's report.
        """
        self.balances(report)
        assert not report.problems
        assert report.scores_differing == 0
        scores = self.sealed_and_held(sync)
        assert scores
        assert all(sealed == held for sealed, held in scores.values())
        emails = [email for email in self.act_on.emails(self._list(sync)) if email not in doubled]
        assert len(emails) == len(set(emails))
        self.netsuite.forget_requests()
        self.act_on.forget_requests()
        quiet = self.run(sync=sync)
        self.balances(quiet)
        assert quiet.totals.applied == 0
        assert (self.netsuite.writes(), self.act_on.writes()) == (0, 0)
        return quiet

    def balances(self, report: ParityReport) -> None:
        """Every planned row has a fate, in the report and in the journal."""
        totals = report.totals
        assert totals.balances
        assert totals.planned == len(self.journal(report))
        assert not self.select("SELECT FROM change WHERE run_id = :run AND state = 'planned'", run=report.run)

    def _list(self, sync: SyncFile | None) -> str:
        return (sync or self.sync).settings.platform.list


_SEALED = """
SELECT l.crm_id, s.value FROM score s
JOIN sync y ON y.name = s.sync
JOIN link l ON l.prospect_id = s.prospect_id AND l.list_id = y.list_id
JOIN sighting c ON c.sync = s.sync AND c.side = 'crm' AND c.id = l.crm_id AND c.presence = 'present'
JOIN sighting p ON p.sync = s.sync AND p.side = 'platform' AND p.id = l.prospect_id AND p.presence = 'present'
WHERE s.sync = :sync
"""
