"""What people do in the business unit, as control calls under `/_control/account_engagement`.

`{records}` is `prospects`, `lists`, `memberships`, `activities`, `users`, `campaigns`, `accounts` or `fields`. Field
names are the API's; people see writes at once. `?as=USER_ID` says who does it.

| call | does |
|---|---|
| GET {records}?ids=1,2&limit=&offset=; GET {records}/ID | reads records as they are, those in the recycle bin too |
| POST prospects; PATCH, DELETE prospects/ID | makes, edits (also what the API can't: grade), bins one |
| POST prospects/ID/undelete, /erase | takes one out of the recycle bin; deletes it for good |
| POST prospects/merge | `{"master": id, "others": [id, ...], "values": {...}}`: the others vanish, scores add up |
| POST prospects/ID/assign, /unassign | `{"user": id}` |
| POST prospects/ID/act; POST visitors/act | see `act`: an activity, with its score; one of somebody unknown |
| POST prospects/ID/opt-out, /opt-in | leaves all mail, or comes back to it, with the activity |
| POST, DELETE prospects/ID/lists/LIST_ID | goes on a list, or off it; dynamic ones too |
| POST lists; PATCH, DELETE lists/ID | `{"name": "...", "dynamic": false}` |
| PATCH memberships/ID | `{"optedOut": true}` |
| POST users; PATCH, DELETE users/ID | `{"email", "firstName", "lastName", "salesforceId"}`; deleted ones stay |
| POST campaigns; POST accounts | `{"name": "..."}`, as the connector to Salesforce brings them |
| POST fields; PATCH, DELETE fields/ID | custom fields: `{"name": "Hobby", "fieldId": "hobby", "type": "text"}` |
| PUT, DELETE prospects/ID/fault | refuses writes to one prospect: `{"code", "detail", "times"}` |

The administrator's calls (settings, scoring, usage) are in `administrator_routes`.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from keepstep_sandbox.account_engagement import schema as objects
from keepstep_sandbox.account_engagement.activities import Activities, Deed
from keepstep_sandbox.account_engagement.administrator_routes import administrator_routes
from keepstep_sandbox.account_engagement.custom_fields import CustomFields
from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.lists import Lists, Memberships
from keepstep_sandbox.account_engagement.prospects import Prospects
from keepstep_sandbox.account_engagement.rendering import Selector
from keepstep_sandbox.account_engagement.schema import PROSPECTS, USERS, Type
from keepstep_sandbox.account_engagement.scoring import RESUBSCRIBED, UNSUBSCRIBED
from keepstep_sandbox.account_engagement.seeded import API_USER
from keepstep_sandbox.account_engagement.table import Row
from keepstep_sandbox.account_engagement.unit import BusinessUnit, Fault
from keepstep_sandbox.account_engagement.values import moment
from keepstep_sandbox.account_engagement.view import View
from keepstep_sandbox.control import Handler, answers, json_object

_RECORDS: Final = {
    "prospects": objects.PROSPECTS,
    "lists": objects.LISTS,
    "memberships": objects.MEMBERSHIPS,
    "activities": objects.ACTIVITIES,
    "users": objects.USERS,
    "campaigns": objects.CAMPAIGNS,
    "accounts": objects.ACCOUNTS,
    "fields": objects.CUSTOM_FIELDS,
}


def people_routes(unit: BusinessUnit) -> list[BaseRoute]:
    """Give the routes."""
    people = _People(unit)
    routes: list[tuple[str, str, Handler]] = [
        *administrator_routes(unit),
        ("POST", "/visitors/act", people.act),
        ("POST", "/prospects/merge", people.merge),
        ("POST", "/prospects/{id:int}/undelete", people.undelete),
        ("POST", "/prospects/{id:int}/erase", people.erase),
        ("POST", "/prospects/{id:int}/assign", people.assign),
        ("POST", "/prospects/{id:int}/unassign", people.assign),
        ("POST", "/prospects/{id:int}/act", people.act),
        ("POST", "/prospects/{id:int}/opt-out", people.opt_out),
        ("POST", "/prospects/{id:int}/opt-in", people.opt_in),
        ("POST", "/prospects/{id:int}/lists/{list:int}", people.put_on_list),
        ("DELETE", "/prospects/{id:int}/lists/{list:int}", people.take_off_list),
        ("PUT", "/prospects/{id:int}/fault", people.put_fault),
        ("DELETE", "/prospects/{id:int}/fault", people.remove_fault),
        ("GET", "/{records}", people.list_records),
        ("POST", "/{records}", people.create),
        ("GET", "/{records}/{id:int}", people.read),
        ("PATCH", "/{records}/{id:int}", people.edit),
        ("DELETE", "/{records}/{id:int}", people.delete),
    ]
    return [Route(path, refusals(unit, answers(handler)), methods=[method]) for method, path, handler in routes]


class _People:
    """Those who work in the unit, and those who are in it. What isn't there is a 404."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit
        self._prospects, self._activities = Prospects(unit), Activities(unit)
        self._lists, self._memberships = Lists(unit), Memberships(unit)
        self._fields = CustomFields(unit)

    async def list_records(self, request: Request) -> Response:
        kind, query = _kind(request), request.query_params
        table = self._unit.tables[kind]
        ids = (
            list(map(int, query["ids"].split(","))) if "ids" in query else list(table.in_order(None, descending=False))
        )
        start = int(query.get("offset", 0))
        chosen = ids[start : start + int(query.get("limit", len(ids)))]
        items = [self._told(kind, row) for row_id in chosen if (row := table.get(row_id)) is not None]
        return Response(orjson.dumps({"items": items, "total": len(ids)}), media_type="application/json")

    async def read(self, request: Request) -> Response:
        kind = _kind(request)
        return Response(orjson.dumps(self._told(kind, self._row(kind, request))), media_type="application/json")

    async def create(self, request: Request) -> Response:
        kind, values, by = _kind(request), await json_object(request), _by(request)
        match kind:
            case objects.PROSPECTS:
                made = self._prospects.create(values, by)
            case objects.LISTS:
                dynamic = bool(values.pop("dynamic", False))
                made = self._lists.create(values, by, dynamic=dynamic)
            case objects.CUSTOM_FIELDS:
                made = self._fields.create(values, by)
            case objects.MEMBERSHIPS:
                made = self._memberships.create(values, by, inside=True)
            case objects.ACTIVITIES:
                raise ValueError("activities are made by act")
            case _:
                made = self._unit.insert(kind, self._as_stored(kind, values), by)
        return JSONResponse({"id": made["id"]}, 201)

    async def edit(self, request: Request) -> Response:
        kind, values, by = _kind(request), await json_object(request), _by(request)
        row = self._row(kind, request)
        match kind:
            case objects.PROSPECTS:
                self._edit_prospect(row["id"], values, by)
            case objects.LISTS:
                self._lists.update(row["id"], values, by)
            case objects.CUSTOM_FIELDS:
                self._fields.update(row["id"], values, by)
            case objects.MEMBERSHIPS:
                self._memberships.update(row["id"], values, by)
            case _:
                self._unit.change(kind, row, self._as_stored(kind, values), by)
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        kind, by = _kind(request), _by(request)
        row = self._row(kind, request)
        match kind:
            case objects.PROSPECTS:
                self._prospects.delete(row["id"], by)
            case objects.LISTS:
                self._lists.delete(row["id"], by)
            case objects.CUSTOM_FIELDS:
                self._fields.delete(row["id"], by)
            case objects.MEMBERSHIPS:
                self._memberships.delete(row["id"], by, inside=True)
            case objects.USERS:
                self._unit.change(USERS, row, {"isDeleted": True}, by)
            case _:
                self._unit.erase(kind, row["id"])
        return Response(status_code=204)

    async def undelete(self, request: Request) -> Response:
        self._prospects.undelete(_id(request), _by(request))
        return Response(status_code=204)

    async def erase(self, request: Request) -> Response:
        self._prospects.erase(_id(request))
        return Response(status_code=204)

    async def merge(self, request: Request) -> Response:
        found = await json_object(request)
        others = [int(other) for other in found["others"]]
        self._prospects.merge(int(found["master"]), others, found.get("values") or {}, _by(request))
        return Response(status_code=204)

    async def assign(self, request: Request) -> Response:
        user = (await json_object(request))["user"] if request.url.path.endswith("/assign") else None
        self._prospects.update(_id(request), {"userId": user}, _by(request))
        return Response(status_code=204)

    async def act(self, request: Request) -> Response:
        """`{"type": 4, "asset": "formId", "asset_id": 81, "details": "...", "at": moment, "points": 5}`.

        Only the type is needed; `assets` may give several as an object; `hard` is for bounces.
        """
        found = await json_object(request)
        assets = {str(name): int(value) for name, value in (found.pop("assets", None) or {}).items()}
        if "asset" in found:
            assets[str(found.pop("asset"))] = int(found.pop("asset_id", 1))
        at = found.pop("at", None)
        deed = Deed(
            prospect=request.path_params.get("id"),
            assets=assets,
            at=None if at is None else moment(str(at)),
            **{**found, "type": int(found["type"])},
        )
        return JSONResponse({"id": self._activities.record(deed)}, 201)

    async def opt_out(self, request: Request) -> Response:
        return self._consent(request, UNSUBSCRIBED)

    async def opt_in(self, request: Request) -> Response:
        return self._consent(request, RESUBSCRIBED)

    async def put_on_list(self, request: Request) -> Response:
        pair = {"listId": request.path_params["list"], "prospectId": _id(request)}
        made = self._memberships.create(pair, _by(request), inside=True)
        return JSONResponse({"id": made["id"]}, 201)

    async def take_off_list(self, request: Request) -> Response:
        found = self._memberships.of(request.path_params["list"], _id(request))
        if found is None:
            raise KeyError(_id(request))
        self._memberships.delete(found["id"], _by(request), inside=True)
        return Response(status_code=204)

    async def put_fault(self, request: Request) -> Response:
        row = self._row(PROSPECTS, request)
        self._unit.faults[row["id"]] = Fault(**await json_object(request))
        return Response(status_code=204)

    async def remove_fault(self, request: Request) -> Response:
        del self._unit.faults[_id(request)]
        return Response(status_code=204)

    def _consent(self, request: Request, kind: int) -> Response:
        made = self._activities.record(Deed(prospect=_id(request), type=kind, details="Email preferences"))
        return JSONResponse({"id": made}, 201)

    def _edit_prospect(self, row_id: int, values: Mapping[str, Any], by: int) -> None:
        """Edit a prospect; what the API may not write, the platform and its connector do."""
        kind = self._unit.schema[PROSPECTS]
        own = {name: value for name, value in values.items() if not kind.field(name).writable}
        row = self._prospects.update(row_id, {name: v for name, v in values.items() if name not in own}, by)
        if own:
            self._unit.change(PROSPECTS, row, self._as_stored(PROSPECTS, own), by)

    def _as_stored(self, kind: str, values: Mapping[str, Any]) -> Row:
        fields = self._unit.schema[kind]
        return {
            name: moment(value) if fields.field(name).type is Type.DATETIME and value is not None else value
            for name, value in values.items()
        }

    def _told(self, kind: str, row: Row) -> dict[str, Any]:
        fields = [one for one in self._unit.schema[kind].fields if one not in self._unit.settings.hidden_fields]
        return Selector(self._unit).select(kind, fields).render(row, View(self._unit, fresh=True))

    def _row(self, kind: str, request: Request) -> Row:
        row = self._unit.tables[kind].get(_id(request))
        if row is None:
            raise KeyError(_id(request))
        return row


def refusals(unit: BusinessUnit, handler: Handler) -> Handler:
    """Answer Account Engagement's own refusals as they are."""

    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except PardotError as refusal:
            return refusal.response(unit.settings.statuses)

    return answered


def _kind(request: Request) -> str:
    return _RECORDS[request.path_params["records"]]


def _id(request: Request) -> int:
    return int(request.path_params["id"])


def _by(request: Request) -> int:
    return int(request.query_params.get("as", API_USER))
