"""P-values of the Kolmogorov-Smirnov statistic D of two samples of n and m rows.

Exact: lattice paths, in the core. `limit_sf`: the law of the one-sample statistic at the rounded
effective size n m / (n + m), as SciPy's `ks_2samp(method='asymp')`; the core computes it
(`csrc/metrics/drift/ks_limit.c`), p-values and logarithms of any size.

`log_limits` corrects it twice. A = i m - j n is a walk with steps of m and -n: it passes a bound by
the mean overshoot of such a walk,

    rho = -sqrt(n m) / pi integral of log |2 (1 - f(t)) / t^2| / t^2 dt,  t > 0,

f the characteristic function of a step over sqrt(n m) (Siegmund, Adv. Appl. Prob. 11, 1979), and
by half a step less where it must hit a multiple of gcd(n, m); D is moved by as much less the 1/6
row that the one-sample law has. And the law falls as exp(-I), I the least divergence from one law
of two samples whose functions are D apart, where the one-sample law has its own. At n m = 1e7 p is
right to 1 % (most n and m: 0.01 %) from 1 to 1e-10.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache

import numpy as np

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.outcomes import Rows, Sizes, any_true


def two_sample_sizes(n: Sizes, m: Sizes) -> Floats:
    """The effective one-sample sizes, rounded as NumPy rounds (SciPy's `asymp`)."""
    larger, smaller = np.maximum(n, m).astype(float), np.minimum(n, m).astype(float)
    return np.asarray(np.round(larger * smaller / (larger + smaller)))


def limit_sf(n: Sizes, m: Sizes, d: Floats, threads: int | None = None) -> Floats:
    """P(D >= d) of each by the corrected limit law."""
    return _core.ks_limit_p(two_sample_sizes(n, m), d, False, threads=threads)


def limit_log_sf(n: Sizes, m: Sizes, d: Floats, threads: int | None = None) -> Floats:
    """log P(D >= d) of each by the corrected limit law, also where the probability is below
    float64's range."""
    return _core.ks_limit_p(two_sample_sizes(n, m), d, True, threads=threads)


STRETCH, POINTS = 80.0, 4096
"""Of the integral; beyond it log |1 - f| is 0 in the mean."""
SMALL_RATIO = 0.02
"""Below this ratio of rows the overshoot is that of whole ratios to 1e-3."""
NEGLIGIBLE = 3e-3
"""n m d^4 / (n + m) up to which both rates fall alike, to 2e-4 of p."""
NEWTON = 6


@cache
def _overshoot(ratio: float) -> float:
    """rho over the larger size; the ratio is that of the smaller to the larger."""
    if ratio < SMALL_RATIO:
        return 1.0 / 6.0 + ratio / 3.0
    t = (np.arange(POINTS) + 0.5) * (STRETCH / POINTS)
    up, down = 1.0 / (1.0 + ratio), ratio / (1.0 + ratio)
    a, b = math.sqrt(ratio) * t, t / math.sqrt(ratio)
    real = 1.0 - up * np.cos(a) - down * np.cos(b)
    imaginary = up * np.sin(a) - down * np.sin(b)
    logs = 0.5 * np.log(real * real + imaginary * imaginary) + math.log(2.0) - 2.0 * np.log(t)
    total = float(np.sum(logs / (t * t))) * (STRETCH / POINTS)
    rest = (math.log(2.0) - 2.0 * (math.log(STRETCH) + 1.0)) / STRETCH
    return -(total + rest) / math.pi * math.sqrt(ratio)


@lru_cache(maxsize=65_536)  # many windows are of one size, and all columns have the same windows
def shift(n: int, m: int) -> float:
    """What n and m different rows add to a bound of D."""
    least, most = min(n, m), max(n, m)
    rho = _overshoot(round(least / most, 3)) * most
    return (rho - 0.5 * math.gcd(n, m)) / (n * m)


def log_limits(n: Rows, m: Rows, d: Floats) -> Floats:
    """log P(D >= d) of n and m different rows, by the limit law with both corrections."""
    moved = d + np.array([shift(*sides) for sides in zip(n.tolist(), m.tolist(), strict=True)])
    x, y = n.astype(float), m.astype(float)
    size = x * y / (x + y)
    whole = np.maximum(1.0, np.round(size))
    own = np.sqrt(size / whole) * moved
    logs = _core.ks_limit_p(whole, own - 1.0 / (6.0 * whole), True)
    deep = (size * d**4 > NEGLIGIBLE) & (np.maximum(moved, own) < 1.0)
    if any_true(deep):
        x, y, moved, own, whole = (array[deep] for array in (x, y, moved, own, whole))
        logs[deep] += whole * _one_sample_rate(own) - _two_sample_rate(x, y, moved)
    return np.asarray(np.minimum(0.0, logs))


def _divergence(x: Floats, y: Floats) -> Floats:
    """Kullback and Leibler's of a share x from y."""
    return np.asarray(x * np.log(x / y) + (1.0 - x) * np.log((1.0 - x) / (1.0 - y)))


def _one_sample_rate(d: Floats) -> Floats:
    """The least divergence of x + d from x: I over n."""
    x = 0.5 * (1.0 - d)
    for _ in range(NEWTON):
        rest = 1.0 - x
        slope = np.log1p(d / x) - d / x - np.log1p(-d / rest) - d / rest
        bend = (d / x) ** 2 / (x + d) + (d / rest) ** 2 / (rest - d)
        x = _kept_between(x - slope / bend, x, 0.0, 1.0 - d)
    return _divergence(x + d, x)


def _two_sample_rate(n: Floats, m: Floats, d: Floats) -> Floats:
    """The least divergence of x and x - d from their mean: I."""
    x = 0.5 * (1.0 + d)
    for _ in range(NEWTON):
        y = x - d
        both = (n * x + m * y) / (n + m)
        logits = (np.log(share / (1.0 - share)) for share in (x, y, both))
        bends = (1.0 / (share * (1.0 - share)) for share in (x, y, both))
        weights = n, m, -(n + m)
        slope = sum(w * own for w, own in zip(weights, logits, strict=True))
        bend = sum(w * own for w, own in zip(weights, bends, strict=True))
        x = _kept_between(x - slope / bend, x, d, np.ones(len(d)))
    y = x - d
    both = (n * x + m * y) / (n + m)
    return np.asarray(n * _divergence(x, both) + m * _divergence(y, both))


def _kept_between(new: Floats, old: Floats, low: Floats | float, high: Floats) -> Floats:
    """The new place; where it leaves (low, high), half way to the end."""
    new = np.where(new <= low, 0.5 * (old + low), new)
    return np.where(new >= high, 0.5 * (old + high), new)
