"""compute_behavior_score: the list maintenance program. New activities in, scores sealed, the list's column written."""

from __future__ import annotations

from sqlalchemy import Connection

from keepstep.core.errors import Refusal, SettingsError
from keepstep.core.model import Phase, Side
from keepstep.engine.activities import PlatformActivities
from keepstep.engine.frame import Frame, recall
from keepstep.engine.phases import Findings, run_phase
from keepstep.engine.planning import make_plan
from keepstep.engine.reading import read_side
from keepstep.engine.run import ActivitySource, PhaseReport, RunContext
from keepstep.engine.streamed_activities import StreamedActivities
from keepstep.store import activities, epochs, publish, runs, scores, statistics, watermarks
from keepstep.store.activities import Ingested
from keepstep.store.epochs import Epoch
from keepstep.store.publish import Published
from keepstep.store.watermarks import Watermark

EVERY_SYNC = "*"  # syncs with the same source of activities share what was read of it


def compute_behavior_score(ctx: RunContext) -> PhaseReport:
    """Bring the list's scores up to the run's interval, seal them, and write them into the list's score column.

    The report's `epoch` is the sealed epoch: `push_score` takes it. Called again after a kill, a sealed epoch whose
    column is not written yet is taken up again; else the scores are computed anew.

    Raises:
        FenceRefused: Another run of this list's maintenance took over meanwhile.
        SettingsError: The score sheet or the source of activities is missing or can't be read.
        AuthError: A system doesn't let us in.
        Unavailable: A system isn't there.
    """
    findings = Findings()
    with ctx.store.begin() as conn:
        epoch = epochs.open_epoch(
            conn,
            ctx.file.name,
            ctx.run.id,
            ctx.run.interval_end,
            sheet_hash=ctx.sheet.hash if ctx.sheet else None,
            now=ctx.now(),
        )

    def make(frame: Frame) -> tuple[Refusal, ...]:
        if not epoch.sealed:
            _score(ctx, frame, epoch, findings)
        return make_plan(ctx, frame, Phase.MAINTAIN)

    findings.epoch = epoch.id
    report = run_phase(ctx, Phase.MAINTAIN, recall, findings, make)
    with ctx.store.begin() as conn:
        epochs.mark_column_written(conn, epoch.id)
        if ctx.file.settings.maintenance.schedule is not None:  # a run of the maintenance's own Dag ends here
            runs.finish_run(conn, ctx.run.id, "finished", report.as_dict(), ctx.now())
    return report


def _score(ctx: RunContext, frame: Frame, epoch: Epoch, findings: Findings) -> None:
    if ctx.sheet is None:
        findings.read += read_side(ctx, frame, Side.PLATFORM)  # whom the pull has just made has a score there too
        with ctx.store.begin() as conn:
            published = _publish_platform(ctx, frame, epoch, conn)
    else:
        published = _publish_sheet(ctx, frame, epoch, findings)
    findings.scored = published.members
    with ctx.store.begin() as conn:
        statistics.refresh(conn, published.changed, "score")
    if published.unreadable:
        findings.notes.append(
            f"{published.unreadable} rows have a platform score that is no number: nothing is pushed for them; correct "
            f"the column {ctx.file.settings.maintenance.platform_score} on the list"
        )


def _publish_platform(ctx: RunContext, frame: Frame, epoch: Epoch, conn: Connection) -> Published:
    return publish.publish_platform_scores(
        conn,
        epoch,
        connection=frame.platform_connection,
        list_id=frame.list_id,
        column=ctx.file.settings.maintenance.platform_score,
        now=ctx.now(),
    )


def _publish_sheet(ctx: RunContext, frame: Frame, epoch: Epoch, findings: Findings) -> Published:
    if ctx.sheet is None:
        raise SettingsError(f"{ctx.file.name}: the score comes from a sheet, and there is none")
    source = ctx.activities or _platform_source(ctx, frame)
    told = _take_in(ctx, source, epoch)
    findings.read = told.told
    if told.unusable:
        findings.notes.append(f"{told.unusable} activities have no address, type or time that can be used")
    if isinstance(source, StreamedActivities) and source.unread:
        findings.notes.append("limits.activity_calls ended the reading of activities: the next runs read on")
    with ctx.store.begin() as conn:
        refreshed = scores.refresh(conn, source.name, ctx.sheet, epoch.through)
        published = publish.publish_and_seal(
            conn,
            epoch,
            connection=frame.platform_connection,
            list_id=frame.list_id,
            scope=refreshed.scope,
            as_of=refreshed.as_of,
            now=ctx.now(),
        )
    findings.notes.extend(
        f"{count} activities of the type {kind} count nothing: the score sheet {ctx.sheet.name} has no points for it"
        for kind, count in sorted(refreshed.unknown_types.items())
    )
    return published


def _platform_source(ctx: RunContext, frame: Frame) -> ActivitySource:
    if ctx.platform.capabilities.streams_activities:
        return StreamedActivities.of(ctx, frame)
    return PlatformActivities.of(ctx, frame)


def _take_in(ctx: RunContext, source: ActivitySource, epoch: Epoch) -> Ingested:
    """Store what the source tells, batch by batch, each with the place to go on from."""
    place = f"activities:{source.name}"
    with ctx.store.begin() as conn:
        mark = watermarks.get(conn, EVERY_SYNC, place)
    parts = []
    for batch in source.read(mark.cursor if mark else None, epoch.through):
        with ctx.store.begin() as conn:
            parts.append(activities.ingest(conn, source.name, batch.activities))
            if batch.cursor is not None:
                watermarks.move(conn, EVERY_SYNC, place, Watermark(dict(batch.cursor), 0, complete=True))
        ctx.progress("activities", sum(part.told for part in parts), None)
    return activities.total(parts)
