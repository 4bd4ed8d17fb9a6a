"""What people do in the environment, as control calls under `/_control/dynamics`.

`{records}` is `leads`, `contacts`, `accounts`, `users` or `lists`. Names are logical names; a lookup is the plain id
of the row it points to (`ownerid`, `parentcustomerid`). A salesperson does it, `?as=USER_ID` says another.

| call | does |
|---|---|
| GET {records}?ids=a,b&limit=&offset= | reads rows as they are |
| POST {records}; GET, PATCH, DELETE {records}/ID | makes, reads, edits, deletes one |
| POST {records}/merge | `{"master": id, "others": [id, ...], "values": {...}}` |
| POST leads/ID/convert | `{"account": id, "contact": id}`, both may be left out: qualifies the lead |
| POST leads/ID/disqualify | `{"statuscode": 4}`, which may be left out |
| POST {records}/ID/deactivate, /activate | a row becomes inactive (a user disabled, a lead disqualified), or active |
| GET, POST lists/ID/members; DELETE lists/ID/members/ROW | reads a list's members; `{"ids": [...]}` puts rows on it |
| PUT, DELETE {records}/ID/fault | customer logic refuses one row: `{"code", "message", "times", "status"}` |
| PUT {records}/ID/lock | somebody holds the row: `{"times": 1}` |
| POST fields; PATCH, DELETE fields/OBJECT/NAME | `{"object", "name", "type", "length", "values", "shared"}` |
| PUT, DELETE keys/OBJECT/NAME | `{"columns": [...]}`: an alternate key |
| PUT, DELETE duplicate-rules/OBJECT | `{"columns": [...]}`: rows that agree in them are doubles |
| DELETE delta-tokens | all delta tokens handed out so far are too old from now on |
| PUT usage | `{"requests": 5999, "seconds": 0}` were spent just now, as the service protection limits count |
| PUT secret | `{"expired": true}`: the app's secret has expired |
| GET, PUT settings | reads or changes `DynamicsSettings` |
"""

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from keepstep_sandbox.control import Handler, json_object
from keepstep_sandbox.dynamics.admin_routes import Administrator
from keepstep_sandbox.dynamics.columns import LOOKUPS
from keepstep_sandbox.dynamics.conversion import Conversion, Wanted
from keepstep_sandbox.dynamics.environment import Environment, Fault
from keepstep_sandbox.dynamics.errors import DynamicsError
from keepstep_sandbox.dynamics.lists import Lists
from keepstep_sandbox.dynamics.rows import Caller, Rows
from keepstep_sandbox.dynamics.rules import lock
from keepstep_sandbox.dynamics.standard import ACCOUNT, CONTACT, DISQUALIFIED, LEAD, LIST, USER, Definition
from keepstep_sandbox.dynamics.table import Row
from keepstep_sandbox.dynamics.values import held, read, to_json
from keepstep_sandbox.record_control import control_routes, listing, record_routes

RECORDS: Final = {"leads": LEAD, "contacts": CONTACT, "accounts": ACCOUNT, "users": USER, "lists": LIST}


def people_routes(environment: Environment, admin: Administrator) -> list[BaseRoute]:
    """Give the routes: the administrator's, and everybody's."""
    people = _People(environment)
    routes: list[tuple[str, str, Handler]] = [
        *admin.routes(),
        ("POST", "/leads/{id}/convert", people.convert),
        ("POST", "/leads/{id}/disqualify", people.disqualify),
        ("GET", "/lists/{id}/members", people.members),
        ("POST", "/lists/{id}/members", people.add_members),
        ("DELETE", "/lists/{id}/members/{row}", people.remove_member),
        ("POST", "/{records}/{id}/deactivate", people.deactivate),
        ("POST", "/{records}/{id}/activate", people.activate),
        *record_routes(people),
    ]
    return control_routes(routes, DynamicsError, DynamicsError.response)


