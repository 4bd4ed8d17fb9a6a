"""A process that is killed anywhere, and the run that goes on: nothing lost, nothing twice, nothing guessed."""

from __future__ import annotations

import os
import shutil
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, make_url

from keepstep.config import SyncFile
from keepstep.connectors.memory.side import Side
from keepstep.core.model import Outcome, Write
from keepstep.store.database import Store
from tests.engine.world import World, write_sync

pytestmark = pytest.mark.slow


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


def arm(killer: Killer) -> None:
    """Make a step before and after every commit, and before and after every write reaches the other side."""
    begin, land = Store.begin, Side._land

    @contextmanager
    def begin_and_step(self: Store) -> Iterator[Connection]:
        with begin(self) as conn:
            yield conn
            killer.step()
        killer.step()

    def land_and_step(self: Side[Any], write: Write) -> Outcome:
        killer.step()
        outcome = land(self, write)
        killer.step()
        return outcome

    Store.begin = begin_and_step  # type: ignore[method-assign]  # in this process alone, which ends
    Side._land = land_and_step  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True)
class Stage:
    """A state to start from: a database and the files of both systems."""

    database: str
    folder: Path
    file: SyncFile

    def world(self) -> World:
        """The world as it is in there."""
        return World(Store.open(self.database), self.file, folder=self.folder)

    def in_a_process(self, act: Callable[[World], None], kill_at: int) -> int | None:
        """Do it in a process that is killed at that step. Returns the steps it made, None where it was killed."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                killer = Killer(kill_at)
                world = self.world()
                arm(killer)
                act(world)
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


def copy_of(stage: Stage, name: str, folder: Path) -> Stage:
    """The same state once more, to be ruined."""
    url = make_url(stage.database)
    fresh = f"{url.database}_{name}"
    with psycopg.connect(
        url.set(database="postgres", drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    ) as conn:
        conn.execute(f'CREATE DATABASE "{fresh}" TEMPLATE "{url.database}"'.encode())
    shutil.copytree(stage.folder, folder)
    return Stage(url.set(database=fresh).render_as_string(hide_password=False), folder, stage.file)


def drop(stage: Stage) -> None:
    """Remove its database."""
    url = make_url(stage.database)
    with psycopg.connect(
        url.set(database="postgres", drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    ) as conn:
        conn.execute(f'DROP DATABASE "{url.database}" WITH (FORCE)'.encode())


def a_day_later(world: World) -> None:
    """What people did since the first run: something for each kind of write on each side."""
    crm, platform, list_id = world.crm, world.platform, world.list_id
    contacts = {str(r.email): r.id for r in crm.records()}
    world.person("new@example.com", "lead", first_name="New")
    crm.edit(contacts["ann@example.com"], first_name="Anne")
    crm.set_audience(contacts["bo@example.com"], "unaffiliated")
    platform.act("ann@example.com", "form_submitted")
    platform.act("cy@example.com", "message_clicked")
    platform.add_row(list_id, {"email": "lead@example.com", "first_name": "Lee", "company": "Acme"})
    platform.delete_row(list_id, world.row_id("di@example.com"))


@pytest.fixture
def stage(store_url: str, tmp_path: Path) -> Stage:
    """After a first run, with a day's changes waiting."""
    folder = tmp_path / "systems"
    folder.mkdir()
    file = write_sync(
        tmp_path,
        crm={"audience": "affiliated_with_leads"},
        pull={"remove": True, "update": ["first_name"]},
        push={"add": True, "remove": True},
        fields={"company": {"crm": "company", "platform": "company"}},
    )
    stage = Stage(store_url, folder, file)

    def first_run(world: World) -> None:
        for name in ("ann", "bo", "cy", "di"):
            world.person(f"{name}@example.com", "lead", first_name=name.title())
        world.run("first")
        a_day_later(world)

    assert stage.in_a_process(first_run, 0)
    return stage


def final(stage: Stage) -> dict[str, Any]:
    """Both systems as they stand, without ids and times; and that the store agrees with them."""
    world = stage.world()
    try:
        contacts = world.crm.records()
        rows = world.platform.rows(world.list_id)
        emails = Counter(str(r.email) for r in contacts) + Counter(str(r.email) for r in rows)
        names = {c.id: c.fields["name"] for c in world.crm.records("customer")}
        return {
            "contacts": {
                str(r.email): (r.status.value, {**r.fields, "company": names.get(str(r.fields.get("company")))})
                for r in contacts
            },
            "rows": {str(r.email): dict(r.fields) for r in rows},
            "twice": [email for email, n in emails.items() if n > 2],
            "companies": sorted(map(str, names.values())),
            "open": world.select(
                "SELECT state, count(*) AS n FROM change WHERE state IN ('planned', 'sent') GROUP BY 1"
            ),
            "bases": sorted(
                str(sorted((name, value) for name, value in row["base"].items() if value is not None))
                for row in world.select("SELECT base FROM link")
            ),
        }
    finally:
        world.store.close()


def second_run(world: World) -> None:
    """The run that is killed."""
    world.clock.pass_(days=1)
    world.run("second")


def go_on(world: World) -> None:
    """The run as Airflow tries it again."""
    world.clock.pass_(days=1)
    report = world.run("second")
    assert report.totals.balances, report
    assert report.problems == (), report
    assert report.scores_differing == 0, report


def next_day(world: World) -> None:
    """The run after it: nothing is left to write."""
    world.clock.pass_(days=2)
    assert world.run("third").totals.applied == 0


def ruin(stage: Stage, steps: Sequence[int], tmp_path: Path, expected: dict[str, Any]) -> None:
    """Kill the second run at each of these steps, go on, and compare with a run that nobody killed."""
    for step in steps:
        copy = copy_of(stage, f"k{step}", tmp_path / f"k{step}")
        try:
            assert copy.in_a_process(second_run, step) is None, step
            copy.in_a_process(go_on, 0)
            assert final(copy) == expected, f"killed at step {step}"
            if step % 8 == 0:
                copy.in_a_process(next_day, 0)
        finally:
            drop(copy)


@pytest.mark.parametrize("part", range(4))
def test_a_run_killed_at_any_journal_step_goes_on_without_a_duplicate_or_a_lost_write(
    stage: Stage, tmp_path: Path, part: int
) -> None:
    whole = copy_of(stage, "whole", tmp_path / "whole")
    try:
        steps = whole.in_a_process(second_run, 0)
        assert steps is not None
        assert steps > 100  # the steps of every task are among them
        expected = final(whole)
    finally:
        drop(whole)
    assert expected["twice"] == []
    assert expected["open"] == []
    assert set(expected["rows"]) == {"ann@example.com", "cy@example.com", "lead@example.com", "new@example.com"}
    assert expected["contacts"]["ann@example.com"][1]["act_on_score"] == 15
    assert expected["contacts"]["di@example.com"][0] == "inactive"
    assert expected["companies"] == ["Acme"]

    ruin(stage, range(1 + part, steps + 1, 4), tmp_path, expected)
