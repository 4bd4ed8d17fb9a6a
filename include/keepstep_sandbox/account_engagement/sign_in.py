"""The token endpoint, which in truth is Salesforce's: client credentials, JWT bearer and username-password."""

import base64
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keepstep_sandbox import credentials
from keepstep_sandbox.account_engagement.gate import Gate
from keepstep_sandbox.account_engagement.query_service import base_url
from keepstep_sandbox.account_engagement.schema import USERS
from keepstep_sandbox.account_engagement.seeded import API_USER
from keepstep_sandbox.account_engagement.unit import BusinessUnit

ORG_ID: Final = "00DKs0000000001EAA"
JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN_HOSTS: Final = ("https://login.salesforce.com", "https://test.salesforce.com")
MAX_ASSERTION_S: Final = 300


class GrantRefused(Exception):
    """No token: the OAuth error word and its description."""


class SignIn:
    """Answers the token endpoint."""

    def __init__(self, unit: BusinessUnit, gate: Gate) -> None:
        self._unit = unit
        self._gate = gate

    async def token(self, request: Request) -> Response:
        """Answer `POST /services/oauth2/token`."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
        _, _, basic = request.headers.get("authorization", "").partition("Basic ")
        if basic:
            client, _, secret = base64.b64decode(basic + "==").decode(errors="replace").partition(":")
            form = {"client_id": client, "client_secret": secret, **form}
        try:
            user = self._user(form, request)
        except GrantRefused as refusal:
            word, description = refusal.args
            return JSONResponse({"error": word, "error_description": description}, 400)
        told = {
            "access_token": self._gate.open(user, by_password=form["grant_type"] == "password"),
            "signature": "c2FuZGJveA==",
            "scope": self._unit.settings.granted_scope,
            "instance_url": self._unit.settings.instance_url,
            "id": f"{LOGIN_HOSTS[0]}/id/{ORG_ID}/{self._unit.row(USERS, user).get('salesforceId', '')}",
            "token_type": "Bearer",
            "issued_at": str(int(self._unit.surroundings.clock.now().timestamp() * 1000)),
        }
        return JSONResponse(told, headers={"Cache-Control": "no-cache, no-store"})

    def _user(self, form: Mapping[str, str], request: Request) -> int:
        """Find the user that a grant is for.

        Raises:
            GrantRefused: there's none.
        """
        match form.get("grant_type", ""):
            case "client_credentials":
                _check_client(form)
                return API_USER
            case "password" if self._unit.settings.password_flow:
                _check_client(form)
                return self._by_password(form)
            case grant if grant == JWT_GRANT:
                return self._by_assertion(form.get("assertion", ""), base_url(request))
            case _:
                raise GrantRefused("unsupported_grant_type", "grant type not supported")

    def _by_password(self, form: Mapping[str, str]) -> int:
        user = self._unit.active_user(form.get("username", ""))
        password = credentials.ACCOUNT_ENGAGEMENT_PASSWORD
        accepted = (password, password + credentials.ACCOUNT_ENGAGEMENT_SECURITY_TOKEN)
        if user is None or form.get("password") not in accepted:
            raise GrantRefused("invalid_grant", "authentication failure")
        return user

    def _by_assertion(self, assertion: str, host: str) -> int:
        # Times are checked against the sandbox's clock, not the machine's; hence not by the library.
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["iss", "sub", "exp"]}
        try:
            claims = jwt.decode(
                assertion, _key().public_key(), algorithms=["RS256"], audience=[*LOGIN_HOSTS, host], options=options
            )
            ends = float(claims["exp"])
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise GrantRefused("invalid_grant", "invalid assertion") from error
        if claims["iss"] != credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID:
            raise GrantRefused("invalid_client_id", "client identifier invalid")
        now = self._unit.surroundings.clock.now().timestamp()
        if not now < ends <= now + MAX_ASSERTION_S:
            raise GrantRefused("invalid_grant", "expired authorization code")
        user = self._unit.active_user(str(claims["sub"]))
        if user is None:
            raise GrantRefused("invalid_grant", "user hasn't approved this consumer")
        return user


def private_key_pem() -> str:
    """Give the private key that signs assertions for this sandbox; made new in each process."""
    return _key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@lru_cache(maxsize=1)
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _check_client(form: Mapping[str, str]) -> None:
    if form.get("client_id") != credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID:
        raise GrantRefused("invalid_client_id", "client identifier invalid")
    if form.get("client_secret") != credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET:
        raise GrantRefused("invalid_client", "invalid client credentials")
