"""Signs in, and keeps the one session that a user has on a platform: shared by all threads, renewed once for them all.

v11: signing in again, or refreshing, ends the token that was there before, so both happen under a lock
and only for the thread that was refused with the present token. With a token store that holds between processes too:
whoever needs a session looks there first. v4_1 carries its session in the body of each call.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import orjson
import requests

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, CallRefused, Reply, Request, Verdict, verdict_by_status
from keepstep.connectors.oauth import EARLY_S
from keepstep.connectors.sugarcrm import errors
from keepstep.connectors.sugarcrm.settings import SugarCrmSettings
from keepstep.connectors.transport import RenewableAuth, Transport
from keepstep.core.errors import AuthError, SettingsError, Unavailable

if TYPE_CHECKING:
    from keepstep.connectors.token_store import TokenStore

HERE: Final = "KEEPSTEP-SESSION"  # stands in a body of v4_1 for the session
APPLICATION: Final = "keepstep"
_SESSION = re.compile(r"[A-Za-z0-9,._-]{1,128}")
_LIFETIME_S: Final = 3600.0  # where v11 tells none


@dataclass(frozen=True, slots=True)
class Session:
    """What a sign-in gives: a token of v11, or a session id of v4_1, which tells no lifetime."""

    token: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None  # aware, UTC

    def lasts(self, now: datetime) -> bool:
        """Whether a call may still be begun with it."""
        return self.expires_at is None or self.expires_at - timedelta(seconds=EARLY_S) > now

    def as_dict(self) -> Mapping[str, Json]:
        """What a token store keeps of it."""
        expires_at = None if self.expires_at is None else self.expires_at.isoformat()
        return {"token": self.token, "refresh": self.refresh, "expires_at": expires_at}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Json]) -> Session | None:
        """What was kept; None where nothing was."""
        token, refresh, expires_at = (kept.get(name) for name in ("token", "refresh", "expires_at"))
        if not isinstance(token, str):
            return None
        ends = datetime.fromisoformat(expires_at) if isinstance(expires_at, str) else None
        return cls(token, refresh if isinstance(refresh, str) else None, ends)


class SharedSession(RenewableAuth):
    """Carries the session; `sign_in` is handed the last one to refresh it, or None to begin from scratch.

    `store` keeps the session for other processes; None: this one has its own.
    """

    def __init__(
        self,
        sign_in: Callable[[Session | None], Session],
        carry: Callable[[requests.PreparedRequest, str], None],
        now: Callable[[], datetime],
        store: TokenStore | None = None,
    ) -> None:
        self._sign_in = sign_in
        self._carry = carry
        self._now = now
        self._store = store
        self._session: Session | None = None
        self._refused: Session | None = None  # without its refresh token where that can't be used either
        self._lock = threading.Lock()
        self._mine = threading.local()  # what this thread sent last

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign with the present session, refreshed where it is about to end, or a new one."""
        with self._lock:
            if self._session is None or not self._session.lasts(self._now()):
                self._session = self._another(self._session or self._refused)
                self._refused = None
            token = self._mine.token = self._session.token
        self._carry(r, token)
        return r

    def lost(self) -> None:
        """The session that this thread sent can't be refreshed: the next sign-in begins from scratch."""
        self._mine.lost = True

    def renew(self, used: str | None) -> bool:  # noqa: ARG002 # the session isn't in the Authorization header
        """Forget the session that this thread sent, unless another thread has a newer one already."""
        lost, self._mine.lost = getattr(self._mine, "lost", False), False
        with self._lock:
            if self._session is not None and self._session.token == getattr(self._mine, "token", None):
                self._refused = replace(self._session, refresh=None) if lost else self._session
                self._session = None
        return True

    def _another(self, last: Session | None) -> Session:
        """Another session than the last one: that which another process has meanwhile, or a new one for all."""
        if self._store is None:
            return self._sign_in(last)
        with self._store.exclusive():
            kept = Session.from_dict(self._store.load())
            if kept is not None and (last is None or kept.token != last.token):
                if kept.lasts(self._now()):
                    return kept
                last = kept
            session = self._sign_in(last)
            self._store.save(session.as_dict())
        return session


