"""Endpoints for opt-outs, bounces and complaints, account-wide and by subscription category."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from keepstep_sandbox.act_on.account import Account
from keepstep_sandbox.act_on.bodies import named_values, upload_of
from keepstep_sandbox.act_on.columns import fold
from keepstep_sandbox.act_on.errors import UNPUBLISHED, ApiError
from keepstep_sandbox.act_on.gate import Endpoint, guarded
from keepstep_sandbox.act_on.parameters import page_of, required, span_of
from keepstep_sandbox.act_on.replies import answer
from keepstep_sandbox.act_on.suppression import Entry, Suppressed
from keepstep_sandbox.act_on.upload_file import check_file, read_emails


class SuppressionEndpoints:
    """The endpoints; `account` gives the present account."""

    def __init__(self, account: Callable[[], Account]) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Give the routes; they must come before those that take any list id."""
        lists = [
            Route(f"/api/1/list/{kind}", self._guarded(self._reader(kind)), methods=["GET"]) for kind in Suppressed
        ]
        return [
            *lists,
            Route("/api/1/list/optout", self._guarded(self.opt_out), methods=["PUT"]),
            Route("/api/1/list/optin", self._guarded(self.opt_in), methods=["PUT"]),
            Route("/api/1/subscription/optout", self._guarded(self.category_opt_outs), methods=["GET"]),
            Route("/api/1/subscription/optout", self._guarded(self.set_category), methods=["PUT"]),
            Route("/api/1/subscription/setcategories", self._guarded(self.set_categories), methods=["PUT"]),
            Route("/api/1/subscription/category", self._guarded(self.categories), methods=["GET"]),
        ]

    async def opt_out(self, request: Request) -> Response:
        """Put the addresses of a file on the opt-out list, at once."""
        account = self._account()
        for email in await self._emails(request):
            account.opt_out(email, "upload")
        return answer({"status": "success", "message": "Upload completed"})

    async def opt_in(self, request: Request) -> Response:
        """Take the addresses of a file off the opt-out list, at once."""
        account = self._account()
        for email in await self._emails(request):
            account.opt_in(email)
        return answer({"status": "success", "message": "Upload completed"})

    async def category_opt_outs(self, request: Request) -> Response:
        """Tell who opted out of a category; here totalCount is real."""
        account, page = self._account(), page_of(request)
        members = list(_category(account, required(request, "category")).values())
        shown = page.cut(members, account.settings.default_count)
        return answer(
            {
                "offset": page.offset,
                "count": len(shown),
                "totalCount": len(members),
                "result": [{"email": each.email, "timestamp": each.since_ms} for each in shown],
            }
        )

    async def set_category(self, request: Request) -> Response:
        """Opt an address out of a category, or in again."""
        account, values = self._account(), dict(await named_values(request))
        email, category, action = (_named(values, name) for name in ("email", "category", "action"))
        if action not in ("optin", "optout"):
            raise ApiError(UNPUBLISHED, "action is optin or optout")
        _category(account, category)
        account.suppression.set_category(category, email, account.now_ms(), opted_out=action == "optout")
        return answer({"status": "success", "message": "Subscription updated"})

    async def set_categories(self, request: Request) -> Response:
        """Let an address be subscribed to exactly the categories named, and opted out of the others (open)."""
        account, values = self._account(), await named_values(request)
        email = _named(dict(values), "email")
        wanted = {value for name, value in values if name == "category" and value}
        for category in wanted:
            _category(account, category)
        for category in account.suppression.categories:
            account.suppression.set_category(category, email, account.now_ms(), opted_out=category not in wanted)
        return answer({"status": "success", "message": "Subscription updated"})

    async def categories(self, request: Request) -> Response:  # noqa: ARG002 - an endpoint's signature
        """Tell which subscription categories there are."""
        names = list(self._account().suppression.categories)
        found = [{"name": name, "isDefault": place == 0} for place, name in enumerate(names)]
        return answer({"offset": 0, "count": len(found), "totalCount": len(found), "result": found})

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        return guarded(self._account, endpoint)

    def _reader(self, kind: Suppressed) -> Endpoint:
        async def read(request: Request) -> Response:
            account, page = self._account(), page_of(request)
            span = span_of(request, account, "createdafter", "createdbefore")
            found = [each for each in account.suppression.lists[kind].values() if each.since_ms in span]
            shown = page.cut(found, account.settings.default_count)
            return answer(
                {
                    "offset": page.offset,
                    "count": len(shown),
                    "totalCount": -1,  # always, so a reader pages until a short page: the developer pages
                    "result": [
                        {"email": each.email, "timestamp": each.since_ms, "origin": each.origin} for each in shown
                    ],
                }
            )

        return read

    async def _emails(self, request: Request) -> list[str]:
        upload = await upload_of(request)
        if upload.data is None:
            raise ApiError(10003)
        check_file(upload.filename, len(upload.data), self._account().settings.max_upload_bytes)
        return read_emails(upload.data)


def _category(account: Account, name: str) -> dict[str, Entry]:
    found = account.suppression.categories.get(name)
    if found is None:
        raise ApiError(UNPUBLISHED, "Invalid subscription category")
    return found


def _named(values: dict[str, str], name: str) -> str:
    value = values.get(name, "").strip()
    if not value:
        raise ApiError(10121, f"Required parameter is missing: {name}")
    return fold(value) if name == "email" else value
