"""Windows against a loop over rows with zoneinfo and datetime."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simdrift import InputError, monitor
from simdrift.monitoring import Columns, ReferenceSpec, Spec
from simdrift.monitoring.windows import Rule, Windows, assign

MIDNIGHT = datetime.min.time()
ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "America/Sao_Paulo",
         "Australia/Lord_Howe", "Pacific/Apia", "America/Havana"]  # fmt: skip


def local_day_windows(times: list[datetime], zone: ZoneInfo) -> dict[date, list[int]]:
    """Rows by the date that the local clock shows: no code of ours."""
    found: dict[date, list[int]] = {}
    for row, time in enumerate(times):
        found.setdefault(time.astimezone(zone).date(), []).append(row)
    return found


def micro(times: list[datetime]) -> np.ndarray:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return np.array([(t - epoch) // timedelta(microseconds=1) for t in times], np.int64)


def find(times: np.ndarray, grain: str = "1d", zone: str = "UTC", **options: object) -> Windows:
    valid = options.pop("valid", np.ones(times.size, bool))
    aware = options.pop("aware", True)
    unit = options.pop("unit", "us")
    return assign(times, valid, unit, aware=aware, rule=Rule.parse(grain),
                  timezone=ZoneInfo(zone), **options)  # fmt: skip


def rows_of(windows: Windows, total: int) -> list[list[int]]:
    order = np.arange(total) if windows.order is None else windows.order
    return [order[w.first : w.stop].tolist() for w in windows.windows]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2011, 2013, 2016])
def test_days_are_the_days_of_the_local_clock(zone: str, year: int) -> None:
    rng = np.random.default_rng(year)
    start = datetime(year, 1, 1, tzinfo=UTC)
    seconds = rng.integers(0, 366 * 86_400, 3_000)
    times = [start + timedelta(seconds=int(s)) for s in seconds]
    expected = local_day_windows(times, ZoneInfo(zone))
    found = find(micro(times), zone=zone)
    assert rows_of(found, len(times)) == [expected[day] for day in sorted(expected)]
    for window, day in zip(found.windows, sorted(expected), strict=True):
        assert (window.start.astimezone(ZoneInfo(zone))).date() == day
        assert (window.start - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() < day
        assert window.end.astimezone(ZoneInfo(zone)).date() > day


@pytest.mark.parametrize(
    ("day", "hours"), [("2013-03-10", 23), ("2013-11-03", 25), ("2013-03-11", 24)]
)
def test_a_day_of_a_clock_change_has_23_or_25_hours(day: str, hours: int) -> None:
    noon = datetime.fromisoformat(day + "T17:00+00:00")
    (window,) = find(micro([noon]), zone="America/New_York").windows
    assert window.end - window.start == timedelta(hours=hours)


def test_a_leap_day_is_a_window_of_its_own() -> None:
    times = [datetime(2016, 2, 28, 23, 59, 59, tzinfo=UTC), datetime(2016, 2, 29, tzinfo=UTC),
             datetime(2016, 3, 1, tzinfo=UTC)]  # fmt: skip
    starts = [w.start for w in find(micro(times)).windows]
    assert starts == [datetime(2016, 2, 28, tzinfo=UTC), *times[1:]]


def test_windows_are_half_open() -> None:
    midnight = datetime(2020, 5, 2, tzinfo=UTC)
    times = micro([midnight - timedelta(microseconds=1), midnight])
    assert [w.rows for w in find(times).windows] == [1, 1]


@pytest.mark.parametrize("grain", ["1h", "6h", "12h"])
@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Kathmandu"])
def test_hours_begin_where_the_local_clock_shows_a_multiple(grain: str, zone: str) -> None:
    length = int(grain[:-1])
    start = datetime(2013, 1, 1, tzinfo=UTC)
    rng = np.random.default_rng(7)
    times = [start + timedelta(minutes=int(m)) for m in rng.integers(0, 525_600, 4_000)]
    expected: dict[tuple[date, int], list[int]] = {}
    for row, time in enumerate(times):
        local = time.astimezone(ZoneInfo(zone))
        expected.setdefault((local.date(), local.hour // length), []).append(row)
    found = find(micro(times), grain, zone)
    assert rows_of(found, len(times)) == [expected[key] for key in sorted(expected)]


def test_an_hour_shown_twice_is_one_window_of_two_hours() -> None:
    times = micro([datetime(2013, 11, 3, h, 30, tzinfo=UTC) for h in (4, 5, 6, 7)])
    windows = find(times, "1h", "America/New_York").windows
    assert [w.rows for w in windows] == [1, 2, 1]
    assert windows[1].end - windows[1].start == timedelta(hours=2)


def test_naive_times_are_local_ones() -> None:
    zone = ZoneInfo("America/New_York")
    rng = np.random.default_rng(11)
    walls = [datetime(2013, 1, 1) + timedelta(seconds=int(s))
             for s in rng.integers(0, 365 * 86_400, 3_000)]  # fmt: skip
    times = np.array(walls, "datetime64[us]").astype(np.int64)
    expected: dict[date, list[int]] = {}
    for row, wall in enumerate(walls):
        expected.setdefault(wall.date(), []).append(row)
    found = find(times, zone="America/New_York", aware=False)
    assert rows_of(found, len(walls)) == [expected[day] for day in sorted(expected)]
    midnight = datetime.combine(min(expected), datetime.min.time(), zone)
    assert found.windows[0].start == midnight.astimezone(UTC)


def test_a_naive_time_in_the_hour_the_clock_skips_is_in_the_window_after_it() -> None:
    times = np.array(["2013-03-10T01:30", "2013-03-10T02:30", "2013-03-10T03:30"],
                     "datetime64[us]").astype(np.int64)  # fmt: skip
    windows = find(times, "1h", "America/New_York", aware=False).windows
    assert [w.rows for w in windows] == [1, 2]
    assert windows[1].start == datetime(2013, 3, 10, 7, tzinfo=UTC)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_units_give_the_same_windows(unit: str) -> None:
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    seconds = np.arange(-3, 4, dtype=np.int64) * 40_000
    found = find(seconds * scale, unit=unit)
    assert [(w.start.isoformat(), w.rows) for w in found.windows] == [
        ("1969-12-30T00:00:00+00:00", 1),
        ("1969-12-31T00:00:00+00:00", 2),
        ("1970-01-01T00:00:00+00:00", 3),
        ("1970-01-02T00:00:00+00:00", 1),
    ]


def test_weeks_begin_on_monday() -> None:
    days = [datetime(2024, 1, d, tzinfo=UTC) for d in range(1, 15)]  # 1 January 2024: a Monday
    windows = find(micro(days), "7d").windows
    assert [(w.start.day, w.rows) for w in windows] == [(1, 7), (8, 7)]


def test_windows_of_several_days_count_from_the_given_start() -> None:
    days = [datetime(2024, 1, d, tzinfo=UTC) for d in range(1, 15)]
    windows = find(micro(days), "7d", start=date(2024, 1, 4), end=date(2024, 1, 15)).windows
    assert [(w.start.day, w.end.day, w.rows) for w in windows] == [(4, 11, 7), (11, 15, 4)]


def test_rows_outside_and_without_a_time_are_counted() -> None:
    days = micro([datetime(2022, m, 1, tzinfo=UTC) for m in (1, 2, 3, 2)])
    valid = np.array([True, True, True, False])
    found = find(days, valid=valid, start=date(2022, 2, 1), end=date(2022, 3, 1))
    assert (found.outside, found.untimed) == (2, 1)
    assert sum(w.rows for w in found.windows) == 1
    assert len(found.windows) == 28


def test_empty_windows_only_between_a_given_start_and_end() -> None:
    times = micro([datetime(2022, 2, 3, 5, tzinfo=UTC), datetime(2022, 2, 6, tzinfo=UTC)])
    assert len(find(times).windows) == 2
    assert [w.rows for w in find(times, start=date(2022, 2, 2)).windows] == [0, 1, 0, 0, 1]
    assert [w.rows for w in find(times, end=date(2022, 2, 8)).windows] == [1, 0, 0, 1, 0]
    none = np.empty(0, np.int64)
    assert [w.rows for w in find(none, start=date(2022, 2, 2), end=date(2022, 2, 4)).windows] == [
        0,
        0,
    ]
    assert find(none, start=date(2022, 2, 2)).windows == ()


def test_all_is_one_window_of_whole_local_days() -> None:
    times = micro([datetime(2022, 2, 3, 5, tzinfo=UTC), datetime(2022, 2, 6, 3, tzinfo=UTC)])
    (window,) = find(times, "all", "America/New_York").windows
    assert window.rows == 2
    assert window.start == datetime(2022, 2, 3, 5, tzinfo=UTC)
    assert window.end == datetime(2022, 2, 6, 5, tzinfo=UTC)
    (given,) = find(times, "all", start=date(2022, 2, 1), end=datetime(2022, 2, 6, 3)).windows
    assert (given.start.day, given.end.hour, given.rows) == (1, 3, 1)


def test_a_start_within_a_day_cuts_its_window() -> None:
    times = micro([datetime(2022, 2, 1, h, tzinfo=UTC) for h in (3, 6, 9)])
    (window,) = find(times, start=datetime(2022, 2, 1, 6), end=datetime(2022, 2, 1, 9)).windows
    assert (window.start.hour, window.end.hour, window.rows) == (6, 9, 1)


def test_rows_of_a_window_keep_their_order() -> None:
    rng = np.random.default_rng(3)
    times = rng.integers(0, 20, 1_000) * 43_200_000_000
    found = find(times)
    for rows in rows_of(found, times.size):
        assert rows == sorted(rows)


def test_sorted_rows_need_no_order() -> None:
    assert find(np.arange(1_000, dtype=np.int64) * 3_600_000_000).order is None


def test_times_beyond_the_calendar_are_outside() -> None:
    times = np.array([0, 2**62, -(2**62)], np.int64)
    found = find(times, unit="s")
    assert (found.outside, [w.rows for w in found.windows]) == (2, [1])


@pytest.mark.parametrize(
    "text",
    ["", "1", "1w", "0d", "5h", "1.5d", " 1d", "-1d", "7d/", "/1d", "7d/2d", "7d/7d", "1d/5h"],
)
def test_a_window_rule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"'all'|hours that divide a day|several of its steps"):
        Rule.parse(text)


@pytest.mark.parametrize("start", [None, "2021-03-10"])
def test_rolling_windows_hold_the_rows_of_the_last_days_to_every_midnight(
    start: str | None,
) -> None:
    zone = ZoneInfo("America/New_York")
    rng = np.random.default_rng(11)
    low = np.datetime64("2021-03-05T05:00", "s").astype(np.int64)
    times = low + rng.integers(0, 30 * 86_400, 500)
    times = times[(times < low + 12 * 86_400) | (times > low + 14 * 86_400)]  # two empty days
    found = assign(
        times,
        np.ones(times.size, bool),
        "s",
        aware=True,
        rule=Rule.parse("7d/1d"),
        timezone=zone,
        start=None if start is None else date.fromisoformat(start),
    )
    local = [datetime.fromtimestamp(t, zone) for t in times.tolist()]
    first = min(t.date() for t in local) if start is None else date.fromisoformat(start)
    midnights = {t.date() + timedelta(days=1) for t in local if t.date() >= first}
    ends = sorted(day for day in midnights if day - timedelta(days=7) >= first)
    if start is not None:
        ends = [ends[0] + timedelta(days=i) for i in range((ends[-1] - ends[0]).days + 1)]
    assert [w.end.astimezone(zone).date() for w in found.windows] == ends
    order = np.arange(times.size) if found.order is None else found.order
    for window in found.windows:
        end = window.end.astimezone(zone)
        begin = datetime.combine(end.date() - timedelta(days=7), MIDNIGHT, zone)
        assert (end.time(), window.start) == (MIDNIGHT, begin)
        inside = {i for i, t in enumerate(local) if max(begin, _day(first, zone)) <= t < end}
        assert set(order[window.first : window.stop].tolist()) == inside


def _day(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, MIDNIGHT, zone)


def test_a_rolling_window_is_told_apart_by_its_grain() -> None:
    assert Rule.parse("7d/1d").grain == "7d/1d"
    assert (Rule.parse("24h/6h").step, Rule.parse("24h/6h").span) == (6 * 3_600_000_000, 4)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(
    "bounds", [{}, {"start": date(2024, 3, 30), "end": datetime(2024, 4, 2, 7)}]
)
def test_rows_in_the_order_of_their_times_are_cut_as_in_any_other(unit, bounds) -> None:
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    rng = np.random.default_rng(9)
    first = int(datetime(2024, 3, 29, tzinfo=UTC).timestamp()) * per_second
    times = np.sort(first + rng.integers(0, 6 * 86_400 * per_second, 500))
    shuffled = rng.permutation(times.size)
    options = {"unit": unit, "zone": "Europe/Berlin", "grain": "6h", **bounds}
    ascending, other = find(times, **options), find(times[shuffled], **options)
    assert [(w.start, w.end) for w in ascending.windows] == [
        (w.start, w.end) for w in other.windows
    ]
    assert ascending.outside == other.outside
    rows = [sorted(times[shuffled][own]) for own in rows_of(other, times.size)]
    assert [times[own].tolist() for own in rows_of(ascending, times.size)] == rows


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("America/New_York", datetime(9999, 12, 20), datetime(9999, 12, 31, 23)),
        ("UTC", datetime(9999, 12, 20), datetime(9999, 12, 31, 23, 59)),
        ("Asia/Tokyo", datetime(1, 1, 1), datetime(1, 1, 10)),
        ("UTC", datetime(2020, 1, 1), datetime.fromisoformat("9999-12-31T23:00:00-09:00")),
    ],
)
def test_windows_that_no_year_holds_are_refused(zone: str, start: datetime, end: datetime) -> None:
    spec = Spec(
        monitor="m", window="1d", timezone=zone, start=start, end=end,
        reference=ReferenceSpec(start=datetime(2020, 1, 1), end=datetime(2020, 1, 3)),
        columns=Columns(timestamp="t"),
    )  # fmt: skip
    data = {"t": [datetime(2020, 1, day) for day in range(1, 9)], "x": list(range(8))}
    with pytest.raises(InputError, match="in the years 1 to 9999"):
        monitor(spec, data)
