"""Marks of the time axis lie on round local times and are few."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdrift.drawing.timeline import MOST_MARKS, Timeline

NEW_YORK = ZoneInfo("America/New_York")


def marks(start: datetime, end: datetime) -> list[str]:
    return [mark.label for mark in Timeline(start, end, NEW_YORK).marks()]


def at(*date: int) -> datetime:
    return datetime(*date, tzinfo=NEW_YORK)


def test_a_year_has_months_and_the_year_for_january():
    assert marks(at(2013, 11, 1), at(2014, 3, 1)) == ["Nov", "Dec", "2014", "Feb"]


def test_a_month_has_days():
    assert marks(at(2013, 2, 1), at(2013, 3, 1))[:3] == ["1 Feb", "4 Feb", "7 Feb"]


def test_a_day_has_hours_and_many_years_have_years():
    assert marks(at(2013, 2, 1), at(2013, 2, 2))[:3] == ["00:00", "02:00", "04:00"]
    assert marks(at(2003, 1, 1), at(2013, 1, 1))[:2] == ["2003", "2004"]


def test_marks_stay_at_midnight_over_a_clock_change():
    time = Timeline(at(2013, 3, 1), at(2013, 4, 1), NEW_YORK)
    for mark in time.marks():
        instant = time.start + mark.x * (time.end - time.start)
        local = (instant + timedelta(seconds=1)).astimezone(NEW_YORK)
        assert (local.hour, local.minute) == (0, 0)


def test_shares_run_from_start_to_end():
    time = Timeline(at(2013, 2, 1), at(2013, 2, 3), NEW_YORK)
    assert time.share(at(2013, 2, 1)) == 0.0
    assert time.share(at(2013, 2, 2)) == 0.5
    assert time.share(at(2013, 2, 3)) == 1.0
    assert Timeline(at(2013, 2, 1), at(2013, 2, 1), NEW_YORK).share(at(2013, 2, 1)) == 0.0


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.integers(60, 40 * 366 * 86_400),
    st.sampled_from([UTC, NEW_YORK, ZoneInfo("Asia/Kolkata")]),
)
def test_marks_are_few_inside_and_in_order(start, seconds, zone):
    found = Timeline(start, start + timedelta(seconds=seconds), zone).marks()
    places = [mark.x for mark in found]
    assert len(found) <= MOST_MARKS + 1
    assert places == sorted(places)
    assert all(0 <= place < 1 for place in places)


@pytest.mark.parametrize("days", [3, 30, 75, 76, 200, 400, 401, 2000, 5000])
def test_every_length_has_marks(days):
    assert len(marks(at(2013, 2, 1), at(2013, 2, 1) + timedelta(days=days))) >= 2
