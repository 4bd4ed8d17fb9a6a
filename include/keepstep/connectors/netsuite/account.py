"""One signed-in NetSuite account: SuiteQL, and what is asked for once and kept (field catalogs, the zone, statuses)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Action, CallRefused, Reply, Request, Verdict, verdict_by_status
from keepstep.connectors.netsuite import queries, wire
from keepstep.connectors.netsuite.fields import RECORD_TYPES, USER, USER_FIELDS, Catalog, catalog_of
from keepstep.connectors.netsuite.queries import SuiteQuery
from keepstep.connectors.netsuite.settings import ClientCredentials, NetSuiteSettings, TokenBased
from keepstep.connectors.netsuite.values import Row
from keepstep.connectors.netsuite.zone import AccountZone, found_offset
from keepstep.connectors.oauth import Assertion, BearerAuth, SignedAuth, Token
from keepstep.connectors.transport import RenewableAuth, Transport
from keepstep.core.errors import AuthError, SettingsError, Unavailable

SYSTEM = "NetSuite"
SUITEQL = "/services/rest/query/v1/suiteql"
TOKEN = "/services/rest/auth/oauth2/v1/token"  # noqa: S105 # a path
SCOPE = ("rest_webservices",)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_LIFE_S = 3600.0  # where the answer doesn't say


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a SuiteQL answer."""

    rows: Sequence[Row]
    more: bool
    asked_at: datetime | None  # by the server's clock, before the query began


