"""Token-based authentication: verifies OAuth 1.0a signatures (RFC 5849), HMAC-SHA256 only."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request

from keepstep_sandbox import credentials

METHOD: Final = "HMAC-SHA256"  # HMAC-SHA1 ended with 2023.1
_PART: Final = re.compile(r'\s*([A-Za-z_]+)\s*=\s*"([^"]*)"\s*(?:,|$)')
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}


class Tba:
    """Knows the account's one token, and the nonces that were used within the window."""

    def __init__(self) -> None:
        self._nonces: dict[tuple[str, str], float] = {}

    def verify(self, request: Request, *, now: float, window_s: int) -> bool:
        """Tell whether a request is signed by the token's owner, in time and for the first time."""
        header = parse_header(request.headers.get("authorization", ""))
        if not _known(header) or not _in_time(header, now, window_s):
            return False
        query = parse_qsl(request.url.query, keep_blank_values=True)
        base = base_string(request.method, base_url(request), query, header)
        key = f"{_escape(credentials.NETSUITE_CONSUMER_SECRET)}&{_escape(credentials.NETSUITE_TOKEN_SECRET)}"
        if not hmac.compare_digest(sign(base, key), header.get("oauth_signature", "")):
            return False
        return self._first_use(header, now, window_s)

    def _first_use(self, header: Mapping[str, str], now: float, window_s: int) -> bool:
        # A nonce counts for twice the window: a timestamp may be ahead of the clock by one, behind it by another.
        # They are kept in the order of their use, so that only those that are over have to be looked at.
        while self._nonces and abs(now - self._nonces[oldest := next(iter(self._nonces))]) > 2 * window_s:
            del self._nonces[oldest]
        nonce = (header["oauth_timestamp"], header.get("oauth_nonce", ""))
        if not nonce[1] or nonce in self._nonces:
            return False
        self._nonces[nonce] = now
        return True


def parse_header(header: str) -> dict[str, str]:
    """Take an `OAuth key="value", ...` header apart, decoded; empty if it isn't one."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        return {}
    return {name: unquote(value) for name, value in _PART.findall(rest)}


def base_url(request: Request) -> str:
    """Give the address that is signed: no query, the port unless it's the scheme's own (RFC 5849 section 3.4.1.2)."""
    scheme = request.url.scheme.lower()
    host, colon, port = request.headers.get("host", "").lower().rpartition(":")
    if not colon or "]" in port:
        host, port = request.headers.get("host", "").lower(), ""
    shown = f":{port}" if port and port != _DEFAULT_PORTS.get(scheme) else ""
    path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii").partition("?")[0]
    return f"{scheme}://{host}{shown}{path}"


def base_string(method: str, url: str, query: list[tuple[str, str]], header: Mapping[str, str]) -> str:
    """Write the signature base string: every parameter but the signature itself; the realm isn't one."""
    signed = [(name, value) for name, value in header.items() if name not in ("realm", "oauth_signature")]
    pairs = sorted((_escape(name), _escape(value)) for name, value in [*query, *signed])
    normal = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join((method.upper(), _escape(url), _escape(normal)))


def sign(base: str, key: str) -> str:
    """Give the signature of a base string."""
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()).decode()


def _known(header: Mapping[str, str]) -> bool:
    expected = {
        "realm": credentials.NETSUITE_ACCOUNT,
        "oauth_consumer_key": credentials.NETSUITE_CONSUMER_KEY,
        "oauth_token": credentials.NETSUITE_TOKEN_ID,
        "oauth_signature_method": METHOD,
    }
    return all(header.get(name) == value for name, value in expected.items())


def _in_time(header: Mapping[str, str], now: float, window_s: int) -> bool:
    stamp = header.get("oauth_timestamp", "")
    version = header.get("oauth_version", "1.0")
    return version == "1.0" and stamp.isdecimal() and len(stamp) < 16 and abs(now - int(stamp)) <= window_s


def _escape(text: str) -> str:
    return quote(text, safe="~")
