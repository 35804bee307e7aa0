"""P-values of the Kolmogorov-Smirnov statistic D of two samples of n and m rows.

Exact: lattice paths, in the core. Else the law of the one-sample statistic at the rounded
effective size n*m/(n+m), as SciPy's `ks_2samp(method='asymp')`, by the plan of Simard and
L'Ecuyer, "Computing the two-sided Kolmogorov-Smirnov distribution" (J. Stat. Software 39,
2011): Durbin's matrix for small arguments, Pelz and Good's series in the middle, and the tail
as twice Smirnov's one-sided sum

    P(D+ >= x) = x sum_j C(n,j) (x + j/n)^(j-1) (1 - x - j/n)^(n-j).

Its terms are binomial probabilities divided by x + j/n, taken in Loader's saddle-point form.
They vary smoothly in j, so for large n every stride-th one, over the range that matters, gives
the sum to rounding (trapezoidal rule of a function that vanishes at both ends): a p-value
costs the same at any n, and its logarithm comes with it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.nulls.special import TINY, special

PI2 = math.pi**2
SMALL_N = 140
"""Up to here Durbin's matrix serves wherever twice the one-sided tail does not."""
SERIES_N = 10_000
"""Above this Pelz and Good's series is right to 1e-12 down to P(D < x) = 0."""
FULL_SUM = 1024
"""Smirnov's sums of up to this many terms are taken term by term."""
POINTS = 160
"""Terms that stand for a longer sum; measured: from 80 on, what is left is rounding."""
NEGLIGIBLE = 60.0
"""Terms e^-60 below the largest are left out of the range that is refined."""


def kolmogorov_sf(n: int, x: float) -> float:
    """P(D_n >= x) of the two-sided one-sample statistic of n rows."""
    t, z2 = n * x, n * x * x
    if t <= 0.5:
        return 1.0
    if x >= 1.0 or z2 >= 370.0:
        return 0.0
    if t <= 1.0:
        return 1.0 - math.exp(_log_factorial_ratio(n) + n * math.log(2.0 * t - 1.0))
    if _is_tail(n, x):
        return min(1.0, 2.0 * math.exp(smirnov_log_sf(n, x)))
    if n <= SMALL_N or (n <= SERIES_N and n * x**1.5 <= 1.4):
        return 1.0 - _durbin_cdf(n, x)
    return min(1.0, max(0.0, _pelz_good_sf(n, x)))


def kolmogorov_log_sf(n: int, x: float) -> float:
    """log P(D_n >= x), also where the probability is below float64's range."""
    if x >= 1.0:
        return -math.inf
    if n * x > 1.0 and _is_tail(n, x):
        return min(0.0, math.log(2.0) + smirnov_log_sf(n, x))
    return math.log(kolmogorov_sf(n, x))


def _is_tail(n: int, x: float) -> bool:
    """Whether twice the one-sided tail is the two-sided one to float64."""
    z2 = n * x * x
    return x >= 0.5 or n * x >= n - 1 or z2 >= (4.0 if n <= SMALL_N else 2.2)


def _stirling_error(k: NDArray[np.float64]) -> NDArray[np.float64]:
    """log(k!) - log(sqrt(2 pi k) (k/e)^k); k > 0."""
    k2 = k * k
    series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * k2)) / k2) / k2) / k2) / k
    low = k < 16
    if low.any():
        s = k[low]
        exact = special().gammaln(s + 1) - (s + 0.5) * np.log(s) + s - 0.5 * math.log(2 * math.pi)
        series[low] = exact
    return np.asarray(series)


def _log_factorial_ratio(n: int) -> float:
    """log(n!/n^n)."""
    return _log_stirling_root(n) - n


def _log_stirling_root(n: int) -> float:
    """log(n! (e/n)^n)."""
    return 0.5 * math.log(2 * math.pi * n) + float(_stirling_error(np.array([float(n)]))[0])


