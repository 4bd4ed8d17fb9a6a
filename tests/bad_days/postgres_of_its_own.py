"""A PostgreSQL that a test may stop, and a clock that stops it at the n-th look: in the middle of a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from keepstep.connectors.base import Connector
from keepstep.core.model import Outcome, Write
from keepstep.engine.run import RunContext
from keepstep.store.database import Store
from tests.bad_days.office import wall_clock
from tools import postgres


@dataclass(slots=True)
class Server:
    """One server on one port, up or down; its data stay."""

    data: Path
    running: postgres.Postgres

    @classmethod
    def new(cls, data: Path) -> Server:
        """A fresh one, up."""
        return cls(data, postgres.start(data, settings=postgres.THROWAWAY))

    def stop(self) -> None:
        """Gone; whoever is connected is cut off."""
        self.running.stop()

    def start(self) -> None:
        """Back on its port."""
        if self.running.process.poll() is not None:
            self.running = postgres.start(self.data, port=self.running.port, settings=postgres.THROWAWAY)

    @contextmanager
    def store(self, name: str) -> Iterator[Store]:
        """An empty store in there."""
        self.running.ensure_database(name)
        with Store.open(self.running.url(name)) as store:
            yield store


@dataclass(slots=True)
class Plug:
    """Pulls a server's plug at the n-th event that it is told of; 0: never."""

    server: Server
    at: int
    events: int = 0

    def event(self) -> None:
        """One more."""
        self.events += 1
        if self.events == self.at:
            self.server.stop()

    def clock(self) -> datetime:
        """The time; looking at it is an event, mostly within a transaction."""
        self.event()
        return wall_clock()

    def at_looks(self, ctx: RunContext) -> RunContext:
        """A task whose looks at the clock are the events."""
        return replace(ctx, now=self.clock)

    def at_outcomes(self, ctx: RunContext) -> RunContext:
        """A task whose landed writes are the events: the other system has them, the store doesn't know."""
        crm: Any = Tapped(ctx.crm, self.event)
        platform: Any = Tapped(ctx.platform, self.event)
        return replace(ctx, crm=crm, platform=platform)


@dataclass(slots=True)
class Tapped:
    """A connector as it is; somebody hears of each outcome before the engine does."""

    inner: Connector
    hears: Callable[[], None]

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """As the connector does it."""
        for outcome in self.inner.apply(writes):
            self.hears()
            yield outcome

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)
