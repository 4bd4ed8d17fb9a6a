"""query, queryAll, and the cursors that further pages are fetched with."""

import re
from dataclasses import dataclass

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.salesforce import ids
from keepstep_sandbox.salesforce.errors import SalesforceError, bad_request
from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.rendering import to_records
from keepstep_sandbox.salesforce.soql.engine import Answer, run

MAX_URI = 16_384  # bytes; SOQL is GET only, so this bounds IN lists


@dataclass(slots=True)
class _Cursor:
    """A result that isn't read to its end: whose, how many rows a page, when it was last used."""

    answer: Answer
    user: str
    page: int
    used: float


class QueryService:
    """Answers the query resources."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._cursors: dict[str, _Cursor] = {}
        self._count = 0
        org.on_reset.append(self.end_cursors)

    async def query(self, request: Request) -> Response:
        """Answer `GET /query?q=`."""
        return self._first(request, deleted=False)

    async def query_all(self, request: Request) -> Response:
        """Answer `GET /queryAll?q=`."""
        return self._first(request, deleted=True)

    async def more(self, request: Request) -> Response:
        """Answer `GET /query/CURSOR-OFFSET`; a page can be asked for again."""
        name, _, offset = str(request.path_params["cursor"]).partition("-")
        cursor = self._cursors.get(name)
        now = self._org.surroundings.clock.now().timestamp()
        expired = cursor is None or now - cursor.used > self._org.settings.cursor_s
        if cursor is None or expired or cursor.user != request.state.user or not offset.isdecimal():
            raise bad_request("INVALID_QUERY_LOCATOR", "invalid query locator")
        cursor.used = now
        return self._page(request, cursor.answer, name, int(offset), cursor.page)

    def end_cursors(self) -> None:
        """End all cursors, as the servers do under load."""
        self._cursors.clear()

    def _first(self, request: Request, *, deleted: bool) -> Response:
        if len(request.url.query) > MAX_URI:
            raise _TooLong(414, "URI_TOO_LONG", "URI Too Long")
        text = request.query_params.get("q")
        if not text:
            raise bad_request("MALFORMED_QUERY", "A query string has to be specified")
        answer = run(self._org, text, deleted=deleted)
        if answer.counted:
            told = {"totalSize": len(answer.rows), "done": True, "records": []}
            return Response(orjson.dumps(told), media_type="application/json")
        page = self._page_size(request)
        name = self._keep(answer, request.state.user, page) if len(answer.rows) > page else ""
        return self._page(request, answer, name, 0, page)

    def _page(self, request: Request, answer: Answer, name: str, offset: int, page: int) -> Response:
        version = str(request.path_params["version"])
        done = offset + page >= len(answer.rows)
        told: dict[str, object] = {"totalSize": len(answer.rows), "done": done}
        if not done:
            told["nextRecordsUrl"] = f"/services/data/v{version}.0/query/{name}-{offset + page}"
        told["records"] = to_records(answer, answer.rows[offset : offset + page], version)
        return Response(orjson.dumps(told), media_type="application/json")

    def _page_size(self, request: Request) -> int:
        settings = self._org.settings
        found = re.search(r"batchSize\s*=\s*(\d+)", request.headers.get("sforce-query-options", ""))
        wanted = int(found[1]) if found else settings.max_page
        return max(settings.min_page, min(wanted, settings.max_page))

    def _keep(self, answer: Answer, user: str, page: int) -> str:
        mine = [name for name, cursor in self._cursors.items() if cursor.user == user]
        if len(mine) >= self._org.settings.max_cursors:
            del self._cursors[mine[0]]
        self._count += 1
        name = ids.make("01g", self._count)
        self._cursors[name] = _Cursor(answer, user, page, self._org.surroundings.clock.now().timestamp())
        return name


class _TooLong(SalesforceError):
    """The URI is too long; the real one answers with a page for people."""

    def response(self) -> Response:
        return Response("<html><body><h1>URI Too Long</h1></body></html>", 414, media_type="text/html")
