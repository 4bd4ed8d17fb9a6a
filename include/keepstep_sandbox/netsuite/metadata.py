"""The metadata catalog and the governance limits: what an account tells of itself."""

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.netsuite.account import Account, check_record_type
from keepstep_sandbox.netsuite.errors import invalid_request
from keepstep_sandbox.netsuite.gate import Gate
from keepstep_sandbox.netsuite.operations import RECORD_PATH
from keepstep_sandbox.netsuite.schema import RECORD_TYPES
from keepstep_sandbox.netsuite.suiteql_service import COLLECTION

JSON_SCHEMA: Final = "application/schema+json"
SWAGGER: Final = "application/swagger+json"


class Metadata:
    """The handlers."""

    def __init__(self, account: Account, gate: Gate) -> None:
        self._account = account
        self._gate = gate

    async def catalog(self, request: Request) -> Response:
        """List the record types; as OpenAPI, describe those that `select` names, or all."""
        self._gate.admit(request)
        if SWAGGER in request.headers.get("accept", ""):
            chosen = [name for name in request.query_params.get("select", "").split(",") if name]
            return _answer(self._openapi(chosen or list(RECORD_TYPES)), SWAGGER)
        base = f"{request.url.scheme}://{request.headers.get('host', '')}{RECORD_PATH}/metadata-catalog"
        items = [{"name": name, "links": [{"rel": "canonical", "href": f"{base}/{name}"}]} for name in RECORD_TYPES]
        return _answer({"links": [], "items": items}, COLLECTION)

    async def describe(self, request: Request) -> Response:
        """Describe a record type, as JSON schema or as OpenAPI."""
        self._gate.admit(request)
        record = request.path_params["record"]
        check_record_type(record)
        accept = request.headers.get("accept", "")
        if SWAGGER in accept:
            return _answer(self._openapi([record]), SWAGGER)
        if JSON_SCHEMA in accept:
            return _answer(self._account.schema.json_schema(record), JSON_SCHEMA)
        raise invalid_request(f"The Accept header must be {JSON_SCHEMA} or {SWAGGER}.", **{"o:errorHeader": "Accept"})

    async def governance_limits(self, request: Request) -> Response:
        """Tell how many requests may be under way at once; administrators only."""
        self._gate.admit(request)
        self._gate.need("administrator")
        limit = self._account.settings.concurrency_limit
        told = {
            "accountConcurrencyLimit": limit,
            "accountUnallocatedConcurrencyLimit": limit,
            "limitType": "accountSpecific",
        }
        return _answer(told, "application/json")

    def _openapi(self, records: list[str]) -> dict[str, Any]:
        for record in records:
            check_record_type(record)
        operation = {"responses": {"default": {"description": "Error response."}}}
        paths = {f"/{record}/{{id}}": {"get": operation, "patch": operation, "delete": operation} for record in records}
        paths |= {f"/{record}": {"get": operation, "post": operation} for record in records}
        schemas = {record: self._account.schema.json_schema(record) for record in records}
        info = {"title": "NetSuite REST Record API", "version": "v1"}
        return {"openapi": "3.0.1", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _answer(told: dict[str, Any], media_type: str) -> Response:
    return Response(orjson.dumps(told), media_type=media_type)
