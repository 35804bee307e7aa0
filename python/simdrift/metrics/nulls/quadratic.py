"""P-values of the two quadratic statistics of two ranked samples: Cramer-von Mises' T and
Anderson-Darling's A2.

In the limit both are a sum of weights times squares of standard normals, weights
1 / (pi j)^2 and 1 / (j (j + 1)). Smirnov's formula gives the tail of such a sum,

    P(S > x) = 1/pi sum_k (-1)^(k+1) integral of exp(-x v/2) / (v sqrt|D(v)|) dv,

over v between the reciprocals of the weights 2k - 1 and 2k, with D(v) the product of
1 - weight_j v: sin(sqrt v) / sqrt v, and -cos(pi/2 sqrt(1 + 4v)) / (pi v) (Anderson and
Darling, Ann. Math. Stat. 23, 1952). In u = sqrt v, or r = sqrt(1 + 4v), the ends of each
integral are roots of a cosine; u = middle + half width * sin(theta) makes it smooth, so that
Gauss and Legendre's rule is right to rounding, and the factor exp(-x v/2) of the first end
comes out: the logarithm of the tail is as good as the tail.

Samples of n and m rows: the statistic is moved and scaled to the limit's mean and variance
(Anderson, Ann. Math. Stat. 33, 1962; Scholz and Stephens, J. Am. Stat. Assoc. 82, 1987).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats

Law = tuple[NDArray[Any], Floats]

NODES = 192
MOST_TERMS = 200
NEGLIGIBLE = 80.0
"""Integrals e^-80 below the first are left out."""
EXACT_ROWS = 20
"""Up to this many rows a side the law of T is counted; SciPy's rule."""


@cache
def _nodes() -> tuple[Floats, Floats, Floats]:
    """sin(theta), the root of cos(theta)^2 / cos(pi/2 sin(theta)), and weights, of theta in
    (-pi/2, pi/2)."""
    points, weights = np.polynomial.legendre.leggauss(NODES)
    theta = 0.5 * math.pi * points
    s, c = np.sin(theta), np.cos(theta)
    half = np.sin(0.25 * math.pi * c * c / (1.0 + np.abs(s)))  # cos(pi/2 s), near its roots too
    cosine = 2.0 * half * np.cos(0.25 * math.pi * c * c / (1.0 + np.abs(s)))
    return s, c / np.sqrt(cosine), 0.5 * math.pi * weights


def _tails(x: Floats, first: float, counts: Floats, terms: list[Floats]) -> Floats:
    """log P(S > x): `first` is the v at which the first integral begins, `terms` are the v of
    each integral and its integrand there, weighted and without the exponential; `counts` of
    them matter at each x."""
    total = np.zeros(len(x))
    for k, (v, weighted) in enumerate(terms):
        at = np.flatnonzero(counts > k)
        exponents = (-0.5 * x[at])[:, np.newaxis] * (v - first)
        part = np.sum(np.exp(exponents) * weighted, axis=1)
        total[at] += part if k % 2 == 0 else -part
    logs = [math.log(max(part, 5e-324)) for part in total.tolist()]
    return np.asarray(np.minimum(0.0, np.array(logs) - 0.5 * x * first))


@cache
def _mises_terms(count: int) -> list[Floats]:
    """(v, weight) of the integrals of Cramer and von Mises' law."""
    s, smooth, weights = _nodes()
    terms = []
    for k in range(1, count + 1):
        u = math.pi * (2 * k - 0.5) + 0.5 * math.pi * s
        weighted = weights * smooth * (0.5 * math.pi) * (2.0 / math.pi) / np.sqrt(u)
        terms.append(np.array([u * u, weighted]))
    return terms


@cache
def _darling_terms(count: int) -> list[Floats]:
    """(v, weight) of the integrals of Anderson and Darling's law."""
    s, smooth, weights = _nodes()
    terms = []
    for k in range(1, count + 1):
        r = 4.0 * k + s
        v = 0.25 * (r * r - 1.0)
        weighted = weights * smooth * np.sqrt(math.pi / v) * 0.5 * r / math.pi
        terms.append(np.array([v, weighted]))
    return terms


