"""Creates, updates and deletes of any object, and the two actions of prospects."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.account_engagement.bodies import fields_of, json_body, names_of
from keepstep_sandbox.account_engagement.custom_fields import CustomFields
from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.lists import Lists, Memberships
from keepstep_sandbox.account_engagement.prospects import Prospects
from keepstep_sandbox.account_engagement.query_service import base_url
from keepstep_sandbox.account_engagement.rendering import REDACTED, Selection, Selector
from keepstep_sandbox.account_engagement.schema import (
    ACCOUNTS,
    CAMPAIGNS,
    CUSTOM_FIELDS,
    LISTS,
    MEMBERSHIPS,
    PROSPECTS,
)
from keepstep_sandbox.account_engagement.table import Row
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.account_engagement.values import boolean, whole
from keepstep_sandbox.account_engagement.view import View

_OWNED: Final = {CAMPAIGNS: 128, ACCOUNTS: 59}  # objects that Salesforce alone may write, once it's connected
_UPSERT: Final = frozenset({"matchEmail", "prospect", "fields", "secondaryDeletedSearch"})


class _Writer(Protocol):
    """What writes one object."""

    def create(self, values: Mapping[str, object], by: int) -> Row: ...
    def update(self, row_id: int, values: Mapping[str, object], by: int) -> Row: ...
    def delete(self, row_id: int, by: int) -> Row: ...


class ObjectService:
    """Answers them."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit
        self._prospects = Prospects(unit)
        self._writers: dict[str, _Writer] = {
            PROSPECTS: self._prospects,
            LISTS: Lists(unit),
            MEMBERSHIPS: Memberships(unit),
            CUSTOM_FIELDS: CustomFields(unit),
        }

    async def create(self, request: Request) -> Response:
        """Answer `POST /api/v5/objects/{kind}`."""
        kind, writer = self._writer(request)
        selection = self._selection(kind, fields_of(request, required=False))
        row = writer.create(await json_body(request), request.state.user)
        return self._created(request, kind, row, selection)

    async def update(self, request: Request) -> Response:
        """Answer `PATCH /api/v5/objects/{kind}/{id}`."""
        kind, writer = self._writer(request)
        selection = self._selection(kind, fields_of(request, required=False))
        row = writer.update(_id(request), await json_body(request), request.state.user)
        return self._changed(row, selection)

    async def delete(self, request: Request) -> Response:
        """Answer `DELETE /api/v5/objects/{kind}/{id}`."""
        _, writer = self._writer(request)
        writer.delete(_id(request), request.state.user)
        return Response(status_code=204)

    async def action(self, request: Request) -> Response:
        """Answer `POST /api/v5/objects/{kind}/do/{action}`."""
        kind, action = self._unit.object_type(str(request.path_params["kind"])), request.path_params["action"]
        if kind.name == PROSPECTS and action == "upsertLatestByEmail":
            return self._upsert(request, await json_body(request))
        if kind.name == PROSPECTS and action == "undelete":
            return self._undelete(request, await json_body(request))
        raise PardotError(205)

    def _upsert(self, request: Request, body: Mapping[str, Any]) -> Response:
        _known(body, _UPSERT)
        if "prospect" not in body:
            raise PardotError(207, "prospect")
        values = body["prospect"]
        if not isinstance(values, dict):
            raise PardotError(206, "prospect")
        match = body.get("matchEmail") or values.get("email")
        if not match:
            raise PardotError(207, "matchEmail")
        if not isinstance(match, str):
            raise PardotError(206, "matchEmail")
        selection = self._selection(PROSPECTS, names_of(body.get("fields", [])))
        search_bin = boolean(body.get("secondaryDeletedSearch", False))
        row, made = self._prospects.upsert_latest(match, values, request.state.user, search_bin=search_bin)
        return self._created(request, PROSPECTS, row, selection) if made else self._changed(row, selection)

    def _undelete(self, request: Request, body: Mapping[str, Any]) -> Response:
        key = self._unit.settings.undelete_key
        _known(body, frozenset({key, "fields"}))
        if key not in body:
            raise PardotError(207, key)
        if not isinstance(body[key], str):
            raise PardotError(206, key)
        selection = self._selection(PROSPECTS, names_of(body.get("fields", [])))
        return self._changed(self._prospects.undelete_latest(body[key], request.state.user), selection)

    def _writer(self, request: Request) -> tuple[str, _Writer]:
        kind = self._unit.object_type(str(request.path_params["kind"]))
        if kind.name not in self._writers:
            raise PardotError(_OWNED.get(kind.name, 60))
        return kind.name, self._writers[kind.name]

    def _selection(self, kind: str, names: Sequence[str]) -> Selection | None:
        """Give what the reply is to hold; made before anything is written, so that a wrong name writes nothing."""
        return Selector(self._unit).select(kind, names) if names else None

    def _created(self, request: Request, kind: str, row: Row, selection: Selection | None) -> Response:
        if self._unit.settings.create_answers_204 or self._unit.unreadable > 0:
            self._unit.unreadable = max(0, self._unit.unreadable - 1)
            return Response(status_code=204)
        told = {"id": row["id"]} if selection is None else selection.render(row, View(self._unit, fresh=True))
        headers = {"Location": f"{base_url(request)}/api/v5/objects/{kind}/{row['id']}"}
        return Response(orjson.dumps(told), 201, headers | _warning(selection), "application/json")

    def _changed(self, row: Row, selection: Selection | None) -> Response:
        told = {} if selection is None else selection.render(row, View(self._unit, fresh=True))
        if not told:
            return Response(status_code=204)
        return Response(orjson.dumps(told), 200, _warning(selection), "application/json")


def _warning(selection: Selection | None) -> dict[str, str]:
    return {"Pardot-Warning": REDACTED} if selection is not None and selection.redacted else {}


def _known(body: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := body.keys() - known:
        raise PardotError(208, min(unknown))


def _id(request: Request) -> int:
    return whole(request.path_params["id"], 16)
