"""The door of the environment: who may come in, how often, and the headers that every answer carries."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox import credentials
from keepstep_sandbox.dynamics import ids
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError
from keepstep_sandbox.dynamics.limits import Protection
from keepstep_sandbox.dynamics.rows import Caller

Handler = Callable[[Request], Awaitable[Response]]
_CHALLENGE: Final = (
    f"Bearer authorization_uri=https://login.microsoftonline.com/{credentials.DYNAMICS_TENANT_ID}/oauth2/authorize"
)


@dataclass(frozen=True, slots=True)
class _Token:
    """A token handed out: when it ends, and the environment's token age at its making."""

    ends: float
    age: int


class Gate:
    """Knows the tokens; wraps each handler."""

    def __init__(self, environment: Environment, protection: Protection) -> None:
        self._environment = environment
        self._protection = protection
        self._tokens: dict[str, _Token] = {}
        self._count = 0
        self._requests = 0

    def open(self) -> str:
        """Hand out an access token for the app."""
        now = self._environment.surroundings.clock.now().timestamp()
        self._tokens = {token: one for token, one in self._tokens.items() if one.ends > now}
        self._count += 1
        token = f"eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.sandbox{self._count:06d}.{int(now)}"
        self._tokens[token] = _Token(now + self._environment.settings.token_s, self._environment.token_age)
        return token

    def guarded(self, handler: Handler) -> Handler:
        """Let a handler see only good requests, and add the usual headers."""

        async def guarded(request: Request) -> Response:
            try:
                self._admit(request)
                reply = await handler(request)
            except DynamicsError as refusal:
                reply = refusal.response()
            self._requests += 1
            request_id = ids.make("request", self._requests)
            reply.headers.update({"OData-Version": "4.0", "x-ms-service-request-id": request_id, "REQ_ID": request_id})
            reply.headers.update(self._protection.headers())
            return reply

        return guarded

    def caller(self, request: Request) -> Caller:
        """Tell who asks, and whether duplicates are to be detected."""
        header = request.headers.get("mscrm.suppressduplicatedetection", "true")
        return Caller(self._environment.integration_user, detects_duplicates=header.lower() == "false")

    def _admit(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = self._tokens.get(token.strip())
        now = self._environment.surroundings.clock.now().timestamp()
        good = known is not None and known.ends > now and known.age == self._environment.token_age
        if scheme.lower() != "bearer" or not good:
            message = "HTTP Error 401 - Unauthorized: Access is denied"
            raise DynamicsError(401, "0x80048501", message, {"WWW-Authenticate": _CHALLENGE})
        if not self._environment.settings.application_user:
            raise DynamicsError(403, "0x80072560", "The user is not a member of the organization.")
        user = self._environment.integration_user
        if not self._environment.active_user(user):
            message = f"The specified user(Id = {user}) is disabled. Consider enabling this user."
            raise DynamicsError(403, "0x80040225", message)
        self._protection.admit()
        self._measure(request)

    def _measure(self, request: Request) -> None:
        """Refuse what is too long.

        Raises:
            DynamicsError: it is (414, 413).
        """
        settings = self._environment.settings
        if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > settings.url_limit:
            raise DynamicsError(414, "", "The request URI is too long.")
        if int(request.headers.get("content-length", 0)) > settings.body_limit:
            raise DynamicsError(413, "", "The request is too large.")
