"""Whatever comes, in whatever order: scores kept up to date in SQL equal scores computed from everything."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from keepstep.core.score import Event, ScoreSheet, TypeRule, score
from keepstep.store.activities import ingest
from keepstep.store.database import Store
from keepstep.store.scores import refresh

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TYPES = ("page_view", "form_submit", "unsubscribe", "podcast")
PEOPLE = ("ann@example.com", "bo@example.com", "cy@example.com")


@dataclass(frozen=True)
class Told:
    """An activity as a source tells it."""

    id: str | None
    email: str
    type: str
    occurred_at: datetime


@dataclass(frozen=True)
class Batch:
    """What comes in between two refreshes, and when the next one is."""

    activities: tuple[Told, ...]
    as_of: datetime


points = st.sampled_from([-5.0, 0.0, 0.1, 0.5, 1.0, 3.0, 7.25, 100.0])
rules = st.builds(TypeRule, points=points, cap=st.sampled_from([None, 0.3, 1.0, 4.5, 20.0]))
ageing = st.sampled_from(
    [{}, {"window_days": 3.0}, {"window_days": 0.25}, {"half_life_days": 2.0}, {"half_life_days": 0.02}]
)
sheets = st.builds(
    lambda by_type, age: ScoreSheet("any", by_type, **age),
    st.dictionaries(st.sampled_from(TYPES[:3]), rules, min_size=1),
    ageing,
)
# From ten days late to five days early; whole hours, so that edges of windows are met.
moments = st.integers(-240, 360).map(lambda hours: NOON + timedelta(hours=hours))
activities = st.builds(Told, st.none(), st.sampled_from(PEOPLE), st.sampled_from(TYPES), moments)


@st.composite
def batches(draw: st.DrawFn) -> list[Batch]:
    """Batches in the order of their refreshes; every activity has an id of its own."""
    number, as_of, drawn = 0, NOON, []
    for _ in range(draw(st.integers(1, 5))):
        told = []
        for one in draw(st.lists(activities, max_size=12)):
            told.append(replace(one, id=str(number)))
            number += 1
        drawn.append(Batch(tuple(told), as_of))
        as_of += timedelta(minutes=draw(st.integers(0, 6000)))
    return drawn


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sheet=sheets, drawn=batches())
def test_kept_up_to_date_is_computed_from_everything(store: Store, sheet: ScoreSheet, drawn: list[Batch]) -> None:
    with store.engine.connect() as conn:  # never committed: each example starts from nothing
        events: defaultdict[str, list[Event]] = defaultdict(list)
        for batch in drawn:
            ingest(conn, "any", batch.activities)
            for told in batch.activities:
                events[told.email].append(Event(told.type, told.occurred_at))
            done = refresh(conn, "any", sheet, batch.as_of)
            _agree(conn, done.scope, events, sheet, batch.as_of)


def _agree(conn: Connection, scope: int, events: dict[str, list[Event]], sheet: ScoreSheet, as_of: datetime) -> None:
    rows = conn.execute(
        text("SELECT email, exact, value, next_due FROM score_current WHERE scope_id = :scope"), {"scope": scope}
    )
    kept = {row.email: row for row in rows}
    for email in PEOPLE:
        whole = score(events[email], sheet, as_of)
        assert (kept[email].value if email in kept else 0) == whole.value
        if email in kept and sheet.half_life is None:  # a fading one stands as it was when its person was looked at
            assert math.isclose(kept[email].exact, whole.exact, rel_tol=1e-9, abs_tol=1e-9)
        if email in kept and kept[email].next_due:
            _stays_until(kept[email].next_due, [e for e in events[email] if e.occurred_at <= as_of], sheet, whole.value)


def _stays_until(due: datetime, events: list[Event], sheet: ScoreSheet, value: int) -> None:
    """By ageing alone, nothing changes before the moment at which the person is looked at again."""
    assert score(events, sheet, due).value == value
