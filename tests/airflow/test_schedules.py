"""When a list's sync runs: by its own schedule, in its own time zone, or only when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction
from pendulum import instance

from tests.airflow.stage import Stage


def next_run(dag: DAG, after: datetime) -> datetime | None:
    """When Airflow's scheduler would start the Dag next."""
    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    info = timetable.next_dagrun_info(
        last_automated_data_interval=None,
        restriction=TimeRestriction(earliest=instance(after), latest=None, catchup=True),
    )
    return info.run_after if info else None


@pytest.mark.behaviour("AO-7")
def test_each_list_has_a_schedule_of_its_own_in_its_own_time_zone(
    write_sync: Callable[..., Path], load_dags: Callable[[], DagBag]
) -> None:
    write_sync("nightly", schedule="0 0 * * *")
    write_sync("in_berlin", schedule="0 0 * * *", timezone="Europe/Berlin")
    write_sync("often", schedule="*/10 * * * *")

    dags = load_dags().dags

    after = datetime(2026, 7, 1, 12, 3, tzinfo=UTC)
    assert {name: next_run(dags[name], after) for name in ("nightly", "in_berlin", "often")} == {
        "nightly": datetime(2026, 7, 2, 0, 0, tzinfo=UTC),
        "in_berlin": datetime(2026, 7, 1, 22, 0, tzinfo=UTC),
        "often": datetime(2026, 7, 1, 12, 10, tzinfo=UTC),
    }


@pytest.mark.slow
@pytest.mark.behaviour("AO-4")
def test_a_list_without_a_schedule_is_imported_once_when_somebody_asks_for_it(stage: Stage) -> None:
    stage.customer("ada@example.com")

    ended = stage.run()

    assert ended.state == "success"
    assert stage.scores() == {"ada@example.com": 0}


@pytest.mark.behaviour("AO-4")
def test_airflow_starts_nothing_by_itself_until_the_file_has_a_schedule(
    write_sync: Callable[..., Path], load_dags: Callable[[], DagBag]
) -> None:
    after = datetime(2026, 7, 1, 12, 3, tzinfo=UTC)
    write_sync("people")
    assert next_run(load_dags().dags["people"], after) is None

    write_sync("people", schedule="@daily")
    assert next_run(load_dags().dags["people"], after) == datetime(2026, 7, 2, 0, 0, tzinfo=UTC)
