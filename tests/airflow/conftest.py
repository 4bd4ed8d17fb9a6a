"""An Airflow of the tests' own: home and metadata database in a temporary folder, the project's Dags and plugins.

Airflow reads its environment when it is imported, and it warns about itself: so the environment is set here, Airflow is
imported once with warnings off, and in this folder alone its own warnings are no errors.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(tempfile.mkdtemp(prefix="keepstep-airflow-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

os.environ.update(
    {
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",  # tests change Dags more often than people do
        "AIRFLOW__CORE__FERNET_KEY": "c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3JlLi4=",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(HOME / "passwords.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME}/airflow.db",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests, long enough for HS512, which wants 64 bytes of it",
        "AIRFLOW__API__SECRET_KEY": "another secret of the tests",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
)
(HOME / "passwords.json").write_text(json.dumps({"admin": "admin", "viewer": "viewer"}), encoding="utf-8")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from airflow.dag_processing.dagbag import DagBag
    from fastapi.testclient import TestClient

if TYPE_CHECKING:
    from tests.airflow.prospect_stage import ProspectStage
    from tests.airflow.stage import Stage

# Airflow's own: it calls deprecated parts of itself and of its libraries.
AIRFLOWS_WARNINGS = (
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
    "ignore::ResourceWarning",
    "ignore::UserWarning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave Airflow's warnings about itself alone, in this folder only."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            for one in AIRFLOWS_WARNINGS:
                item.add_marker(pytest.mark.filterwarnings(one))
            # Airflow takes the alarm signal for itself when it parses Dags: only a thread can end a test that hangs.
            item.add_marker(pytest.mark.timeout(240, method="thread"))


@pytest.fixture(scope="session")
def metadata() -> None:
    """Airflow's metadata database, migrated once for the session."""
    from airflow.utils.db import initdb

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        initdb()


@pytest.fixture(scope="session")
def server(metadata: None) -> Iterator[TestClient]:  # noqa: ARG001 # it has to be there
    """Airflow's API server with the project's plugin, in this process."""
    from airflow.api_fastapi.app import create_app

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with TestClient(create_app(), raise_server_exceptions=False) as client:
            yield client


@pytest.fixture(scope="session")
def project_bag() -> DagBag:
    """All Dags that the project itself has."""
    return DagBag(ROOT / "dags")


@pytest.fixture
def syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of sync files, which the Dags of this test are made from; a score sheet lies beside it."""
    folder = tmp_path / "syncs"
    folder.mkdir()
    sheets = tmp_path / "score_sheets"
    sheets.mkdir()
    (sheets / "default.yaml").write_text("points: {form_submitted: 15, message_clicked: 5}\n", encoding="utf-8")
    monkeypatch.setenv("AIRFLOW__KEEPSTEP__SYNCS_FOLDER", str(folder))
    return folder


@pytest.fixture
def write_sync(syncs: Path) -> Callable[..., Path]:
    """Write a sync file: `write_sync("people", push={"update": [...]})`; keys go over those of a small right one."""

    def write(name: str, **keys: Any) -> Path:
        path = syncs / f"{name}.yaml"
        path.write_text(yaml.safe_dump({**small_sync(name), **keys}, sort_keys=False), encoding="utf-8")
        return path

    return write


def small_sync(name: str) -> dict[str, Any]:
    """A right sync file over the in-memory systems."""
    return {
        "title": f"People of {name}",
        "crm": {"system": "memory_crm", "connection": "crm", "audience": "affiliated_with_customers"},
        "platform": {"system": "memory_platform", "connection": "platform", "list": name},
        "fields": {
            "email": {"crm": "email", "platform": "email"},
            "first_name": {"crm": "first_name", "platform": "first_name"},
            "act_on_score": {"crm": "act_on_score", "platform": "act_on_score"},
        },
        "limits": {"min_rows": 1000},
    }


@pytest.fixture
def load_dags(syncs: Path) -> Callable[[], DagBag]:  # noqa: ARG001 # the folder must be told to Airflow first
    """Parse the project's dag files over this test's sync files."""
    return lambda: DagBag(ROOT / "dags")


@pytest.fixture
def stage(
    tmp_path: Path,
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
    write_sync: Callable[..., Path],
    metadata: None,  # noqa: ARG001 # it has to be there
) -> Iterator[Stage]:
    """A store, a CRM and a platform in memory behind Airflow connections, and a sync to run over them."""
    from tests.airflow.stage import Stage

    name = f"people_{uuid.uuid4().hex[:8]}"  # Airflow's metadata outlives the test: a Dag id of one's own
    made = Stage.over(tmp_path, store_url, name, write_sync)
    for connection, value in made.connections().items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{connection.upper()}", value)
    yield made
    made.close()


@pytest.fixture
def prospect_stage(
    tmp_path: Path,
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
    syncs: Path,
    metadata: None,  # noqa: ARG001 # it has to be there
) -> Iterator[ProspectStage]:
    """The same with a prospect sync: the platform is its prospects."""
    from tests.airflow.prospect_stage import ProspectStage, write_prospect_sync

    name = f"prospects_{uuid.uuid4().hex[:8]}"
    made = ProspectStage.over(tmp_path, store_url, name, partial(write_prospect_sync, syncs))
    for connection, value in made.connections().items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{connection.upper()}", value)
    yield made
    made.close()
