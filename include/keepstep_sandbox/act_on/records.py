"""Endpoints for single records of a list."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from keepstep_sandbox.act_on.account import Account
from keepstep_sandbox.act_on.bodies import record_body
from keepstep_sandbox.act_on.columns import email_position, positions
from keepstep_sandbox.act_on.errors import UNPUBLISHED, ApiError
from keepstep_sandbox.act_on.facts import facts_of
from keepstep_sandbox.act_on.gate import guarded
from keepstep_sandbox.act_on.marketing_list import MarketingList, Row
from keepstep_sandbox.act_on.parameters import flag, required
from keepstep_sandbox.act_on.replies import answer

MAX_BATCH: Final = 100


class RecordEndpoints:
    """The endpoints; `account` gives the present account."""

    def __init__(self, account: Callable[[], Account]) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Give the routes."""
        records, one = "/api/1/list/{list_id}/record", "/api/1/list/{list_id}/record/{record_id}"
        return [
            Route(records, guarded(self._account, self.add), methods=["POST"]),
            Route(records, guarded(self._account, self.upsert), methods=["PUT"]),
            Route(records, guarded(self._account, self.delete_batch), methods=["DELETE"]),
            Route(one, guarded(self._account, self.update), methods=["PUT"]),
            Route(one, guarded(self._account, self.read), methods=["GET"]),
            Route(one, guarded(self._account, self.delete), methods=["DELETE"]),
            Route(f"{one}/facts", guarded(self._account, self.facts), methods=["GET"]),
        ]

    async def add(self, request: Request) -> Response:
        """Add a record; an address that is there already is added once more."""
        account = self._account()
        target = account.find_list(request.path_params["list_id"])
        changes = _changes(target, await record_body(request))
        row = _insert(account, target, changes)
        return answer(_written(target, row, "Record inserted"))

    async def upsert(self, request: Request) -> Response:
        """Update the first record of an address, or add one; further records of the address stay as they are."""
        account = self._account()
        target = account.find_list(request.path_params["list_id"])
        email = required(request, "email")
        changes = _changes(target, await record_body(request))
        rows = target.with_email(email)
        if rows:
            _update(account, target, rows[0], changes)
            message = "Record updated"
        else:
            place = email_position(target.columns)
            row = _insert(account, target, {**({} if place is None else {place: email}), **changes})
            rows, message = [row], "Record inserted"
        if flag(request, "async"):  # done at once all the same; the reply's wording is ours, none is published
            return answer({"status": "success", "message": "Record accepted"})
        return answer(_written(target, rows[0], message))

    async def update(self, request: Request) -> Response:
        """Update one record; with returncontact=Y its values come back by heading."""
        account = self._account()
        target, row = account.record(request.path_params["list_id"], request.path_params["record_id"])
        _update(account, target, row, _changes(target, await record_body(request)))
        reply: dict[str, object] = {"status": "success", "message": "Record updated"}
        if flag(request, "returncontact"):
            reply["contact"] = {"_contact_id_": target.row_id(row), **_by_heading(target, row)}
        return answer(reply)

    async def read(self, request: Request) -> Response:
        """Give a record's values, without headings, the id first."""
        target, row = self._account().record(request.path_params["list_id"], request.path_params["record_id"])
        return answer([target.row_id(row), *row.values])

    async def delete(self, request: Request) -> Response:
        """Delete one record."""
        account = self._account()
        target, row = account.record(request.path_params["list_id"], request.path_params["record_id"])
        target.delete([row], account.now_ms())
        return answer({"status": "success", "message": "Record deleted"})

    async def delete_batch(self, request: Request) -> Response:
        """Delete up to 100 records; 200 even where some of them aren't there."""
        account = self._account()
        target = account.find_list(request.path_params["list_id"])
        ids = [each.strip() for each in required(request, "contactids").split(",") if each.strip()]
        if len(ids) > MAX_BATCH:
            raise ApiError(UNPUBLISHED, f"At most {MAX_BATCH} ids in a call")
        found = {each: row for each in dict.fromkeys(ids) if (row := target.find(each)) is not None}
        target.delete(list(found.values()), account.now_ms())
        failed = [{"id": each, "reason": "Invalid contact id"} for each in ids if each not in found]
        body = {"success_count": len(found), "fail_count": len(failed), "failedList": failed}
        # The published example with failures is text/plain, the one without is application/json.
        return JSONResponse(body, media_type="text/plain" if failed else None)

    async def facts(self, request: Request) -> Response:
        """Give what the person behind a record did, and what it is worth."""
        account = self._account()
        target, row = account.record(request.path_params["list_id"], request.path_params["record_id"])
        return answer(facts_of(account, target.email_of(row)))


def _changes(target: MarketingList, values: Mapping[str, str]) -> dict[int, str]:
    places = positions(target.columns)
    if not places.keys() >= values.keys():
        raise ApiError(10010)
    return {places[name]: value for name, value in values.items()}


def _insert(account: Account, target: MarketingList, changes: Mapping[int, str]) -> Row:
    values = [changes.get(place, "") for place in range(len(target.columns))]
    _require_email(account, target, values)
    return target.insert(values, account.now_ms())


def _update(account: Account, target: MarketingList, row: Row, changes: Mapping[int, str]) -> None:
    if email_position(target.columns) in changes:
        _require_email(account, target, [changes.get(place, value) for place, value in enumerate(row.values)])
    target.update(row, changes, account.now_ms(), touch_unchanged=account.settings.touch_unchanged)


def _require_email(account: Account, target: MarketingList, values: list[str]) -> None:
    place = email_position(target.columns)
    if account.settings.email_required and place is not None and not values[place].strip():
        raise ApiError(10121, "Required parameter is missing: EMAIL")


def _written(target: MarketingList, row: Row, message: str) -> dict[str, object]:
    row_id = target.row_id(row)
    return {"status": "success", "message": message, "id": row_id, "contact_id": row_id}


def _by_heading(target: MarketingList, row: Row) -> dict[str, str]:
    return dict(zip(target.headings, row.values, strict=True))
