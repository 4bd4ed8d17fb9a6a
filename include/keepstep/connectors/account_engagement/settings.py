"""What the connector must be told about one Account Engagement business unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from keepstep.connectors.salesforce.settings import (
    PRODUCTION,
    ClientCredentials,
    JwtBearer,
    SalesforceSettings,
    UserPassword,
)
from keepstep.core.errors import SettingsError

HOST: Final = "https://pi.pardot.com"
MAX_PAGE: Final = 1000
MIN_OVERLAP_S: Final = 120  # reads may be 60 s stale
AT_ONCE: Final = 5  # requests that a business unit answers at once
_UNIT = re.compile(r"0Uv[A-Za-z0-9]{15}")


@dataclass(frozen=True, slots=True)
class AccountEngagementSettings:
    """One business unit, and how much of it we may use. The sign-in is Salesforce's, with the scope `pardot_api`."""

    auth: ClientCredentials | JwtBearer | UserPassword
    business_unit_id: str
    login_url: str = PRODUCTION
    base_url: str = HOST  # sandboxes and developer orgs: https://pi.demo.pardot.com
    concurrency: int = AT_ONCE
    page_size: int = MAX_PAGE
    overlap_s: int = 180  # an incremental read begins this much before its watermark: reads may be 60 s stale
    activity_email: str | None = "prospect.email"  # the field of an activity with the address; None: there is none
    import_from: int = 500  # writes of one shape from which the Import API takes over: a dozen calls, more waiting
    import_wait_s: float = 900.0
    account_zone: str | None = None  # the unit's, by whose midnight the daily limit ends; None: it is asked each hour
    verify: bool | str = True  # TLS certificates: True, or the path of a bundle

    def __post_init__(self) -> None:
        if not _UNIT.fullmatch(self.business_unit_id):
            raise SettingsError("Account Engagement: a business unit's id has 18 characters and begins with 0Uv")
        if isinstance(self.auth, UserPassword) and self.auth.client_id is None:
            raise SettingsError(
                "Account Engagement: its API takes an OAuth token only: give the connection the client id and secret "
                "of a connected app with the scope pardot_api"
            )
        if urlsplit(self.base_url).scheme not in ("http", "https") or not urlsplit(self.base_url).hostname:
            raise SettingsError(f"Account Engagement: the address must look like {HOST}")
        if self.import_from < 1 or self.import_wait_s < 0:
            raise SettingsError("Account Engagement: import_from must be 1 or more, import_wait_s 0 or more")
        if self.account_zone is not None and self.account_zone not in available_timezones():
            raise SettingsError("Account Engagement: the account's zone must be named as in America/New_York")
        if (
            not 1 <= self.page_size <= MAX_PAGE
            or not 1 <= self.concurrency <= AT_ONCE
            or self.overlap_s < MIN_OVERLAP_S
        ):
            raise SettingsError(
                f"Account Engagement: page size 1 to {MAX_PAGE}, concurrency 1 to {AT_ONCE}, overlap {MIN_OVERLAP_S} s "
                "or more"
            )
        _ = self.sign_in  # what is wrong with it is told here, and not at the first call

    @property
    def sign_in(self) -> SalesforceSettings:
        """How to get a token."""
        return SalesforceSettings(self.auth, self.login_url, verify=self.verify)
