"""Which maintenance belongs to a run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from keepstep.config import SyncSettings
from keepstep.engine.due import scores_due


def settings(schedule: str | None, timezone: str = "UTC") -> SyncSettings:
    given: dict[str, Any] = {
        "title": "People",
        "crm": {"system": "memory_crm", "connection": "crm", "audience": "unaffiliated"},
        "platform": {"system": "memory_platform", "connection": "platform", "list": "People"},
        "timezone": timezone,
        "fields": {"email": "email"},
        "maintenance": {"schedule": schedule},
    }
    return SyncSettings.model_validate(given)


def test_a_sync_that_does_its_own_maintenance_needs_scores_through_its_own_moment() -> None:
    moment = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    assert scores_due(settings(None), moment) == moment


@pytest.mark.behaviour("AO-10")
@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (datetime(2026, 3, 2, 1, 0, tzinfo=UTC), datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),
        (datetime(2026, 3, 2, 0, 0, tzinfo=UTC), datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),  # due together
        (datetime(2026, 3, 1, 23, 59, tzinfo=UTC), datetime(2026, 3, 1, 0, 0, tzinfo=UTC)),
    ],
)
def test_a_sync_needs_the_maintenance_that_was_due_last(moment: datetime, due: datetime) -> None:
    assert scores_due(settings("0 0 * * *"), moment) == due


def test_a_schedule_is_read_in_the_syncs_own_time_zone_on_both_sides_of_the_clock_change() -> None:
    berlin = settings("0 6 * * *", "Europe/Berlin")
    assert scores_due(berlin, datetime(2026, 3, 28, 12, 0, tzinfo=UTC)) == datetime(2026, 3, 28, 5, 0, tzinfo=UTC)
    assert scores_due(berlin, datetime(2026, 3, 29, 12, 0, tzinfo=UTC)) == datetime(2026, 3, 29, 4, 0, tzinfo=UTC)
