"""The fence: scores are published and sealed at once, and a push gets sealed ones that are its own and the newest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from keepstep.core.errors import FenceRefused
from keepstep.core.model import EpochId
from keepstep.core.score import ScoreSheet, TypeRule
from keepstep.store.activities import ingest
from keepstep.store.database import Store
from keepstep.store.epochs import Epoch, EpochState, covering_epoch, mark_column_written, open_epoch, verify
from keepstep.store.publish import Published, publish_and_seal, publish_platform_scores
from keepstep.store.scores import refresh

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHEET = ScoreSheet("web", {"page_view": TypeRule(1), "form_submit": TypeRule(10)})


@dataclass(frozen=True)
class Told:
    """An activity as a source tells it."""

    email: str
    type: str = "page_view"
    occurred_at: datetime = NOON
    id: str | None = None


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


@pytest.fixture
def conn(store: Store) -> Iterator[Connection]:
    with store.begin() as connection:
        connection.execute(text("INSERT INTO settings (hash, text) VALUES ('h', 'title: T')"))
        yield connection


def run(conn: Connection, sync: str, key: str) -> int:
    statement = "INSERT INTO run (sync, key, interval_end, settings_hash) VALUES (:sync, :key, :at, 'h') RETURNING id"
    return int(conn.execute(text(statement), {"sync": sync, "key": key, "at": NOON}).scalar_one())


def member(conn: Connection, prospect: str, email: str, fields: str = "{}", on_list: str = "L1") -> None:
    """A row of the list, seen by the sync `customers` and settled."""
    given = {"id": prospect, "email": email, "fields": fields, "list": on_list}
    conn.execute(
        text(
            "INSERT INTO prospect (connection, id, list_id, email, fields, status)"
            " VALUES ('platform', :id, :list, :email, CAST(:fields AS jsonb), 'active')"
        ),
        given,
    )
    conn.execute(
        text(
            "INSERT INTO sighting (sync, side, object, id, fingerprint, presence, dirty)"
            " VALUES ('customers', 'platform', 'row', :id, 0, 'present', false)"
        ),
        given,
    )


def opened(conn: Connection, run_id: int, through: datetime = NOON, sync: str = "customers") -> Epoch:
    return open_epoch(conn, sync, run_id, through, sheet_hash=SHEET.hash, now=NOON)


def seal(conn: Connection, epoch: Epoch) -> Published:
    done = refresh(conn, "warehouse", SHEET, epoch.through)
    return publish_and_seal(
        conn, epoch, connection="platform", list_id="L1", scope=done.scope, as_of=done.as_of, now=NOON
    )


def scores(conn: Connection) -> Mapping[str, tuple[int, int]]:
    rows = conn.execute(text("SELECT prospect_id, value, epoch_id FROM score WHERE sync = 'customers'"))
    return {row.prospect_id: (row.value, row.epoch_id) for row in rows}


def dirty(conn: Connection) -> set[str]:
    return set(conn.scalars(text("SELECT id FROM sighting WHERE dirty")))


# -- publishing --------------------------------------------------------------------------------------------------------


def test_every_member_gets_a_score_and_nobody_else_does(conn: Connection) -> None:
    for prospect, email, on_list in (
        ("1", "ann@example.com", "L1"),
        ("2", "bo@example.com", "L1"),
        ("3", "cy@example.com", "L2"),
    ):
        member(conn, prospect, email, on_list=on_list)
    ingest(
        conn,
        "warehouse",
        [Told("ann@example.com", "form_submit"), Told("cy@example.com"), Told("stranger@example.com")],
    )
    epoch = opened(conn, run(conn, "customers", "r1"))
    assert scores(conn) == {}
    assert seal(conn, epoch) == Published(members=2, changed=2)
    assert scores(conn) == {"1": (10, epoch.id), "2": (0, epoch.id)}


def test_only_scores_that_changed_are_published_again_and_marked_to_be_looked_at(conn: Connection) -> None:
    member(conn, "1", "ann@example.com")
    member(conn, "2", "bo@example.com")
    first = opened(conn, run(conn, "customers", "r1"))
    seal(conn, first)
    assert dirty(conn) == {"1", "2"}
    conn.execute(text("UPDATE sighting SET dirty = false"))
    ingest(conn, "warehouse", [Told("bo@example.com")])
    second = opened(conn, run(conn, "customers", "r2"))
    assert seal(conn, second) == Published(members=2, changed=1)
    assert scores(conn) == {"1": (0, first.id), "2": (1, second.id)}
    assert dirty(conn) == {"2"}


def test_whoever_left_the_list_has_no_score(conn: Connection) -> None:
    member(conn, "1", "ann@example.com")
    member(conn, "2", "bo@example.com")
    seal(conn, opened(conn, run(conn, "customers", "r1")))
    conn.execute(text("UPDATE prospect SET deleted_at = :at WHERE id = '2'"), {"at": NOON})
    seal(conn, opened(conn, run(conn, "customers", "r2")))
    assert set(scores(conn)) == {"1"}


def test_people_who_share_an_address_share_its_score(conn: Connection) -> None:
    member(conn, "1", "office@example.com")
    member(conn, "2", "office@example.com")
    ingest(conn, "warehouse", [Told("office@example.com", "form_submit")])
    seal(conn, opened(conn, run(conn, "customers", "r1")))
    assert [value for value, _ in scores(conn).values()] == [10, 10]


def test_an_epoch_reaches_as_far_as_its_scores(conn: Connection, store: Store) -> None:
    refresh(conn, "warehouse", SHEET, NOON + HOUR)
    epoch = opened(conn, run(conn, "customers", "r1"))
    seal(conn, epoch)
    conn.commit()
    assert covering_epoch(store, "customers", NOON + HOUR) == epoch.id


def test_scores_that_do_not_reach_far_enough_seal_nothing(conn: Connection) -> None:
    epoch = opened(conn, run(conn, "customers", "r1"), NOON + HOUR)
    with pytest.raises(FenceRefused, match="has to reach through"):
        publish_and_seal(conn, epoch, connection="platform", list_id="L1", scope=1, as_of=NOON, now=NOON)


def test_a_crash_before_the_end_publishes_nothing_at_all(store: Store) -> None:
    with store.begin() as conn:
        conn.execute(text("INSERT INTO settings (hash, text) VALUES ('h', 'title: T')"))
        member(conn, "1", "ann@example.com")
        epoch = opened(conn, run(conn, "customers", "r1"))

    def crash() -> None:
        with store.begin() as conn:
            seal(conn, epoch)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crash()
    with store.begin() as conn:
        assert scores(conn) == {}
        assert dirty(conn) == set()
    assert covering_epoch(store, "customers", NOON) is None


def test_the_platforms_own_scores_are_sealed_alike(conn: Connection) -> None:
    told = {"1": '"42"', "2": '" 7.5 "', "3": "12.4", "4": '""', "5": "null", "6": '"n/a"', "7": '"1e400"', "8": '"-3"'}
    for prospect, value in told.items():
        member(conn, prospect, f"p{prospect}@example.com", f'{{"Behavior Score": {value}}}')
    member(conn, "9", "p9@example.com")
    epoch = open_epoch(conn, "customers", run(conn, "customers", "r1"), NOON, sheet_hash=None, now=NOON)
    done = publish_platform_scores(conn, epoch, connection="platform", list_id="L1", column="Behavior Score", now=NOON)
    assert done == Published(members=9, changed=7, unreadable=2)
    assert {prospect: value for prospect, (value, _) in scores(conn).items()} == {
        "1": 42, "2": 8, "3": 12, "4": 0, "5": 0, "8": -3, "9": 0
    }  # fmt: skip


def test_a_score_that_became_unreadable_is_taken_back(conn: Connection) -> None:
    member(conn, "1", "ann@example.com", '{"Behavior Score": "42"}')
    for key, value in (("r1", "42"), ("r2", "broken")):
        conn.execute(
            text("UPDATE prospect SET fields = jsonb_build_object('Behavior Score', CAST(:v AS text))"), {"v": value}
        )
        epoch = open_epoch(conn, "customers", run(conn, "customers", key), NOON, sheet_hash=None, now=NOON)
        publish_platform_scores(conn, epoch, connection="platform", list_id="L1", column="Behavior Score", now=NOON)
    assert scores(conn) == {}


# -- one epoch at a time -----------------------------------------------------------------------------------------------


def test_a_task_that_comes_late_can_seal_nothing(conn: Connection) -> None:
    late = opened(conn, run(conn, "customers", "r1"))
    newer = opened(conn, run(conn, "customers", "r2"))
    with pytest.raises(FenceRefused, match=rf"epoch {late.id} of customers is abandoned.*clear its task"):
        seal(conn, late)
    seal(conn, newer)
    with pytest.raises(FenceRefused, match=rf"epoch {newer.id} of customers is sealed"):
        seal(conn, newer)


def test_a_task_killed_before_the_seal_starts_anew(conn: Connection) -> None:
    this_run = run(conn, "customers", "r1")
    killed, again = opened(conn, this_run), opened(conn, this_run)
    assert again.id != killed.id
    assert again.state is EpochState.OPEN


def test_a_task_killed_between_seal_and_column_goes_on_with_its_own_sealed_epoch(conn: Connection) -> None:
    this_run = run(conn, "customers", "r1")
    epoch = opened(conn, this_run)
    seal(conn, epoch)
    again = opened(conn, this_run)
    assert (again.id, again.sealed) == (epoch.id, True)
    mark_column_written(conn, epoch.id)
    assert opened(conn, this_run).state is EpochState.OPEN  # cleared after it was done: computed once more


def test_an_own_sealed_epoch_is_not_resumed_once_another_run_sealed_a_newer_one(conn: Connection) -> None:
    first, second = run(conn, "customers", "r1"), run(conn, "customers", "r2")
    seal(conn, opened(conn, first))
    seal(conn, opened(conn, second))
    assert opened(conn, first).state is EpochState.OPEN


def test_lists_do_not_disturb_each_other(conn: Connection) -> None:
    mine = opened(conn, run(conn, "customers", "r1"))
    opened(conn, run(conn, "leads", "r1"), sync="leads")
    assert seal(conn, mine).members == 0


# -- the fence ---------------------------------------------------------------------------------------------------------


def refused(conn: Connection, epoch: int | None, run_id: int | None, until: datetime = NOON) -> str:
    with pytest.raises(FenceRefused) as refusal:
        verify(conn, epoch, sync="customers", run_id=run_id, interval_end=until)
    return str(refusal.value)


@pytest.mark.behaviour("AO-10")
def test_the_fence_lets_this_runs_own_sealed_epoch_through(conn: Connection) -> None:
    this_run = run(conn, "customers", "r1")
    epoch = opened(conn, this_run)
    seal(conn, epoch)
    found = verify(conn, epoch.id, sync="customers", run_id=this_run, interval_end=NOON)
    assert (found.id, found.run_id, found.through) == (epoch.id, this_run, NOON)


@pytest.mark.behaviour("AO-10")
def test_the_fence_refuses_whatever_is_not_final_and_says_who_must_do_what(conn: Connection) -> None:
    this_run, other_run = run(conn, "customers", "r1"), run(conn, "customers", "r2")
    others = opened(conn, run(conn, "leads", "r1"), sync="leads")
    seal(conn, others)
    epoch = opened(conn, this_run)
    assert "handed no score epoch" in refused(conn, None, this_run)
    assert "there is no score epoch 4711" in refused(conn, 4711, this_run)
    assert f"score epoch {others.id} is of another list, leads" in refused(conn, others.id, this_run)
    assert f"score epoch {epoch.id} is open" in refused(conn, epoch.id, this_run)
    seal(conn, epoch)
    assert "final through 2026-03-01 12:00:00+0000 only" in refused(conn, epoch.id, this_run, NOON + HOUR)
    assert f"sealed by run {this_run}, not by this one" in refused(conn, epoch.id, other_run)
    newer = opened(conn, other_run)
    seal(conn, newer)
    assert f"superseded by {newer.id} of run {other_run}" in refused(conn, epoch.id, this_run)
    gone = opened(conn, this_run)
    opened(conn, run(conn, "customers", "r3"))
    assert f"score epoch {gone.id} is abandoned" in refused(conn, gone.id, this_run)
    for text_of in (refused(conn, None, this_run), refused(conn, gone.id, this_run)):
        assert "compute_behavior_score" in text_of
        assert "nothing was pushed" in text_of


def test_a_maintenance_with_its_own_schedule_may_have_sealed_a_newer_epoch_meanwhile(conn: Connection) -> None:
    awaited = opened(conn, run(conn, "customers", "m1"))
    seal(conn, awaited)
    newer = opened(conn, run(conn, "customers", "m2"), NOON + HOUR)
    seal(conn, newer)
    found = verify(conn, awaited.id, sync="customers", run_id=None, interval_end=NOON)
    assert found.id == newer.id  # the scores in the store are the newer ones: so is their token


def test_an_open_epoch_covers_nothing(conn: Connection, store: Store) -> None:
    opened(conn, run(conn, "customers", "r1"))
    conn.commit()
    assert covering_epoch(store, "customers", NOON) is None


def test_a_sealed_epoch_covers_its_own_time_and_list_only(conn: Connection, store: Store) -> None:
    epoch = opened(conn, run(conn, "customers", "r1"))
    seal(conn, epoch)
    conn.commit()
    assert covering_epoch(store, "customers", NOON) == EpochId(epoch.id)
    assert covering_epoch(store, "customers", NOON + HOUR) is None
    assert covering_epoch(store, "leads", NOON) is None
