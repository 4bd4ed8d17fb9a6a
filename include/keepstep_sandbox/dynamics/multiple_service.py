"""CreateMultiple, UpdateMultiple, UpsertMultiple: many rows in one call, all or nothing."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.dynamics import ids
from keepstep_sandbox.dynamics.bodies import json_body
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError, bad_payload, no_such_segment
from keepstep_sandbox.dynamics.gate import Gate
from keepstep_sandbox.dynamics.keys import Address, reference
from keepstep_sandbox.dynamics.limits import Protection
from keepstep_sandbox.dynamics.rendering import JSON, root
from keepstep_sandbox.dynamics.rows import Caller, Rows
from keepstep_sandbox.dynamics.standard import Definition

_ID = "@odata.id"


class MultipleService:
    """Answers `POST {set}/Microsoft.Dynamics.CRM.{Name}Multiple`."""

    def __init__(self, environment: Environment, gate: Gate, protection: Protection) -> None:
        self._environment, self._gate, self._protection = environment, gate, protection
        self._rows = Rows(environment)

    async def create(self, request: Request) -> Response:
        """Answer CreateMultiple."""
        table, targets = await self._asked(request, "CreateMultiple")
        caller = self._gate.caller(request)
        with self._environment.whole():
            made = [self._rows.create(caller, table, target)[table.key] for target in targets]
        context = f"{root(request)}/$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse"
        return Response(orjson.dumps({"@odata.context": context, "Ids": made}), media_type=JSON)

    async def update(self, request: Request) -> Response:
        """Answer UpdateMultiple; ids that aren't there are told together."""
        table, targets = await self._asked(request, "UpdateMultiple")
        caller = self._gate.caller(request)
        wanted = [self._address(table, target) for target in targets]
        if gone := [where.id for where in wanted if where.id and where.find(self._environment) is None]:
            message = f"{table.schema_name} With Ids = {', '.join(gone)} Do Not Exist"
            raise DynamicsError(404, "0x80040217", message)
        with self._environment.whole():
            for where, target in zip(wanted, targets, strict=True):
                self._rows.update(caller, table, where.row(self._environment)[table.key], target)
        return Response(status_code=204)

    async def upsert(self, request: Request) -> Response:
        """Answer UpsertMultiple."""
        table, targets = await self._asked(request, "UpsertMultiple")
        caller = self._gate.caller(request)
        with self._environment.whole():
            for target in targets:
                self._upsert(caller, table, target)
        return Response(status_code=204)

    def _upsert(self, caller: Caller, table: Definition, target: Mapping[str, Any]) -> None:
        where = self._address(table, target)
        row = where.find(self._environment)
        if row is None:
            named = {table.key: where.id} if where.id else dict(where.values)
            self._rows.create(caller, table, target, **named)
        else:
            self._rows.update(caller, table, row[table.key], target)

    def _address(self, table: Definition, target: Mapping[str, Any]) -> Address:
        """Tell which row a target means: by `@odata.id`, or by its id column."""
        if _ID in target:
            return reference(self._environment, target[_ID])
        row_id = ids.normal(str(target.get(table.key, "")))
        if row_id is None:
            raise bad_payload(f"The key property '{table.key}' of a target is missing.")
        return Address(table, row_id)

    async def _asked(self, request: Request, action: str) -> tuple[Definition, list[dict[str, Any]]]:
        table = self._environment.schema.by_set(str(request.path_params["set"]))
        if table.name not in self._environment.settings.multiple_tables:
            raise no_such_segment(f"Microsoft.Dynamics.CRM.{action}")
        targets = (await json_body(request)).get("Targets")
        if not isinstance(targets, list) or not targets:
            raise bad_payload("The parameter 'Targets' is missing or empty.")
        for target in targets:
            kind = target.get("@odata.type", "") if isinstance(target, dict) else ""
            if kind.removeprefix("#") != f"Microsoft.Dynamics.CRM.{table.name}":
                raise bad_payload("A type name was not found for the value: each of Targets needs its '@odata.type'.")
        self._protection.spend(len(targets))
        return table, targets
