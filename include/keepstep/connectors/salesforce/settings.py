"""What the connector must be told about one Salesforce org."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from keepstep.core.errors import SettingsError

PRODUCTION: Final = "https://login.salesforce.com"
SHARED_LOGINS: Final = frozenset({"login.salesforce.com", "test.salesforce.com"})
MAX_PAGE: Final = 2000  # rows that a query gives at once
MIN_PAGE: Final = 200  # that a query can be asked to give without a LIMIT
UNKNOWN: Final = "[[Unknown]]"  # how Account Engagement spells a blank that Salesforce doesn't allow
_OLDEST_VERSION: Final = 50
_VERSION = re.compile(r"([0-9]{2,3})\.0")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth 2.0, as the one integration user of the app. Works on the org's own My Domain host only."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JwtBearer:
    """OAuth 2.0 with a signed assertion for a user who approved the app before."""

    client_id: str
    username: str
    private_key: str = field(repr=False)  # PEM, RSA
    audience: str | None = None  # None: the login host


@dataclass(frozen=True, slots=True)
class UserPassword:
    """A user's name and password, for older orgs: by OAuth where an app's id is given, else by SOAP login."""

    username: str
    password: str = field(repr=False)
    security_token: str = field(default="", repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """One org, and how much of it we may use.

    `bulk_read_from` and `bulk_write_from` are numbers of records from which Bulk API 2.0 takes over: it costs fewer
    calls and more waiting. `log_every_s` is how often the deletion log is asked at the most: what is in the recycle bin
    is told by every read, the log alone tells what went past it.
    """

    auth: ClientCredentials | JwtBearer | UserPassword
    login_url: str = PRODUCTION
    instance_url: str | None = None  # instead of the one that the sign-in tells: a proxy
    api_version: str = "60.0"
    concurrency: int = 5  # calls at once; an org allows 25 (5 in developer editions) that last over 20 s
    page_size: int = MAX_PAGE
    overlap_s: int = 300  # an incremental read begins this much before its watermark: for saves that took long
    log_every_s: int = 600
    bulk_read_from: int = 20_000
    bulk_write_from: int = 5_000
    bulk_page_size: int = 50_000  # rows of a Bulk result that come at once
    bulk_wait_s: float = 900.0  # for a job
    opt_out_field: str | None = "HasOptedOutOfEmail"  # of leads and contacts; None: none
    external_id_field: str | None = None  # of leads and contacts: the key that makes a create safe to send twice
    unknown: str | None = UNKNOWN  # stands for a blank Company or LastName, both ways; None: nothing does
    allow_duplicates: bool = False  # save in spite of duplicate rules that only warn
    verify: bool | str = True  # TLS certificates: True, or the path of a bundle

    def __post_init__(self) -> None:
        version = _VERSION.fullmatch(self.api_version)
        if version is None or int(version[1]) < _OLDEST_VERSION:
            raise SettingsError(f"Salesforce: the API version must look like 60.0, and be {_OLDEST_VERSION}.0 or later")
        for url in filter(None, (self.login_url, self.instance_url)):
            if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
                raise SettingsError("Salesforce: login and instance URL must look like https://acme.my.salesforce.com")
        if isinstance(self.auth, ClientCredentials) and urlsplit(self.login_url).hostname in SHARED_LOGINS:
            raise SettingsError(
                "Salesforce: client credentials work on the org's own host only: set the login URL to its My Domain, "
                "https://NAME.my.salesforce.com"
            )
        for name in filter(None, (self.opt_out_field, self.external_id_field)):
            if not _NAME.fullmatch(name):
                raise SettingsError(f"Salesforce: {name[:80]!r} can't be a field's name")
        self._check_figures()

    def _check_figures(self) -> None:
        if not 1 <= self.page_size <= MAX_PAGE or self.concurrency < 1 or self.overlap_s < 0:
            raise SettingsError(f"Salesforce: page size 1 to {MAX_PAGE}, concurrency 1 or more, overlap 0 s or more")
        if min(self.bulk_read_from, self.bulk_write_from, self.bulk_page_size) < 1 or self.log_every_s < 0:
            raise SettingsError("Salesforce: the Bulk figures must be 1 or more, and log_every_s 0 or more")
