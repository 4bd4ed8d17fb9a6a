"""Queries and reads of any object: GET on a collection, page by page, or on one record."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.account_engagement.bodies import fields_of
from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.filters import conditions_of, deleted_of, order_of
from keepstep_sandbox.account_engagement.querying import Question, answer, fits, keys_of
from keepstep_sandbox.account_engagement.rendering import REDACTED, Selection, Selector
from keepstep_sandbox.account_engagement.schema import PROSPECTS, ObjectType
from keepstep_sandbox.account_engagement.tokens import PageToken, read_token
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.account_engagement.values import whole
from keepstep_sandbox.account_engagement.view import View

DEFAULT_LIMIT: Final = 200
MAX_LIMIT: Final = 1000
MAX_OFFSET: Final = 2000
IN_BIN: Final = "201;Record In Recycle Bin"
CHAIN_ENDED: Final = "203;Record count for nextPageToken sequence has been exceeded. No page token returned."
_NOT_FILTERS: Final = frozenset({"fields", "limit", "offset", "orderBy", "deleted", "nextPageToken"})


class QueryService:
    """Answers them."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit

    async def query(self, request: Request) -> Response:
        """Answer `GET /api/v5/objects/{kind}`."""
        kind = self._unit.object_type(str(request.path_params["kind"]))
        names = fields_of(request, required=True)
        selection = Selector(self._unit).select(kind.name, names)
        if "nextPageToken" in request.query_params:
            return self._page(request, kind, selection, self._resumed(request, kind), 0)
        limit = _limit(request.query_params.get("limit"))
        offset = _offset(request.query_params.get("offset"))
        first = PageToken(
            kind=kind.name,
            order_by=request.query_params.get("orderBy", ""),
            filters={name: text for name, text in request.query_params.items() if name not in _NOT_FILTERS},
            limit=limit,
            deleted=request.query_params.get("deleted", "false"),
            after=(),
            page=1,
            told=0,
            ends=0.0,
        )
        return self._page(request, kind, selection, first, offset)

    async def read(self, request: Request) -> Response:
        """Answer `GET /api/v5/objects/{kind}/{id}`."""
        kind = self._unit.object_type(str(request.path_params["kind"]))
        names = fields_of(request, required=True)
        if unknown := set(request.query_params) - {"fields", "deleted"}:
            raise PardotError(5, min(unknown))
        selection = Selector(self._unit).select(kind.name, names)
        view = View(self._unit)
        row = view.get(kind.name, whole(request.path_params["id"], 16))
        if row is None:
            raise PardotError(109)
        wanted = deleted_of(kind, request.query_params.get("deleted", "false"))
        if not all(condition.holds(row) for condition in wanted):
            if not row.get("isDeleted", False):
                raise PardotError(109)
            raise PardotError(132 if kind.name == PROSPECTS else 109, headers={"Pardot-Warning": IN_BIN})
        return _answer(selection.render(row, view), _warnings(selection))

    def _resumed(self, request: Request, kind: ObjectType) -> PageToken:
        """Read the page token, which no other parameter than `fields` may stand beside."""
        if beside := set(request.query_params) - {"fields", "nextPageToken"}:
            raise PardotError(5, min(beside))
        now = self._unit.surroundings.clock.now().timestamp()
        token = read_token(request.query_params["nextPageToken"], kind.name, now)
        if not 1 <= token.limit <= MAX_LIMIT or token.page < 2 or token.told < 0:
            raise PardotError(211)
        return token

    def _page(self, request: Request, kind: ObjectType, selection: Selection, at: PageToken, offset: int) -> Response:
        settings = self._unit.settings
        order = order_of(kind, at.order_by)
        if at.page > 1 and not fits(order, kind, at.after):
            raise PardotError(211)
        conditions = [*conditions_of(kind, at.filters), *deleted_of(kind, at.deleted)]
        limit = max(0, min(at.limit, settings.chain_limit - at.told))
        view = View(self._unit)
        question = Question(kind.name, tuple(conditions), order, limit + offset, at.after or None)
        found = answer(view, question)[offset:]
        rows, warnings, token = found[:limit], _warnings(selection), None
        told = at.told + len(rows)
        if len(found) > limit and told >= settings.chain_limit:
            warnings["Pardot-Warning"] = CHAIN_ENDED
        elif len(found) > limit:
            ends = self._unit.surroundings.clock.now().timestamp() + settings.token_s
            token = PageToken(
                kind.name,
                at.order_by,
                at.filters,
                at.limit,
                at.deleted,
                keys_of(order, rows[-1]),
                at.page + 1,
                told,
                ends,
            ).written(order)
        page = {
            "nextPageToken": token,
            "nextPageUrl": None if token is None else _next_url(request, token),
            "values": [selection.render(row, view) for row in rows],
        }
        return _answer(page, warnings)


def _next_url(request: Request, token: str) -> str:
    parameters = urlencode({"fields": request.query_params["fields"], "nextPageToken": token}, safe=",")
    return f"{base_url(request)}{request.url.path}?{parameters}"


def base_url(request: Request) -> str:
    """Give the address that the client knows this server by."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _warnings(selection: Selection) -> dict[str, str]:
    return {"Pardot-Warning": REDACTED} if selection.redacted else {}


def _limit(text: str | None) -> int:
    limit = DEFAULT_LIMIT if text is None else whole(text, 23)
    if not 1 <= limit <= MAX_LIMIT:
        raise PardotError(23)
    return limit


def _offset(text: str | None) -> int:
    offset = 0 if text is None else whole(text, 21)
    if not 0 <= offset <= MAX_OFFSET:
        raise PardotError(21)
    return offset


def _answer(told: Mapping[str, Any], warnings: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(told), media_type="application/json", headers=dict(warnings))
