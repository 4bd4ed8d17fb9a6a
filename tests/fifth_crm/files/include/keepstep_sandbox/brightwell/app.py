"""The API behind its key.

| call | does |
|---|---|
| GET /api/me | tells whose key it is |
| GET /api/OBJECT/fields | describes the fields |
| GET /api/OBJECT?changed_since=&after=&limit= | a page of records by id: those saved since, beyond that id |
| GET /api/deleted?object=&changed_since=&after=&limit= | a page of deletions, likewise; 410 beyond what is remembered |
| POST /api/OBJECT/search | `{"field": "email", "values": [...]}`: the records with one of these values, in any case |
| POST /api/OBJECT | 201 with the record; where its `external_id` is there already, 200 with that one as it is |
| PATCH, DELETE /api/OBJECT/ID | changes the fields that are named (null clears), deletes for good |
"""

import hmac
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from keepstep_sandbox.brightwell.errors import BrightwellError, refuse
from keepstep_sandbox.brightwell.people_routes import people_routes
from keepstep_sandbox.brightwell.schema import FIELDS, PREFIXES, WRITABLE
from keepstep_sandbox.brightwell.settings import BrightwellSettings
from keepstep_sandbox.brightwell.site import Row, Site
from keepstep_sandbox.control import build_app
from keepstep_sandbox.surroundings import Surroundings

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(settings: BrightwellSettings) -> Starlette:
    """Make a site with its people in it, and the application that serves it."""
    site = Site(settings, Surroundings.of(settings))
    api = _Api(site)
    routes = [
        ("GET", "/api/me", api.me),
        ("GET", "/api/deleted", api.deleted),
        ("GET", "/api/{object}/fields", api.fields),
        ("POST", "/api/{object}/search", api.search),
        ("GET", "/api/{object}", api.records),
        ("POST", "/api/{object}", api.create),
        ("PATCH", "/api/{object}/{id}", api.update),
        ("DELETE", "/api/{object}/{id}", api.delete),
    ]
    guarded = [Route(path, api.guarded(endpoint), methods=[method]) for method, path, endpoint in routes]
    return build_app(site, guarded, people_routes(site), exception_handlers={BrightwellError: refuse})


class _Api:
    """The endpoints."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def guarded(self, endpoint: Endpoint) -> Endpoint:
        """Let calls with the key through."""

        async def answer(request: Request) -> Response:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or not hmac.compare_digest(token.encode(), self._site.settings.token.encode()):
                raise BrightwellError(401, "unauthorized")
            return await endpoint(request)

        return answer

    async def me(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        return JSONResponse({"name": "Keepstep"})

    async def fields(self, request: Request) -> Response:
        return JSONResponse({"items": [field.described() for field in FIELDS[_object(request)].values()]})

    async def records(self, request: Request) -> Response:
        object = _object(request)
        found = self._site.changed(object, _since(request))
        return self._page(request, found, lambda row: self._site.told(object, row))

    async def deleted(self, request: Request) -> Response:
        found = self._site.changed(_known(request.query_params.get("object", "")), _since(request), deleted=True)
        return self._page(request, found, dict)

    async def search(self, request: Request) -> Response:
        object, asked = _object(request), await _body(request)
        field, values = asked.get("field"), asked.get("values")
        if field not in ("id", "external_id", *FIELDS[object]):
            raise BrightwellError(422, "unknown_field", "field")
        if not isinstance(values, list) or len(values) > self._site.settings.max_values:
            raise BrightwellError(422, "invalid_value", "values")
        wanted = {str(value).casefold() for value in values}
        rows = (self._site.told(object, row) for row in self._site.changed(object, None))
        return JSONResponse({"items": [row for row in rows if str(row[field] or "").casefold() in wanted]})

    async def create(self, request: Request) -> Response:
        object, values = _writable(request), await _body(request)
        key = values.pop("external_id", None)
        for row in self._site.tables[object].values():
            if key is not None and row.get("external_id") == key:
                return JSONResponse(self._site.told(object, row))
        return JSONResponse(self._site.told(object, self._site.create(object, values, key)), 201)

    async def update(self, request: Request) -> Response:
        object = _writable(request)
        row = self._site.update(object, request.path_params["id"], await _body(request))
        return JSONResponse(self._site.told(object, row))

    async def delete(self, request: Request) -> Response:
        self._site.delete(_writable(request), request.path_params["id"])
        return Response(status_code=204)

    def _page(self, request: Request, rows: Iterable[Row], told: Callable[[Row], Row]) -> Response:
        """Give the rows beyond `after`, and whether there are more."""
        asked = request.query_params.get("limit", "")
        limit = min(int(asked), self._site.settings.max_page) if asked.isdecimal() else self._site.settings.max_page
        left = [row for row in rows if row["id"] > request.query_params.get("after", "")]
        return JSONResponse({"items": [told(row) for row in left[:limit]], "more": len(left) > limit})


def _known(object: str) -> str:
    if object not in PREFIXES:
        raise BrightwellError(404, "no_such_object")
    return object


def _object(request: Request) -> str:
    return _known(request.path_params["object"])


def _writable(request: Request) -> str:
    if _object(request) not in WRITABLE:
        raise BrightwellError(403, "forbidden")
    return _object(request)


def _since(request: Request) -> datetime | None:
    asked = request.query_params.get("changed_since")
    try:
        return datetime.fromisoformat(asked).astimezone(UTC) if asked else None
    except ValueError as error:
        raise BrightwellError(422, "invalid_value", "changed_since") from error


async def _body(request: Request) -> dict[str, Any]:
    try:
        found = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise BrightwellError(400, "no_json") from error
    if not isinstance(found, dict):
        raise BrightwellError(400, "no_json")
    return found
