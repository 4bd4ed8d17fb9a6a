"""What people do in the account: the paths below `/_control/act_on`.

| call | body, reply |
|---|---|
| GET lists | id, name, rows of each |
| POST lists | `{"name", "columns": [{"heading", "type"?}], "source"?, "people"?}`; `people`: how many to fill in |
| GET lists/LID | headers and all rows |
| DELETE lists/LID; DELETE lists/LID/rows | the list goes; it is emptied |
| POST lists/LID/rows; PATCH, DELETE lists/LID/rows/RID | `{"values": {heading: value}}`; `{"id"}` |
| POST lists/LID/columns; PATCH, DELETE lists/LID/columns/HEADING | `{"heading", "type"?}`; `{"heading": new}` |
| POST lists/LID/maintenance | `{"column"}`: a list maintenance program writes the behaviour scores; `{"changed"}` |
| POST optout; POST optin | `{"email"}` |
| POST activities | `{"email", "verb", "what"?, "when_ms"?, "asset"?}` |
| GET score?email=A; PUT score | `{"score"}`; `{"email", "score"}`, null lets it follow the activities again |
| POST refusals; DELETE refusals | `{"email", "reason"?}`: uploads refuse its rows; they refuse none |
| POST suppressed | `{"email", "list": "hardbounce" or "spamcomplaint"}` |
| POST cookies | `{"cookie", "email"}` |
| PUT clock | `{"now": "2026-03-01T09:00:00+00:00"}` |
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from keepstep_sandbox.act_on.account import Account
from keepstep_sandbox.act_on.columns import CONTACT_ID, SYSTEM_TYPES, Column, fold, positions
from keepstep_sandbox.act_on.marketing_list import MarketingList, Row
from keepstep_sandbox.act_on.seeded import Activity
from keepstep_sandbox.act_on.suppression import Suppressed
from keepstep_sandbox.control import Handler, answers, json_object
from keepstep_sandbox.people import Person

FROM_PERSON: Final[Mapping[str, Callable[[Person], str]]] = {
    "EMAIL": lambda person: person.email,
    "FIRSTNAME": lambda person: person.first_name,
    "LASTNAME": lambda person: person.last_name,
    "JOBTITLE": lambda person: person.title,
    "BIZ_PHONE": lambda person: person.phone,
}


class People:
    """The handlers; `account` gives the present account."""

    def __init__(self, account: Callable[[], Account]) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Give the routes, as seen from `/_control/act_on`."""
        one, row, column = (
            "/lists/{list_id}",
            "/lists/{list_id}/rows/{row_id}",
            "/lists/{list_id}/columns/{heading:path}",
        )
        table: Sequence[tuple[str, str, Handler]] = (
            ("GET", "/lists", self.lists),
            ("POST", "/lists", self.add_list),
            ("GET", one, self.read),
            ("DELETE", one, self.delete_list),
            ("DELETE", f"{one}/rows", self.empty),
            ("POST", f"{one}/rows", self.add_row),
            ("PATCH", row, self.edit_row),
            ("DELETE", row, self.delete_row),
            ("POST", f"{one}/columns", self.add_column),
            ("PATCH", column, self.rename_column),
            ("DELETE", column, self.remove_column),
            ("POST", f"{one}/maintenance", self.maintain),
            ("POST", "/optout", self.opt_out),
            ("POST", "/optin", self.opt_in),
            ("POST", "/activities", self.record),
            ("GET", "/score", self.score),
            ("PUT", "/score", self.set_score),
            ("POST", "/refusals", self.refuse),
            ("DELETE", "/refusals", self.refuse_none),
            ("POST", "/suppressed", self.suppress),
            ("POST", "/cookies", self.give_cookie),
            ("PUT", "/clock", self.set_clock),
        )
        return [Route(path, answers(handler), methods=[method]) for method, path, handler in table]

    async def lists(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Tell which lists there are."""
        found = self._account().lists.values()
        return JSONResponse([{"id": each.id, "name": each.name, "rows": len(each)} for each in found])

    async def add_list(self, request: Request) -> Response:
        """Make a list, empty or with the first so many persons of the population in it."""
        account, body = self._account(), await json_object(request)
        made = account.add_list(str(body["name"]), [_column(each) for each in body["columns"]])
        made.source = str(body.get("source", ""))
        with made.bulk():
            for person in account.people[: int(body.get("people", 0))]:
                made.insert([_of_person(person, column) for column in made.columns], account.now_ms())
        return JSONResponse({"id": made.id}, 201)

    async def read(self, request: Request) -> Response:
        """Give a list in full."""
        self._account().jobs.settle()
        target = self._list(request)
        rows = [[target.row_id(row), *row.values] for row in target]
        return JSONResponse({"name": target.name, "headers": [CONTACT_ID, *target.headings], "rows": rows})

    async def delete_list(self, request: Request) -> Response:
        """Delete a list."""
        del self._account().lists[self._list(request).id]
        return _done()

    async def empty(self, request: Request) -> Response:
        """Delete all rows of a list."""
        target = self._list(request)
        target.delete(list(target), self._account().now_ms())
        return _done()

    async def add_row(self, request: Request) -> Response:
        """Add a row by hand."""
        target, changes = self._list(request), await json_object(request)
        places = _places(target, changes["values"])
        row = target.insert([places.get(place, "") for place in range(len(target.columns))], self._account().now_ms())
        return JSONResponse({"id": target.row_id(row)}, 201)

    async def edit_row(self, request: Request) -> Response:
        """Edit a row by hand."""
        target, changes = self._list(request), await json_object(request)
        target.update(self._row(request, target), _places(target, changes["values"]), self._account().now_ms())
        return _done()

    async def delete_row(self, request: Request) -> Response:
        """Delete a row by hand."""
        target = self._list(request)
        target.delete([self._row(request, target)], self._account().now_ms())
        return _done()

    async def add_column(self, request: Request) -> Response:
        """Add a column at the end, empty in every row."""
        target, column = self._list(request), _column(await json_object(request))
        if column.heading in target.headings:
            raise ValueError(f"the list has a column {column.heading}")
        target.reshape([*target.columns, column], [*range(len(target.columns)), None])
        return _done()

    async def rename_column(self, request: Request) -> Response:
        """Give a column another heading; its values and its type stay."""
        target, body = self._list(request), await json_object(request)
        place = self._place(request, target)
        columns = list(target.columns)
        columns[place] = Column(str(body["heading"]), columns[place].type)
        target.reshape(columns, range(len(columns)))
        return _done()

    async def remove_column(self, request: Request) -> Response:
        """Remove a column and its values."""
        target = self._list(request)
        place = self._place(request, target)
        kept = [each for each in range(len(target.columns)) if each != place]
        target.reshape([target.columns[each] for each in kept], kept)
        return _done()

    async def maintain(self, request: Request) -> Response:
        """Run a list maintenance program that writes the behaviour scores."""
        body = await json_object(request)
        return JSONResponse({"changed": self._account().fill_scores(self._list(request), str(body["column"]))})

    async def opt_out(self, request: Request) -> Response:
        """Let a person opt out."""
        self._account().opt_out(str((await json_object(request))["email"]), "form")
        return _done()

    async def opt_in(self, request: Request) -> Response:
        """Let a person opt in again."""
        self._account().opt_in(str((await json_object(request))["email"]))
        return _done()

    async def record(self, request: Request) -> Response:
        """Let a person do something."""
        account, body = self._account(), await json_object(request)
        when_ms = int(body.get("when_ms") or account.now_ms())
        activity = Activity(when_ms, str(body["verb"]), str(body.get("what", "")), str(body.get("asset", "")))
        account.behaviour.record(str(body["email"]), activity)
        return _done()

    async def score(self, request: Request) -> Response:
        """Tell a person's behaviour score."""
        account = self._account()
        return JSONResponse({"score": account.behaviour.score(request.query_params["email"], account.now_ms())})

    async def set_score(self, request: Request) -> Response:
        """Fix a person's behaviour score."""
        body = await json_object(request)
        score = body["score"]
        self._account().behaviour.set_score(str(body["email"]), None if score is None else int(score))
        return _done()

    async def refuse(self, request: Request) -> Response:
        """Let rows of an address be refused in uploads from now on."""
        body = await json_object(request)
        self._account().refused_uploads[fold(str(body["email"]))] = str(body.get("reason") or "Rejected")
        return _done()

    async def refuse_none(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Take all addresses in uploads again."""
        self._account().refused_uploads.clear()
        return _done()

    async def suppress(self, request: Request) -> Response:
        """Let an address bounce, or its owner complain."""
        account, body = self._account(), await json_object(request)
        account.suppression.add(Suppressed(body["list"]), str(body["email"]), account.now_ms(), "message")
        return _done()

    async def give_cookie(self, request: Request) -> Response:
        """Let a person be known by a cookie."""
        body = await json_object(request)
        self._account().cookies[str(body["cookie"])] = str(body["email"])
        return _done()

    async def set_clock(self, request: Request) -> Response:
        """Let the sandbox believe that it's another time; it goes on from there."""
        wanted = datetime.fromisoformat(str((await json_object(request))["now"]))
        if wanted.tzinfo is None:
            raise ValueError("now needs a UTC offset")
        self._account().clock.skew_s = (wanted - datetime.now(UTC)).total_seconds()
        return _done()

    def _list(self, request: Request) -> MarketingList:
        return self._account().lists[request.path_params["list_id"]]

    def _row(self, request: Request, target: MarketingList) -> Row:
        row = target.find(request.path_params["row_id"])
        if row is None:
            raise KeyError(request.path_params["row_id"])
        return row

    def _place(self, request: Request, target: MarketingList) -> int:
        heading = request.path_params["heading"]
        if heading not in target.headings:
            raise KeyError(heading)
        return target.headings.index(heading)


def _done() -> Response:
    return Response(status_code=204)


def _column(body: Mapping[str, Any]) -> Column:
    column = Column(str(body["heading"]), body.get("type"))
    if column.type is not None and column.type not in SYSTEM_TYPES:
        raise ValueError(f"no such column type: {column.type}")
    return column


def _places(target: MarketingList, values: Mapping[str, Any]) -> dict[int, str]:
    places = positions(target.columns)
    return {places[name]: str(value) for name, value in values.items()}


def _of_person(person: Person, column: Column) -> str:
    if column.heading == "Lead Source":
        return person.lead_source
    reader = FROM_PERSON.get(column.type or "")
    return reader(person) if reader else ""
