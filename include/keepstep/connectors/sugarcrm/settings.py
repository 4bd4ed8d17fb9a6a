"""What the connector must be told about one SugarCRM."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from keepstep.core.errors import SettingsError

UNKNOWN: Final = "[[Unknown]]"  # how Account Engagement spells a blank that a CRM doesn't allow
MAX_PAGE: Final = 1000  # rows that v11 gives at once (its setting max_list_limit, believed)
_VERSION = re.compile(r"1[01](_[0-9]{1,2})?")


class Api(StrEnum):
    """Which protocol is spoken."""

    V11 = "v11"  # Sugar 7 and later
    V4_1 = "v4_1"  # SugarCRM CE 6, SuiteCRM 7, and SuiteCRM 8 below /legacy


@dataclass(frozen=True, slots=True)
class SugarCrmSettings:
    """One SugarCRM, and how much of it we may use.

    The user should be nobody else's and the platform too: signing in ends the session that the same user has on the
    same platform. Client, secret, platform and `api_version` are of v11 alone.
    """

    url: str  # of the pages that people see: https://acme.sugarondemand.com; SuiteCRM 8: with /legacy
    username: str
    password: str = field(repr=False)
    client_id: str = "sugar"  # always there; others are made by an administrator (OAuth Keys)
    client_secret: str = field(default="", repr=False)
    platform: str = "keepstep"  # must be registered: unknown ones are refused by default since Winter '18
    api: str = Api.V11.value
    api_version: str = "11_20"
    concurrency: int = 2  # calls at once
    page_size: int = 500
    overlap_s: int = 300  # an incremental read begins this much before its watermark: for saves that took long
    poll_addresses: bool = True  # opt-outs are the address's, and don't move a record's date
    batch_timeout_s: float = 600.0  # for a call with many writes: servers are slow
    unknown: str | None = UNKNOWN  # stands for a blank last name, both ways; None: nothing does
    verify: bool | str = True  # TLS certificates: True, or the path of a bundle

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
            raise SettingsError("SugarCRM: its URL must look like https://acme.sugarondemand.com")
        if self.api not in tuple(Api):
            raise SettingsError(f"SugarCRM: api is one of {', '.join(Api)}, not {self.api[:20]!r}")
        if not _VERSION.fullmatch(self.api_version):
            raise SettingsError("SugarCRM: the API version must look like 11_20, 11 or 10")
        if not self.username or not self.password:
            raise SettingsError("SugarCRM: a user name and a password are needed")
        if not 1 <= self.page_size <= MAX_PAGE or self.concurrency < 1 or self.overlap_s < 0:
            raise SettingsError(f"SugarCRM: page size 1 to {MAX_PAGE}, concurrency 1 or more, overlap 0 s or more")

    @property
    def root(self) -> str:
        """The URL without a slash at its end."""
        return self.url.rstrip("/")
