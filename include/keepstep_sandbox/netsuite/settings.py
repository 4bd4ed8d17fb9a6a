"""What a NetSuite sandbox can be told; what is only believed of the real one is a setting with the believed value."""

from dataclasses import dataclass
from typing import Literal

from keepstep_sandbox.settings import SandboxSettings

PERMISSIONS = frozenset({"customers", "contacts", "employees", "deleted_records", "suiteql", "administrator"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NetSuiteSettings(SandboxSettings):
    """Settings of the account; all but those that draw the people may be changed while it runs, by the control API.

    Attributes:
        individuals_share: of the seeded persons, who are customers themselves (isPerson) and not contacts.
        time_zone: of the account, in which SuiteQL reads and writes dates.
        date_format: of the account, in which SuiteQL writes a bare date: MM/DD/YYYY, DD/MM/YYYY or YYYY-MM-DD.
        one_world: whether there are subsidiaries, which makes `subsidiary` required.
        auto_numbering: whether a customer's entityid is a number; else it's the name and must be unique.
        unique_contact_names: whether two contacts of one company may not have the same name.
        concurrency_limit: requests under way at once, of all integrations; 5 is the standard tier's.
        concurrency_status: the HTTP status of CONCURRENCY_LIMIT_EXCEEDED, on which public sources disagree.
        tba_enabled: whether token-based authentication is switched on.
        oauth2_enabled: whether OAuth 2.0 is switched on.
        timestamp_window_s: how far an OAuth 1.0a timestamp may be from the server's clock.
        token_lifetime_s: of an OAuth 2.0 access token.
        permissions: what the role may do, out of `PERMISSIONS`.
        refuse_writes_to_inactive: refuse writes to inactive records, except the one that reactivates.
        noop_moves_modified: whether a write that changes nothing moves the last-modified stamp.
        duplicate_external_id_code: the error code where an external id is taken.
        default_status: the entityStatus of a customer made without one.
        default_limit: rows a SuiteQL page has if the client doesn't say.
        job_polls: how often a job is still pending or processing when it's asked for.
    """

    individuals_share: float = 0.0
    time_zone: str = "America/Los_Angeles"
    date_format: Literal["MM/DD/YYYY", "DD/MM/YYYY", "YYYY-MM-DD"] = "MM/DD/YYYY"
    one_world: bool = False
    auto_numbering: bool = True
    unique_contact_names: bool = True
    concurrency_limit: int = 5
    concurrency_status: int = 429
    tba_enabled: bool = True
    oauth2_enabled: bool = True
    timestamp_window_s: int = 300
    token_lifetime_s: int = 3600
    permissions: frozenset[str] = PERMISSIONS
    refuse_writes_to_inactive: bool = False
    noop_moves_modified: bool = True
    duplicate_external_id_code: str = "DUP_RCRD"
    default_status: int = 13
    default_limit: int = 1000
    job_polls: int = 2
