"""P-values of Mann and Whitney's U, two-sided.

Without ties U is counted for few pairs, or few rows of a side: the law of n and m rows is
prod (1 - q^(m + i)) / (1 - q^i), i = 1 ... n, over C(n + m, n). Beyond that it is the saddle
point of the same product, K its logarithm at q = e^s less that at 1,

    P(U >= u) = 1 - Phi(w) + phi(w) (1 / v - 1 / w),   K'(s) = u - 1/2,
    w = sqrt(2 (s (u - 1/2) - K(s))),  v = 2 sinh(s / 2) sqrt(K''(s))

(Lugannani and Rice, Adv. Appl. Prob. 12, 1980; Daniels' second correction for continuity): right
to some 1e-4 however small p is. With ties: normal with their variance and a correction for
continuity, as SciPy's.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.nulls.special import normal_two_sided_log_p, special

EXACT_PAIRS = 2_500
"""n m up to which orders are counted: below 20 ms."""
FEW_ROWS, FEW_PAIRS = 10, 100_000
"""Up to so many rows of a side, and pairs, orders are counted, too."""
MOST_ORDERS = 2**62
"""Counts are whole numbers of 64 bits."""
TERMS = 256
"""Factors of the product that are summed one by one; of more the sum is an integral."""
NEAR_MIDDLE = 0.02
"""Below so many standard deviations the saddle point's formula is 0 / 0: normal."""


def log_p(u2: float, n: float, m: float, ties: float, *, counted: bool = True) -> float:
    """log of the p-value; `u2` is 2 U, `ties` the sum of t^3 - t. Samples without ties are
    counted or have the saddle point's law, unless not `counted`."""
    larger = max(u2, 2 * n * m - u2)
    if counted and ties == 0:
        least, most, u = int(min(n, m)), int(max(n, m)), int(larger) // 2
        if _is_few(least, most):
            counts = _law(least, most)
            tail = float(counts[u:].sum() / counts.sum())
            return min(0.0, math.log(2.0 * tail))
        tail = _log_orders(least, most) if u == n * m else _saddle_log_sf(u, least, most)
        return min(0.0, math.log(2.0) + tail)
    rows = n + m
    variance = n * m / 12.0 * (rows + 1 - ties / (rows * (rows - 1.0)))
    if variance <= 0.0:
        return 0.0
    z = (0.5 * larger - 0.5 * n * m - 0.5) / math.sqrt(variance)
    return normal_two_sided_log_p(z) if z > 0.0 else 0.0


def _log_orders(n: int, m: int) -> float:
    """log of 1 / C(n + m, n): one order has the largest U."""
    return math.lgamma(n + 1) + math.lgamma(m + 1) - math.lgamma(n + m + 1)


def _is_few(n: int, m: int) -> bool:
    if n * m <= EXACT_PAIRS:
        return True
    return n <= FEW_ROWS and n * m <= FEW_PAIRS and math.comb(n + m, n) < MOST_ORDERS


@lru_cache(maxsize=64)
def _law(n: int, m: int) -> NDArray[np.float64]:
    """How many orders of n and m different values have U = 0, ..., n m."""
    if math.comb(n + m, n) < MOST_ORDERS:
        return _product(n, m).astype(float)
    row = [np.ones(1) for _ in range(m + 1)]
    for i in range(1, n + 1):  # the largest value is an x, above all y, or a y
        new = [np.ones(1)]
        for j in range(1, m + 1):
            counts = np.zeros(i * j + 1)
            counts[j:] += row[j]
            counts[: new[j - 1].size] += new[j - 1]
            new.append(counts)
        row = new
    return row[m]


def _product(n: int, m: int) -> NDArray[np.uint64]:
    """The product's coefficients. Differences and sums may pass 2^64 on the way: they wrap, and
    the end is right."""
    counts = np.zeros(n * m + 1, np.uint64)
    counts[0] = 1
    for i in range(1, n + 1):
        if m + i <= n * m:
            counts[m + i :] -= counts[: -(m + i)].copy()
        padded = np.zeros(-(-counts.size // i) * i, np.uint64)
        padded[: counts.size] = counts
        counts = np.cumsum(padded.reshape(-1, i), axis=0, dtype=np.uint64).ravel()[: counts.size]
    return counts


# --- the saddle point ---------------------------------------------------------------------


@cache
def _factors(n: int) -> tuple[Floats, Floats]:
    """i = 1 ... n and weights of a sum over them."""
    if n <= TERMS:
        return np.arange(1.0, n + 1.0), np.ones(n)
    points, weights = np.polynomial.legendre.leggauss(96)
    return 0.5 + 0.5 * n * (1.0 + points), 0.5 * n * weights


def _saddle_log_sf(u: int, n: int, m: int) -> float:
    """log P(U >= u) for u at or above the middle."""
    half, sd = 0.5 * n * m, math.sqrt(n * m * (n + m + 1.0) / 12.0)
    x = u - 0.5 - half
    if x <= NEAR_MIDDLE * sd:
        return float(special().log_ndtr(-x / sd)) if x > 0.0 else math.log(0.5)
    s = _saddle(x, n, m)
    k, bend = _cumulant(s, n, m), _slopes(s, n, m)[1]
    w = math.sqrt(2.0 * (s * x - k))
    v = 2.0 * math.sinh(0.5 * s) * math.sqrt(bend) if s < 700.0 else math.inf
    ratio = math.sqrt(0.5 * math.pi) * float(special().erfcx(w / math.sqrt(2.0)))
    return -0.5 * w * w - 0.5 * math.log(2.0 * math.pi) + math.log(ratio + 1.0 / v - 1.0 / w)


def _saddle(x: float, n: int, m: int) -> float:
    """The s with K'(s) = x, from the middle: Newton's steps between bounds. s counts squared in
    what it is read for."""
    low, high = 0.0, math.inf
    s = 12.0 * x / (n * m * (n + m + 1.0))
    for _ in range(100):
        slope, bend = _slopes(s, n, m)
        low, high = (s, high) if slope < x else (low, s)
        new = s + (x - slope) / bend if bend > 0.0 else 2.0 * s
        if not low < new < high:
            new = 2.0 * s if math.isinf(high) else 0.5 * (low + high)
        if abs(new - s) <= 1e-7 * s:
            return new
        s = new
    return s


class _Product(NamedTuple):
    """The factors of n and m rows: m + i and then i, half of them, weights, the sum of logarithms
    of (m + i) / i."""

    both: Floats
    halves: Floats
    weights: Floats
    logs: Floats


@lru_cache(maxsize=64)
def _product_of(n: int, m: int) -> _Product:
    i, weights = _factors(n)
    both = np.stack([m + i, i])
    return _Product(both, 0.5 * both, weights, np.log((m + i) / i))


def _cumulant(s: float, n: int, m: int) -> float:
    """K of U less its mean, at s > 0."""
    product = _product_of(n, m)
    above, below = _log_sinh(0.5 * s * product.both)
    return float(product.weights @ (above - below - product.logs))


def _slopes(s: float, n: int, m: int) -> tuple[float, float]:
    """K' and K'' of U less its mean, at s > 0."""
    product = _product_of(n, m)
    x = 0.5 * s * product.both
    above, below = product.halves / np.tanh(x)
    bends = (product.halves / np.sinh(np.minimum(x, 350.0))) ** 2
    weights = product.weights
    return float(weights @ (above - below)), float(weights @ (bends[1] - bends[0]))


def _log_sinh(x: Floats) -> Floats:
    return np.asarray(x + np.log1p(-np.exp(-2.0 * x)) - math.log(2.0))
