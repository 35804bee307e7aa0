"""Missing share: the z-test of two proportions, Newcombe's interval, Cohen's h."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, fisher_exact, norm

from simdrift.metrics import drift
from simdrift.metrics.drift.missing import wilson


def _column(rows: int, missing: int) -> np.ndarray:
    column = np.ones(rows)
    column[:missing] = np.nan
    return column


@given(st.integers(1, 300), st.integers(1, 300), st.data())
@settings(max_examples=100, deadline=None)
def test_p_value_is_that_of_chi_square_or_of_fisher_where_few_rows_are_expected(n, m, data):
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found = drift.missing_share(_column(n, a), _column(m, b))
    assert found.value == b / m - a / n
    if a + b in (0, n + m):
        assert found.p_value == 1.0
        return
    table = [[a, n - a], [b, m - b]]
    expected = chi2_contingency(table, correction=False)
    is_sparse = expected.expected_freq.min() < 5.0 * (1.0 - 1e-12)
    p = fisher_exact(table).pvalue if is_sparse else expected.pvalue
    assert found.p_value == pytest.approx(p, rel=1e-9)


def test_value_p_and_effect_match_those_worked_by_hand():
    # 10 of 100 against 30 of 100: pooled 0.2, z = 0.2 / sqrt(0.16 * 0.02) = 3.535534
    found = drift.missing_share(_column(100, 10), _column(100, 30))
    assert found.value == pytest.approx(0.2, rel=1e-15)
    assert found.p_value == pytest.approx(2 * norm.sf(0.2 / math.sqrt(0.0032)), rel=1e-13)
    assert found.effect_size == pytest.approx(2 * math.asin(0.3**0.5) - 2 * math.asin(0.1**0.5))
    assert found.alert is True


def test_interval_matches_the_table_of_newcombe_1998():
    # Newcombe, Stat. Med. 17 (1998), table II, method 10: 56/70 - 48/80 gives
    # 0.0524 to 0.3339 and 9/10 - 3/10 gives 0.1705 to 0.8090.
    found = drift.missing_share(_column(80, 48), _column(70, 56))
    assert (found.ci_low, found.ci_high) == (
        pytest.approx(0.0524, abs=5e-5),
        pytest.approx(0.3339, abs=5e-5),
    )
    found = drift.missing_share(_column(10, 3), _column(10, 9))
    assert (found.ci_low, found.ci_high) == (
        pytest.approx(0.1705, abs=5e-5),
        pytest.approx(0.8090, abs=5e-5),
    )


def test_wilson_interval_matches_the_table_of_newcombe_1998():
    # Stat. Med. 17 (1998) 857, table I, method 3: 81/263 gives 0.2553 to 0.3662
    assert wilson(81 / 263, 263) == (
        pytest.approx(0.2553, abs=5e-5),
        pytest.approx(0.3662, abs=5e-5),
    )


@pytest.mark.parametrize("share", [0, 1])
def test_nothing_missing_or_everything_missing_on_both_sides_is_no_drift(share):
    found = drift.missing_share(_column(50, 50 * share), _column(70, 70 * share))
    assert (found.value, found.p_value, found.effect_size) == (0.0, 1.0, 0.0)
    assert (found.status, found.alert) == ("ok", False)


def test_a_fall_alerts_as_a_rise_does():
    assert drift.missing_share(_column(500, 200), _column(500, 20)).alert is True
    assert drift.missing_share(_column(500, 200), _column(500, 20)).value < 0


def test_a_significant_change_below_the_practical_threshold_does_not_alert():
    found = drift.missing_share(_column(1_000_000, 500_000), _column(1_000_000, 510_000))
    assert found.p_value < 1e-40  # Cohen's h is 0.02
    assert found.log_p_value < -90
    assert found.alert is False


@pytest.mark.parametrize(
    ("reference", "current"),
    [
        ([1.0] * 4, [None, 1.0, 2.0, 3.0]),
        ([1.0] * 4, [math.nan, 1.0, 2.0, 3.0]),
        (["x"] * 4, ["a", None, "b", "c"]),
    ],
)
def test_null_and_nan_are_both_missing(reference, current):
    assert drift.missing_share(reference, current).value == 0.25


def test_an_empty_side_has_no_share():
    found = drift.missing_share(np.zeros(0), np.ones(3))
    assert (found.value, found.status, found.alert) == (None, "empty", None)
