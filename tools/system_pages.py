"""The tables of docs/systems: what each system can do, what things are called there, what its error codes mean.

All of them come from the code (`make schema`); a test fails where they are stale. The words around them are people's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from textwrap import fill
from types import MappingProxyType

from keepstep.connectors.account_engagement import AccountEngagementConnector
from keepstep.connectors.account_engagement import errors as account_engagement
from keepstep.connectors.act_on import ActOn
from keepstep.connectors.act_on import refusals as act_on
from keepstep.connectors.base import Capabilities, IdempotentBy, RemoveMeans
from keepstep.connectors.calls import Action, ErrorRule
from keepstep.connectors.dynamics import connector as dynamics_connector
from keepstep.connectors.dynamics import errors as dynamics
from keepstep.connectors.dynamics import login as entra
from keepstep.connectors.netsuite import NetSuiteConnector
from keepstep.connectors.netsuite import errors as netsuite
from keepstep.connectors.salesforce import connector as salesforce_connector
from keepstep.connectors.salesforce import errors as salesforce
from keepstep.connectors.sugarcrm import errors as sugarcrm
from keepstep.connectors.sugarcrm import v4_1, v11
from keepstep.core.policies import CRMS, PLATFORMS, CrmPolicy, PlatformPolicy

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "systems"
BEGIN, END = "<!-- {part}: from the code, by make schema -->", "<!-- end of {part} -->"
SCORE = "act_on_score"  # our usual name of the field that carries a list's score
WIDTH = 120
Codes = Mapping[str, ErrorRule]
Line = tuple[str, ...]
LEGEND = (
    "A rejected row is one open sync error, whatever else goes through. The same code in answer to a read ends the "
    "task: what can't be read can't be synced. A code that isn't here means what its HTTP status usually means: at 401 "
    "Keepstep signs in again, 403 is yours, 429 and 5xx are waited for (a write that may have landed is read back "
    "first), else it is about the row."
)


@dataclass(frozen=True, slots=True)
class System:
    """What the tables of one system are made of; a heading is blank where there is one table, or column, alone."""

    capabilities: Mapping[str, Capabilities]
    codes: Mapping[str, Codes]


def _user(texts: Mapping[str, str]) -> Codes:
    return {code: ErrorRule(Action.USER, text) for code, text in texts.items()}


SYSTEMS: Mapping[str, System] = MappingProxyType(
    {
        "netsuite": System({"": NetSuiteConnector.capabilities}, {"": netsuite.RULES}),
        "dynamics": System(
            {"": dynamics_connector.CAPABILITIES},
            {"Of the Web API": dynamics.RULES, "Of the sign-in at Microsoft Entra": _user(entra.WHAT_TO_DO)},
        ),
        "salesforce": System({"": salesforce_connector.CAPABILITIES}, {"": salesforce.RULES}),
        "sugarcrm": System(
            {"v11": v11.CAPABILITIES, "v4_1": v4_1.CAPABILITIES},
            {"Of v11": sugarcrm.V11, "Of v4_1": sugarcrm.V4_1, "Of Keepstep": sugarcrm.OURS},
        ),
        "act_on": System(
            {"": ActOn.capabilities}, {"": {code: ErrorRule.row(text) for code, text in act_on.WHAT_TO_DO.items()}}
        ),
        "account_engagement": System({"": AccountEngagementConnector.capabilities}, {"": account_engagement.RULES}),
    }
)

_CREATE: Mapping[IdempotentBy, str] = MappingProxyType(
    {
        IdempotentBy.EXTERNAL_ID: "yes: it carries a key of Keepstep's",
        IdempotentBy.EMAIL: "yes: by its email",
        IdempotentBy.NOTHING: "no: whose answer was lost is looked up by email first",
    }
)
_REMOVE: Mapping[RemoveMeans, str] = MappingProxyType(
    {
        RemoveMeans.DELETES: "deletes the record; it can't be brought back through the API",
        RemoveMeans.RECYCLES: "puts the record into the recycle bin",
        RemoveMeans.INACTIVATES: "makes the record inactive",
        RemoveMeans.LEAVES_LIST: "takes the row off the list; the person's history and opt-outs stay",
    }
)
_WHO: Mapping[Action, str] = MappingProxyType(
    {Action.RENEW: "Keepstep", Action.USER: "you", Action.WAIT: "nobody", Action.ROW: "you"}
)


def abilities(name: str) -> str:
    """What the API can do, as the contract suite proves it."""
    told = SYSTEMS[name].capabilities
    columns = [_ability_lines(one) for one in told.values()]
    lines = [(what, *(column[what] for column in columns)) for what in columns[0]]
    return _table(("", *told) if len(told) > 1 else ("", "by its API"), lines)


def names(name: str) -> str:
    """What things are called there, and how a sync behaves by default."""
    crm = CRMS.get(name)
    can = next(iter(SYSTEMS[name].capabilities.values()))
    parts = _platform_parts(PLATFORMS[name]) if crm is None else _crm_parts(crm, can)
    return "\n\n".join(parts)


def codes(name: str) -> str:
    """Error codes: who must act, and what happens; codes that mean the same share a line."""
    heads = ("code", "who must act", "what Keepstep does", "what it says")
    parts = [fill(LEGEND, WIDTH)]
    for title, rules in SYSTEMS[name].codes.items():
        alike: dict[ErrorRule, list[str]] = {}
        for code, rule in rules.items():
            alike.setdefault(rule, []).append(f"`{code}`")
        lines = [(", ".join(found), _who(rule), _done(rule), rule.what_to_do) for rule, found in alike.items()]
        parts += [f"### {title}"] * bool(title) + [_table(heads, lines)]
    return "\n\n".join(parts)


PARTS = MappingProxyType({"what it can do": abilities, "names and defaults": names, "error codes": codes})


def page_of(name: str) -> Path:
    """Where a system's page is."""
    return FOLDER / f"{name}.md"


