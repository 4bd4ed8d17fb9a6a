"""A prospect sync's process that is killed with SIGKILL anywhere, and the run that goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.engine.killing import Stage, steps_of
from tests.engine.prospects.world import Office, write_prospect_sync

pytestmark = pytest.mark.slow


def people(office: Office) -> dict[str, str]:
    """The prospects' ids by email."""
    return {str(record.email): id for id, record in office.prospects().items()}


def first_run(office: Office) -> None:
    """Everybody in step, then what people do until the next run: something for each kind of write on each side."""
    for name in ("ada", "bo", "cy", "di"):
        office.prospect(f"{name}@example.com", owner=office.ann, first_name=name.title())
    office.prospect("nobody@example.com")  # unassigned
    office.run("first")
    leads = {str(record.email): record.id for record in office.people()}
    known = people(office)
    office.clock.pass_(minutes=2)
    office.crm.edit(leads["ada@example.com"], first_name="Adaline")
    office.platform.edit_prospect(known["bo@example.com"], first_name="Bob")
    office.crm.delete(leads["cy@example.com"])
    office.platform.opt_out_prospect(known["di@example.com"])
    office.prospect("new@example.com", owner=office.bob, first_name="New")
    office.lead("lead@example.com", owner=office.ann, first_name="Lee")


def second_run(office: Office) -> None:
    """The run that is killed."""
    office.clock.pass_(minutes=4)
    office.run("second")


def go_on(office: Office) -> None:
    """The run as Airflow tries it again."""
    office.clock.pass_(minutes=6)
    report = office.run("second")
    assert report.totals.balances, report
    assert report.problems == (), report


def two_more_runs(office: Office) -> None:
    """The first writes to new prospects and records which is whose, the second finds nothing to write."""
    office.clock.pass_(minutes=8)
    office.run("third")
    office.clock.pass_(minutes=2)
    report = office.run("fourth")
    assert (report.totals.applied, report.waiting) == (0, 0), report


def final(stage: Stage[Office]) -> dict[str, Any]:
    """Both systems as they stand, without ids and times; and that the store agrees with them."""
    with stage.opened() as office:
        leads, prospects = office.people(), list(office.prospects().values())
        return {
            "leads": {str(r.email): (r.status.value, dict(r.fields), r.owner) for r in leads},
            "prospects": {
                str(r.email): {name: value for name, value in r.fields.items() if name != "crm_id"} for r in prospects
            },
            "twice": [
                email for side in (leads, prospects) for email, n in Counter(r.email for r in side).items() if n > 1
            ],
            "open": office.select(
                "SELECT state, count(*) AS n FROM change WHERE state IN ('planned', 'sent') GROUP BY 1"
            ),
        }


@pytest.fixture
def stage(store_url: str, tmp_path: Path) -> Stage[Office]:
    """After a first run, with changes waiting."""
    folder = tmp_path / "systems"
    folder.mkdir()
    file = write_prospect_sync(tmp_path)
    made: Stage[Office] = Stage(store_url, folder, lambda store, place: Office(store, file, folder=place))
    assert made.in_a_process(first_run)
    return made


def ruin(stage: Stage[Office], steps: Sequence[int], tmp_path: Path, expected: dict[str, Any]) -> None:
    """Kill the second run at each of these steps, go on, and compare with a run that nobody killed."""
    for step in steps:
        with stage.copy(f"k{step}", tmp_path / f"k{step}") as copy:
            assert copy.in_a_process(second_run, step) is None, step
            copy.in_a_process(go_on)
            assert final(copy) == expected, f"killed at step {step}"
            if step % 8 == 0:
                copy.in_a_process(two_more_runs)
                assert final(copy) == expected, f"killed at step {step}, and run twice more"


@pytest.mark.parametrize("part", range(2))
def test_a_prospect_sync_killed_at_any_step_goes_on_without_a_duplicate_a_lost_write_or_a_lost_opt_out(
    stage: Stage[Office], tmp_path: Path, part: int
) -> None:
    with stage.copy("whole", tmp_path / "whole") as whole:
        steps = whole.in_a_process(second_run)
        assert steps is not None
        assert steps > 60  # the steps of every task are among them
        expected = final(whole)
    assert expected["twice"] == []
    assert expected["open"] == []
    assert {email: lead[1].get("first_name") for email, lead in expected["leads"].items()} == {
        "ada@example.com": "Adaline",
        "bo@example.com": "Bob",
        "di@example.com": "Di",
        "new@example.com": "New",
        "lead@example.com": "Lee",
    }
    assert expected["leads"]["di@example.com"][1]["opted_out"] is True
    assert set(expected["prospects"]) == {
        f"{name}@example.com" for name in ("ada", "bo", "cy", "di", "new", "lead", "nobody")
    }

    ruin(stage, steps_of(part, 2, steps), tmp_path, expected)
