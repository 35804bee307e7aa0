"""Jensen-Shannon distance against SciPy, its bounds, its law under no drift."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2, kstest

from simdrift.metrics import drift

samples = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=60)


def _shares(x, labels):
    return [x.count(label) / len(x) for label in labels]


@given(samples, samples)
@settings(max_examples=100, deadline=None)
def test_jensen_shannon_of_categories_equals_scipy(x, y):
    labels = sorted({*x, *y})
    expected = jensenshannon(_shares(x, labels), _shares(y, labels), base=2)
    found = drift.jensen_shannon(x, y).value
    assert found**2 == pytest.approx(expected**2, rel=1e-11, abs=1e-14)


@given(samples, samples)
@settings(max_examples=60, deadline=None)
def test_jensen_shannon_lies_in_zero_to_one_and_is_symmetric(x, y):
    there, back = drift.jensen_shannon(x, y).value, drift.jensen_shannon(y, x).value
    assert 0.0 <= there <= 1.0
    assert there == pytest.approx(back, rel=1e-7, abs=1e-8)


@given(samples)
@settings(max_examples=40, deadline=None)
def test_jensen_shannon_is_zero_for_identical_samples(x):
    assert drift.jensen_shannon(x, x[::-1]).value == 0.0


def test_jensen_shannon_of_samples_with_nothing_in_common_is_one():
    assert drift.jensen_shannon(["a", "b"], ["c"]).value == 1.0
    assert drift.jensen_shannon([1.0, 2.0], [8.0, 9.0], bins=[5.0]).value == 1.0


def test_jensen_shannon_of_half_and_half_against_all_matches_the_value_worked_by_hand():
    # p = (1/2, 1/2), q = (1, 0), m = (3/4, 1/4):
    # JSD = 1/2 (1/2 log2 2/3 + 1/2 log2 2) + 1/2 log2 4/3 = 0.311278 bit
    found = drift.jensen_shannon(["a", "b"], ["a", "a"]).value
    by_hand = 0.25 * math.log2(2 / 3) + 0.25 + 0.5 * math.log2(4 / 3)
    assert found == pytest.approx(math.sqrt(by_hand), rel=1e-14)


@pytest.mark.parametrize("bins", [4, 10])
def test_jensen_shannon_of_numbers_equals_scipy_over_the_reference_cells(bins):
    rng = np.random.default_rng(2)
    x, y = rng.exponential(size=2500), rng.exponential(1.4, size=900)
    cuts = np.quantile(x, np.arange(1, bins) / bins)
    c = np.bincount(np.searchsorted(cuts, x, side="right"), minlength=bins)
    d = np.bincount(np.searchsorted(cuts, y, side="right"), minlength=bins)
    found = drift.jensen_shannon(x, y, bins=bins)
    assert found.value == pytest.approx(jensenshannon(c, d, base=2), rel=1e-11)


def test_jensen_shannon_null_quantile_is_the_root_of_the_scaled_chi_square_quantile():
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 5, 3000).astype(str), rng.integers(0, 5, 700).astype(str)
    found = drift.jensen_shannon(x.tolist(), y.tolist())
    scale = (1 / 3000 + 1 / 700) / (8 * math.log(2))
    assert found.null_quantile == pytest.approx(math.sqrt(scale * chi2.ppf(0.95, 4)), rel=1e-12)
    assert found.p_value == pytest.approx(chi2.sf(found.value**2 / scale, 4), rel=1e-10)


def test_jensen_shannon_p_values_are_uniform_under_no_drift():
    rng = np.random.default_rng(21)
    p = [
        drift.jensen_shannon(rng.normal(size=3000), rng.normal(size=1500)).p_value
        for _ in range(300)
    ]
    assert kstest(p, "uniform").pvalue > 0.001


def test_jensen_shannon_of_categories_has_cramers_v_beside_it():
    # 2 x 2 table (10, 20), (20, 10): chi2 = 20/3, V = sqrt(20/3/60) = 1/3
    found = drift.jensen_shannon(["a"] * 10 + ["b"] * 20, ["a"] * 20 + ["b"] * 10)
    assert found.effect_size == pytest.approx(1 / 3, rel=1e-14)


def test_a_distance_that_chance_explains_does_not_alert():
    rng = np.random.default_rng(1)
    found = drift.jensen_shannon(rng.normal(size=60), rng.normal(size=50))
    assert found.value > 0.1
    assert found.p_value > 0.05
    assert found.alert is False
