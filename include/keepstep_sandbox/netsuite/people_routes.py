"""What people do in the NetSuite account, as control calls under `/_control/netsuite`.

`{records}` is `customers`, `leads` (the customers who are individuals, whatever their stage), `contacts` or `users`
(employees). Property names are those of REST; references are given as plain ids. A new lead is an individual, at the
stage Lead unless told otherwise.

| call | does |
|---|---|
| GET {records}?fields=a,b&ids=1,2&limit=&offset= | reads records as they are |
| POST {records}; GET, PATCH, DELETE {records}/ID | makes, reads, edits, deletes one in the UI |
| POST {records}/ID/inactivate, /reactivate | ticks or unticks Inactive |
| POST {records}/merge | `{"master": id, "others": [id, ...]}` |
| POST customers/ID/stage, leads/ID/stage | `{"stage": "Lead"}` or `{"status": 13}` |
| PUT, DELETE customers/ID/transactions | lets transactions depend on it (then it can't be deleted), or none |
| POST fields; DELETE fields/RECORD/NAME | makes or deletes a custom field: `{"record", "id", "label", "type"}` |
| PUT, DELETE {records}/ID/fault | a script refuses writes: `{"detail", "code", "times"}` |
| GET, PUT settings | reads or changes `NetSuiteSettings` |
| GET key; POST certificates | the default client's private key and ids; registers `{"id", "pem"}` |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from keepstep_sandbox.control import Handler, json_object
from keepstep_sandbox.netsuite.account import Account, Fault
from keepstep_sandbox.netsuite.admin_routes import Administrator
from keepstep_sandbox.netsuite.errors import NetSuiteError
from keepstep_sandbox.netsuite.lists import STAGE_STATUS
from keepstep_sandbox.netsuite.oauth2 import OAuth2
from keepstep_sandbox.netsuite.schema import CONTACT, CUSTOMER, EMPLOYEE, Field, Type
from keepstep_sandbox.netsuite.table import Row
from keepstep_sandbox.netsuite.values import to_row
from keepstep_sandbox.people import Stage
from keepstep_sandbox.record_control import control_routes


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a word in a path stands for: rows of one table, and what a new one has beside what its maker gives."""

    record: str
    new: Mapping[str, Any] | None = None
    individuals: bool = False

    def holds(self, row: Row) -> bool:
        """Tell whether a row of the table is of this kind."""
        return not self.individuals or row.get("isperson") == "T"


_KINDS: Final = {
    "customers": _Kind(CUSTOMER),
    "leads": _Kind(CUSTOMER, {"isperson": "T", "entitystatus": STAGE_STATUS[Stage.LEAD]}, individuals=True),
    "contacts": _Kind(CONTACT),
    "users": _Kind(EMPLOYEE),
}


def people_routes(account: Account, oauth2: OAuth2) -> list[BaseRoute]:
    """Give the routes: the administrator's, and everybody's."""
    people = _People(account)
    routes: list[tuple[str, str, Handler]] = [
        *Administrator(account, oauth2).routes(),
        ("POST", "/customers/{id:int}/stage", people.change_stage),
        ("POST", "/leads/{id:int}/stage", people.change_stage),
        ("PUT", "/customers/{id:int}/transactions", people.add_transactions),
        ("DELETE", "/customers/{id:int}/transactions", people.remove_transactions),
        ("GET", "/{records}", people.list_records),
        ("POST", "/{records}", people.create),
        ("POST", "/{records}/merge", people.merge),
        ("GET", "/{records}/{id:int}", people.read),
        ("PATCH", "/{records}/{id:int}", people.edit),
        ("DELETE", "/{records}/{id:int}", people.delete),
        ("POST", "/{records}/{id:int}/inactivate", people.inactivate),
        ("POST", "/{records}/{id:int}/reactivate", people.reactivate),
        ("PUT", "/{records}/{id:int}/fault", people.put_fault),
        ("DELETE", "/{records}/{id:int}/fault", people.remove_fault),
    ]
    return control_routes(routes, NetSuiteError, NetSuiteError.response)


