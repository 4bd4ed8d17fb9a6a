"""What the demo asks of Airflow, through its REST API as anybody else would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from tools.demo.settings import USER, DemoError, Settings

TIMEOUT_S = 30


@dataclass(slots=True)
class Airflow:
    """A signed-in client."""

    settings: Settings
    token: str = ""

    def healthy(self) -> tuple[bool, list[str]]:
        """Whether all four components are up, and those that are not yet."""
        try:
            reply = requests.get(f"{self.settings.ui}/api/v2/monitor/health", timeout=TIMEOUT_S)
            found: dict[str, Any] = reply.json() if reply.ok else {}
        except (requests.ConnectionError, requests.Timeout, ValueError):
            return False, ["api-server"]
        parts = {"metadatabase", "scheduler", "dag_processor", "triggerer"}
        missing = sorted(part for part in parts if (found.get(part) or {}).get("status") != "healthy")
        return not missing, missing

    def sign_in(self, password: str) -> None:
        """Take a token. Raises DemoError."""
        reply = requests.post(
            f"{self.settings.ui}/auth/token", json={"username": USER, "password": password}, timeout=TIMEOUT_S
        )
        if not reply.ok:
            raise DemoError(f"Airflow refused the demo user: {reply.status_code}")
        self.token = reply.json()["access_token"]

    def dag_ids(self) -> set[str]:
        """The Dags that Airflow has read so far."""
        return {dag["dag_id"] for dag in self.get("dags", limit=200)["dags"]}

    def import_errors(self) -> list[str]:
        """What is wrong with files that should be Dags."""
        found = self.get("importErrors", limit=50)["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}" for error in found]

    def trigger(self, dag_id: str, conf: Mapping[str, object] | None = None) -> str:
        """Start a run, with these parameters; its id."""
        body = {"logical_date": None, "conf": dict(conf or {})}
        reply = self.call("POST", f"dags/{dag_id}/dagRuns", json=body)
        return str(reply["dag_run_id"])

    def settle_owed(self, dag_id: str) -> None:
        """Note the run that a new Dag's schedule owes for its last interval as done, while the Dag is still paused.

        Else the scheduler would start it as soon as the Dag is switched on, between the runs of the demo.
        """
        owed = self.get(f"dags/{dag_id}")
        if owed["next_dagrun_logical_date"] is None or not _is_past(owed["next_dagrun_run_after"]):
            return
        note = "This run was due before the demo was set up; it was not run."
        run = self.call(
            "POST", f"dags/{dag_id}/dagRuns", json={"logical_date": owed["next_dagrun_logical_date"], "note": note}
        )
        self.call("PATCH", f"dags/{dag_id}/dagRuns/{run['dag_run_id']}", json={"state": "success"})

    def switch_on(self, dag_id: str) -> None:
        """Let the scheduler run the Dag: it is paused until somebody does."""
        self.call("PATCH", f"dags/{dag_id}", json={"is_paused": False})

    def state(self, dag_id: str, run_id: str) -> str:
        """The run's state: queued, running, success or failed."""
        return str(self.get(f"dags/{dag_id}/dagRuns/{run_id}")["state"])

    def tasks(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Each task's state."""
        found = self.get(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", limit=100)["task_instances"]
        return {task["task_id"]: task["state"] or "none" for task in found}

    def last_run(self, dag_id: str) -> str:
        """The id of the Dag's last successful run. Raises DemoError."""
        found = self.get(f"dags/{dag_id}/dagRuns", state="success", order_by="-run_after", limit=1)["dag_runs"]
        if not found:
            raise DemoError(f"{dag_id} has had no successful run yet")
        return str(found[0]["dag_run_id"])

    def page(self, name: str) -> str:
        """The route of a page of ours in Airflow's navigation. Raises DemoError."""
        for plugin in self.get("plugins", limit=100)["plugins"]:
            for view in plugin.get("external_views", ()):
                if plugin["name"].startswith("keepstep") and view["name"] == name:
                    return str(view["url_route"])
        raise DemoError(f"Airflow shows no page {name}: is plugins/ its plugins folder?")

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """Read from the REST API, below /api/v2. Raises DemoError."""
        return self.call("GET", path, params=query)

    def call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Call the REST API, below /api/v2; `options` are those of `requests.request`. Raises DemoError."""
        reply = requests.request(
            method,
            f"{self.settings.ui}/api/v2/{path}",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=TIMEOUT_S,
            **options,
        )
        if not reply.ok:
            raise DemoError(f"Airflow answered {reply.status_code} to {method} {path}: {reply.text[:300]}")
        found: dict[str, Any] = reply.json()
        return found


def _is_past(moment: str) -> bool:
    return datetime.fromisoformat(moment) <= datetime.now(UTC)
