"""Regression performance: definitions in NumPy, intervals, statuses."""

import math

import numpy as np
import pytest
import scipy.stats

from simdrift.columns import as_column
from simdrift.metrics import performance
from simdrift.metrics.columns import CurrentColumn
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.performance.predictions import Predictions
from simdrift.metrics.performance.scoring import performance_rows


@pytest.fixture
def pair():
    rng = np.random.default_rng(5)
    target = rng.normal(100, 20, 4000)
    return target, target + rng.normal(1, 5, 4000)


def test_metrics_match_their_definitions_in_numpy(pair):
    y, p = pair
    e = p - y
    for name, expected in {
        "mean_error": e.mean(),
        "mae": np.abs(e).mean(),
        "mse": (e**2).mean(),
        "rmse": math.sqrt((e**2).mean()),
        "max_error": np.abs(e).max(),
        "r2": 1 - (e**2).sum() / ((y - y.mean()) ** 2).sum(),
    }.items():
        found = getattr(performance, name)(y, p)
        assert found.metric == f"performance.{name}"
        assert found.value == pytest.approx(expected, rel=1e-12), name
        assert found.n == 4000


@pytest.mark.parametrize("rows", [2, 3, 10, 4000])
def test_intervals_are_those_of_a_mean_and_of_its_logarithm(pair, rows):
    y, p = (side[:rows] for side in pair)
    quantile, error = scipy.stats.t.ppf(0.975, rows - 1), p - y
    reach = quantile * scipy.stats.sem(error)
    found = performance.mean_error(y, p)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (error.mean() - reach, error.mean() + reach), rel=1e-9
    )
    size = np.abs(error)
    factor = math.exp(quantile * scipy.stats.sem(size) / size.mean())
    found = performance.mae(y, p)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (size.mean() / factor, size.mean() * factor), rel=1e-9
    )


def test_an_interval_of_an_amount_holds_it_as_often_as_it_says_and_is_not_below_zero():
    assert performance.mae([1.0, 2.0, 3.0], [2.0, 2.0, 5.0]).ci_low > 0.0
    rng = np.random.default_rng(31)
    for rows in (3, 10):
        errors = rng.normal(size=(400, rows))
        found = [performance.mae(np.zeros(rows), e) for e in errors]
        held = sum(f.ci_low <= math.sqrt(2.0 / math.pi) <= f.ci_high for f in found)
        assert 364 <= held <= 394  # 380, and three standard deviations
    assert performance.mae([1.0], [3.0]).ci_low is None
    none = performance.mae([1.0, 2.0], [1.0, 2.0])
    assert (none.ci_low, none.value, none.ci_high) == (0.0, 0.0, 0.0)


def test_a_perfect_prediction_has_no_error_and_r2_one():
    y = [1.0, 2.0, 4.0]
    assert performance.mae(y, y).value == 0.0
    assert performance.rmse(y, y).value == 0.0
    assert performance.r2(y, y).value == 1.0


def test_rows_that_are_not_finite_on_both_sides_take_no_part():
    y = [1.0, math.nan, 3.0, math.inf, 5.0]
    p = [2.0, 2.0, None, 4.0, 5.0]
    found = performance.mae(y, p)
    assert (found.value, found.n) == (0.5, 2)


def test_integers_and_booleans_are_numbers():
    assert performance.mae(np.array([1, 2], np.int8), np.array([True, False])).value == 1.0


@pytest.mark.parametrize(
    ("name", "y", "p", "status"),
    [
        ("mae", np.zeros(0), np.zeros(0), "empty"),
        ("mae", [math.nan], [1.0], "all_null"),
        ("r2", [1.0], [1.0], "too_few_rows"),
        ("r2", [2.0, 2.0], [1.0, 3.0], "constant"),
        ("rmse", [1e200, -1e200], [-1e200, 1e200], "overflow"),
        ("mae", ["a"], [1.0], "not_applicable"),
    ],
)
def test_a_metric_that_does_not_exist_says_why(name, y, p, status):
    found = getattr(performance, name)(y, p)
    assert (found.value, found.ci_low, found.status) == (None, None, status)


def test_unequal_lengths_are_refused_with_both():
    with pytest.raises(ValueError, match="expected equal lengths, found 3 and 2"):
        performance.mae([1.0, 2.0, 3.0], [1.0, 2.0])


def _groups(side):
    return ColumnGroups.of(CurrentColumn("x", as_column(side, name="x")))


def test_rows_of_a_window_come_in_the_order_named(pair):
    y, p = (_groups(side) for side in pair)
    found = [row.at(0) for row in performance_rows(Predictions(y, p), ["rmse", "performance.mae"])]
    assert [row.metric for row in found] == ["performance.rmse", "performance.mae"]
    assert {(row.column, row.n_current, row.n_reference) for row in found} == {("", 4000, None)}


def test_an_unknown_metric_is_told_what_exists(pair):
    y, p = (_groups(side) for side in pair)
    with pytest.raises(ValueError, match="found 'rsme', expected one of rmse"):
        performance_rows(Predictions(y, p), ["rsme"])
