"""What the control APIs of several systems have in common: records by kind, and refusals that are the system's own."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from keepstep_sandbox.control import Handler, answers

Refusal = TypeVar("Refusal", bound=Exception)
Row = TypeVar("Row")
Routes = Sequence[tuple[str, str, Handler]]


class Records(Protocol):
    """What people do with records of any kind."""

    async def list_records(self, request: Request, /) -> Response:
        """List them."""

    async def create(self, request: Request, /) -> Response:
        """Make one."""

    async def merge(self, request: Request, /) -> Response:
        """Merge some into another."""

    async def read(self, request: Request, /) -> Response:
        """Look at one."""

    async def edit(self, request: Request, /) -> Response:
        """Change one."""

    async def delete(self, request: Request, /) -> Response:
        """Delete one."""

    async def lock(self, request: Request, /) -> Response:
        """Lock one for so many calls."""

    async def put_fault(self, request: Request, /) -> Response:
        """Let the system refuse writes of one."""

    async def remove_fault(self, request: Request, /) -> Response:
        """Let it take them again."""


def record_routes(people: Records) -> Routes:
    """Give the routes that every kind of record has; those with a word in the place of `{records}` go before them."""
    return [
        ("GET", "/{records}", people.list_records),
        ("POST", "/{records}", people.create),
        ("POST", "/{records}/merge", people.merge),
        ("GET", "/{records}/{id}", people.read),
        ("PATCH", "/{records}/{id}", people.edit),
        ("DELETE", "/{records}/{id}", people.delete),
        ("PUT", "/{records}/{id}/lock", people.lock),
        ("PUT", "/{records}/{id}/fault", people.put_fault),
        ("DELETE", "/{records}/{id}/fault", people.remove_fault),
    ]


def control_routes(routes: Routes, refusal: type[Refusal], answer: Callable[[Refusal], Response]) -> list[BaseRoute]:
    """Give Starlette's routes; what the system itself refuses is answered as the system does."""

    def as_it_is(handler: Handler) -> Handler:
        async def answered(request: Request) -> Response:
            try:
                return await handler(request)
            except refusal as refused:
                return answer(refused)

        return answered

    return [Route(path, as_it_is(answers(handler)), methods=[method]) for method, path, handler in routes]


def listing(
    request: Request, ids: Sequence[str], get: Callable[[str], Row | None], tell: Callable[[Row], object]
) -> Response:
    """Answer a page of records: `?ids=`, `?offset=` and `?limit=`."""
    query = request.query_params
    wanted = query["ids"].split(",") if "ids" in query else ids
    start = int(query.get("offset", 0))
    chosen = wanted[start : start + int(query.get("limit", len(wanted)))]
    items = [tell(row) for one in chosen if (row := get(one)) is not None]
    return Response(orjson.dumps({"items": items, "total": len(wanted)}), media_type="application/json")