class _People:
    """The handlers. A record type that isn't there, or an id, is a KeyError and so a 404."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def change_stage(self, request: Request) -> Response:
        """Move a customer to another status: its own last-modified stamp moves, its contacts' don't."""
        found = await json_object(request)
        status = int(found["status"]) if "status" in found else STAGE_STATUS[Stage(found["stage"])]
        if self._account.referred("entitystatus", status) is None:
            raise ValueError("no such status")
        self._account.update(CUSTOMER, request.path_params["id"], {"entitystatus": status})
        return Response(status_code=204)

    async def add_transactions(self, request: Request) -> Response:
        self._account.with_transactions.add(int(self._account.record(CUSTOMER, request.path_params["id"])["id"]))
        return Response(status_code=204)

    async def remove_transactions(self, request: Request) -> Response:
        self._account.with_transactions.discard(request.path_params["id"])
        return Response(status_code=204)

    async def list_records(self, request: Request) -> Response:
        kind, query = _kind(request), request.query_params
        table = self._account.tables[kind.record]
        ids = [int(one) for one in query["ids"].split(",")] if "ids" in query else table.ids()
        if kind.individuals:
            ids = [row_id for row_id in ids if (row := table.get(row_id)) is not None and kind.holds(row)]
        start, end = int(query.get("offset", 0)), int(query.get("limit", len(ids)))
        fields = frozenset(query["fields"].split(",")) if "fields" in query else None
        rows = [row for row_id in ids[start : start + end] if (row := table.get(row_id)) is not None]
        told = {"items": [self._told(kind.record, row, fields) for row in rows], "total": len(ids)}
        return Response(orjson.dumps(told), media_type="application/json")

    async def create(self, request: Request) -> Response:
        kind = _kind(request)
        values = {**(kind.new or {}), **await self._values(request, kind.record)}
        return JSONResponse({"id": str(self._account.create(kind.record, values))}, 201)

    async def read(self, request: Request) -> Response:
        record, row = self._found(request)
        return Response(orjson.dumps(self._told(record, row, None)), media_type="application/json")

    async def edit(self, request: Request) -> Response:
        return self._update(request, await self._values(request, _kind(request).record))

    async def delete(self, request: Request) -> Response:
        record, row = self._found(request)
        self._account.delete(record, row["id"], context="UI")
        return Response(status_code=204)

    async def inactivate(self, request: Request) -> Response:
        return self._update(request, {"isinactive": "T"})

    async def reactivate(self, request: Request) -> Response:
        return self._update(request, {"isinactive": "F"})

    async def merge(self, request: Request) -> Response:
        found = await json_object(request)
        self._account.merge(_kind(request).record, int(found["master"]), [int(other) for other in found["others"]])
        return Response(status_code=204)

    async def put_fault(self, request: Request) -> Response:
        record, row = self._found(request)
        self._account.faults[record, row["id"]] = Fault(
            **{"detail": "The validation script refused.", **await json_object(request)}
        )
        return Response(status_code=204)

    async def remove_fault(self, request: Request) -> Response:
        del self._account.faults[_kind(request).record, request.path_params["id"]]
        return Response(status_code=204)

    def _found(self, request: Request) -> tuple[str, Row]:
        kind = _kind(request)
        row = self._account.record(kind.record, request.path_params["id"])
        if not kind.holds(row):
            raise KeyError(row["id"])
        return kind.record, row

    def _update(self, request: Request, values: Row) -> Response:
        record, row = self._found(request)
        self._account.update(record, row["id"], values)
        return Response(status_code=204)

    async def _values(self, request: Request, record: str) -> Row:
        """Read properties as REST does, except that a reference may be given as a plain id."""
        fields = self._account.schema.fields(record)
        body: dict[str, Any] = {}
        for name, value in (await json_object(request)).items():
            plain = name in fields and fields[name].type is Type.REFERENCE and isinstance(value, str | int)
            body[name] = {"id": str(value)} if plain else value
        return to_row(self._account, record, body, strict_names=True, strict_values=True)

    def _told(self, record: str, row: Row, wanted: frozenset[str] | None) -> dict[str, Any]:
        """Write a record plainly: ids as texts, truth as truth, a property without a value as null."""
        fields = self._account.schema.fields(record).values()
        chosen = [field for field in fields if wanted is None or field.name in wanted or field.name == "id"]
        return {field.name: _plain(field, row.get(field.column)) for field in chosen}


def _kind(request: Request) -> _Kind:
    return _KINDS[request.path_params["records"]]


def _plain(field: Field, value: Any) -> Any:
    if field.type is Type.BOOLEAN:
        return value == "T"
    if field.type is Type.REFERENCE or field.name == "id":
        return None if value is None else str(value)
    return value
