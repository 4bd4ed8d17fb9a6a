"""The account's time zone: no change is missed, whichever zone it is and whenever its clocks move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepstep.connectors.netsuite.zone import AccountZone, found_offset

LA = "America/Los_Angeles"
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.sampled_from([LA, "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"])


def stamp(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("local", "hours"),
    [
        ("2026-03-01 02:00:04", -8),
        ("2026-03-01 10:00:00", 0),
        ("2026-03-01 15:29:40", 5.5),
        ("2026-03-02 00:00:00", 14),
    ],
)
def test_the_offset_is_found_by_comparing_two_clocks(local: str, hours: float) -> None:
    assert found_offset(local, datetime(2026, 3, 1, 10, tzinfo=UTC)) == timedelta(hours=hours)


def test_what_is_not_a_stamp_tells_no_offset() -> None:
    assert found_offset("3/1/2026", datetime(2026, 3, 1, 10, tzinfo=UTC)) is None
    assert AccountZone().to_utc("3/1/2026") is None


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=300)), ZONES)
def test_a_later_change_never_has_an_earlier_stamp_than_the_one_we_ask_from(
    moment: datetime, later: timedelta, zone: str
) -> None:
    assert stamp(moment + later, zone) >= AccountZone(name=zone).not_later_than(moment)


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=300)), ZONES)
def test_nor_where_only_the_offset_was_found(moment: datetime, later: timedelta, zone: str) -> None:
    offset = moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
    assert stamp(moment + later, zone) >= AccountZone(offset).not_later_than(moment)


def test_the_hour_that_comes_twice_is_read_twice() -> None:
    before = datetime(2026, 11, 1, 8, 50, tzinfo=UTC)  # 01:50, then the clocks go back
    after = before + timedelta(minutes=20)  # 01:10
    assert (stamp(before, LA), stamp(after, LA)) == ("2026-11-01 01:50:00", "2026-11-01 01:10:00")
    assert AccountZone(name=LA).not_later_than(before) == "2026-11-01 00:50:00"


def test_stamps_turn_into_moments() -> None:
    assert AccountZone(timedelta(hours=-8)).to_utc("2026-03-01 02:00:00") == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert AccountZone(name=LA).to_utc("2026-07-01 02:00:00") == datetime(2026, 7, 1, 9, tzinfo=UTC)