class _People:
    """Those who work in the environment. A kind of record that isn't there is a KeyError and so a 404."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._rows = Rows(environment)
        self._lists = Lists(environment)

    async def list_records(self, request: Request) -> Response:
        table = self._table(request)
        rows = self._environment.tables[table.name]
        return listing(request, rows.ids(), rows.get, lambda row: self._told(table, row))

    async def create(self, request: Request) -> Response:
        table = self._table(request)
        body, links = self._split(table, await json_object(request))
        row = self._rows.create(self._caller(request), table, body, **links)
        return JSONResponse({"id": row[table.key]}, 201)

    async def read(self, request: Request) -> Response:
        table = self._table(request)
        row = self._rows.row(table, _id(request))
        return Response(orjson.dumps(self._told(table, row)), media_type="application/json")

    async def edit(self, request: Request) -> Response:
        table = self._table(request)
        return self._change(request, table, self._values(table, await json_object(request)))

    async def delete(self, request: Request) -> Response:
        with self._environment.whole():
            self._rows.delete(self._caller(request), self._table(request), _id(request))
        return Response(status_code=204)

    async def merge(self, request: Request) -> Response:
        found, table = await json_object(request), self._table(request)
        conversion, values = Conversion(self._environment), self._values(table, found.get("values") or {})
        with self._environment.whole():
            for other in found["others"]:
                conversion.merge(self._caller(request), table, str(found["master"]), str(other), values)
        return Response(status_code=204)

    async def convert(self, request: Request) -> Response:
        found = await json_object(request)
        wanted = Wanted(account=found.get("account"), contact=found.get("contact"))
        with self._environment.whole():
            Conversion(self._environment).qualify(self._caller(request), _id(request), wanted)
        lead = self._rows.row(self._environment.schema.table(LEAD), _id(request))
        return JSONResponse({"contact": lead.get("parentcontactid"), "account": lead.get("parentaccountid")})

    async def disqualify(self, request: Request) -> Response:
        reason = (await json_object(request)).get("statuscode", 4)
        table = self._environment.schema.table(LEAD)
        return self._change(request, table, {"statecode": DISQUALIFIED, "statuscode": reason})

    async def members(self, request: Request) -> Response:
        return JSONResponse({"ids": self._lists.members(_id(request))})

    async def add_members(self, request: Request) -> Response:
        with self._environment.whole():
            for row_id in (await json_object(request))["ids"]:
                self._lists.add(self._caller(request), _id(request), str(row_id))
        return Response(status_code=204)

    async def remove_member(self, request: Request) -> Response:
        self._lists.remove(self._caller(request), _id(request), str(request.path_params["row"]))
        return Response(status_code=204)

    async def deactivate(self, request: Request) -> Response:
        table = self._table(request)
        state = {"statecode": DISQUALIFIED if table.name == LEAD else 1}
        return self._change(request, table, {"isdisabled": True} if table.name == USER else state)

    async def activate(self, request: Request) -> Response:
        table = self._table(request)
        return self._change(request, table, {"isdisabled": False} if table.name == USER else {"statecode": 0})

    async def lock(self, request: Request) -> Response:
        found = await json_object(request)
        self._rows.row(self._table(request), _id(request))
        self._environment.faults[_id(request)] = lock(found.get("times", 1))
        return Response(status_code=204)

    async def put_fault(self, request: Request) -> Response:
        self._rows.row(self._table(request), _id(request))
        self._environment.faults[_id(request)] = Fault(**await json_object(request))
        return Response(status_code=204)

    async def remove_fault(self, request: Request) -> Response:
        del self._environment.faults[_id(request)]
        return Response(status_code=204)

    def _change(self, request: Request, table: Definition, values: Row) -> Response:
        self._rows.change(self._caller(request), table, self._rows.row(table, _id(request)), values)
        return Response(status_code=204)

    def _values(self, table: Definition, body: dict[str, Any]) -> Row:
        body, links = self._split(table, body)
        return {**read(self._environment, table, body, creates=False), **links}

    def _split(self, table: Definition, body: dict[str, Any]) -> tuple[dict[str, Any], Row]:
        """Part what is plain from the lookups, which are plain ids here.

        Raises:
            ValueError: a lookup's row isn't there.
        """
        links: Row = {}
        for column in self._environment.schema.columns(table.name):
            if column.type in LOOKUPS and column.name in body:
                value = links[column.name] = body[column.name]
                if value is not None and self._environment.holder(column.targets, value) is None:
                    raise ValueError(f"{column.name} is the id of no row of {', '.join(column.targets)}")
        return {name: value for name, value in body.items() if name not in links}, links

    def _caller(self, request: Request) -> Caller:
        return Caller(request.query_params.get("as", self._environment.seller), inside=True)

    def _table(self, request: Request) -> Definition:
        return self._environment.schema.table(RECORDS[request.path_params["records"]])

    def _told(self, table: Definition, row: Row) -> dict[str, Any]:
        return {one.name: to_json(held(one, row)) for one in self._environment.schema.columns(table.name)}


def _id(request: Request) -> str:
    return str(request.path_params["id"]).lower()
