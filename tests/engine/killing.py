"""Workers that die: steps before and after whatever lasts, and processes that are killed at one of them."""

from __future__ import annotations

import os
import shutil
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import psycopg
from sqlalchemy import Connection, make_url

from keepstep.connectors.memory.side import Side
from keepstep.core.model import Outcome, Write
from keepstep.store.database import Store

Place = TypeVar("Place")
EVERY = int(os.environ.get("KILLS_EVERY", "3"))  # 1: at each step, which takes three times as long (`make kills`)


@contextmanager
def stepping(step: Callable[[], None]) -> Iterator[None]:
    """Call `step` before and after every commit, and before and after every write that reaches the other side."""
    begin, land = Store.begin, Side._land

    @contextmanager
    def begin_and_step(self: Store) -> Iterator[Connection]:
        with begin(self) as conn:
            yield conn
            step()
        step()

    def land_and_step(self: Side[Any], write: Write) -> Outcome:
        step()
        outcome = land(self, write)
        step()
        return outcome

    Store.begin = begin_and_step  # type: ignore[method-assign]
    Side._land = land_and_step  # type: ignore[method-assign]
    try:
        yield
    finally:
        Store.begin = begin  # type: ignore[method-assign]
        Side._land = land  # type: ignore[method-assign]


def steps_of(part: int, parts: int, steps: int) -> range:
    """The steps at which this part of the tests kills; all parts together: the last step, and every third before it."""
    last = range(steps, 0, -EVERY)
    return last[part::parts]


@dataclass(slots=True)
class Killer:
    """Ends its own process with SIGKILL at the n-th step; 0 only counts them."""

    at: int
    steps: int = 0

    def step(self) -> None:
        """One more step."""
        self.steps += 1
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Stage(Generic[Place]):
    """A state to start from: a database and the files of both systems."""

    database: str
    folder: Path
    make: Callable[[Store, Path], Place]  # what tests work with, over that database and those files

    @contextmanager
    def opened(self) -> Iterator[Place]:
        """What it holds."""
        with Store(self.database) as store:
            yield self.make(store, self.folder)

    def in_a_process(self, act: Callable[[Place], None], kill_at: int = 0) -> int | None:
        """Do it in a process that is killed at that step. Returns the steps it made, None where it was killed."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                killer = Killer(kill_at)
                place = self.make(Store(self.database), self.folder)
                with stepping(killer.step):
                    act(place)
                os.write(writing, str(killer.steps).encode())
                status = 0
            except BaseException:
                traceback.print_exc()  # this process has no other way to tell
                raise
            finally:
                os._exit(status)
        os.close(writing)
        told = os.read(reading, 20)
        os.close(reading)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return None
        assert os.WEXITSTATUS(status) == 0
        return int(told)

    @contextmanager
    def copy(self, name: str, folder: Path) -> Iterator[Stage[Place]]:
        """The same state once more, to be ruined."""
        url = make_url(self.database)
        fresh = f"{url.database}_{name}"
        self._administer(f'CREATE DATABASE "{fresh}" TEMPLATE "{url.database}"')
        try:
            shutil.copytree(self.folder, folder)
            database = url.set(database=fresh).render_as_string(hide_password=False)
            yield replace(self, database=database, folder=folder)
        finally:
            self._administer(f'DROP DATABASE "{fresh}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        url = make_url(self.database).set(database="postgres", drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as conn:
            conn.execute(statement.encode())
