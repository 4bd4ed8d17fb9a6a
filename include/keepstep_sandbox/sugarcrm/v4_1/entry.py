"""The one address of the legacy service: a form with a method's name and its arguments as JSON."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from keepstep_sandbox.sugarcrm.querying import Querying
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.v4_1.about import About
from keepstep_sandbox.sugarcrm.v4_1.conditions import Conditions
from keepstep_sandbox.sugarcrm.v4_1.errors import Crash, LegacyError, invalid_call
from keepstep_sandbox.sugarcrm.v4_1.reads import Reads
from keepstep_sandbox.sugarcrm.v4_1.sessions import Sessions
from keepstep_sandbox.sugarcrm.v4_1.signatures import SIGNATURES, bind
from keepstep_sandbox.sugarcrm.v4_1.writes import Writes

# SuiteCRM 8 has the service under /legacy.
PATHS: Final = ("/service/v4_1/rest.php", "/legacy/service/v4_1/rest.php")
Method = Callable[[str, dict[str, Any]], Any]
_JSON, _HTML = "application/json; charset=UTF-8", "text/html; charset=UTF-8"


def legacy_routes(site: Site, querying: Querying) -> list[BaseRoute]:
    """Give the routes."""
    entry = Entry(site, querying)
    return [Route(path, entry.answer, methods=["GET", "POST"]) for path in PATHS]


class Entry:
    """See the module."""

    def __init__(self, site: Site, querying: Querying) -> None:
        self._site = site
        self._sessions = Sessions(site)
        self._about = About(site)
        reads, writes, about = Reads(site, Conditions(site, querying)), Writes(site), self._about
        self._methods: dict[str, Method] = {
            "get_user_id": lambda user, _: user,
            "get_available_modules": about.get_available_modules,
            "get_module_fields": about.get_module_fields,
            "get_entry": reads.get_entry,
            "get_entries": reads.get_entries,
            "get_entry_list": reads.get_entry_list,
            "get_entries_count": reads.get_entries_count,
            "get_relationships": reads.get_relationships,
            "get_modified_relationships": reads.get_modified_relationships,
            "search_by_module": reads.search_by_module,
            "set_entry": writes.set_entry,
            "set_entries": writes.set_entries,
            "set_relationship": writes.set_relationship,
            "set_relationships": writes.set_relationships,
        }

    async def answer(self, request: Request) -> Response:
        """Answer a call: status 200 whatever comes of it, unless the interpreter gives up."""
        body = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
        form = {**dict(request.query_params), **body}
        try:
            told = self._called(form.get("method", ""), form.get("rest_data", ""))
        except LegacyError as refusal:
            told = refusal.body()
        except Crash:
            return Response(b"", 500, headers={"content-type": _HTML})
        if form.get("response_type", "JSON").upper() != "JSON":
            # Recorded for a text, which came as it is; the rest of PHP's own format isn't needed here.
            text = told.encode() if isinstance(told, str) else orjson.dumps(told)
            return Response(text, headers={"content-type": _HTML})
        return Response(orjson.dumps(told), headers={"content-type": _JSON})

    def _called(self, name: str, text: str) -> Any:
        signature = SIGNATURES.get(name)
        if signature is None:
            raise invalid_call()
        try:
            given = orjson.loads(text) if text else []
        except orjson.JSONDecodeError:
            return None
        if not isinstance(given, list | dict):
            return None
        bound = bind(signature, given, by_name=self._site.settings.binds_by_name)
        if name == "get_server_info":
            return self._about.get_server_info()
        if name == "login":
            session, user = self._sessions.open(bound["user_auth"])
            return {"id": session, "module_name": "Users", "name_value_list": self._about.user(user)}
        return self._signed_in(name, bound)

    def _signed_in(self, name: str, bound: dict[str, Any]) -> Any:
        session = str(bound["session"])
        if name == "seamless_login":
            try:
                self._sessions.user(session)
            except LegacyError:
                return 0
            return 1
        user = self._sessions.user(session)
        if name == "logout":
            self._sessions.close(session)
            return None
        return self._methods[name](user, bound)
