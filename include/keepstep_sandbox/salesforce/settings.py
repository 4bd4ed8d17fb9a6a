"""What a Salesforce sandbox can be told; what is only believed of the real one is a setting with the believed value."""

from dataclasses import dataclass

from keepstep_sandbox.settings import SandboxSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceSettings(SandboxSettings):
    """Settings of the org; all but seed and size may be changed while it runs, by the control API.

    Attributes:
        session_s: how long an access token lives after its last use; the org's session setting, 2 hours by default.
        password_flow: whether OAuth username-password is switched on; new orgs have it off.
        soap_login: whether the SOAP login call is answered.
        rotate_refresh_tokens: whether each use of a refresh token gives a new one and ends the old one.
        daily_limit: API calls in a rolling 24 hours.
        concurrent_limit: requests under way at once.
        max_page: rows of a query page at most; min_page: at least, whatever the client asks for.
        max_cursors: query cursors open at once for a user; one more ends the oldest.
        cursor_s: how long an unused cursor lives; 15 minutes in old texts, 2 days in newer ones.
        recycle_bin_days: after that a deleted row is purged, and with it the link from a merge's loser.
        updated_days: how far get-updated reaches back.
        replication_lag_s: by how much `latestDateCovered` stays behind, as under a long transaction.
        stale_reads_s: how old what is read may be: writes of the last so many seconds aren't seen yet.
        sees_private: whether the integration user sees other people's contacts without an account.
        noop_moves_modified: whether an update that changes nothing moves the stamps.
        misspelt_duplicate_key: send `duplicateResut` as API versions 50 and 51 did.
        job_polls: how often a bulk job is still waiting or in progress when it's asked for.
        bulk_page: rows of a bulk query's result page if the client doesn't say.
    """

    session_s: int = 7200
    password_flow: bool = True
    soap_login: bool = True
    rotate_refresh_tokens: bool = False
    daily_limit: int = 100_000
    concurrent_limit: int = 25
    max_page: int = 2000
    min_page: int = 200
    max_cursors: int = 10
    cursor_s: int = 2 * 86_400
    recycle_bin_days: int = 15
    updated_days: int = 30
    replication_lag_s: int = 0
    stale_reads_s: float = 0.0
    sees_private: bool = True
    noop_moves_modified: bool = True
    misspelt_duplicate_key: bool = False
    job_polls: int = 1
    bulk_page: int = 50_000
