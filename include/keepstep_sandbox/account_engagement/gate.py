"""The door of the business unit: who may come in, how many calls there may be, and the header that counts them."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from keepstep_sandbox import credentials
from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.schema import USERS
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.middleware import Reply

TOKEN_PATH: Final = "/services/oauth2/token"  # noqa: S105 - a path
UNIT_HEADER: Final = "Pardot-Business-Unit-Id"
NEEDED_SCOPE: Final = "pardot_api"
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Session:
    """A token handed out: whose, whether it's good for this API, when it ends, and the unit's token age then."""

    user: int
    good: bool
    ends: float
    age: int


class Gate:
    """Knows the sessions; wraps each handler."""

    def __init__(self, unit: BusinessUnit) -> None:
        self._unit = unit
        self._sessions: dict[str, _Session] = {}
        self._count = 0

    def open(self, user: int, *, by_password: bool) -> str:
        """Hand out an access token for a user."""
        now, settings = self._unit.surroundings.clock.now().timestamp(), self._unit.settings
        self._sessions = {token: one for token, one in self._sessions.items() if one.ends > now}
        self._count += 1
        token = f"00DKs0000000001!AE{self._count:06d}.{int(now)}"
        good = by_password or NEEDED_SCOPE in settings.granted_scope.split()
        self._sessions[token] = _Session(user, good, now + settings.session_s, self._unit.token_age)
        return token

    def guarded(self, handler: Handler) -> Handler:
        """Let a handler see only good requests; tell the usage if the client asks for it."""

        async def guarded(request: Request) -> Response:
            settings = self._unit.settings
            try:
                self._admit(request)
                reply = await handler(request)
            except PardotError as refusal:
                reply = refusal.response(settings.statuses)
            if request.headers.get("x-return-api-usage") == "1":
                reply.headers["x-api-usage"] = f"{self._unit.calls_today()}/{settings.daily_limit}"
            return reply

        return guarded

    def crowd(self, under_way: int, scope: Scope) -> Reply | None:
        """Refuse a request that is one too many at once; tokens are Salesforce's business."""
        if under_way <= self._unit.settings.concurrent_limit or scope["path"] == TOKEN_PATH:
            return None
        refusal = PardotError(66)
        status = refusal.status(self._unit.settings.statuses)
        return Reply(status, [(b"content-type", b"application/json")], refusal.body())

    def _admit(self, request: Request) -> None:
        unit_id = request.headers.get(UNIT_HEADER.lower())
        if unit_id is None:
            raise PardotError(181, f"{UNIT_HEADER} header not found on request.")
        if re.fullmatch(r"0Uv[A-Za-z0-9]{15}", unit_id) is None:
            raise PardotError(182, UNIT_HEADER)
        request.state.user = self._user(request.headers.get("authorization", ""))
        if unit_id != credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT or not self._unit.settings.unit_active:
            raise PardotError(201)
        self._unit.count_call()
        if self._unit.settings.read_only_user and request.method != "GET":
            raise PardotError(49)

    def _user(self, header: str) -> int:
        scheme, _, token = header.partition(" ")
        session = self._sessions.get(token.strip())
        if scheme.lower() != "bearer" or session is None or not session.good:
            raise PardotError(184)
        user = self._unit.tables[USERS].get(session.user)
        ended = session.ends <= self._unit.surroundings.clock.now().timestamp()
        if ended or session.age != self._unit.token_age or user is None or user.get("isDeleted", False):
            raise PardotError(184)
        return session.user
