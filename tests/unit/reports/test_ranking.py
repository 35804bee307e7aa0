"""Windows stand out by robust z against the other windows of their own series."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import synth
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simdrift.reports import stand_out
from simdrift.reports.ranking import location_scale
from simdrift.results import Results


def series(values: list[float], metric: str = "quality.missing_share", column: str = "") -> Results:
    """Daily windows of one metric from 1 January 2013 on, in UTC."""
    rows = []
    for day, value in enumerate(values):
        start = datetime(2013, 1, 1, tzinfo=UTC) + timedelta(days=day)
        run = synth.run_of(window_start=start, window_end=start + timedelta(days=1), grain="1d")
        rows.append(synth.row_of(run, column, metric, value))
    return Results(rows)


@given(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=60))
def test_scale_is_scipys_median_absolute_deviation(values):
    middle, scale = location_scale(values)
    assert middle == pytest.approx(np.median(values))
    expected = stats.median_abs_deviation(values) * 1.4826
    if expected <= 1e-12 * np.abs(values).max():
        expected = 1.2533 * np.abs(np.asarray(values) - np.median(values)).mean()
    assert scale == pytest.approx(expected, abs=2e-12 * np.abs(values).max())


def test_the_storm_leads_the_missing_share_and_says_why():
    results = synth.monitor(60)
    found = stand_out(results, "quality.missing_share", columns=[""], top=2)
    assert [one.sentence[:10] for one in found] == ["2013-02-09", "2013-02-08"]
    assert found[0].sentence.startswith("2013-02-09: missing share 0.39, ")
    assert " robust sd above the median window 0.01" in found[0].sentence


def test_score_is_the_distance_to_the_median_in_robust_sd():
    values = [0.01, 0.02, 0.03, 0.04, 0.05, 0.9]
    (one,) = stand_out(series(values))
    assert one.median == pytest.approx(0.035)
    assert one.scale == pytest.approx(1.4826 * 0.015)
    assert one.score == pytest.approx((0.9 - 0.035) / (1.4826 * 0.015))
    assert one.window_start == datetime(2013, 1, 6, tzinfo=UTC)
    assert one.sentence == (
        "2013-01-06: missing share 0.9, 39 robust sd above the median window 0.035"
    )


def test_values_below_stand_out_too():
    (one,) = stand_out(series([10.0, 11.0, 12.0, 13.0, 14.0, -90.0], "quality.rows"))
    assert one.score < 0
    assert "below" in one.sentence


def test_half_equal_windows_fall_back_to_the_mean_deviation():
    values = [0.0] * 8 + [0.4, 0.001]
    (one,) = stand_out(series(values), top=1)
    assert one.value == 0.4
    assert one.scale == pytest.approx(1.2533 * 0.0401)


@pytest.mark.parametrize(
    "values",
    [
        [0.1] * 20,
        [0.1, 0.2, 0.3, 9.0],
        [0.1 + 0.2 if i % 2 else 0.3 for i in range(20)],
        [None] * 10,
        [],
        [float("inf")] * 3 + [1.0] * 9,
    ],
    ids=["constant", "too few windows", "constant but for rounding", "null", "none", "infinite"],
)
def test_nothing_stands_out_of(values):
    assert stand_out(series(values)) == []


def test_top_is_a_limit_per_series_and_order_is_by_distance():
    dice = random.Random(7)
    quiet = [dice.gauss(0, 1) for _ in range(50)]
    results = series([*quiet, 50.0, 60.0, 70.0]) + series([*quiet, 90.0], column="a")
    found = stand_out(results, top=2)
    assert [one.value for one in found] == [90.0, 70.0, 60.0]


def test_series_differ_by_column_segment_and_params():
    low, high = series([1.0, 2.0, 3.0, 4.0, 5.0]), series([101.0, 102.0, 103.0, 104.0, 105.0])
    other = Results([row._replace(params="q=0.5") for row in high])
    assert stand_out(low + other) == []
    assert stand_out(low + Results(high.rows[:1])) != []


def test_dates_are_those_of_the_results_zone():
    start = datetime(2013, 2, 8, 15, tzinfo=UTC)  # midnight of the 9th in Tokyo
    rows = [
        row._replace(window_start=start, window_end=start + timedelta(days=1))
        if row.value == 9.0
        else row
        for row in series([0.1, 0.2, 0.3, 0.4, 0.5, 9.0])
    ]
    assert stand_out(Results(rows, timezone="Asia/Tokyo"))[0].sentence.startswith("2013-02-09:")
    assert stand_out(Results(rows))[0].sentence.startswith("2013-02-08 15:00:")
    (one,) = stand_out(Results(rows), timezone="Asia/Tokyo")
    assert one.sentence.startswith("2013-02-09:")
