"""Everybody's behaviour in one incremental read: once each, page by page, within the budget, by the person's email."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from keepstep.connectors.base import Cursor, CursorExpired, Page, ReadQuery
from keepstep.connectors.memory import MemoryPlatformState, MemoryProspectPlatform
from keepstep.core.errors import SettingsError
from keepstep.engine.frame import resolve
from keepstep.engine.run import Activity
from keepstep.engine.streamed_activities import StreamedActivities
from keepstep.store import watermarks
from keepstep.store.activities import ingest
from keepstep.store.database import Store
from keepstep.store.watermarks import Watermark
from tests.engine.world import World

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def state() -> MemoryPlatformState:
    return MemoryPlatformState(lambda: NOON)


def take_in(store: Store, source: StreamedActivities) -> list[str]:
    """One run, as the maintenance does it: each batch is stored with its cursor. Returns whose activities were told."""
    place, told = f"activities:{source.name}", []
    with store.begin() as conn:
        mark = watermarks.get(conn, "*", place)
    for batch in source.read(mark.cursor if mark else None, NOON):
        with store.begin() as conn:
            ingest(conn, source.name, batch.activities)
            if batch.cursor is not None:
                watermarks.move(conn, "*", place, Watermark(dict(batch.cursor), 0, complete=True))
        told += [one.email for one in batch.activities]
    return told


def stored(store: Store) -> int:
    with store.begin() as conn:
        return int(conn.execute(text("SELECT count(*) FROM activity")).scalar_one())


def test_what_was_done_is_told_with_whom_when_and_the_platforms_own_id(state: MemoryPlatformState) -> None:
    ann = state.add_prospect("ann@example.com")
    state.act_prospect(ann, "form_submitted", at=NOON - MINUTE)
    source = StreamedActivities(MemoryProspectPlatform(state), "ae", calls=10)
    [batch] = source.read(None, NOON)
    assert batch.activities == (Activity("act-2", "ann@example.com", "form_submitted", NOON - MINUTE),)
    assert batch.cursor is not None
    assert source.name == "platform:ae"


def test_a_second_read_costs_a_call_and_tells_what_is_new(store: Store, state: MemoryPlatformState) -> None:
    ann = state.add_prospect("ann@example.com")
    for _ in range(5):
        state.act_prospect(ann, "page_viewed")
    platform = MemoryProspectPlatform(state)
    source = StreamedActivities(platform, "ae", calls=10)
    assert len(take_in(store, source)) == 5
    calls = platform.usage.calls

    assert take_in(store, source) == []
    assert platform.usage.calls == calls + 1

    state.act_prospect(ann, "form_submitted")
    assert take_in(store, source) == ["ann@example.com"]
    assert stored(store) == 6


def test_reads_that_overlap_count_once(store: Store, state: MemoryPlatformState) -> None:
    ann = state.add_prospect("ann@example.com")
    for _ in range(4):
        state.act_prospect(ann, "page_viewed")
    source = StreamedActivities(MemoryProspectPlatform(state, overlap=2), "ae", calls=10)
    take_in(store, source)
    state.act_prospect(ann, "form_submitted")
    assert len(take_in(store, source)) > 1
    assert stored(store) == 5


def test_a_read_that_was_killed_goes_on_behind_the_page_that_was_stored(
    store: Store, state: MemoryPlatformState
) -> None:
    ann = state.add_prospect("ann@example.com")
    for _ in range(6):
        state.act_prospect(ann, "page_viewed")
    source = StreamedActivities(MemoryProspectPlatform(state, page_size=2), "ae", calls=10)
    pages = source.read(None, NOON)
    first = next(pages)
    with store.begin() as conn:
        ingest(conn, source.name, first.activities)
        watermarks.move(conn, "*", f"activities:{source.name}", Watermark(dict(first.cursor or {}), 0, complete=True))
    next(pages)  # told, and killed before it was stored

    assert len(take_in(store, source)) == 4
    assert stored(store) == 6


def test_what_does_not_fit_into_a_run_s_calls_is_read_by_the_next_ones(
    store: Store, state: MemoryPlatformState
) -> None:
    ann = state.add_prospect("ann@example.com")
    for _ in range(5):
        state.act_prospect(ann, "page_viewed")
    source = StreamedActivities(MemoryProspectPlatform(state, page_size=1), "ae", calls=2)
    told = []
    for unread in (True, True, False):
        told.append(len(take_in(store, source)))
        assert source.unread is unread
    assert told == [2, 2, 1]
    assert stored(store) == 5


def test_no_calls_in_the_budget_is_no_call(store: Store, state: MemoryPlatformState) -> None:
    state.act_prospect(state.add_prospect("ann@example.com"), "page_viewed")
    platform = MemoryProspectPlatform(state)
    source = StreamedActivities(platform, "ae", calls=0)
    assert take_in(store, source) == []
    assert source.unread
    assert platform.usage.calls == 0


class Nameless(MemoryProspectPlatform):
    """Tells of whom an activity is by the id alone."""

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """As it is, without addresses."""
        for page in super().read(query, cursor):
            yield replace(page, records=tuple(replace(record, email=None) for record in page.records))


class Forgetful(MemoryProspectPlatform):
    """Knows no cursor any more."""

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """Everything or nothing."""
        if cursor is not None:
            raise CursorExpired
        yield from super().read(query)


def test_an_activity_that_names_only_the_prospect_is_that_of_its_email(
    store: Store, state: MemoryPlatformState
) -> None:
    people = [state.add_prospect(f"p{number}@example.com") for number in range(3)]
    for one in people * 2:
        state.act_prospect(one, "page_viewed")
    platform = Nameless(state)
    assert sorted(set(take_in(store, StreamedActivities(platform, "ae", calls=10)))) == [
        f"p{number}@example.com" for number in range(3)
    ]
    assert platform.usage.by_endpoint["fetch"] == 1
    assert stored(store) == 6


def test_an_activity_of_somebody_who_is_gone_is_told_and_cannot_be_used(
    store: Store, state: MemoryPlatformState
) -> None:
    gone = state.add_prospect("gone@example.com")
    state.act_prospect(gone, "page_viewed")
    state.delete_prospect(gone)
    assert take_in(store, StreamedActivities(Nameless(state), "ae", calls=10)) == [""]
    assert stored(store) == 0


def test_a_cursor_that_the_platform_forgot_means_everything_again_and_nothing_twice(
    store: Store, state: MemoryPlatformState
) -> None:
    ann = state.add_prospect("ann@example.com")
    state.act_prospect(ann, "page_viewed")
    source = StreamedActivities(Forgetful(state), "ae", calls=10)
    take_in(store, source)
    state.act_prospect(ann, "form_submitted")
    assert len(take_in(store, source)) == 2
    assert stored(store) == 2


def test_a_platform_that_does_not_stream_is_refused_with_what_to_write_instead(world: World) -> None:
    ctx = world.context()
    with pytest.raises(SettingsError, match=r"customers: memory_platform tells no activities; write activities:"):
        StreamedActivities.of(ctx, resolve(ctx))
