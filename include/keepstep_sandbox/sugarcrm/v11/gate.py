"""The door of v11: versions, maintenance, tokens; makes calls of requests, and dispatches those within a bulk."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from keepstep_sandbox.control import Handler as Endpoint
from keepstep_sandbox.sugarcrm.errors import SugarError
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.v11.calls import Answer, Call, Handler, Handling
from keepstep_sandbox.sugarcrm.v11.metadata import Metadata
from keepstep_sandbox.sugarcrm.v11.sessions import Sessions
from keepstep_sandbox.sugarcrm.v11.sign_in import token_of

ROOT: Final = "/rest/v{version}"
KEYS_SINCE: Final = 10  # sync keys came with v11_10
_TEN, _ELEVEN = "10", "11"


class Gate:
    """See the module."""

    def __init__(self, site: Site, sessions: Sessions, metadata: Metadata) -> None:
        self._site = site
        self._sessions = sessions
        self._metadata = metadata
        self._inner: list[tuple[Route, Handler]] = []

    def routes(self, open_: list[Handling], guarded: list[Handling]) -> list[BaseRoute]:
        """Give the routes: those that anybody may ask, those behind the door, and the one for what there isn't."""
        routes: list[BaseRoute] = []
        for end in ("", "/"):  # zucker ends a path with a slash, the others don't: the real one takes both
            self._inner += [(Route(ROOT + path + end, _nothing, methods=[how]), does) for how, path, does in guarded]
            for how, path, does in open_:
                routes.append(Route(ROOT + path + end, self._endpoint(does, guarded=False), methods=[how]))
            routes += [Route(ROOT + path + end, self._endpoint(does), methods=[how]) for how, path, does in guarded]
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [*routes, Route(ROOT + "/{rest:path}", self._endpoint(_no_method, guarded=False), methods=every)]

    def dispatch(self, outer: Call, method: str, url: str, raw: bytes, headers: Mapping[str, str]) -> Answer:
        """Answer one call of a bulk request, a refusal included."""
        parts = urlsplit(url)
        scope = {"type": "http", "method": method, "path": f"/rest/{parts.path.lstrip('/')}", "root_path": ""}
        for route, handler in self._inner:
            match, child = route.matches(scope)
            if match is Match.FULL:
                call = Call(method, child["path_params"], parts.query, headers, raw, outer.user)
                return self._answer(handler, call)
        return _refused(SugarError("no_method", f"Could not find a route: {parts.path}"))

    def _endpoint(self, handler: Handler, *, guarded: bool = True) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            headers = {name.lower(): value for name, value in request.headers.items()}
            call = Call(request.method, request.path_params, request.url.query, headers, raw)
            answer = self._admitted(handler, call) if guarded else self._answer(handler, call)
            return Response(orjson.dumps(answer.contents), answer.status, media_type="application/json")

        return endpoint

    def _admitted(self, handler: Handler, call: Call) -> Answer:
        try:
            self._check_version(call)
            user = self._sessions.user(token_of(call, bearer=self._site.settings.bearer))
            self._check_metadata(call)
        except SugarError as refusal:
            return _refused(refusal)
        return self._answer(handler, Call(call.method, call.path, call.query, call.headers, call.raw, user))

    def _answer(self, handler: Handler, call: Call) -> Answer:
        try:
            self._check_version(call)
            return handler(call)
        except SugarError as refusal:
            return _refused(refusal)

    def _check_metadata(self, call: Call) -> None:
        known = call.headers.get("x-metadata-hash")
        if known is not None and known != self._metadata.hash():
            raise SugarError("metadata_out_of_date", "Your metadata is out of date.")

    def _check_version(self, call: Call) -> None:
        if self._site.settings.maintenance:
            raise SugarError("maintenance", "The site is in maintenance mode.")
        major, _, minor = str(call.path["version"]).partition("_")
        newest = self._site.settings.newest_version
        known = major == _TEN if not minor else major == _ELEVEN and minor.isdecimal() and int(minor) <= newest
        if not known and (major, minor) != (_ELEVEN, ""):
            raise SugarError("incorrect_version", f"The version {call.path['version']} isn't supported.")
        if "key" in call.path and (not minor or int(minor) < KEYS_SINCE):
            raise SugarError("no_method", "Could not find a route: sync keys came with v11_10")


def _refused(refusal: SugarError) -> Answer:
    return Answer(refusal.body(), refusal.status)


def _no_method(call: Call) -> Answer:
    raise SugarError("no_method", f"Could not find a route: {call.method} {call.path['rest']}")


async def _nothing(_: Request) -> Any:
    """Stand for a handler in a route that only serves for matching."""