def with_tables(name: str, page: str) -> str:
    """The page with the present tables in the places of those that stand there."""
    for part, table in PARTS.items():
        begin, end = BEGIN.format(part=part), END.format(part=part)
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n{table(name)}\n{end}{after}"
    return page


def write() -> None:
    """Bring all pages up to date."""
    for name in SYSTEMS:
        page = page_of(name)
        page.write_text(with_tables(name, page.read_text(encoding="utf-8")), encoding="utf-8")


def _ability_lines(can: Capabilities) -> dict[str, str]:
    behaviour = "no"
    if can.reads_activities:
        behaviour = "yes: one person a call"
    if can.streams_activities:
        behaviour = "yes: everybody's, from where the last read ended"
    return {
        "objects": _listed(sorted(can.objects)),
        "a read costs what changed": _yes(can.incremental),
        "deletions are announced": _yes(can.announces_deletions),
        "merges are announced, with the survivor": _yes(can.announces_merges),
        "a cheap count shows that somebody is gone": _yes(can.counts),
        "reads may be older than an answered write": _yes(can.stale_reads),
        "a write can be refused if the record changed since": _yes(can.conditional_writes),
        "a create can be sent twice": _CREATE[can.idempotent_create],
        "a removal": _REMOVE[can.remove_means],
        "behaviour can be read": behaviour,
        "writes in one call, at the most": f"{can.batch_size:,}",
        "calls at once, by default": str(can.concurrency),
        "rows in one page": f"{can.page_size:,}",
    }


