"""Tests of moments on rows that hardly vary: constants, two values, zeros, few rows."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from simdrift.metrics import drift

LARGEST = sys.float_info.max


def rows(values, counts):
    return np.repeat(np.asarray(values, float), counts)


# W2 = N (p - q)^2 / (N p (1 - p) / n + N q (1 - q) / m) of shares p and q
@pytest.mark.parametrize(
    ("x", "y", "w2", "p"),
    [
        (rows([0, 1], [50, 50]), rows([0, 1], [10, 90]), 47.058824, 6.889e-12),
        (rows([0, 1], [90, 10]), rows([0, 1], [10, 90]), 3200 / 9, 2.614360e-79),
    ],
)
def test_epps_singleton_of_two_values_has_rank_one(x, y, w2, p):
    found = drift.epps_singleton(x, y)
    assert found.value == pytest.approx(w2, rel=1e-6)
    assert found.p_value == pytest.approx(p, rel=1e-3)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (rows([1], [30]), rows([2], [30])),
        (rows([0], [40]), rows([1], [40])),
        (rows([10], [40]), rows([11], [40])),
        (rows([3], [50]), rows([7], [50])),
        (rows([5], [100]), rows([6], [80])),
        (rows([0], [2000]), rows([5], [10])),
        (rows([0, 1], [250, 250]), rows([5, 6], [250, 250])),
        (rows([0, 1], [20_000, 20_000]), rows([5, 6], [30, 30])),
        (rows([1e9, 1e9 + 1], [250, 250]), rows([1e9 + 5, 1e9 + 6], [250, 250])),
    ],
)
def test_epps_singleton_of_samples_apart_where_none_varies_alerts(x, y):
    for found in (drift.epps_singleton(x, y), drift.epps_singleton(y, x)):
        assert (found.value, found.p_value, found.alert) == (LARGEST, 0.0, True)
    weighted = drift.epps_singleton(x, y, weights=(np.arange(1.0, len(x) + 1), None))
    assert (weighted.p_value, weighted.alert) == (0.0, True)


def test_epps_singleton_of_the_same_values_does_not_alert():
    constant = drift.epps_singleton(rows([3], [50]), rows([3], [40]))
    assert (constant.value, constant.p_value, constant.status) == (None, None, "degenerate")
    same = drift.epps_singleton(rows([0, 1], [250, 250]), rows([0, 1], [100, 100]))
    assert same.value == pytest.approx(0.0, abs=1e-9)
    assert (same.alert, same.status) == (False, "ok")


def test_zero_inflated_rows_are_measured_and_do_not_alert_without_drift():
    rng = np.random.default_rng(17)

    def draw(n, share=0.2, scale=1.0):
        return np.where(rng.random(n) < share, rng.exponential(scale, n), 0.0)

    pairs = [(draw(400), draw(300)) for _ in range(100)]
    for name in ("epps_singleton", "quantile_shift"):
        found = [getattr(drift, name)(x, y) for x, y in pairs]
        assert {result.status for result in found} == {"ok"}
        assert sum(result.p_value <= 0.05 for result in found) <= 12
    assert drift.epps_singleton(draw(400), draw(300, 0.5)).alert
    assert drift.quantile_shift(draw(400), draw(300, 0.5, 3.0)).alert


@pytest.mark.parametrize(("n", "m"), [(5, 500), (10, 10), (12, 300)])
def test_epps_singleton_of_few_rows_keeps_its_level(n, m):
    rng = np.random.default_rng([5, n])
    p = np.array([drift.epps_singleton(rng.normal(size=n), rng.normal(size=m)).p_value
                  for _ in range(300)])  # fmt: skip
    assert np.count_nonzero(p <= 0.05) <= 26  # 300 at 0.05: 15, and three standard deviations
    assert np.count_nonzero(p <= 0.01) <= 9


def test_distances_that_differ_by_rounding_do_not_vary():
    """By exact arithmetic of the decimals all of them are 0.1: SciPy's W is 400."""
    found = drift.levene(rows([0.1, 0.3], [250, 250]), rows([0.2, 0.4], [250, 250]))
    assert (found.value, found.p_value, found.status) == (None, None, "degenerate")
    scaled = drift.levene(rows([0.1, 0.3], [250, 250]) * 1e12, rows([0.2, 0.4], [250, 250]) * 1e12)
    assert scaled.status == "degenerate"
    wider = drift.levene(rows([0.1, 0.3], [250, 250]), rows([0.2, 0.8], [250, 250]))
    assert (wider.value, wider.p_value, wider.alert) == (LARGEST, 0.0, True)


def test_levene_asks_for_three_rows_a_side():
    for x, y in (([1.0, 2.0], [3.0, 7.0, 9.0]), ([1.0, 5.0, 6.0], [2.0, 2.5])):
        assert drift.levene(x, y).status == "too_few_rows"
    rng = np.random.default_rng(3)
    found = [drift.levene(rng.normal(size=3), rng.normal(size=3)) for _ in range(300)]
    assert {result.status for result in found} == {"ok"}
    assert sum(result.p_value <= 0.01 for result in found) <= 9


@pytest.mark.parametrize("current", [5.0, -1e-300, 1e300])
def test_two_different_constants_drift(current):
    x, y = np.zeros(40), np.full(30, current)
    shift, t = drift.mean_shift(x, y), drift.t_test(x, y)
    assert (shift.value, shift.p_value, shift.alert) == (current, 0.0, True)
    assert (t.value, t.p_value, t.alert) == (-np.sign(current) * LARGEST, 0.0, True)
    assert drift.t_test(x, x).status == "degenerate"
    assert drift.levene(x, y).status == "degenerate"  # both spread alike: not at all


@pytest.mark.parametrize(("n", "m"), [(5, 500), (500, 5), (300, 20)])
def test_quantile_shift_of_few_rows_errs_upwards(n, m):
    rng = np.random.default_rng([17, n])
    draw = rng.normal if n < m else lambda size: rng.integers(0, 10, size)
    p = np.array([drift.quantile_shift(draw(size=n), draw(size=m)).p_value for _ in range(300)])
    assert np.count_nonzero(p <= 0.05) <= 24
    assert np.count_nonzero(p <= 0.01) <= 6


def test_quantile_shift_of_few_rows_far_away_alerts():
    found = drift.quantile_shift(np.arange(200.0), np.arange(8.0) + 1000)
    assert found.p_value < 1e-6
    assert found.alert
