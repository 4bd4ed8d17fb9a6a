"""Single properties of a row, and the links that lead from it to others."""

from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from keepstep_sandbox.dynamics.bodies import json_body
from keepstep_sandbox.dynamics.columns import LOOKUPS, Column
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError, bad_payload, no_such_segment
from keepstep_sandbox.dynamics.gate import Gate
from keepstep_sandbox.dynamics.keys import Address, address
from keepstep_sandbox.dynamics.lists import Lists
from keepstep_sandbox.dynamics.options import question
from keepstep_sandbox.dynamics.preferences import preferences
from keepstep_sandbox.dynamics.rendering import JSON, Renderer, root
from keepstep_sandbox.dynamics.rows import Rows
from keepstep_sandbox.dynamics.rules import check_privilege
from keepstep_sandbox.dynamics.standard import ACCOUNT, CONTACT, LEAD, LIST
from keepstep_sandbox.dynamics.table import Row
from keepstep_sandbox.dynamics.values import bound, held, to_json

_ASSOCIATIONS: Final = {f"list{table}_association": table for table in (LEAD, CONTACT, ACCOUNT)}


class PropertyService:
    """Answers what is below `{set}({key})/`."""

    def __init__(self, environment: Environment, gate: Gate) -> None:
        self._environment, self._gate = environment, gate
        self._rows = Rows(environment)

    async def read(self, request: Request) -> Response:
        """Answer `GET {set}({key})/{name}`: a column, the row that a lookup leads to, or a list's members."""
        where, name = self._asked(request)
        row = where.row(self._environment)
        if where.table.name == LIST and name in _ASSOCIATIONS:
            return self._members(request, row, _ASSOCIATIONS[name])
        column, target = self._column(where, name)
        if target:
            return self._related(request, row, column, target)
        value = held(column, row)
        if value is None:
            return Response(status_code=204)
        context = f"{root(request)}/$metadata#{where.table.set_name}({row[where.table.key]})/{name}"
        return Response(orjson.dumps({"@odata.context": context, "value": to_json(value)}), media_type=JSON)

    async def value(self, request: Request) -> Response:
        """Answer `GET {set}({key})/{name}/$value`."""
        where, name = self._asked(request)
        column = self._environment.schema.by_wire(where.table.name, name)
        value = held(column, where.row(self._environment))
        return Response(status_code=204) if value is None else PlainTextResponse(str(to_json(value)))

    async def write(self, request: Request) -> Response:
        """Answer `PUT {set}({key})/{name}`."""
        where, name = self._asked(request)
        body = await json_body(request)
        if "value" not in body:
            raise bad_payload("A property 'value' was expected.")
        return self._update(request, where, {name: body["value"]})

    async def clear(self, request: Request) -> Response:
        """Answer `DELETE {set}({key})/{name}`."""
        where, name = self._asked(request)
        return self._update(request, where, {name: None})

    async def link(self, request: Request) -> Response:
        """Answer `PUT {set}({key})/{name}/$ref`."""
        where, name = self._asked(request)
        column, target = self._lookup(where, name)
        found = await json_body(request)
        value = bound(self._environment, column, target, found.get("@odata.id"))
        return self._point(request, where, column, value)

    async def unlink(self, request: Request) -> Response:
        """Answer `DELETE {set}({key})/{name}/$ref`."""
        where, name = self._asked(request)
        column, _ = self._lookup(where, name)
        return self._point(request, where, column, None)

    async def reference(self, request: Request) -> Response:
        """Answer `GET {set}({key})/{name}/$ref`."""
        where, name = self._asked(request)
        column, target = self._lookup(where, name)
        found = self._environment.holder((target,), where.row(self._environment).get(column.name))
        if found is None:
            return Response(status_code=204)
        table = self._environment.schema.table(target)
        told = {"@odata.context": f"{root(request)}/$metadata#$ref"}
        told["@odata.id"] = f"{root(request)}/{table.set_name}({found[1][table.key]})"
        return Response(orjson.dumps(told), media_type=JSON)

    def _asked(self, request: Request) -> tuple[Address, str]:
        where = address(self._environment, str(request.path_params["set"]), str(request.path_params["key"]))
        check_privilege(self._environment, self._gate.caller(request), "Read", where.table)
        return where, str(request.path_params["name"])

    def _column(self, where: Address, name: str) -> tuple[Column, str]:
        """Give the column that a name stands for, and the table it leads to if it's a navigation property."""
        found = self._environment.schema.by_navigation(where.table.name, name)
        if found is not None:
            return found
        column = self._environment.schema.find(where.table.name, name.removeprefix("_").removesuffix("_value"))
        if column is None or column.wire != name:
            raise no_such_segment(name)
        return column, ""

    def _lookup(self, where: Address, name: str) -> tuple[Column, str]:
        column, target = self._column(where, name)
        if column.type not in LOOKUPS or not target:
            raise no_such_segment(name)
        return column, target

    def _point(self, request: Request, where: Address, column: Column, value: str | None) -> Response:
        """Let a lookup point to something else."""
        caller = self._gate.caller(request)
        check_privilege(self._environment, caller, "Write", where.table)
        if not column.updatable:
            raise DynamicsError(400, "0x80040203", f"The property '{column.name}' cannot be modified.")
        self._rows.change(caller, where.table, where.row(self._environment), {column.name: value})
        return Response(status_code=204)

    def _update(self, request: Request, where: Address, body: Row) -> Response:
        row = where.row(self._environment)
        self._rows.update(self._gate.caller(request), where.table, row[where.table.key], body)
        return Response(status_code=204)

    def _related(self, request: Request, row: Row, column: Column, target: str) -> Response:
        found = self._environment.holder((target,), row.get(column.name))
        if found is None:
            return Response(status_code=204)
        renderer = Renderer(
            self._environment, self._environment.schema.table(target), preferences(request), question(request).select
        )
        told = {"@odata.context": f"{root(request)}/$metadata#{renderer.context}/$entity"}
        return Response(orjson.dumps({**told, **renderer.record(found[1])}), media_type=JSON)

    def _members(self, request: Request, row: Row, target: str) -> Response:
        environment = self._environment
        renderer = Renderer(
            environment, environment.schema.table(target), preferences(request), question(request).select
        )
        ids = Lists(environment).members(row["listid"])
        rows = [found for one in ids if (found := environment.tables[target].get(one)) is not None]
        told = {"@odata.context": f"{root(request)}/$metadata#{renderer.context}"}
        value = [renderer.record(one) for one in rows]
        return Response(orjson.dumps({**told, "value": value}), media_type=JSON)