@dataclass(slots=True)
class Account:
    """Asks; what doesn't change during a run is asked for once."""

    transport: Transport
    settings: NetSuiteSettings
    now: Callable[[], datetime]
    _catalogs: dict[str, Catalog] = field(default_factory=dict)
    _zone: AccountZone | None = None
    _statuses: dict[str, str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def query(self, query: SuiteQuery) -> Rows:
        """One page. Raises SettingsError where NetSuite refuses the query, beside AuthError and Unavailable."""
        try:
            reply = self.transport.send(_suiteql(query, self.settings.page_size))
        except CallRefused as refused:
            raise SettingsError(
                f"NetSuite refuses the query of {query.label} ({refused.verdict.code}): check that every field of the "
                "sync's file exists there, applies to this record, and can be seen by the role of this connection"
            ) from None
        page = wire.rows_of(reply.json)
        if page is None:
            raise Unavailable(f"NetSuite's answer to the query of {query.label} is not a page of rows")
        return Rows(*page, reply.asked_at)

    def page_after(self, query: SuiteQuery, last: int, key: str = "id") -> Rows:
        """One page of a keyset listing: only rows beyond the last id, in order. Raises as `query`."""
        page = self.query(query)
        rows = wire.after(page.rows, last, key)
        if page.more and not rows:
            raise Unavailable(f"NetSuite repeats a page of {query.label} instead of going on")
        return Rows(rows, page.more, page.asked_at)

    def catalog(self, object: str) -> Catalog:
        """The fields of an object, as NetSuite describes them; those of a user are known."""
        if object == USER:
            return USER_FIELDS
        record = RECORD_TYPES[object]
        with self._lock:
            if record not in self._catalogs:
                self._catalogs[record] = catalog_of(record, self._description(record))
            return self._catalogs[record]

    def _description(self, record: str) -> Json:
        endpoint = f"metadata-catalog/{record}"
        request = Request(
            "GET", f"{wire.RECORDS}/{endpoint}", f"GET {endpoint}", headers={"Accept": "application/schema+json"}
        )
        try:
            return self.transport.send(request).json
        except CallRefused as refused:
            raise SettingsError(
                f"NetSuite doesn't describe its {record} record ({refused.verdict.code}): switch on the "
                "feature REST Web Services, and give the role of this connection access to that record"
            ) from None

    def zone(self) -> AccountZone:
        """The account's time zone: as set, or found by comparing SYSDATE with the reply's Date."""
        with self._lock:
            if self._zone is None:
                name = self.settings.time_zone
                self._zone = AccountZone(name=name) if name is not None else AccountZone(self._ask_offset())
            return self._zone

    def keep_zone(self, zone: AccountZone) -> None:
        """What an earlier run found."""
        with self._lock:
            self._zone = self._zone or zone

    def statuses(self, stages: frozenset[str]) -> Mapping[str, str]:
        """The entityStatus id for each of these stages; a stage that the account has no status for is left out."""
        with self._lock:
            known = {**self._statuses, **self.settings.stages}
            if not stages <= set(known):
                rows = self.query(queries.STATUSES).rows
                found = {stage: wire.status_of_stage(rows, stage) for stage in stages - set(known)}
                self._statuses.update({stage: id for stage, id in found.items() if id is not None})
            return {**self._statuses, **self.settings.stages}

    def clock(self) -> Rows:
        """The cheapest call that needs a sign-in and the right to query."""
        return self.query(queries.CLOCK)

    def _ask_offset(self) -> timedelta:
        answer = self.clock()
        local = str(answer.rows[0].get("local_now")) if answer.rows else ""
        offset = found_offset(local, answer.asked_at or self.now())
        if offset is None:
            raise SettingsError("NetSuite doesn't tell its clock: set the account's time zone in the connection")
        return offset


def auth_of(settings: NetSuiteSettings, tokens: Transport, now: Callable[[], datetime]) -> RenewableAuth:
    """How this account's calls are signed; `tokens` is the transport that asks for a token."""
    auth = settings.auth
    if isinstance(auth, TokenBased):
        return SignedAuth(
            auth.consumer_key, auth.consumer_secret, auth.token_id, auth.token_secret, realm=settings.realm
        )
    assertion = _assertion(auth, settings.api_url + TOKEN)
    return BearerAuth(lambda: _new_token(assertion, tokens, now), now=now)


def classify_token(reply: Reply) -> Verdict | None:
    """What a reply to a request for a token asks for: a refusal is the user's to mend."""
    usual = verdict_by_status(reply.status)
    if usual is None or usual.action is Action.WAIT:
        return usual
    code = reply.json.get("error") if isinstance(reply.json, dict) else None
    known = code if code in ("invalid_request", "invalid_grant", "invalid_client", "invalid_scope") else None
    return Verdict(Action.USER, str(known or usual.code))


def _assertion(auth: ClientCredentials, audience: str) -> Assertion:
    return Assertion(auth.client_id, auth.certificate_id, auth.private_key, auth.algorithm, audience, SCOPE)


def _new_token(assertion: Assertion, tokens: Transport, now: Callable[[], datetime]) -> Token:
    asked_at = now()
    try:
        signed = assertion.sign(asked_at)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise AuthError(
            "NetSuite: the private key can't sign; it must be a PEM key without a passphrase, RSA or elliptic "
            f"(P-256, P-384, P-521), and fit the algorithm{f' {assertion.algorithm}' if assertion.algorithm else ''}"
        ) from None
    reply = tokens.send(
        Request(
            "POST",
            TOKEN,
            "POST oauth2/token",
            form={
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": signed,
            },
        )
    )
    answer = reply.json if isinstance(reply.json, dict) else {}
    value = answer.get("access_token")
    if not isinstance(value, str):
        raise Unavailable("NetSuite's answer to the sign-in holds no token")
    return Token(value, asked_at + timedelta(seconds=_seconds(answer.get("expires_in"))))


def _seconds(value: Json) -> float:
    """`expires_in` comes as a number or as text."""
    try:
        return float(str(value))
    except ValueError:
        return TOKEN_LIFE_S


def _suiteql(query: SuiteQuery, limit: int) -> Request:
    body: dict[str, Json] = {"q": query.text}
    if query.params:
        body["params"] = list(query.params)
    return Request(
        "POST",
        SUITEQL,
        f"POST suiteql {query.label}",
        params={"limit": str(limit), "offset": "0"},
        json=body,
        headers={"Prefer": "transient"},
    )
