"""What a Dynamics 365 sandbox can be told; what is only believed of the real one is a setting with that value."""

from dataclasses import dataclass
from typing import Final, Literal

from keepstep_sandbox.settings import SandboxSettings

ACCEPT, REFUSE = "accept", "refuse"
CASCADE, REMOVE_LINK, RESTRICT = "cascade", "remove_link", "restrict"
_CHOICES: Final = {"closed_leads": (ACCEPT, REFUSE), "account_delete": (CASCADE, REMOVE_LINK, RESTRICT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicsSettings(SandboxSettings):
    """Settings of the environment; all but seed and size may be changed while it runs, by the control API.

    Attributes:
        token_s: how long an access token lives.
        checks_scope: whether a token is only given for this environment's own address.
        application_user: whether the app has a user in the environment.
        missing_privileges: privileges that the app's security role lacks, `prvWriteLead`.
        org_level_read: whether the role reads the whole organization's rows, which change tracking asks for.
        untracked: tables that change tracking isn't switched on for.
        tracking_days: how old a delta token may get (organization.ExpireChangeTrackingInDays).
        schema_change_expires: whether a new or deleted column ends the delta tokens of its table.
        max_page: rows of a page at most.
        count_limit: what `$count` tells at most.
        closed_leads: whether qualified and disqualified leads are updated ("accept") or not ("refuse").
        account_delete: what becomes of a deleted account's contacts; "restrict" refuses the deletion (405).
        assign_to_disabled: whether rows may be given to a disabled user.
        ignores_read_only: whether read-only columns in a body are passed over in silence or refused.
        noop_moves_modified: whether an update that changes nothing moves `modifiedon`.
        duplicate_status: HTTP status of a detected duplicate; Microsoft's own pages say 412 and 500.
        multiple_tables: tables that know CreateMultiple, UpdateMultiple and UpsertMultiple.
        url_limit: length of a request's address at most; within a batch twice that.
        body_limit: bytes of a request's body at most.
        window_s: length of the sliding window of the service protection limits.
        request_limit: requests in that window.
        execution_limit_s: seconds of execution time in that window.
        row_ms: execution time that each row read or written is counted with, in milliseconds.
        concurrent_limit: so many requests at once are one too many.
        retry_growth_s: by how much Retry-After grows with each request sent in spite of it.
    """

    token_s: int = 3599
    checks_scope: bool = True
    application_user: bool = True
    missing_privileges: tuple[str, ...] = ()
    org_level_read: bool = True
    untracked: tuple[str, ...] = ()
    tracking_days: int = 7
    schema_change_expires: bool = True
    max_page: int = 5000
    count_limit: int = 5000
    closed_leads: Literal["accept", "refuse"] = "accept"
    account_delete: Literal["cascade", "remove_link", "restrict"] = "cascade"
    assign_to_disabled: bool = False
    ignores_read_only: bool = True
    noop_moves_modified: bool = True
    duplicate_status: int = 412
    multiple_tables: tuple[str, ...] = ("lead", "contact", "account")
    url_limit: int = 32_768
    body_limit: int = 122_523_484
    window_s: int = 300
    request_limit: int = 6000
    execution_limit_s: float = 1200.0
    row_ms: float = 0.0
    concurrent_limit: int = 52
    retry_growth_s: int = 5

    def __post_init__(self) -> None:
        """Take JSON's lists as tuples.

        Raises:
            ValueError: a choice is none.
        """
        for name in ("missing_privileges", "untracked", "multiple_tables"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is one of {', '.join(allowed)}")
