"""Signing: the OAuth 1.0a signature against one worked out by hand, tokens kept and renewed, assertions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keepstep.connectors.oauth import Assertion, BearerAuth, SignedAuth, Token

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def header_of(url: str, body: bytes = b'{"q":"SELECT 1"}') -> dict[str, str]:
    """The parts of the Authorization header that a JSON POST gets."""
    auth = SignedAuth("ck", "c&s", "tk", "t s", realm="1234567_SB1")
    request = requests.Request("POST", url, data=body, headers={"Content-Type": "application/json"}, auth=auth)
    sent = request.prepare().headers["Authorization"]
    text = sent.decode() if isinstance(sent, bytes) else sent
    assert text.startswith("OAuth ")
    return {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', text)}


def signature_by_hand(base_uri: str, parameters: dict[str, str], consumer_secret: str, token_secret: str) -> str:
    """RFC 5849, 3.4: nothing of the library that is tested here."""

    def enc(text: str) -> str:
        return quote(text, safe="-._~")

    pairs = "&".join(f"{k}={v}" for k, v in sorted((enc(k), enc(v)) for k, v in parameters.items()))
    base = "&".join(enc(part) for part in ("POST", base_uri, pairs))
    key = f"{enc(consumer_secret)}&{enc(token_secret)}".encode()
    return base64.b64encode(hmac.new(key, base.encode(), hashlib.sha256).digest()).decode()


@pytest.mark.parametrize(
    ("url", "base_uri"),
    [
        ("https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/query/v1/suiteql", None),
        ("http://127.0.0.1:8443/services/rest/query/v1/suiteql", None),  # a port that isn't the scheme's own is signed
        ("https://X.suitetalk.api.netsuite.com:443/a", "https://x.suitetalk.api.netsuite.com/a"),
    ],
)
def test_the_signature_is_that_of_the_rfc_with_the_query_and_without_realm_and_body(
    url: str, base_uri: str | None
) -> None:
    header = header_of(f"{url}?limit=1000&offset=0")
    oauth = {name: value for name, value in header.items() if name not in ("realm", "oauth_signature")}

    expected = signature_by_hand(base_uri or url, {**oauth, "limit": "1000", "offset": "0"}, "c&s", "t s")

    assert header["oauth_signature"] == expected
    assert (header["realm"], header["oauth_signature_method"]) == ("1234567_SB1", "HMAC-SHA256")
    assert set(oauth) == {
        "oauth_consumer_key",
        "oauth_token",
        "oauth_signature_method",
        "oauth_timestamp",
        "oauth_nonce",
        "oauth_version",
    }


def test_no_nonce_is_used_twice() -> None:
    assert len({header_of("https://a.test/x")["oauth_nonce"] for _ in range(50)}) == 50


def signed(auth: BearerAuth) -> str:
    return str(requests.Request("GET", "https://a.test/", auth=auth).prepare().headers["Authorization"])


class Issuer:
    """Gives token 1, token 2, ..., each for an hour."""

    def __init__(self) -> None:
        self.issued = 0
        self.time = NOON

    def now(self) -> datetime:
        """The time it is."""
        return self.time

    def fetch(self) -> Token:
        """The next token."""
        self.issued += 1
        return Token(str(self.issued), self.time + timedelta(hours=1))


def test_a_token_is_kept_until_shortly_before_it_expires() -> None:
    issuer = Issuer()
    auth = BearerAuth(issuer.fetch, now=issuer.now)
    assert [signed(auth), signed(auth)] == ["Bearer 1", "Bearer 1"]
    issuer.time += timedelta(minutes=58)
    assert signed(auth) == "Bearer 1"
    issuer.time += timedelta(minutes=1)
    assert signed(auth) == "Bearer 2"


def test_a_token_of_an_earlier_run_is_used_while_it_is_good() -> None:
    issuer = Issuer()
    kept = Token("kept", NOON + timedelta(minutes=30))
    assert signed(BearerAuth(issuer.fetch, token=kept, now=issuer.now)) == "Bearer kept"
    assert issuer.issued == 0


def test_many_threads_get_one_token_and_renew_a_refused_one_once() -> None:
    issuer = Issuer()
    auth = BearerAuth(issuer.fetch, now=issuer.now)
    together = threading.Barrier(8)

    def refused() -> None:
        used = signed(auth)
        together.wait(5)
        auth.renew(used)
        signed(auth)

    threads = [threading.Thread(target=refused) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert (issuer.issued, signed(auth)) == (2, "Bearer 2")


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
def test_an_assertion_says_who_for_whom_and_for_how_long(algorithm: str) -> None:
    key = rsa.generate_private_key(65537, 2048) if algorithm == "PS256" else ec.generate_private_key(ec.SECP256R1())
    url = "https://1.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token"
    assertion = Assertion("client", "certificate", pem(key), algorithm, url, ("rest_webservices",))

    text = assertion.sign(NOON)

    claims = jwt.decode(
        text, key.public_key(), [algorithm], audience=url, options={"verify_exp": False, "verify_iat": False}
    )
    assert jwt.get_unverified_header(text) == {"alg": algorithm, "typ": "JWT", "kid": "certificate"}
    assert (claims["iss"], claims["scope"], claims["exp"] - claims["iat"]) == ("client", ["rest_webservices"], 300)
    assert claims["iat"] == int(NOON.timestamp())
    assert jwt.decode(assertion.sign(NOON), options={"verify_signature": False})["jti"] != claims["jti"]


def test_no_secret_shows_in_a_text() -> None:
    assertion = Assertion("client", "certificate", "-----BEGIN", "PS256", "https://a.test/", ())
    assert "BEGIN" not in repr(assertion) + repr(Token("s3cret", NOON))
    assert "s3cret" not in repr(Token("s3cret", NOON))
