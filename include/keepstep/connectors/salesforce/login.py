"""Signs in to an org, three ways, and keeps the session until Salesforce calls it expired.

A token's reply tells no lifetime (the org's session setting slides with use), so a 401 alone makes us sign in again.
"""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import jwt
import requests

from keepstep.connectors.calls import Action, Effect, Expects, Reply, Request, Verdict, verdict_by_status
from keepstep.connectors.salesforce.settings import ClientCredentials, JwtBearer, SalesforceSettings, UserPassword
from keepstep.connectors.transport import RenewableAuth, Transport
from keepstep.core.errors import AuthError, SettingsError, Unavailable

TOKEN: Final = "/services/oauth2/token"  # noqa: S105 # a path
JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_LIFE: Final = timedelta(minutes=3)
_OAUTH_CODES: Final = frozenset(
    (
        "invalid_grant",
        "invalid_client",
        "invalid_client_id",
        "invalid_request",
        "unsupported_grant_type",
        "unauthorized_client",
        "invalid_app_access",
        "inactive_user",
        "inactive_org",
    )
)
_FAULT = re.compile(rb"<(?:\w+:)?exceptionCode>\s*([A-Z][A-Z0-9_]{1,63})\s*<")
_LOGIN = (
    '<?xml version="1.0" encoding="utf-8"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/">'
    '<env:Body><login xmlns="urn:partner.soap.sforce.com"><username>{user}</username><password>{password}</password>'
    "</login></env:Body></env:Envelope>"
)


@dataclass(frozen=True, slots=True)
class Session:
    """What a sign-in gives."""

    token: str = field(repr=False)
    instance_url: str  # where data calls go


class SessionAuth(RenewableAuth):
    """Carries the session's token; signs in when there is none, once for all threads."""

    def __init__(self, sign_in: Callable[[], Session]) -> None:
        self._sign_in = sign_in
        self._session: Session | None = None
        self._lock = threading.Lock()

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign with the present session, or a new one."""
        r.headers["Authorization"] = f"Bearer {self.session().token}"
        return r

    def renew(self, used: str | None) -> bool:
        """Forget the session that was refused, unless another thread has a newer one already."""
        with self._lock:
            if self._session is not None and used == f"Bearer {self._session.token}":
                self._session = None
        return True

    def session(self) -> Session:
        """The present session, or a new one. Raises AuthError or Unavailable."""
        with self._lock:
            if self._session is None:
                self._session = self._sign_in()
            return self._session

    @property
    def known(self) -> Session | None:
        """The present session, without a call."""
        return self._session


def sign_in(settings: SalesforceSettings, tokens: Transport, now: Callable[[], datetime]) -> Session:
    """One sign-in. Raises AuthError, SettingsError or Unavailable."""
    auth = settings.auth
    if isinstance(auth, UserPassword) and auth.client_id is None:
        return _by_soap(auth, settings, tokens)
    form = _form(auth, settings.login_url, now())
    reply = tokens.send(Request("POST", TOKEN, "POST oauth2/token", form=form))
    answer = reply.json if isinstance(reply.json, dict) else {}
    token, instance = answer.get("access_token"), answer.get("instance_url")
    if not isinstance(token, str) or not isinstance(instance, str):
        raise Unavailable("Salesforce's answer to the sign-in holds no token, or no instance")
    return _session(token, instance, settings)


def classify_login(reply: Reply) -> Verdict | None:
    """What a reply to a sign-in asks for: a refusal is the user's to mend; SOAP tells one as HTTP 500."""
    usual = verdict_by_status(reply.status)
    if usual is None:
        return None
    fault = _FAULT.search(reply.body)
    if fault is not None:
        return Verdict(Action.USER, fault[1].decode())
    if usual.action is Action.WAIT:
        return usual
    code = reply.json.get("error") if isinstance(reply.json, dict) else None
    return Verdict(Action.USER, str(code) if code in _OAUTH_CODES else usual.code)


def _form(auth: ClientCredentials | JwtBearer | UserPassword, login_url: str, now: datetime) -> Mapping[str, str]:
    if isinstance(auth, JwtBearer):
        return {"grant_type": JWT_GRANT, "assertion": _assertion(auth, login_url, now)}
    app = {"client_id": auth.client_id or "", "client_secret": auth.client_secret or ""}
    if isinstance(auth, ClientCredentials):
        return {"grant_type": "client_credentials", **app}
    password = auth.password + auth.security_token
    return {"grant_type": "password", **app, "username": auth.username, "password": password}


def _assertion(auth: JwtBearer, login_url: str, now: datetime) -> str:
    claims = {
        "iss": auth.client_id,
        "sub": auth.username,
        "aud": (auth.audience or login_url).rstrip("/"),
        "exp": int((now + ASSERTION_LIFE).timestamp()),
    }
    try:
        return jwt.encode(claims, auth.private_key, "RS256")
    except (jwt.PyJWTError, ValueError, TypeError):
        raise AuthError(
            "Salesforce: the private key can't sign; it must be an RSA key in PEM without a passphrase"
        ) from None


def _by_soap(auth: UserPassword, settings: SalesforceSettings, tokens: Transport) -> Session:
    body = _LOGIN.format(user=escape(auth.username), password=escape(auth.password + auth.security_token))
    reply = tokens.send(
        Request(
            "POST",
            f"/services/Soap/u/{settings.api_version}",
            "POST Soap/u login",
            Effect.READS,
            content=body.encode(),
            headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": "login", "Accept": "text/xml"},
            expects=Expects.ANYTHING,
        )
    )
    token, server = (_element(reply.body, name) for name in ("sessionId", "serverUrl"))
    if token is None or server is None:
        raise Unavailable("Salesforce's answer to the login holds no session, or no server")
    where = urlsplit(server)
    host = where.netloc.replace("-api.salesforce.com", ".salesforce.com")
    return _session(token, f"{where.scheme}://{host}", settings)


def _element(body: bytes, name: str) -> str | None:
    found = re.search(rf"<(?:\w+:)?{name}>([^<]+)<", body.decode("utf-8", "replace"))
    return None if found is None else html.unescape(found[1]).strip()


def _session(token: str, instance: str, settings: SalesforceSettings) -> Session:
    url = (settings.instance_url or instance).rstrip("/")
    if urlsplit(settings.login_url).scheme == "https" and urlsplit(url).scheme != "https":
        raise SettingsError("Salesforce: the instance's address isn't https; the session won't be sent there in clear")
    return Session(token, url)
