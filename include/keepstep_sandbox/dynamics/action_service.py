"""Actions on leads and on any two rows: QualifyLead, Merge; and who am I."""

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.dynamics import ids
from keepstep_sandbox.dynamics.bodies import json_body
from keepstep_sandbox.dynamics.conversion import Conversion, Wanted
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError, bad_payload, invalid_argument, no_such_segment
from keepstep_sandbox.dynamics.gate import Gate
from keepstep_sandbox.dynamics.keys import address
from keepstep_sandbox.dynamics.rendering import JSON, root
from keepstep_sandbox.dynamics.seeded import BUSINESS_UNIT, ORGANIZATION
from keepstep_sandbox.dynamics.standard import LEAD, Definition
from keepstep_sandbox.dynamics.values import read

NAMESPACE: Final = "Microsoft.Dynamics.CRM."
_REQUIRED: Final = {"CreateAccount": bool, "CreateContact": bool, "CreateOpportunity": bool, "Status": int}


class ActionService:
    """See the module."""

    def __init__(self, environment: Environment, gate: Gate) -> None:
        self._environment, self._gate = environment, gate

    async def who_am_i(self, request: Request) -> Response:
        """Answer `GET WhoAmI`."""
        told = {
            "@odata.context": f"{root(request)}/$metadata#{NAMESPACE}WhoAmIResponse",
            "BusinessUnitId": BUSINESS_UNIT,
            "UserId": self._environment.integration_user,
            "OrganizationId": ORGANIZATION,
        }
        return Response(orjson.dumps(told), media_type=JSON)

    async def qualify(self, request: Request) -> Response:
        """Answer `POST leads({key})/Microsoft.Dynamics.CRM.QualifyLead`."""
        where = address(self._environment, str(request.path_params["set"]), str(request.path_params["key"]))
        if where.table.name != LEAD:
            raise no_such_segment(f"{NAMESPACE}QualifyLead")
        body = await json_body(request)
        for name, kind in _REQUIRED.items():
            if not isinstance(body.get(name), kind):
                raise bad_payload(f"The parameter '{name}' is missing, or of another type.")
        if body["CreateOpportunity"]:
            raise invalid_argument("This sandbox has no opportunities: CreateOpportunity must be false.")
        reason = -1 if isinstance(body["Status"], bool) else body["Status"]
        wanted = Wanted(body["CreateAccount"], body["CreateContact"], reason=3 if reason == -1 else reason)
        lead = where.row(self._environment)
        with self._environment.whole():
            made = Conversion(self._environment).qualify(self._gate.caller(request), lead["leadid"], wanted)
        value = [{"@odata.type": f"#{NAMESPACE}{table}", f"{table}id": row_id} for table, row_id in made]
        context = f"{root(request)}/$metadata#Collection({NAMESPACE}crmbaseentity)"
        return Response(orjson.dumps({"@odata.context": context, "value": value}), media_type=JSON)

    async def merge(self, request: Request) -> Response:
        """Answer `POST Merge`."""
        body = await json_body(request)
        if not isinstance(body.get("PerformParentingChecks"), bool):
            raise bad_payload("The parameter 'PerformParentingChecks' is missing.")
        table, target = self._entity(body, "Target")
        other_table, other = self._entity(body, "Subordinate")
        if other_table is not table:
            raise invalid_argument("Target and Subordinate must be of one type.")
        content = body.get("UpdateContent") or {}
        if not isinstance(content, dict):
            raise bad_payload("The parameter 'UpdateContent' is no object.")
        values = read(self._environment, table, content, creates=False)
        with self._environment.whole():
            Conversion(self._environment).merge(self._gate.caller(request), table, target, other, values)
        return Response(status_code=204)

    def _entity(self, body: dict[str, Any], name: str) -> tuple[Definition, str]:
        found = body.get(name)
        kind = str(found.get("@odata.type", "")).lstrip("#").removeprefix(NAMESPACE) if isinstance(found, dict) else ""
        try:
            table = self._environment.schema.table(kind)
        except KeyError as error:
            raise bad_payload(f"The parameter '{name}' needs an '@odata.type'.") from error
        row_id = ids.normal(str((found or {}).get(table.key, "")))
        if row_id is None:
            raise DynamicsError(400, "0x80048d19", f"The parameter '{name}' needs its '{table.key}'.")
        return table, row_id
