"""Scores in SQL: told once, added once, aged on read; and nobody is looked at without a reason."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from keepstep.core.score import Event, ScoreSheet, TypeRule, score
from keepstep.store import scores
from keepstep.store.activities import Ingested, ingest, total
from keepstep.store.database import Store
from keepstep.store.scores import forget_unused, refresh

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SHEET = ScoreSheet("web", {"page_view": TypeRule(1, cap=5), "form_submit": TypeRule(10)})


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
        yield connection


def values(conn: Connection, scope: int) -> Mapping[str, int]:
    rows = conn.execute(text("SELECT email, value FROM score_current WHERE scope_id = :scope"), {"scope": scope})
    return {row.email: row.value for row in rows}


def test_what_is_told_again_counts_once(conn: Connection) -> None:
    told = [Told("ann@example.com", id="1"), Told("ann@example.com", id="2"), Told("bo@example.com")]
    first = ingest(conn, "warehouse", told)
    again = ingest(conn, "warehouse", [*told, *told])
    assert (first.new, first.repeated, again.new, again.repeated) == (3, 0, 0, 6)
    done = refresh(conn, "warehouse", SHEET, NOON)
    assert values(conn, done.scope) == {"ann@example.com": 2, "bo@example.com": 1}


def test_without_ids_the_same_person_type_and_moment_is_the_same_activity(conn: Connection) -> None:
    told = [Told(" Ann@Example.com "), Told("ann@example.com"), Told("ann@example.com", occurred_at=NOON - DAY)]
    assert ingest(conn, "warehouse", told).new == 2


def test_activities_without_a_usable_address_or_type_are_counted_and_not_stored(conn: Connection) -> None:
    done = ingest(
        conn, "warehouse", [Told(""), Told("nobody"), Told("ann@example.com", type=" "), Told("bo@example.com")]
    )
    assert (done.told, done.new, done.unusable, done.repeated) == (4, 1, 3, 0)


def test_types_that_the_sheet_does_not_name_are_reported_once(conn: Connection) -> None:
    counted = ingest(
        conn,
        "warehouse",
        [Told("ann@example.com", "podcast"), Told("bo@example.com", "podcast"), Told("bo@example.com")],
    )
    assert counted.by_type == {"podcast": 2, "page_view": 1}
    assert refresh(conn, "warehouse", SHEET, NOON).unknown_types == {"podcast": 2}
    assert refresh(conn, "warehouse", SHEET, NOON + DAY).unknown_types == {}


def test_batches_add_up() -> None:
    parts = [Ingested(3, 2, 1, {"page_view": 2}), Ingested(2, 1, 0, {"page_view": 1})]
    assert total(parts) == Ingested(5, 3, 1, {"page_view": 3})


def test_sources_do_not_share_activities(conn: Connection) -> None:
    ingest(conn, "warehouse", [Told("ann@example.com", id="1")])
    ingest(conn, "platform", [Told("ann@example.com", id="1"), Told("ann@example.com", id="2")])
    warehouse, platform = refresh(conn, "warehouse", SHEET, NOON), refresh(conn, "platform", SHEET, NOON)
    assert (values(conn, warehouse.scope), values(conn, platform.scope)) == (
        {"ann@example.com": 1},
        {"ann@example.com": 2},
    )


def test_only_people_with_something_new_are_looked_at(conn: Connection) -> None:
    ingest(conn, "warehouse", [Told(f"person{number}@example.com") for number in range(500)])
    assert refresh(conn, "warehouse", SHEET, NOON).looked_at == 500
    ingest(conn, "warehouse", [Told("person7@example.com", "form_submit")])
    assert refresh(conn, "warehouse", SHEET, NOON + DAY).looked_at == 1
    assert refresh(conn, "warehouse", SHEET, NOON + 2 * DAY).looked_at == 0


def test_a_fading_score_is_looked_at_when_its_rounded_value_changes_and_not_before(conn: Connection) -> None:
    sheet = ScoreSheet("web", {"form_submit": TypeRule(20)}, half_life_days=1)
    ingest(conn, "warehouse", [Told("ann@example.com", "form_submit")])
    events = [Event("form_submit", NOON)]
    scope = refresh(conn, "warehouse", sheet, NOON).scope
    shown, looks, crossings, before = [], 0, 0, 20
    for hour in range(24 * 7):
        moment = NOON + timedelta(hours=hour)
        looks += refresh(conn, "warehouse", sheet, moment).looked_at
        now = values(conn, scope)["ann@example.com"]
        assert now == score(events, sheet, moment).value
        crossings += now != before
        before = now
        shown.append(now)
    assert (shown[0], shown[-1]) == (20, 0)
    assert crossings <= looks <= crossings + 3  # an early look is rare; 168 hours went by


def test_an_activity_that_arrives_late_counts_by_when_it_happened(conn: Connection) -> None:
    sheet = ScoreSheet("web", {"form_submit": TypeRule(80)}, half_life_days=7)
    ingest(conn, "warehouse", [Told("ann@example.com", "form_submit", NOON)])
    refresh(conn, "warehouse", sheet, NOON + 7 * DAY)
    ingest(conn, "warehouse", [Told("ann@example.com", "form_submit", NOON - 7 * DAY)])
    done = refresh(conn, "warehouse", sheet, NOON + 7 * DAY)
    assert values(conn, done.scope) == {"ann@example.com": 40 + 20}


def test_an_activity_of_the_future_counts_from_its_moment_on(conn: Connection) -> None:
    ingest(conn, "warehouse", [Told("ann@example.com", "form_submit", NOON + DAY)])
    before = refresh(conn, "warehouse", SHEET, NOON)
    assert values(conn, before.scope) == {}
    after = refresh(conn, "warehouse", SHEET, NOON + DAY)
    assert values(conn, after.scope) == {"ann@example.com": 10}


def test_activities_fall_out_of_the_window_although_nothing_happens(conn: Connection) -> None:
    sheet = ScoreSheet("web", {"page_view": TypeRule(1)}, window_days=30)
    ingest(conn, "warehouse", [Told("ann@example.com"), Told("ann@example.com", occurred_at=NOON + 10 * DAY)])
    seen = []
    for day in (10, 29, 30, 39, 40, 41):
        done = refresh(conn, "warehouse", sheet, NOON + day * DAY)
        seen.append((values(conn, done.scope)["ann@example.com"], done.looked_at))
    assert seen == [(2, 1), (2, 0), (1, 1), (1, 0), (0, 1), (0, 0)]


def test_scores_never_go_back_in_time(conn: Connection) -> None:
    sheet = ScoreSheet("web", {"form_submit": TypeRule(80)}, half_life_days=7)
    ingest(conn, "warehouse", [Told("ann@example.com", "form_submit")])
    refresh(conn, "warehouse", sheet, NOON + 14 * DAY)
    late = refresh(conn, "warehouse", sheet, NOON + 7 * DAY)
    assert late.as_of == NOON + 14 * DAY
    assert values(conn, late.scope) == {"ann@example.com": 20}


def test_a_changed_sheet_is_computed_from_the_activities(conn: Connection) -> None:
    ingest(conn, "warehouse", [Told("ann@example.com", id=str(number)) for number in range(9)])
    capped = refresh(conn, "warehouse", SHEET, NOON)
    free = refresh(conn, "warehouse", ScoreSheet("web", {"page_view": TypeRule(2)}), NOON)
    assert capped.scope != free.scope
    assert (values(conn, capped.scope), values(conn, free.scope)) == ({"ann@example.com": 5}, {"ann@example.com": 18})


def test_sums_of_sheets_that_nobody_uses_are_forgotten_and_can_be_computed_again(conn: Connection) -> None:
    ingest(conn, "warehouse", [Told("ann@example.com")])
    refresh(conn, "warehouse", SHEET, NOON)
    assert forget_unused(conn, NOON + DAY) == 1
    again = refresh(conn, "warehouse", SHEET, NOON + DAY)
    assert values(conn, again.scope) == {"ann@example.com": 1}


@pytest.mark.parametrize("half_life_days", [0.001, 1.0, 7.0])
def test_half_lives_by_the_thousand_leave_float8_intact(conn: Connection, half_life_days: float) -> None:
    sheet = ScoreSheet("web", {"form_submit": TypeRule(100)}, half_life_days=half_life_days)
    step = timedelta(days=half_life_days) * 450  # twice that moves the origin
    events = []
    for number in range(6):
        moment = NOON + number * step
        events += [Event("form_submit", moment), Event("form_submit", moment - step / 450)]
        ingest(conn, "warehouse", [Told("ann@example.com", one.type, one.occurred_at) for one in events[-2:]])
        done = refresh(conn, "warehouse", sheet, moment)
        assert (
            values(conn, done.scope)
            == {"ann@example.com": score(events, sheet, moment).value}
            == {"ann@example.com": 150}
        )
    far = refresh(conn, "warehouse", sheet, moment + 5000 * step / 450)
    assert values(conn, far.scope) == {"ann@example.com": 0}
    ingest(conn, "warehouse", [Told("ann@example.com", "form_submit", far.as_of, id="new")])
    assert values(conn, refresh(conn, "warehouse", sheet, far.as_of).scope) == {"ann@example.com": 100}


def test_score_arithmetic_is_double_precision_all_the_way(conn: Connection) -> None:
    sheet = ScoreSheet("web", {"form_submit": TypeRule(100, cap=50)}, half_life_days=7)
    ingest(conn, "warehouse", [Told("ann@example.com", "form_submit")])
    refresh(conn, "warehouse", sheet, NOON)
    summed = conn.scalars(
        text("SELECT pg_typeof(sum)::text FROM score_delta UNION SELECT pg_typeof(sums[1])::text FROM score_current")
    ).all()
    columns = conn.scalars(
        text(
            "SELECT data_type FROM information_schema.columns WHERE table_name = 'score_current'"
            " AND column_name = 'exact'"
        )
    ).all()
    assert summed == ["double precision"]
    assert set(columns) == {"double precision"}


def test_the_plan_of_the_sums_holds_no_numeric(conn: Connection) -> None:
    """NUMERIC literals in the arithmetic cost three times as much; the planner shows every cast."""
    sheet = ScoreSheet("web", {"form_submit": TypeRule(100, cap=50)}, half_life_days=7)
    refresh(conn, "warehouse", sheet, NOON)
    scope = scores._lock(conn, "warehouse", sheet, NOON)
    for statement in (scores._DELTA.split("AS\n", 1)[1], scores._SCORE):
        plan = "\n".join(conn.scalars(text(f"EXPLAIN VERBOSE {statement}"), scope.parameters()))
        assert "exp(" in plan or "ln(" in plan
        assert "numeric" not in plan


def test_two_syncs_that_refresh_one_scope_at_once_count_everything_once(store: Store) -> None:
    def work(part: int) -> None:
        with store.begin() as conn:
            ingest(conn, "warehouse", [Told(f"p{number}@example.com", id=f"{part}:{number}") for number in range(200)])
        with store.begin() as conn:
            refresh(conn, "warehouse", SHEET, NOON)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.begin() as conn:
        done = refresh(conn, "warehouse", SHEET, NOON)
        assert set(values(conn, done.scope).values()) == {4}
        assert done.looked_at == 0
