"""`POST /services/rest/query/v1/suiteql`: checks the request around a query, and pages the answer."""

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.netsuite.account import Account
from keepstep_sandbox.netsuite.catalogue import AccountCatalogue
from keepstep_sandbox.netsuite.errors import invalid_parameter, invalid_request, invalid_search
from keepstep_sandbox.netsuite.gate import Gate
from keepstep_sandbox.netsuite.suiteql.engine import MAX_ROWS, Engine, Page
from keepstep_sandbox.netsuite.suiteql.functions import Locale
from keepstep_sandbox.netsuite.suiteql.parser import parse

MAX_LIMIT: Final = 1000
MAX_PAGES: Final = 1000
COLLECTION: Final = "application/vnd.oracle.resource+json; type=collection"


class SuiteQlService:
    """Answers queries."""

    def __init__(self, account: Account, gate: Gate) -> None:
        self._account = account
        self._gate = gate
        self._engine = Engine(AccountCatalogue(account))

    async def query(self, request: Request) -> Response:
        """Run one page of a query."""
        self._gate.admit(request)
        self._gate.need("suiteql")
        prefer = [word.strip().lower() for word in request.headers.get("prefer", "").split(",")]
        if "transient" not in prefer:
            raise invalid_request("The Prefer header must be 'transient'.", **{"o:errorHeader": "Prefer"})
        text, parameters = _read(await request.body())
        limit, offset = paging(request, self._account.settings.default_limit)
        settings = self._account.settings
        page = self._engine.run(
            parse(text, parameters),
            locale=Locale(self._account.zone, settings.date_format),
            now=self._account.now(),
            limit=limit,
            offset=offset,
        )
        return _answer(page, request, limit, offset)


def paging(request: Request, default_limit: int) -> tuple[int, int]:
    """Read limit and offset.

    Raises:
        NetSuiteError: they're out of range, or the offset isn't a multiple of the limit.
    """
    limit = _figure(request, "limit", default_limit)
    offset = _figure(request, "offset", 0)
    if not 1 <= limit <= MAX_LIMIT:
        raise invalid_parameter(f"The limit must be between 1 and {MAX_LIMIT}.", "limit")
    if offset % limit:
        raise invalid_parameter("The offset must be a multiple of the limit.", "offset")
    if offset >= MAX_ROWS or offset // limit >= MAX_PAGES:
        raise invalid_parameter(f"A query gives at most {MAX_PAGES} pages and {MAX_ROWS} rows.", "offset")
    return limit, offset


def page_links(request: Request, limit: int, offset: int, total: int) -> list[dict[str, str]]:
    """Give the links of a page of a collection, absolute."""
    base = f"{request.url.scheme}://{request.headers.get('host', '')}{request.url.path}"

    def link(rel: str, at: int) -> dict[str, str]:
        return {"rel": rel, "href": f"{base}?limit={limit}&offset={at}"}

    last = (max(total, 1) - 1) // limit * limit
    links = [link("next", offset + limit), link("last", last)] if offset + limit < total else []
    before = [link("first", 0), link("previous", offset - limit)] if offset else []
    return [*before, *links, link("self", offset)]


def _figure(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise invalid_parameter(f"The {name} must be a whole number.", name)
    return int(text)


def _read(raw: bytes) -> tuple[str, list[int | float | str]]:
    try:
        body: Any = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise invalid_request("The request body isn't valid JSON.") from error
    if not isinstance(body, dict) or not isinstance(body.get("q"), str):
        raise invalid_request("The request body must have the query as 'q'.", **{"o:errorPath": "q"})
    parameters = body.get("params", [])
    fine = isinstance(parameters, list) and all(isinstance(one, int | float | str) for one in parameters)
    if not fine or any(isinstance(one, bool) for one in parameters):
        raise invalid_search("Parameters must be numbers or texts; null isn't one.")
    return body["q"], parameters


def _answer(page: Page, request: Request, limit: int, offset: int) -> Response:
    told = {
        "links": page_links(request, limit, offset, page.total),
        "count": len(page.items),
        "hasMore": page.has_more,
        "items": [{"links": [], **item} for item in page.items],
        "offset": offset,
        "totalResults": page.total,
    }
    return Response(orjson.dumps(told), media_type=COLLECTION)
