"""What an Act-On sandbox can be told: size, limits, and one answer for each question the documents leave open."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from keepstep_sandbox import credentials
from keepstep_sandbox.settings import SandboxSettings


class TimeUnit(StrEnum):
    """Unit of the stamps in modafter and its like."""

    MILLISECONDS = "ms"
    SECONDS = "s"


class PagingOrder(StrEnum):
    """Order of a list's rows in a download."""

    INSERTION = "insertion"
    LAST_MODIFIED = "last_modified"  # an edit between two pages moves a row behind the reader


class DateStyle(StrEnum):
    """How the extra date columns write a moment."""

    MILLISECONDS = "ms"
    TEXT = "text"  # 2026-03-01 09:30:00 UTC


class Matches(StrEnum):
    """Which rows an upload updates where its key stands in several."""

    FIRST = "first"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOnSettings(SandboxSettings):
    """Settings of one account; "open" marks what the vendor's documents contradict or do not say.

    Attributes:
        now: what the clock says at the start, aware; it goes on from there. None, and a reset, give the real time.
        strict: refuse by 429 what goes over a limit; otherwise limits are only counted.
        refuse_over_limit: overrides `strict` for the request limits.
        refuse_logins_over_limit: overrides `strict` for the limit on authentication calls.
        requests_per_second: of the account. requests_per_day: of the account, days are UTC (open).
        retry_after_s: sent with a 429; None sends no header, as the real API documents none.
        auth_calls_an_hour: calls of POST /token, also the refused ones (open).
        token_life_s: life of an access token.
        old_refresh_token_dies: a refresh kills the refresh token that was used (open; the harder case is the default).
        time_unit: of modafter and its like (open: one page says ms, the OpenAPI only "Unix timestamp").
        bounds_inclusive: a row stamped exactly at modafter or modbefore belongs to the answer (open).
        date_column_prefix: "__" gives __created_date as on the page; "" gives created_date as in the OpenAPI (open).
        date_style: how these columns write a moment (open).
        paging_order: order of downloads (open: none is promised).
        default_count: rows of a JSON download that names no count (open).
        max_json_columns: columns of a JSON download; further ones are cut off.
        job_polls: polls of an upload job that find it unfinished: the first "pending", further ones "running".
        job_seconds: an upload job that nobody polls is done after this many seconds.
        job_life_s: after that a finished job's id is unknown (open: how long isn't said).
        rejected_file_key: member of a job's details that names the file of refused rows (open).
        max_upload_bytes: larger files are refused by 413.
        merge_matches: rows that an upload updates where a key stands in several (open).
        touch_unchanged: an update that changes nothing still moves the modified stamp (open).
        email_required: rows without an e-mail address are refused (open).
        active_share: share of the persons who have any activity, 0..1.
        history_months: activities are seeded over that many months before now.
        score_period_days: older activity doesn't count in the score; None is "all time".
        facts_months: a facts reply loads only that many of the latest months; None loads all (open).
    """

    user: str = credentials.ACT_ON_USER
    password: str = credentials.ACT_ON_PASSWORD
    client_id: str = credentials.ACT_ON_CLIENT_ID
    client_secret: str = credentials.ACT_ON_CLIENT_SECRET
    account_id: str = credentials.ACT_ON_ACCOUNT_ID
    now: datetime | None = None
    strict: bool = False
    refuse_over_limit: bool | None = None
    refuse_logins_over_limit: bool | None = None
    requests_per_second: int = 5
    requests_per_day: int = 30_000
    retry_after_s: int | None = None
    auth_calls_an_hour: int = 5
    token_life_s: int = 3600
    old_refresh_token_dies: bool = True
    time_unit: TimeUnit = TimeUnit.MILLISECONDS
    bounds_inclusive: bool = False
    date_column_prefix: str = "__"
    date_style: DateStyle = DateStyle.MILLISECONDS
    paging_order: PagingOrder = PagingOrder.INSERTION
    default_count: int = 1000
    max_json_columns: int = 255
    job_polls: int = 2
    job_seconds: float = 2.0
    job_life_s: float = 86_400.0
    rejected_file_key: str = "rejectedFileName"
    max_upload_bytes: int = 400 * 1024 * 1024
    merge_matches: Matches = Matches.FIRST
    touch_unchanged: bool = True
    email_required: bool = True
    active_share: float = 0.2
    history_months: int = 9
    score_period_days: int | None = None
    facts_months: int | None = None

    @property
    def refuses_requests(self) -> bool:
        """Whether a request over the limit is answered by 429."""
        return self.strict if self.refuse_over_limit is None else self.refuse_over_limit

    @property
    def refuses_logins(self) -> bool:
        """Whether an authentication call over the limit is answered by 429."""
        return self.strict if self.refuse_logins_over_limit is None else self.refuse_logins_over_limit
