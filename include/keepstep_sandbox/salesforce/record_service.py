"""Single records: create, read, update, delete, upsert by external id; describe."""

from dataclasses import replace
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.salesforce import ids
from keepstep_sandbox.salesforce.bodies import json_body, moment_of, unmodified
from keepstep_sandbox.salesforce.errors import (
    SalesforceError,
    bad_request,
    invalid_cross_reference,
    is_deleted,
    no_such_object,
    not_found,
)
from keepstep_sandbox.salesforce.gate import Gate
from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.records import Caller, Records
from keepstep_sandbox.salesforce.rendering import to_record
from keepstep_sandbox.salesforce.schema import MERGEABLE, Field
from keepstep_sandbox.salesforce.table import Row
from keepstep_sandbox.salesforce.view import View


class RecordService:
    """Answers `/sobjects` and what is below it, except the replication resources."""

    def __init__(self, org: Org, gate: Gate) -> None:
        self._org = org
        self._gate = gate
        self._records = Records(org)

    async def objects(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Answer `GET /sobjects`."""
        kinds = [self._object(kind) for kind in self._org.schema.kinds()]
        return _json({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": kinds})

    async def basic(self, request: Request) -> Response:
        """Answer `GET /sobjects/T`."""
        return _json({"objectDescribe": self._object(self.kind(request)), "recentItems": []})

    async def describe(self, request: Request) -> Response:
        """Answer `GET /sobjects/T/describe`; 304 if nothing changed since `If-Modified-Since`."""
        kind = self.kind(request)
        since = moment_of(request, "if-modified-since")
        if since is not None and self._org.schema_changed <= since:
            return Response(status_code=304)
        fields = [field.described() for field in self._org.schema.fields(kind)]
        return _json({**self._object(kind), "fields": fields, "childRelationships": []})

    async def create(self, request: Request) -> Response:
        """Answer `POST /sobjects/T`."""
        kind = self.kind(request)
        record_id = self._records.create(self._gate.caller(request), kind, await json_body(request))
        return self._created(request, kind, record_id, {})

    async def read(self, request: Request) -> Response:
        """Answer `GET /sobjects/T/ID?fields=`."""
        kind = self.kind(request)
        row = self._readable(kind, _normal(request.path_params["id"]))
        since = moment_of(request, "if-modified-since")
        if since is not None and row["LastModifiedDate"] <= since:
            return Response(status_code=304)
        unmodified(request, row["LastModifiedDate"])
        return self._told(request, kind, row)

    async def update(self, request: Request) -> Response:
        """Answer `PATCH /sobjects/T/ID`."""
        kind, record_id = self.kind(request), _normal(request.path_params["id"])
        if request.headers.get("if-unmodified-since"):
            unmodified(request, self._records.live(kind, record_id)["LastModifiedDate"])
        self._records.update(self._gate.caller(request), kind, record_id, await json_body(request))
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        """Answer `DELETE /sobjects/T/ID`."""
        self._records.delete(self._gate.caller(request), self.kind(request), _normal(request.path_params["id"]))
        return Response(status_code=204)

    async def upsert(self, request: Request) -> Response:
        """Answer `PATCH /sobjects/T/FIELD/VALUE`."""
        kind = self.kind(request)
        field, value = str(request.path_params["field"]), str(request.path_params["value"])
        body = await json_body(request)
        if field.lower() in {name.lower() for name in body}:
            message = f"The {field} field should not be specified in the sobject data."
            raise bad_request("INVALID_FIELD", message)
        try:
            record_id, created = upsert(self._records, self._org, self._gate.caller(request), kind, field, value, body)
        except SeveralMatch as several:
            version = request.path_params["version"]
            urls = [f"/services/data/v{version}.0/sobjects/{kind}/{found}" for found in several.args[0]]
            return _json(urls, 300)
        if created:
            return self._created(request, kind, record_id, {"created": True})
        return _json({"id": record_id, "success": True, "errors": [], "created": False})

    async def by_external_id(self, request: Request) -> Response:
        """Answer `GET /sobjects/T/FIELD/VALUE?fields=`."""
        kind = self.kind(request)
        row = self._readable(kind, self._match(request, kind))
        return self._told(request, kind, row)

    async def delete_by_external_id(self, request: Request) -> Response:
        """Answer `DELETE /sobjects/T/FIELD/VALUE`."""
        kind = self.kind(request)
        self._records.delete(self._gate.caller(request), kind, self._match(request, kind))
        return Response(status_code=204)

    def kind(self, request: Request) -> str:
        """Give the object that a path names.

        Raises:
            SalesforceError: the org hasn't it (404).
        """
        name = str(request.path_params["kind"])
        try:
            return self._org.schema.kind(name)
        except SalesforceError as error:
            raise replace(no_such_object(name), status=404, code="NOT_FOUND", message=not_found().message) from error

    def _match(self, request: Request, kind: str) -> str:
        """Give the id of the record that a path's external id means.

        Raises:
            SalesforceError: there's none, or the field is no external id.
        """
        field = external_id(self._org, kind, str(request.path_params["field"]))
        found = self._records.find(kind, field.name, str(request.path_params["value"]))
        if not found:
            raise not_found()
        return found[0]  # the values of an external id are unique here

    def _told(self, request: Request, kind: str, row: Row) -> Response:
        wanted = request.query_params.get("fields", "")
        names = wanted.split(",") if wanted else [field.name for field in self._org.schema.fields(kind)]
        return _json(to_record(self._org.schema, kind, row, names, str(request.path_params["version"])))

    def _readable(self, kind: str, record_id: str) -> Row:
        view = View(self._org, deleted=True)
        row = view.get(kind, record_id)
        if row is None:
            raise not_found()
        if row.get("IsDeleted", False):
            raise is_deleted()
        return row

    def _created(self, request: Request, kind: str, record_id: str, more: dict[str, Any]) -> Response:
        url = f"/services/data/v{request.path_params['version']}.0/sobjects/{kind}/{record_id}"
        reply = _json({"id": record_id, "success": True, "errors": [], **more}, 201)
        reply.headers["Location"] = url
        return reply

    def _object(self, kind: str) -> dict[str, Any]:
        ours = kind in MERGEABLE
        return {
            "name": kind,
            "label": kind,
            "keyPrefix": self._org.schema.prefix(kind),
            "queryable": True,
            "createable": ours,
            "updateable": ours,
            "deletable": ours,
            "undeletable": ours,
            "mergeable": ours,
            "replicateable": ours or kind == "User",
            "custom": False,
        }


class SeveralMatch(Exception):
    """More than one record holds the value; `args[0]` are their ids."""


def upsert(
    records: Records, org: Org, caller: Caller, kind: str, field_name: str, value: str, body: dict[str, Any],
    *, csv: bool = False,
) -> tuple[str, bool]:  # fmt: skip
    """Create or update by an external id, or update by Id; give the id, and whether the record is new.

    Raises:
        SalesforceError: the field can't serve for that, or the write is refused.
        SeveralMatch: more than one record holds the value.
    """
    field = org.schema.field(kind, field_name)
    if field.name == "Id":
        record_id = _normal(value)
        records.update(caller, kind, record_id, body, csv=csv)
        return record_id, False
    external_id(org, kind, field_name)
    found = records.find(kind, field.name, value)
    if len(found) > 1:
        raise SeveralMatch(found)
    if found:
        records.update(caller, kind, found[0], body, csv=csv)
        return found[0], False
    return records.create(caller, kind, {**body, field.name: value}, csv=csv), True


def external_id(org: Org, kind: str, name: str) -> Field:
    """Give a field that records can be found by.

    Raises:
        SalesforceError: there's none, or it isn't an external id.
    """
    field = org.schema.field(kind, name)
    if not field.external_id:
        message = f"Field name provided, {field.name} does not match an External ID for {kind}"
        raise SalesforceError(404, "NOT_FOUND", message)
    return field


def _normal(text: str) -> str:
    found = ids.normal(text)
    if found is None:
        raise invalid_cross_reference()
    return found


def _json(told: object, status: int = 200) -> Response:
    return Response(orjson.dumps(told), status, media_type="application/json")
