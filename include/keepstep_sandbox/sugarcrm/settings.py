"""What a SugarCRM sandbox can be told; what is only believed of the real one is a setting with the believed value."""

from dataclasses import dataclass

from keepstep_sandbox.settings import SandboxSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SugarCrmSettings(SandboxSettings):
    """Settings of the site; all but seed and size may be changed while it runs, by the control API.

    Attributes:
        access_s: how long an access token of v11 lives.
        refresh_s: how long a refresh token lives.
        session_s: how long a v4_1 session lives after its last use.
        platforms: the names that `platform` may have.
        unknown_platforms: whether any other name is let in too.
        unknown_platform_status: HTTP status of the refusal of such a name.
        unknown_platform_label: its error label.
        bad_password_label: error label of a wrong user or password.
        dead_refresh_label: error label of a refresh token that is used up, too old, or ended by another sign-in.
        bearer: whether `Authorization: Bearer` serves as well as `OAuth-Token`.
        newest_version: N of the newest API version answered, v11_N.
        utc_offset_minutes: of the API user's time zone; v11 dates carry it.
        max_page: rows of a v11 page at most.
        bulk_calls: calls of one bulk request at most.
        maintenance: whether v11 answers 503 to all calls.
        honours_deleted: whether `deleted` among the arguments of a v11 list brings in deleted rows.
        client_ids: whether an `id` in a v11 create becomes the record's; otherwise it gets another.
        create_status: HTTP status of a v11 create.
        requires_fields: whether v11 refuses a create without a required field.
        refuses_long_text: whether v11 refuses a text that is too long; otherwise it's cut.
        refuses_dropdown_values: whether v11 refuses a value that isn't in the dropdown.
        refuses_bad_addresses: whether v11 refuses what is no email address.
        flags_as_text: whether v11 tells the flags of addresses as "0" and "1".
        upsert_needs_admin: whether sync keys are for administrators only.
        noop_moves_modified: whether a write that changes nothing moves date_modified.
        page: rows of a v4_1 page if the client doesn't say.
        binds_by_name: whether v4_1's named arguments are matched by name (PHP 8); otherwise only their order counts.
        duplicate_id_fails: whether v4_1's new_with_id on an id that is taken ends in a 500; otherwise it's an update.
        hook_crashes: whether a logic hook's refusal ends a v4_1 call with a 500; otherwise nothing is stored or said.
        stores_email_changes: whether v4_1 stores a changed email1 and its flags; the fix of 2024 does.
        flags_on_create: whether v4_1 stores email_opt_out and invalid_email of a record that it creates.
        lockout_after: bad v4_1 sign-ins of a user in a row that lock it out; 0 = never.
    """

    access_s: int = 3600
    refresh_s: int = 1_209_600
    session_s: int = 3600
    platforms: tuple[str, ...] = ("base", "mobile", "portal", "opi", "lattice", "keepstep")
    unknown_platforms: bool = False
    unknown_platform_status: int = 422
    unknown_platform_label: str = "invalid_parameter"
    bad_password_label: str = "need_login"  # noqa: S105 - a label
    dead_refresh_label: str = "need_login"
    bearer: bool = True
    newest_version: int = 20
    utc_offset_minutes: int = -240
    max_page: int = 1000
    bulk_calls: int = 100
    maintenance: bool = False
    honours_deleted: bool = False
    client_ids: bool = True
    create_status: int = 200
    requires_fields: bool = True
    refuses_long_text: bool = False
    refuses_dropdown_values: bool = False
    refuses_bad_addresses: bool = True
    flags_as_text: bool = False
    upsert_needs_admin: bool = True
    noop_moves_modified: bool = True
    page: int = 20
    binds_by_name: bool = True
    duplicate_id_fails: bool = True
    hook_crashes: bool = False
    stores_email_changes: bool = False
    flags_on_create: bool = True
    lockout_after: int = 0
