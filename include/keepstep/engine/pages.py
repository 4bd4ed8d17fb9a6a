"""Reading a source: pages are stored as they come, with the watermark; what vanished is told from what moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import cast

from sqlalchemy import Connection

from keepstep.connectors.base import Connector, Counts, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.core.model import Deletion
from keepstep.engine.run import TaskContext
from keepstep.store import deletions, staging, watermarks
from keepstep.store.staging import Scope
from keepstep.store.watermarks import Watermark

ASKED_AT_ONCE = 500  # ids in one question about what a full listing didn't name


def source_of(scope: Scope) -> str:
    """The name under which the watermark of this scope is kept."""
    return f"{scope.side.value}:{scope.object}"


def read_source(
    ctx: TaskContext, connector: Connector, scope: Scope, query: ReadQuery, *, in_full: bool = False
) -> int:
    """Read what changed since the watermark; everything the first time, or where that can't be told any more.

    Returns how many records and deletions were told. Raises AuthError or Unavailable; what was stored until then stays,
    and the next call goes on from there.
    """
    with ctx.store.begin() as conn:
        mark = None if in_full else watermarks.get(conn, scope.sync, source_of(scope))
    if mark is None:
        return _full(ctx, connector, scope, query)
    try:
        return _pages(ctx, connector, scope, query, mark)
    except CursorExpired:
        return _full(ctx, connector, scope, query)


def read_what_vanished(ctx: TaskContext, connector: Connector, scope: Scope, query: ReadQuery) -> int:
    """A system that announces no deletions may still tell how many there are: read all of it only if that's off.

    Call it when what changed was read. Returns how many records were told; raises as `read_source`.
    """
    capabilities = connector.capabilities
    if capabilities.announces_deletions or not capabilities.counts or query.audience is not None:
        return 0
    with ctx.store.begin() as conn:
        known = staging.count_there(conn, scope)
    if cast(Counts, connector).count(scope.list_id or scope.object) == known:
        return 0
    return read_source(ctx, connector, scope, query, in_full=True)


def _full(ctx: TaskContext, connector: Connector, scope: Scope, query: ReadQuery) -> int:
    with ctx.store.begin() as conn:
        watermarks.forget(conn, scope.sync, source_of(scope))
        listing = staging.next_listing(conn, scope)
    return _pages(ctx, connector, scope, query, Watermark({}, listing, complete=False))


def _pages(ctx: TaskContext, connector: Connector, scope: Scope, query: ReadQuery, mark: Watermark) -> int:
    told, lags = 0, connector.capabilities.stale_reads
    for page in connector.read(query, mark.cursor or None):
        finished = mark.complete or page.last
        with ctx.store.begin() as conn:
            staging.store_records(conn, scope, page.records, mark.listing, ctx.now(), listed=page.full, lags=lags)
            deletions.store_deletions(conn, scope, page.deletions, "announced", ctx.now())
            if page.full and page.last:
                missing(ctx, conn, connector, scope, query, mark.listing, staging.unnamed(conn, scope, mark.listing))
            _move(conn, scope, page, mark, finished)
        told += len(page.records) + len(page.deletions)
        ctx.progress(f"read {source_of(scope)}", told, None)
    return told


def _move(conn: Connection, scope: Scope, page: Page, mark: Watermark, finished: bool) -> None:
    if page.cursor is not None:
        watermarks.move(conn, scope.sync, source_of(scope), Watermark(dict(page.cursor), mark.listing, finished))


def missing(
    ctx: TaskContext,
    conn: Connection,
    connector: Connector,
    scope: Scope,
    query: ReadQuery,
    listing: int,
    lost: Sequence[str],
) -> None:
    """Ask by id for what seems to be gone; who answers only left the selection, if at all, the others are deleted."""
    for ids in chunks(lost, ASKED_AT_ONCE):
        there = list(connector.fetch(query, FetchBy.ID, ids)) if not scope.list_id else []
        staging.store_records(conn, scope, there, listing, ctx.now())
        gone = set(ids) - {record.id for record in there}
        gone_now = [Deletion(scope.object, one) for one in sorted(gone)]
        deletions.store_deletions(conn, scope, gone_now, "absence", ctx.now())


def chunks(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    """The ids in parts of this size."""
    them = iter(ids)
    while chunk := list(islice(them, size)):
        yield chunk
