"""Where activities come from: a warehouse's SQL, and a platform that is asked one contact a call."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from keepstep.connectors.base import ListPlatform
from keepstep.connectors.memory import MemoryPlatform, MemoryPlatformState
from keepstep.core.errors import SettingsError, Unavailable
from keepstep.engine.activities import AskedList, PlatformActivities, SqlActivities
from keepstep.engine.run import Activity, ActivityBatch
from keepstep.store.activities import ingest
from keepstep.store.database import Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUERY = (
    "SELECT id, email, type, occurred_at, recorded_at FROM event WHERE recorded_at > :since AND recorded_at <= :until"
)
BARE = "SELECT email, type, occurred_at FROM event WHERE occurred_at > :since AND occurred_at <= :until"


@pytest.fixture
def warehouse(empty_database_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_database_url)
    with engine.begin() as conn:
        conn.execute(
            text("CREATE TABLE event (id int, email text, type text, occurred_at timestamptz, recorded_at timestamp)")
        )
    yield engine
    engine.dispose()


def record(engine: Engine, number: int, email: str, at: datetime, recorded: datetime | None = None) -> None:
    with engine.begin() as conn:
        conn.execute(
            text("INSERT INTO event VALUES (:id, :email, 'page_view', :at, :recorded)"),
            {"id": number, "email": email, "at": at, "recorded": (recorded or at).replace(tzinfo=None)},
        )


def everything(batches: Iterable[ActivityBatch]) -> tuple[list[Activity], Mapping[str, Any] | None]:
    told: list[Activity] = []
    cursor: Mapping[str, Any] | None = None
    for batch in batches:
        told.extend(batch.activities)
        cursor = batch.cursor or cursor
    return told, cursor


# -- SQL ---------------------------------------------------------------------------------------------------------------


def test_a_query_tells_its_events_up_to_the_moment_asked_for(warehouse: Engine) -> None:
    record(warehouse, 1, "ann@example.com", NOON)
    record(warehouse, 2, "bo@example.com", NOON + MINUTE)
    told, _ = everything(SqlActivities(warehouse, QUERY, "warehouse").read(None, NOON))
    assert told == [Activity("1", "ann@example.com", "page_view", NOON)]


def test_the_next_read_starts_an_hour_before_the_last_record_for_late_commits(warehouse: Engine) -> None:
    source = SqlActivities(warehouse, QUERY, "warehouse")
    for minutes in (0, 30, 90):
        record(warehouse, minutes, "ann@example.com", NOON - minutes * MINUTE)
    _, cursor = everything(source.read(None, NOON))
    record(warehouse, 31, "late@example.com", NOON - 31 * MINUTE)
    told, after = everything(source.read(cursor, NOON + MINUTE))
    assert sorted(one.id or "" for one in told) == ["0", "30", "31"]
    assert after == cursor


def test_without_recorded_at_the_overlap_is_two_days_of_occurrence(warehouse: Engine) -> None:
    source = SqlActivities(warehouse, BARE, "warehouse")
    record(warehouse, 1, "ann@example.com", NOON)
    _, cursor = everything(source.read(None, NOON))
    record(warehouse, 2, "late@example.com", NOON - timedelta(hours=47))
    record(warehouse, 3, "too_late@example.com", NOON - timedelta(hours=49))
    told, _ = everything(source.read(cursor, NOON))
    assert {one.email for one in told} == {"ann@example.com", "late@example.com"}
    assert {one.id for one in told} == {None}


def test_nothing_new_keeps_the_place(warehouse: Engine) -> None:
    source = SqlActivities(warehouse, QUERY, "warehouse")
    record(warehouse, 1, "ann@example.com", NOON)
    _, cursor = everything(source.read(None, NOON))
    told, after = everything(source.read(cursor, NOON + timedelta(days=30)))
    assert (len(told), after) == (1, cursor)


def test_large_answers_stream_in_batches_and_only_the_last_moves_the_place(warehouse: Engine) -> None:
    with warehouse.begin() as conn:
        conn.execute(
            text("INSERT INTO event SELECT n, 'p' || n || '@example.com', 'page_view', :at, :naive"
                 " FROM generate_series(1, 12000) n"),
            {"at": NOON, "naive": NOON.replace(tzinfo=None)},
        )  # fmt: skip
    batches = list(SqlActivities(warehouse, QUERY, "warehouse").read(None, NOON))
    assert [len(batch.activities) for batch in batches] == [5000, 5000, 2000, 0]
    assert [batch.cursor is not None for batch in batches] == [False, False, False, True]


def test_timestamps_without_a_zone_are_utc_also_on_a_server_in_another_zone(warehouse: Engine) -> None:
    with warehouse.begin() as conn:
        conn.execute(
            text("ALTER ROLE CURRENT_USER IN DATABASE " + str(warehouse.url.database) + " SET timezone = 'Asia/Tokyo'")
        )
    warehouse.dispose()
    record(warehouse, 1, "ann@example.com", NOON)
    query = (
        "SELECT email, type, recorded_at AS occurred_at FROM event WHERE recorded_at > :since AND recorded_at <= :until"
    )
    source = SqlActivities(warehouse, query, "warehouse")
    told, _ = everything(source.read(None, NOON))
    assert [one.occurred_at for one in told] == [NOON]
    assert everything(source.read(None, NOON - MINUTE))[0] == []


def test_an_sqlite_file_will_do(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'events.db'}")
    with engine.begin() as conn:
        conn.execute(text("CREATE TABLE event (email text, type text, occurred_at text)"))
        conn.execute(text("INSERT INTO event VALUES ('ann@example.com', 'page_view', '2026-03-01 12:00:00.000000')"))
    told, _ = everything(SqlActivities(engine, BARE, "file").read(None, NOON))
    engine.dispose()
    assert told == [Activity(None, "ann@example.com", "page_view", NOON)]


def test_a_query_writes_nothing(warehouse: Engine) -> None:
    query = "WITH gone AS (DELETE FROM event WHERE recorded_at > :since AND recorded_at <= :until RETURNING *) " + (
        "SELECT email, type, occurred_at FROM gone"
    )
    record(warehouse, 1, "ann@example.com", NOON)
    with pytest.raises(SettingsError, match=r"warehouse: activities\.query can't be used"):
        everything(SqlActivities(warehouse, query, "warehouse").read(None, NOON))
    with warehouse.begin() as conn:
        assert conn.scalar(text("SELECT count(*) FROM event")) == 1


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("SELECT email, type, occurred_at FROM event", "lacks :since and :until"),
        ("SELECT email, type, occurred_at FROM event WHERE occurred_at > :since", "lacks :until"),
    ],
)
def test_a_query_without_bounds_is_refused_before_it_runs(warehouse: Engine, query: str, what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        SqlActivities(warehouse, query, "warehouse")


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ("email, occurred_at", "it doesn't return type; it must return email, type, occurred_at"),
        ("email, type, 'soon' AS occurred_at", "its column occurred_at has a value that is no timestamp"),
        ("email, kind AS type, occurred_at", 'column "kind" does not exist'),
    ],
)
def test_a_query_that_returns_something_else_says_what_it_must_return(
    warehouse: Engine, columns: str, what: str
) -> None:
    record(warehouse, 1, "ann@example.com", NOON)
    query = f"SELECT {columns} FROM event WHERE recorded_at > :since AND recorded_at <= :until"
    with pytest.raises(SettingsError, match=what) as refused:
        everything(SqlActivities(warehouse, query, "warehouse").read(None, NOON))
    assert "ann@" not in str(refused.value)


def test_a_warehouse_that_is_away_is_waited_for_and_its_password_kept() -> None:
    engine = create_engine("postgresql+psycopg://me:secret@127.0.0.1:1/events")
    with pytest.raises(Unavailable, match=r"warehouse: the database of activities at .*127.0.0.1:1/events") as lost:
        everything(SqlActivities(engine, QUERY, "warehouse").read(None, NOON))
    assert "secret" not in str(lost.value)


# -- the platform ------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


@pytest.fixture
def state() -> MemoryPlatformState:
    return MemoryPlatformState(lambda: NOON)


def fill(store: Store, state: MemoryPlatformState, emails: Iterable[str]) -> tuple[str, list[str]]:
    """A list with these people, read into the store; its id, and its rows' ids."""
    list_id = state.make_list("Customers", ["email"]).id
    rows = [state.add_row(list_id, {"email": email}) for email in emails]
    with store.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO prospect (connection, id, list_id, email, fields, status, modified)"
                " VALUES ('platform', :id, :list, :email, '{}', 'active', :modified)"
            ),
            [
                {"id": row, "list": list_id, "email": email, "modified": NOON}
                for row, email in zip(rows, emails, strict=True)
            ],
        )
    return list_id, rows


