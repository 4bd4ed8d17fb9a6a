"""The pages' web application, mounted into Airflow's API server.

Airflow mounts such an application without any sign-in: the dependency of the whole application asks for one, so that no
route can be added without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import GetUserDep, requires_authenticated
from fastapi import Depends, FastAPI, status
from fastapi.responses import HTMLResponse

from keepstep.store.overview import SyncLine, overview
from keepstep_airflow.folders import syncs_folder
from keepstep_airflow.sync_files import read_syncs
from keepstep_airflow.ui.overview_page import render, rows
from keepstep_airflow.ui.queue_routes import queue
from keepstep_airflow.ui.reading import StoreAwayError, with_store

if TYPE_CHECKING:
    from collections.abc import Mapping

app = FastAPI(
    title="Keepstep",
    dependencies=[Depends(requires_authenticated())],
    docs_url=None,  # these three would be routes without a sign-in
    redoc_url=None,
    openapi_url=None,
)


@app.get("/lists", response_class=HTMLResponse)
def lists(user: GetUserDep) -> HTMLResponse:
    """The list overview: the lists whose Dags the user may read."""
    auth = get_auth_manager()
    readable = auth.get_authorized_dag_ids(user=user, method="GET")
    found = read_syncs(syncs_folder())
    wrong = found.wrong if auth.is_authorized_view(access_view=AccessView.IMPORT_ERRORS, user=user) else {}
    files = [file for file in found.lists if file.name in readable]
    lines: Mapping[str, SyncLine]
    try:
        lines, message, answer = with_store(overview), None, status.HTTP_200_OK
    except StoreAwayError as away:
        lines, message, answer = {}, str(away), status.HTTP_503_SERVICE_UNAVAILABLE
    return HTMLResponse(render(rows(files, lines) if message is None else [], wrong, message), answer)


app.include_router(queue)
