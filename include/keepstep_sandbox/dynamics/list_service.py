"""Marketing lists: the actions that add and remove members."""

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.dynamics import ids
from keepstep_sandbox.dynamics.bodies import json_body
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import bad_payload, invalid_argument, no_such_segment
from keepstep_sandbox.dynamics.gate import Gate
from keepstep_sandbox.dynamics.keys import address
from keepstep_sandbox.dynamics.limits import Protection
from keepstep_sandbox.dynamics.lists import Lists
from keepstep_sandbox.dynamics.rendering import JSON, root
from keepstep_sandbox.dynamics.standard import LIST

NAMESPACE: Final = "Microsoft.Dynamics.CRM."


class ListService:
    """See the module."""

    def __init__(self, environment: Environment, gate: Gate, protection: Protection) -> None:
        self._environment, self._gate, self._protection = environment, gate, protection
        self._lists = Lists(environment)

    async def add(self, request: Request) -> Response:
        """Answer `POST lists({key})/Microsoft.Dynamics.CRM.AddMemberList`."""
        list_id, entity = self._list(request), _entity(await json_body(request), "EntityId")
        with self._environment.whole():
            member = self._lists.add(self._gate.caller(request), list_id, entity)
        self._protection.spend(1)
        told = {"@odata.context": f"{root(request)}/$metadata#{NAMESPACE}AddMemberListResponse", "Id": member}
        return Response(orjson.dumps(told), media_type=JSON)

    async def add_many(self, request: Request) -> Response:
        """Answer `POST AddListMembersList`: all, or none."""
        body = await json_body(request)
        list_id = _entity(body.get("List"), "listid")
        members = body.get("Members")
        if not isinstance(members, list) or not members:
            raise bad_payload("The parameter 'Members' is missing or empty.")
        kind = self._lists.kind(list_id)
        with self._environment.whole():
            for member in members:
                typed = str(member.get("@odata.type", "")) if isinstance(member, dict) else ""
                if typed.lstrip("#") != f"{NAMESPACE}{kind}":
                    raise invalid_argument(f"The list holds rows of type {kind} only.")
                self._lists.add(self._gate.caller(request), list_id, _entity(member, f"{kind}id"))
        self._protection.spend(len(members))
        return Response(status_code=204)

    async def remove(self, request: Request) -> Response:
        """Answer `POST lists({key})/Microsoft.Dynamics.CRM.RemoveMemberList`."""
        list_id, entity = self._list(request), _entity(await json_body(request), "EntityId")
        self._lists.remove(self._gate.caller(request), list_id, entity)
        self._protection.spend(1)
        return Response(status_code=204)

    def _list(self, request: Request) -> str:
        where = address(self._environment, str(request.path_params["set"]), str(request.path_params["key"]))
        if where.table.name != LIST:
            raise no_such_segment(request.url.path.rpartition("/")[2])
        return str(where.row(self._environment)["listid"])


def _entity(body: Any, name: str) -> str:
    found = ids.normal(str(body.get(name, ""))) if isinstance(body, dict) else None
    if found is None:
        raise bad_payload(f"The parameter '{name}' is missing.")
    return found
