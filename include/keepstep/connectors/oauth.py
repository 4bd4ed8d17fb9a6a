"""Signs requests: OAuth 1.0a, and bearer tokens that are kept until shortly before they expire."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256
from requests_oauthlib import OAuth1

from keepstep.connectors.transport import RenewableAuth

EARLY_S = 60.0  # a token this near to its end is not used any more: the call would take a while, and clocks differ


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class SignedAuth(RenewableAuth):
    """OAuth 1.0a (RFC 5849) with HMAC-SHA256; the query string is signed, a JSON body is not."""

    def __init__(
        self, consumer_key: str, consumer_secret: str, token_id: str, token_secret: str, *, realm: str | None = None
    ) -> None:
        self._sign = OAuth1(
            consumer_key,
            consumer_secret,
            token_id,
            token_secret,
            signature_method=SIGNATURE_HMAC_SHA256,
            realm=realm,
        )

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign it, with a nonce and time of its own."""
        signed: requests.PreparedRequest = self._sign(r)
        return signed

    def renew(self, used: str | None) -> bool:  # noqa: ARG002 # nothing is kept: the next signature is new anyway
        """A new nonce and time may pass where the old ones came too late."""
        return True


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and how long it lives."""

    value: str = field(repr=False)
    expires_at: datetime  # aware, UTC


class BearerAuth(RenewableAuth):
    """Carries a token; gets one by `fetch` when there is none, or it is about to expire, once for all threads.

    `fetch` raises AuthError or Unavailable. A token kept from an earlier run can be given as `token`.
    """

    def __init__(
        self, fetch: Callable[[], Token], *, token: Token | None = None, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._fetch = fetch
        self._token = token
        self._now = now
        self._lock = threading.Lock()

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign with the present token, or a new one."""
        r.headers["Authorization"] = f"Bearer {self._present().value}"
        return r

    def renew(self, used: str | None) -> bool:
        """Forget the token that was refused, unless another thread has a newer one already."""
        with self._lock:
            if self._token is not None and used == f"Bearer {self._token.value}":
                self._token = None
        return True

    def _present(self) -> Token:
        with self._lock:
            if self._token is None or self._token.expires_at - timedelta(seconds=EARLY_S) <= self._now():
                self._token = self._fetch()
            return self._token


def usual_algorithm(private_key: str) -> str:
    """PS256 for an RSA key, ES256, ES384 or ES512 for an elliptic one, by its curve (RFC 7518, 3.4 and 3.5).

    Raises ValueError or TypeError where it isn't such a key in PEM without a passphrase.
    """
    key = load_pem_private_key(private_key.encode(), password=None)
    if isinstance(key, RSAPrivateKey):
        return "PS256"
    curves = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
    if isinstance(key, EllipticCurvePrivateKey) and key.curve.name in curves:
        return curves[key.curve.name]
    raise ValueError("neither RSA nor one of the three NIST curves")


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a client that signs in with a certificate says of itself (RFC 7523)."""

    client_id: str
    key_id: str
    private_key: str = field(repr=False)  # PEM
    algorithm: str | None  # None: the usual one for the kind of key
    audience: str  # the token URL
    scope: tuple[str, ...]
    lifetime_s: int = 300

    def sign(self, now: datetime) -> str:
        """The signed JWT. Raises jwt.PyJWTError, ValueError or TypeError where the key can't be used."""
        issued = int(now.timestamp())
        claims = {
            "iss": self.client_id,
            "scope": list(self.scope),
            "aud": self.audience,
            "iat": issued,
            "exp": issued + self.lifetime_s,
            "jti": uuid.uuid4().hex,  # two assertions of one second are not the same one twice
        }
        algorithm = self.algorithm or usual_algorithm(self.private_key)
        return jwt.encode(claims, self.private_key, algorithm, headers={"kid": self.key_id, "typ": "JWT"})
