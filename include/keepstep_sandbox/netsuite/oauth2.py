"""OAuth 2.0 machine to machine: client credentials with a signed assertion, checked against registered public keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from keepstep_sandbox import credentials

ALGORITHMS: Final = ("PS256", "PS384", "PS512", "ES256", "ES384", "ES512")  # RS256 isn't one of them
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE: Final = "rest_webservices"
MAX_ASSERTION_S: Final = 3600
LEEWAY_S: Final = 60
TOKEN_PATH: Final = "/services/rest/auth/oauth2/v1/token"  # noqa: S105 - a path
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class GrantRefused(Exception):
    """No token: `args[0]` is the OAuth error word."""


@dataclass(frozen=True, slots=True)
class _Issued:
    """A token handed out: when it ends by the sandbox's clock, and the account's token age at its making."""

    ends: float
    age: int


class OAuth2:
    """Knows the registered keys and the tokens handed out."""

    def __init__(self, key_path: Path | None = None) -> None:
        """Make a key pair for the default client; write its private key to `key_path`, readable by its owner only."""
        private = ec.generate_private_key(ec.SECP256R1())
        self.private_key_pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self._keys: dict[str, PublicKey] = {credentials.NETSUITE_CERTIFICATE_ID: private.public_key()}
        self._issued: dict[str, _Issued] = {}
        self._count = 0
        if key_path is not None:
            key_path.touch(mode=0o600)
            key_path.write_text(self.private_key_pem)

    def register(self, certificate_id: str, pem: str) -> None:
        """Take up a certificate, or a bare public key, under an id.

        Raises:
            ValueError: it's neither, or of a kind that NetSuite doesn't take.
        """
        raw = pem.encode()
        try:
            key = load_pem_x509_certificate(raw).public_key() if "CERTIFICATE" in pem else load_pem_public_key(raw)
        except UnsupportedAlgorithm as error:
            raise ValueError("this kind of key isn't supported") from error
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise ValueError("the key must be RSA or elliptic curve")  # noqa: TRY004 - the caller answers 400
        self._keys[certificate_id] = key

    def grant(self, form: Mapping[str, str], *, audience: str, now: float, lifetime_s: int, age: int) -> str:
        """Hand out an access token for a good assertion.

        Raises:
            GrantRefused: it isn't one.
        """
        if form.get("grant_type") != "client_credentials" or form.get("client_assertion_type") != ASSERTION_TYPE:
            raise GrantRefused("invalid_request")
        _check_claims(self._claims(form.get("client_assertion", ""), audience), now)
        self._issued = {token: one for token, one in self._issued.items() if one.ends > now}
        self._count += 1
        token = _access_token(self._count, now, lifetime_s)
        self._issued[token] = _Issued(now + lifetime_s, age)
        return token

    def verify(self, token: str, *, now: float, age: int) -> bool:
        """Tell whether a bearer token was handed out here and isn't too old."""
        issued = self._issued.get(token)
        return issued is not None and issued.ends > now and issued.age == age

    def _claims(self, assertion: str, audience: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(assertion)
        except jwt.PyJWTError as error:
            raise GrantRefused("invalid_request") from error
        key = self._keys.get(str(header.get("kid", "")))
        if key is None:
            raise GrantRefused("invalid_client")
        # Times are checked against the sandbox's clock, not the machine's; hence not by the library.
        options: Any = {
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
            "require": ["iss", "aud", "iat", "exp"],
        }
        try:
            return jwt.decode(assertion, key, algorithms=list(ALGORITHMS), audience=audience, options=options)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise GrantRefused("invalid_grant") from error


def _check_claims(claims: Mapping[str, Any], now: float) -> None:
    if claims["iss"] != credentials.NETSUITE_CLIENT_ID:
        raise GrantRefused("invalid_client")
    scope = claims.get("scope", "")
    scopes = scope if isinstance(scope, list) else str(scope).replace(",", " ").split()
    issued, ends = claims["iat"], claims["exp"]
    if not isinstance(issued, int | float) or not isinstance(ends, int | float):
        raise GrantRefused("invalid_grant")
    in_time = issued <= now + LEEWAY_S and now < ends <= issued + MAX_ASSERTION_S
    if SCOPE not in scopes or not in_time:
        raise GrantRefused("invalid_grant")


def _access_token(number: int, now: float, lifetime_s: int) -> str:
    """Make a token of the real one's form, a PS256 JWT; nobody is meant to look inside."""
    claims = {
        "iss": "https://system.netsuite.com",
        "sub": "1000;2",
        "aud": [f"sandbox;{credentials.NETSUITE_ACCOUNT}", credentials.NETSUITE_CLIENT_ID],
        "scope": [SCOPE],
        "jti": str(number),
        "iat": int(now),
        "exp": int(now) + lifetime_s,
    }
    return jwt.encode(claims, _signing_key(), algorithm="PS256")


@lru_cache(maxsize=1)
def _signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
