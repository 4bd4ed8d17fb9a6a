"""What people do in the org, as control calls under `/_control/salesforce`.

`{records}` is `leads`, `contacts`, `accounts` or `users`. Field names are the API's; people see writes at once.

| call | does |
|---|---|
| GET {records}?ids=a,b&limit=&offset= | reads records as they are, those in the recycle bin too |
| POST {records}; GET, PATCH, DELETE {records}/ID | makes, reads, edits, deletes one; `?as=USER_ID` says who does it |
| POST {records}/ID/undelete; POST empty-recycle-bin | takes one out of the recycle bin; purges all |
| POST {records}/merge | `{"master": id, "others": [id, ...], "values": {...}}`, at most two others |
| POST leads/ID/convert | `{"account": id, "contact": id}`, both may be left out |
| POST users/ID/deactivate, /activate | a user leaves, or comes back |
| PUT, DELETE {records}/ID/fault | refuses writes to one record: `{"code", "message", "times"}` |
| PUT {records}/ID/lock | somebody holds the row: `{"times": 1}`; an account's holds up its contacts as well |
| PUT, DELETE duplicate-rules/NAME | `{"object", "fields", "allow_save"}` |
| PUT, DELETE validation-rules/NAME | `{"object", "when", "message", "field"}`; `when` is a SOQL condition |
| POST fields; PATCH, DELETE fields/OBJECT/NAME | `{"object", "name", "type", "length", "external_id", "values", ...}` |
| PUT breakdown | `{"after": 3, "message": "..."}`: the next ingest job fails there |
| PUT usage | `{"calls": 99990}`: so many calls have been made within the last hour |
| DELETE cursors | ends all query cursors: who pages on is told INVALID_QUERY_LOCATOR |
| PUT delete-log | `{"kept_s": 7200}`: older entries of the delete log go, and `earliestDateAvailable` moves |
| POST approvals | `{"user": id}`: a user lets the app in for good; gives the refresh token that the app is left with |
| GET, PUT settings; GET key | reads or changes `SalesforceSettings`; the private key for JWT sign-in, and the ids |
"""

from dataclasses import asdict
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from keepstep_sandbox.control import Handler, json_object
from keepstep_sandbox.record_control import control_routes, listing, record_routes
from keepstep_sandbox.salesforce.admin_routes import Administrator
from keepstep_sandbox.salesforce.conversion import convert
from keepstep_sandbox.salesforce.errors import SalesforceError
from keepstep_sandbox.salesforce.org import Fault, Org
from keepstep_sandbox.salesforce.records import Caller, Records
from keepstep_sandbox.salesforce.rules import lock
from keepstep_sandbox.salesforce.schema import ACCOUNT, CONTACT, LEAD, USER
from keepstep_sandbox.salesforce.table import Row
from keepstep_sandbox.salesforce.values import held, to_json

_RECORDS: Final = {"leads": LEAD, "contacts": CONTACT, "accounts": ACCOUNT, "users": USER}


def people_routes(org: Org, admin: Administrator) -> list[BaseRoute]:
    """Give the routes: the administrator's, and everybody's."""
    people = _People(org)
    routes: list[tuple[str, str, Handler]] = [
        *admin.routes(),
        ("POST", "/leads/{id}/convert", people.convert),
        ("POST", "/users/{id}/deactivate", people.deactivate),
        ("POST", "/users/{id}/activate", people.activate),
        ("POST", "/{records}/{id}/undelete", people.undelete),
        *record_routes(people),
    ]
    return control_routes(routes, SalesforceError, SalesforceError.response)


class _People:
    """Those who work in the org. A kind of record that isn't there is a KeyError and so a 404."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._records = Records(org)

    async def list_records(self, request: Request) -> Response:
        kind = _kind(request)
        table = self._org.tables[kind]
        return listing(request, list(table.ids()), table.get, lambda row: self._told(kind, row))

    async def create(self, request: Request) -> Response:
        made = self._records.create(self._caller(request), _kind(request), await json_object(request))
        return JSONResponse({"id": made}, 201)

    async def read(self, request: Request) -> Response:
        kind, record_id = _kind(request), _id(request)
        row = self._org.tables[kind].get(record_id)
        if row is None:
            raise KeyError(record_id)
        return Response(orjson.dumps(self._told(kind, row)), media_type="application/json")

    async def edit(self, request: Request) -> Response:
        self._records.update(self._caller(request), _kind(request), _id(request), await json_object(request))
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        self._records.delete(self._caller(request), _kind(request), _id(request))
        return Response(status_code=204)

    async def undelete(self, request: Request) -> Response:
        self._records.undelete(self._caller(request), _kind(request), _id(request))
        return Response(status_code=204)

    async def merge(self, request: Request) -> Response:
        found = await json_object(request)
        others = [str(other) for other in found["others"]]
        with self._org.whole():
            self._records.merge(
                self._caller(request), _kind(request), str(found["master"]), others, found.get("values")
            )
        return Response(status_code=204)

    async def convert(self, request: Request) -> Response:
        found = await json_object(request)
        account, contact = found.get("account"), found.get("contact")
        with self._org.whole():
            result = convert(self._org, self._caller(request), _id(request), account=account, contact=contact)
        return JSONResponse(asdict(result))

    async def deactivate(self, request: Request) -> Response:
        return self._set_active(request, active=False)

    async def activate(self, request: Request) -> Response:
        return self._set_active(request, active=True)

    async def lock(self, request: Request) -> Response:
        found = await json_object(request)
        self._records.live(_kind(request), _id(request))
        self._org.faults[_id(request)] = lock(_id(request), found.get("times", 1))
        return Response(status_code=204)

    async def put_fault(self, request: Request) -> Response:
        usual = {"code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "The trigger refused."}
        self._records.live(_kind(request), _id(request))
        self._org.faults[_id(request)] = Fault(**{**usual, **await json_object(request)})
        return Response(status_code=204)

    async def remove_fault(self, request: Request) -> Response:
        del self._org.faults[_id(request)]
        return Response(status_code=204)

    def _set_active(self, request: Request, *, active: bool) -> Response:
        self._records.update(self._caller(request), USER, _id(request), {"IsActive": active})
        return Response(status_code=204)

    def _caller(self, request: Request) -> Caller:
        return Caller(request.query_params.get("as", self._org.integration_user), allow_duplicates=True, inside=True)

    def _told(self, kind: str, row: Row) -> dict[str, Any]:
        return {field.name: to_json(held(field, row)) for field in self._org.schema.fields(kind)}


def _kind(request: Request) -> str:
    return _RECORDS[request.path_params["records"]] if "records" in request.path_params else _of_path(request)


def _of_path(request: Request) -> str:
    return USER if "/users/" in request.url.path else LEAD


def _id(request: Request) -> str:
    return str(request.path_params["id"])