def carry_in_header(r: requests.PreparedRequest, token: str) -> None:
    """As v11 wants it."""
    r.headers["OAuth-Token"] = token


def carry_in_body(r: requests.PreparedRequest, token: str) -> None:
    """As v4_1 wants it: the first argument, so that the first mark is the session's and no value's."""
    body = r.body if isinstance(r.body, bytes) else (r.body or "").encode()
    r.body = body.replace(HERE.encode(), token.encode(), 1)


def form(method: str, *arguments: Json) -> dict[str, str]:
    """The form of a v4_1 call. Positional: named arguments are bound by name on PHP 8 and by place on PHP 7."""
    data = orjson.dumps(list(arguments)).decode()
    return {"method": method, "input_type": "JSON", "response_type": "JSON", "rest_data": data}


def sign_in_v11(
    settings: SugarCrmSettings, tokens: Transport, now: Callable[[], datetime], last: Session | None
) -> Session:
    """Refresh the last session, or else sign in with the password. Raises AuthError or Unavailable."""
    app: dict[str, Json] = {
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "platform": settings.platform,
    }
    if last is not None and last.refresh is not None:
        try:
            return _token(settings, tokens, now, {"grant_type": "refresh_token", "refresh_token": last.refresh, **app})
        except AuthError:  # used already, or too old
            pass
    user: dict[str, Json] = {"grant_type": "password", "username": settings.username, "password": settings.password}
    try:
        return _token(settings, tokens, now, {**user, **app})
    except AuthError as error:
        raise AuthError(
            f"{error}. Besides the password: the platform {settings.platform!r} must be registered there (Admin > "
            "Configure API Platforms), and 'Validate user IP address' be switched off"
        ) from None


def sign_in_v4_1(settings: SugarCrmSettings, tokens: Transport) -> Session:
    """A new session. Raises AuthError or Unavailable."""
    # The protocol's own way; the connection's TLS is what protects it.
    hashed = hashlib.md5(settings.password.encode(), usedforsecurity=False).hexdigest()
    who: Json = {"user_name": settings.username, "password": hashed, "version": "1"}
    request = Request("POST", "/service/v4_1/rest.php", "POST login", form=form("login", who, APPLICATION, []))
    reply = tokens.send(request)
    id = reply.json.get("id") if isinstance(reply.json, dict) else None
    if not isinstance(id, str) or not _SESSION.fullmatch(id):
        raise Unavailable("SugarCRM's answer to the login holds no session")
    return Session(id)


def classify_login(reply: Reply) -> Verdict | None:
    """What a reply to a sign-in asks for: a refusal is the user's to mend."""
    usual = verdict_by_status(reply.status)
    if usual is None:
        number = errors.number_of(reply.json)
        return None if number is None else Verdict(Action.USER, number)
    code = errors.label_of(reply.json)
    if code == errors.WRONG_VERSION:
        return Verdict(Action.ROW, code)
    rule = None if code is None else errors.V11.get(code)
    waits = usual.action is Action.WAIT if rule is None else rule.action is Action.WAIT
    return usual if waits else Verdict(Action.USER, code or usual.code)


def _token(
    settings: SugarCrmSettings, tokens: Transport, now: Callable[[], datetime], body: dict[str, Json]
) -> Session:
    began = now()
    path = f"/rest/v{settings.api_version}/oauth2/token"
    try:
        reply = tokens.send(Request("POST", path, "POST oauth2/token", json=body))
    except CallRefused as refused:
        raise SettingsError(f"SugarCRM: {errors.rule_of(refused.verdict.code).what_to_do}") from None
    answer = reply.json if isinstance(reply.json, dict) else {}
    token, refresh, lifetime = (answer.get(key) for key in ("access_token", "refresh_token", "expires_in"))
    if not isinstance(token, str):
        raise Unavailable("SugarCRM's answer to the sign-in holds no token")
    seconds = float(lifetime) if isinstance(lifetime, int | float) and lifetime > EARLY_S else _LIFETIME_S
    return Session(token, refresh if isinstance(refresh, str) else None, began + timedelta(seconds=seconds))
