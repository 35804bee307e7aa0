"""Chi-square of two samples of categories against SciPy, mpmath and worked values."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association

from simdrift.metrics import drift
from simdrift.metrics.nulls import special

samples = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=80)


def _table(x, y):
    labels = sorted({*x, *y})
    return np.array([[s.count(label) for label in labels] for s in (x, y)])


def is_chi_square(expected):
    """Whether the smaller side expects so many rows in each cell that the law is chi-square's."""
    smaller = expected.min(axis=0)
    return smaller.min() >= 5 and np.sum(1 / smaller) <= 0.25 * np.sqrt(len(smaller) - 1)


@given(samples, samples, st.booleans())
@settings(max_examples=150, deadline=None)
def test_chi_square_is_scipys_with_and_without_yates(x, y, yates):
    table = _table(x, y)
    found = drift.chi_square(x, y, yates=yates)
    if table.shape[1] == 1:
        assert (found.value, found.p_value, found.status) == (None, 1.0, "degenerate")
        return
    expected = chi2_contingency(table, correction=yates)
    assert found.value == pytest.approx(expected.statistic, rel=1e-11, abs=1e-13)
    if yates or is_chi_square(expected.expected_freq):
        assert found.p_value == pytest.approx(expected.pvalue, rel=1e-10)
    assert found.effect_size == pytest.approx(association(table, "cramer"), rel=1e-10, abs=1e-8)


def test_chi_square_matches_the_value_worked_by_hand():
    # rows 10, 20 and 20, 10; all expected 15: 4 * 25 / 15
    found = drift.chi_square(["a"] * 10 + ["b"] * 20, ["a"] * 20 + ["b"] * 10)
    assert found.value == pytest.approx(20 / 3, rel=1e-15)
    # Yates: 4 * 4.5^2 / 15
    found = drift.chi_square(["a"] * 10 + ["b"] * 20, ["a"] * 20 + ["b"] * 10, yates=True)
    assert found.value == pytest.approx(5.4, rel=1e-15)
    assert found.params == "yates=True"


def test_null_rows_are_no_category():
    found = drift.chi_square(["a", None, "b", "a"], ["a", "b", "b", None, None])
    assert (found.n_reference, found.n_current) == (3, 3)
    assert found.value == pytest.approx(2 / 3, rel=1e-14)


def test_a_category_never_seen_counts_with_an_expected_share_of_its_own():
    found = drift.chi_square(["a"] * 30, ["a"] * 20 + ["new"] * 10)
    expected = chi2_contingency([[30, 0], [20, 10]], correction=False)
    assert found.value == pytest.approx(expected.statistic, rel=1e-13)


@pytest.mark.parametrize("values", [[1, 2, 2, 7], [True, False, True, True]])
def test_integers_and_booleans_are_categories_for_chi_square(values):
    found = drift.chi_square(np.array(values), np.array(values))
    assert (found.value, found.p_value, found.effect_size) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(("x", "df"), [(1500.0, 1), (1500.0, 9), (4000.0, 300), (1e6, 40)])
def test_log_p_matches_50_digits_where_p_underflows(x, df):
    with mpmath.workdps(50):
        a, z = mpmath.mpf(df) / 2, mpmath.mpf(x) / 2
        expected = float(mpmath.log(mpmath.gammainc(a, z) / mpmath.gamma(a)))
    assert special.chi2_log_sf(x, df) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(("x", "df"), [(0.1, 1), (3.0, 2), (50.0, 10), (600.0, 7), (1200.0, 4)])
def test_p_matches_50_digits(x, df):
    with mpmath.workdps(50):
        a, z = mpmath.mpf(df) / 2, mpmath.mpf(x) / 2
        expected = mpmath.gammainc(a, z) / mpmath.gamma(a)
    assert special.chi2_sf(x, df) == pytest.approx(float(expected), rel=1e-12, abs=0)
    assert special.chi2_log_sf(x, df) == pytest.approx(float(mpmath.log(expected)), rel=1e-13)


def test_more_than_ten_thousand_categories_are_not_applicable_with_the_reason():
    ids = [f"id-{i}" for i in range(10_001)]
    for reference, current in ((ids, ids), (ids, ["id-1"] * 5)):
        found = drift.chi_square(reference, current)
        assert (found.value, found.status) == (None, "not_applicable")
        assert found.reason == "more than 10000 categories"
    assert drift.chi_square(ids[:-1], ids[:-1]).value == 0.0


def test_cramers_v_is_one_for_samples_with_nothing_in_common():
    assert drift.chi_square(["a"] * 7, ["b"] * 9).effect_size == pytest.approx(1.0, rel=1e-15)
    assert math.isclose(drift.chi_square(["a"] * 7, ["b"] * 9).value, 16.0)
