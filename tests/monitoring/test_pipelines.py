"""A monitor sees that a pipeline is broken: late, lost, repeated and fewer rows, stuck columns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simdrift as sd

DAYS = 70


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(3)
    parts = []
    for day in pd.date_range("2024-01-01", periods=DAYS):
        rows = int(draw.poisson(300 if day.weekday() < 5 else 100))
        seconds = np.sort(draw.integers(0, 86_400, rows))
        parts.append(
            pd.DataFrame({"time": day + pd.to_timedelta(seconds, unit="s"),
                          "x": draw.normal(size=rows), "c": draw.choice(["a", "b"], rows)})
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def alerts(
    data: pd.DataFrame, names: Any = "all", now: Any = None, **rest: Any
) -> list[tuple[str, str, str]]:
    spec = sd.Spec(
        monitor="m",
        columns=sd.Columns(timestamp="time"),
        metrics=sd.Metrics(pipelines=names),
        **{"reference": {"start": "2024-01-01", "end": "2024-01-08"}, **rest},
    )
    found = sd.monitor(spec, data, now=now)
    names_of = {f"quality.{name}" for name in sd.pipelines.NAMES}
    return [
        (f"{row.window_start:%m-%d}", row.metric.removeprefix("quality."), row.column)
        for row in found
        if row.alert and row.metric in names_of and row.window_start is not None
    ]


def of_day(frame: pd.DataFrame, day: str) -> pd.Series:
    return frame.time.dt.strftime("%m-%d") == day


def test_a_pipeline_as_it_was_alerts_in_few_windows(frame: pd.DataFrame) -> None:
    assert len(alerts(frame)) <= 4  # of 70 windows times 7 rows


@pytest.mark.parametrize("reference", [{"start": "2024-01-01", "end": "2024-01-08"}, "previous"])
def test_what_breaks_is_what_alerts(frame: pd.DataFrame, reference: Any) -> None:
    late = frame[~(of_day(frame, "03-04") & (frame.time.dt.hour >= 12))]
    found = alerts(late, reference=reference)
    assert {("03-04", "freshness", ""), ("03-04", "largest_gap", "")} <= {*found}
    half = frame[~of_day(frame, "03-05") | (frame.index % 2 == 0)]
    assert ("03-05", "volume", "") in alerts(half, reference=reference)
    lost = frame[~of_day(frame, "03-06")]
    assert ("03-07", "missing_windows", "") in alerts(lost, reference=reference)
    stuck = frame.assign(x=frame.x.where(~of_day(frame, "03-07"), 1.0))
    assert alerts(stuck, ["stuck"], reference=reference) == [("03-07", "stuck", "x")]


NOW = datetime(2024, 3, 13, 6, tzinfo=UTC)
"""Two days and a morning after the last row."""


@pytest.mark.parametrize("reference", [{"start": "2024-01-01", "end": "2024-01-08"}, "previous"])
def test_nights_that_are_lost_alert_by_the_clock(frame: pd.DataFrame, reference: Any) -> None:
    watched = ["freshness", "missing_windows", "volume"]
    found = alerts(frame, watched, reference=reference, now=NOW)
    assert {one for one in found if one[0] >= "03-11"} == {
        (day, name, "") for day in ("03-11", "03-12") for name in watched
    }
    morning = datetime(2024, 3, 11, 6, tzinfo=UTC)
    assert not [one for one in alerts(frame, watched, now=morning) if one[0] >= "03-11"]


def test_the_clock_is_the_machine_s_and_old_data_are_history(frame: pd.DataFrame) -> None:
    spec = sd.Spec(monitor="m", columns=sd.Columns(timestamp="time"), reference="previous",
                   metrics=sd.Metrics(pipelines=["freshness"]))  # fmt: skip
    assert len(sd.monitor(spec, frame).runs) == DAYS
    today = pd.Timestamp.now("UTC").tz_localize(None).normalize()
    moved = frame.assign(time=frame.time + (today - pd.Timestamp("2024-03-12")))
    reference = {"start": str(moved.time.min().date()), "end": str(moved.time.max().date())}
    found = alerts(moved, ["freshness"], reference=reference)
    assert f"{today - pd.Timedelta('1D'):%m-%d}" in {day for day, *_ in found}


def test_weekends_without_rows_are_usual_by_the_clock_too(frame: pd.DataFrame) -> None:
    week = frame[frame.time.dt.day_of_week < 5]
    sunday = datetime(2024, 3, 10, 12, tzinfo=UTC)
    assert alerts(week, ["missing_windows"], now=sunday) == [("01-08", "missing_windows", "")]


@pytest.mark.parametrize(
    ("window", "rows"), [("15m", "1min"), ("1h", "5min"), ("7d", "3h"), ("2h/1h", "5min")]
)
def test_windows_of_any_length_are_lost_by_the_clock(window: str, rows: str) -> None:
    draw, length = (
        np.random.default_rng(5),
        pd.Timedelta((window.partition("/")[2] or window).replace("d", "D")),
    )
    start = pd.Timestamp("2024-01-01")
    times = pd.date_range(start, start + 30 * length, freq=rows, inclusive="left")
    data = pd.DataFrame({"time": times, "x": draw.normal(size=len(times))})
    now = (start + 32 * length + length / 2).to_pydatetime().replace(tzinfo=UTC)
    spec = sd.Spec(
        monitor="m", columns=sd.Columns(timestamp="time"), window=window, reference="previous",
        metrics=sd.Metrics(pipelines=["freshness"]),
    )  # fmt: skip
    ends = [
        row.window_end
        for row in sd.monitor(spec, data, now=now).filter(metric="quality.freshness", alert=True)
    ]
    # of windows that overlap, the first that is late is what later ones are compared with
    late = (31,) if "/" in window else (31, 32)
    assert ends == [(start + n * length).to_pydatetime().replace(tzinfo=UTC) for n in late]


def test_yesterday_s_rows_again_alert(frame: pd.DataFrame) -> None:
    yesterday = frame[of_day(frame, "03-04")]
    again = yesterday.assign(time=yesterday.time + pd.Timedelta("1D"))
    data = pd.concat([frame[~of_day(frame, "03-05")], again])
    assert alerts(data, "repeated") == [("03-05", "repeated", "")]


def test_nights_and_weekends_without_rows_are_usual(frame: pd.DataFrame) -> None:
    week = frame[frame.time.dt.day_of_week < 5]
    assert alerts(week, "missing_windows") == [("01-08", "missing_windows", "")]
    listed = alerts(frame[~of_day(frame, "03-06")], "volume", start="2024-01-01", end="2024-03-11")
    assert ("03-06", "volume", "") in listed


def test_unknown_names_are_refused() -> None:
    with pytest.raises(sd.SpecError, match="unknown metric of pipelines 'fresh'"):
        sd.Metrics(pipelines=["fresh"])


def test_a_monitor_without_them_has_none_of_their_rows(frame: pd.DataFrame) -> None:
    assert alerts(frame, ()) == []
