"""What an Account Engagement sandbox can be told; what is only believed of the real one is a setting."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from keepstep_sandbox.settings import SandboxSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEngagementSettings(SandboxSettings):
    """Settings of the business unit; all but those that draw the people may be changed while it runs.

    Attributes:
        linked_share: share of the prospects, 0..1, that carry the ids of the Salesforce sandbox of the same seed.
        active_share: share of the prospects with seeded activities, 0..1.
        listed_share: share of the prospects on each seeded static list, 0..1.
        ampsea: whether several prospects may have one address ("Allow Multiple Prospects with Same Email Address").
        unit_active: an inactive business unit answers 201 to everything.
        time_zone: of the API user; all moments are told in it.
        account_time_zone: of the business unit; its days begin by it, and with them the daily limit.
        session_s: how long an access token lives.
        password_flow: whether OAuth username-password is switched on; new orgs have it off.
        granted_scope: of tokens; without `pardot_api` only those of the username-password flow are good for anything.
        instance_url: in token replies; it's Salesforce's address, never the API's.
        read_only_user: whether the API user lacks the right to write (49).
        daily_limit: API calls a day; 25,000 in the smallest edition.
        minute_limit: calls a minute, 0 = none; the real one is in fact a query that took too long.
        concurrent_limit: requests under way at once.
        statuses: HTTP statuses by error code where they shall be others than believed: `{"66": 403}`.
        token_s: how long a page token is good; chain_limit: after so many records there are no more.
        stale_reads_s: how old what is read may be: writes of the last so many seconds aren't seen yet.
        create_answers_204: whether creates end with 204 and no body, as if the user couldn't read the record.
        hidden_fields: fields of prospects that the user's role may not see; they are dropped from what is read.
        markers_shown: whether texts such as `[[crm_deleted]]` stand in salesforceId; else it's null then.
        revives_memberships: whether adding a former member brings the old membership back; else it makes a new one.
        activity_moves_updated: whether an activity that changes score or lastActivityAt moves updatedAt.
        noop_moves_updated: whether an update that changes nothing moves updatedAt.
        activity_relations: whether visitor activities give the prospect and campaign they belong to by dotted fields.
        undelete_key: name of the address in the body of do/undelete.
        duplicate_email_code: of creating a second prospect with an address, where that isn't allowed (9 or 54).
        dynamic_list_code: of adding to or removing from a dynamic list.
        import_part: name of the file's part in a batch; import_batches_path: last word of the address of batches.
        job_polls: how often an import or export is still being processed when it's asked for.
    """

    linked_share: float = 0.0
    active_share: float = 0.1
    listed_share: float = 0.1
    ampsea: bool = True
    unit_active: bool = True
    time_zone: str = "America/Los_Angeles"
    account_time_zone: str = "America/New_York"
    session_s: int = 7200
    password_flow: bool = True
    granted_scope: str = "api pardot_api"
    instance_url: str = "https://corp.my.salesforce.example"
    read_only_user: bool = False
    daily_limit: int = 25_000
    minute_limit: int = 0
    concurrent_limit: int = 5
    statuses: Mapping[str, int] = field(default_factory=dict)
    token_s: int = 4 * 3600
    chain_limit: int = 100_000
    stale_reads_s: float = 0.0
    create_answers_204: bool = False
    hidden_fields: tuple[str, ...] = ()
    markers_shown: bool = True
    revives_memberships: bool = True
    activity_moves_updated: bool = True
    noop_moves_updated: bool = True
    activity_relations: bool = True
    undelete_key: str = "email"
    duplicate_email_code: int = 9
    dynamic_list_code: int = 154
    import_part: str = "file"
    import_batches_path: str = "batches"
    job_polls: int = 1