def _minus_log1p(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """u - log(1 + u) without cancellation, by the series of the inverse hyperbolic tangent."""
    r = u / (2.0 + u)
    r2 = r * r
    total = np.zeros_like(r)
    for k in range(31, 1, -2):
        total = total * r2 + 1.0 / k
    near = r * (u - 2.0 * r2 * total)
    with np.errstate(divide="ignore"):  # u = -1, at the end of a sum: infinite, a term of 0
        return np.where(np.abs(r) < 0.28, near, u - np.log1p(u))


def _log_terms(n: float | Floats, x: float | Floats, j: NDArray[np.float64]) -> NDArray[np.float64]:
    """log of x C(n,j) (x+j/n)^(j-1) (1-x-j/n)^(n-j) for real 0 < j < n(1-x)."""
    t = n * x
    rest = n - j
    distance = j * _minus_log1p(t / j) + rest * _minus_log1p(-t / rest)
    errors = (
        _stirling_error(np.atleast_1d(np.asarray(n, float)))
        - _stirling_error(j)
        - _stirling_error(rest)
    )
    scale = np.log(n / (2 * math.pi * j * rest)) * 0.5 - np.log((x + j / n) / x)
    return np.asarray(errors - distance + scale)


def smirnov_log_sf(n: int, x: float) -> float:
    """log P(D+ >= x) of the one-sided one-sample statistic of n rows, 0 < x < 1."""
    top = n * (1.0 - x)
    first = n * math.log1p(-x)
    if top <= FULL_SUM:
        whole = np.arange(1.0, math.ceil(top))
        return _log_sum(np.append(_log_terms(n, x, whole), first))
    low, high = 0.5, top
    while True:
        step = (high - low) / POINTS
        j = np.linspace(low + 0.5 * step, high - 0.5 * step, POINTS)
        logs = _log_terms(n, x, j)
        kept = np.flatnonzero(logs > logs.max() - NEGLIGIBLE)
        if len(kept) > POINTS // 3 or step < 1.0:
            return _log_sum(logs) + math.log(step)
        low, high = low + step * max(kept[0] - 1, 0), min(top, low + step * (kept[-1] + 3))


def _log_sum(logs: NDArray[np.float64]) -> float:
    most = float(logs.max())
    return most + math.log(float(np.exp(logs - most).sum()))


def _durbin_cdf(n: int, x: float) -> float:
    """P(D_n < x) as the k-th element of n!/n^n H^n (Durbin 1968; Marsaglia, Tsang, Wang 2003),
    powers of two kept aside."""
    k = math.ceil(n * x)
    size = 2 * k - 1
    power, exponent = _matrix_power(_durbin_matrix(k, k - n * x, size), n)
    value = float(power[k - 1, k - 1])
    if value <= 0.0:
        return 0.0
    if n <= 600:  # e^-n is a normal number: no logarithms, no lost digits
        ratio = math.exp(_log_stirling_root(n)) * math.exp(-n)
        return min(1.0, math.ldexp(value * ratio, exponent))
    log_value = math.log(value) + exponent * math.log(2.0) + _log_factorial_ratio(n)
    return min(1.0, math.exp(log_value))


def _durbin_matrix(k: int, h: float, size: int) -> NDArray[np.float64]:
    orders = np.arange(1, size + 1)
    inverse = 1.0 / special().gamma(orders + 1.0)
    first = (1.0 - h**orders) * inverse
    first[-1] = (1.0 - 2.0 * h**size + max(2.0 * h - 1.0, 0.0) ** size) * inverse[-1]
    matrix = np.zeros((size, size))
    weights = np.concatenate([[1.0], inverse])
    for column in range(1, size):
        matrix[column - 1 :, column] = weights[: size - column + 1]
    matrix[:, 0] = first
    matrix[-1, :] = first[::-1]
    return matrix


def _matrix_power(matrix: NDArray[np.float64], n: int) -> tuple[NDArray[np.float64], int]:
    """matrix**n as (result, binary exponent)."""
    result, result_exponent = np.eye(len(matrix)), 0
    exponent = 0
    while n:
        if n & 1:
            result, result_exponent = result @ matrix, result_exponent + exponent
            shift = math.frexp(float(result.max()))[1]
            result, result_exponent = np.ldexp(result, -shift), result_exponent + shift
        matrix, exponent = matrix @ matrix, 2 * exponent
        shift = math.frexp(float(matrix.max()))[1]
        matrix, exponent = np.ldexp(matrix, -shift), exponent + shift
        n >>= 1
    return result, result_exponent


def _pelz_good_sf(n: int, x: float) -> float:
    """P(D_n >= x) by four terms in n^(-1/2) (Pelz and Good, J. R. Stat. Soc. B 38, 1976),
    in the form of Simard and L'Ecuyer, section 2.4."""
    z = math.sqrt(n) * x
    z2 = z * z
    if PI2 / (8 * z2) > 700.0:
        return 1.0
    k0, k1, k2, k3 = _odd_sums(z, z2)
    r2, r3 = _whole_sums(z2)
    k2 = k2 / (72 * z**7) - r2 / (36 * z**3)
    k3 = k3 / (6480 * z**10) + r3 / (216 * z**6)
    total = k0 / z + k1 / (6 * z**4) / math.sqrt(n) + k2 / n + k3 / n**1.5
    return float(1.0 - math.sqrt(2 * math.pi) * total)


def _odd_sums(z: float, z2: float) -> tuple[float, float, float, float]:
    """The four sums over odd k of polynomials in k^2 times exp(-k^2 pi^2 / (8 z^2))."""
    k0 = k1 = k2 = k3 = 0.0
    z4, z6 = z2 * z2, z2 * z2 * z2
    for k in range(1, 1 + 2 * math.ceil(16 * z / math.pi), 2):
        s = k * k * PI2
        q = math.exp(-s / (8 * z2))
        k0 += q
        k1 += q * (s / 4 - z2)
        k2 += q * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * s / 4 + (1 - 2 * z2) * s * s / 16)
        k3 += q * (
            -30 * z6
            - 90 * z6 * z2
            + (135 * z4 - 96 * z6) * s / 4
            + (212 * z4 - 60 * z2) * s * s / 16
            + (5 - 30 * z2) * s * s * s / 64
        )
        if q < 1e-40:
            break
    return k0, k1, k2, k3


