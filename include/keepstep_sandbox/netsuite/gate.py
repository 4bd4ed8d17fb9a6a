"""The door of the account: who may come in, by either kind of sign-in, and how many at once."""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from keepstep_sandbox.middleware import Reply
from keepstep_sandbox.netsuite.account import Account
from keepstep_sandbox.netsuite.errors import ERROR_MEDIA_TYPE, NetSuiteError, insufficient_permission, invalid_login
from keepstep_sandbox.netsuite.oauth1 import Tba
from keepstep_sandbox.netsuite.oauth2 import TOKEN_PATH, GrantRefused, OAuth2


class Gate:
    """Checks each request before its handler sees it."""

    def __init__(self, account: Account, oauth2: OAuth2) -> None:
        self._account = account
        self._tba = Tba()
        self.oauth2 = oauth2

    def admit(self, request: Request) -> None:
        """Let a signed request or one with a good token pass.

        Raises:
            NetSuiteError: it's neither.
        """
        settings = self._account.settings
        now = self._account.surroundings.clock.now().timestamp()
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            known = self.oauth2.verify(token.strip(), now=now, age=self._account.token_age)
            admitted = settings.oauth2_enabled and known
        else:
            signed = self._tba.verify(request, now=now, window_s=settings.timestamp_window_s)
            admitted = settings.tba_enabled and signed
        if not admitted:
            raise invalid_login()

    def need(self, permission: str) -> None:
        """Let the role pass if it has a permission.

        Raises:
            NetSuiteError: it hasn't.
        """
        if permission not in self._account.settings.permissions:
            raise insufficient_permission()

    def crowd(self, under_way: int, scope: Scope) -> Reply | None:  # noqa: ARG002 - a guard's signature
        """Refuse a request that is one too many at once; `Retry-After` isn't documented, so it isn't sent."""
        settings = self._account.settings
        if under_way <= settings.concurrency_limit:
            return None
        detail = "Concurrent request limit exceeded. Request blocked."
        refusal = NetSuiteError(settings.concurrency_status, "CONCURRENCY_LIMIT_EXCEEDED", detail).response()
        return Reply(refusal.status_code, [(b"content-type", ERROR_MEDIA_TYPE.encode())], bytes(refusal.body))

    async def token(self, request: Request) -> Response:
        """Answer `POST .../oauth2/v1/token`."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        settings = self._account.settings
        audience = f"{request.url.scheme}://{request.headers.get('host', '')}{TOKEN_PATH}"
        now = self._account.surroundings.clock.now().timestamp()
        try:
            if not settings.oauth2_enabled:
                raise GrantRefused("invalid_client")  # noqa: TRY301 - one place answers all refusals
            token = self.oauth2.grant(
                form, audience=audience, now=now, lifetime_s=settings.token_lifetime_s, age=self._account.token_age
            )
        except GrantRefused as refusal:
            return JSONResponse({"error": refusal.args[0]}, 400)
        told = {"access_token": token, "expires_in": str(settings.token_lifetime_s), "token_type": "bearer"}
        return JSONResponse(told, headers={"Cache-Control": "no-store"})
