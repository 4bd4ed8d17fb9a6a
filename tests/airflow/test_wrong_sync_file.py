"""A wrong sync file has no Dag and one clear import error; the other Dags live."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, DagBag, sync_bag_to_db
from airflow.models.dag import DagModel
from airflow.models.errors import ParseImportError
from airflow.utils.session import create_session
from sqlalchemy import select

DAGS = Path(__file__).resolve().parents[2] / "dags"

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown key", {"shedule": "0 0 * * *"}, "shedule: there is no such key (did you mean schedule?)"),
    ("a wrong type", {"limits": {"api_calls": "many"}}, "limits.api_calls"),
    ("an unknown field", {"push": {"update": ["shoe_size"]}}, "shoe_size"),
    ("no email field", {"fields": {"first_name": "first_name"}}, "the field email is missing"),
    ("a schedule that isn't one", {"schedule": "every night"}, "a schedule is a cron expression"),
    ("a score sheet that isn't there", {"maintenance": {"score_sheet": "gold"}}, "there is no score sheet gold"),
]


@pytest.mark.parametrize(
    ("keys", "told"), [(keys, told) for _, keys, told in WRONG], ids=[name for name, _, _ in WRONG]
)
def test_a_wrong_file_is_told_by_file_line_and_what_is_allowed_and_the_others_live(
    write_sync: Callable[..., Path], load_dags: Callable[[], DagBag], keys: dict[str, Any], told: str
) -> None:
    write_sync("good")
    write_sync("bad", **keys)

    bag = load_dags()

    assert set(bag.dags) == {"good"}
    (where,) = bag.import_errors
    assert where.endswith("sync_file_errors.py")
    assert "bad.yaml" in bag.import_errors[where]
    assert told in bag.import_errors[where]


def test_a_list_that_two_files_fill_keeps_the_first_of_them(
    write_sync: Callable[..., Path], load_dags: Callable[[], DagBag]
) -> None:
    write_sync("first", platform={"system": "memory_platform", "connection": "platform", "list": "Everybody"})
    write_sync("second", platform={"system": "memory_platform", "connection": "platform", "list": "Everybody"})

    bag = load_dags()

    assert set(bag.dags) == {"first"}
    (error,) = bag.import_errors.values()
    assert "second.yaml, line" in error
    assert "first.yaml" in error


def test_every_wrong_file_is_told_at_once(write_sync: Callable[..., Path], load_dags: Callable[[], DagBag]) -> None:
    write_sync("one", schedule="nightly")
    write_sync("two", fields={})

    (error,) = load_dags().import_errors.values()

    assert "one.yaml" in error
    assert "two.yaml" in error


def test_a_file_that_is_no_yaml_and_one_that_is_no_text_are_told_too(
    syncs: Path, write_sync: Callable[..., Path], load_dags: Callable[[], DagBag]
) -> None:
    write_sync("good")
    (syncs / "broken.yaml").write_text("title: [never closed\n", encoding="utf-8")
    (syncs / "binary.yaml").write_bytes(b"\xff\xfe\x00title")

    bag = load_dags()

    assert set(bag.dags) == {"good"}
    (error,) = bag.import_errors.values()
    assert "broken.yaml, line" in error
    assert "binary.yaml" in error


def test_right_files_have_no_import_error(write_sync: Callable[..., Path], load_dags: Callable[[], DagBag]) -> None:
    write_sync("good")
    assert load_dags().import_errors == {}


@pytest.mark.slow
def test_airflow_lists_the_error_and_keeps_the_other_dags_in_service(
    write_sync: Callable[..., Path],
    syncs: Path,  # noqa: ARG001 # Airflow must be told of it
    metadata: None,  # noqa: ARG001 # it has to be there
) -> None:
    write_sync("in_service")
    write_sync("out_of_order", shedule="0 0 * * *")

    publish()

    with create_session() as session:
        dag = session.get(DagModel, "in_service")
        assert dag is not None
        assert (dag.is_stale, dag.has_import_errors) == (False, False)
        assert session.get(DagModel, "out_of_order") is None
        errors = session.scalars(select(ParseImportError)).all()
        assert [error.filename for error in errors] == ["sync_file_errors.py"]
        assert "out_of_order.yaml, line" in str(errors[0].stacktrace)

    (Path(os.environ["AIRFLOW__KEEPSTEP__SYNCS_FOLDER"]) / "out_of_order.yaml").unlink()
    publish()

    with create_session() as session:
        assert session.scalars(select(ParseImportError)).all() == []


def publish() -> None:
    """Parse the project's dag files and tell Airflow's metadata what was found, as the dag processor does."""
    bag = BundleDagBag(DAGS, bundle_path=DAGS, bundle_name="dags-folder")
    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    sync_bag_to_db(bag, "dags-folder", None)