def mises_log_sf(x: float) -> float:
    """log P(S > x) of the limit of Cramer and von Mises' statistic."""
    return float(mises_log_sfs(np.array([x], float))[0])


def mises_log_sfs(x: Floats) -> Floats:
    """`mises_log_sf` of each."""
    return _log_sf(x, 0.003, math.pi**2, _mises_count, _mises_terms)


def _mises_count(x: float) -> int:
    bound = math.sqrt(math.pi**2 + 2.0 * NEGLIGIBLE / x)
    return min(MOST_TERMS, 1 + math.ceil((bound / math.pi + 1.0) / 2.0))


def darling_log_sf(x: float) -> float:
    """log P(S > x) of the limit of Anderson and Darling's statistic."""
    return float(darling_log_sfs(np.array([x], float))[0])


def darling_log_sfs(x: Floats) -> Floats:
    """`darling_log_sf` of each."""
    return _log_sf(x, 0.02, 2.0, _darling_count, _darling_terms)


def _darling_count(x: float) -> int:
    bound = math.sqrt(1.0 + 4.0 * (2.0 + 2.0 * NEGLIGIBLE / x))
    return min(MOST_TERMS, 1 + math.ceil((bound + 1.0) / 4.0))


CHUNK = 512
"""Statistics at a time: (statistics, NODES) numbers stay in the cache."""


def _log_sf(
    x: Floats,
    certain: float,
    first: float,
    count: Callable[[float], int],
    terms: Callable[[int], list[Floats]],
) -> Floats:
    """log P(S > x), 0 up to `certain`."""
    logs = np.zeros(len(x))
    tested = np.flatnonzero(~(x <= certain))
    for begin in range(0, len(tested), CHUNK):
        at = tested[begin : begin + CHUNK]
        counts = np.array([count(one) for one in x[at].tolist()], float)
        logs[at] = _tails(x[at], first, counts, terms(int(counts.max())))
    return logs


def mises_numerator(squares: int, within: int, ties: int, n: int, m: int) -> Fraction:
    """What T is made of, from the core's whole numbers: 4 (n sum (r - i)^2 + m sum (s - j)^2),
    the sum of t^3 - t over ties within each sample, and over those of both.

    Only without ties are the squares all of T. With them they also hold what ties within a
    sample do to its own ranks, which, where n and m differ, has nothing to do with the other:
    a thousand rows against ten of one law and five values would have p = 0. Both distribution
    functions at the middle of each step, as Anderson and Darling's statistic has them, give
    T = n m / N^2 sum t (F - G)^2 + 1 / (4 N): without ties the same."""
    total = n + m
    return squares - Fraction(total * total * within - n * m * ties, 3 * total)


def mises_statistic(numerator: Fraction | float, n: float, m: float) -> float:
    """T of `mises_numerator`."""
    k, total = n * m, n + m
    return float((3 * numerator - 2 * (4 * k - 1) * k) / (12 * k * total))


def mises_log_exact(numerator: Fraction | float, n: int, m: int) -> float:
    """log of the p-value of T of small samples: counted."""
    return math.log(_mises_exact(numerator, n, m))


def mises_log_limits(t: Floats, n: NDArray[Any], m: NDArray[Any]) -> Floats:
    """log of the p-value of each T by the limit law."""
    mean = (1.0 + 1.0 / (n + m).astype(float)) / 6.0
    scale = [_mises_scale(*sides) for sides in zip(n.tolist(), m.tolist(), strict=True)]
    return mises_log_sfs(1.0 / 6.0 + (t - mean) * np.array(scale, float))


def mises_tied_limit(t: float, n: float, m: float, mean: float) -> float:
    """T moved and scaled to the limit law of tied values, whose mean that is."""
    total = n + m
    bare = (t - 0.25 / total) * (total - 1.0) / total
    return mean + (bare - mean) * _mises_scale(n, m)


