"""What people do in the site, as control calls under `/_control/sugarcrm`.

`{records}` is `leads`, `contacts`, `accounts`, `users` or `lists`. Rows are flat: `email1` and `email_opt_out` are
the primary address and its flag.

| call | does |
|---|---|
| GET {records}?ids=a,b&limit=&offset= | reads records as they are, the deleted ones too |
| POST {records}; GET, PATCH, DELETE {records}/ID | makes, reads, edits, deletes one; `?as=USER_ID` says who does it |
| POST {records}/ID/undelete | an administrator's repair in the database |
| POST {records}/merge | `{"master": id, "others": [id, ...], "values": {...}}` |
| POST leads/ID/convert | `{"account": id, "contact": id}`, both may be left out; gives both ids |
| POST users/ID/deactivate, /activate | a user leaves, or comes back |
| PUT, DELETE {records}/ID/fault | a logic hook refuses writes to one record: `{"code", "message", "times"}` |
| PUT {records}/ID/lock | somebody's transaction holds the row: `{"times": 1}` |
| GET lists/ID/members; PUT, DELETE lists/ID/members/{records}/MEMBER | who is on a target list |
| POST fields; PATCH, DELETE fields/OBJECT/NAME | `{"object": "lead", "name": "x_c", "type", "length", "required"}` |
| GET, PUT settings | reads or changes `SugarCrmSettings` |
"""

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from keepstep_sandbox.control import Handler, json_object
from keepstep_sandbox.record_control import control_routes, listing, record_routes
from keepstep_sandbox.sugarcrm import seeded
from keepstep_sandbox.sugarcrm.admin_routes import Administrator
from keepstep_sandbox.sugarcrm.conversion import convert
from keepstep_sandbox.sugarcrm.errors import LOCKED, SugarError
from keepstep_sandbox.sugarcrm.links import LINKS, Links
from keepstep_sandbox.sugarcrm.records import Records
from keepstep_sandbox.sugarcrm.schema import Type
from keepstep_sandbox.sugarcrm.site import Fault, Site
from keepstep_sandbox.sugarcrm.standard import ACCOUNTS, CONTACTS, LEADS, LISTS, USERS
from keepstep_sandbox.sugarcrm.table import Row
from keepstep_sandbox.sugarcrm.v11.writing import Writing
from keepstep_sandbox.sugarcrm.view import View

_RECORDS: Final = {"leads": LEADS, "contacts": CONTACTS, "accounts": ACCOUNTS, "users": USERS, "lists": LISTS}


def people_routes(site: Site) -> list[BaseRoute]:
    """Give the routes: the administrator's, and everybody's."""
    people = _People(site)
    routes: list[tuple[str, str, Handler]] = [
        *Administrator(site).routes(),
        ("POST", "/leads/{id}/convert", people.convert),
        ("POST", "/users/{id}/deactivate", people.deactivate),
        ("POST", "/users/{id}/activate", people.activate),
        ("GET", "/lists/{id}/members", people.members),
        ("PUT", "/lists/{id}/members/{records}/{member}", people.add_member),
        ("DELETE", "/lists/{id}/members/{records}/{member}", people.remove_member),
        ("POST", "/{records}/{id}/undelete", people.undelete),
        *record_routes(people),
    ]
    return control_routes(routes, SugarError, lambda refusal: JSONResponse(refusal.body(), refusal.status))


class _People:
    """Those who work in the site. A kind of record that isn't there is a KeyError and so a 404."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._records = Records(site)
        self._writing = Writing(site, by_people=True)
        self._links = Links(site)
        self._view = View(site)

    async def list_records(self, request: Request) -> Response:
        module = _module(request)
        table = self._site.tables[module]
        return listing(request, list(table.ids()), table.get, lambda row: self._told(module, row))

    async def create(self, request: Request) -> Response:
        made = self._writing.create(_who(request), _module(request), await json_object(request))
        return JSONResponse({"id": made}, 201)

    async def read(self, request: Request) -> Response:
        module, row = _module(request), self._site.tables[_module(request)].get(_id(request))
        if row is None:
            raise KeyError(_id(request))
        return Response(orjson.dumps(self._told(module, row)), media_type="application/json")

    async def edit(self, request: Request) -> Response:
        self._writing.update(_who(request), _module(request), _id(request), await json_object(request))
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        self._records.delete(_who(request), _module(request), _id(request))
        return Response(status_code=204)

    async def undelete(self, request: Request) -> Response:
        self._records.undelete(_who(request), _module(request), _id(request))
        return Response(status_code=204)

    async def merge(self, request: Request) -> Response:
        found, module = await json_object(request), _module(request)
        others = [str(other) for other in found["others"]]
        values = self._writing.draft(module, found.get("values") or {}).values
        self._records.merge(_who(request), module, str(found["master"]), others, values)
        return Response(status_code=204)

    async def convert(self, request: Request) -> Response:
        found = await json_object(request)
        ids = {name: str(found.get(name) or "") for name in ("contact", "account")}
        became = convert(self._site, _who(request), _id(request), contact=ids["contact"], account=ids["account"])
        return JSONResponse({"contact": became.contact, "account": became.account})

    async def deactivate(self, request: Request) -> Response:
        return self._set_status(request, "Inactive")

    async def activate(self, request: Request) -> Response:
        return self._set_status(request, "Active")

    async def lock(self, request: Request) -> Response:
        times = (await json_object(request)).get("times", 1)
        self._records.live(_module(request), _id(request))
        self._site.faults[_id(request)] = Fault(LOCKED, "Lock wait timeout exceeded", times)
        return Response(status_code=204)

    async def put_fault(self, request: Request) -> Response:
        usual = {"code": "invalid_parameter", "message": "The logic hook refused."}
        self._records.live(_module(request), _id(request))
        self._site.faults[_id(request)] = Fault(**{**usual, **await json_object(request)})
        return Response(status_code=204)

    async def remove_fault(self, request: Request) -> Response:
        del self._site.faults[_id(request)]
        return Response(status_code=204)

    async def members(self, request: Request) -> Response:
        self._records.live(LISTS, _id(request))
        links = {name: LINKS[LISTS][name] for name in ("leads", "contacts", "accounts", "users")}
        told = {name: self._links.related(LISTS, _id(request), link) for name, link in links.items()}
        return JSONResponse(told)

    async def add_member(self, request: Request) -> Response:
        return self._set_member(request, self._links.relate)

    async def remove_member(self, request: Request) -> Response:
        return self._set_member(request, self._links.unrelate)

    def _set_member(self, request: Request, change: Any) -> Response:
        member = str(request.path_params["member"])
        self._records.live(LISTS, _id(request))
        self._records.live(_module(request), member)
        change(LISTS, _id(request), LINKS[LISTS][str(request.path_params["records"])], member)
        return Response(status_code=204)

    def _set_status(self, request: Request, status: str) -> Response:
        self._records.update(_who(request), USERS, _id(request), {"status": status})
        return Response(status_code=204)

    def _told(self, module: str, row: Row) -> dict[str, Any]:
        fields = [field for field in self._site.schema.fields(module) if field.type is not Type.EMAIL]
        return {field.name: self._view.value(module, field, row) for field in fields}


def _module(request: Request) -> str:
    return _RECORDS[str(request.path_params["records"])]


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _who(request: Request) -> str:
    """Tell who does it: a salesperson, so that nobody takes it for the integration's own."""
    return request.query_params.get("as", seeded.user_id(seeded.SELLERS[0]))
