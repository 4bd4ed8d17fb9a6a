"""Signs in at Microsoft Entra as an application; a refusal says who must do what."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, CallRefused, Reply, Request, Verdict, verdict_by_status
from keepstep.connectors.dynamics.settings import DynamicsSettings
from keepstep.connectors.oauth import Token
from keepstep.connectors.transport import Transport
from keepstep.core.errors import AuthError, Unavailable

_LIFE_S: Final = 3599.0  # where the answer doesn't say
_CODE = re.compile(r"AADSTS([0-9]{4,9})")

# Microsoft Learn: "Microsoft Entra authentication and authorization error codes". Who must do what.
WHAT_TO_DO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AADSTS7000215": "the client secret is wrong: enter the secret's value (not its id) in the connection",
        "AADSTS7000222": "the client secret expired: an administrator makes a new one for the app registration in "
        "Microsoft Entra; enter it in the connection",
        "AADSTS7000216": "no client secret was given: enter it in the connection",
        "AADSTS700016": "the directory has no such app: correct the client id or the tenant id in the connection",
        "AADSTS7000112": "the app is switched off: an administrator enables it in Microsoft Entra, Enterprise apps",
        "AADSTS900023": "the tenant id is neither a GUID nor a domain: correct it in the connection",
        "AADSTS90002": "there is no such directory: correct the tenant id in the connection",
        "AADSTS500011": "the directory knows no environment at this URL: correct the environment's URL or the tenant "
        "id in the connection",
        "AADSTS70011": "the environment's URL is no scope of this directory: correct the URL in the connection",
        "AADSTS53003": "a Conditional Access policy keeps the app out: an administrator of Microsoft Entra allows it",
    }
)
_ELSE: Final = "check the tenant id, client id and client secret of the connection with an administrator of Entra"
_BUSY: Final = frozenset({"AADSTS90033", "AADSTS50196", "AADSTS90024"})  # transient, a loop, throttled


class SignInRefusedError(AuthError):
    """Microsoft Entra refused; the text says who must do what."""


def sign_in(settings: DynamicsSettings, tokens: Transport, now: Callable[[], datetime]) -> Token:
    """A new token. Raises SignInRefusedError or Unavailable."""
    asked_at = now()
    try:
        reply = tokens.send(_request(settings))
    except CallRefused as refused:
        code = refused.verdict.code
        raise SignInRefusedError(
            f"Microsoft Entra refused the sign-in ({code}, HTTP {refused.status}): {WHAT_TO_DO.get(code, _ELSE)}"
        ) from None
    answer = reply.json if isinstance(reply.json, dict) else {}
    value, life = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(value, str) or not value:
        raise Unavailable("Microsoft Entra's answer to the sign-in holds no token")
    return Token(value, asked_at + timedelta(seconds=_seconds(life)))


def classify_login(reply: Reply) -> Verdict | None:
    """What a reply to a sign-in asks for; the code is the one of Entra (``AADSTS7000215``)."""
    usual = verdict_by_status(reply.status)
    if usual is None:
        return None
    code = _code(reply.json)
    if usual.action is Action.WAIT or code in _BUSY:
        return Verdict(Action.WAIT, code or usual.code)
    return Verdict(Action.ROW, code or usual.code)


def _request(settings: DynamicsSettings) -> Request:
    return Request(
        "POST",
        f"{settings.login_url.rstrip('/')}/{settings.auth.tenant_id}/oauth2/v2.0/token",
        "POST oauth2/v2.0/token",
        form={
            "grant_type": "client_credentials",
            "client_id": settings.auth.client_id,
            "client_secret": settings.auth.client_secret,
            "scope": f"{settings.root}/.default",
        },
    )


def _code(body: Json) -> str:
    told = body if isinstance(body, dict) else {}
    codes = told.get("error_codes")
    first = codes[0] if isinstance(codes, list) and codes else None
    if isinstance(first, int) and not isinstance(first, bool):
        return f"AADSTS{first}"
    found = _CODE.match(str(told.get("error_description") or ""))
    return "" if found is None else found[0]


def _seconds(life: Json) -> float:
    try:
        return float(str(life))
    except ValueError:
        return _LIFE_S
