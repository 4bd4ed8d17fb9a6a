"""The tokens of one account: who may call, and how often somebody may sign in."""

import hmac
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from keepstep_sandbox.act_on.errors import TokenError
from keepstep_sandbox.act_on.settings import ActOnSettings

HOUR_S = 3600.0


@dataclass(slots=True)
class TokenBook:
    """Hands out and checks tokens; `now` tells the sandbox's time in seconds since 1970."""

    settings: ActOnSettings
    now: Callable[[], float]
    access: dict[str, float] = field(default_factory=dict)  # token -> when it ends
    refresh: set[str] = field(default_factory=set)
    calls: deque[float] = field(default_factory=deque)

    def grant(self, form: Mapping[str, str]) -> dict[str, object]:
        """Answer POST /token.

        Raises:
            TokenError: 401 for the client, 403 for the person or refresh token, 400 for the grant, 429 over the limit.
        """
        self._count_call()
        if not self._client_known(form):
            raise TokenError(401, "access_denied", "Unauthorized")
        match form.get("grant_type"):
            case "password":
                self._check_password(form)
            case "refresh_token":
                self._use_refresh_token(form.get("refresh_token", ""))
            case _:
                raise TokenError(400, "unsupported_grant_type", "Grants are password and refresh_token")
        return self._issue()

    def valid(self, token: str) -> bool:
        """Tell whether an access token opens the API now."""
        ends = self.access.get(token)
        return ends is not None and self.now() < ends

    def expire_all(self) -> None:
        """Let all access tokens be too old; refresh tokens live on."""
        self.access.clear()

    def _issue(self) -> dict[str, object]:
        access, refresh = secrets.token_hex(20), secrets.token_hex(20)
        self.access[access] = self.now() + self.settings.token_life_s
        self.refresh.add(refresh)
        return {
            "access_token": access,
            "refresh_token": refresh,
            "scope": "offline-access",
            "token_type": "Bearer",
            "expires_in": self.settings.token_life_s,
        }

    def _count_call(self) -> None:
        now = self.now()
        while self.calls and not 0 <= now - self.calls[0] < HOUR_S:
            self.calls.popleft()
        self.calls.append(now)
        # The vendor names the limit but not its refusal: status and wording are ours.
        if self.settings.refuses_logins and len(self.calls) > self.settings.auth_calls_an_hour:
            raise TokenError(429, "temporarily_unavailable", "Too many authentication calls")

    def _client_known(self, form: Mapping[str, str]) -> bool:
        known = _same(form.get("client_id", ""), self.settings.client_id)
        return known & _same(form.get("client_secret", ""), self.settings.client_secret)

    def _check_password(self, form: Mapping[str, str]) -> None:
        right = _same(form.get("username", ""), self.settings.user)
        if not right & _same(form.get("password", ""), self.settings.password):
            raise TokenError(403, "invalid_grant", "Provided email or password is incorrect")

    def _use_refresh_token(self, token: str) -> None:
        if token not in self.refresh:
            raise TokenError(403, "invalid_grant", "Provided refresh token is invalid")
        if self.settings.old_refresh_token_dies:
            self.refresh.discard(token)


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
