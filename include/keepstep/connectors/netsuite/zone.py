"""The account's time zone: SuiteQL reads and tells stamps in it, and tells nobody which one it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_FORM = "%Y-%m-%d %H:%M:%S"
_LENGTH = len("2026-03-01 10:00:00")
_QUARTER = timedelta(minutes=15)  # every zone's offset is a multiple of it
_DAYLIGHT_SAVING = timedelta(hours=1)
_HALF_A_MONTH = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class AccountZone:
    """Either a zone that is known by name, or the offset that was found by asking."""

    offset: timedelta = timedelta(0)  # local time minus UTC, when it was asked
    name: str | None = None

    def to_utc(self, local: str) -> datetime | None:
        """The moment of a stamp such as ``2026-03-01 10:00:00``; None where it isn't one."""
        naive = _parsed(local)
        if naive is None:
            return None
        if self.name is not None:
            return naive.replace(tzinfo=ZoneInfo(self.name)).astimezone(UTC)
        return (naive - self.offset).replace(tzinfo=UTC)

    def not_later_than(self, moment: datetime) -> str:
        """A local stamp that isn't later than that of anything that happened at or after the moment.

        In the hour that is repeated when daylight saving ends, later events have earlier stamps: so the smallest
        offset of the year counts, and where the zone's name isn't known an hour is allowed for.
        """
        if self.name is None:
            smallest = self.offset - _DAYLIGHT_SAVING
        else:
            zone = ZoneInfo(self.name)
            year = (moment + n * _HALF_A_MONTH for n in range(25))
            smallest = min(m.astimezone(zone).utcoffset() or timedelta(0) for m in year)
        return (moment.astimezone(UTC) + smallest).strftime(_FORM)


def found_offset(local: str, moment: datetime) -> timedelta | None:
    """The offset of an account whose clock showed `local` at that moment; None where it isn't a stamp."""
    naive = _parsed(local)
    if naive is None:
        return None
    return round((naive.replace(tzinfo=UTC) - moment) / _QUARTER) * _QUARTER


def _parsed(local: str) -> datetime | None:
    if len(local) != _LENGTH:  # fromisoformat, four times as fast as strptime, takes other forms as well
        return None
    try:
        naive = datetime.fromisoformat(local)
    except ValueError:
        return None
    return naive if naive.tzinfo is None else None
