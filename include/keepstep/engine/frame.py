"""What a sync file means for the systems as they are: its list, its fields with their types, its rules."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from keepstep.connectors.base import FieldInfo, ReadQuery
from keepstep.core.errors import SettingsError
from keepstep.core.guards import Limits
from keepstep.core.model import FieldRule, FieldType, Phase, Side
from keepstep.core.plan import SyncPolicy, Way
from keepstep.engine import remembered
from keepstep.engine.run import RunContext
from keepstep.store.journal import Address
from keepstep.store.outcomes import Ends
from keepstep.store.pairs import Following
from keepstep.store.staging import Scope

NO_LIST = ""  # the id of a list that isn't there: a dry run makes none


@dataclass(frozen=True, slots=True)
class Frame:
    """A sync, resolved: everything that the tasks share and that doesn't change while a run goes on."""

    sync: str
    crm_connection: str
    platform_connection: str
    list_id: str
    rules: tuple[FieldRule, ...]
    policy: SyncPolicy
    limits: Limits
    audience: str | None  # None: a whole object is the audience
    objects: tuple[str, ...]
    first_returned: bool
    company_object: str | None
    company_name_field: str | None
    company_stage: str
    read_too: tuple[str, ...] = ()  # platform columns that are read beside the mapped ones: the platform's own score

    def following(self) -> Following:
        """For the SQL that finds pairs."""
        return Following(
            sync=self.sync,
            crm_connection=self.crm_connection,
            crm_object=self.policy.crm_object,
            platform_connection=self.platform_connection,
            list_id=self.list_id,
            rules=self.rules,
            objects=self.objects,
            first_returned=self.first_returned,
        )

    def scope(self, side: Side, object: str | None = None) -> Scope | None:
        """For the staging of one side's records; None for a company, which is nobody."""
        return None if object is not None and object == self.company_object else self.people(side)

    def people(self, side: Side) -> Scope:
        """For the staging of one side's people."""
        crm = side is Side.CRM
        return Scope(
            sync=self.sync,
            side=side,
            connection=self.crm_connection if crm else self.platform_connection,
            object=self.policy.crm_object if crm else self.policy.row_object,
            rules=self.rules,
            audience=self.audience if crm else None,
            list_id=None if crm else self.list_id,
            read_too=() if crm else self.read_too,
        )

    def query(self, side: Side, object: str | None = None) -> ReadQuery:
        """What is read of one side: its people, or its companies."""
        if object is not None and object == self.company_object:
            return ReadQuery(object=object, fields=(str(self.company_name_field),))
        crm = side is Side.CRM
        return ReadQuery(
            object=self.policy.crm_object if crm else self.policy.row_object,
            fields=self.people(side).theirs,
            audience=self.audience if crm else None,
            list_id=None if crm else self.list_id,
        )

    def written(self, side: Side) -> tuple[str, ...]:
        """Companies before their people."""
        if side is Side.PLATFORM:
            return (self.policy.row_object,)
        if self.company_rule is None or self.company_object is None:
            return (self.policy.crm_object,)
        return (self.company_object, self.policy.crm_object)

    def reference(self, side: Side, name: str) -> str:
        """The system's name of a mapped field."""
        return next(rule for rule in self.rules if rule.name == name).on(side)

    @property
    def needed(self) -> str:
        """Our name of the field for a person's company."""
        return self.company_rule.name if self.company_rule else ""

    def address(self, run_id: int, phase: Phase) -> Address:
        """Where a task's changes go."""
        connections = {Side.CRM: self.crm_connection, Side.PLATFORM: self.platform_connection}
        return Address(run_id, self.sync, phase, connections, self.list_id)

    def ends(self) -> Ends:
        """For the settling of outcomes."""
        return Ends(self.crm_connection, self.platform_connection, self.list_id, self.policy.score_field, self.audience)

    @property
    def company_rule(self) -> FieldRule | None:
        """The field that names a person's company, where a new person needs one."""
        return next((rule for rule in self.rules if rule.name == self.policy.company_field), None)


