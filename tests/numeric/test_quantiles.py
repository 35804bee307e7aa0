"""Exact quantiles and the median deviation against NumPy, bit for bit, on both sides of the size
from which nothing is sorted."""

import numpy as np
import pytest

from simdrift import _core

SEED = 20130208
Q = np.array([0.0, 0.01, 0.05, 0.25, 1 / 3, 0.5, 0.75, 0.95, 0.99, 1.0])
LAWS = {
    "normal": lambda r, n: r.normal(size=n),
    "one decimal": lambda r, n: r.normal(size=n).round(1),
    "constant": lambda r, n: np.full(n, 2.5),
    "mostly zeros": lambda r, n: np.where(r.random(n) < 0.9, 0.0, r.normal(size=n)),
    "cauchy": lambda r, n: r.standard_cauchy(n),
    "missing": lambda r, n: np.where(r.random(n) < 0.2, np.nan, r.lognormal(size=n)),
    "integers": lambda r, n: r.integers(-(10**6), 10**6, n),
}


@pytest.mark.parametrize("rows", [1, 2, 999, 50_001])
@pytest.mark.parametrize("law", LAWS)
def test_quantiles_are_numpys(law, rows):
    random = np.random.default_rng([SEED, rows, *law.encode()])
    values = LAWS[law](random, rows)
    held = values[~np.isnan(values)]
    found = _core.quantiles(_core.Column.from_numpy(values), Q)
    if len(held) == 0:
        assert np.isnan(found).all()
    else:
        np.testing.assert_array_equal(found, np.quantile(held, Q))


@pytest.mark.parametrize("rows", [1, 999, 50_001])
@pytest.mark.parametrize("law", ["normal", "one decimal", "constant", "cauchy", "integers"])
def test_the_median_deviation_is_numpys(law, rows):
    values = LAWS[law](np.random.default_rng([SEED, rows, *law.encode()]), rows)
    center = float(np.median(values))
    found = _core.median_deviation(_core.Column.from_numpy(values), center)
    assert found == np.median(np.abs(values - center))


def test_infinities_are_ordered_at_the_ends():
    values = np.concatenate([np.full(20_000, -np.inf), np.zeros(20_000), np.full(20_000, np.inf)])
    found = _core.quantiles(_core.Column.from_numpy(values), [0.1, 0.5, 0.9])
    assert found.tolist() == [-np.inf, 0.0, np.inf]


def test_infinite_deviations_take_no_part():
    values = np.concatenate([np.full(20_000, np.inf), np.arange(20_001.0)])
    assert _core.median_deviation(_core.Column.from_numpy(values), 10_000.0) == 5_000.0


@pytest.mark.parametrize("rows", [(5, 7), (0, 40), (9_000, 6_000), (40_000, 90_001), (60_000, 0)])
@pytest.mark.parametrize("decimals", [None, 2])
def test_pooled_quantiles_are_numpys_of_the_finite_rows_of_both(rows, decimals):
    rng = np.random.default_rng([SEED, *rows])
    a, b = rng.normal(size=rows[0]), rng.normal(5.0, 2.0, rows[1])
    if decimals is not None:
        a, b = a.round(decimals), b.round(decimals)
    a[::11], b[::7], b[1::50] = np.nan, np.inf, -np.inf
    q = np.array([0.0, 0.01, 0.25, 0.5, 0.9, 1.0])
    both = np.concatenate([a, b])
    expected = np.quantile(both[np.isfinite(both)], q)
    for threads in (1, 3):
        found = _core.pooled_quantiles(
            _core.Column.from_numpy(a), _core.Column.from_numpy(b), q, threads=threads
        )
        np.testing.assert_array_equal(found, expected)
    together = _core.sort_both(_core.Column.from_numpy(a), _core.Column.from_numpy(b))
    np.testing.assert_array_equal(_core.pooled_quantiles(*together, q), expected)
