"""What people do in the site, as control calls under `/_control/brightwell`.

`{records}` is `leads`, `contacts`, `accounts` or `users`. Field names are the API's.

| call | does |
|---|---|
| GET {records}?limit=&offset= | reads records as they are |
| POST {records}; GET, PATCH, DELETE {records}/ID | makes, reads, edits, deletes one |
| POST {records}/merge | `{"master": id, "others": [id, ...]}` |
| POST leads/ID/convert | makes a lead a contact |
| PUT, DELETE {records}/ID/fault | a rule of the customer's refuses every save of one record, or lets it through again |
"""

from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from keepstep_sandbox.brightwell.schema import ACCOUNT, CONTACT, LEAD, USER
from keepstep_sandbox.brightwell.site import Site
from keepstep_sandbox.control import Handler, answers, json_object

_RECORDS: Final = {"leads": LEAD, "contacts": CONTACT, "accounts": ACCOUNT, "users": USER}


def people_routes(site: Site) -> list[BaseRoute]:
    """Give the routes."""
    people = _People(site)
    routes: list[tuple[str, str, Handler]] = [
        ("POST", "/leads/{id}/convert", people.convert),
        ("GET", "/{records}", people.list_records),
        ("POST", "/{records}", people.create),
        ("POST", "/{records}/merge", people.merge),
        ("GET", "/{records}/{id}", people.read),
        ("PATCH", "/{records}/{id}", people.edit),
        ("DELETE", "/{records}/{id}", people.delete),
        ("PUT", "/{records}/{id}/fault", people.put_fault),
        ("DELETE", "/{records}/{id}/fault", people.remove_fault),
    ]
    return [Route(path, answers(handler), methods=[method]) for method, path, handler in routes]


class _People:
    """Those who work in the site. A kind of record that isn't there is a KeyError and so a 404."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def list_records(self, request: Request) -> Response:
        object, query = _object(request), request.query_params
        rows = list(self._site.tables[object].values())
        start = int(query.get("offset", 0))
        chosen = rows[start : start + int(query.get("limit", len(rows)))]
        told = {"items": [self._site.told(object, row) for row in chosen], "total": len(rows)}
        return Response(orjson.dumps(told), media_type="application/json")

    async def create(self, request: Request) -> Response:
        return JSONResponse({"id": self._site.enter(_object(request), await json_object(request))}, 201)

    async def read(self, request: Request) -> Response:
        return JSONResponse(self._site.told(_object(request), self._site.find(_object(request), _id(request))))

    async def edit(self, request: Request) -> Response:
        self._site.update(_object(request), _id(request), await json_object(request))
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        self._site.delete(_object(request), _id(request))
        return Response(status_code=204)

    async def merge(self, request: Request) -> Response:
        found = await json_object(request)
        self._site.merge(_object(request), str(found["master"]), [str(other) for other in found["others"]])
        return Response(status_code=204)

    async def convert(self, request: Request) -> Response:
        contact = self._site.convert(_id(request))
        return JSONResponse({"contact": contact["id"], "account": contact.get("account_id")})

    async def put_fault(self, request: Request) -> Response:
        self._site.refused.add(str(self._site.find(_object(request), _id(request))["id"]))
        return Response(status_code=204)

    async def remove_fault(self, request: Request) -> Response:
        self._site.refused.discard(_id(request))
        return Response(status_code=204)


def _object(request: Request) -> str:
    return _RECORDS[str(request.path_params["records"])]


def _id(request: Request) -> str:
    return str(request.path_params["id"])