def resolve(ctx: RunContext) -> Frame:
    """Ask both systems for their fields and find or make the list; what the sync file needs must be there.

    Raises:
        SettingsError: A field or column is missing or can't be written; the text says who must make it, and where.
    """
    settings = ctx.file.settings
    rules = settings.field_rules()
    rules = _with_crm_types(ctx, rules)
    known = ctx.platform.find_list(settings.platform.list)
    if known is None:
        remembered.must_be_new(ctx)
        email = next(rule.platform for rule in rules if rule.name == "email")
        columns = [rule.platform for rule in rules]
        columns += [column for column in _read_too(ctx) if column not in columns]
        if ctx.run.dry:
            return _frame(ctx, NO_LIST, rules)  # it plans for the empty list that a real run would make
        known = ctx.platform.create_list(settings.platform.list, columns, email)
    rules = _with_columns(ctx, rules, known.id)
    with ctx.store.begin() as conn:
        remembered.remember(conn, ctx.file, known.id, rules)
    return _frame(ctx, known.id, rules)


def recall(ctx: RunContext) -> Frame:
    """The sync as it was resolved last; resolves it where it never was, or where its fields changed since."""
    known = remembered.recollect(ctx)
    if known is None:
        return resolve(ctx)
    list_id, rules = known
    if [(r.name, r.crm, r.platform, r.rule, r.blanks) for r in rules] != [
        (r.name, r.crm, r.platform, r.rule, r.blanks) for r in ctx.file.settings.field_rules()
    ]:
        return resolve(ctx)
    return _frame(ctx, list_id, rules)


def fields_hash(frame: Frame) -> str:
    """Names the mapping: with another one, both sides are read in full once, the list and its history stay (AO-2)."""
    mapping = sorted((rule.name, rule.crm, rule.platform) for rule in frame.rules)
    selection = [
        frame.audience,
        frame.policy.crm_object,
        frame.list_id,
        frame.crm_connection,
        frame.platform_connection,
    ]
    content = [mapping, frame.read_too, *selection]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()


def _with_crm_types(ctx: RunContext, rules: tuple[FieldRule, ...]) -> tuple[FieldRule, ...]:
    person = _person_object(ctx)
    known = ctx.crm.schema([person]).get(person, {})
    return tuple(_crm_rule(ctx, rule, known) for rule in rules)


def _crm_rule(ctx: RunContext, rule: FieldRule, known: Mapping[str, FieldInfo]) -> FieldRule:
    settings = ctx.file.settings
    policy = settings.crm_policy
    info = known.get(rule.crm)
    where = f"{ctx.file.path.name}: fields.{rule.name}"
    if info is None:
        remembered.read_again(ctx)
    if info is None and rule.name == settings.score_field:
        raise SettingsError(
            f"{where}: {policy.title} has no field {rule.crm} on its {_person_object(ctx)}. "
            + policy.score_field_help.format(script_id=rule.crm)
        )
    if info is None:
        raise SettingsError(
            f"{where}: {policy.title} has no field {rule.crm} on its {_person_object(ctx)}, or this connection's role "
            "may not see it: correct the name in the sync file, or make the field there"
        )
    if rule.name in settings.push_update and not info.writable:
        raise SettingsError(
            f"{where}: {policy.title} doesn't let this connection write {rule.crm}: take it out of push.update, or "
            "give the connection's role edit access to it"
        )
    if rule.name in settings.push_update and info.type is FieldType.REFERENCE:
        raise SettingsError(
            f"{where}: {rule.crm} refers to another record in {policy.title}; a push may not move a person to another "
            "one: take it out of push.update"
        )
    kind = rule.type if rule.name in ("email", settings.score_field) else _comparable(info.type)
    limits = {Side.CRM: info.max_length} if info.max_length else {}
    return replace(rule, type=kind, max_length=limits)


def _person_object(ctx: RunContext) -> str:
    """What the people of the sync's audience are: there are CRMs whose audiences are whole objects."""
    policy = ctx.file.settings.crm_policy
    return policy.audience_objects.get(ctx.file.settings.crm.audience, policy.person_object)


