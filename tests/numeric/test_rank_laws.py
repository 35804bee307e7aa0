"""Laws of Mann and Whitney's U and Kuiper's V: against counts by whole numbers, and orders drawn at
random."""

import math

import numpy as np
import pytest

from simdrift.metrics import drift
from simdrift.metrics.nulls import kuiper, mann_whitney


def _orders_at_or_above(n: int, m: int) -> list[float]:
    """P(U >= u) of u = 0, 1, ..., of n and m different rows, by whole numbers."""
    counts = [1] + [0] * (n * m)
    for i in range(1, n + 1):
        for u in range(n * m, m + i - 1, -1):
            counts[u] -= counts[u - m - i]
        for u in range(i, n * m + 1):
            counts[u] += counts[u - i]
    whole, above = math.comb(n + m, n), 0
    tails = []
    for count in reversed(counts):
        above += count
        tails.append(above / whole)
    return tails[::-1]


@pytest.mark.parametrize(
    ("n", "m", "right"),
    [(10, 251, 1e-12), (3, 834, 1e-12), (2, 1251, 1e-12), (51, 50, 2e-3), (12, 250, 0.012)],
)
def test_mann_whitney_is_counted_or_as_good_as(n, m, right):
    tails = _orders_at_or_above(n, m)
    for p in (0.4, 0.05, 1e-3, 1e-6, 1e-12):
        u = next(u for u, tail in enumerate(tails) if 2.0 * tail <= p or u == n * m)
        found = mann_whitney.log_p(2 * u, n, m, 0)
        assert math.exp(found) == pytest.approx(2.0 * tails[u], rel=right)
        assert mann_whitney.log_p(2 * (n * m - u), m, n, 0) == found


@pytest.mark.parametrize(
    ("n", "m", "p"),
    [
        (1, 2501, 2 / 2502),
        (2, 1251, 2 / math.comb(1253, 2)),
        (60, 300, 2 / math.comb(360, 60)),
        (1000, 20, 2 / math.comb(1020, 20)),
    ],
)
def test_samples_apart_have_the_least_p_value_of_mann_whitney(n, m, p):
    found = drift.mann_whitney(np.arange(float(n)), n + np.arange(float(m)))
    assert found.value == 0.0
    assert found.p_value == pytest.approx(p, rel=1e-9)


def test_mann_whitney_of_many_rows_is_normal_near_the_middle():
    n = m = 1_000_000
    sd = math.sqrt(n * m * (n + m + 1) / 12)
    u = n * m / 2 + 1.959963984540054 * sd
    assert math.exp(mann_whitney.log_p(2 * round(u), n, m, 0)) == pytest.approx(0.05, rel=1e-5)


@pytest.mark.parametrize(("n", "m"), [(20, 20), (50, 50), (40, 17)])
def test_kuiper_is_that_of_orders_drawn_at_random(n, m):
    rng = np.random.default_rng(n)
    from_x = rng.random((20_000, n + m)).argsort(axis=1) < n
    walks = np.cumsum(np.where(from_x, m, -n), axis=1)
    spread = walks.max(axis=1) - walks.min(axis=1)
    v = np.quantile(spread, 0.95, method="higher")
    share = np.mean(spread >= v)  # +- 3 %
    assert math.exp(kuiper.log_p(n, m, v / (n * m))) == pytest.approx(share, rel=0.16)