def _whole_sums(z2: float) -> tuple[float, float]:
    """The sums over all k of s exp(-s / (2 z^2)) and of that times 3 z^2 - s; s = k^2 pi^2."""
    r2 = r3 = 0.0
    for k in range(1, 100):
        s = k * k * PI2
        q = s * math.exp(-s / (2 * z2))
        r2 += q
        r3 += q * (3 * z2 - s)
        if q < 1e-40:
            break
    return r2, r3


def two_sample_size(n: float, m: float) -> int:
    """The effective one-sample size, rounded as NumPy rounds (SciPy's `asymp`)."""
    larger, smaller = float(max(n, m)), float(min(n, m))
    return int(np.round(larger * smaller / (larger + smaller)))


def limit_sf(n: float, m: float, d: float) -> float:
    """P(D >= d) by the corrected limit law."""
    size = two_sample_size(n, m)
    return 1.0 if size == 0 else kolmogorov_sf(size, d)


def log_limit_sf(n: float, m: float, d: float) -> float:
    """log P(D >= d) by the corrected limit law."""
    size = two_sample_size(n, m)
    return 0.0 if size == 0 else kolmogorov_log_sf(size, d)


def log_exact(p: float, n: int, m: int, d: float) -> float:
    """log of an exact p-value; the limit law's where that is below float64's range."""
    return math.log(p) if p > TINY else log_limit_sf(n, m, d)