def _crm_parts(policy: CrmPolicy, can: Capabilities) -> Iterator[str]:
    kinds = tuple(dict.fromkeys((*policy.create_as, *policy.lookup_order)))
    audiences = (*policy.audience_objects, *sorted(can.audiences))
    company = f"it is made under a `{policy.company_object}`, which `{policy.company_field}` refers to"
    yield _table(
        ("what", "by default"),
        [
            ("`crm.system`", f"`{policy.system}`"),
            ("selections for a list (`crm.audience`)", _listed(audiences)),
            ("a person of a list who is made there", company if policy.company_object else "needs no company"),
            ("a person is looked up by email", " first, then ".join(f"`{one}`" for one in policy.lookup_order)),
            ("a new prospect becomes (`create_as`)", " or ".join(f"`{one}`" for one in policy.create_as)),
            ("an inactive record", "goes on syncing" if policy.inactive_syncs else "is a sync error"),
            ("a prospect sync runs", f"`{policy.default_schedule}` (cron)"),
            (
                "[private contacts](../private-contacts.md)",
                "yes" if policy.company_reference else "not in this version",
            ),
        ],
    )
    usual = {**policy.field_names, SCORE: policy.custom_field.format(name=SCORE)}
    lines = [(f"`{ours}`", *(_field(policy, kind, ours, theirs) for kind in kinds)) for ours, theirs in usual.items()]
    owner = (f"`{policy.owner_field}`" if kind in policy.create_as else "has none" for kind in kinds)
    yield "Usual names of fields:"
    yield _table(("ours", *(f"of a {kind}" for kind in kinds)), [*lines, ("the owner", *owner)])
    how = policy.score_field_help.format(script_id=f"`{usual[SCORE]}`")
    yield fill(f"The score's field, where it is missing: {how}", WIDTH)


def _field(policy: CrmPolicy, kind: str, ours: str, theirs: str) -> str:
    return f"`{policy.object_field_names.get(kind, {}).get(ours, theirs)}`"


def _platform_parts(policy: PlatformPolicy) -> Iterator[str]:
    ids = [f"{CRMS[crm].title}: `{name}`" for crm, name in policy.crm_id_fields.items()]
    syncs = "its lists, and all prospects (`kind: prospects`)" if policy.prospect_object else "its lists; no prospects"
    lines: list[Line] = [
        ("`platform.system`", f"`{policy.system}`"),
        ("what syncs", syncs),
        ("the email's column", f"`{policy.email_column}`"),
    ]
    if policy.prospect_object:
        lines += [
            ("who a prospect is assigned to", f"`{policy.owner_field}`"),
            ("the opt-out", f"`{policy.opt_out_field}`"),
            ("the CRM record's id", f"{'; '.join(ids)}; of another CRM: a custom field, `crm_id_field`"),
            ("what stands there once the record was deleted", f"`{policy.crm_deleted_marker}`"),
            ("the platform's value stands, whatever the CRM holds", _listed(sorted(policy.platform_owned))),
            ("goes out with the next sync, and causes none", _listed(sorted(policy.passive))),
            ("activities that cause a sync", _listed(policy.triggers)),
        ]
    yield _table(("what", "by default"), lines)
    yield "Usual names of fields; one that isn't here has a column that is made of ours (`sales_region`: Sales Region):"
    yield _table(("ours", "there"), [(f"`{ours}`", f"`{theirs}`") for ours, theirs in policy.field_names.items()])


def _who(rule: ErrorRule) -> str:
    return "nobody; you, if it stays" if rule.action is Action.ROW and rule.retry else _WHO[rule.action]


def _done(rule: ErrorRule) -> str:
    match rule.action:
        case Action.RENEW:
            return "signs in again and repeats the call, once; then the task fails (AuthError)"
        case Action.USER:
            return "the task fails at once (AuthError)"
        case Action.ROW:
            return "the row is rejected" + (", and tried again by the next run" if rule.retry else "")
        case Action.WAIT:
            fewer = ", with fewer calls at once" if rule.crowded else ""
            landed = "; a write that may have landed is read back first" if rule.may_have_landed else ""
            return f"waits and repeats the call{fewer}{landed}"


def _table(heads: Line, lines: Iterable[Line]) -> str:
    told = (f"| {' | '.join(line)} |" for line in chain((heads,), lines))
    return "\n".join((next(told), f"|{'---|' * len(heads)}", *told))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
