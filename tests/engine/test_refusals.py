"""Plans that do too much wait for a person; nothing is written before."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepstep.core.errors import Refused, SettingsError
from keepstep.core.model import Phase
from keepstep.engine.approval import approve
from keepstep.engine.pull import pull_list
from tests.engine.approving import approving
from tests.engine.world import World, write_sync

LIMITS = {"limits": {"min_rows": 0, "max_removed": 0.25, "max_updated": 0.5}}


def people(world: World, count: int) -> list[str]:
    return [world.person(f"p{n}@example.com", first_name=f"P{n}") for n in range(count)]


def test_an_emptied_list_is_refused_and_waits(world: World) -> None:
    people(world, 4)
    world.run()
    for row in world.platform.rows(world.list_id):
        world.platform.delete_row(world.list_id, row.id)

    with pytest.raises(Refused) as refused:
        world.run()

    assert [r.code for r in refused.value.refusals] == ["list_empty"]
    world.run(yes=True)
    assert world.run().totals.planned == 0  # it was said once, and is not asked again


def test_an_emptied_audience_removes_nobody_before_somebody_said_yes(world: World, tmp_path: Path) -> None:
    world.file = write_sync(tmp_path, pull={"remove": True}, **LIMITS)
    ids = people(world, 4)
    world.run()
    for one in ids:
        world.crm.delete(one)

    ctx = world.context("the run")
    with pytest.raises(Refused) as refused:
        pull_list(ctx)

    assert [r.code for r in refused.value.refusals] == ["crm_empty", "max_removed"]
    assert len(world.rows()) == 4
    approving(ctx, Phase.PULL, lambda: pull_list(ctx), yes=True)
    assert world.rows() == {}


def test_more_overwritten_values_than_the_limit_are_refused_and_a_fixed_source_needs_no_approval(
    world: World, tmp_path: Path
) -> None:
    world.file = write_sync(tmp_path, **LIMITS)
    ids = people(world, 4)
    world.run()
    for one in ids[:3]:
        world.crm.edit(one, first_name="UNKNOWN")

    with pytest.raises(Refused) as refused:
        world.run("the run")
    assert [r.code for r in refused.value.refusals] == ["max_updated"]
    assert world.rows()["p0@example.com"]["first_name"] == "P0"

    for number, one in enumerate(ids[:3]):
        world.crm.edit(one, first_name=f"P{number}")
    report = world.run("the run")
    assert report.totals.planned == report.totals.skipped


def test_the_plan_that_was_approved_is_the_one_that_is_applied(world: World, tmp_path: Path) -> None:
    world.file = write_sync(tmp_path, **LIMITS)
    ids = people(world, 4)
    world.run()
    for one in ids[:3]:
        world.crm.edit(one, first_name="Seen")
    ctx = world.context("the run")
    with pytest.raises(Refused):
        pull_list(ctx)
    world.crm.edit(ids[3], first_name="Unseen")

    approve(world.store, ctx.run, Phase.PULL, "ada")
    pull_list(ctx)

    names = {email: row["first_name"] for email, row in world.rows().items()}
    assert names == {
        "p0@example.com": "Seen",
        "p1@example.com": "Seen",
        "p2@example.com": "Seen",
        "p3@example.com": "P3",
    }
    [phase] = world.select("SELECT approved_by FROM phase WHERE refusals IS NOT NULL AND approved_by IS NOT NULL")
    assert phase["approved_by"] == "ada"


@pytest.mark.behaviour("AO-13")
def test_a_missing_score_field_is_found_before_anything_is_read_and_says_where_to_make_it(
    world: World, tmp_path: Path
) -> None:
    world.file = write_sync(tmp_path)
    world.person("ann@example.com")
    world.crm.drop_field("contact", "act_on_score")

    with pytest.raises(SettingsError) as wrong:
        world.run()

    assert str(wrong.value) == (
        "customers.yaml: fields.act_on_score: In-memory CRM has no field act_on_score on its contact. "
        "Add the field act_on_score to the in-memory CRM's contact."
    )
    assert world.select("SELECT * FROM sighting") == []


def test_a_missing_column_is_named_with_its_list(world: World, tmp_path: Path) -> None:
    world.run()
    world.file = write_sync(tmp_path, fields={"title": {"crm": "title", "platform": "Job"}})

    with pytest.raises(SettingsError) as wrong:
        world.run()

    assert "the list 'Customers' in In-memory platform has no column 'Job' (fields.title)" in str(wrong.value)
