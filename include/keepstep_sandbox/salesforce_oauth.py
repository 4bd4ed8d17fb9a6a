"""Salesforce's OAuth, as far as it is the same for an org's own APIs and for Account Engagement."""

import base64
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

ORG_ID: Final = "00DKs0000000001EAA"
JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN_HOSTS: Final = ("https://login.salesforce.com", "https://test.salesforce.com")
MAX_ASSERTION_S: Final = 300


class GrantRefused(Exception):
    """No token: the OAuth error word and its description."""


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    """What an administrator made for a program that signs in."""

    client_id: str
    client_secret: str

    def check_secret(self, form: dict[str, str]) -> None:
        """See whether a form is this app's.

        Raises:
            GrantRefused: it isn't.
        """
        if form.get("client_id") != self.client_id:
            raise GrantRefused("invalid_client_id", "client identifier invalid")
        if form.get("client_secret") != self.client_secret:
            raise GrantRefused("invalid_client", "invalid client credentials")

    def username(self, assertion: str, host: str, now: datetime) -> str:
        """Tell for whom an assertion was signed.

        Raises:
            GrantRefused: it isn't this app's, is for another host, or not for now.
        """
        # Times are checked against the sandbox's clock, not the machine's; hence not by the library.
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["iss", "sub", "exp"]}
        try:
            claims = jwt.decode(
                assertion, _key().public_key(), algorithms=["RS256"], audience=[*LOGIN_HOSTS, host], options=options
            )
            ends = float(claims["exp"])  # simple-salesforce sends it as a text
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise GrantRefused("invalid_grant", "invalid assertion") from error
        if claims["iss"] != self.client_id:
            raise GrantRefused("invalid_client_id", "client identifier invalid")
        if not now.timestamp() < ends <= now.timestamp() + MAX_ASSERTION_S:
            raise GrantRefused("invalid_grant", "expired authorization code")
        return str(claims["sub"])


async def form_of(request: Request) -> dict[str, str]:
    """Give a token request's form; what stands in the Authorization header counts as if it stood there."""
    form = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
    _, _, basic = request.headers.get("authorization", "").partition("Basic ")
    if not basic:
        return form
    client, _, secret = base64.b64decode(basic + "==").decode(errors="replace").partition(":")
    return {"client_id": client, "client_secret": secret, **form}


def granted(token: str, *, scope: str, instance_url: str, user: str, now: datetime, **more: str) -> Response:
    """Answer with a token."""
    told = {
        "access_token": token,
        "signature": "c2FuZGJveA==",
        "scope": scope,
        "instance_url": instance_url,
        "id": f"{LOGIN_HOSTS[0]}/id/{ORG_ID}/{user}",
        "token_type": "Bearer",
        "issued_at": str(int(now.timestamp() * 1000)),
    }
    return JSONResponse(told | more, headers={"Cache-Control": "no-cache, no-store"})


def refused(refusal: GrantRefused) -> Response:
    """Answer that there's no token."""
    word, description = refusal.args
    return JSONResponse({"error": word, "error_description": description}, 400)


def private_key_pem() -> str:
    """Give the private key that signs assertions for the sandboxes; made new in each process."""
    return _key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@lru_cache(maxsize=1)
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
