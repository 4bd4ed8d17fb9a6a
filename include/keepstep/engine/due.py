"""Through which moment scores must be final before a run may push."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from keepstep.config import SyncSettings


def scores_due(settings: SyncSettings, moment: datetime) -> datetime:
    """For a run at this moment (aware): the time of the maintenance that belongs to it, UTC.

    A sync that does its own maintenance needs scores through its own moment. Where the maintenance has a schedule of
    its own, it's the last time of that schedule which isn't later than the run: a sync at 01:00 takes the scores of the
    maintenance at 00:00 of that day, and none older.
    """
    schedule = settings.maintenance.schedule
    if schedule is None:
        return moment.astimezone(UTC)
    just_after = moment.astimezone(ZoneInfo(settings.timezone)) + timedelta(seconds=1)  # a time that is due now counts
    due: datetime = croniter(schedule, just_after).get_prev(datetime)
    return due.astimezone(UTC)
