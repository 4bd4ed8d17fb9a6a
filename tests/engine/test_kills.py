"""A process that is killed anywhere, and the run that goes on: nothing lost, nothing twice, nothing guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.engine.killing import Stage, steps_of
from tests.engine.world import World, write_sync

pytestmark = pytest.mark.slow


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
def stage(store_url: str, tmp_path: Path) -> Stage[World]:
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
    stage = Stage(store_url, folder, lambda store, place: World(store, file, folder=place))

    def first_run(world: World) -> None:
        for name in ("ann", "bo", "cy", "di"):
            world.person(f"{name}@example.com", "lead", first_name=name.title())
        world.run("first")
        a_day_later(world)

    assert stage.in_a_process(first_run)
    return stage


def final(stage: Stage[World]) -> dict[str, Any]:
    """Both systems as they stand, without ids and times; and that the store agrees with them."""
    with stage.opened() as world:
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


def ruin(stage: Stage[World], steps: Sequence[int], tmp_path: Path, expected: dict[str, Any]) -> None:
    """Kill the second run at each of these steps, go on, and compare with a run that nobody killed."""
    for step in steps:
        with stage.copy(f"k{step}", tmp_path / f"k{step}") as copy:
            assert copy.in_a_process(second_run, step) is None, step
            copy.in_a_process(go_on)
            assert final(copy) == expected, f"killed at step {step}"
            if step % 8 == 0:
                copy.in_a_process(next_day)


@pytest.mark.parametrize("part", range(4))
def test_a_run_killed_at_any_journal_step_goes_on_without_a_duplicate_or_a_lost_write(
    stage: Stage[World], tmp_path: Path, part: int
) -> None:
    with stage.copy("whole", tmp_path / "whole") as whole:
        steps = whole.in_a_process(second_run)
        assert steps is not None
        assert steps > 100  # the steps of every task are among them
        expected = final(whole)
    assert expected["twice"] == []
    assert expected["open"] == []
    assert set(expected["rows"]) == {"ann@example.com", "cy@example.com", "lead@example.com", "new@example.com"}
    assert expected["contacts"]["ann@example.com"][1]["act_on_score"] == 15
    assert expected["contacts"]["di@example.com"][0] == "inactive"
    assert expected["companies"] == ["Acme"]

    ruin(stage, steps_of(part, 4, steps), tmp_path, expected)
