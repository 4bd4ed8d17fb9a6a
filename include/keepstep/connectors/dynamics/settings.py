"""What the connector must be told about one Dynamics 365 environment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from keepstep.core.errors import SettingsError

LOGIN: Final = "https://login.microsoftonline.com"
MAX_PAGE: Final = 5000  # rows that a query gives at once
MAX_BATCH: Final = 1000  # requests in a $batch; a good size for UpdateMultiple too
MAX_AT_ONCE: Final = 51  # 52 calls at once are refused (service protection)
_VERSION = re.compile(r"9\.[0-9]")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,127}")
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """OAuth 2.0 client credentials of an app registration in Microsoft Entra; the app is a user of the environment."""

    tenant_id: str  # of the directory: a GUID or a domain
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DynamicsSettings:
    """One environment, and how much of it we may use."""

    auth: ClientSecret
    org_url: str  # https://contoso.crm4.dynamics.com
    login_url: str = LOGIN
    api_version: str = "9.2"
    concurrency: int = 4  # calls at once; the application user may have 51, all its integrations together
    page_size: int = MAX_PAGE
    batch_rows: int = MAX_BATCH
    overlap_s: int = 300  # where changes are found by `modifiedon`: for saves that took long
    track_changes: bool = True  # False: changes by `modifiedon` only, which announces no deletions
    opt_out_field: str | None = "donotbulkemail"  # of leads and contacts; None: none
    verify: bool | str = True  # TLS certificates: True, or the path of a bundle

    def __post_init__(self) -> None:
        for url in (self.org_url, self.login_url):
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
                raise SettingsError("Dynamics 365: the environment's URL must look like https://NAME.crm4.dynamics.com")
        if not _VERSION.fullmatch(self.api_version):
            raise SettingsError("Dynamics 365: the version of the Web API must look like 9.2")
        if not _TENANT.fullmatch(self.auth.tenant_id):
            raise SettingsError("Dynamics 365: the tenant must be the directory's id, or one of its domains")
        if self.opt_out_field is not None and not _NAME.fullmatch(self.opt_out_field):
            raise SettingsError(f"Dynamics 365: {self.opt_out_field[:80]!r} can't be a column's name")
        self._check_figures()

    @property
    def root(self) -> str:
        """The environment's address, without a slash at its end."""
        return self.org_url.rstrip("/")

    @property
    def data(self) -> str:
        """The path of the Web API."""
        return f"/api/data/v{self.api_version}"

    def _check_figures(self) -> None:
        if not 1 <= self.page_size <= MAX_PAGE or not 1 <= self.batch_rows <= MAX_BATCH or self.overlap_s < 0:
            raise SettingsError(
                f"Dynamics 365: page size 1 to {MAX_PAGE}, batch rows 1 to {MAX_BATCH}, overlap 0 s or more"
            )
        if not 1 <= self.concurrency <= MAX_AT_ONCE:
            raise SettingsError(f"Dynamics 365: concurrency 1 to {MAX_AT_ONCE}")
