"""Reads the rows of a table: filters, order, pages, counts."""

from dataclasses import replace
from itertools import islice
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from keepstep_sandbox.dynamics import fetch
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.gate import Gate
from keepstep_sandbox.dynamics.limits import Protection
from keepstep_sandbox.dynamics.options import Question, question
from keepstep_sandbox.dynamics.paging import Cookie, cookie, link
from keepstep_sandbox.dynamics.preferences import Preferences, preferences
from keepstep_sandbox.dynamics.rendering import JSON, Renderer, root
from keepstep_sandbox.dynamics.rules import check_privilege
from keepstep_sandbox.dynamics.search import Search
from keepstep_sandbox.dynamics.standard import Definition
from keepstep_sandbox.dynamics.table import Row
from keepstep_sandbox.dynamics.tracking import Tracking

_MORE: Final = "Microsoft.Dynamics.CRM.morerecords"
_PAGING: Final = "Microsoft.Dynamics.CRM.fetchxmlpagingcookie"
_TOTAL: Final = "Microsoft.Dynamics.CRM.totalrecordcount"
_EXCEEDED: Final = "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"


class QueryService:
    """Answers `GET {set}` and `GET {set}/$count`."""

    def __init__(self, environment: Environment, gate: Gate, protection: Protection) -> None:
        self._environment, self._gate, self._protection = environment, gate, protection
        self._tracking = Tracking(environment)

    async def rows(self, request: Request) -> Response:
        """Answer `GET {set}`."""
        table, asked, wishes = self._asked(request)
        token = None if asked.skip_token is None else cookie(asked.skip_token)
        if wishes.track or asked.delta_token is not None or (token is not None and token.since is not None):
            reply = self._tracking.answer(request, table, asked, wishes, token)
        elif asked.size is not None:
            reply = self._numbered(request, table, asked, wishes, asked.size)
        else:
            reply = self._page(request, table, asked, wishes, token)
        self._protection.spend(len(reply["value"]))
        return Response(orjson.dumps(reply), headers=wishes.applied(), media_type=JSON)

    async def count(self, request: Request) -> Response:
        """Answer `GET {set}/$count`, also of changes."""
        table, asked, _ = self._asked(request)
        if asked.delta_token is not None:
            return PlainTextResponse(str(self._tracking.count(table, asked.delta_token)))
        limit = self._environment.settings.count_limit
        found = islice(Search(self._environment, table, asked.filter).rows(), limit)
        return PlainTextResponse(str(sum(1 for _ in found)))

    def _asked(self, request: Request) -> tuple[Definition, Question, Preferences]:
        table = self._environment.schema.by_set(str(request.path_params["set"]))
        check_privilege(self._environment, self._gate.caller(request), "Read", table)
        text = request.query_params.get("fetchXml")
        asked = question(request) if text is None else fetch.read(self._environment, table, text)
        return table, replace(asked, skip_token=request.query_params.get("$skiptoken")), preferences(request)

    def _page(
        self, request: Request, table: Definition, asked: Question, wishes: Preferences, token: Cookie | None
    ) -> dict[str, Any]:
        renderer = Renderer(self._environment, table, wishes, asked.select, asked.expand)
        search = Search(self._environment, table, asked.filter)
        size = self._size(asked, wishes)
        found = self._found(search, asked, token, size, table)
        told: dict[str, Any] = {"@odata.context": f"{root(request)}/$metadata#{renderer.context}"}
        if asked.count:
            told |= self._counted(search, wishes)
        told["value"] = [renderer.record(row) for row in found[:size]]
        if len(found) > size and asked.top is None:
            page = 1 if token is None else token.page
            following = Cookie(page + 1, found[size - 1][table.key]).text(table.key)
            address = f"{root(request)}/{table.set_name}"
            told["@odata.nextLink"] = link(address, request.query_params, skiptoken=following)
        return told

    def _numbered(
        self, request: Request, table: Definition, asked: Question, wishes: Preferences, size: int
    ) -> dict[str, Any]:
        """Give a page of FetchXML that counts its pages itself: what follows is told by annotations, not by a link."""
        renderer = Renderer(self._environment, table, wishes, asked.select)
        rows = Search(self._environment, table, asked.filter).ordered(asked.order)
        size = min(size, self._environment.settings.max_page)
        end = asked.page * size
        found = rows[end - size : end]
        told: dict[str, Any] = {"@odata.context": f"{root(request)}/$metadata#{renderer.context}"}
        if wishes.annotates(_MORE):
            told[f"@{_MORE}"] = len(rows) > end
        if wishes.annotates(_PAGING) and len(rows) > end:
            told[f"@{_PAGING}"] = Cookie(asked.page + 1, found[-1][table.key]).text(table.key)
        return {**told, "value": [renderer.record(row) for row in found]}

    def _size(self, asked: Question, wishes: Preferences) -> int:
        most = self._environment.settings.max_page
        if asked.top is not None:
            return min(asked.top, most)
        return most if wishes.page is None else min(wishes.page, most)

    def _found(self, search: Search, asked: Question, token: Cookie | None, size: int, table: Definition) -> list[Row]:
        """Give the rows of a page and one more, which tells that there's another page."""
        if not asked.order:
            return list(islice(search.rows("" if token is None else token.last), size + 1))
        rows = search.ordered(asked.order)
        if token is None:
            return rows[: size + 1]
        places = {row[table.key]: place for place, row in enumerate(rows)}
        begin = places[token.last] + 1 if token.last in places else (token.page - 1) * size
        return rows[begin : begin + size + 1]

    def _counted(self, search: Search, wishes: Preferences) -> dict[str, Any]:
        limit = self._environment.settings.count_limit
        count = sum(1 for _ in islice(search.rows(), limit + 1))
        told: dict[str, Any] = {"@odata.count": min(count, limit)}
        if wishes.annotates(_TOTAL):
            told[f"@{_TOTAL}"] = min(count, limit)
        if wishes.annotates(_EXCEEDED):
            told[f"@{_EXCEEDED}"] = count > limit
        return told