def ask(store: Store, platform: ListPlatform, list_id: str, calls: int, at: datetime) -> list[str]:
    """One run: read and store. Returns whose activities were told."""
    source = PlatformActivities(store, platform, AskedList("platform", list_id), calls, at_once=2)
    told: list[str] = []
    for batch in source.read(None, at):
        told += [one.email for one in batch.activities]
        with store.begin() as conn:
            ingest(conn, source.name, batch.activities)
    return sorted(told)


def test_behaviour_is_told_with_its_moment_and_the_platforms_own_id(store: Store, state: MemoryPlatformState) -> None:
    list_id, _ = fill(store, state, ["ann@example.com"])
    state.act("ann@example.com", "form_submit", NOON - MINUTE)
    source = PlatformActivities(store, MemoryPlatform(state), AskedList("platform", list_id), calls=10)
    (told,), _ = everything(source.read(None, NOON))
    assert (told.email, told.type, told.occurred_at) == ("ann@example.com", "form_submit", NOON - MINUTE)
    assert told.id
    assert source.name == f"platform:platform:{list_id}"


def test_the_budget_goes_round_the_list_and_to_whoever_changed_first(store: Store, state: MemoryPlatformState) -> None:
    people = [f"p{number}@example.com" for number in range(5)]
    list_id, rows = fill(store, state, people)
    for email in people:
        state.act(email, "page_view")
    platform = MemoryPlatform(state)
    assert ask(store, platform, list_id, 3, NOON + 1 * MINUTE) == people[:3]
    assert ask(store, platform, list_id, 3, NOON + 2 * MINUTE) == [people[0], *people[3:]]
    with store.begin() as conn:
        conn.execute(
            text("UPDATE prospect SET modified = :at WHERE id = :id"), {"at": NOON + 3 * MINUTE, "id": rows[4]}
        )
    assert ask(store, platform, list_id, 2, NOON + 4 * MINUTE) == [people[1], people[4]]
    with store.begin() as conn:
        assert conn.scalar(text("SELECT count(*) FROM activity")) == 5


def test_whoever_was_asked_by_a_run_that_was_killed_is_asked_again(store: Store, state: MemoryPlatformState) -> None:
    people = ["ann@example.com", "bo@example.com", "cy@example.com"]
    list_id, _ = fill(store, state, people)
    for email in people:
        state.act(email, "page_view")
    killed = PlatformActivities(store, MemoryPlatform(state), AskedList("platform", list_id), calls=3, at_once=2).read(
        None, NOON
    )
    assert [one.email for one in next(killed).activities] == people[:2]
    assert isinstance(killed, Generator)
    killed.close()  # before the batch was stored
    assert ask(store, MemoryPlatform(state), list_id, 3, NOON) == people


def test_no_calls_in_the_budget_is_no_call(store: Store, state: MemoryPlatformState) -> None:
    list_id, _ = fill(store, state, ["ann@example.com"])
    platform = MemoryPlatform(state)
    assert ask(store, platform, list_id, 0, NOON) == []
    assert platform.usage.calls == 0
