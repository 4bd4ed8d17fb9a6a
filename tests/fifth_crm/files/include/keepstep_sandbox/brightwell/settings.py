"""What a Brightwell sandbox can be told."""

from dataclasses import dataclass

from keepstep_sandbox import credentials
from keepstep_sandbox.settings import SandboxSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class BrightwellSettings(SandboxSettings):
    """Settings of the site.

    Attributes:
        token: the API key that opens it.
        max_page: rows of a page at most.
        max_values: values of a search at most.
        deletions_days: how long a deletion is remembered.
    """

    token: str = credentials.BRIGHTWELL_TOKEN
    max_page: int = 500
    max_values: int = 100
    deletions_days: int = 90
