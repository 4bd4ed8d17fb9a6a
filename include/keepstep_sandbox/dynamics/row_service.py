"""Single rows: create, read, update, upsert, delete."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.dynamics.bodies import check_match, json_body
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError
from keepstep_sandbox.dynamics.gate import Gate
from keepstep_sandbox.dynamics.keys import Address, address
from keepstep_sandbox.dynamics.limits import Protection
from keepstep_sandbox.dynamics.options import question
from keepstep_sandbox.dynamics.preferences import preferences
from keepstep_sandbox.dynamics.rendering import JSON, Renderer, etag, root
from keepstep_sandbox.dynamics.rows import Rows
from keepstep_sandbox.dynamics.rules import check_privilege
from keepstep_sandbox.dynamics.standard import Definition
from keepstep_sandbox.dynamics.table import Row


class RowService:
    """Answers `POST {set}` and what is asked of `{set}({key})`."""

    def __init__(self, environment: Environment, gate: Gate, protection: Protection) -> None:
        self._environment, self._gate, self._protection = environment, gate, protection
        self._rows = Rows(environment)

    async def create(self, request: Request) -> Response:
        """Answer `POST {set}`."""
        table = self._environment.schema.by_set(str(request.path_params["set"]))
        with self._environment.whole():
            row = self._rows.create(self._gate.caller(request), table, await json_body(request))
        return self._written(request, table, row, 201)

    async def read(self, request: Request) -> Response:
        """Answer `GET {set}({key})`; 304 if the row is as `If-None-Match` has it."""
        where = self._address(request)
        check_privilege(self._environment, self._gate.caller(request), "Read", where.table)
        asked, wishes = question(request), preferences(request)
        renderer = Renderer(self._environment, where.table, wishes, asked.select, asked.expand)
        row = where.row(self._environment)
        self._protection.spend(1)
        if request.headers.get("if-none-match") == etag(row) and not asked.expand and not wishes.annotations:
            return Response(status_code=304)
        told = {"@odata.context": f"{root(request)}/$metadata#{renderer.context}/$entity", **renderer.record(row)}
        return Response(orjson.dumps(told), headers={"ETag": etag(row), **wishes.applied()}, media_type=JSON)

    async def update(self, request: Request) -> Response:
        """Answer `PATCH {set}({key})`: without `If-Match` a row that isn't there is made."""
        where = self._address(request)
        body = await json_body(request)
        old = where.find(self._environment)
        caller = self._gate.caller(request)
        if old is None:
            if "if-match" in request.headers:
                raise where.missing()
            with self._environment.whole():
                named = {where.table.key: where.id} if where.id else dict(where.values)
                row = self._rows.create(caller, where.table, body, **named)
            return self._written(request, where.table, row, 201)
        if request.headers.get("if-none-match") == "*":
            # Microsoft's own example has no code: DP/webapi/perform-conditional-operations-using-web-api.
            raise DynamicsError(412, "", "A record with matching key values already exists.")
        check_match(request, old)
        with self._environment.whole():
            row = self._rows.update(caller, where.table, old[where.table.key], body)
        return self._written(request, where.table, row, 200)

    async def delete(self, request: Request) -> Response:
        """Answer `DELETE {set}({key})`."""
        where = self._address(request)
        row = where.row(self._environment)
        check_match(request, row)
        with self._environment.whole():
            self._rows.delete(self._gate.caller(request), where.table, row[where.table.key])
        self._protection.spend(1)
        return Response(status_code=204)

    def _address(self, request: Request) -> Address:
        return address(self._environment, str(request.path_params["set"]), str(request.path_params["key"]))

    def _written(self, request: Request, table: Definition, row: Row, status: int) -> Response:
        self._protection.spend(1)
        where = f"{root(request)}/{table.set_name}({row[table.key]})"
        headers = {"OData-EntityId": where, **({"Location": where} if status == 201 else {})}
        wishes = preferences(request)
        if not wishes.representation:
            return Response(status_code=204, headers=headers)
        renderer = Renderer(self._environment, table, wishes, question(request).select)
        told = {"@odata.context": f"{root(request)}/$metadata#{renderer.context}/$entity", **renderer.record(row)}
        headers |= {"ETag": etag(row), "Preference-Applied": "return=representation"}
        return Response(orjson.dumps(told), status, headers=headers, media_type=JSON)
