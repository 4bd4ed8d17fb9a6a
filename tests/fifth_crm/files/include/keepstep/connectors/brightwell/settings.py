"""What the connector must be told about one Brightwell site."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from keepstep.core.errors import SettingsError

MAX_PAGE: Final = 500  # rows that a page holds


@dataclass(frozen=True, slots=True)
class BrightwellSettings:
    """One site, and how it is read."""

    url: str
    token: str = field(repr=False)
    page_size: int = MAX_PAGE
    overlap_s: int = 300  # an incremental read begins this much before its watermark: for saves that took long
    verify: bool | str = True  # TLS certificates: True, or the path of a bundle

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
            raise SettingsError("Brightwell CRM: the address must look like https://acme.brightwell.example")
        if not 1 <= self.page_size <= MAX_PAGE or self.overlap_s < 0:
            raise SettingsError(f"Brightwell CRM: page size 1 to {MAX_PAGE}, overlap 0 s or more")
