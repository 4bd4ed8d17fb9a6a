"""Reading both sides: pages are stored as they come, with the watermark, and what vanished is told from what moved."""

from __future__ import annotations

from sqlalchemy import text

from keepstep.connectors.base import Connector, ReadQuery
from keepstep.core.model import Side
from keepstep.core.normalize import normalize_email
from keepstep.engine.frame import NO_LIST, Frame, fields_hash
from keepstep.engine.pages import missing, read_source, read_what_vanished
from keepstep.engine.run import RunContext
from keepstep.store import deletions, parity, statistics, watermarks
from keepstep.store.watermarks import Watermark

OPT_OUTS = "platform:opt_out"
ASKED_AT_ONCE = 500  # ids in one question about what a full listing didn't name


def read_both(ctx: RunContext, frame: Frame) -> int:
    """Bring the store up to date with both systems. Returns how many records they told.

    Raises AuthError or Unavailable; what was stored until then stays, and the next call goes on from there.
    """
    _forget_after_remapping(ctx, frame)
    told = read_side(ctx, frame, Side.CRM)
    _look_after_refused(ctx, frame)
    if frame.list_id != NO_LIST:
        told += read_side(ctx, frame, Side.PLATFORM)
    told += _read_opt_outs(ctx)
    with ctx.store.begin() as conn:
        statistics.refresh(conn, told, "sighting", "crm_record", "prospect")
    return told


def read_side(ctx: RunContext, frame: Frame, side: Side, *, in_full: bool = False) -> int:
    """Read what changed on one side since the watermark; everything the first time, or where it can't be told."""
    connector: Connector = ctx.crm if side is Side.CRM else ctx.platform
    scope, query = frame.people(side), frame.query(side)
    told = read_source(ctx, connector, scope, query, in_full=in_full)
    return told + read_what_vanished(ctx, connector, scope, query)


def _look_after_refused(ctx: RunContext, frame: Frame) -> None:
    """A CRM record with an open error may be gone without a word, where the role may not see deletions (NS-3)."""
    scope = frame.people(Side.CRM)
    with ctx.store.begin() as conn:
        suspects = parity.records_in_trouble(conn, frame.sync, scope.object)
        mark = watermarks.get(conn, frame.sync, f"{Side.CRM.value}:{scope.object}")
        if suspects and mark is not None:
            missing(ctx, conn, ctx.crm, scope, frame.query(Side.CRM), mark.listing, suspects)


def _read_opt_outs(ctx: RunContext) -> int:
    if "opt_out" not in ctx.platform.capabilities.objects:
        return 0
    connection, sync = ctx.file.settings.platform.connection, ctx.file.name
    with ctx.store.begin() as conn:
        mark = watermarks.get(conn, sync, OPT_OUTS)
    told = 0
    for page in ctx.platform.read(ReadQuery(object="opt_out"), mark.cursor if mark and mark.cursor else None):
        emails = [email for record in page.records if (email := normalize_email(record.email))]
        with ctx.store.begin() as conn:
            deletions.store_suppressions(conn, connection, emails, ctx.now())
            if page.cursor is not None:
                watermarks.move(conn, sync, OPT_OUTS, Watermark(dict(page.cursor), 0, page.last))
        told += len(page.records)
    return told


def _forget_after_remapping(ctx: RunContext, frame: Frame) -> None:
    """Another mapping, audience or list needs one full look: a field's old values are in no increment (AO-2)."""
    current = fields_hash(frame)
    with ctx.store.begin() as conn:
        known = conn.execute(
            text("SELECT fields_hash FROM sync WHERE name = :name"), {"name": frame.sync}
        ).scalar_one_or_none()
        if known != current:
            for side in Side:
                watermarks.forget(conn, frame.sync, f"{side.value}:{frame.people(side).object}")
            # Nobody has a place on another list yet, although nothing changed about them in the CRM.
            everybody = "UPDATE sighting SET dirty = true WHERE sync = :name AND side = 'crm'"
            conn.execute(text(everybody), {"name": frame.sync})
            conn.execute(
                text("UPDATE sync SET fields_hash = :hash WHERE name = :name"), {"hash": current, "name": frame.sync}
            )
