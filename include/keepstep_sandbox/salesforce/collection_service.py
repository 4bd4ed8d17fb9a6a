"""sObject collections: up to 200 records a call, each with a result of its own, or all or nothing."""

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.salesforce import ids
from keepstep_sandbox.salesforce.bodies import json_body
from keepstep_sandbox.salesforce.errors import (
    ROLLED_BACK,
    SalesforceError,
    bad_request,
    invalid_cross_reference,
    refuse,
)
from keepstep_sandbox.salesforce.gate import Gate
from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.record_service import RecordService, SeveralMatch, upsert
from keepstep_sandbox.salesforce.records import Caller, Records
from keepstep_sandbox.salesforce.rendering import to_record
from keepstep_sandbox.salesforce.view import View

MAX_RECORDS = 200
MAX_RETRIEVED = 2000
Deed = Callable[[], dict[str, Any]]


class Collections:
    """Answers `/composite/sobjects`."""

    def __init__(self, org: Org, gate: Gate, records: RecordService) -> None:
        self._org = org
        self._gate = gate
        self._service = records
        self._records = Records(org)

    async def create(self, request: Request) -> Response:
        """Answer `POST /composite/sobjects`."""
        body, caller = await json_body(request), self._gate.caller(request)
        return self._all(body, [partial(self._create, caller, one) for one in _records(body)])

    async def update(self, request: Request) -> Response:
        """Answer `PATCH /composite/sobjects`."""
        body, caller = await json_body(request), self._gate.caller(request)
        wanted = _records(body)
        seen: set[str] = set()
        return self._all(body, [partial(self._update, caller, seen, one) for one in wanted])

    async def upsert(self, request: Request) -> Response:
        """Answer `PATCH /composite/sobjects/T/FIELD`: one object, external ids only."""
        body, caller, kind = await json_body(request), self._gate.caller(request), self._service.kind(request)
        field = str(request.path_params["field"])
        if not self._org.schema.field(kind, field).external_id:
            raise bad_request("INVALID_FIELD", f"Field name provided, {field} does not match an External ID for {kind}")
        return self._all(body, [partial(self._upsert, caller, kind, field, one) for one in _records(body)])

    async def delete(self, request: Request) -> Response:
        """Answer `DELETE /composite/sobjects?ids=a,b&allOrNone=false`."""
        query = request.query_params
        wanted = [one for one in query.get("ids", "").split(",") if one]
        _check_count(len(wanted))
        body = {"allOrNone": query.get("allOrNone", "false").lower() == "true"}
        caller = self._gate.caller(request)
        return self._all(body, [partial(self._delete, caller, one) for one in wanted])

    async def retrieve(self, request: Request) -> Response:
        """Answer `POST` or `GET /composite/sobjects/T`; null for what isn't there."""
        kind = self._service.kind(request)
        body: dict[str, Any] = await json_body(request) if request.method == "POST" else {
            name: request.query_params.get(name, "").split(",") for name in ("ids", "fields")
        }  # fmt: skip
        if len(body.get("ids", ())) > MAX_RETRIEVED:
            raise bad_request("EXCEEDED_ID_LIMIT", f"The limit is {MAX_RETRIEVED} records")
        view, version = View(self._org), str(request.path_params["version"])
        rows = [view.get(kind, ids.normal(str(one)) or "") for one in body.get("ids", ())]
        names = list(body.get("fields", ()))
        told = [None if row is None else to_record(self._org.schema, kind, row, names, version) for row in rows]
        return Response(orjson.dumps(told), media_type="application/json")

    def _all(self, body: dict[str, Any], deeds: list[Deed]) -> Response:
        with self._org.attempt() as take_back:
            results = [_result(deed) for deed in deeds]
            if body.get("allOrNone") is True and any(not one["success"] for one in results):
                take_back()
                rolled_back = refuse("ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK).result()
                results = [rolled_back if one["success"] else one for one in results]
        return Response(orjson.dumps(results), media_type="application/json")

    def _create(self, caller: Caller, one: dict[str, Any]) -> dict[str, Any]:
        return _success(self._records.create(caller, self._kind(one), one))

    def _update(self, caller: Caller, seen: set[str], one: dict[str, Any]) -> dict[str, Any]:
        given = next((value for name, value in one.items() if name.lower() == "id"), None)
        if not given:
            raise refuse("MISSING_ARGUMENT", "Id not specified in an update call")
        record_id = _normal(str(given))
        if record_id in seen:
            raise refuse("DUPLICATE_VALUE", f"duplicate id specified: {record_id}")
        seen.add(record_id)
        self._records.update(caller, self._kind(one), record_id, one)
        return _success(record_id)

    def _upsert(self, caller: Caller, kind: str, field: str, one: dict[str, Any]) -> dict[str, Any]:
        value = next((value for name, value in one.items() if name.lower() == field.lower()), None)
        if value in (None, ""):
            raise refuse("MISSING_ARGUMENT", f"{field} not specified")
        if any(name.lower() == "id" for name in one):
            raise refuse("INVALID_FIELD", "cannot specify Id in an upsert by an external id", "Id")
        rest = {name: held for name, held in one.items() if name.lower() != field.lower()}
        try:
            record_id, created = upsert(self._records, self._org, caller, kind, field, str(value), rest)
        except SeveralMatch as several:
            raise refuse("DUPLICATE_EXTERNAL_ID", f"{field}: more than one record found") from several
        return {**_success(record_id), "created": created}

    def _delete(self, caller: Caller, one: str) -> dict[str, Any]:
        record_id = _normal(one)
        kind = self._org.schema.kind_of(record_id)
        if kind is None:
            raise invalid_cross_reference()
        self._records.delete(caller, kind, record_id)
        return _success(record_id)

    def _kind(self, one: dict[str, Any]) -> str:
        named = one.get("attributes")
        name = named.get("type") if isinstance(named, dict) else None
        if not isinstance(name, str):
            raise bad_request("INVALID_INPUT", "attributes.type is required for each record")
        return self._org.schema.kind(name)


def _records(body: dict[str, Any]) -> list[dict[str, Any]]:
    found = body.get("records", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise bad_request("JSON_PARSER_ERROR", "records must be a list of objects")
    _check_count(len(found))
    return found


def _check_count(count: int) -> None:
    if count == 0:
        raise bad_request("REQUIRED_FIELD_MISSING", "At least 1 record is required")
    if count > MAX_RECORDS:
        raise bad_request(
            "EXCEEDED_MAX_RECORDS", f"record limit reached. cannot submit more than {MAX_RECORDS} records"
        )


def _result(deed: Deed) -> dict[str, Any]:
    try:
        return deed()
    except SalesforceError as refusal:
        return refusal.result()


def _success(record_id: str) -> dict[str, Any]:
    return {"id": record_id, "success": True, "errors": []}


def _normal(text: str) -> str:
    found = ids.normal(text)
    if found is None:
        raise refuse("MALFORMED_ID", f"Record ID: id value of incorrect type: {text}", "Id")
    return found