def _mises_scale(n: float, m: float) -> float:
    """Deviation of the limit law over that of n and m different rows (Anderson 1962)."""
    total, k = n + m, n * m
    denominator = (total + 1.0) * (4.0 * k * total - 3.0 * (n * n + m * m) - 2.0 * k)
    return math.sqrt(4.0 * k * total**2 / denominator)


def _mises_exact(numerator: Fraction | float, n: int, m: int) -> float:
    """P(numerator or more) over all orders of n and m different values."""
    values, counts = _mises_law(n, m)
    at = min(int(np.searchsorted(values, math.ceil(numerator))), values.size - 1)
    return float(counts[at:].sum() / counts.sum())


@cache
def _mises_law(n: int, m: int) -> Law:
    """The values of the core's whole number over all lattice paths, and how many paths have
    each. A path at (i, j) adds n (2 (i + j) - 2 i)^2 where it passes an x, likewise a y."""
    row: list[Law] = []
    for i in range(n + 1):
        new: list[Law] = []
        for j in range(m + 1):
            parts = []
            if i > 0:
                values, counts = row[j]
                parts.append((values + 4 * n * j * j, counts))
            if j > 0:
                values, counts = new[j - 1]
                parts.append((values + 4 * m * i * i, counts))
            new.append(_united(parts))
        row = new
    return row[m]


def _united(
    parts: list[Law],
) -> Law:
    if not parts:
        return np.zeros(1, np.int64), np.ones(1)
    if len(parts) == 1:
        return parts[0]
    values = np.concatenate([part[0] for part in parts])
    counts = np.concatenate([part[1] for part in parts])
    found, place = np.unique(values, return_inverse=True)
    return found, np.bincount(place, counts).astype(float)


def darling_statistic(total: float, n: float, m: float) -> float:
    """Scholz and Stephens' standardised statistic, of the core's sum; the variance is that of
    whole rows."""
    rows = n + m
    a2 = total * (1.0 / n + 1.0 / m) * (rows - 1.0) / rows
    return (a2 - 1.0) / math.sqrt(_darling_variance(round(n), round(m)))


def _darling_variance(n: int, m: int) -> float:
    """Of two samples: Scholz and Stephens 1987, equation 4, k = 2."""
    rows = n + m
    upper_h = 1.0 / n + 1.0 / m
    h = _harmonic(rows - 1)
    g = _double_sum(rows)
    k = 2.0
    a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * upper_h
    b = (2 * g - 4) * k**2 + 8 * h * k + (2 * g - 14 * h - 4) * upper_h - 8 * h + 4 * g - 6
    c = (6 * h + 2 * g - 2) * k**2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * upper_h + 4 * h
    d = (2 * h + 6) * k**2 - 4 * h * k
    top = a * rows**3 + b * rows**2 + c * rows + d
    return float(top / ((rows - 1.0) * (rows - 2.0) * (rows - 3.0)))


def _harmonic(count: int) -> float:
    """sum of 1/i for i up to count."""
    if count < 256:
        return math.fsum(1.0 / i for i in range(1, count + 1))
    x = float(count)
    return math.log(x) + 0.5772156649015329 + 1 / (2 * x) - 1 / (12 * x**2) + 1 / (120 * x**4)


@cache
def _double_sum(rows: int) -> float:
    """sum over i < j < rows of 1 / ((rows - i) j), i from 1: pi^2/6 in the limit."""
    if rows > 200_000:  # the next term is some log(rows) / rows^2
        x = float(rows)
        return math.pi**2 / 6.0 - (2.0 * (math.log(x) + 0.5772156649015329) + 1.0) / x
    j = np.arange(2, rows, dtype=float)
    inner = np.cumsum(1.0 / (rows - np.arange(1, rows - 1, dtype=float)))
    return float(np.sum(inner / j))


LIMIT_VARIANCE = 2.0 * (math.pi**2 - 9.0) / 3.0


def darling_limit(statistic: Floats) -> Floats:
    """The standardised statistic scaled to the limit law."""
    return np.asarray(1.0 + math.sqrt(LIMIT_VARIANCE) * statistic)
