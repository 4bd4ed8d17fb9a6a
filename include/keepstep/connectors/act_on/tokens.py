"""Act-On's access tokens: kept between processes, refreshed when they expire, so that signing in stays rare.

Act-On allows five authentication calls an hour (documented). Laws: a kept token is used as long as it lives; one
process at a time asks for a new one, the others find it on the shelf; the sixth call within an hour is never made.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import requests

from keepstep.connectors.act_on.wire import mapping
from keepstep.connectors.base import Json
from keepstep.connectors.calls import CallRefused, Effect, LostReply, Request
from keepstep.connectors.token_store import TokenStore
from keepstep.connectors.transport import RenewableAuth, Transport
from keepstep.core.errors import AuthError, Unavailable

SIGN_INS_AN_HOUR = 5
HOUR_S = 3600.0
EARLY_S = 60.0  # a token that dies within this time isn't used any more


@dataclass(slots=True)
class SignIn:
    """The credentials, and how they become a token pair."""

    transport: Transport  # to /token, unsigned
    user: str
    client_id: str
    password: str = field(repr=False)
    client_secret: str = field(repr=False)

    def with_password(self) -> Mapping[str, Json]:
        """A token pair for the password. Raises AuthError where it is refused."""
        form = {"grant_type": "password", "username": self.user, "password": self.password}
        try:
            return self._ask(form)
        except CallRefused as refused:
            raise AuthError(
                f"Act-On refuses to sign in ({refused.verdict.code}, HTTP {refused.status}): check user name, "
                "password, client id and client secret of the connection, and that API access is on for this user"
            ) from None

    def with_refresh_token(self, token: str) -> Mapping[str, Json] | None:
        """A token pair for a refresh token; None where Act-On no longer knows it."""
        try:
            return self._ask({"grant_type": "refresh_token", "refresh_token": token})
        except CallRefused:
            return None

    def _ask(self, form: Mapping[str, str]) -> Mapping[str, Json]:
        client = {"client_id": self.client_id, "client_secret": self.client_secret}
        # A lost answer may have used the refresh token up, and each try counts: never sent twice.
        request = Request("POST", "/token", "POST token", Effect.ONCE, form={**form, **client})
        try:
            return mapping(self.transport.send(request).json)
        except LostReply as lost:
            raise Unavailable(f"Act-On did not answer the sign-in: {lost.code}") from None


class TokenAuth(RenewableAuth):
    """Signs requests with the account's kept token; `now` is in seconds since 1970."""

    def __init__(self, sign_in: SignIn, store: TokenStore, now: Callable[[], float] = time.time) -> None:
        self._sign_in = sign_in
        self._store = store
        self._now = now
        self._lock = threading.Lock()
        self._token: Mapping[str, Json] = {}

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign it."""
        with self._lock:
            if not self._lives(self._token):
                self._token = self._shared(refused=None)
            r.headers["Authorization"] = f"Bearer {self._token['access']}"
        return r

    def renew(self, used: str | None) -> bool:
        """Get another token than the one used; one that another process got meanwhile is as good."""
        refused = (used or "").removeprefix("Bearer ")
        with self._lock:
            if self._token.get("access") == refused or not self._token:
                self._token = self._shared(refused)
        return True

    def _lives(self, token: Mapping[str, Json]) -> bool:
        expires_at = token.get("expires_at")
        return "access" in token and isinstance(expires_at, int | float) and expires_at - EARLY_S > self._now()

    def _shared(self, refused: str | None) -> Mapping[str, Json]:
        with self._store.exclusive():
            kept = self._store.load()
            if self._lives(kept) and kept.get("access") != refused:
                return kept
            return self._obtain(kept)

    def _obtain(self, kept: Mapping[str, Json]) -> Mapping[str, Json]:
        refresh = kept.get("refresh")
        if isinstance(refresh, str):
            kept = self._counted(kept)
            pair = self._sign_in.with_refresh_token(refresh)
            if pair is not None:
                return self._keep(pair, kept)
        kept = self._counted(kept)
        return self._keep(self._sign_in.with_password(), kept)

    def _counted(self, kept: Mapping[str, Json]) -> Mapping[str, Json]:
        """Note a call before it is made, so that a process killed in the middle of it has counted it too."""
        calls = kept.get("sign_ins")
        recent = [at for at in calls if self._recent(at)] if isinstance(calls, list) else []
        if len(recent) >= SIGN_INS_AN_HOUR:
            oldest = recent[0]
            wait_s = HOUR_S - (self._now() - (oldest if isinstance(oldest, int | float) else 0.0))
            raise Unavailable(
                f"Act-On allows {SIGN_INS_AN_HOUR} sign-ins an hour, and this account has used them up; if its "
                "credentials are right, it goes on by itself",
                retry_after_s=max(1.0, wait_s),
            )
        counted = {**kept, "sign_ins": [*recent, self._now()]}
        self._store.save(counted)
        return counted

    def _recent(self, at: Json) -> bool:
        return isinstance(at, int | float) and self._now() - at < HOUR_S

    def _keep(self, pair: Mapping[str, Json], kept: Mapping[str, Json]) -> Mapping[str, Json]:
        seconds = pair.get("expires_in")
        token: Mapping[str, Json] = {
            "access": str(pair["access_token"]),
            "refresh": pair.get("refresh_token"),
            "expires_at": self._now() + (float(seconds) if isinstance(seconds, int | float | str) else HOUR_S),
            "sign_ins": kept["sign_ins"],
        }
        self._store.save(token)
        return token
