"""PSI: worked values, its definition in NumPy, its law under no drift."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, kstest

from simdrift.metrics import drift

counts = st.lists(st.integers(0, 50), min_size=2, max_size=12).filter(lambda c: sum(c) > 0)


def _rows(counted: list[int]) -> list[str]:
    return [f"c{code}" for code, count in enumerate(counted) for _ in range(count)]


def _definition(c, d, smoothing) -> float:
    used = [(a, b) for a, b in zip(c, d, strict=True) if a + b > 0]
    cells = len(used)
    n, m = sum(a for a, _ in used), sum(b for _, b in used)
    total = 0.0
    for a, b in used:
        p = (a + smoothing) / (n + smoothing * cells)
        q = (b + smoothing) / (m + smoothing * cells)
        total += (p - q) * math.log(p / q)
    return total


def test_psi_of_two_cells_matches_the_value_worked_by_hand():
    # p = (1/2, 1/2), q = (4/5, 1/5): 0.3 ln(8/5) + 0.3 ln(5/2) = 0.3 ln 4
    found = drift.psi(_rows([50, 50]), _rows([80, 20]), smoothing=0)
    assert found.value == pytest.approx(0.3 * math.log(4), rel=1e-14)
    assert found.alert is True


def test_psi_of_ten_score_bands_matches_the_sum_worked_band_by_band():
    expected = [6, 10, 9, 12, 12, 8, 7, 8, 12, 16]
    actual = [7, 8, 7, 9, 11, 11, 10, 12, 11, 14]
    # (a - e) ln(a / e) of each band, in percent points, from a table of logarithms
    bands = [0.1542, 0.4463, 0.5026, 0.8630, 0.0870, 0.9554, 1.0700, 1.6219, 0.0870, 0.2671]
    found = drift.psi(_rows(expected), _rows(actual), smoothing=0)
    assert found.value == pytest.approx(sum(bands) / 100, abs=5e-6)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_psi_of_categories_is_its_definition(data):
    c = data.draw(counts)
    d = data.draw(st.lists(st.integers(0, 50), min_size=len(c), max_size=len(c)))
    if sum(d) == 0:
        return
    smoothing = data.draw(st.sampled_from([0.5, 1.0, 1e-4]))
    found = drift.psi(_rows(c), _rows(d), smoothing=smoothing)
    assert found.value == pytest.approx(_definition(c, d, smoothing), rel=1e-11, abs=1e-15)
    assert found.value >= 0.0


@pytest.mark.parametrize("bins", [2, 5, 10, 50])
def test_psi_of_numbers_cuts_at_the_reference_quantiles(bins):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=3000), rng.normal(0.3, 1.2, size=1700)
    cuts = np.quantile(x, np.arange(1, bins) / bins)
    c = np.bincount(np.searchsorted(cuts, x, side="right"), minlength=bins)
    d = np.bincount(np.searchsorted(cuts, y, side="right"), minlength=bins)
    found = drift.psi(x, y, bins=bins)
    assert found.value == pytest.approx(_definition(c.tolist(), d.tolist(), 0.5), rel=1e-12)
    assert found.params == f"bins={bins}"


def test_psi_merges_equal_cut_points_and_drops_no_row():
    x = np.repeat([0.0, 1.0, 2.0], [800, 150, 50])
    y = np.repeat([-7.0, 0.0, 1.0, 9.0], [10, 500, 300, 190])
    # interior deciles: 0 (eight times), 1 -> cells below 0, [0, 1), from 1
    assert drift.psi(x, y).value == pytest.approx(
        _definition([0, 800, 200], [10, 500, 490], 0.5), rel=1e-13
    )


def test_psi_sees_change_around_a_value_that_fills_most_of_the_reference():
    zeros = np.append(np.zeros(950), np.arange(1.0, 51.0))
    fewer = np.append(np.zeros(700), np.arange(1.0, 301.0))
    assert drift.psi(zeros, fewer).value == pytest.approx(
        _definition([950, 50], [700, 300], 0.5), rel=1e-13
    )
    constant = np.full(100, 3.0)
    assert drift.psi(constant, constant + 1).value > 5
    assert drift.psi(constant, constant - 1, bins=2).value > 5
    assert drift.psi(constant, constant[:40]).value == 0.0


def test_psi_counts_infinities_in_the_outer_cells():
    x = np.arange(100.0)
    y = np.concatenate([[-np.inf] * 30, [np.inf] * 70])
    found = drift.psi(x, y, bins=[50.0])
    assert found.value == pytest.approx(_definition([50, 50], [30, 70], 0.5), rel=1e-13)
    assert found.n_current == 100


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60))
@settings(max_examples=80, deadline=None)
def test_psi_is_zero_for_identical_samples(x):
    assert drift.psi(x, x[::-1]).value == 0.0


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_psi_of_categories_is_symmetric(data):
    c = data.draw(counts)
    d = data.draw(st.lists(st.integers(1, 50), min_size=len(c), max_size=len(c)))
    there, back = drift.psi(_rows(c), _rows(d)), drift.psi(_rows(d), _rows(c))
    assert there.value == pytest.approx(back.value, rel=1e-12, abs=1e-16)


def test_psi_of_numbers_does_not_change_with_an_increasing_map():
    rng = np.random.default_rng(6)
    x, y = rng.integers(0, 100, 400), rng.integers(10, 120, 300)
    mapped = drift.psi(np.exp2(x / 8.0), np.exp2(y / 8.0), bins=[2.0**k for k in range(1, 12)])
    plain = drift.psi(x * 1.0, y * 1.0, bins=[8.0 * k for k in range(1, 12)])
    assert mapped.value == pytest.approx(plain.value, rel=1e-12)


def test_psi_p_value_is_the_chi_square_tail_of_the_scaled_index():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=4000), rng.normal(0.05, size=1000)
    found = drift.psi(x, y)
    scale = 1 / 4000 + 1 / 1000
    assert found.p_value == pytest.approx(chi2.sf(found.value / scale, 9), rel=1e-12)
    assert found.null_quantile == pytest.approx(scale * chi2.ppf(0.95, 9), rel=1e-12)
    assert found.log_p_value == pytest.approx(chi2.logsf(found.value / scale, 9), rel=1e-12)


def test_psi_log_p_goes_on_where_p_underflows():
    x, y = np.arange(100_000.0), np.arange(100_000.0) + 60_000
    found = drift.psi(x, y)
    assert found.p_value == 0.0
    # 4-digit check of the tail: log Q(a, z) ~ (a-1) ln z - z - lgamma(a)
    z, a = found.value / 2e-5 / 2, 4.5
    assert found.log_p_value == pytest.approx((a - 1) * math.log(z) - z - math.lgamma(a), rel=1e-6)


def test_psi_p_values_are_uniform_under_no_drift():
    rng = np.random.default_rng(12)
    p = [drift.psi(rng.normal(size=2000), rng.normal(size=2000)).p_value for _ in range(300)]
    assert kstest(p, "uniform").pvalue > 0.001


@pytest.mark.parametrize(
    ("bins", "error", "message"),
    [
        (1, ValueError, "expected 2 to 10000, found 1"),
        ([2.0, 1.0], ValueError, "ascending"),
        ([], ValueError, "at least one cut point"),
        ("auto", ValueError, "expected one of equal_width, sturges, doane, fd, found 'auto'"),
        (True, TypeError, "found True"),
    ],
)
def test_psi_refuses_bins_that_are_none(bins, error, message):
    with pytest.raises(error, match=message):
        drift.psi([1.0], [2.0], bins=bins)


def test_psi_refuses_negative_smoothing():
    with pytest.raises(ValueError, match="smoothing: expected a number >= 0, found -1"):
        drift.psi([1.0], [2.0], smoothing=-1)
