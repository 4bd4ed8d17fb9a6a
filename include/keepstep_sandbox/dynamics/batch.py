"""`$batch`: many requests in one, in order; change sets within are all or nothing."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Message, Receive, Scope

from keepstep_sandbox.dynamics import ids
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError, bad_query, no_such_segment, wrong_method
from keepstep_sandbox.dynamics.gate import Handler
from keepstep_sandbox.dynamics.keys import ROOT
from keepstep_sandbox.dynamics.multipart import Answer, Call, Part, call, nested, part_of, parts, written
from keepstep_sandbox.dynamics.preferences import preferences

MAX_CALLS: Final = 1000
_MARK: Final = re.compile(r"\$(\d+)")
_BOUND: Final = re.compile(rb'"/?\$(\d+)"')
_ENTITY: Final = "odata-entityid"


class Batch:
    """Answers `POST $batch`; it counts as one request."""

    def __init__(self, environment: Environment, routes: list[tuple[Route, Handler]]) -> None:
        self._environment = environment
        self._routes = routes
        self._count = 0

    async def run(self, request: Request) -> Response:
        """Run the requests in order; without `odata.continue-on-error` the first error ends it."""
        found = parts(request.headers.get("content-type", ""), await request.body())
        units = [_unit(part) for part in found]
        if sum(len(unit) if isinstance(unit, list) else 1 for unit in units) > MAX_CALLS:
            raise bad_query(f"The number of batch operations exceeds the maximum of {MAX_CALLS}.")
        self._measure(units)
        texts: list[str] = []
        status = 200
        made: dict[str, str] = {}
        for unit in units:
            text, code = await self._unit(request, unit, made)
            texts.append(text)
            if code >= 400 and not preferences(request).go_on:
                status = code
                break
        boundary = self._boundary("batchresponse")
        body = written(boundary, texts)
        return Response(body, status, headers={"Content-Type": f"multipart/mixed; boundary={boundary}"})

    def _measure(self, units: list[Call | list[Call]]) -> None:
        """Refuse an address within that is too long; it may be twice as long as one outside.

        Raises:
            DynamicsError: it is (414).
        """
        limit = 2 * self._environment.settings.url_limit
        calls = [one for unit in units for one in (unit if isinstance(unit, list) else [unit])]
        if any(len(one.url) > limit for one in calls):
            raise DynamicsError(414, "", "The request URI is too long.")

    async def _unit(self, outer: Request, unit: Call | list[Call], made: dict[str, str]) -> tuple[str, int]:
        if isinstance(unit, Call):
            answer = await self._one(outer, unit, made)
            return part_of(answer), answer.status
        answers: list[Answer] = []
        with self._environment.attempt() as take_back:
            for one in unit:
                answer = await self._one(outer, one, made)
                if answer.status >= 400:
                    take_back()
                    return part_of(answer), answer.status
                answers.append(answer)
        return nested(self._boundary("changesetresponse"), [part_of(one) for one in answers]), 200

    async def _one(self, outer: Request, one: Call, made: dict[str, str]) -> Answer:
        try:
            reply = await self._dispatch(outer, _filled(one, made))
        except DynamicsError as refusal:
            reply = refusal.response()
        headers = {"OData-Version": "4.0", **{_shown(name): value for name, value in reply.headers.items()}}
        if one.content_id and _ENTITY in reply.headers:
            made[one.content_id] = reply.headers[_ENTITY]
        headers.pop("Content-Length", None)
        headers.pop("Odata-Version", None)
        return Answer(reply.status_code, headers, bytes(reply.body), one.content_id)

    async def _dispatch(self, outer: Request, one: Call) -> Response:
        scope = _scope(outer, one)
        partial = False
        for route, handler in self._routes:
            match, more = route.matches(scope)
            partial = partial or match is Match.PARTIAL
            if match is Match.FULL:
                request = Request({**scope, **more}, _receiver(one.body))
                return await handler(request)
        raise wrong_method(one.method) if partial else no_such_segment(scope["path"].removeprefix(ROOT))

    def _boundary(self, word: str) -> str:
        self._count += 1
        return f"{word}_{ids.make('batch', self._count)}"


def _unit(part: Part) -> Call | list[Call]:
    """Read a part: a request, or a change set of several.

    Raises:
        DynamicsError: it's neither, or asks for what isn't allowed there.
    """
    kind = part.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/mixed"):
        return _allowed(call(part))
    calls = [_allowed(call(inner)) for inner in parts(kind, part.content)]
    if any(one.method == "GET" for one in calls):
        raise bad_query("A change set cannot hold GET requests.")
    return calls


def _allowed(one: Call) -> Call:
    if urlsplit(one.url).path.rpartition("/")[2] == "$batch":
        raise bad_query("A batch cannot hold a batch.")
    return one


def _filled(one: Call, made: Mapping[str, str]) -> Call:
    """Put the addresses of rows made before in place of `$1`.

    Raises:
        DynamicsError: there's no such row.
    """

    def address(number: str) -> str:
        if number not in made:
            raise bad_query(f"The Content-ID '{number}' is not that of an earlier request.")
        return made[number]

    url = one.url
    if found := _MARK.match(url.removeprefix(f"{ROOT}/").removeprefix("/")):
        url = _MARK.sub(lambda mark: address(mark[1]), url[url.index(found[0]) :], count=1)
    body = _BOUND.sub(lambda mark: f'"{address(mark[1].decode())}"'.encode(), one.body)
    return replace(one, url=url, body=body)


def _scope(outer: Request, one: Call) -> Scope:
    parts_of_url = urlsplit(one.url)
    path = unquote(parts_of_url.path)
    path = path if path.startswith(ROOT) else f"{ROOT}/{path.lstrip('/')}"
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in one.headers.items()]
    if "host" not in one.headers:
        headers.append((b"host", outer.headers.get("host", "").encode()))
    return {
        **outer.scope,
        "method": one.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": parts_of_url.query.encode(),
        "headers": headers,
        "path_params": {},
    }


def _shown(name: str) -> str:
    return "OData-EntityId" if name == _ENTITY else "-".join(word.capitalize() for word in name.split("-"))


def _receiver(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
