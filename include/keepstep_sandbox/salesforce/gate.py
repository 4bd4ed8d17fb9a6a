"""The door of the org: who may come in, how many calls there may be, and the header that counts them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from keepstep_sandbox.middleware import Reply
from keepstep_sandbox.salesforce.errors import SalesforceError, invalid_session
from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.records import Caller
from keepstep_sandbox.salesforce.schema import USER

VERSIONS: Final = range(56, 68)  # the API versions answered
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class _Session:
    """A token handed out: whose, when it ends unless it's used, and the org's token age at its making."""

    user: str
    ends: float
    age: int


class Gate:
    """Knows the sessions; wraps each handler."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._sessions: dict[str, _Session] = {}
        self._count = 0

    def open(self, user: str) -> str:
        """Hand out an access token for a user."""
        now = self._org.surroundings.clock.now().timestamp()
        self._sessions = {token: one for token, one in self._sessions.items() if one.ends > now}
        self._count += 1
        token = f"00DKs0000000001!AQ{self._count:06d}.{int(now)}"
        self._sessions[token] = _Session(user, now + self._org.settings.session_s, self._org.token_age)
        return token

    def close(self, token: str) -> bool:
        """End a session; tell whether there was one."""
        return self._sessions.pop(token, None) is not None

    def guarded(self, handler: Handler) -> Handler:
        """Let a handler see only good requests, and add the header that counts calls."""

        async def guarded(request: Request) -> Response:
            try:
                self._admit(request)
                reply = await handler(request)
            except SalesforceError as refusal:
                reply = refusal.response()
            used, limit = self._org.calls_used(), self._org.settings.daily_limit
            reply.headers["Sforce-Limit-Info"] = f"api-usage={used}/{limit}"
            return reply

        return guarded

    def caller(self, request: Request) -> Caller:
        """Tell who asks, and what the duplicate rule header says."""
        header = request.headers.get("sforce-duplicate-rule-header", "")
        words = {part.partition("=")[0].strip().lower(): part.partition("=")[2].strip() for part in header.split(";")}
        return Caller(str(request.state.user), words.get("allowsave", "").lower() == "true")

    def crowd(self, under_way: int, scope: Scope) -> Reply | None:  # noqa: ARG002 - a guard's signature
        """Refuse a request that is one too many at once."""
        if under_way <= self._org.settings.concurrent_limit:
            return None
        message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
        refusal = SalesforceError(403, "REQUEST_LIMIT_EXCEEDED", message).response()
        return Reply(403, [(b"content-type", b"application/json")], bytes(refusal.body))

    def _admit(self, request: Request) -> None:
        version = str(request.path_params.get("version", VERSIONS[-1]))
        if not version.isdecimal() or int(version) not in VERSIONS:
            raise SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")
        request.state.user = self._user(request.headers.get("authorization", ""))
        org = self._org
        org.purge_expired()
        if org.calls_used() >= org.settings.daily_limit:
            raise SalesforceError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        org.count_call()

    def _user(self, header: str) -> str:
        scheme, _, token = header.partition(" ")
        session = self._sessions.get(token.strip())
        now = self._org.surroundings.clock.now().timestamp()
        if scheme.lower() not in ("bearer", "oauth") or session is None:
            raise invalid_session()
        active = (self._org.tables[USER].get(session.user) or {}).get("IsActive", False)
        if session.ends <= now or session.age != self._org.token_age or not active:
            raise invalid_session()
        session.ends = now + self._org.settings.session_s
        return session.user
