"""Reading both sides of a prospect sync: people, users, and the activities that put somebody into the queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection

from keepstep.connectors.base import Connector, ReadQuery
from keepstep.core.model import Record, Side
from keepstep.engine.pages import read_source, read_what_vanished
from keepstep.engine.prospects.frame import ProspectFrame
from keepstep.engine.run import ProspectContext
from keepstep.store import queue, statistics, watermarks
from keepstep.store.watermarks import Watermark

USERS_FOR = timedelta(hours=1)  # who may own records changes rarely
ACTIVITY = "platform:activity"


def read_changes(ctx: ProspectContext, frame: ProspectFrame) -> int:
    """Bring the store up to date with both systems; what changed is in the queue then. Returns how much was told.

    Raises AuthError or Unavailable; what was stored until then stays, and the next call goes on from there.
    """
    read_users(ctx, frame)
    told = 0
    for object_name in frame.objects:
        scope, query = frame.scope(Side.CRM, object_name), frame.query(Side.CRM, object_name)
        told += read_source(ctx, ctx.crm, scope, query)
        told += read_what_vanished(ctx, ctx.crm, scope, query)
    prospects = frame.scope(Side.PLATFORM, frame.prospect_object)
    told += read_source(ctx, ctx.platform, prospects, frame.query(Side.PLATFORM, frame.prospect_object))
    told += _read_activities(ctx, frame)
    with ctx.store.begin() as conn:
        statistics.refresh(conn, told, "sighting", "crm_record", "prospect")
    return told


def read_users(ctx: ProspectContext, frame: ProspectFrame) -> None:
    """Both systems' users, once an hour."""
    for connector, side, connection in (
        (ctx.crm, Side.CRM, frame.crm_connection),
        (ctx.platform, Side.PLATFORM, frame.platform_connection),
    ):
        _users(ctx, connector, f"{side.value}:user", connection)


def _users(ctx: ProspectContext, connector: Connector, source: str, connection: str) -> None:
    with ctx.store.begin() as conn:
        mark = watermarks.get(conn, ctx.file.name, source)
    if mark and mark.complete and mark.moved_at and ctx.now() - mark.moved_at < USERS_FOR:
        return
    for page in connector.read(ReadQuery("user"), mark.cursor or None if mark else None):
        complete = page.last or (mark is not None and mark.complete)
        with ctx.store.begin() as conn:
            queue.store_users(conn, ctx.file.name, connection, page.records, ctx.now())
            if page.cursor is not None:
                watermarks.move(conn, ctx.file.name, source, Watermark(dict(page.cursor), 0, complete, ctx.now()))


def _read_activities(ctx: ProspectContext, frame: ProspectFrame) -> int:
    """What people did, where the platform tells it of everybody: those who showed intent go into the queue (EX-1)."""
    if not ctx.platform.capabilities.streams_activities:
        return 0
    with ctx.store.begin() as conn:
        mark = watermarks.get(conn, frame.sync, ACTIVITY)
    # Before the sync's first run nobody waits for what was done long ago: prospects are in the queue as new.
    query = ReadQuery("activity", since=None if mark else ctx.now())
    told = 0
    for page in ctx.platform.read(query, mark.cursor or None if mark else None):
        with ctx.store.begin() as conn:
            _enqueue(conn, ctx, page.records)
            if page.cursor is not None:
                watermarks.move(conn, frame.sync, ACTIVITY, Watermark(dict(page.cursor), 0, page.last))
        told += len(page.records)
    return told


def _enqueue(conn: Connection, ctx: ProspectContext, activities: Sequence[Record]) -> None:
    settings = ctx.file.settings
    wanted = {*settings.trigger_activities, *settings.resume_deleted.activities}
    by_type: dict[str, list[str]] = {}
    for activity in activities:
        kind = str(activity.fields.get("type") or "")
        if kind in wanted:
            by_type.setdefault(kind, []).append(str(activity.fields["subject"]))
    for kind, subjects in sorted(by_type.items()):
        queue.enqueue(conn, ctx.file.name, subjects, kind, ctx.now())
