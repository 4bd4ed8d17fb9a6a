"""Endpoints for whole lists: the listing, the download, deletion, the look-up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from keepstep_sandbox.act_on.account import Account
from keepstep_sandbox.act_on.columns import CONTACT_ID, email_position
from keepstep_sandbox.act_on.errors import UNPUBLISHED, ApiError
from keepstep_sandbox.act_on.gate import guarded
from keepstep_sandbox.act_on.marketing_list import MarketingList, Row, Window
from keepstep_sandbox.act_on.parameters import flag, page_of, required, span_of
from keepstep_sandbox.act_on.replies import answer, csv_answer
from keepstep_sandbox.act_on.settings import DateStyle

CRMS: Final = ("Sforce", "MSDyn", "Sugar", "SL", "Nsuite")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def text_of(moment_ms: int) -> str:
    """Write a moment for people."""
    return f"{EPOCH + timedelta(milliseconds=moment_ms):%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class View:
    """Which columns of a list a download shows: column 0 is always the record's id."""

    target: MarketingList
    places: Sequence[int]
    dates: bool
    prefix: str
    style: DateStyle

    @property
    def headers(self) -> list[str]:
        """The headings, the id's first, the dates' last."""
        dates = [f"{self.prefix}created_date", f"{self.prefix}modified_date"] if self.dates else []
        return [CONTACT_ID, *(self.target.headings[place] for place in self.places), *dates]

    @property
    def email_column(self) -> int:
        """Where the e-mail address stands in a row; -1 if it isn't shown."""
        place = email_position(self.target.columns)
        return self.places.index(place) + 1 if place in self.places else -1

    def row(self, row: Row) -> list[str]:
        """Write a row's values in the order of the headers."""
        values = [row.values[place] for place in self.places]
        dates = [self._date(row.created_ms), self._date(row.modified_ms)] if self.dates else []
        return [self.target.row_id(row), *values, *dates]

    def _date(self, moment_ms: int) -> str:
        return str(moment_ms) if self.style is DateStyle.MILLISECONDS else text_of(moment_ms)


class ListEndpoints:
    """The endpoints; `account` gives the present account."""

    def __init__(self, account: Callable[[], Account]) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Give the routes; they must come after those with a fixed second word, such as /list/optout."""
        return [
            Route("/api/1/list", guarded(self._account, self.listing), methods=["GET"]),
            Route("/api/1/list/lookup", guarded(self._account, self.lookup_cookie), methods=["GET"]),
            Route("/api/1/list/lookup/{list_id}", guarded(self._account, self.lookup), methods=["GET"]),
            Route("/api/1/list/{list_id}", guarded(self._account, self.download), methods=["GET"]),
            Route("/api/1/list/{list_id}", guarded(self._account, self.delete), methods=["DELETE"]),
        ]

    async def listing(self, request: Request) -> Response:
        """Tell which lists there are, or which mailings were sent; other kinds of asset have none here."""
        account, page = self._account(), page_of(request)
        match request.query_params.get("listingtype", "contact_list"):
            case "contact_list":
                found = [_listed(account, each) for each in account.lists.values()]
            case "sent_message":
                found = [
                    {"id": each.id, "name": each.subject, "tsLastModified": each.sent_ms}
                    for each in account.messages.values()
                ]
            case _:
                found = []
        shown = page.cut(found, account.settings.default_count)
        return answer({"offset": page.offset, "count": len(shown), "totalCount": len(found), "result": shown})

    async def download(self, request: Request) -> Response:
        """Give a list's rows: a page as JSON, or all of it as CSV."""
        account = self._account()
        target = account.find_list(request.path_params["list_id"])
        page, window = page_of(request), _window(request, account)
        view = _view(request, account, target)
        order = account.settings.paging_order
        if request.query_params.get("responseformat", "JSON").upper() == "CSV":
            count = len(target) if page.count is None else page.count
            _, rows = target.page(window, order, page.offset, count)
            return csv_answer(view.headers, map(view.row, rows))
        limit = account.settings.max_json_columns
        count = account.settings.default_count if page.count is None else page.count
        total, rows = target.page(window, order, page.offset, count)
        return answer(
            {
                "listId": target.id,
                "offset": page.offset,
                "count": len(rows),
                "totalCount": total,
                "emailColumn": view.email_column if view.email_column < limit else -1,
                "headers": view.headers[:limit],
                "data": [view.row(row)[:limit] for row in rows],
            }
        )

    async def delete(self, request: Request) -> Response:
        """Delete a list with all its rows; what people did stays under their addresses."""
        account = self._account()
        del account.lists[account.find_list(request.path_params["list_id"]).id]
        return answer({"status": "success", "message": "List deleted"})

    async def lookup(self, request: Request) -> Response:
        """Find a record by e-mail address or cookie: its id as contactID, and its values by heading."""
        account = self._account()
        target = account.find_list(request.path_params["list_id"])
        email = request.query_params.get("email") or account.cookies.get(request.query_params.get("cookieid", ""), "")
        if not request.query_params.get("cookieid"):
            required(request, "email")
        rows = target.with_email(email)
        if not rows:
            raise ApiError(10008)
        values = dict(zip(target.headings, rows[0].values, strict=True))
        return answer({"contactID": target.row_id(rows[0]), **values})

    async def lookup_cookie(self, request: Request) -> Response:
        """Find the first record of the person behind a cookie, whatever list it is in."""
        account = self._account()
        email = account.cookies.get(required(request, "cookie"), "")
        record_id = next(found_in(account, email), None)
        if record_id is None:
            raise ApiError(10008)
        return answer({"contactID": record_id[1]})


def found_in(account: Account, email: str) -> Iterator[tuple[str, str]]:
    """Go through the records of an address: list id and record id."""
    for target in account.lists.values():
        for row in target.with_email(email):
            yield target.id, target.row_id(row)


def _window(request: Request, account: Account) -> Window:
    return Window(
        created=span_of(request, account, "createdafter", "createdbefore"),
        modified=span_of(request, account, "modafter", "modbefore"),
    )


def _view(request: Request, account: Account, target: MarketingList) -> View:
    fields = [name for name in request.query_params.get("fields", "").split(";") if name]
    dates = flag(request, "datequalifiers")
    if fields and dates:
        raise ApiError(UNPUBLISHED, "fields and datequalifiers can't be used together")
    headings = {heading: place for place, heading in enumerate(target.headings)}
    if not headings.keys() >= set(fields) - {CONTACT_ID}:
        raise ApiError(10010)
    asked = [headings[name] for name in fields if name != CONTACT_ID]
    places = asked if fields else range(len(target.columns))
    return View(target, places, dates, account.settings.date_column_prefix, account.settings.date_style)


def _listed(account: Account, target: MarketingList) -> dict[str, object]:
    provenance: dict[str, object] = {}
    for crm in CRMS:
        provenance[f"bIs{crm}"] = target.source == crm
        provenance[f"bIs{crm}Available"] = True
    return {
        "id": target.id,
        "name": target.name,
        "folderName": target.folder,
        "sourceId": target.id,
        "baseId": target.id,
        "description": "Uploaded Marketing List",
        "sourceSize": str(len(target)),
        "sourceName": target.name,
        "tsLastModified": target.modified_ms,
        "tsLastCounted": account.now_ms(),
        "tsSource": target.modified_ms,
        "sourceTS": text_of(target.modified_ms),
        "bIsSingleton": False,
        "bIsList": True,
        "bIsSforceReport": False,
        **provenance,
    }
