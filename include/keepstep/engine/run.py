"""What a task of the chain is given, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol

from keepstep.common_settings import CommonSettings
from keepstep.config import ProspectFile, SettingsFile, SyncFile
from keepstep.connectors.base import Connector, ListPlatform
from keepstep.core.model import EpochId, Phase
from keepstep.core.score import ScoreSheet
from keepstep.store.database import Store


@dataclass(frozen=True, slots=True)
class Activity:
    """Something a person did, as a source of activities tells it."""

    id: str | None  # the source's own id of it; None: (email, type, occurred_at) identify it
    email: str
    type: str
    occurred_at: datetime  # aware, UTC


@dataclass(frozen=True, slots=True)
class ActivityBatch:
    """Some activities, and where to go on once they are stored."""

    activities: tuple[Activity, ...]
    cursor: Mapping[str, Any] | None


class ActivitySource(Protocol):
    """Where behaviour is read from: a warehouse, or the platform within its budget."""

    @property
    def name(self) -> str:
        """Names the source for good: two syncs with the same source share its activities."""

    def read(self, cursor: Mapping[str, Any] | None, until: datetime) -> Iterator[ActivityBatch]:
        """What was recorded since the cursor and up to `until`; reads may overlap, the store de-duplicates."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one sync; `key` is the Dag run's id, so that a task that is cleared finds its run again."""

    id: int
    sync: str
    key: str
    interval_end: datetime  # aware, UTC: scores must be final through this moment
    dry: bool = False


def _quiet(_what: str, _done: int, _total: int | None) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskContext:
    """Everything that a task of a run needs; clock and connections come in, nothing is looked up."""

    run: Run
    file: SettingsFile[CommonSettings]
    store: Store
    crm: Connector
    platform: Connector
    now: Callable[[], datetime]
    progress: Callable[[str, int, int | None], None] = _quiet  # what is being done, how many are done, of how many


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext(TaskContext):
    """A task of a list sync's chain."""

    file: SyncFile
    sheet: ScoreSheet | None  # None: the platform's own score is used
    platform: ListPlatform
    activities: ActivitySource | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProspectContext(TaskContext):
    """A task of a prospect sync."""

    file: ProspectFile


@dataclass(frozen=True, slots=True)
class PhaseReport:
    """What a task did: ids and counts, nothing of any person. planned = applied + rejected + held + skipped."""

    run: int
    phase: Phase
    read: int = 0  # records told by the systems
    planned: int = 0
    applied: int = 0
    rejected: int = 0
    held: int = 0
    skipped: int = 0
    conflicts: int = 0
    crm_calls: int = 0
    platform_calls: int = 0
    seconds: float = 0.0
    epoch: EpochId | None = None  # compute_behavior_score: the epoch it sealed; push_score: the one it pushed
    scored: int = 0  # compute_behavior_score: prospects whose score the epoch publishes
    notes: tuple[str, ...] = ()  # sentences for people: what was refused, unknown activity types, ...

    def as_dict(self) -> dict[str, Any]:
        """For XCom and asset events."""
        return asdict(self)

    @property
    def balances(self) -> bool:
        """Every planned row has a fate."""
        return self.planned == self.applied + self.rejected + self.held + self.skipped


@dataclass(frozen=True, slots=True)
class ParityReport:
    """How the two sides stand beside each other after a run: counts only."""

    run: int
    followed: int  # pairs on the list
    equal: int
    differing: Mapping[str, int]  # field -> pairs in which the two sides differ
    scores_differing: int  # pairs whose CRM score is not the sealed one
    tombstones: int
    sync_errors: Mapping[str, int]  # code -> open errors
    in_doubt_settled: int
    totals: PhaseReport  # the whole run, all phases added up
    waiting: int = 0  # prospects that are still in the queue
    statuses: Mapping[str, int] = field(default_factory=dict)  # pairs whose CRM record isn't active, by its status
    problems: tuple[str, ...] = ()  # why the sync's policy calls this run failed; empty: it is fine

    def as_dict(self) -> dict[str, Any]:
        """For XCom and asset events."""
        return asdict(self)
