"""What a Dag says of itself in the Airflow UI: the sync in plain words, made from its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepstep_airflow.pools import pool_of

if TYPE_CHECKING:
    from keepstep.config import ProspectSettings, SyncFile, SyncSettings


def sync_doc(file: SyncFile) -> str:
    """Markdown for the Dag of a list sync."""
    settings = file.settings
    crm, platform = settings.crm_policy.title, settings.platform_policy.title
    parts = [
        f"# {cell(settings.title)}",
        f"Keeps the {platform} list **{cell(settings.platform.list)}** in step with the {crm} people in "
        f"*{cell(settings.crm.whom)}*, and brings their behaviour score to {crm}.",
        f"1. **pull_list** reads what changed in {crm} and {_pull(settings, platform)}.\n"
        f"2. **compute_behavior_score** {_maintenance(file)}.\n"
        f"3. **push_score** takes that sealed epoch, no other, and {_push(settings, crm)}.\n"
        "4. **reconcile** settles what is in doubt, compares both sides and reports; every planned row is applied, "
        "rejected, held or skipped.",
        field_table(settings, crm, platform),
        _limits(settings),
        f"Settings: `include/syncs/{file.path.name}`. Pools: `{pool_of(settings.crm.connection)}`, "
        f"`{pool_of(settings.platform.connection)}`.",
    ]
    return "\n\n".join(parts)


def maintenance_doc(file: SyncFile) -> str:
    """Markdown for the Dag of a maintenance program."""
    settings = file.settings
    return "\n\n".join(
        [
            f"# Score maintenance of {cell(settings.title)}",
            f"Computes the behaviour score of everybody on the {settings.platform_policy.title} list "
            f"**{cell(settings.platform.list)}** ({_source(settings)}), seals the scores as an epoch and writes the "
            f"list's column for `{settings.score_field}`. The Dag `{file.name}` pushes from sealed epochs only: it "
            f"waits up to {settings.maintenance.wait} for the run of this Dag that was due last, and fails without it.",
            f"Settings: `include/syncs/{file.path.name}`, under `maintenance`.",
        ]
    )


def cell(text: str) -> str:
    """A text of the user's as markdown shows it literally, in a table too."""
    escaped = "".join(f"\\{one}" if one in "\\`*_{}[]()#+!|~" else one for one in text)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")


def _pull(settings: SyncSettings, platform: str) -> str:
    pull = settings.pull
    return f"on the {platform} list {_ways(pull.add, sorted(settings.pull_update), pull.remove)}"


def _push(settings: SyncSettings, crm: str) -> str:
    push = settings.push
    return f"in {crm} {_ways(push.add, sorted(settings.push_update), push.remove)}"


def _ways(add: bool, update: list[str], remove: bool) -> str:
    fields = ", ".join(f"`{name}`" for name in update)
    ways = [
        "adds people" if add else "adds nobody",
        f"updates {fields}" if fields else "updates nothing",
        "removes those who left" if remove else "removes nobody",
    ]
    return ", ".join(ways)


def _maintenance(file: SyncFile) -> str:
    maintenance = file.settings.maintenance
    if maintenance.schedule is not None:
        return (
            f"waits up to {maintenance.wait} for the Dag `{file.name}__score_maintenance` "
            f"(schedule `{maintenance.schedule}`) to seal the scores that were due last; without them the run fails"
        )
    return f"computes scores ({_source(file.settings)}), seals them as an epoch and writes the list's score column"


def _source(settings: SyncSettings) -> str:
    maintenance = settings.maintenance
    if maintenance.score_from == "platform":
        return f"{settings.platform_policy.title}'s own score, column {cell(maintenance.platform_score)}"
    source = settings.platform_policy.title
    if settings.activities.source == "sql":
        source = f"the SQL connection `{settings.activities.connection}`"
    return f"score sheet `{maintenance.score_sheet}` over activities from {source}"


def field_table(settings: SyncSettings | ProspectSettings, crm: str, platform: str) -> str:
    """The mapped fields, who wins, and which way they go."""
    lines = [f"| field | {crm} | {platform} | if both changed | pulled | pushed |", "|---|---|---|---|---|---|"]
    for rule in settings.field_rules():
        pulled = "yes" if rule.name in settings.pull_update else ""
        pushed = "yes" if rule.name in settings.push_update else ""
        wins = rule.rule.value.replace("_", " ")
        lines.append(f"| `{rule.name}` | {cell(rule.crm)} | {cell(rule.platform)} | {wins} | {pulled} | {pushed} |")
    return "\n".join(lines)


def _limits(settings: SyncSettings) -> str:
    limits = settings.limits
    return (
        f"A plan that removes more than {limits.max_removed:.0%}, updates more than {limits.max_updated:.0%} or blanks "
        f"more than {limits.max_blanked:.0%} waits for approval (Required Actions). A run makes at most "
        f"{limits.api_calls:,} calls to each system. A record deleted in the CRM is "
        + ("made again." if settings.on_deleted == "recreate" else "not made again.")
    )