def limit_sfs(n: Floats, m: Floats, d: Floats) -> Floats:
    """`limit_sf` of each, to rounding; Pelz and Good's series and long tails, which samples of
    many rows take, for all at once."""
    larger, smaller = np.maximum(n, m).astype(float), np.minimum(n, m).astype(float)
    size = np.round(larger * smaller / (larger + smaller))
    z2 = size * d * d
    tail = (d >= 0.5) | (size * d >= size - 1) | (z2 >= np.where(size <= SMALL_N, 4.0, 2.2))
    small = (size <= SMALL_N) | ((size <= SERIES_N) & (size * d**1.5 <= 1.4))
    series = (size * d > 1.0) & ~tail & ~small & (PI2 / (8.0 * np.maximum(z2, TINY)) <= 700.0)
    p = np.empty(len(d))
    if series.any():
        p[series] = np.clip(_pelz_good_sfs(size[series], d[series]), 0.0, 1.0)
    one_sided = tail & (size * d > 1.0) & (d < 1.0) & (z2 < 370.0)
    one_sided &= size * (1.0 - d) > FULL_SUM
    p[one_sided] = np.minimum(1.0, 2.0 * np.exp(_smirnov_log_sfs(size[one_sided], d[one_sided])))
    rest = np.flatnonzero(~(series | one_sided))
    sides = (side[rest].tolist() for side in (n, m, d))
    p[rest] = [limit_sf(*row) for row in zip(*sides, strict=True)]
    return p


def _pelz_good_sfs(n: Floats, x: Floats) -> Floats:
    """`_pelz_good_sf` of each; z is below 2."""
    root = np.sqrt(n)
    z = root * x
    z2 = z * z
    z4, z6 = z2 * z2, z2 * z2 * z2
    k0, k1, k2, k3, r2, r3 = np.zeros((6, len(x)))
    for k in range(1, 26, 2):
        s = k * k * PI2
        q = np.exp(-s / (8 * z2))
        k0 += q
        k1 += q * (s / 4 - z2)
        k2 += q * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * s / 4 + (1 - 2 * z2) * s * s / 16)
        k3 += q * (
            -30 * z6
            - 90 * z6 * z2
            + (135 * z4 - 96 * z6) * s / 4
            + (212 * z4 - 60 * z2) * s * s / 16
            + (5 - 30 * z2) * s * s * s / 64
        )
    for k in range(1, 9):
        s = k * k * PI2
        q = s * np.exp(-s / (2 * z2))
        r2 += q
        r3 += q * (3 * z2 - s)
    k2 = k2 / (72 * z**7) - r2 / (36 * z**3)
    k3 = k3 / (6480 * z**10) + r3 / (216 * z**6)
    total = k0 / z + k1 / (6 * z**4) / root + k2 / n + k3 / n**1.5
    return np.asarray(1.0 - math.sqrt(2 * math.pi) * total)


def _smirnov_log_sfs(n: Floats, x: Floats) -> Floats:
    """`smirnov_log_sf` of each, of sums of more than FULL_SUM terms."""
    found, left = np.full(len(x), np.nan), np.arange(len(x))
    low, high = np.full(len(x), 0.5), n * (1.0 - x)
    places = np.arange(POINTS) + 0.5
    while len(left):
        step = (high[left] - low[left]) / POINTS
        j = low[left, np.newaxis] + step[:, np.newaxis] * places
        logs = _log_terms(n[left, np.newaxis], x[left, np.newaxis], j)
        most = logs.max(axis=1)
        kept = logs > (most - NEGLIGIBLE)[:, np.newaxis]
        done = (kept.sum(axis=1) > POINTS // 3) | (step < 1.0)
        sums = most + np.log(np.exp(logs - most[:, np.newaxis]).sum(axis=1)) + np.log(step)
        found[left[done]] = sums[done]
        first, last = kept.argmax(axis=1), POINTS - 1 - kept[:, ::-1].argmax(axis=1)
        top = n[left] * (1.0 - x[left])
        high[left] = np.minimum(top, low[left] + step * (last + 3))
        low[left] += step * np.maximum(first - 1, 0)
        left = left[~done]
    return found
