"""The routes of the sync queue: the page for whoever may read the Dag, its two writes for whoever may do as much."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.api_fastapi.logging.decorators import action_logging
from airflow.exceptions import DagNotFound
from airflow.models.dag import DagModel
from airflow.utils.types import DagRunTriggeredByType
from fastapi import APIRouter, Depends, Form, HTTPException, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse

from keepstep.engine.prospects import releasing
from keepstep.engine.prospects.frame import place_of
from keepstep.store.waiting import queue_state
from keepstep_airflow.folders import syncs_folder
from keepstep_airflow.runs import now
from keepstep_airflow.sync_files import SYNC_PROSPECT, read_syncs
from keepstep_airflow.ui.queue_page import Rights, notice, render, section
from keepstep_airflow.ui.reading import StoreAwayError, with_store
from keepstep_airflow.ui.same_origin import same_origin

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser

    from keepstep.config import ProspectFile

AN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
queue = APIRouter(prefix="/queue")
ProspectField = Annotated[str, Form()]


@queue.get("", response_class=HTMLResponse)
def show(user: GetUserDep, told: str = "", prospect: str = "") -> HTMLResponse:
    """The queues of the syncs whose Dags the user may read."""
    auth = get_auth_manager()
    readable = auth.get_authorized_dag_ids(user=user, method="GET")
    found = read_syncs(syncs_folder())
    wrong = found.wrong if auth.is_authorized_view(access_view=AccessView.IMPORT_ERRORS, user=user) else {}
    files = [file for file in found.prospects if file.name in readable]
    try:
        states = with_store(lambda store: {file.name: queue_state(store, place_of(file)) for file in files})
    except StoreAwayError as away:
        return HTMLResponse(render([], wrong, str(away)), status.HTTP_503_SERVICE_UNAVAILABLE)
    sections = [section(file, states[file.name], _rights(file.name, user)) for file in files]
    return HTMLResponse(render(sections, wrong, None, notice(told, prospect if AN_ID.fullmatch(prospect) else "?")))


@queue.post(
    "/{dag_id}/sync-now",
    dependencies=[
        Depends(same_origin),
        Depends(requires_access_dag("POST", DagAccessEntity.RUN)),
        Depends(requires_access_dag("POST", DagAccessEntity.RUN, param_dag_id=SYNC_PROSPECT)),
        Depends(action_logging("keepstep_sync_prospect")),
    ],
)
def sync_now(dag_id: str, user: GetUserDep, prospect: ProspectField) -> Response:
    """Trigger `sync_prospect` for this prospect, in the user's name."""
    from airflow.api.common.trigger_dag import trigger_dag

    _file(dag_id)
    given = prospect.strip()
    if not AN_ID.fullmatch(given):
        return _back("no_id")
    try:
        trigger_dag(
            SYNC_PROSPECT,
            triggered_by=DagRunTriggeredByType.UI,
            triggering_user_name=user.get_name(),
            conf={"sync": dag_id, "prospect": given},
        )
    except (DagNotFound, ValueError):  # its form, as Airflow knows it, doesn't offer this sync yet
        return _back("no_dag")
    return _back("asked", given)


@queue.post(
    "/{dag_id}/release",
    dependencies=[
        Depends(same_origin),
        Depends(requires_access_dag("PUT")),
        Depends(action_logging("keepstep_release_prospect")),
    ],
)
def release(dag_id: str, user: GetUserDep, prospect: ProspectField) -> Response:
    """Let a prospect sync again although its CRM record was deleted (SY-17); who said so is kept with the deletion."""
    file, given = _file(dag_id), prospect.strip()
    if not AN_ID.fullmatch(given):
        return _back("no_id")
    try:
        told = with_store(lambda store: releasing.release(store, file, given, user.get_name(), now()))
    except StoreAwayError as away:
        return HTMLResponse(render([], {}, str(away)), status.HTTP_503_SERVICE_UNAVAILABLE)
    return _back(told, given)


def _file(name: str) -> ProspectFile:
    for file in read_syncs(syncs_folder()).prospects:
        if file.name == name:
            return file
    raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such prospect sync.")


def _back(told: str, prospect: str = "") -> Response:
    """To the page again, so that a reload sends nothing twice; from two steps below it, wherever Airflow is mounted."""
    return RedirectResponse(f"../../queue?{urlencode({'told': told, 'prospect': prospect})}", status.HTTP_303_SEE_OTHER)


def _rights(dag_id: str, user: BaseUser) -> Rights:
    return Rights(
        sync=_may("POST", dag_id, user, DagAccessEntity.RUN) and _may("POST", SYNC_PROSPECT, user, DagAccessEntity.RUN),
        release=_may("PUT", dag_id, user),
    )


def _may(method: ResourceMethod, dag_id: str, user: BaseUser, entity: DagAccessEntity | None = None) -> bool:
    """As `requires_access_dag` asks."""
    details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id))
    return get_auth_manager().is_authorized_dag(method=method, user=user, access_entity=entity, details=details)
