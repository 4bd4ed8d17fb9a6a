"""What the connector must be told about one NetSuite account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from keepstep.core.errors import SettingsError

ALGORITHMS: Final = ("PS256", "PS384", "PS512", "ES256", "ES384", "ES512")  # RS256 is not among them
UNKNOWN: Final = "[[Unknown]]"  # how Account Engagement spells a blank that a CRM doesn't allow
STAGES: Final = ("lead", "prospect", "customer")
MAX_PAGE: Final = 1000  # rows that SuiteQL gives at once
_ACCOUNT = re.compile(r"[A-Za-z0-9]+([_-][A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class TokenBased:
    """Token-based authentication: OAuth 1.0a with HMAC-SHA256."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    token_id: str
    token_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth 2.0, machine to machine: a certificate mapped to an entity and a role. NetSuite's preferred way."""

    client_id: str
    certificate_id: str
    private_key: str = field(repr=False)  # PEM
    algorithm: str | None = None  # None: the usual one for the kind of key

    def __post_init__(self) -> None:
        if self.algorithm is not None and self.algorithm not in ALGORITHMS:
            raise SettingsError(
                f"NetSuite: algorithm {self.algorithm} is not allowed; allowed: {', '.join(ALGORITHMS)}"
            )


@dataclass(frozen=True, slots=True)
class NetSuiteSettings:
    """One account, and how much of it we may use.

    `stages` gives the entityStatus id for companies made at a stage (lead, prospect, customer), and for new leads; a
    stage that isn't there takes the first active status of that stage in NetSuite. `time_zone` is the IANA name of the
    account's zone; without it the offset is found by asking, and stamps of the other half of the year are an hour off.
    `subsidiary` must be given in OneWorld accounts, and must not in others.
    """

    account: str  # 1234567 or 1234567_SB1
    auth: TokenBased | ClientCredentials
    base_url: str | None = None  # instead of NetSuite's own host: a sandbox, a proxy
    concurrency: int = 3  # calls at once; the account's own limit (5 to 55) is shared by all its integrations
    subsidiary: str | None = None  # its internal id
    stages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    time_zone: str | None = None
    page_size: int = MAX_PAGE
    overlap_s: int = 300  # an incremental read begins this much before its watermark: for saves that took long
    opt_out_field: str | None = None  # the field of contacts and leads that means "do not contact"
    unknown: str | None = UNKNOWN  # stands for a blank first or last name of a lead, both ways; None: nothing does
    verify: bool | str = True  # TLS certificates: True, or the path of a bundle

    def __post_init__(self) -> None:
        if not _ACCOUNT.fullmatch(self.account):
            raise SettingsError("NetSuite: the account id must look like 1234567 or 1234567_SB1")
        if not 1 <= self.page_size <= MAX_PAGE or self.concurrency < 1 or self.overlap_s < 0:
            raise SettingsError(f"NetSuite: page size 1 to {MAX_PAGE}, concurrency 1 or more, overlap 0 s or more")
        if not set(self.stages) <= set(STAGES):
            raise SettingsError(f"NetSuite: stages may name {', '.join(STAGES)}")
        self._check_zone()

    def _check_zone(self) -> None:
        try:
            if self.time_zone is not None:
                ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise SettingsError(
                f"NetSuite: no time zone {self.time_zone!r}; write it like America/Los_Angeles"
            ) from None

    @property
    def realm(self) -> str:
        """The account id as OAuth 1.0a wants it: 1234567_SB1."""
        return self.account.upper().replace("-", "_")

    @property
    def host(self) -> str:
        """The account id as it stands in host names: 1234567-sb1."""
        return self.account.lower().replace("_", "-")

    @property
    def api_url(self) -> str:
        """Where REST calls go."""
        return (self.base_url or f"https://{self.host}.suitetalk.api.netsuite.com").rstrip("/")

    @property
    def app_url(self) -> str:
        """Where people work."""
        return (self.base_url or f"https://{self.host}.app.netsuite.com").rstrip("/")
