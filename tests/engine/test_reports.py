"""Reports and scores as files, and the terminal's looks into the store."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from typer.testing import CliRunner

from keepstep.cli import app
from keepstep.store.frames import balance_frame, score_frames, write_csv
from tests.engine.world import World

RUNNER = CliRunner()


def test_a_run_and_its_scores_can_be_taken_away_as_csv(world: World, tmp_path: Path) -> None:
    world.person("ann@example.com", first_name="Ann")
    world.person("bo@example.com")
    world.platform.act("bo@example.com", "form_submitted")
    report = world.run()
    url = world.store.url.render_as_string(hide_password=False)

    told = RUNNER.invoke(app, ["report", str(report.run), "--store", url, "--out", str(tmp_path / "run.csv")])
    assert told.exit_code == 0, told.output
    journal = pd.read_csv(tmp_path / "run.csv")
    assert len(journal) == report.totals.planned == 6
    assert set(journal["state"]) == {"applied"}

    told = RUNNER.invoke(app, ["scores", "customers", "--store", url, "--out", str(tmp_path / "scores.csv")])
    assert told.exit_code == 0, told.output
    scores = pd.read_csv(tmp_path / "scores.csv")
    assert list(zip(scores["email"], scores["value"], strict=True)) == [("bo@example.com", 15), ("ann@example.com", 0)]


def test_an_empty_report_is_an_empty_file(world: World, tmp_path: Path) -> None:
    with world.store.begin() as conn:
        assert write_csv(score_frames(conn, "nobody"), tmp_path / "none.csv") == 0
    assert (tmp_path / "none.csv").read_text() == ""


def test_the_balance_of_every_task_is_a_frame(world: World) -> None:
    world.person("ann@example.com")
    world.person(None)
    world.run()

    with world.store.begin() as conn:
        balance = balance_frame(conn, "customers")

    assert balance[["phase", "applied", "skipped", "planned", "balances"]].to_dict("records") == [
        {"phase": "maintain", "applied": 1, "skipped": 0, "planned": 1, "balances": True},
        {"phase": "pull", "applied": 1, "skipped": 1, "planned": 2, "balances": True},
        {"phase": "push", "applied": 1, "skipped": 0, "planned": 1, "balances": True},
    ]


def test_the_terminal_tells_runs_errors_and_the_history_of_a_record(world: World) -> None:
    ann = world.person("ann@example.com", first_name="Ann")
    world.run()
    world.crm.inactivate(ann)
    world.person("bo@example.com")
    world.platform.act("ann@example.com", "form_submitted")
    world.run()
    url = world.store.url.render_as_string(hide_password=False)

    for command, words in (
        (["runs"], ["customers", "run-1", "run-2"]),
        (["errors"], []),
        (["why", world.row_id("ann@example.com")], ["create", "applied"]),
    ):
        told = RUNNER.invoke(app, [*command, "--store", url])
        assert told.exit_code == 0, told.output
        assert all(word in told.output for word in words), told.output


def test_the_calls_of_a_day_are_added_up_for_each_connection(world: World) -> None:
    world.person("ann@example.com")
    world.run()

    usage = {row["connection"]: row for row in world.select("SELECT * FROM api_usage")}
    phases = world.select("SELECT sum(crm_calls) AS crm, sum(platform_calls) AS platform FROM phase")[0]
    assert {name: row["calls"] for name, row in usage.items()} == {"crm": phases["crm"], "platform": phases["platform"]}
    assert usage["crm"]["calls"] > 0
