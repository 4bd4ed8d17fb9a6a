"""What the Dag of a prospect sync says of itself in the Airflow UI: made from its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepstep.core.prospect_policy import OnEmailChange, OwnerFallback
from keepstep_airflow.dag_doc import cell, field_table
from keepstep_airflow.pools import pool_of

if TYPE_CHECKING:
    from keepstep.config import ProspectFile, ProspectSettings


def prospect_doc(file: ProspectFile) -> str:
    """Markdown for the Dag of a prospect sync."""
    settings = file.settings
    crm, platform = settings.crm_policy.title, settings.platform_policy.title
    objects = " and ".join(f"{name}s" for name in settings.crm_policy.lookup_order)
    parts = [
        f"# {cell(settings.title)}",
        f"Keeps every prospect of {platform} in step with the {objects} of {crm}, both ways.",
        f"1. **pull_prospects** reads what changed on both sides, puts it into the queue, takes the next of the queue "
        f"({_cap(settings)}) and brings {crm}'s values to {platform}.\n"
        f"2. **push_prospects** brings {platform}'s values, and prospects that were assigned, to {crm}.\n"
        "3. **reconcile** settles what is in doubt, takes out of the queue who is done, and reports; every planned row "
        "is applied, rejected, held or skipped.",
        field_table(settings, crm, platform),
        "## What happens when",
        "\n".join(f"- {line}" for line in _cases(settings, crm, platform)),
        _limits(settings),
        f"The queue: **Sync queue** in the navigation. One prospect at once: the Dag `sync_prospect`. Settings: "
        f"`include/syncs/{file.path.name}`. Pools: `{pool_of(settings.crm.connection)}`, "
        f"`{pool_of(settings.platform.connection)}`.",
    ]
    return "\n\n".join(parts)


def _cap(settings: ProspectSettings) -> str:
    cap = settings.limits.prospects
    return f"at most {cap:,}" if cap else "as many as the API calls allow"


def _cases(settings: ProspectSettings, crm: str, platform: str) -> list[str]:
    return [
        _new_prospect(settings, crm),
        _new_record(settings, platform),
        _deleted(settings, crm, platform),
        *_resumed(settings),
        _address(settings, crm, platform),
        _owner(settings, crm),
        f"Two records have one email: {_duplicates(settings)}.",
        f"Activities that put somebody into the queue: {', '.join(settings.trigger_activities) or 'none'}.",
    ]


def _new_prospect(settings: ProspectSettings, crm: str) -> str:
    if not settings.push.add:
        return f"A prospect without a record in {crm} stays without one."
    return f"A prospect is assigned and has no record in {crm}: it becomes a {settings.new_object} of the same owner."


def _new_record(settings: ProspectSettings, platform: str) -> str:
    if not settings.pull.add:
        return f"A record without a prospect makes none in {platform}."
    older = "also if it was" if settings.pull.add_existing else "unless it was"
    return f"A record has an email and no prospect: it becomes one, {older} there before the sync's first run."


def _deleted(settings: ProspectSettings, crm: str, platform: str) -> str:
    begin = f"A record is deleted in {crm}"
    if settings.on_deleted == "recreate" or not settings.detect_deletes:
        return f"{begin}: it is made again."
    done = ["is marked"] if settings.deleted.mark else []
    done += ["goes to the recycle bin"] if settings.deleted.bin else []
    also = f" and {' and '.join(done)} in {platform}" if done else ""
    return f"{begin}: its prospect stops syncing{also}; the record is not made again."


def _resumed(settings: ProspectSettings) -> list[str]:
    resume = settings.resume_deleted
    ways = [f"does one of {', '.join(resume.activities)}"] if resume.activities else []
    if resume.fields:
        ways.append("has " + ", ".join(f"`{name}` = {cell(value)}" for name, value in sorted(resume.fields.items())))
    return [f"Such a prospect syncs again once it {' or '.join(ways)}."] if ways else []


def _address(settings: ProspectSettings, crm: str, platform: str) -> str:
    follows = {
        OnEmailChange.FOLLOW: f"the record in {crm} gets it",
        OnEmailChange.NEW_RECORD: f"{crm} gets a second record",
        OnEmailChange.STAY_WITH_EMAIL: "it goes over to the other record with that address",
    }[settings.on_email_change]
    back = "gets it" if settings.email_follows_crm else "keeps the old one"
    return f"A prospect's address changes: {follows}. A record's address changes: the prospect in {platform} {back}."


def _owner(settings: ProspectSettings, crm: str) -> str:
    begin = f"A prospect's user is unknown in {crm}"
    if settings.owner_fallback is OwnerFallback.HOLD:
        return f"{begin}: the prospect is held, as a sync error that names the user's id."
    return f"{begin}: a new record belongs to the connection's own user."


def _duplicates(settings: ProspectSettings) -> str:
    if settings.on_duplicates == "first_returned":
        return "the first that the CRM tells is followed"
    return "the linked one is followed, else the one changed last; the others are reported"


def _limits(settings: ProspectSettings) -> str:
    limits = settings.limits
    return (
        f"A plan that removes more than {limits.max_removed:.0%}, updates more than {limits.max_updated:.0%} or blanks "
        f"more than {limits.max_blanked:.0%} waits for approval (Required Actions). A run makes at most "
        f"{limits.api_calls:,} calls to each system; what it has no calls left for waits for the next run."
    )
