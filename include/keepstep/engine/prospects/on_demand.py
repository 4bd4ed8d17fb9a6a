"""One prospect that somebody wants synced now: read afresh, put before all others; and what became of it (SY-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from keepstep.config import ProspectFile
from keepstep.connectors.base import Connector, FetchBy
from keepstep.core.errors import SettingsError
from keepstep.core.model import Record, Side
from keepstep.core.normalize import normalize_email
from keepstep.core.prospect_plan import MARKER
from keepstep.engine.pages import source_of
from keepstep.engine.prospects.frame import ProspectFrame, place_of, resolve
from keepstep.engine.run import ProspectContext
from keepstep.store import on_demand, queue, runs, staging, watermarks
from keepstep.store.database import Store
from keepstep.store.on_demand import Fate
from keepstep.store.staging import Scope


class NotFoundError(SettingsError):
    """Nobody has the id or email that was asked for; the text doesn't repeat it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked for, by id."""

    prospects: tuple[str, ...]
    after: int  # the journal's newest entry at that moment: what became of them follows it


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of them."""

    fates: tuple[Fate, ...]
    waiting: bool  # they are in the queue still, or again


def ask_for(ctx: ProspectContext, key: str) -> Asked:
    """Read the prospect with this id or email, and its CRM records, and put them before all others.

    `ctx` needs no run of the store's. Raises NotFoundError, AuthError or Unavailable.
    """
    calls = ctx.crm.usage.calls, ctx.platform.usage.calls
    try:
        frame = resolve(ctx)
        prospects = _prospects(ctx, frame, key)
        records = _records(ctx, frame, prospects)
    finally:
        _note_calls(ctx, calls)
    ids = [one.id for one in prospects]
    with ctx.store.begin() as conn:
        _store(conn, ctx, frame.scope(Side.PLATFORM, frame.prospect_object), prospects)
        for object_name, found in records.items():
            _store(conn, ctx, frame.scope(Side.CRM, object_name), found)
        queue.enqueue(conn, frame.sync, ids, queue.ON_DEMAND, ctx.now())
        on_demand.free(conn, frame.place, ids)
        return Asked(tuple(ids), on_demand.newest_entry(conn))


def answer(store: Store, file: ProspectFile, asked: Asked) -> Answer:
    """What the journal says of those who were asked for."""
    place = place_of(file)
    with store.begin() as conn:
        fates = on_demand.became(conn, place, asked.prospects, asked.after)
        return Answer(tuple(fates), on_demand.waits(conn, place, asked.prospects))


def _prospects(ctx: ProspectContext, frame: ProspectFrame, key: str) -> list[Record]:
    email, given = normalize_email(key), key.strip()
    by = FetchBy.ID if email is None else FetchBy.EMAIL
    query = frame.query(Side.PLATFORM, frame.prospect_object)
    found = list(ctx.platform.fetch(query, by, [email or given])) if given else []
    if not found:
        title = ctx.file.settings.platform_policy.title
        raise NotFoundError(
            f"{title} has no prospect with this {'id' if email is None else 'email'} (the recycle bin doesn't count): "
            "correct it in the form, or add the prospect there"
        )
    return sorted(found, key=lambda record: record.id)


def _records(ctx: ProspectContext, frame: ProspectFrame, prospects: Sequence[Record]) -> dict[str, list[Record]]:
    """The CRM's records of these people: by their emails, and by the ids that the platform or a link holds."""
    emails = {email for one in prospects if (email := normalize_email(one.email)) is not None}
    ids = set(_ids_on_platform(ctx, prospects))
    with ctx.store.begin() as conn:
        linked = on_demand.linked(conn, frame.place, [one.id for one in prospects])
    records = {}
    for object_name in frame.objects:
        mine = ids | {id for object, id in linked if object == object_name}
        by_email = _fetch(ctx.crm, frame, object_name, FetchBy.EMAIL, emails)
        by_id = _fetch(ctx.crm, frame, object_name, FetchBy.ID, mine - {one.id for one in by_email})
        records[object_name] = by_email + by_id
    return records


def _ids_on_platform(ctx: ProspectContext, prospects: Sequence[Record]) -> Iterable[str]:
    name = ctx.file.settings.id_field
    held = (one.fields.get(name) for one in prospects) if name else ()
    return (str(value) for value in held if value and not str(value).startswith(MARKER))


def _fetch(
    connector: Connector, frame: ProspectFrame, object_name: str, by: FetchBy, keys: Iterable[str]
) -> list[Record]:
    wanted = sorted(keys)
    return list(connector.fetch(frame.query(Side.CRM, object_name), by, wanted)) if wanted else []


def _store(conn: Connection, ctx: ProspectContext, scope: Scope, records: Sequence[Record]) -> None:
    mark = watermarks.get(conn, scope.sync, source_of(scope))
    staging.store_records(conn, scope, records, mark.listing if mark else 0, ctx.now())


def _note_calls(ctx: ProspectContext, before: tuple[int, int]) -> None:
    settings = ctx.file.settings
    crm, platform = ctx.crm.usage.calls - before[0], ctx.platform.usage.calls - before[1]
    with ctx.store.begin() as conn:
        runs.add_usage(conn, settings.crm.connection, crm, ctx.crm.usage.left, ctx.now())
        runs.add_usage(conn, settings.platform.connection, platform, ctx.platform.usage.left, ctx.now())
