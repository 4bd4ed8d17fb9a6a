"""What a prospect sync's file means for the systems as they are: its objects, their fields, its rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from keepstep.config import ProspectFile
from keepstep.connectors.base import FieldInfo, ReadQuery, Schema
from keepstep.core.errors import SettingsError
from keepstep.core.guards import Limits
from keepstep.core.model import FieldRule, FieldType, Phase, Side
from keepstep.core.policies import CrmPolicy
from keepstep.core.prospect_policy import CRM_ID, OWNER, ProspectPolicy
from keepstep.core.sync_policy import SyncPolicy, Way
from keepstep.engine.prospects import remembered
from keepstep.engine.run import ProspectContext
from keepstep.store.journal import Address
from keepstep.store.outcomes import Ends
from keepstep.store.pairs import Following
from keepstep.store.queue import Place
from keepstep.store.staging import Scope

APART = frozenset({OWNER, CRM_ID})  # not among a CRM record's fields: its owner and its id stand beside them
NO_LIST = ""


def place_of(file: ProspectFile) -> Place:
    """Where the queue of a sync is."""
    return Place(file.name, file.settings.crm.connection, file.settings.platform.connection)


@dataclass(frozen=True, slots=True)
class ProspectFrame:
    """A prospect sync, resolved."""

    sync: str
    crm_connection: str
    platform_connection: str
    prospect_object: str
    objects: tuple[str, ...]  # of the CRM, in the order in which a person is looked up
    rules_by: Mapping[str, tuple[FieldRule, ...]]  # CRM object -> its fields, with owner and CRM id
    policy: ProspectPolicy
    limits: Limits
    owner_fields: Mapping[Side, str]
    quiet: frozenset[str]  # our names of fields that change by themselves on the platform
    first_returned: bool
    add_existing: bool
    notes: tuple[str, ...] = field(default=())

    @property
    def needed(self) -> str:
        """Nothing that a run makes needs another record that it makes."""
        return ""

    @property
    def place(self) -> Place:
        """For the queue."""
        return Place(self.sync, self.crm_connection, self.platform_connection)

    @property
    def all_rules(self) -> tuple[FieldRule, ...]:
        """Every field of any object, each once."""
        return tuple({rule.name: rule for rules in reversed(list(self.rules_by.values())) for rule in rules}.values())

    def plain_rules(self, side: Side, object: str) -> tuple[FieldRule, ...]:
        """The fields that are read and written as such: owners and the CRM's own id are not among them."""
        if side is Side.PLATFORM:
            return tuple(rule for rule in self.all_rules if rule.name != OWNER)
        return tuple(rule for rule in self.rules_by[object] if rule.name not in APART)

    def following(self, run_id: int) -> Following:
        """For the SQL that finds the pairs that a run has taken."""
        return Following(
            sync=self.sync,
            crm_connection=self.crm_connection,
            crm_object=self.policy.create_as,
            platform_connection=self.platform_connection,
            list_id=NO_LIST,
            rules=self.plain_rules(Side.PLATFORM, self.prospect_object),
            objects=self.objects,
            first_returned=self.first_returned,
            rules_by={object: self.plain_rules(Side.CRM, object) for object in self.objects},
            prospects=True,
            taken_by=run_id,
        )

    def scope(self, side: Side, object: str) -> Scope:
        """For the staging of one object's records."""
        crm = side is Side.CRM
        return Scope(
            sync=self.sync,
            side=side,
            connection=self.crm_connection if crm else self.platform_connection,
            object=object,
            rules=self.plain_rules(side, object),
            list_id=None if crm else NO_LIST,
            quiet=frozenset() if crm else self.quiet,
            owners=True,
            aside=crm and not self.add_existing,
        )

    def query(self, side: Side, object: str) -> ReadQuery:
        """What to ask for."""
        return ReadQuery(object=object, fields=self.scope(side, object).theirs)

    def written(self, side: Side) -> tuple[str, ...]:
        """The objects that a run may write."""
        return self.objects if side is Side.CRM else (self.prospect_object,)

    def reference(self, side: Side, name: str) -> str:
        """The field by which an owner is written."""
        if name != OWNER:
            raise SettingsError(f"{self.sync}: {name} refers to no other record")
        return self.owner_fields[side]

    def address(self, run_id: int, phase: Phase) -> Address:
        """Where a task's changes go."""
        connections = {Side.CRM: self.crm_connection, Side.PLATFORM: self.platform_connection}
        return Address(run_id, self.sync, phase, connections, NO_LIST)

    def ends(self) -> Ends:
        """For the settling of outcomes."""
        return Ends(self.crm_connection, self.platform_connection, NO_LIST, "", None)


def resolve(ctx: ProspectContext) -> ProspectFrame:
    """What the systems told within the last hour of their fields, else ask them again.

    Raises SettingsError: a field is missing or can't be written; the text says who must do what, and where.
    """
    schemas = remembered.recollect(ctx)
    if schemas is None:
        settings = ctx.file.settings
        crm = ctx.crm.schema(settings.crm_policy.lookup_order)
        platform = ctx.platform.schema([str(settings.platform_policy.prospect_object)])
        schemas = crm, platform
        remembered.remember(ctx, crm, platform)
    return _frame(ctx, *schemas)