def _comparable(kind: FieldType) -> FieldType:
    """A reference is read as the name of what it refers to."""
    return FieldType.TEXT if kind is FieldType.REFERENCE else kind


def _with_columns(ctx: RunContext, rules: tuple[FieldRule, ...], list_id: str) -> tuple[FieldRule, ...]:
    settings = ctx.file.settings
    row = settings.platform_policy.row_object
    columns = ctx.platform.schema([row], list_id).get(row, {})
    needed = [(rule.platform, f"fields.{rule.name}") for rule in rules]
    needed += [(column, "maintenance.platform_score") for column in _read_too(ctx)]
    missing = [f"{column!r} ({key})" for column, key in needed if column not in columns]
    if missing:
        names = ", ".join(missing)
        remembered.read_again(ctx)
        raise SettingsError(
            f"{ctx.file.path.name}: the list {settings.platform.list!r} in {settings.platform_policy.title} has no "
            f"column {names}: add it to the list there, or name an existing column in the sync file. No new import is "
            "needed: the next run fills it"
        )
    return tuple(
        replace(rule, max_length={**rule.max_length, Side.PLATFORM: length})
        if (length := columns[rule.platform].max_length)
        else rule
        for rule in rules
    )


def _frame(ctx: RunContext, list_id: str, rules: tuple[FieldRule, ...]) -> Frame:
    settings = ctx.file.settings
    crm, limits = settings.crm_policy, settings.limits
    person = _person_object(ctx)
    company = next((rule.name for rule in rules if rule.crm == crm.company_field), None) if crm.company_object else None
    if settings.push.add and crm.company_object and company is None:
        raise SettingsError(
            f"{ctx.file.path.name}: push.add makes new people in {crm.title}, which needs their company: map a field "
            f"to {crm.company_field} under fields"
        )
    return Frame(
        sync=ctx.file.name,
        crm_connection=settings.crm.connection,
        platform_connection=settings.platform.connection,
        list_id=list_id,
        rules=rules,
        policy=SyncPolicy(
            fields=rules,
            score_field=settings.score_field,
            pull=Way(settings.pull.add, settings.pull_update, settings.pull.remove),
            push=Way(settings.push.add, settings.push_update, settings.push.remove),
            crm_object=person,
            row_object=settings.platform_policy.row_object,
            create_fields=_creatable(rules, settings.score_field, company, crm.reference_fields),
            company_field=company if settings.push.add else None,
            inactive_syncs=crm.inactive_syncs,
            recreate_deleted=settings.on_deleted == "recreate",
            writes_score=not _is_theirs(ctx, rules),
        ),
        limits=Limits(limits.max_removed, limits.max_updated, limits.max_blanked, limits.min_rows),
        audience=settings.crm.selection,
        objects=(person,),
        first_returned=settings.on_duplicates == "first_returned",
        company_object=crm.company_object,
        company_name_field=crm.company_name_field,
        company_stage=settings.crm.create_at_stage,
        read_too=_read_too(ctx),
    )


def _is_theirs(ctx: RunContext, rules: tuple[FieldRule, ...]) -> bool:
    """Whether the score's column is the one with the platform's own score, which only the platform writes."""
    score = next(rule.platform for rule in rules if rule.name == ctx.file.settings.score_field)
    return score in _read_too(ctx)


def _read_too(ctx: RunContext) -> tuple[str, ...]:
    maintenance = ctx.file.settings.maintenance
    return (maintenance.platform_score,) if maintenance.score_from == "platform" else ()


def _creatable(
    rules: tuple[FieldRule, ...], score_field: str, company: str | None, references: frozenset[str]
) -> frozenset[str]:
    """What a new person may be given: no reference but the company, whose record is looked up or made first.

    Nor what belongs to another record and is read through a reference, such as a contact's ``Account.Name``.
    """
    others = references | {score_field}
    return frozenset(
        rule.name for rule in rules if rule.name == company or (rule.crm not in others and "." not in rule.crm)
    )
