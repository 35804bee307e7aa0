"""Wasserstein-1 against SciPy, exact rational sums and the properties of a distance."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import wasserstein_distance

from simdrift.metrics import drift

values = st.floats(-1e6, 1e6, allow_subnormal=False)
samples = st.lists(values, min_size=1, max_size=40)


def _exact(x: list[float], y: list[float]) -> Fraction:
    """integral |F - G| in rational numbers."""
    points = sorted({*x, *y})
    total = Fraction(0)
    for a, b in pairwise(points):
        f = Fraction(sum(v <= a for v in x), len(x)) - Fraction(sum(v <= a for v in y), len(y))
        total += abs(f) * (Fraction(b) - Fraction(a))
    return total


@given(samples, samples)
@settings(max_examples=80, deadline=None)
def test_wasserstein_is_the_exact_rational_integral_rounded(x, y):
    exact = _exact(x, y)
    assert drift.wasserstein(x, y).value == pytest.approx(float(exact), rel=1e-15, abs=0)


@pytest.mark.parametrize("sizes", [(1, 1), (3, 50), (1000, 1000), (5000, 377)])
def test_wasserstein_equals_scipy(sizes):
    rng = np.random.default_rng(4)
    for x, y in (
        (rng.normal(size=sizes[0]), rng.normal(0.5, 2, size=sizes[1])),
        (rng.integers(0, 5, sizes[0]), rng.integers(0, 6, sizes[1])),
        (rng.standard_cauchy(sizes[0]), rng.standard_cauchy(sizes[1])),
    ):
        expected = wasserstein_distance(x, y)
        assert drift.wasserstein(x, y).value == pytest.approx(expected, rel=1e-10, abs=1e-12)


@given(samples)
@settings(max_examples=50, deadline=None)
def test_wasserstein_is_zero_for_identical_samples(x):
    assert drift.wasserstein(x, x[::-1]).value == 0.0


@given(samples, samples)
@settings(max_examples=50, deadline=None)
def test_wasserstein_is_symmetric(x, y):
    assert drift.wasserstein(x, y).value == drift.wasserstein(y, x).value


@given(samples, samples, samples)
@settings(max_examples=50, deadline=None)
def test_wasserstein_obeys_the_triangle_inequality(x, y, z):
    direct = drift.wasserstein(x, z).value
    detour = drift.wasserstein(x, y).value + drift.wasserstein(y, z).value
    assert direct <= detour * (1 + 1e-12)


@given(samples, st.integers(-1000, 1000))
@settings(max_examples=50, deadline=None)
def test_wasserstein_of_a_shifted_sample_is_the_shift(x, shift):
    whole = [float(round(v)) for v in x]
    assert drift.wasserstein(whole, [v + shift for v in whole]).value == abs(shift)


@given(samples, samples, st.integers(-30, 30))
@settings(max_examples=50, deadline=None)
def test_normed_wasserstein_does_not_change_with_the_unit(x, y, power):
    # squares of smaller values underflow, and with them the variance
    assume(all(value == 0.0 or abs(value) > 1e-140 for value in x))
    scale = 2.0**power
    plain = drift.wasserstein_normed(x, y)
    scaled = drift.wasserstein_normed([v * scale for v in x], [v * scale for v in y])
    assert plain.status == scaled.status
    if plain.value is not None:
        assert scaled.value == pytest.approx(plain.value, rel=1e-9)


def test_normed_wasserstein_divides_by_the_reference_standard_deviation_with_ddof_1():
    rng = np.random.default_rng(8)
    x, y = rng.normal(10, 3, 500), rng.normal(11, 3, 400)
    expected = wasserstein_distance(x, y) / np.std(x, ddof=1)
    assert drift.wasserstein_normed(x, y, scale="std").value == pytest.approx(expected, rel=1e-12)


def test_normed_wasserstein_divides_by_the_smaller_of_sd_and_quartile_range():
    rng = np.random.default_rng(9)
    for x in (rng.normal(10, 3, 500), rng.uniform(size=500), rng.pareto(1.2, 500)):
        y = x[:400] * 1.1
        low, high = np.quantile(x, [0.25, 0.75])
        scale = min(np.std(x, ddof=1), (high - low) / (2 * stats.norm.ppf(0.75)))
        expected = wasserstein_distance(x, y) / scale
        assert drift.wasserstein_normed(x, y).value == pytest.approx(expected, rel=1e-12)


def test_normed_wasserstein_of_mostly_equal_rows_divides_by_the_standard_deviation():
    x, y = [0.0] * 60 + list(range(40)), [0.0] * 50 + list(range(50))
    expected = wasserstein_distance(x, y) / np.std(x, ddof=1)
    assert drift.wasserstein_normed(x, y).value == pytest.approx(expected, rel=1e-12)


def test_scales_that_do_not_exist_are_refused_by_name():
    with pytest.raises(ValueError, match="scale: expected 'robust' or 'std', found 'iqr'"):
        drift.wasserstein_normed([1.0, 2.0], [3.0], scale="iqr")
    with pytest.raises(TypeError, match="scale: expected a str, found 2"):
        drift.wasserstein_normed([1.0, 2.0], [3.0], scale=2)


def test_normed_wasserstein_of_constant_references_says_why_it_has_no_value():
    assert drift.wasserstein_normed([2.0] * 9, [3.0, 4.0]).status == "constant"
    assert drift.wasserstein_normed([2.0] * 9, [2.0] * 5).status == "degenerate"
    assert drift.wasserstein_normed([2.0], [3.0, 4.0]).status == "too_few_rows"


def test_wasserstein_leaves_infinities_and_missing_rows_out():
    found = drift.wasserstein([1.0, np.inf, np.nan, 3.0], [2.0, -np.inf, 4.0])
    assert (found.value, found.n_reference, found.n_current) == (1.0, 2, 2)


def test_wasserstein_of_times_is_in_seconds_whatever_their_unit():
    for unit in ("s", "ms", "us", "ns"):
        x = np.array(["2024-01-01T00:00", "2024-01-02T00:00"], f"datetime64[{unit}]")
        y = x + np.timedelta64(90, "m").astype(f"timedelta64[{unit}]")
        assert drift.wasserstein(x, y).value == pytest.approx(5400.0, rel=1e-15)


def test_wasserstein_alerts_only_where_a_threshold_is_given():
    x, y = list(range(9)), list(range(5, 14))
    assert drift.wasserstein(x, y).alert is None
    assert drift.wasserstein(x, y, threshold=4.9).alert is True
    assert drift.wasserstein(x, y, threshold=5.0).alert is False
    assert drift.wasserstein_normed(x, y).alert is True


def test_two_rows_a_side_are_no_evidence_however_far_apart():
    found = drift.wasserstein_normed([0.0, 1.0], [5000.0, 6000.0])
    assert (found.alert, found.p_value >= 1 / 6) == (False, True)
