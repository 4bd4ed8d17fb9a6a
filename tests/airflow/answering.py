"""Somebody who looks at Airflow's Required Actions and answers them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi.testclient import TestClient

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def choose(option: str) -> Answer:
    """Press this button, whatever is asked."""
    return lambda detail: {"chosen_options": [option], "params_input": {}}  # noqa: ARG005 # an answer's signature


@contextmanager
def answering(server: TestClient, dag_id: str, task: str, answer: Answer) -> Iterator[list[Mapping[str, Any]]]:
    """Answer what this task asks while the block runs; yields what was asked, in the API's words.

    A call that Airflow couldn't serve just then (its database was locked) is made again.
    """
    token = server.post("/auth/token", json={"username": "admin", "password": "admin"}).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    asked: list[Mapping[str, Any]] = []
    done = threading.Event()

    def look() -> list[Mapping[str, Any]]:
        url = f"/api/v2/dags/{dag_id}/dagRuns/~/hitlDetails"
        reply = server.get(url, params={"response_received": False}, headers=headers)
        found: list[Mapping[str, Any]] = reply.json()["hitl_details"] if reply.is_success else []
        return [one for one in found if one["task_instance"]["task_id"] == task]

    def watch() -> None:
        while not done.wait(0.2):
            for detail in look():
                ti = detail["task_instance"]
                if ti["state"] == "awaiting_input":
                    path = f"/api/v2/dags/{dag_id}/dagRuns/{ti['dag_run_id']}/taskInstances/{task}/-1/hitlDetails"
                    if server.patch(path, json=dict(answer(detail)), headers=headers).is_success:
                        asked.append(detail)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield asked
    finally:
        done.set()
        thread.join()