def _frame(ctx: ProspectContext, crm_schema: Schema, platform_schema: Schema) -> ProspectFrame:
    settings = ctx.file.settings
    crm, platform, limits = settings.crm_policy, settings.platform_policy, settings.limits
    prospects = platform_schema.get(str(platform.prospect_object), {})
    rules_by = {object: _rules(ctx, object, crm_schema.get(object, {}), prospects) for object in crm.lookup_order}
    _all_found(ctx, rules_by, crm_schema)
    marker = platform.crm_deleted_marker if settings.deleted.mark and settings.id_field else None
    return ProspectFrame(
        sync=ctx.file.name,
        crm_connection=settings.crm.connection,
        platform_connection=settings.platform.connection,
        prospect_object=str(platform.prospect_object),
        objects=crm.lookup_order,
        rules_by=rules_by,
        policy=ProspectPolicy(
            by_object={
                object: _sync_policy(ctx, object, rules, crm_schema.get(object, {}), prospects)
                for object, rules in rules_by.items()
            },
            create_as=settings.new_object,
            inactive_syncs=crm.inactive_syncs,
            recreate_deleted=settings.on_deleted == "recreate",
            detect_deletes=settings.detect_deletes,
            mark_deleted=marker,
            bin_deleted=settings.deleted.bin,
            owner_fallback=settings.owner_fallback,
            on_email_change=settings.on_email_change,
        ),
        limits=Limits(limits.max_removed, limits.max_updated, limits.max_blanked, limits.min_rows),
        owner_fields={Side.CRM: str(crm.owner_field), Side.PLATFORM: str(platform.owner_field)},
        quiet=platform.passive & {rule.name for rules in rules_by.values() for rule in rules},
        first_returned=settings.on_duplicates == "first_returned",
        add_existing=settings.pull.add_existing,
    )


def _rules(
    ctx: ProspectContext, object: str, fields: Mapping[str, FieldInfo], prospects: Mapping[str, FieldInfo]
) -> tuple[FieldRule, ...]:
    """The fields that this object has: one that another object alone has, its owner say, isn't synced with this one."""
    policy = ctx.file.settings.crm_policy
    rules = []
    for rule in ctx.file.settings.field_rules():
        name = _name_on(policy, object, rule)
        if rule.name == OWNER and name not in fields:
            continue
        if rule.name in APART:
            rules.append(rule)
        elif name in fields or "." in name:
            rules.append(_typed(replace(rule, crm=name), fields.get(name), prospects.get(rule.platform)))
    return tuple(rules)


def _name_on(policy: CrmPolicy, object: str, rule: FieldRule) -> str:
    """Some usual fields have another name on another object (a lead's company is a contact's account)."""
    usual = policy.field_names.get(rule.name) == rule.crm
    return policy.object_field_names.get(object, {}).get(rule.name, rule.crm) if usual else rule.crm


def _typed(rule: FieldRule, crm: FieldInfo | None, platform: FieldInfo | None) -> FieldRule:
    kind = rule.type
    if kind is FieldType.TEXT and crm is not None and crm.type is not FieldType.REFERENCE:
        kind = crm.type
    limits = {Side.CRM: crm, Side.PLATFORM: platform}
    lengths = {side: info.max_length for side, info in limits.items() if info is not None and info.max_length}
    return replace(rule, type=kind, max_length=lengths)


def _all_found(ctx: ProspectContext, rules_by: Mapping[str, tuple[FieldRule, ...]], schema: Schema) -> None:
    """Every field of the file is there somewhere, and can be written where the file says that it is."""
    settings, found = ctx.file.settings, {rule.name for rules in rules_by.values() for rule in rules}
    title = settings.crm_policy.title
    for rule in settings.field_rules():
        where = f"{ctx.file.path.name}: fields.{rule.name}"
        if rule.name not in found:
            remembered.forget(ctx)
            raise SettingsError(
                f"{where}: {title} has no field {rule.crm} on its {' or '.join(schema)}, or this connection's user may "
                "not see it: correct the name in the sync file, or make the field there"
            )
        writable = [o for o, fields in schema.items() if rule.crm in fields and fields[rule.crm].writable]
        if rule.name in (settings.push.update or ()) and rule.name not in APART and not writable:
            raise SettingsError(
                f"{where}: {title} doesn't let this connection write {rule.crm}: take it out of push.update, or give "
                "the connection's user edit access to it"
            )


def _sync_policy(
    ctx: ProspectContext,
    object: str,
    rules: tuple[FieldRule, ...],
    fields: Mapping[str, FieldInfo],
    prospects: Mapping[str, FieldInfo],
) -> SyncPolicy:
    settings = ctx.file.settings
    crm_writable = {r.name for r in rules if r.name == OWNER or (r.crm in fields and fields[r.crm].writable)}
    row_writable = {r.name for r in rules if r.name in APART or _writable(prospects, r.platform)}
    return SyncPolicy(
        fields=rules,
        score_field="",
        pull=Way(settings.pull.add, settings.pull_update & row_writable, remove=False),
        push=Way(settings.push.add, settings.push_update & crm_writable, remove=False),
        crm_object=object,
        row_object=str(settings.platform_policy.prospect_object),
        create_fields=frozenset(crm_writable - {CRM_ID}),
    )


def _writable(fields: Mapping[str, FieldInfo], name: str) -> bool:
    return name in fields and fields[name].writable
